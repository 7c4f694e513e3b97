//! Discovery over the real loopback network. Farm and port are drawn by chance, so that tests that run at
//! the same time do not hear each other.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wire::discovery::{
    Answer, DiscoveryConfig, DiscoveryError, NotFound, Offer, Patience, Responder, Service, find,
    listen_for_announcements, survey,
};

const LONG: Patience = Patience::AtMost(Duration::from_secs(20));
const SHORT: Patience = Patience::AtMost(Duration::from_millis(350));

fn somewhere() -> DiscoveryConfig {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    DiscoveryConfig::loopback(format!("farm-{:x}", getrandom::u64().unwrap()), port)
}

fn offer(config: &DiscoveryConfig, instance: &str, services: &[Service], port: u16) -> Offer {
    Offer {
        farm: config.farm.clone(),
        farm_id: None,
        authority: None,
        instance: instance.into(),
        services: services.to_vec(),
        version: "0.1.0".to_owned(),
        listening: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))],
        secure: false,
    }
}

/// What is answered where `offer` is made.
fn answer(offer: &Offer) -> Answer {
    Answer {
        instance: offer.instance.clone(),
        farm: offer.farm.clone(),
        farm_id: offer.farm_id.clone(),
        authority: offer.authority.clone(),
        services: offer.services.clone(),
        version: offer.version.clone(),
        urls: offer.listening.iter().map(|address| wire::ServerUrl::at(*address)).collect(),
    }
}

#[tokio::test]
async fn a_server_is_found_by_what_it_does() {
    let config = somewhere();
    let schedule = offer(&config, "s", &[Service::Schedule], 1);
    let both = offer(&config, "r", &[Service::Resource, Service::Render], 2);
    let _one = Responder::start(&config, schedule.clone()).unwrap();
    let _two = Responder::start(&config, both.clone()).unwrap();
    for (service, wanted) in
        [(Service::Schedule, schedule), (Service::Resource, both.clone()), (Service::Render, both)]
    {
        let found = find(&config, service, LONG).await.unwrap();
        assert_eq!(found.url, answer(&wanted).urls[0]);
        assert_eq!(found.answer, Some(answer(&wanted)));
        assert_eq!(found.others, []);
    }
}

#[tokio::test]
async fn nobody_is_found_where_nobody_is_and_the_text_says_what_to_do() {
    let config = somewhere();
    let error = find(&config, Service::Schedule, SHORT).await.unwrap_err();
    let text = error.to_string();
    let farm = &config.farm;
    assert!(text.starts_with(&format!("no schedule server of the farm {farm:?} was found in ")), "{text}");
    assert!(text.ends_with(&format!(" on lo (127.255.255.255), UDP port {}", config.port)), "{text}");
    assert!(error.hint().contains("--server") && error.hint().contains("FRAMEFARM_SERVER"));
    let NotFound::NoAnswer { tried, .. } = error else { panic!("{error:?}") };
    assert!(tried.asked >= 1, "{tried:?}");
}

#[tokio::test]
async fn farms_are_kept_apart_by_name() {
    let one = somewhere();
    let other = DiscoveryConfig { farm: format!("{}-b", one.farm), ..one.clone() };
    let _one = Responder::start(&one, offer(&one, "a", &[Service::Schedule], 1)).unwrap();
    assert!(find(&other, Service::Schedule, SHORT).await.is_err());
    let _other = Responder::start(&other, offer(&other, "b", &[Service::Schedule], 2)).unwrap();
    for (config, instance) in [(&one, "a"), (&other, "b")] {
        let found = find(config, Service::Schedule, LONG).await.unwrap();
        assert_eq!(found.answer.unwrap().instance.0, instance);
        assert_eq!(found.others, []);
    }
}

#[tokio::test]
async fn of_several_the_same_is_taken_each_time_and_the_others_are_told() {
    let config = DiscoveryConfig { settle: Duration::from_millis(500), ..somewhere() };
    let offers = ["c", "a", "b"].map(|name| offer(&config, name, &[Service::Resource], 1));
    let _responders = offers.map(|offer| Responder::start(&config, offer).unwrap());
    for _ in 0..3 {
        let found = find(&config, Service::Resource, LONG).await.unwrap();
        let names = |answers: &[Answer]| answers.iter().map(|a| a.instance.0.clone()).collect::<Vec<_>>();
        assert_eq!(found.answer.unwrap().instance.0, "a");
        assert_eq!(names(&found.others), ["b", "c"]);
    }
    let all = survey(&config, Service::Resource, Duration::from_millis(500)).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(survey(&config, Service::Schedule, Duration::from_millis(100)).await.unwrap(), []);
}

