//! The owner's promises, kept with a role that counts.

use std::sync::{Arc, Mutex};

use model::{Role, Time};
use store::{LogError, WriteError};

use super::{AskError, Handle, Hands, Ledger, start};

#[derive(Clone, Default)]
struct Count(u64);

#[derive(Clone, Debug)]
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
    /// Since the end of the last turn.
    spoke: bool,
}

impl Hands<Count> for Mouth {
    fn perform(&mut self, effect: u64, _: &Count, _: &mut Vec<Event>) {
        self.story.lock().unwrap().push(format!("{} says {effect}", self.name));
        self.spoke = true;
    }

    fn performed(&mut self, _: &mut Vec<Event>) {
        if std::mem::take(&mut self.spoke) {
            self.story.lock().unwrap().push(format!("{} is done", self.name));
        }
    }

    fn refused(&mut self, event: &Event, _: &TooMuch) {
        self.story.lock().unwrap().push(format!("{} hears {event:?} refused", self.name));
    }
}

/// What the disk does.
#[derive(Clone, Copy, PartialEq)]
enum Disk {
    Well,
    Full,
    /// A sync fails.
    Broken,
}

/// A journal that notes what is made durable.
struct Notes {
    story: Story,
    disk: Arc<Mutex<Disk>>,
}

impl Ledger<Count> for Notes {
    fn commit(&mut self, records: &[u64]) -> Result<(), LogError> {
        let path = "/full".into();
        match *self.disk.lock().unwrap() {
            Disk::Well => self.story.lock().unwrap().push(format!("commits {records:?}")),
            Disk::Full => return Err(LogError::Write(WriteError::Full { path, source: "no room".into() })),
            Disk::Broken => return Err(LogError::Write(WriteError::Unsure { path, source: None })),
        }
        Ok(())
    }

    fn rest(&mut self, _: &Count) {}
}

struct Scene {
    handle: Handle<Count, Mouth>,
    story: Story,
    disk: Arc<Mutex<Disk>>,
}

impl Scene {
    fn new() -> Self {
        let (story, disk) = (Story::default(), Arc::new(Mutex::new(Disk::Well)));
        let ledger = Box::new(Notes { story: story.clone(), disk: disk.clone() });
        let spoken = story.clone();
        let mouth = |_| Mouth { story: spoken, name: "first", spoke: false };
        let handle = start("count", Count::default(), ledger, mouth).unwrap();
        Self { handle, story, disk }
    }

    fn disk_is(&self, disk: Disk) {
        *self.disk.lock().unwrap() = disk;
    }

    /// Keeps the owner busy until it is released.
    async fn is_busy(&self) -> std::sync::mpsc::Sender<()> {
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel();
        let busy = move |_: &Count, _: &mut Mouth| {
            begun.send(()).unwrap();
            released.recv().unwrap();
        };
        self.handle.look(busy).await;
        has_begun.await.unwrap();
        release
    }

    async fn adds(&self, number: u64) -> Result<u64, AskError<TooMuch>> {
        self.handle.ask(Event::Add(number), |role| role.0).await
    }

