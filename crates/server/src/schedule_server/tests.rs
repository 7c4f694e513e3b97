//! Bad input against a real schedule server over in-memory streams: whatever comes, it is refused and
//! counted, and the server goes on. The role checks itself after every turn here.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use axum::serve;
use model::{
    AttemptNumber, FailureClass, FrameId, FrameSet, FrameSpan, HeldLease, HostId, InstanceId, JobDescription,
    JobId, LeaseId, Outcome, RenderToSchedule, Report, ScheduleToRender, SlotIndex, Step, StepIndex,
    SubmitRequest, Usage, Work,
};
use schedule::Event;
use serde_json::{Value, json};
use store::DataFolder;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use wire::link::{DialError, Limits, Receiver, Sender, dial_over};
use wire::{FarmView, Link, ServerUrl};

use super::{SCHEDULE_PATH, ScheduleServer, WayToResource};
use crate::proof::Proofs;
use crate::whereabouts::Whereabouts;

/// Hands out the far ends of in-memory streams.
struct Streams(mpsc::UnboundedReceiver<DuplexStream>);

impl serve::Listener for Streams {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

struct Scene {
    server: ScheduleServer,
    streams: mpsc::UnboundedSender<DuplexStream>,
    _folder: TempDir,
}

type Host = (Sender<Value>, Receiver<ScheduleToRender>);

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&folder.path().join("data")).unwrap();
        let farm = FarmView {
            farm: "test".to_owned(),
            version: "0".to_owned(),
            storage: String::new(),
            storage_id: None,
            resource_linked: false,
            roles: Vec::new(),
            refused: BTreeMap::new(),
        };
        // Nobody answers there, and nobody has to.
        let nobody = Whereabouts::At(somewhere());
        let storage = folder.path().join("results");
        let resource = WayToResource { at: nobody, proofs: Proofs::new().1, book: None };
        let server = ScheduleServer::start(&data, &storage, farm, resource, None, None).unwrap();
        let (streams, far_ends) = mpsc::unbounded_channel();
        let router = server.doors().open();
        tokio::spawn(async move { serve(Streams(far_ends), router).await });
        Self { server, streams, _folder: folder }
    }

    fn stream(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(16 << 10);
        self.streams.send(far).unwrap();
        near
    }

    /// A link over which anything can be said.
    async fn host(&self) -> Host {
        let link: Result<Link<Value, ScheduleToRender>, DialError> =
            dial_over(self.stream(), &somewhere(), SCHEDULE_PATH, Limits::FARM, &wire::Credential::default())
                .await;
        link.unwrap().split()
    }

    /// A link that has said hello and is welcome.
    async fn registered(&self, name: &str) -> Host {
        let (sender, mut receiver) = self.host().await;
        sender.send(&hello(name)).unwrap();
        assert_eq!(receiver.recv().await.unwrap(), ScheduleToRender::Welcome);
        (sender, receiver)
    }

    /// The WebSocket of a link, by hand: what is written to it then is up to the test.
    async fn raw(&self, protocol: &str) -> (DuplexStream, String) {
        let mut stream = self.stream();
        let request = format!(
            "GET {SCHEDULE_PATH} HTTP/1.1\r\nhost: farm\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: {protocol}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        (stream, String::from_utf8(answer).unwrap())
    }

    fn refused(&self) -> BTreeMap<String, u64> {
        self.server.desk.refusals.counts()
    }

    /// Waits until `kind` was refused `times`.
    async fn refused_at_last(&self, kind: &str, times: u64) {
        while self.refused().get(kind).is_none_or(|count| *count < times) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(self.refused().get(kind), Some(&times), "{kind}");
    }

    /// It still takes jobs and hosts.
    async fn goes_on(&self, key: &str) {
        let event = Event::Submit(Box::new(SubmitRequest { key: key.to_owned(), description: silent(3) }));
        self.server.desk.handle.ask(event, |_| ()).await.unwrap();
        self.registered(&format!("after {key}")).await;
    }
}

fn somewhere() -> ServerUrl {
    "http://127.0.0.1:9".parse().unwrap()
}

fn silent(frames: i64) -> JobDescription {
    let set: FrameSet = format!("1-{frames}").parse().unwrap();
    let command = vec!["/bin/true".to_owned()];
    let work = Work { package: "command".to_owned(), command, ..Work::default() };
    let step = Step::new("render", set, FrameSpan { first: 1, last: frames }, work);
    JobDescription::new("silent", "test", vec![step])
}

