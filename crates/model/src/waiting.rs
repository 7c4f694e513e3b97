//! Why frames wait, as a typed reason with its numbers and as the sentence that people read.
//!
//! The schedule server makes these where it decides; every face shows the same ones.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{HostId, JobId, NearHost, Rejection, SetAsideView};

/// Why the frames of a step wait that do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WhyView {
    /// The step.
    pub step: String,
    /// Frames of it that wait.
    pub frames_waiting: u32,
    /// The reason that has to go first.
    pub reason: WaitingReason,
    /// The same as a sentence.
    pub sentence: String,
}

/// Why frames wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WaitingReason {
    /// A person holds the job.
    Held,
    /// Another step is not done.
    DependsOnStep {
        /// Which.
        step: String,
        /// Frames of it that are not done.
        frames_left: u32,
    },
    /// Another job is not done.
    DependsOnJob {
        /// Which.
        job: JobId,
        /// Frames of it that are not done.
        frames_left: u32,
        /// It has ended without being done, so that this wait has no end by itself.
        ended: bool,
    },
    /// A limit of the farm is used up.
    Limit {
        /// Its name.
        name: String,
        /// How much there is, on the farm or on each host.
        amount: u32,
        /// How much is in use; of a limit by host, on the host that has most left.
        in_use: u32,
        /// How much a frame takes.
        wanted: u32,
        /// Whether it is a limit of each host.
        per_host: bool,
    },
    /// The job holds as many slots as it may.
    SlotsMax {
        /// How many that are.
        slots: u32,
    },
    /// The job runs on as many hosts as it may.
    HostsMax {
        /// How many that are.
        hosts: u32,
    },
    /// Others of the same priority have had less of the farm.
    Share {
        /// The user or group whose share is used.
        name: String,
        /// Slots that it holds.
        slots: u32,
    },
    /// No render host is linked.
    NoHostLinked,
    /// No resource server is linked.
    NoResourceServer,
    /// The resource server is being asked.
    AskingHosts,
    /// The resource server has just started.
    Rebuilding,
    /// No host matches the resource profile.
    NoHostMatches {
        /// Hosts known in all.
        hosts_total: u32,
        /// Which field rejects how many.
        rejections: Vec<Rejection>,
        /// Those that lack least, the nearest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        nearest: Vec<NearHost>,
    },
    /// Hosts match and none of them is linked to the schedule server.
    MatchesNotLinked {
        /// How many match.
        hosts: u32,
    },
    /// Hosts match and are linked, and all of them take no frames.
    HostsClosed {
        /// How many.
        hosts: u32,
        /// One of them.
        host: HostId,
        /// What closed that one, as it says.
        why: String,
    },
    /// Hosts match and all are too small.
    NoHostBigEnough {
        /// In what.
        #[serde(default)]
        amount: AmountKind,
        /// So much a frame takes.
        wanted: u64,
        /// So much the largest that matches has.
        largest: u64,
    },
    /// Slots are free, and what else a frame takes of a host is held by others.
    AmountTaken {
        /// What.
        amount: AmountKind,
        /// The host that has most of it left.
        host: HostId,
        /// How much is left there.
        free: u64,
        /// So much a frame takes.
        wanted: u64,
    },
    /// Every slot that matches is busy.
    SlotsBusy {
        /// How many match.
        slots: u32,
    },
    /// Free slots are kept for a frame that needs several of one host.
    Reserved {
        /// The host.
        host: HostId,
        /// The job they are kept for.
        job: JobId,
    },
    /// A host is being cleared for a frame that needs several of its slots.
    Clearing {
        /// The host.
        host: HostId,
        /// Slots free there.
        free: u32,
        /// Slots that the frame takes.
        wanted: u32,
    },
    /// Every host that matches and has a free slot is set aside.
    SetAside {
        /// Those hosts.
        hosts: Vec<SetAsideView>,
    },
    /// A host takes no frame for now.
    Refused {
        /// The host.
        host: HostId,
        /// What it said.
        why: String,
    },
    /// Frames failed and are tried again.
    PutOff {
        /// The next of them.
        frame: i64,
        /// Seconds it waits in all.
        seconds: u64,
        /// Tries that failed and counted.
        failures: u32,
        /// Tries in all.
        attempts_max: u32,
        /// What happened in the last one.
        problem: String,
    },
    /// The storage does not take finished frames.
    Storage {
        /// What it said.
        why: String,
    },
    /// Slots are free and the next pass gives them out.
    Starting,
}

/// What a host has a countable lot of.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AmountKind {
    /// Slots.
    #[default]
    Slots,
    /// RAM, in bytes.
    Memory,
    /// GPUs.
    Gpus,
}

