//! Schedule servers: their questions, of which kinds hosts are, and telling them that the answers they have
//! are stale.

use model::{HostId, KindId, Profile, ResourceToSchedule, ScheduleToResource, Time};

use crate::{Effect, LinkId, Lists, Record, Resource};

/// So many hosts are told of in one message.
const TOLD_MAX: usize = 5_000;

impl Resource {
    pub(crate) fn asked(now: Time, link: LinkId, message: &ScheduleToResource) -> Option<Record> {
        match message {
            ScheduleToResource::Ask { ask, profile } => {
                Some(Record::ListAsked { link, ask: *ask, profile: Box::new(profile.clone()) })
            }
            ScheduleToResource::Hosts { ask, profile } => {
                let profile = profile.clone().map(Box::new);
                Some(Record::HostsAsked { link, ask: *ask, profile, at: now })
            }
            ScheduleToResource::Watch { hosts } => {
                Some(Record::HostsWatched { link, watched: *hosts, at: now })
            }
            // The shell deals with certificates; the database has none.
            ScheduleToResource::Revoked { .. } => None,
        }
    }

    pub(crate) fn list_asked(
        &mut self,
        link: LinkId,
        ask: u64,
        profile: &Profile,
        effects: &mut Vec<Effect>,
    ) {
        if self.schedules.insert(link, Lists::Fresh).is_none() {
            self.tell_all_kinds(link, effects);
        }
        let list = self.list_and_keep(profile);
        effects.push(Effect::ToSchedule { link, message: ResourceToSchedule::List { ask, list } });
    }

    pub(crate) fn hosts_asked(
        &mut self,
        link: LinkId,
        ask: u64,
        profile: Option<&Profile>,
        now: Time,
        effects: &mut Vec<Effect>,
    ) {
        let list = profile.map(|profile| Box::new(self.list_and_keep(profile)));
        let hosts = match &list {
            Some(list) => {
                self.hosts_by_rank(list).into_iter().filter_map(|name| self.host_view(name, now)).collect()
            }
            None => self.host_views(now),
        };
        effects.push(Effect::ToSchedule { link, message: ResourceToSchedule::Hosts { ask, hosts, list } });
    }

    /// Of which kind each host is, in pieces.
    fn tell_all_kinds(&self, link: LinkId, effects: &mut Vec<Effect>) {
        let kinds =
            self.kinds.iter().flat_map(|(id, kind)| kind.hosts.iter().map(move |host| (host.clone(), id)));
        let all: Vec<(HostId, KindId)> = kinds.collect();
        let mut whole = true;
        let mut pieces: Vec<&[(HostId, KindId)]> = all.chunks(TOLD_MAX).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        for are in pieces {
            let are = are.to_vec();
            let message = ResourceToSchedule::Kinds { whole, are, gone: Vec::new() };
            effects.push(Effect::ToSchedule { link, message });
            whole = false;
        }
    }

    /// Tells schedule servers that a host is of this kind now, or gone.
    pub(crate) fn tell_kind(&self, host: &HostId, kind: Option<KindId>, effects: &mut Vec<Effect>) {
        for link in self.schedules.keys() {
            let are = kind.map(|kind| (host.clone(), kind)).into_iter().collect();
            let gone = if kind.is_none() { vec![host.clone()] } else { Vec::new() };
            let message = ResourceToSchedule::Kinds { whole: false, are, gone };
            effects.push(Effect::ToSchedule { link: *link, message });
        }
    }

    /// Tells schedule servers to ask again; each one once until it does, however many hosts come and go.
    pub(crate) fn lists_became_stale(&mut self, effects: &mut Vec<Effect>) {
        for (link, lists) in &mut self.schedules {
            if *lists == Lists::Fresh {
                *lists = Lists::Stale;
                effects.push(Effect::ToSchedule { link: *link, message: ResourceToSchedule::Changed });
            }
        }
    }
}
