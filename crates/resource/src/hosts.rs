//! Render hosts: how they enter the database, keep it current, and leave it.

use model::{Door, LEASE_MS, RenderToResource, ResourceInfo, ResourceToRender, SlotIndex, SlotState, Time};

use crate::kinds::Slots;
use crate::record::Hello;
use crate::watching::Change;
use crate::{Effect, Host, LinkId, Record, Refusal, Resource};

impl Resource {
    pub(crate) fn render_spoke(
        &self,
        now: Time,
        link: LinkId,
        message: &RenderToResource,
    ) -> Result<Vec<Record>, Refusal> {
        if let RenderToResource::Hello { host, instance, info, slots, door } = message {
            let (host, instance, info) = (host.clone(), instance.clone(), info.clone());
            let (slots, door) = (slots.clone(), door.clone());
            return self.hello(now, link, Hello { host, instance, info, slots, door });
        }
        let host = self.hosts.get(&link).ok_or(Refusal::NotInDatabase { link })?;
        let at = now;
        let record = match message {
            RenderToResource::Slot { slot, now } => {
                if usize::from(slot.0) >= host.slots.len() {
                    return Err(Refusal::UnknownSlot { host: host.name.clone(), slot: *slot });
                }
                Record::SlotChanged { link, slot: *slot, now: now.clone(), at }
            }
            RenderToResource::Info { info } if *info != host.info => {
                Record::InfoChanged { link, info: Box::new(info.clone()), at }
            }
            RenderToResource::Door(door) if *door != host.door => {
                Record::DoorChanged { link, door: door.clone(), at }
            }
            RenderToResource::Bye => Record::HostLeft { link },
            RenderToResource::Hello { .. }
            | RenderToResource::Info { .. }
            | RenderToResource::Door(_)
            | RenderToResource::Alive => Record::HostHeard { link, at },
        };
        Ok(vec![record])
    }

    fn hello(&self, now: Time, link: LinkId, hello: Hello) -> Result<Vec<Record>, Refusal> {
        let turned_away = |why| Ok(vec![Record::HostTurnedAway { link, why }]);
        if let Some(first) = self.hosts.get(&link)
            && (first.name != hello.host || first.instance != hello.instance)
        {
            return Err(Refusal::SecondIdentity { link, host: first.name.clone() });
        }
        if let Some(known) = self.named(&hello.host)
            && known.instance != hello.instance
        {
            return turned_away(format!(
                "another render server on this farm is called {}; start this one with --name and a name of its own",
                hello.host
            ));
        }
        if u16::try_from(hello.slots.len()).is_err() {
            return turned_away(format!(
                "render host {} offers {} slots; {} is the most, see --slots",
                hello.host,
                hello.slots.len(),
                u16::MAX
            ));
        }
        Ok(vec![Record::HostJoined { link, hello: Box::new(hello), at: now }])
    }

    pub(crate) fn render_link_closed(&self, link: LinkId) -> Vec<Record> {
        self.hosts.contains_key(&link).then_some(Record::HostLeft { link }).into_iter().collect()
    }

    pub(crate) fn deadline_passed(&self, now: Time) -> Vec<Record> {
        let rebuilt = self.rebuilding_until.filter(|until| *until <= now).map(|_| Record::DatabaseRebuilt);
        let silent = self.heard.iter().take_while(|(at, _)| at.plus_ms(LEASE_MS) <= now);
        let left = silent.map(|(_, link)| Record::HostLeft { link: *link });
        rebuilt.into_iter().chain(left).chain(self.watches_due(now)).collect()
    }

    pub(crate) fn host_joined(&mut self, link: LinkId, hello: &Hello, at: Time, effects: &mut Vec<Effect>) {
        let before = self.names.get(&hello.host).copied();
        let before = before.and_then(|link| self.unlist(link).map(|host| (link, host)));
        if let Some((old, _)) = before
            && old != link
        {
            // The same render server came back before its old link was seen to break.
            effects.push(Effect::CloseLink { link: old });
        }
        let before = before.map(|(_, host)| host);
        let (kind, new) = self.kinds.find(&hello.info);
        let host = Host {
            name: hello.host.clone(),
            instance: hello.instance.clone(),
            info: hello.info.clone(),
            kind,
            slots: hello.slots.clone(),
            door: hello.door.clone(),
            heard_at: at,
        };
        self.count(before.as_ref(), &host, new);
        let as_before = before.as_ref().is_some_and(|it| {
            it.kind == kind && it.slots.len() == host.slots.len() && it.info.addresses == host.info.addresses
        });
        self.names.insert(host.name.clone(), link);
        self.heard.insert((at, link));
        self.hosts.insert(link, host);
        self.note(&hello.host, &Change::All, at);
        effects.push(Effect::ToRender { link, message: ResourceToRender::Welcome });
        if !as_before {
            self.lists_became_stale(effects);
        }
        if before.is_none_or(|before| before.kind != kind) {
            self.tell_kind(&hello.host, Some(kind), effects);
        }
    }