fn hello(name: &str) -> Value {
    value(&RenderToSchedule::Hello {
        host: HostId(name.to_owned()),
        instance: InstanceId(format!("instance of {name}")),
        slots: 2,
        held: Vec::new(),
        amounts: model::Amounts::default(),
        door: model::Door::Open,
    })
}

fn value(message: &RenderToSchedule) -> Value {
    serde_json::to_value(message).unwrap()
}

fn started(lease: u64) -> Value {
    value(&RenderToSchedule::Started { lease: LeaseId(lease) })
}

/// A masked frame of a WebSocket with the mask 0, so that its payload stands there as it is.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut bytes = vec![0x80 | opcode, 0x80 | 126];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_speaks_before_his_hello_is_refused_and_counted() {
    let scene = Scene::new();
    let (sender, mut receiver) = scene.host().await;
    for lease in 1..=5 {
        sender.send(&started(lease)).unwrap();
    }
    scene.refused_at_last("not_registered", 5).await;
    sender.send(&hello("late")).unwrap();
    assert_eq!(receiver.recv().await.unwrap(), ScheduleToRender::Welcome, "it can still say it");
    scene.goes_on("a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_leases_that_are_not_there_changes_nothing() {
    let scene = Scene::new();
    let (sender, mut receiver) = scene.registered("one").await;
    sender.send(&started(77)).unwrap();
    sender.send(&value(&RenderToSchedule::Refused { lease: LeaseId(77), why: "?".to_owned() })).unwrap();
    scene.refused_at_last("stale_lease", 2).await;
    sender.send(&value(&report(77, 1, Outcome::Done { outputs: Vec::new() }))).unwrap();
    // It is thanked, so that it forgets it.
    assert_eq!(receiver.recv().await.unwrap(), ScheduleToRender::Acknowledge { lease: LeaseId(77) });
    scene.refused_at_last("unknown_lease", 1).await;
    scene.goes_on("a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_nobody_knows_are_left_out_and_counted() {
    let scene = Scene::new();
    let (sender, mut receiver) = scene.registered("one").await;
    for odd in [json!({"sing": {}}), json!(7), json!({"alive": {"held": "all"}}), json!([]), json!({})] {
        sender.send(&odd).unwrap();
    }
    sender.send(&hello("one")).unwrap();
    assert_eq!(receiver.recv().await.unwrap(), ScheduleToRender::Welcome);
    scene.refused_at_last("unknown_message", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_ends_the_link_and_nothing_else() {
    let scene = Scene::new();
    let cases: [(&str, Vec<u8>); 6] = [
        ("garbled", frame(1, b"{\"alive\"")),
        ("garbled", frame(1, b"\xff\xfe")),
        ("garbled", frame(1, "[".repeat(5_000).as_bytes())),
        ("garbled", vec![0xff; 64]),
        // A text that claims to have 2^62 bytes.
        ("too_large", vec![0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        // A binary message is none of ours.
        ("unknown_message", frame(2, b"1234")),
    ];
    let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, bytes) in cases {
        let (mut stream, answer) = scene.raw(wire::link::PROTOCOL).await;
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        stream.write_all(&bytes).await.unwrap();
        *wanted.entry(kind).or_default() += 1;
        scene.refused_at_last(kind, wanted[kind]).await;
    }
    scene.goes_on("a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_is_refused_in_words_and_counted() {
    let scene = Scene::new();
    let (mut stream, answer) = scene.raw("framefarm.1").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let mut body = vec![0; 2000];
    let length = stream.read(&mut body).await.unwrap();
    let body = String::from_utf8_lossy(&body[..length]).into_owned();
    assert!(body.contains("framefarm.1 was offered") && body.contains("same version"), "{body}");
    scene.refused_at_last("unknown_version", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_reads_nothing_is_cut_off() {
    let scene = Scene::new();
    let (mut stream, _) = scene.raw(wire::link::PROTOCOL).await;
    stream.write_all(&frame(1, hello("deaf").to_string().as_bytes())).await.unwrap();
    // Each lease that it should not have is revoked, and that is never read.
    let held = (1_000_000..1_005_000).map(LeaseId).collect();
    let alive = frame(1, value(&RenderToSchedule::Alive { held }).to_string().as_bytes());
    while !scene.refused().contains_key("too_slow") {
        if stream.write_all(&alive).await.is_err() {
            break;
        }
    }
    scene.refused_at_last("too_slow", 1).await;
    scene.goes_on("a").await;
}

fn report(lease: u64, attempt: u32, outcome: Outcome) -> RenderToSchedule {
    let frame = FrameId { job: JobId(1), step: StepIndex(0), index: u32::try_from(lease % 7).unwrap() };
    let attempt = AttemptNumber(attempt);
    RenderToSchedule::Report(Report {
        lease: LeaseId(lease),
        frame,
        attempt,
        outcome,
        usage: Usage::default(),
        warnings: Vec::new(),
    })
}

/// Chance that a seed repeats.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn lease(&mut self) -> LeaseId {
        LeaseId(self.below(40))
    }

    fn message(&mut self) -> RenderToSchedule {
        let lease = self.lease();
        match self.below(8) {
            0 => RenderToSchedule::Hello {
                host: HostId(format!("host {}", self.below(3))),
                instance: InstanceId(format!("instance {}", self.below(4))),
                slots: u16::try_from(self.below(5)).unwrap(),
                amounts: model::Amounts::default(),
                door: model::Door::Open,
                held: (0..self.below(4))
                    .map(|_| HeldLease {
                        lease: self.lease(),
                        slot: SlotIndex(u16::try_from(self.below(9)).unwrap()),
                    })
                    .collect(),
            },
            1 => RenderToSchedule::Alive { held: (0..self.below(5)).map(|_| self.lease()).collect() },
            2 => RenderToSchedule::Refused { lease, why: "chance".to_owned() },
            3 => RenderToSchedule::Started { lease },
            4 => RenderToSchedule::Progress {
                lease,
                permille: u16::try_from(self.below(u64::from(u16::MAX))).unwrap(),
            },
            5 => report(lease.0, 1, Outcome::Done { outputs: Vec::new() }),
            6 => {
                let class = [
                    FailureClass::Frame,
                    FailureClass::HostLost,
                    FailureClass::GivenBack,
                    FailureClass::Licence,
                ][usize::try_from(self.below(4)).unwrap()];
                report(
                    lease.0,
                    u32::try_from(self.below(3)).unwrap(),
                    Outcome::Failed { class, message: String::new() },
                )
            }
            _ => RenderToSchedule::Bye,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn valid_messages_in_any_order_do_no_harm() {
    for seed in [1, 2, 3] {
        let (scene, mut chance) = (Scene::new(), Chance(seed));
        let mut links: Vec<Host> = Vec::new();
        for turn in 0..1_500 {
            if links.len() < 4 || chance.below(60) == 0 {
                links.push(scene.host().await);
            }
            let which = usize::try_from(chance.below(links.len() as u64)).unwrap();
            if links.len() > 6 {
                links.swap_remove(which);
                continue;
            }
            // A link that was closed takes no more.
            let _ = links[which].0.send(&value(&chance.message()));
            if turn % 100 == 0 {
                let job = SubmitRequest { key: turn.to_string(), description: silent(7) };
                scene.server.desk.handle.ask(Event::Submit(Box::new(job)), |_| ()).await.unwrap();
            }
        }
        drop(links);
        scene.goes_on("end").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_any_kind_do_no_harm() {
    let (scene, mut chance) = (Scene::new(), Chance(0x5eed));
    let whole = hello("fuzz").to_string();
    for _ in 0..150 {
        let (mut stream, _) = scene.raw(wire::link::PROTOCOL).await;
        let mut bytes: Vec<u8> = match chance.below(3) {
            0 => (0..chance.below(300)).map(|_| u8::try_from(chance.below(256)).unwrap()).collect(),
            _ => frame(1, whole.as_bytes()),
        };
        for _ in 0..chance.below(4) {
            if let Some(at) = chance.below(256).checked_rem(bytes.len() as u64) {
                bytes[usize::try_from(at).unwrap()] = u8::try_from(chance.below(256)).unwrap();
            }
        }
        // The other end may have closed it.
        let _ = stream.write_all(&bytes).await;
    }
    scene.goes_on("end").await;
}
