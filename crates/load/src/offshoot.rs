//! Simulated hosts in a process of their own: one process may not have as many open files as a large farm
//! needs.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use wire::ServerUrl;

use crate::error::LoadError;
use crate::fleet::{Counts, Fleet, Tally};
use crate::host::{Pace, Plan};

/// In which variable the token is handed on.
const TOKEN: &str = "FRAMEFARM_TOKEN";
/// Between two lines of counts.
const LINE: Duration = Duration::from_millis(10);

/// Links hosts and prints what they count until it is ended.
#[derive(Debug, Args)]
pub(crate) struct Hosts {
    /// Address of the schedule server
    schedule: ServerUrl,
    /// Address of the resource server
    #[arg(long)]
    resource: Option<ServerUrl>,
    /// Number of the first host
    #[arg(long)]
    first: usize,
    /// Slots of each host, one after the other
    #[arg(long, value_delimiter = ',')]
    slots: Vec<u16>,
    /// How long a frame takes, in milliseconds; for ever where not given
    #[arg(long)]
    work_ms: Option<u64>,
}

impl Hosts {
    pub(crate) async fn run(self) -> Result<(), LoadError> {
        let work = match self.work_ms {
            None => Pace::Never,
            Some(0) => Pace::AtOnce,
            Some(ms) => Pace::Takes(Duration::from_millis(ms)),
        };
        let token = std::env::var(TOKEN).ok();
        let plan = Plan { schedule: self.schedule, resource: self.resource, work, token };
        let fleet = Fleet::link_here(&plan, self.first, &self.slots, Tally::default()).await?;
        loop {
            let Counts { welcomed, known, grants, acknowledged, links_lost } = fleet.counts();
            println!("{welcomed} {known} {grants} {acknowledged} {links_lost}");
            tokio::time::sleep(LINE).await;
        }
    }
}

/// Such a process, as whoever started it sees it. It is killed when it is dropped.
pub(crate) struct Offshoot {
    child: Child,
    tally: Arc<Tally>,
}

impl Offshoot {
    pub(crate) fn start(plan: &Plan, first: usize, slots: &[u16]) -> Result<Self, LoadError> {
        let program = std::env::current_exe().unwrap_or_else(|_| "framefarm-load".into());
        let slots: Vec<String> = slots.iter().map(u16::to_string).collect();
        let mut command = Command::new(&program);
        command.args(["hosts", &plan.schedule.to_string(), "--first", &first.to_string()]);
        command.args(["--slots", &slots.join(",")]);
        command.args(plan.resource.iter().flat_map(|url| ["--resource".to_owned(), url.to_string()]));
        let work_ms = match plan.work {
            Pace::AtOnce => Some(0),
            Pace::Takes(time) => Some(time.as_millis()),
            Pace::Never => None,
        };
        // Not among the arguments, which everybody on this machine can read.
        command.envs(plan.token.iter().map(|token| (TOKEN, token)));
        command.args(work_ms.iter().flat_map(|ms| ["--work-ms".to_owned(), ms.to_string()]));
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = started.map_err(|source| LoadError::Start { program, source })?;
        let tally = Arc::new(Tally::default());
        if let Some(said) = child.stdout.take() {
            let tally = tally.clone();
            tokio::spawn(async move {
                let mut lines = BufReader::new(said).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let numbers: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
                    if let [welcomed, known, grants, acknowledged, links_lost] = numbers[..] {
                        tally.set(Counts { welcomed, known, grants, acknowledged, links_lost });
                    }
                }
            });
        }
        Ok(Self { child, tally })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.tally.counts()
    }
}
