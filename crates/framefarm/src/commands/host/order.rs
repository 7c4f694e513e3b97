//! `framefarm host start|stop|restart|quit|wake`: orders to render hosts, and what comes of them.

use std::time::{Duration, Instant};

use clap::Args;
use model::{ClosedBy, Door, HostSelect, HostVerb, HostView};
use wire::Client;
use wire::client::ClientError;

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure, plural};

/// Between two looks at the hosts.
const LOOK: Duration = Duration::from_millis(250);
/// An order shows among the hosts within this time, or nobody waits for it to show.
const SHOWS: Duration = Duration::from_secs(3);

/// Which hosts.
#[derive(Args, Debug)]
struct Names {
    /// Names of the hosts
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

/// What becomes of frames, and whether to wait for that.
#[derive(Args, Debug)]
struct Ending {
    #[command(flatten)]
    names: Names,
    /// Give back what runs instead of finishing it; it does not count as a try
    #[arg(long)]
    now: bool,
    /// Return when it is done
    #[arg(long)]
    wait: bool,
}

#[derive(Args, Debug)]
pub(super) struct Start {
    #[command(flatten)]
    names: Names,
}

#[derive(Args, Debug)]
pub(super) struct Stop {
    #[command(flatten)]
    ending: Ending,
}

#[derive(Args, Debug)]
pub(super) struct Restart {
    #[command(flatten)]
    ending: Ending,
}

#[derive(Args, Debug)]
pub(super) struct Quit {
    #[command(flatten)]
    ending: Ending,
}

#[derive(Args, Debug)]
pub(super) struct Wake {
    #[command(flatten)]
    names: Names,
    /// Return when they are linked
    #[arg(long)]
    wait: bool,
}

impl Start {
    pub(super) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let ending = Ending { names: self.names, now: false, wait: false };
        order(global, &ending, HostVerb::Start).await
    }
}

impl Stop {
    pub(super) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        order(global, &self.ending, HostVerb::Stop).await
    }
}

impl Restart {
    pub(super) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        order(global, &self.ending, HostVerb::Restart).await
    }
}

impl Quit {
    pub(super) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        order(global, &self.ending, HostVerb::Quit).await
    }
}

impl Wake {
    pub(super) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        let exit = each(global, &self.names, async |name| {
            let woken = client.wake_host(name).await?;
            let (hardware, interfaces) = (woken.hardware.join(", "), woken.interfaces.join(", "));
            Ok(format!("host {name}: called {hardware} on {interfaces}; it is listed once it is awake"))
        })
        .await?;
        if self.wait && exit == Exit::Done {
            for name in &self.names.names {
                until(&client, name, |host| host.is_some()).await?;
                global.talk().say(format_args!("host {name} is awake"));
            }
        }
        Ok(exit)
    }
}

