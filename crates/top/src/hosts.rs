//! The hosts: which are shown, in which order.

use std::collections::BTreeMap;

use model::{HostId, HostView, HostsNews};

use crate::Key;
use crate::list::move_by;

/// The hosts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    all: BTreeMap<HostId, HostView>,
    pub(crate) filter: String,
    shown: Vec<HostId>,
    at: Option<HostId>,
    pub(crate) loaded: bool,
}

impl Hosts {
    pub(crate) fn load(&mut self, hosts: Vec<HostView>) {
        self.all = hosts.into_iter().map(|host| (host.name.clone(), host)).collect();
        self.loaded = true;
        self.arrange();
    }

    pub(crate) fn change(&mut self, news: HostsNews) {
        let HostsNews { items, rows, gone } = news;
        let others = !items.is_empty() || !gone.is_empty();
        self.all.extend(items.into_iter().map(|host| (host.name.clone(), host)));
        for row in rows {
            if let Some(host) = self.all.get_mut(&row.name) {
                (host.state, host.slots_total) = (row.state, row.slots_total);
                (host.slots_busy, host.heard_at) = (row.slots_busy, row.heard_at);
            }
        }
        for host in gone {
            self.all.remove(&host);
        }
        if others {
            self.arrange();
        }
    }

    pub(crate) fn filter_by(&mut self, filter: String) {
        self.filter = filter;
        self.arrange();
    }

    fn arrange(&mut self) {
        let before = self.cursor();
        let words = self.filter.to_lowercase();
        let meant = self.all.keys().filter(|name| words.is_empty() || name.0.to_lowercase().contains(&words));
        self.shown = meant.cloned().collect();
        if self.position().is_none() {
            self.at = self.shown.get(before.min(self.shown.len().saturating_sub(1))).cloned();
        }
    }

    fn position(&self) -> Option<usize> {
        self.shown.binary_search(self.at.as_ref()?).ok()
    }

    pub(crate) fn cursor(&self) -> usize {
        self.position().unwrap_or(0)
    }

    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    pub(crate) fn at(&self, place: usize) -> Option<&HostView> {
        self.all.get(self.shown.get(place)?)
    }

    /// The one under the cursor.
    pub(crate) fn current(&self) -> Option<HostId> {
        self.position().map(|at| self.shown[at].clone())
    }

    pub(crate) fn move_by(&mut self, key: Key, rows: usize) -> bool {
        let mut at = self.cursor();
        let moved = move_by(key, &mut at, self.shown.len(), rows);
        if moved {
            self.at = self.shown.get(at).cloned();
        }
        moved
    }
}
