//! Many simulated hosts, and what they count together.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::error::LoadError;
use crate::host::{Host, Plan};

/// So many hosts link at the same time.
const AT_ONCE: usize = 128;
/// Between two looks at a count.
const LOOK: Duration = Duration::from_millis(1);

/// A number that many add to.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the hosts of a fleet count together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) welcomed: Count,
    pub(crate) grants: Count,
    pub(crate) acknowledged: Count,
    pub(crate) links_lost: Count,
    /// Moments of grants, where they are wanted.
    moments: Option<Mutex<Vec<Instant>>>,
    /// How long idle slots waited for a lease.
    waits: Mutex<Vec<Duration>>,
}

impl Tally {
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
    _hosts: JoinSet<()>,
}

impl Fleet {
    /// Links a host for each number of slots and waits until all are welcome.
    pub(crate) async fn link(plan: &Plan, slots: &[u16]) -> Result<Self, LoadError> {
        Self::link_with(plan, slots, Tally::default()).await
    }

    /// The same, noting the moment of each grant.
    pub(crate) async fn link_noting_moments(plan: &Plan, slots: &[u16]) -> Result<Self, LoadError> {
        Self::link_with(plan, slots, Tally { moments: Some(Mutex::default()), ..Tally::default() }).await
    }

    async fn link_with(plan: &Plan, slots: &[u16], tally: Tally) -> Result<Self, LoadError> {
        let (tally, mut hosts) = (Arc::new(tally), JoinSet::new());
        let period = Duration::from_millis(model::HEARTBEAT_MS);
        let mut linking = JoinSet::new();
        let mut left = slots.iter().copied().enumerate();
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
        let fleet = Self { tally, _hosts: hosts };
        let wanted = slots.len() as u64;
        fleet.wait("the welcome of every host", 60, |tally| tally.welcomed.get() >= wanted).await?;
        Ok(fleet)
    }

    /// Waits until `there` of what the hosts count.
    pub(crate) async fn wait(
        &self,
        what: &'static str,
        seconds: u64,
        there: impl Fn(&Tally) -> bool,
    ) -> Result<(), LoadError> {
        let begun = Instant::now();
        while !there(&self.tally) {
            if begun.elapsed().as_secs() >= seconds {
                return Err(LoadError::TooLong { what, seconds });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}
