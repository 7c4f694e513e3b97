//! Render hosts: how they enter the database, keep it current, and leave it.

use model::{HostId, InstanceId, LEASE_MS, RenderToResource, ResourceInfo, ResourceToRender, SlotIndex};
use model::{SlotState, Time};

use crate::{Effect, Host, LinkId, Record, Refusal, Resource};

impl Resource {
    pub(crate) fn render_spoke(
        &self,
        now: Time,
        link: LinkId,
        message: &RenderToResource,
    ) -> Result<Vec<Record>, Refusal> {
        if let RenderToResource::Hello { host, instance, info, slots, .. } = message {
            return self.hello(now, link, host, instance, info, slots);
        }
        let name = self.links.get(&link).ok_or(Refusal::NotInDatabase { link })?;
        let host = &self.hosts[name];
        let (name, at) = (name.clone(), now);
        let record = match message {
            RenderToResource::Slot { slot, now } => {
                if usize::from(slot.0) >= host.slots.len() {
                    return Err(Refusal::UnknownSlot { host: name, slot: *slot });
                }
                Record::SlotChanged { host: name, slot: *slot, now: now.clone(), at }
            }
            RenderToResource::Info { info } if *info != host.info => {
                Record::InfoChanged { host: name, info: info.clone(), at }
            }
            RenderToResource::Bye => Record::HostLeft { host: name },
            RenderToResource::Hello { .. }
            | RenderToResource::Info { .. }
            | RenderToResource::Door(_)
            | RenderToResource::Alive => Record::HostHeard { host: name, at },
        };
        Ok(vec![record])
    }

    fn hello(
        &self,
        now: Time,
        link: LinkId,
        host: &HostId,
        instance: &InstanceId,
        info: &ResourceInfo,
        slots: &[SlotState],
    ) -> Result<Vec<Record>, Refusal> {
        let turned_away = |why| Ok(vec![Record::HostTurnedAway { link, why }]);
        if let Some(first) = self.links.get(&link)
            && (first != host || self.hosts[first].instance != *instance)
        {
            return Err(Refusal::SecondIdentity { link, host: first.clone() });
        }
        if let Some(known) = self.hosts.get(host)
            && known.instance != *instance
        {
            return turned_away(format!(
                "another render server on this farm is called {host}; start this one with --name \
                 and a name of its own"
            ));
        }
        if u16::try_from(slots.len()).is_err() {
            return turned_away(format!(
                "render host {host} offers {} slots; {} is the most, see --slots",
                slots.len(),
                u16::MAX
            ));
        }
        Ok(vec![Record::HostJoined {
            link,
            host: host.clone(),
            instance: instance.clone(),
            info: info.clone(),
            slots: slots.to_vec(),
            at: now,
        }])
    }

    pub(crate) fn render_link_closed(&self, link: LinkId) -> Vec<Record> {
        self.links.get(&link).map(|host| Record::HostLeft { host: host.clone() }).into_iter().collect()
    }

    pub(crate) fn deadline_passed(&self, now: Time) -> Vec<Record> {
        let rebuilt = self.rebuilding_until.filter(|until| *until <= now).map(|_| Record::DatabaseRebuilt);
        let silent = self.heard.iter().take_while(|(at, _)| at.plus_ms(LEASE_MS) <= now);
        let left = silent.map(|(_, host)| Record::HostLeft { host: host.clone() });
        rebuilt.into_iter().chain(left).collect()
    }

    pub(crate) fn host_joined(&mut self, name: &HostId, host: Host, effects: &mut Vec<Effect>) {
        let link = host.link;
        let before = self.remove(name);
        if let Some(before) = &before
            && before.link != link
        {
            // The same render server came back before its old link was seen to break.
            effects.push(Effect::CloseLink { link: before.link });
        }
        let as_before = before.is_some_and(|it| it.info == host.info && it.slots.len() == host.slots.len());
        self.links.insert(link, name.clone());
        self.heard.insert((host.heard_at, name.clone()));
        self.hosts.insert(name.clone(), host);
        effects.push(Effect::ToRender { link, message: ResourceToRender::Welcome });
        if !as_before {
            self.lists_became_stale(effects);
        }
    }

    pub(crate) fn host_turned_away(link: LinkId, why: &str, effects: &mut Vec<Effect>) {
        let message = ResourceToRender::TurnedAway { why: why.to_owned() };
        effects.push(Effect::ToRender { link, message });
        effects.push(Effect::CloseLink { link });
    }

    pub(crate) fn host_heard(&mut self, name: &HostId, at: Time) {
        if let Some(host) = self.hosts.get_mut(name) {
            self.heard.remove(&(host.heard_at, name.clone()));
            self.heard.insert((at, name.clone()));
            host.heard_at = at;
        }
    }

    pub(crate) fn slot_changed(&mut self, name: &HostId, slot: SlotIndex, now: &SlotState, at: Time) {
        self.host_heard(name, at);
        let host = self.hosts.get_mut(name);
        if let Some(state) = host.and_then(|host| host.slots.get_mut(usize::from(slot.0))) {
            *state = now.clone();
        }
    }

    pub(crate) fn info_changed(
        &mut self,
        name: &HostId,
        info: &ResourceInfo,
        at: Time,
        effects: &mut Vec<Effect>,
    ) {
        self.host_heard(name, at);
        if let Some(host) = self.hosts.get_mut(name) {
            host.info = info.clone();
            self.lists_became_stale(effects);
        }
    }

    pub(crate) fn host_left(&mut self, name: &HostId, effects: &mut Vec<Effect>) {
        if let Some(host) = self.remove(name) {
            // It may be alive behind a link that no longer carries anything; closed, it dials again.
            effects.push(Effect::CloseLink { link: host.link });
            self.lists_became_stale(effects);
        }
    }

    fn remove(&mut self, name: &HostId) -> Option<Host> {
        let host = self.hosts.remove(name)?;
        self.links.remove(&host.link);
        self.heard.remove(&(host.heard_at, name.clone()));
        Some(host)
    }
}
