//! `framefarm notices`: what somebody is told of, and how.

use std::collections::BTreeSet;

use clap::Args;
use model::{NoticeKind, NoticesChange, NoticesView};

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Facts, Failure};

/// Show or set what you are told of, by mail or by a program of yours
///
/// Without flags it shows what is set. A flag changes what it names and leaves the rest. A job's own
/// `--notify` addresses are told of its end besides. How programs know that it is the farm that tells them,
/// is told in docs/notifications.md.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm notices --mail ada@example.com
  framefarm notices --on first-frames,done,failed,waiting
  framefarm notices --webhook https://bot.example.com/farm
  framefarm notices --no-mail --no-webhook                nothing any more")]
pub(crate) struct NoticesOf {
    /// Whose; your own where not given
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// Send mail there
    #[arg(long, value_name = "ADDR", conflicts_with = "no_mail")]
    mail: Option<String>,
    /// Send no mail
    #[arg(long)]
    no_mail: bool,
    /// Tell the program at this address
    #[arg(long, value_name = "URL", conflicts_with = "no_webhook")]
    webhook: Option<String>,
    /// Tell no program
    #[arg(long)]
    no_webhook: bool,
    /// Sign with another secret from now on, which is shown once
    #[arg(long)]
    new_secret: bool,
    /// Of what to tell: started, first-frames, done, failed, waiting
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    on: Option<Vec<NoticeKind>>,
    /// So many frames are the first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9))]
    first_frames: Option<u32>,
    /// Where more than five mails come within so many seconds, gather the others into one
    #[arg(long, value_name = "SECONDS")]
    gather: Option<u32>,
}

impl NoticesOf {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let user = match &self.user {
            Some(user) => user.clone(),
            None => client.who_am_i().await?.name,
        };
        let known = client.notices(&user).await?;
        let view = match self.change(&known) {
            Some(change) => client.set_notices(&user, &change).await?,
            None => known,
        };
        show(global, &view)
    }

    /// What is to be set; nothing where no flag asks for anything.
    fn change(self, known: &NoticesView) -> Option<NoticesChange> {
        let on = self.on.map(|kinds| kinds.into_iter().collect::<BTreeSet<_>>());
        let nothing = self.mail.is_none() && self.webhook.is_none() && on.is_none() && !self.new_secret;
        if nothing
            && !self.no_mail
            && !self.no_webhook
            && self.first_frames.is_none()
            && self.gather.is_none()
        {
            return None;
        }
        Some(NoticesChange {
            mail: self.mail.or_else(|| known.mail.clone()).filter(|_| !self.no_mail),
            webhook: self.webhook.or_else(|| known.webhook.clone()).filter(|_| !self.no_webhook),
            on: Some(on.unwrap_or_else(|| known.on.clone())),
            first_frames: Some(self.first_frames.unwrap_or(known.first_frames)),
            gather_s: Some(self.gather.unwrap_or(known.gather_s)),
            new_secret: self.new_secret,
        })
    }
}

fn show(global: &Global, view: &NoticesView) -> Result<Exit, Failure> {
    if global.json {
        output::json(view)?;
        return Ok(Exit::Done);
    }
    if global.quiet {
        if let Some(secret) = &view.secret {
            output::line(secret)?;
        }
        return Ok(Exit::Done);
    }
    let on: Vec<&str> = view.on.iter().map(|kind| kind.word()).collect();
    let mut facts = Facts::default();
    facts.add("User", Cell::new(&view.user));
    facts.add_some("Mail", view.mail.as_deref());
    facts.add_some("Webhook", view.webhook.as_deref());
    facts.add("Told of", Cell::new(on.join(", ")));
    facts.add("First frames", Cell::new(view.first_frames));
    facts.add("Gathered over", Cell::new(format!("{} s", view.gather_s)));
    facts.add_some("Secret", view.secret.as_deref());
    output::text(facts)?;
    if view.secret.is_some() {
        global.talk().say("the secret is shown this once; your program checks signatures with it");
    }
    if view.mail.is_none() && view.webhook.is_none() {
        global.talk().say("nothing is sent: set --mail or --webhook");
    }
    Ok(Exit::Done)
}
