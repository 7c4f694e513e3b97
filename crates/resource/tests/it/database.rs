//! A resource server on a desk: events go in by name, and what it says is kept to be looked at.

use model::{
    HostId, HostView, InstanceId, KindId, PackageInfo, Profile, RenderToResource, ResourceInfo, ResourceList,
    ResourceToRender, ResourceToSchedule, Role, ScheduleToResource, SlotState, Time,
};
use resource::{Effect, Event, LinkId, REBUILD_MS, Refusal, Resource};

/// The link of the one schedule server of these stories.
pub(crate) const SCHEDULE: LinkId = 1_000;

pub(crate) struct Database {
    pub(crate) resource: Resource,
    pub(crate) now: Time,
}

impl Database {
    /// A database that has been up long enough for its lists to be complete.
    pub(crate) fn settled() -> Self {
        let mut database = Self::fresh();
        database.wait(REBUILD_MS);
        database
    }

    pub(crate) fn fresh() -> Self {
        let now = Time(50_000);
        Self { resource: Resource::new(now), now }
    }

    pub(crate) fn hears(&mut self, event: Event) -> Result<Vec<Effect>, Refusal> {
        let records = self.resource.decide(self.now, &event)?;
        let mut effects = Vec::new();
        for record in &records {
            assert!(!Resource::durable(record), "{record:?}");
            self.resource.apply(record, &mut effects);
        }
        self.resource.check();
        Ok(effects)
    }

    pub(crate) fn render_says(&mut self, link: LinkId, message: RenderToResource) -> Vec<Effect> {
        self.hears(Event::RenderSpoke { link, message: Box::new(message) }).unwrap()
    }

    pub(crate) fn joins(&mut self, link: LinkId, name: &str, info: ResourceInfo) -> Vec<Effect> {
        let slots = vec![SlotState::Free; 2];
        self.render_says(link, hello(name, name, info, slots))
    }

    pub(crate) fn asks(&mut self, profile: &Profile) -> ResourceList {
        let message = ScheduleToResource::Ask { ask: 7, profile: profile.clone() };
        let mut effects = self.hears(Event::ScheduleSpoke { link: SCHEDULE, message }).unwrap();
        match effects.pop() {
            Some(Effect::ToSchedule { message: ResourceToSchedule::List { ask: 7, list }, .. }) => list,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn hosts(&mut self) -> Vec<HostView> {
        self.hosts_for(None).0
    }

    pub(crate) fn hosts_for(&mut self, profile: Option<&str>) -> (Vec<HostView>, Option<ResourceList>) {
        let profile = profile.map(|text| text.parse().unwrap());
        let message = ScheduleToResource::Hosts { ask: 8, profile };
        match self.hears(Event::ScheduleSpoke { link: SCHEDULE, message }).unwrap().remove(0) {
            Effect::ToSchedule { message: ResourceToSchedule::Hosts { ask: 8, hosts, list }, .. } => {
                (hosts, list.map(|list| *list))
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn names(&mut self) -> Vec<String> {
        self.hosts().into_iter().map(|host| host.name.0).collect()
    }

    /// Lets time pass, with every deadline met on its way.
    pub(crate) fn wait(&mut self, ms: u64) -> Vec<Effect> {
        let until = self.now.plus_ms(ms);
        let mut effects = Vec::new();
        while let Some(at) = self.resource.next_deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            effects.extend(self.hears(Event::DeadlinePassed).unwrap());
            assert!(self.resource.next_deadline() > Some(at) || self.resource.next_deadline().is_none());
        }
        self.now = until;
        effects
    }
}

pub(crate) fn hello(
    name: &str,
    instance: &str,
    info: ResourceInfo,
    slots: Vec<SlotState>,
) -> RenderToResource {
    let (host, instance) = (HostId::from(name), InstanceId::from(instance));
    RenderToResource::Hello { host, instance, info, slots, door: model::Door::Open }
}

pub(crate) fn welcome(link: LinkId) -> Effect {
    Effect::ToRender { link, message: ResourceToRender::Welcome }
}

pub(crate) fn changed() -> Effect {
    Effect::ToSchedule { link: SCHEDULE, message: ResourceToSchedule::Changed }
}

/// What schedule servers are told of kinds.
pub(crate) fn kinds(whole: bool, are: &[(&str, u32)], gone: &[&str]) -> Effect {
    let are = are.iter().map(|(host, kind)| (HostId::from(*host), KindId(*kind))).collect();
    let gone = gone.iter().map(|host| HostId::from(*host)).collect();
    Effect::ToSchedule { link: SCHEDULE, message: ResourceToSchedule::Kinds { whole, are, gone } }
}

/// A common host.
pub(crate) fn info() -> ResourceInfo {
    ResourceInfo {
        machine_family: "x86_64".into(),
        os_family: "linux".into(),
        os_type: "debian".into(),
        os_version: "12".into(),
        processors: 4,
        processor_mhz: 3_000,
        memory_bytes: 16 << 30,
        packages: vec![package("povray", "3.7.0.10")],
        tags: vec!["fast".into()],
        ..ResourceInfo::default()
    }
}

pub(crate) fn package(name: &str, version: &str) -> PackageInfo {
    PackageInfo { name: name.into(), version: version.into(), executable: format!("/usr/bin/{name}") }
}
