//! Which jobs a command means: by number, or by what they have in common. What destroys is asked about first.

use std::io::{self, IsTerminal};

use clap::Args;
use model::{JobId, JobQuery, JobSelect, JobVerb, JobsOrder, JobsOrdered};

use super::secret_input::confirmed;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure, plural};

/// Which jobs are meant. What is said narrows it down, each further.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// Numbers of the jobs
    #[arg(value_name = "ID", value_parser = super::job_id)]
    pub(super) ids: Vec<JobId>,
    /// Those of this user
    #[arg(long, value_name = "NAME", help_heading = "Which jobs")]
    user: Option<String>,
    /// Those for this group
    #[arg(long, value_name = "NAME", help_heading = "Which jobs")]
    group: Option<String>,
    /// Those in one of these states, with commas: queued, active, held, done, failed, killed
    #[arg(long, value_name = "STATES", help_heading = "Which jobs")]
    state: Option<String>,
    /// Those with this in their name
    #[arg(long, value_name = "TEXT", help_heading = "Which jobs")]
    text: Option<String>,
    /// Those with a step of this rendering package
    #[arg(long, value_name = "NAME", help_heading = "Which jobs")]
    package: Option<String>,
    /// Say to which jobs it would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before what destroys
    #[arg(long, short)]
    yes: bool,
}

impl Which {
    /// Whether numbers alone say which; false where there is more to it.
    pub(super) fn is_by_number(&self) -> Result<bool, Failure> {
        let filtered = !self.select()?.is_all() && self.select()? != self.of_ids();
        if self.ids.is_empty() && !filtered {
            return Err(Failure::Misuse {
                what: "it is not said which jobs".to_owned(),
                hint: "say their numbers, or --user, --group, --state, --text or --package".to_owned(),
            });
        }
        Ok(!filtered && !self.dry_run)
    }

    fn of_ids(&self) -> JobSelect {
        JobSelect { ids: self.ids.clone(), ..JobSelect::default() }
    }

    fn select(&self) -> Result<JobSelect, Failure> {
        let state = self.state.iter().map(|state| ("state".to_owned(), state.clone()));
        let query = JobQuery::read(state).map_err(|faults| Failure::Misuse {
            what: faults.to_string(),
            hint: "for example --state queued,held".to_owned(),
        })?;
        let (user, group) = (self.user.clone(), self.group.clone());
        let (text, package) = (self.text.clone(), self.package.clone());
        Ok(JobSelect { user, group, text, package, state: query.select.state, ..self.of_ids() })
    }

    /// Does something to all of them, or says to which it would be done.
    pub(super) async fn order(&self, global: &Global, verb: JobVerb, word: &str) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let mut order =
            JobsOrder { verb, priority: None, select: self.select()?, dry_run: true, expect: None };
        let mut told = client.order_jobs(&order).await?;
        let count = plural(told.done.len(), "job");
        if self.dry_run {
            global.talk().say(format_args!("{count} would be {word}"));
            return tell(global, &told);
        }
        if verb == JobVerb::Kill && !self.yes && !told.done.is_empty() {
            if !io::stdin().is_terminal() {
                return Err(Failure::Misuse {
                    what: format!("{count} would be {word}, and nobody can be asked"),
                    hint: "look at them with --dry-run, and say --yes".to_owned(),
                });
            }
            if !confirmed(&format!("{count} will be {word}, and what is not done of them is lost. Go on?")) {
                return Ok(Exit::Failed);
            }
        }
        if !told.done.is_empty() {
            (order.dry_run, order.expect) = (false, Some(told.matched));
            told = client.order_jobs(&order).await?;
        }
        global.talk().say(format_args!("{} {word}", plural(told.done.len(), "job")));
        tell(global, &told)
    }
}

fn tell(global: &Global, told: &JobsOrdered) -> Result<Exit, Failure> {
    for refused in &told.refused {
        global.talk().warn(format_args!("job {}: {}", refused.id, refused.problem.title));
    }
    if global.json {
        output::json(told)?;
    } else {
        told.done.iter().try_for_each(output::line)?;
    }
    Ok(if told.refused.is_empty() { Exit::Done } else { Exit::Failed })
}