#[tokio::test]
async fn a_server_that_only_dials_is_seen_and_not_dialled() {
    let config = somewhere();
    let mute = Offer { listening: Vec::new(), ..offer(&config, "m", &[Service::Render], 1) };
    let _responder = Responder::start(&config, mute.clone()).unwrap();
    assert!(find(&config, Service::Render, SHORT).await.is_err());
    assert_eq!(survey(&config, Service::Render, Duration::from_millis(300)).await.unwrap(), [answer(&mute)]);
}

#[tokio::test]
async fn a_server_that_comes_late_is_found_and_announces_itself() {
    let config = somewhere();
    let mut announcements = listen_for_announcements(&config).unwrap();
    let asker = tokio::spawn({
        let config = config.clone();
        async move { find(&config, Service::Schedule, Patience::Endless).await.unwrap() }
    });
    assert!(find(&config, Service::Schedule, SHORT).await.is_err());
    let schedule = offer(&config, "late", &[Service::Schedule], 1);
    let _responder = Responder::start(&config, schedule.clone()).unwrap();
    assert_eq!(announcements.next().await, answer(&schedule));
    assert_eq!(asker.await.unwrap().answer, Some(answer(&schedule)));
    // The announcement is made twice.
    assert_eq!(announcements.next().await, answer(&schedule));
}

#[tokio::test]
async fn a_responder_that_is_dropped_answers_no_more() {
    let config = somewhere();
    drop(Responder::start(&config, offer(&config, "gone", &[Service::Schedule], 1)).unwrap());
    assert!(find(&config, Service::Schedule, SHORT).await.is_err());
}

#[tokio::test]
async fn garbage_disturbs_nobody() {
    let config = somewhere();
    let _responder = Responder::start(&config, offer(&config, "s", &[Service::Schedule], 1)).unwrap();
    let mut announcements = listen_for_announcements(&config).unwrap();
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    noise.set_broadcast(true).unwrap();
    for bytes in [&b""[..], b"hello", &[0xff; 700], &[b' '; 9000], b"{\"framefarm\":2}"] {
        noise.send_to(bytes, (Ipv4Addr::new(127, 255, 255, 255), config.port)).unwrap();
    }
    assert!(find(&config, Service::Schedule, LONG).await.is_ok());
    assert_eq!(announcements.next().await.instance.0, "s");
}

#[tokio::test]
async fn what_cannot_work_is_said_at_once() {
    let config = somewhere();
    let long = DiscoveryConfig { farm: "x".repeat(1000), ..config.clone() };
    let mut one = offer(&long, "s", &[Service::Schedule], 1);
    assert!(matches!(Responder::start(&long, one.clone()), Err(DiscoveryError::TooLong { .. })));
    let error = find(&long, Service::Schedule, SHORT).await.unwrap_err();
    assert!(matches!(error, NotFound::Discovery(DiscoveryError::TooLong { .. })), "{error}");
    // Another program has the port for itself alone.
    let _alone = UdpSocket::bind((Ipv4Addr::new(127, 255, 255, 255), config.port)).unwrap();
    one.farm.clone_from(&config.farm);
    let error = Responder::start(&config, one).unwrap_err();
    assert!(matches!(error, DiscoveryError::Open { .. }), "{error}");
}