    /// Counts a host in as it is now, in place of what it was; whether its kind is new is known already.
    fn count(&mut self, before: Option<&Host>, host: &Host, new: bool) {
        let slots = host.slots_counted();
        let mut changed = new;
        match before {
            Some(before) if before.kind == host.kind => {
                self.kinds.recount(host.kind, before.slots_counted(), slots);
            }
            before => {
                self.kinds.add(host.kind, &host.name, slots);
                if let Some(before) = before {
                    changed |= self.kinds.take(before.kind, &before.name, before.slots_counted());
                }
            }
        }
        if changed {
            self.verdicts.forget();
        }
    }

    pub(crate) fn host_turned_away(link: LinkId, why: &str, effects: &mut Vec<Effect>) {
        let message = ResourceToRender::TurnedAway { why: why.to_owned() };
        effects.push(Effect::ToRender { link, message });
        effects.push(Effect::CloseLink { link });
    }

    pub(crate) fn host_heard(&mut self, link: LinkId, at: Time) {
        if let Some(host) = self.hosts.get_mut(&link) {
            self.heard.remove(&(host.heard_at, link));
            self.heard.insert((at, link));
            host.heard_at = at;
        }
        self.note_heard(link, at);
    }

    pub(crate) fn slot_changed(&mut self, link: LinkId, slot: SlotIndex, now: &SlotState, at: Time) {
        self.host_heard(link, at);
        let Some(host) = self.hosts.get_mut(&link) else { return };
        let open = host.door.is_open();
        let Some(state) = host.slots.get_mut(usize::from(slot.0)) else { return };
        let count =
            |state: &SlotState| Slots { total: 1, free: u32::from(open && *state == SlotState::Free) };
        let before = count(state);
        state.clone_from(now);
        self.kinds.recount(host.kind, before, count(now));
        self.note_slot(link, slot, at);
    }

    pub(crate) fn door_changed(&mut self, link: LinkId, door: &Door, at: Time) {
        self.host_heard(link, at);
        if let Some(host) = self.hosts.get_mut(&link) {
            let before = host.slots_counted();
            host.door = door.clone();
            let name = host.name.clone();
            self.kinds.recount(host.kind, before, host.slots_counted());
            self.note(&name, &Change::All, at);
        }
    }

    pub(crate) fn info_changed(
        &mut self,
        link: LinkId,
        info: &ResourceInfo,
        at: Time,
        effects: &mut Vec<Effect>,
    ) {
        self.host_heard(link, at);
        let Some(mut host) = self.hosts.get(&link).cloned() else { return };
        let before = host.clone();
        let (kind, new) = self.kinds.find(info);
        host.kind = kind;
        host.info = info.clone();
        self.count(Some(&before), &host, new);
        // What no profile can ask makes no list wrong.
        if kind != before.kind || before.info.addresses != info.addresses {
            self.lists_became_stale(effects);
        }
        if kind != before.kind {
            self.tell_kind(&host.name, Some(kind), effects);
        }
        self.note(&host.name, &Change::All, at);
        self.hosts.insert(link, host);
    }

    pub(crate) fn host_left(&mut self, link: LinkId, effects: &mut Vec<Effect>) {
        if let Some(host) = self.unlist(link) {
            if self.kinds.take(host.kind, &host.name, host.slots_counted()) {
                self.verdicts.forget();
            }
            // It may be alive behind a link that no longer carries anything; closed, it dials again.
            effects.push(Effect::CloseLink { link });
            self.lists_became_stale(effects);
            self.tell_kind(&host.name, None, effects);
            self.note(&host.name, &Change::All, host.heard_at);
        }
    }

    /// Takes a host off the lists; its kind still counts it.
    fn unlist(&mut self, link: LinkId) -> Option<Host> {
        let host = self.hosts.remove(&link)?;
        self.names.remove(&host.name);
        self.heard.remove(&(host.heard_at, link));
        self.silent.remove(&link);
        Some(host)
    }
}
