//! The owner's promises, kept with a role that counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use model::{Role, Time};
use store::{LogError, WriteError};

use super::{AskError, Commit, Handle, Hands, start};

#[derive(Clone, Default)]
struct Count(u64);

#[derive(Debug)]
enum Event {
    Add(u64),
    Deadline,
}

#[derive(Debug, PartialEq)]
struct TooMuch;

impl Role for Count {
    type Event = Event;
    type Record = u64;
    type Effect = u64;
    type Refusal = TooMuch;

    fn decide(&self, _: Time, event: &Event) -> Result<Vec<u64>, TooMuch> {
        match event {
            Event::Add(number) if self.0 + number > 100 => Err(TooMuch),
            Event::Add(number) => Ok(vec![*number]),
            Event::Deadline => Ok(Vec::new()),
        }
    }

    fn apply(&mut self, record: &u64, effects: &mut Vec<u64>) {
        self.0 += record;
        effects.push(self.0);
    }

    fn durable(_: &u64) -> bool {
        true
    }

    fn resume(&self, _: Time, effects: &mut Vec<u64>) {
        effects.push(self.0);
    }

    fn next_deadline(&self) -> Option<Time> {
        None
    }

    fn deadline_event() -> Event {
        Event::Deadline
    }

    fn check(&self) {}
}

/// What was done with a journal and spoken, in order.
type Story = Arc<Mutex<Vec<String>>>;

struct Mouth {
    story: Story,
    name: &'static str,
}

impl Hands<Count> for Mouth {
    fn perform(&mut self, effect: u64, _: &Count, _: &mut Vec<Event>) {
        self.story.lock().unwrap().push(format!("{} says {effect}", self.name));
    }
}

struct Scene {
    handle: Handle<Count, Mouth>,
    story: Story,
    disk_full: Arc<AtomicBool>,
}

impl Scene {
    fn new() -> Self {
        let (story, disk_full) = (Story::default(), Arc::new(AtomicBool::new(false)));
        let (written, full) = (story.clone(), disk_full.clone());
        let commit: Commit<Count> = Box::new(move |records| {
            if full.load(Ordering::SeqCst) {
                let source = rusqlite::Error::InvalidQuery;
                return Err(LogError::Write(WriteError::Full { path: "/full".into(), source }));
            }
            written.lock().unwrap().push(format!("commits {records:?}"));
            Ok(())
        });
        let spoken = story.clone();
        let mouth = |_| Mouth { story: spoken, name: "first" };
        let handle = start("count", Count::default(), commit, mouth).unwrap();
        Self { handle, story, disk_full }
    }

    async fn adds(&self, number: u64) -> Result<u64, AskError<TooMuch>> {
        self.handle.ask(Event::Add(number), |role| role.0).await
    }

    async fn story(&self) -> Vec<String> {
        // A read comes after everything that was handed over before it.
        self.handle.read(|_| ()).await.unwrap();
        std::mem::take(&mut *self.story.lock().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_spoken_before_it_is_durable() {
    let scene = Scene::new();
    assert_eq!(scene.story().await, ["first says 0"]);
    assert_eq!(scene.adds(3).await.unwrap(), 3);
    scene.handle.tell(Event::Add(4)).await;
    assert_eq!(scene.story().await, ["commits [3]", "first says 3", "commits [4]", "first says 7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_over_together_keeps_its_order() {
    let scene = Scene::new();
    scene.story().await;
    let (events, look) = (scene.handle.clone(), scene.handle.clone());
    events.tell(Event::Add(1)).await;
    look.look(|_, mouth| mouth.name = "second").await;
    events.tell(Event::Add(2)).await;
    let spoken: Vec<_> = scene.story().await.into_iter().filter(|line| line.contains("says")).collect();
    assert_eq!(spoken, ["first says 1", "second says 3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_changes_nothing() {
    let scene = Scene::new();
    assert!(matches!(scene.adds(101).await, Err(AskError::Refused(TooMuch))));
    assert_eq!(scene.adds(100).await.unwrap(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_durable_is_refused_and_never_happens() {
    let scene = Scene::new();
    scene.disk_full.store(true, Ordering::SeqCst);
    let Err(AskError::Journal(why)) = scene.adds(5).await else { panic!("it cannot be accepted") };
    assert!(why.contains("/full: the disk or the quota is full"), "{why}");
    scene.disk_full.store(false, Ordering::SeqCst);
    assert_eq!(scene.adds(2).await.unwrap(), 2, "the five were never added");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_waits_for_the_disk_and_who_asks_meanwhile_is_refused() {
    let scene = Scene::new();
    scene.disk_full.store(true, Ordering::SeqCst);
    scene.handle.tell(Event::Add(1)).await;
    assert!(matches!(scene.adds(10).await, Err(AskError::Journal(_))));
    scene.disk_full.store(false, Ordering::SeqCst);
    let total = loop {
        match scene.handle.read(|role| role.0).await {
            Ok(total) => break total,
            Err(AskError::Journal(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(total, 1, "the report was kept, and the ten were refused for good");
    assert_eq!(scene.story().await.last().map(String::as_str), Some("first says 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_stopped_deals_with_what_came_before() {
    let scene = Scene::new();
    scene.handle.tell(Event::Add(1)).await;
    scene.handle.stop().await;
    scene.handle.ended().await;
    let story = std::mem::take(&mut *scene.story.lock().unwrap());
    assert_eq!(story, ["first says 0", "commits [1]", "first says 1"]);
    assert!(matches!(scene.adds(1).await, Err(AskError::Stopping)));
}