impl AmountKind {
    /// The same where what it is of was said before: `3`, `2.5 GiB`.
    fn few(self, amount: u64) -> String {
        match self {
            Self::Slots | Self::Gpus => amount.to_string(),
            Self::Memory => self.count(amount).trim_end_matches(" of memory").to_owned(),
        }
    }

    /// So much of it, for people.
    #[must_use]
    pub fn count(self, amount: u64) -> String {
        match self {
            Self::Slots => number(amount, "slot"),
            Self::Gpus => number(amount, "GPU"),
            Self::Memory if amount >= 1 << 30 => tenths(amount, 30, "GiB of memory"),
            Self::Memory => tenths(amount, 20, "MiB of memory"),
        }
    }
}

/// Rounded down: what is written is there.
fn tenths(bytes: u64, shift: u32, unit: &str) -> String {
    let tenths = (u128::from(bytes) * 10) >> shift;
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

impl fmt::Display for WaitingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => write!(f, "on hold until it is released"),
            Self::DependsOnStep { step, frames_left } => {
                write!(f, "step {step} goes first and has {} left", count(*frames_left, "frame"))
            }
            Self::DependsOnJob { job, frames_left, ended: false } => {
                write!(f, "job {job} goes first and has {} left", count(*frames_left, "frame"))
            }
            Self::DependsOnJob { job, ended: true, .. } => {
                let mend = "retry that one or kill this one";
                write!(f, "job {job} goes first and has ended without being done; {mend}")
            }
            Self::Limit { name, amount, in_use, wanted, per_host } => {
                let where_ = if *per_host { " on each host" } else { "" };
                write!(f, "limit {name}: {in_use} of {amount} in use{where_}, a frame takes {wanted}")
            }
            Self::SlotsMax { slots } => write!(f, "the job holds the {} it may", count(*slots, "slot")),
            Self::HostsMax { hosts } => write!(f, "the job runs on the {} it may", count(*hosts, "host")),
            Self::Share { name, slots } => {
                write!(f, "{name} has {} and others of the same priority go first", count(*slots, "slot"))
            }
            Self::NoHostLinked => write!(f, "no render host is linked"),
            Self::NoResourceServer => {
                write!(f, "no resource server is linked, so it is not known which hosts match")
            }
            Self::AskingHosts => write!(f, "the resource server is being asked which hosts match"),
            Self::Rebuilding => write!(f, "the resource server has just started and is still finding hosts"),
            Self::NoHostMatches { hosts_total: 0, .. } => {
                write!(f, "no host matches: the resource server knows no render host yet")
            }
            Self::NoHostMatches { hosts_total, rejections, nearest } => {
                no_host_matches(f, *hosts_total, rejections)?;
                // Of a single host that has been said.
                let near = nearest.first().filter(|_| *hosts_total > 1);
                near.map_or(Ok(()), |near| nearest_is(f, near))
            }
            Self::MatchesNotLinked { hosts } => matches_not_linked(f, *hosts),
            Self::HostsClosed { hosts, host, why } => hosts_closed(f, *hosts, host, why),
            Self::NoHostBigEnough { amount, wanted, largest } => {
                let (wanted, largest) = (amount.count(*wanted), amount.few(*largest));
                write!(f, "a frame takes {wanted} and the largest host that matches has {largest}")
            }
            Self::AmountTaken { amount, host, free, wanted } => {
                let (wanted, free) = (amount.count(*wanted), amount.few(*free));
                write!(f, "a frame takes {wanted} and {host}, which has most of it left, has {free} free")
            }
            Self::SlotsBusy { slots } => slots_busy(f, *slots),
            Self::Reserved { host, job } => {
                let what = format_args!("a frame of job {job} that needs them together");
                write!(f, "the free slots of {host} are kept for {what}")
            }
            Self::Clearing { host, free, wanted } => {
                write!(f, "{host} is being cleared for it: {free} of {} free", count(*wanted, "slot"))
            }
            Self::SetAside { hosts } => set_aside(f, hosts),
            Self::Refused { host, why } => write!(f, "{host} takes no frame for now: {why}"),
            Self::PutOff { frame, seconds, failures: 0, problem, .. } => {
                write!(f, "frame {frame} is tried again after {seconds} s: {problem}")
            }
            Self::PutOff { frame, seconds, failures, attempts_max, .. } => {
                let tries = format_args!("{failures} of {attempts_max} tries have failed");
                write!(f, "frame {frame} is tried again after {seconds} s ({tries})")
            }
            Self::Storage { why } => {
                write!(f, "storage trouble: {why}; finished frames are kept and stored when it is over")
            }
            Self::Starting => write!(f, "slots are free and it is about to start"),
        }
    }
}