#[tokio::test]
async fn two_farms_of_one_name_are_told_apart_by_their_ids() {
    let config = DiscoveryConfig { settle: Duration::from_millis(500), ..somewhere() };
    let of = |id: &str, port| {
        let farm_id = Some(id.to_owned());
        Offer { farm_id, ..offer(&config, &format!("i{port}"), &[Service::Schedule], port) }
    };
    let _one = Responder::start(&config, of("aa11", 1)).unwrap();
    let _two = Responder::start(&config, of("bb22", 2)).unwrap();
    let error = find(&config, Service::Schedule, LONG).await.unwrap_err();
    let NotFound::SeveralFarms { farms, .. } = &error else { panic!("{error}") };
    assert_eq!(farms.keys().collect::<Vec<_>>(), ["aa11", "bb22"]);
    for (id, port) in [("aa11", 1), ("bb22", 2)] {
        let named = DiscoveryConfig { farm: id.to_owned(), ..config.clone() };
        let known = DiscoveryConfig { known: [id.to_owned()].into(), ..config.clone() };
        for config in [named, known] {
            let found = find(&config, Service::Schedule, LONG).await.unwrap();
            assert_eq!(found.url.to_string(), format!("http://127.0.0.1:{port}"));
        }
    }
}

#[tokio::test]
async fn what_a_server_does_may_change_while_it_runs() {
    let config = somewhere();
    let responder = Responder::start(&config, offer(&config, "s", &[Service::Schedule], 1)).unwrap();
    assert!(find(&config, Service::Resource, SHORT).await.is_err());
    let mut announcements = listen_for_announcements(&config).unwrap();
    responder.change(|offer| offer.services.push(Service::Resource));
    while !announcements.next().await.services.contains(&Service::Resource) {}
    assert!(find(&config, Service::Resource, LONG).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_question_gets_no_answer_and_a_long_one_at_most_twice_its_length() {
    let config = somewhere();
    let _responder = Responder::start(&config, offer(&config, "s", &[Service::Schedule], 1)).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_broadcast(true).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let to = (Ipv4Addr::new(127, 255, 255, 255), config.port);
    let question = |nonce: u32, pad: usize| {
        let (farm, pad) = (&config.farm, " ".repeat(pad));
        let what = format!(r#""type":"question","farm":"{farm}","service":"schedule","nonce":{nonce}"#);
        format!(r#"{{"framefarm":2,{what},"pad":"{pad}"}}"#).into_bytes()
    };
    let mut bytes = [0; 2000];
    for (pad, is_worth_it) in [(400, true), (0, false)] {
        let question = question(1, pad);
        socket.send_to(&question, to).unwrap();
        let answered = socket.recv(&mut bytes).ok();
        assert!(answered.is_none_or(|bytes| bytes <= 2 * question.len()), "{answered:?} bytes");
        assert!(answered.is_some() || !is_worth_it);
    }
    // Who asks without end is not answered without end.
    for nonce in 10..310 {
        socket.send_to(&question(nonce, 400), to).unwrap();
    }
    let answers = std::iter::from_fn(|| socket.recv(&mut bytes).ok()).count();
    assert!((1..250).contains(&answers), "{answers} of 300 questions were answered");
}

const CHILD_PORT: &str = "WIRE_TEST_PORT";
const CHILD_FARM: &str = "WIRE_TEST_FARM";
const CHILD_NAME: &str = "WIRE_TEST_NAME";

/// Not a test: a render server in a process of its own, for the test below.
#[tokio::test]
#[ignore = "run by `every_process_of_a_machine_hears_every_question`"]
async fn a_process_that_answers() {
    let value = |name| std::env::var(name).ok();
    let (Some(farm), Some(port), Some(name)) = (value(CHILD_FARM), value(CHILD_PORT), value(CHILD_NAME))
    else {
        return;
    };
    let config = DiscoveryConfig::loopback(farm, port.parse().unwrap());
    let _responder = Responder::start(&config, offer(&config, &name, &[Service::Render], 1)).unwrap();
    std::future::pending::<()>().await;
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn every_process_of_a_machine_hears_every_question() {
    let config = somewhere();
    let names = ["p1", "p2", "p3", "p4"];
    let _processes = names.map(|name| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "discovery::a_process_that_answers", "--ignored"])
            .env(CHILD_FARM, &config.farm)
            .env(CHILD_PORT, config.port.to_string())
            .env(CHILD_NAME, name)
            .stdout(Stdio::null());
        Killed(command.spawn().unwrap())
    });
    for _ in 0..60 {
        let answers = survey(&config, Service::Render, Duration::from_millis(400)).await.unwrap();
        if answers.iter().map(|answer| answer.instance.0.as_str()).eq(names) {
            return;
        }
    }
    panic!("not every process answered");
}