    async fn story(&self) -> Vec<String> {
        // A look comes after everything that was handed over before it, and a read then after its turn.
        let (sender, looked) = tokio::sync::oneshot::channel();
        self.handle.look(move |_, _| sender.send(()).unwrap()).await;
        looked.await.unwrap();
        self.handle.read(|_| ()).await.unwrap();
        std::mem::take(&mut *self.story.lock().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_spoken_before_it_is_durable() {
    let scene = Scene::new();
    assert_eq!(scene.story().await, ["first says 0", "first is done"]);
    assert_eq!(scene.adds(3).await.unwrap(), 3);
    scene.handle.tell(Event::Add(4)).await;
    let wanted =
        ["commits [3]", "first says 3", "first is done", "commits [4]", "first says 7", "first is done"];
    assert_eq!(scene.story().await, wanted);
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
    scene.disk_is(Disk::Full);
    let Err(AskError::Journal(why)) = scene.adds(5).await else { panic!("it cannot be accepted") };
    assert!(why.contains("/full: the disk or the quota is full"), "{why}");
    scene.disk_is(Disk::Well);
    assert_eq!(scene.adds(2).await.unwrap(), 2, "the five were never added");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_waits_for_the_disk_and_who_asks_meanwhile_is_refused() {
    let scene = Scene::new();
    scene.disk_is(Disk::Full);
    scene.handle.tell(Event::Add(1)).await;
    assert!(matches!(scene.adds(10).await, Err(AskError::Journal(_))));
    scene.disk_is(Disk::Well);
    let total = loop {
        match scene.handle.read(|role| role.0).await {
            Ok(total) => break total,
            Err(AskError::Journal(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(total, 1, "the report was kept, and the ten were refused for good");
    assert!(scene.story().await.contains(&"first says 1".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_together_is_committed_together_and_in_order() {
    let scene = Scene::new();
    scene.story().await;
    scene.handle.tell_many((1..=3).map(Event::Add).collect()).await;
    scene.handle.tell_many(Vec::new()).await;
    assert_eq!(
        scene.story().await,
        ["commits [1, 2, 3]", "first says 1", "first says 3", "first says 6", "first is done"]
    );
    scene.handle.tell_many(vec![Event::Add(0); super::lane::TOLD_MAX + 1]).await;
    let story = scene.story().await;
    assert_eq!(story.iter().filter(|line| line.ends_with("says 6")).count(), super::lane::TOLD_MAX + 1);
    let commits = story.iter().filter(|line| line.starts_with("commits")).count();
    assert!(commits <= super::lane::TOLD_MAX / super::BATCH_MAX + 1, "{commits} commits");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_wait_goes_with_what_cannot_and_before_it() {
    let scene = Scene::new();
    scene.story().await;
    let release = scene.is_busy().await;
    scene.handle.tell_soon(Event::Add(1)).await;
    scene.handle.tell(Event::Add(2)).await;
    release.send(()).unwrap();
    assert_eq!(
        scene.story().await.iter().filter(|line| line.starts_with("commits")).collect::<Vec<_>>(),
        ["commits [1, 2]"]
    );
    scene.handle.tell_soon(Event::Add(3)).await;
    while !scene.story.lock().unwrap().contains(&"commits [3]".to_owned()) {
        tokio::task::yield_now().await;
    }
    // More than may wait is not waited with.
    for _ in 0..=super::lane::TOLD_MAX {
        scene.handle.tell_soon(Event::Add(0)).await;
    }
    assert_eq!(scene.adds(4).await.unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_refused_is_told_to_the_hands() {
    let scene = Scene::new();
    scene.story().await;
    scene.handle.tell_many(vec![Event::Add(101), Event::Add(1)]).await;
    let story = scene.story().await;
    assert_eq!(story, ["first hears Add(101) refused", "commits [1]", "first says 1", "first is done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_an_owner_that_does_not_come_to_it_is_told_so_and_it_never_happens() {
    let scene = Scene::new();
    let release = scene.is_busy().await;
    let (late, read) = tokio::join!(scene.adds(10), scene.handle.read(|role| role.0));
    assert!(matches!(late, Err(AskError::Busy)), "{late:?}");
    assert!(matches!(read, Err(AskError::Busy)), "{read:?}");
    release.send(()).unwrap();
    assert_eq!(scene.adds(5).await.unwrap(), 5, "the ten were never added");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_does_not_wait_behind_a_flood() {
    let scene = Scene::new();
    let release = scene.is_busy().await;
    let flood = scene.handle.clone();
    let flood =
        tokio::spawn(async move { flood.tell_many(vec![Event::Add(1); 3 * super::lane::TOLD_MAX]).await });
    // The first poll hands the question over, and only then the owner goes on.
    let (total, ()) = tokio::join!(scene.adds(7), async { release.send(()).unwrap() });
    assert_eq!(total.unwrap(), 7, "it was added before the flood");
    flood.await.unwrap();
    assert_eq!(scene.handle.read(|role| role.0).await.unwrap(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_stopped_deals_with_what_came_before() {
    let scene = Scene::new();
    scene.handle.tell(Event::Add(1)).await;
    scene.handle.stop().await;
    scene.handle.ended().await;
    let story = std::mem::take(&mut *scene.story.lock().unwrap());
    let wanted = ["first says 0", "first is done", "commits [1]", "first says 1", "first is done"];
    assert_eq!(story, wanted);
    assert!(matches!(scene.adds(1).await, Err(AskError::Stopping)));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sync_nothing_is_accepted_or_spoken_any_more() {
    let scene = Scene::new();
    scene.adds(1).await.unwrap();
    scene.story().await;
    scene.disk_is(Disk::Broken);
    let Err(AskError::Journal(why)) = scene.adds(5).await else { panic!("it cannot be accepted") };
    assert!(why.contains("a write to /full failed half-way"), "{why}");
    scene.disk_is(Disk::Well);
    scene.handle.ended().await;
    assert!(scene.handle.trouble().is_some_and(|told| told == why), "whoever runs the owner is told why");
    assert!(scene.adds(1).await.is_err());
    assert_eq!(*scene.story.lock().unwrap(), [""; 0], "nothing more was written or said");
}
