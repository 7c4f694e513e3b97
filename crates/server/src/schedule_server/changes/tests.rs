//! Who follows, breaks off and comes back has in the end what is there, whatever changed meanwhile.

use std::collections::BTreeMap;

use model::{
    Door, FrameId, HostId, HostSlots, HostState, HostView, HostsNews, HostsSeen, JobId, ResourceInfo,
    SlotIndex, SlotState, SlotView, StepIndex, Time, Topic,
};
use proptest::prelude::*;

use super::{CHUNKS_MAX, Changes, News, Since, Wish};

fn topics(text: &str) -> Vec<Topic> {
    text.split(',').map(|topic| topic.parse().unwrap()).collect()
}

impl News {
    fn is_empty(&self) -> bool {
        *self == Self { seq: self.seq, ..Self::default() }
    }
}

fn chunk(job: u64, index: u32) -> FrameId {
    FrameId { job: JobId(job), step: StepIndex(0), index }
}

fn host(name: &str, version: u64) -> HostView {
    let slot = |index| SlotView { slot: SlotIndex(index), now: SlotState::Free };
    HostView {
        name: name.into(),
        state: HostState::Idle,
        slots_total: 2,
        slots_busy: 0,
        slots: vec![slot(0), slot(1)],
        info: ResourceInfo { memory_bytes: version, ..ResourceInfo::default() },
        heard_at: Time(0),
        door: Door::Open,
    }
}

fn whole(hosts: &[HostView]) -> HostsSeen {
    HostsSeen { whole: true, are: hosts.to_vec(), ..HostsSeen::default() }
}

#[test]
fn nothing_is_known_of_what_nobody_follows() {
    let mut changes = Changes::new("e".to_owned());
    changes.job_changed(JobId(1));
    changes.chunk_changed(chunk(1, 0));
    changes.hosts_seen(whole(&[host("a", 0)]));
    changes.put(&Topic::Farm, "{}");
    assert_eq!((changes.seq(), changes.wish()), (0, None));
}

#[test]
fn what_changes_often_is_told_once() {
    let mut changes = Changes::new("e".to_owned());
    let followed = topics("jobs,job:2,grid:1,farm");
    changes.come(&followed);
    assert_eq!(changes.wish(), Some(Wish { grids: [JobId(1)].into(), hosts: false }));
    assert_eq!(changes.wish(), None);
    for _ in 0..1_000 {
        changes.job_changed(JobId(2));
        changes.chunk_changed(chunk(1, 7));
        changes.put(&Topic::Farm, "1");
    }
    assert_eq!(changes.seq(), 3);
    let news = changes.news(&followed, Since::Seq(0));
    assert_eq!((news.jobs.as_slice(), news.single_jobs.as_slice()), (&[JobId(2)][..], &[JobId(2)][..]));
    assert_eq!(news.grids, [(JobId(1), vec![(StepIndex(0), 7)])]);
    assert_eq!(news.values, [(Topic::Farm, "1".into())]);
    let nothing = changes.news(&followed, Since::Seq(news.seq));
    assert!(nothing.is_empty(), "{nothing:?}");
    changes.job_changed(JobId(2));
    assert_eq!(changes.news(&followed, Since::Seq(news.seq)).jobs, [JobId(2)]);
}

#[test]
fn what_cannot_be_gone_on_from_is_fetched_anew() {
    let mut changes = Changes::new("e".to_owned());
    let followed = topics("jobs,grid:1,job:1");
    changes.come(&followed);
    let from_elsewhere = changes.news(&followed, Since::Seq(99));
    assert_eq!(from_elsewhere.reset, topics("jobs,grid:1"));
    assert_eq!(from_elsewhere.single_jobs, [JobId(1)]);
    // More chunks than are remembered.
    for index in 0..=u32::try_from(CHUNKS_MAX).unwrap() {
        changes.chunk_changed(chunk(1, index));
    }
    assert_eq!(changes.news(&followed, Since::Seq(0)).reset, topics("grid:1"));
    let at = changes.position();
    changes.grid_changed(JobId(1));
    assert_eq!(changes.news(&followed, Since::Seq(at)).reset, topics("grid:1"));
    // A topic that was not followed then.
    let at = changes.position();
    changes.come(&topics("grid:2"));
    changes.job_changed(JobId(5));
    changes.come(&topics("grid:3"));
    let news = changes.news(&topics("jobs,grid:2,grid:3"), Since::Seq(at));
    assert_eq!((news.jobs, news.reset), (vec![JobId(5)], topics("grid:3")));
}

