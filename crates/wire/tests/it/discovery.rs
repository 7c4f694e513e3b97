//! Discovery over the real loopback network. Farm and port are drawn by chance, so that tests that run at
//! the same time do not hear each other.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wire::discovery::{
    Answer, DiscoveryConfig, DiscoveryError, NotFound, Patience, Responder, Service, find,
    listen_for_announcements, survey,
};

const LONG: Patience = Patience::AtMost(Duration::from_secs(20));
const SHORT: Patience = Patience::AtMost(Duration::from_millis(350));

fn somewhere() -> DiscoveryConfig {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    DiscoveryConfig::loopback(format!("farm-{:x}", getrandom::u64().unwrap()), port)
}

fn answer(instance: &str, services: &[Service], port: u16) -> Answer {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Answer {
        instance: instance.into(),
        services: services.to_vec(),
        urls: vec![wire::ServerUrl::at(address)],
    }
}

#[tokio::test]
async fn a_server_is_found_by_what_it_does() {
    let config = somewhere();
    let schedule = answer("s", &[Service::Schedule], 1);
    let both = answer("r", &[Service::Resource, Service::Render], 2);
    let _one = Responder::start(&config, schedule.clone()).unwrap();
    let _two = Responder::start(&config, both.clone()).unwrap();
    for (service, wanted) in
        [(Service::Schedule, schedule), (Service::Resource, both.clone()), (Service::Render, both)]
    {
        let found = find(&config, service, LONG).await.unwrap();
        assert_eq!(found.url, wanted.urls[0]);
        assert_eq!(found.answer, wanted);
        assert_eq!(found.others, []);
    }
}

#[tokio::test]
async fn nobody_is_found_where_nobody_is_and_the_text_says_what_to_do() {
    let config = somewhere();
    let error = find(&config, Service::Schedule, SHORT).await.unwrap_err();
    let (farm, target) = (&config.farm, config.targets[0]);
    let text = error.to_string();
    assert!(text.starts_with(&format!("no schedule server of the farm {farm:?} answered within ")), "{text}");
    assert!(text.ends_with(&format!(" times at {target})")), "{text}");
    assert!(error.hint().contains("--server") && error.hint().contains("FRAMEFARM_SERVER"));
    let NotFound::NoAnswer { asked, .. } = error else { panic!("{error:?}") };
    assert!(asked >= 1, "asked {asked} times");
}

#[tokio::test]
async fn farms_are_kept_apart_by_name() {
    let one = somewhere();
    let other = DiscoveryConfig { farm: format!("{}-b", one.farm), ..one.clone() };
    let _one = Responder::start(&one, answer("a", &[Service::Schedule], 1)).unwrap();
    assert!(find(&other, Service::Schedule, SHORT).await.is_err());
    let _other = Responder::start(&other, answer("b", &[Service::Schedule], 2)).unwrap();
    for (config, instance) in [(&one, "a"), (&other, "b")] {
        let found = find(config, Service::Schedule, LONG).await.unwrap();
        assert_eq!(found.answer.instance.0, instance);
        assert_eq!(found.others, []);
    }
}

#[tokio::test]
async fn of_several_the_same_is_taken_each_time_and_the_others_are_told() {
    let config = DiscoveryConfig { settle: Duration::from_millis(500), ..somewhere() };
    let answers = ["c", "a", "b"].map(|name| answer(name, &[Service::Resource], 1));
    let _responders = answers.clone().map(|answer| Responder::start(&config, answer).unwrap());
    for _ in 0..3 {
        let found = find(&config, Service::Resource, LONG).await.unwrap();
        let names = |answers: &[Answer]| answers.iter().map(|a| a.instance.0.clone()).collect::<Vec<_>>();
        assert_eq!(found.answer.instance.0, "a");
        assert_eq!(names(&found.others), ["b", "c"]);
    }
    let all = survey(&config, Service::Resource, Duration::from_millis(500)).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(survey(&config, Service::Schedule, Duration::from_millis(100)).await.unwrap(), []);
}

#[tokio::test]
async fn a_server_that_only_dials_is_seen_and_not_dialled() {
    let config = somewhere();
    let mute = Answer { urls: Vec::new(), ..answer("m", &[Service::Render], 1) };
    let _responder = Responder::start(&config, mute.clone()).unwrap();
    assert!(find(&config, Service::Render, SHORT).await.is_err());
    assert_eq!(survey(&config, Service::Render, Duration::from_millis(300)).await.unwrap(), [mute]);
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
    let schedule = answer("late", &[Service::Schedule], 1);
    let _responder = Responder::start(&config, schedule.clone()).unwrap();
    assert_eq!(announcements.next().await, schedule);
    assert_eq!(asker.await.unwrap().answer, schedule);
    // The announcement is made twice.
    assert_eq!(announcements.next().await, schedule);
}

#[tokio::test]
async fn a_responder_that_is_dropped_answers_no_more() {
    let config = somewhere();
    drop(Responder::start(&config, answer("gone", &[Service::Schedule], 1)).unwrap());
    assert!(find(&config, Service::Schedule, SHORT).await.is_err());
}

#[tokio::test]
async fn garbage_disturbs_nobody() {
    let config = somewhere();
    let _responder = Responder::start(&config, answer("s", &[Service::Schedule], 1)).unwrap();
    let mut announcements = listen_for_announcements(&config).unwrap();
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    noise.set_broadcast(true).unwrap();
    for bytes in [&b""[..], b"hello", &[0xff; 700], &[b' '; 9000], b"{\"framefarm\":2}"] {
        noise.send_to(bytes, config.targets[0]).unwrap();
    }
    assert!(find(&config, Service::Schedule, LONG).await.is_ok());
    assert_eq!(announcements.next().await.instance.0, "s");
}

#[tokio::test]
async fn what_cannot_work_is_said_at_once() {
    let config = somewhere();
    let long = DiscoveryConfig { farm: "x".repeat(1000), ..config.clone() };
    let one = answer("s", &[Service::Schedule], 1);
    assert!(matches!(Responder::start(&long, one.clone()), Err(DiscoveryError::TooLong { .. })));
    // The address of a documentation network is no address of this machine.
    let foreign = DiscoveryConfig { listen: "192.0.2.1:7118".parse().unwrap(), ..config };
    let error = Responder::start(&foreign, one).unwrap_err();
    assert!(matches!(error, DiscoveryError::Open { .. }), "{error}");
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
    let _responder = Responder::start(&config, answer(&name, &[Service::Render], 1)).unwrap();
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
            .env(CHILD_PORT, config.listen.port().to_string())
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