/// Orders each host, says what comes of it, and waits for that where it is wanted.
async fn order(global: &Global, ending: &Ending, verb: HostVerb) -> Result<Exit, Failure> {
    let client = farm::client(global).await?;
    let mut exit = each(global, &ending.names, async |name| {
        client.order_host(name, verb, ending.now).await?;
        let host = shown(&client, name, verb).await?;
        Ok(format!("host {name} {}", outcome(verb, host.as_ref())))
    })
    .await?;
    if ending.wait && exit == Exit::Done {
        for name in &ending.names.names {
            let host = until(&client, name, |host| is_done(verb, host)).await?;
            global.talk().say(format_args!("host {name} {}", outcome(verb, host.as_ref())));
            if verb == HostVerb::Restart && host.is_none() {
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

/// Does `call` for each host and says what it says. One that cannot be ordered does not keep the others from
/// it; the worst of all outcomes is the exit code.
async fn each(
    global: &Global,
    names: &Names,
    call: impl AsyncFn(&str) -> Result<String, ClientError>,
) -> Result<Exit, Failure> {
    let (mut exit, mut ordered) = (Exit::Done, Vec::new());
    for name in &names.names {
        match call(name).await {
            Ok(said) => {
                global.talk().say(said);
                ordered.push(name);
            }
            Err(error) => {
                let failure = Failure::from(error);
                // Where even stderr is gone, the exit code has to say it.
                let _ = failure.report(anstream::stderr());
                exit = exit.max(failure.exit());
            }
        }
    }
    if global.json {
        output::json(&ordered)?;
    } else if global.quiet {
        ordered.iter().try_for_each(output::line)?;
    }
    Ok(exit)
}

/// The host, once an order shows; as it is after a while.
async fn shown(client: &Client, name: &str, verb: HostVerb) -> Result<Option<HostView>, ClientError> {
    let begun = Instant::now();
    loop {
        let host = look(client, name).await?;
        if shows(verb, host.as_ref()) || begun.elapsed() > SHOWS {
            return Ok(host);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks until `holds` of the host, for ever: a frame may take days.
async fn until(
    client: &Client,
    name: &str,
    holds: impl Fn(Option<&HostView>) -> bool,
) -> Result<Option<HostView>, ClientError> {
    loop {
        match look(client, name).await {
            Ok(host) if holds(host.as_ref()) => return Ok(host),
            Err(error) if !farm::is_away(&error) => return Err(error),
            Ok(_) | Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

async fn look(client: &Client, name: &str) -> Result<Option<HostView>, ClientError> {
    Ok(client.hosts(&HostSelect::default()).await?.into_iter().find(|host| host.name.0 == name))
}

const fn closed_by(host: &HostView) -> Option<ClosedBy> {
    match host.door {
        Door::Open => None,
        Door::Closed { by, .. } => Some(by),
    }
}

/// Whether it can be seen of a host that it has heard an order.
fn shows(verb: HostVerb, host: Option<&HostView>) -> bool {
    let by = host.map(closed_by);
    match verb {
        HostVerb::Start => by.is_some_and(|by| !matches!(by, Some(ClosedBy::Person | ClosedBy::Ending))),
        HostVerb::Stop => by.is_some_and(|by| by.is_some()),
        HostVerb::Restart | HostVerb::Quit => by.is_none_or(|by| by == Some(ClosedBy::Ending)),
    }
}

/// Whether an order that shows has been carried out.
fn is_done(verb: HostVerb, host: Option<&HostView>) -> bool {
    match verb {
        HostVerb::Start => shows(verb, host),
        HostVerb::Stop => host.is_none_or(|host| host.slots_busy == 0),
        HostVerb::Restart => host.is_some_and(|host| closed_by(host) != Some(ClosedBy::Ending)),
        HostVerb::Quit => host.is_none(),
    }
}

/// What came of an order, after the host's name.
fn outcome(verb: HostVerb, host: Option<&HostView>) -> String {
    let Some(host) = host else {
        return match verb {
            HostVerb::Restart => "is being started anew".to_owned(),
            _ => "has gone".to_owned(),
        };
    };
    let left = || plural(usize::try_from(host.slots_busy).unwrap_or(usize::MAX), "frame");
    match (&host.door, host.slots_busy) {
        (Door::Open, _) if verb == HostVerb::Restart => "has been started anew and takes frames".to_owned(),
        (Door::Open, _) if verb == HostVerb::Start => "takes frames".to_owned(),
        (Door::Open, _) => format!("was told to {verb}"),
        (Door::Closed { why, .. }, 0) => format!("takes no frames: {why}"),
        (Door::Closed { why, .. }, _) => format!("is draining, with {} to finish: {why}", left()),
    }
}

#[cfg(test)]
mod tests {
    use model::HostState;

    use super::*;

    fn host(door: Door, slots_busy: u32) -> HostView {
        HostView {
            name: "r1".into(),
            state: HostState::Idle,
            slots_total: 4,
            slots_busy,
            slots: Vec::new(),
            info: model::ResourceInfo::default(),
            heard_at: model::Time(0),
            door,
        }
    }

    fn closed(by: ClosedBy, why: &str) -> Door {
        Door::Closed { by, why: why.to_owned() }
    }

    #[test]
    fn what_comes_of_an_order_is_said() {
        let stopped = || closed(ClosedBy::Person, "stopped by ada");
        let ending = || closed(ClosedBy::Ending, "restarting, ordered by ada");
        let cases = [
            (
                HostVerb::Stop,
                Some(host(stopped(), 2)),
                "is draining, with 2 frames to finish: stopped by ada",
            ),
            (HostVerb::Stop, Some(host(stopped(), 0)), "takes no frames: stopped by ada"),
            (HostVerb::Start, Some(host(Door::Open, 1)), "takes frames"),
            (
                HostVerb::Restart,
                Some(host(ending(), 1)),
                "is draining, with 1 frame to finish: restarting, ordered by ada",
            ),
            (HostVerb::Restart, None, "is being started anew"),
            (HostVerb::Quit, None, "has gone"),
        ];
        for (verb, host, said) in cases {
            assert_eq!(outcome(verb, host.as_ref()), said);
            assert!(shows(verb, host.as_ref()), "{verb}: {said}");
        }
        let by_desk = host(closed(ClosedBy::Desk, "its owner is here"), 0);
        assert!(shows(HostVerb::Start, Some(&by_desk)) && !shows(HostVerb::Quit, Some(&by_desk)));
        assert_eq!(outcome(HostVerb::Start, Some(&by_desk)), "takes no frames: its owner is here");
    }

    #[test]
    fn an_order_is_done_when_nothing_is_left_to_wait_for() {
        let ending = || host(closed(ClosedBy::Ending, "ends"), 0);
        let stopped = |busy| host(closed(ClosedBy::Person, "stopped by ada"), busy);
        let cases = [
            (HostVerb::Stop, Some(stopped(1)), false),
            (HostVerb::Stop, Some(stopped(0)), true),
            (HostVerb::Restart, Some(ending()), false),
            (HostVerb::Restart, None, false),
            (HostVerb::Restart, Some(host(Door::Open, 0)), true),
            (HostVerb::Restart, Some(stopped(0)), true),
            (HostVerb::Quit, Some(ending()), false),
            (HostVerb::Quit, None, true),
        ];
        for (verb, host, done) in cases {
            assert_eq!(is_done(verb, host.as_ref()), done, "{verb} {host:?}");
        }
    }
}