#[test]
fn what_was_left_a_moment_ago_can_be_gone_on_from() {
    let mut changes = Changes::new("e".to_owned());
    let followed = topics("jobs,grid:1,hosts");
    changes.come(&followed);
    let _ = changes.wish();
    changes.hosts_seen(whole(&[host("a", 0)]));
    let at = changes.position();
    let end = changes.go(&followed);
    changes.job_changed(JobId(1));
    changes.chunk_changed(chunk(1, 0));
    assert_eq!(changes.wish(), None);
    changes.come(&followed);
    changes.forget(end);
    let news = changes.news(&followed, Since::Seq(at));
    assert_eq!((news.jobs, news.reset), (vec![JobId(1)], vec![]));
    let end = changes.go(&followed);
    changes.forget(end);
    assert_eq!(changes.wish(), Some(Wish::default()), "nobody came back");
    changes.job_changed(JobId(1));
    assert_eq!(changes.seq(), news.seq);
}

#[test]
fn hosts_whose_slots_change_are_told_of_in_short() {
    let mut changes = Changes::new("e".to_owned());
    let followed = topics("hosts,host:a,host:b");
    changes.come(&followed);
    changes.hosts_seen(HostsSeen { more: true, ..whole(&[host("a", 0)]) });
    assert!(!changes.has_hosts());
    changes.hosts_seen(HostsSeen { are: vec![host("b", 0)], ..HostsSeen::default() });
    assert!(changes.has_hosts());
    assert_eq!(changes.news(&followed, Since::Now).single_hosts, [host("a", 0), host("b", 0)]);
    let at = changes.position();
    let now = SlotState::Busy { frame: chunk(1, 0), since: Time(5) };
    let slots = vec![SlotView { slot: SlotIndex(1), now }];
    let told = HostSlots { host: "a".into(), state: HostState::Busy, heard_at: Time(5), slots };
    changes.hosts_seen(HostsSeen { slots: vec![told], gone: vec!["b".into()], ..HostsSeen::default() });
    let news = changes.news(&followed, Since::Seq(at));
    assert_eq!((news.hosts.rows[0].slots_busy, news.hosts.items.len()), (1, 0));
    assert_eq!(news.hosts.gone, [HostId::from("b")]);
    assert_eq!((news.single_hosts[0].slots_busy, news.reset), (1, topics("host:b")));
    // The link to the resource server breaks and stands again: only what is different is told.
    changes.hosts_unseen();
    let mut same = news.single_hosts[0].clone();
    same.heard_at = Time(9);
    changes.hosts_seen(whole(&[same, host("c", 0)]));
    let news = changes.news(&followed, Since::Seq(news.seq));
    let items: Vec<&str> = news.hosts.items.iter().map(|host| host.name.0.as_str()).collect();
    assert_eq!((items, news.hosts.gone, news.hosts.rows), (vec!["c"], vec![], vec![]));
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Happens {
    Job(u64),
    Chunk(u64, u32),
    Grid(u64),
    Host(u8),
    Slots(u8),
    HostGone(u8),
    Relinked,
    Farm(u8),
    /// A client hears what is new.
    Hears(usize),
    /// It starts again from something that it heard earlier, or from nothing.
    Breaks(usize, usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::*;
    prop_oneof![
        4 => (0..4_u64).prop_map(Job),
        4 => (0..3_u64, 0..5_u32).prop_map(|(job, index)| Chunk(job, index)),
        1 => (0..3_u64).prop_map(Grid),
        2 => (0..3_u8).prop_map(Host),
        2 => (0..3_u8).prop_map(Slots),
        1 => (0..3_u8).prop_map(HostGone),
        1 => Just(Relinked),
        1 => (0..3_u8).prop_map(Farm),
        6 => (0..2_usize).prop_map(Hears),
        1 => (0..2_usize, 0..6_usize).prop_map(|(who, back)| Breaks(who, back)),
    ]
}

/// All that there is, or that a client has.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    jobs: BTreeMap<JobId, u64>,
    chunks: BTreeMap<FrameId, u64>,
    hosts: BTreeMap<HostId, HostView>,
    farm: String,
}

/// A client, with what it had when it heard something.
struct Client {
    topics: Vec<Topic>,
    since: Since,
    state: State,
    earlier: Vec<(u64, State)>,
}

impl Client {
    fn hears(&mut self, changes: &mut Changes, there: &State) {
        let News { seq, jobs, single_jobs, grids, hosts, single_hosts, values, reset } =
            changes.news(&self.topics, self.since);
        assert!(single_jobs.is_empty() && single_hosts.is_empty());
        self.state.jobs.extend(jobs.iter().map(|job| (*job, there.jobs[job])));
        for (job, chunks) in grids {
            for (step, index) in chunks {
                let chunk = FrameId { job, step, index };
                self.state.chunks.insert(chunk, there.chunks[&chunk]);
            }
        }
        let HostsNews { items, rows, gone } = hosts;
        self.state.hosts.extend(items.into_iter().map(|host| (host.name.clone(), host)));
        for row in rows {
            // Of the slots a list shows how many are busy.
            self.state.hosts.get_mut(&row.name).unwrap().slots_busy = row.slots_busy;
        }
        gone.iter().for_each(|host| drop(self.state.hosts.remove(host)));
        for (_, value) in values {
            self.state.farm = value.to_string();
        }
        reset.iter().for_each(|topic| self.fetches(topic, there));
        if self.since == Since::Now {
            self.topics.clone().iter().for_each(|topic| self.fetches(topic, there));
        }
        self.since = Since::Seq(seq);
        self.earlier.push((seq, self.state.clone()));
    }

    fn fetches(&mut self, topic: &Topic, there: &State) {
        match topic {
            Topic::Jobs => self.state.jobs.clone_from(&there.jobs),
            Topic::Grid(job) => {
                self.state.chunks.retain(|chunk, _| chunk.job != *job);
                let all = there.chunks.iter().filter(|(chunk, _)| chunk.job == *job);
                self.state.chunks.extend(all.map(|(chunk, version)| (*chunk, *version)));
            }
            Topic::Hosts => self.state.hosts.clone_from(&there.hosts),
            _ => {}
        }
    }
}

struct World {
    changes: Changes,
    there: State,
    version: u64,
}

impl World {
    fn happens(&mut self, what: &Happens) {
        self.version += 1;
        let (there, changes, version) = (&mut self.there, &mut self.changes, self.version);
        let name = |host: u8| HostId(format!("h{host}"));
        match *what {
            Happens::Job(job) => {
                there.jobs.insert(JobId(job), version);
                changes.job_changed(JobId(job));
            }
            Happens::Chunk(job, index) => {
                there.chunks.insert(chunk(job, index), version);
                changes.chunk_changed(chunk(job, index));
            }
            Happens::Grid(job) => {
                there
                    .chunks
                    .iter_mut()
                    .filter(|(chunk, _)| chunk.job.0 == job)
                    .for_each(|(_, at)| *at = version);
                changes.grid_changed(JobId(job));
            }
            Happens::Host(at) => {
                let host = host(&name(at).0, version);
                there.hosts.insert(name(at), host.clone());
                changes.hosts_seen(HostsSeen { are: vec![host], ..HostsSeen::default() });
            }
            Happens::Slots(at) => {
                let Some(held) = there.hosts.get_mut(&name(at)) else { return };
                held.slots_busy = 1 - held.slots_busy;
                let frame = chunk(1, 0);
                let now = if held.slots_busy == 0 {
                    SlotState::Free
                } else {
                    SlotState::Busy { frame, since: Time(0) }
                };
                held.slots[0].now = now.clone();
                let slots = vec![SlotView { slot: SlotIndex(0), now }];
                let told = HostSlots { host: name(at), state: HostState::Idle, heard_at: Time(0), slots };
                changes.hosts_seen(HostsSeen { slots: vec![told], ..HostsSeen::default() });
            }
            Happens::HostGone(at) => {
                there.hosts.remove(&name(at));
                changes.hosts_seen(HostsSeen { gone: vec![name(at)], ..HostsSeen::default() });
            }
            Happens::Relinked => {
                changes.hosts_unseen();
                there.hosts.remove(&name(0));
                let hosts: Vec<HostView> = there.hosts.values().cloned().collect();
                changes.hosts_seen(whole(&hosts));
            }
            Happens::Farm(value) => {
                there.farm = value.to_string();
                changes.put(&Topic::Farm, &there.farm);
            }
            Happens::Hears(_) | Happens::Breaks(..) => {}
        }
    }
}

/// What a list shows of hosts: of slots how many are busy.
fn shown(mut state: State) -> State {
    state.hosts.values_mut().for_each(|host| host.slots.clear());
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_goes_on_from_anywhere_has_what_there_is(events in prop::collection::vec(happens(), 0..120)) {
        let followed = topics("jobs,grid:0,grid:1,grid:2,hosts,farm");
        let mut world = World { changes: Changes::new("e".to_owned()), there: State::default(), version: 0 };
        world.changes.come(&followed);
        world.changes.hosts_seen(whole(&[]));
        world.changes.put(&Topic::Farm, "");
        let client = || Client {
            topics: followed.clone(),
            since: Since::Now,
            state: State::default(),
            earlier: Vec::new(),
        };
        let mut clients = [client(), client()];
        clients.iter_mut().for_each(|client| client.hears(&mut world.changes, &world.there));
        for event in &events {
            world.happens(event);
            match *event {
                Happens::Hears(who) => clients[who].hears(&mut world.changes, &world.there),
                Happens::Breaks(who, back) => {
                    let client = &mut clients[who];
                    let at = client.earlier.len().checked_sub(back + 1);
                    let (since, state) = at.map_or((Since::Now, State::default()), |at| {
                        let (seq, state) = client.earlier[at].clone();
                        (Since::Seq(seq), state)
                    });
                    (client.since, client.state) = (since, state);
                }
                _ => {}
            }
        }
        for mut client in clients {
            client.hears(&mut world.changes, &world.there);
            prop_assert_eq!(shown(client.state.clone()), shown(world.there.clone()));
            let nothing = world.changes.news(&client.topics, client.since);
            prop_assert!(nothing.is_empty(), "told twice: {nothing:?}");
        }
    }
}
