//! Many simulated hosts, and what they count together.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::error::LoadError;
use crate::host::{Host, Plan};
use crate::offshoot::Offshoot;

/// So many hosts link at the same time.
const AT_ONCE: usize = 128;
/// So many hosts are simulated by one process: each has two links, and each of them is an open file.
const HERE_MAX: usize = 5_000;
/// Between two looks at a count.
const LOOK: Duration = Duration::from_millis(1);

/// A number that many add to.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What was counted up to a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) welcomed: u64,
    pub(crate) known: u64,
    pub(crate) grants: u64,
    pub(crate) acknowledged: u64,
    pub(crate) links_lost: u64,
}

/// What the hosts of a fleet count together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) welcomed: Count,
    /// How often the resource server has welcomed a host.
    pub(crate) known: Count,
    grants: Count,
    pub(crate) acknowledged: Count,
    pub(crate) links_lost: Count,
    /// Moments of grants, where they are wanted.
    moments: Option<Mutex<Vec<Instant>>>,
    /// How long idle slots waited for a lease.
    waits: Mutex<Vec<Duration>>,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            welcomed: self.welcomed.get(),
            known: self.known.get(),
            grants: self.grants.get(),
            acknowledged: self.acknowledged.get(),
            links_lost: self.links_lost.get(),
        }
    }

    /// Takes over what another process counted.
    pub(crate) fn set(&self, counts: Counts) {
        let Counts { welcomed, known, grants, acknowledged, links_lost } = counts;
        self.welcomed.0.store(welcomed, Ordering::Relaxed);
        self.known.0.store(known, Ordering::Relaxed);
        self.grants.0.store(grants, Ordering::Relaxed);
        self.acknowledged.0.store(acknowledged, Ordering::Relaxed);
        self.links_lost.0.store(links_lost, Ordering::Relaxed);
    }

    pub(crate) fn granted(&self) {
        self.grants.add(1);
        if let Some(moments) = &self.moments {
            moments.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        }
    }

    pub(crate) fn waited(&self, time: Duration) {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).push(time);
    }

    /// The waits of idle slots since the last call.
    pub(crate) fn take_waits(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.waits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When the last grant came since the last call.
    pub(crate) fn take_last_moment(&self) -> Option<Instant> {
        let moments = self.moments.as_ref()?;
        std::mem::take(&mut *moments.lock().unwrap_or_else(PoisonError::into_inner)).pop()
    }
}

/// Linked hosts; they leave when it is dropped.
pub(crate) struct Fleet {
    pub(crate) tally: Arc<Tally>,
    offshoots: Vec<Offshoot>,
    _hosts: JoinSet<()>,
}

impl Fleet {
    /// Links a host for each number of slots and waits until all are welcome.
    pub(crate) async fn link(plan: &Plan, slots: &[u16]) -> Result<Self, LoadError> {
        Self::link_all(plan, slots, Tally::default()).await
    }

    /// The same, noting the moment of each grant; for fleets that one process can simulate.
    pub(crate) async fn link_noting_moments(plan: &Plan, slots: &[u16]) -> Result<Self, LoadError> {
        Self::link_all(plan, slots, Tally { moments: Some(Mutex::default()), ..Tally::default() }).await
    }

    async fn link_all(plan: &Plan, slots: &[u16], tally: Tally) -> Result<Self, LoadError> {
        let (here, others) = slots.split_at(slots.len().min(HERE_MAX));
        let offshoots = others.chunks(HERE_MAX).enumerate();
        let offshoots = offshoots.map(|(index, slots)| Offshoot::start(plan, (index + 1) * HERE_MAX, slots));
        let offshoots = offshoots.collect::<Result<_, _>>()?;
        let fleet = Self { offshoots, ..Self::link_here(plan, 0, here, tally).await? };
        let wanted = slots.len() as u64;
        fleet.wait("the welcome of every host", 60, |counts| counts.welcomed >= wanted).await?;
        Ok(fleet)
    }

    /// Links hosts from this process.
    pub(crate) async fn link_here(
        plan: &Plan,
        first: usize,
        slots: &[u16],
        tally: Tally,
    ) -> Result<Self, LoadError> {
        let (tally, mut hosts) = (Arc::new(tally), JoinSet::new());
        let period = Duration::from_millis(model::HEARTBEAT_MS);
        let mut linking = JoinSet::new();
        let mut left = (first..).zip(slots.iter().copied());
        loop {
            if linking.len() < AT_ONCE
                && let Some((index, slots)) = left.next()
            {
                let (plan, tally) = (plan.clone(), tally.clone());
                linking.spawn(async move { (index, Host::link(&plan, index, slots, tally).await) });
                continue;
            }
            let Some(linked) = linking.join_next().await else { break };
            let (index, host) = linked.map_err(|error| LoadError::Odd(error.to_string()))?;
            // Hosts of a real farm did not start in the same instant either.
            let first = period.mul_f64((index as f64 * 0.618_034).fract());
            hosts.spawn(host?.serve(first));
        }
        Ok(Self { tally, offshoots: Vec::new(), _hosts: hosts })
    }

    /// What all hosts count together, those of other processes as of a few milliseconds ago.
    pub(crate) fn counts(&self) -> Counts {
        self.offshoots.iter().map(Offshoot::counts).fold(self.tally.counts(), |all, more| Counts {
            welcomed: all.welcomed + more.welcomed,
            known: all.known + more.known,
            grants: all.grants + more.grants,
            acknowledged: all.acknowledged + more.acknowledged,
            links_lost: all.links_lost + more.links_lost,
        })
    }

    /// The processes that simulate the hosts.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.offshoots.iter().filter_map(Offshoot::pid).chain([std::process::id()]).collect()
    }

    /// Waits until `there` of what the hosts count.
    pub(crate) async fn wait(
        &self,
        what: &'static str,
        seconds: u64,
        there: impl Fn(Counts) -> bool,
    ) -> Result<(), LoadError> {
        let begun = Instant::now();
        while !there(self.counts()) {
            if begun.elapsed().as_secs() >= seconds {
                return Err(LoadError::TooLong { what, seconds });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}