fn matches_not_linked(f: &mut fmt::Formatter<'_>, hosts: u32) -> fmt::Result {
    match hosts {
        1 => write!(f, "the only host that matches is not linked to the schedule server"),
        hosts => write!(f, "none of the {hosts} hosts that match is linked to the schedule server"),
    }
}

fn hosts_closed(f: &mut fmt::Formatter<'_>, hosts: u32, host: &HostId, why: &str) -> fmt::Result {
    match hosts {
        1 => write!(f, "the only linked host that matches takes no frames: {host}: {why}"),
        hosts => write!(f, "all {hosts} linked hosts that match take no frames; {host}: {why}"),
    }
}

fn slots_busy(f: &mut fmt::Formatter<'_>, slots: u32) -> fmt::Result {
    match slots {
        0 => write!(f, "the hosts that match have no slots"),
        1 => write!(f, "the only matching slot is busy"),
        slots => write!(f, "all {slots} matching slots are busy"),
    }
}

fn count(amount: u32, what: &str) -> String {
    number(amount.into(), what)
}

fn number(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn no_host_matches(f: &mut fmt::Formatter<'_>, total: u32, rejections: &[Rejection]) -> fmt::Result {
    write!(f, "no host matches")?;
    let hosts = if total == 1 { "host" } else { "hosts" };
    for (i, rejection) in rejections.iter().enumerate() {
        let before = if i == 0 { ": " } else { ", " };
        write!(f, "{before}{} ({} of {total} {hosts})", rejection.lacking, rejection.hosts)?;
    }
    Ok(())
}

fn nearest_is(f: &mut fmt::Formatter<'_>, NearHost { host, lacks, alike }: &NearHost) -> fmt::Result {
    write!(f, "; {host} comes nearest")?;
    if *alike > 1 {
        write!(f, ", with {} like it", alike - 1)?;
    }
    match lacks.as_slice() {
        [] => Ok(()),
        lacks => write!(f, ": {}", lacks.join(", ")),
    }
}

fn set_aside(f: &mut fmt::Formatter<'_>, hosts: &[SetAsideView]) -> fmt::Result {
    match hosts {
        [one] => write!(f, "{} is set aside: {}", one.host, one.why),
        [one, ..] => write!(f, "{} hosts are set aside; {}: {}", hosts.len(), one.host, one.why),
        [] => write!(f, "the hosts that match are set aside"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_host(hosts_total: u32, alike: u32) -> WaitingReason {
        let lacking = "no blender".to_owned();
        let rejections = vec![Rejection { field: None, lacking: lacking.clone(), hosts: hosts_total }];
        let nearest = vec![NearHost { host: "ws-1".into(), lacks: vec![lacking], alike }];
        WaitingReason::NoHostMatches { hosts_total, rejections, nearest }
    }

    #[test]
    fn the_nearest_host_is_named_where_there_are_others() {
        assert_eq!(no_host(1, 1).to_string(), "no host matches: no blender (1 of 1 host)");
        assert_eq!(
            no_host(3, 1).to_string(),
            "no host matches: no blender (3 of 3 hosts); ws-1 comes nearest: no blender"
        );
        assert_eq!(
            no_host(3, 2).to_string(),
            "no host matches: no blender (3 of 3 hosts); ws-1 comes nearest, with 1 like it: no blender"
        );
    }

    #[test]
    fn amounts_have_their_units_and_are_never_more_than_there_is() {
        let memory = AmountKind::Memory;
        let counted = [1 << 30, (3 << 30) / 2, 2_500_000_000, 1 << 20, 5].map(|bytes| memory.count(bytes));
        let words = ["1 GiB", "1.5 GiB", "2.3 GiB", "1 MiB", "0 MiB"].map(|word| format!("{word} of memory"));
        assert_eq!(counted, words);
        assert_eq!(AmountKind::Gpus.count(2), "2 GPUs");
        let taken =
            WaitingReason::AmountTaken { amount: memory, host: "a".into(), free: 1 << 29, wanted: 1 << 33 };
        assert_eq!(
            taken.to_string(),
            "a frame takes 8 GiB of memory and a, which has most of it left, has 512 MiB free"
        );
    }

    #[test]
    fn what_was_written_before_there_were_amounts_is_about_slots() {
        let old = r#"{"kind":"no_host_big_enough","wanted":8,"largest":4}"#;
        let reason: WaitingReason = serde_json::from_str(old).unwrap();
        assert_eq!(reason.to_string(), "a frame takes 8 slots and the largest host that matches has 4");
    }
}
