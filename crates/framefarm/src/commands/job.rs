//! `framefarm job`: one job, in full.

use clap::Args;
use model::{DependencyKind, FrameView, JobId, JobView, StepView};

use super::now;
use super::parts::fold_steps;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Facts, Failure, Table, clock, duration, percent, plural};

/// Show one job
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm job 17
  framefarm job 17 --json | jq .state
  framefarm job 17 --description          the description it was made from, as JSON")]
pub(crate) struct Job {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
    /// Print the description that the job was made from, as JSON
    #[arg(long)]
    description: bool,
}

impl Job {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        if self.description {
            output::json(&client.description(self.id).await?)?;
            return Ok(Exit::Done);
        }
        let job = client.job(self.id).await?;
        if global.json {
            output::json(&job)?;
        } else if global.quiet {
            output::line(&job.id)?;
        } else {
            let description = client.description(self.id).await?;
            let mut facts = facts(&job);
            for warning in &description.warnings {
                facts.add("warning", Cell::new(warning));
            }
            output::text(facts)?;
            if job.steps.len() > 1 {
                let folded = fold_steps(&job.steps);
                output::text(format_args!("\n{}", steps(&folded)))?;
                output::text(format_args!("\n{}", wants(&folded)))?;
            }
            if !job.running.is_empty() {
                output::text(format_args!("\n{}", running(&job.running)))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn facts(job: &JobView) -> Facts {
    let mut facts = Facts::default();
    facts.add("job", Cell::new(&job.id));
    facts.add("name", Cell::new(&job.name));
    facts.add("state", job.state);
    facts.add("progress", Cell::new(percent(job.progress_permille)));
    facts.add("frames", Cell::new(counts(job)));
    facts.add_some("waiting because", job.waiting_because.as_ref());
    if job.steps.len() < 2 {
        facts.add("frame list", Cell::new(&job.frames));
        facts.add_some("size", job.size.as_ref());
        facts.add("package", Cell::new(&job.package));
        for step in &job.steps {
            facts.add_some("needs", Some(&step.profile).filter(|text| !text.is_empty()));
            facts.add_some("reserves", Some(&step.reserve).filter(|text| !text.is_empty()));
        }
    }
    facts.add("priority", Cell::new(job.priority));
    facts.add("user", Cell::new(&job.user));
    facts.add_some("group", job.group.as_ref());
    facts.add("submitted", Cell::new(clock(job.submitted_at)));
    facts.add_some("started", job.started_at.map(clock));
    facts.add_some("ended", job.ended_at.map(clock));
    let from = job.started_at.map(|start| job.ended_at.unwrap_or_else(now).since_ms(start));
    facts.add_some("rendering for", from.map(duration));
    if job.attempts_failed > 0 {
        facts.add("failed tries", Cell::new(job.attempts_failed));
    }
    facts.add("results", Cell::new(&job.results));
    for notice in &job.notices {
        let problem = notice.problem.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let tries = plural(notice.tries as usize, "try").replace("trys", "tries");
        let state = notice.state.replace('_', " ");
        facts.add("notice", Cell::new(format!("{}: {state} ({tries}){problem}", notice.to)));
    }
    facts
}

/// `12 of 60 done, 4 running, 44 waiting`.
fn counts(job: &JobView) -> String {
    let mut text = format!("{} of {} done", job.frames_done, job.frames_total);
    let counts = [
        (job.frames_running, "running"),
        (job.frames_waiting, "waiting"),
        (job.frames_failed, "failed"),
        (job.frames_warned, "with warnings"),
    ];
    for (count, word) in counts {
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    text
}

fn steps(steps: &[StepView]) -> Table {
    let heads =
        &["STEP", "PACKAGE", "FRAMES", ">DONE", ">RUNNING", ">FAILED", "DEPENDS ON", "WAITING BECAUSE"];
    let mut table = Table::new(heads);
    for step in steps {
        let depends: Vec<String> = step
            .depends_on
            .iter()
            .map(|other| match other.by {
                DependencyKind::Step => other.step.clone(),
                DependencyKind::Frame => format!("{} by frame", other.step),
            })
            .collect();
        table.row([
            Cell::new(&step.name),
            Cell::new(&step.package),
            Cell::new(&step.frames),
            Cell::new(format_args!("{}/{}", step.frames_done, step.frames_total)),
            Cell::new(step.frames_running),
            Cell::new(step.frames_failed),
            Cell::new(if depends.is_empty() { "-".to_owned() } else { depends.join(", ") }),
            Cell::of(step.waiting_because.as_ref()),
        ]);
    }
    table
}

/// What each step wants of a host.
fn wants(steps: &[StepView]) -> Table {
    let mut table = Table::new(&["STEP", "RESERVES", "NEEDS"]);
    let said = |text: &str| Cell::new(if text.is_empty() { "-" } else { text });
    for step in steps {
        table.row([Cell::new(&step.name), said(&step.reserve), said(&step.profile)]);
    }
    table
}

fn running(frames: &[FrameView]) -> Table {
    let mut table = Table::new(&["STEP", ">FRAME", "HOST", ">SLOT", ">PROGRESS", ">TIME"]);
    for frame in frames {
        table.row([
            Cell::new(&frame.step),
            Cell::new(frame.chunk.clone().unwrap_or_else(|| frame.number.to_string())),
            Cell::of(frame.host.as_ref()),
            Cell::of(frame.slot),
            Cell::new(percent(frame.progress_permille.into())),
            Cell::of(frame.started_at.map(|start| duration(now().since_ms(start)))),
        ]);
    }
    table
}
