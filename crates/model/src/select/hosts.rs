//! Which render hosts.

use super::page::{Page, PageWish, Place, Sorted, read_sorted, write_sorted};
use super::words::{Fields, Word, list, push};
use crate::{Faults, HostState, HostView};

/// What hosts are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostSort {
    /// Their name.
    #[default]
    Name,
    /// What they do, the idle first.
    State,
    /// How many of their slots are busy.
    SlotsBusy,
}

impl Word for HostSort {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Name, "name"), (Self::State, "state"), (Self::SlotsBusy, "slots_busy")];
}

impl Word for HostState {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Idle, "idle"),
        (Self::Busy, "busy"),
        (Self::Silent, "silent"),
        (Self::Closed, "closed"),
        (Self::Draining, "draining"),
    ];
}

/// Some of the hosts: those to which all that is said here applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostSelect {
    /// In one of these states.
    pub state: Vec<HostState>,
    /// With this in their name, great and small letters alike.
    pub text: Option<String>,
    /// That match this profile, as people write it.
    pub need: Option<String>,
}

/// A page of the hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostQuery {
    /// Which.
    pub select: HostSelect,
    /// In which order.
    pub sort: Sorted<HostSort>,
    /// Which page.
    pub page: PageWish,
}

impl HostQuery {
    /// The query that the fields of a URL tell.
    ///
    /// # Errors
    /// Every field and value that is none.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Faults> {
        let mut fields = Fields::new(pairs);
        let (state, text, need) = (fields.words("state"), fields.text("text"), fields.text("need"));
        let (sort, page) = (read_sorted(&mut fields), PageWish::read(&mut fields));
        fields.done(Self { select: HostSelect { state, text, need }, sort, page })
    }

    /// The same as fields of a URL.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let (mut pairs, HostSelect { state, text, need }) = (Vec::new(), &self.select);
        push(&mut pairs, "state", Some(list(state)));
        push(&mut pairs, "text", text.clone());
        push(&mut pairs, "need", need.clone());
        write_sorted(self.sort, &mut pairs);
        self.page.write(&mut pairs);
        pairs
    }

    /// The page of `hosts`, all of which match the profile.
    pub fn page_of<'a>(&self, hosts: impl IntoIterator<Item = &'a HostView>) -> Page<HostView> {
        let wanted = self.select.text.as_ref().map(|text| text.to_lowercase());
        let is_meant = |host: &&HostView| {
            let named = |text: &String| host.name.0.to_lowercase().contains(text);
            let in_state = self.select.state.is_empty() || self.select.state.contains(&host.state);
            in_state && wanted.as_ref().is_none_or(named)
        };
        let place = |host: &HostView| {
            let number = match self.sort.by {
                HostSort::Name => 0,
                HostSort::State => host.state as i64,
                HostSort::SlotsBusy => i64::from(host.slots_busy),
            };
            Place { numbers: [number, 0], text: host.name.0.clone(), id: 0 }
        };
        let meant = hosts.into_iter().filter(is_meant).map(|host| (place(host), host));
        self.page.cut(self.sort.down, meant, |host| Some(host.clone()))
    }
}
