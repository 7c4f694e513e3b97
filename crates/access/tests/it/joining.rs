//! How servers become members, and stop being members.

use access::{Actor, Asked, Effect, Event, JoinAsk, Refusal};
use model::{AddressInfo, MemberState, Role};

use super::scene::{Scene, ask, digest, services};

const HOUR: u64 = 60 * 60 * 1000;
const MONTH: u64 = 30 * 24 * HOUR;

fn asks(ask: JoinAsk) -> Event {
    Event::AskToJoin(Box::new(ask))
}

fn approve(who: &str) -> Event {
    Event::Approve { who: who.to_owned(), by: "ada".to_owned() }
}

fn join_token(scene: &mut Scene, id: &str, uses: u32, for_ms: u64) {
    let (services, by) = (services(&["render"]), "ada".to_owned());
    let (id, expires) = (id.to_owned(), scene.now.plus_ms(for_ms));
    scene.does(Event::MakeJoinToken { id, secret: digest(200), services, uses, expires, by });
}

fn with_token(name: &str, key: &str, ticket: u8) -> JoinAsk {
    JoinAsk { token: Some(("t1".to_owned(), digest(200))), ..ask(name, key, ticket) }
}

#[test]
fn a_person_approves_by_name_or_by_code() {
    let mut scene = Scene::new();
    scene.does(asks(ask("r1", "k1", 1)));
    scene.does(asks(ask("r2", "k2", 2)));
    assert_eq!(scene.role.asked(digest(1), scene.now), Some(Asked::Pending { code: "CODE-k1".to_owned() }));
    assert!(!scene.certified("r1", "s1"));
    assert!(scene.certify("r1", "k1", "s1", MONTH).is_err(), "nobody is certified who is not a member");
    scene.does(approve("r1"));
    scene.does(approve("code-k2"));
    for (ticket, name) in [(1, "r1"), (2, "r2")] {
        let Some(Asked::Admitted(asker)) = scene.role.asked(digest(ticket), scene.now) else { panic!() };
        assert_eq!(asker.name, name);
    }
    scene.certify("r1", "k1", "s1", MONTH).unwrap();
    let member = scene.role.book().by_certificate("r1", "s1", scene.now);
    assert_eq!(member, Some(Actor::Member { name: "r1".to_owned(), services: services(&["render"]) }));
    assert!(!scene.certified("r2", "s1"), "a certificate is good for its own name alone");
    assert_eq!(scene.tries(approve("r3")), Err(Refusal::NobodyAsks { who: "r3".to_owned() }));
}

#[test]
fn whom_a_person_denies_is_told_and_stays_denied_for_a_while() {
    let mut scene = Scene::new();
    scene.does(asks(ask("r1", "k1", 1)));
    scene.does(Event::Deny { who: "r1".to_owned(), by: "ada".to_owned() });
    let denied = Some(Asked::Denied { why: "denied by ada".to_owned() });
    assert_eq!(scene.role.asked(digest(1), scene.now), denied);
    scene.does(asks(ask("r1", "k1", 2)));
    assert_eq!(
        (scene.role.asked(digest(1), scene.now), scene.role.asked(digest(2), scene.now)),
        (None, denied)
    );
    scene.pass_ms(HOUR);
    scene.does(Event::DeadlinePassed);
    scene.does(asks(ask("r1", "k1", 3)));
    assert!(matches!(scene.role.asked(digest(3), scene.now), Some(Asked::Pending { .. })));
}

#[test]
fn who_asks_is_forgotten_after_an_hour_and_only_so_many_ask() {
    let mut scene = Scene::new();
    let from = |n: u8, address: &str| {
        let (name, key) = (format!("r{n}"), format!("k{n}"));
        JoinAsk { address: address.parse().unwrap(), ..ask(&name, &key, n) }
    };
    for n in 0..20 {
        scene.does(asks(from(n, "10.0.0.7")));
    }
    assert_eq!(scene.tries(asks(from(20, "::ffff:10.0.0.7"))), Err(Refusal::Crowded), "from one address");
    scene.does(asks(from(3, "10.0.0.7")));
    for n in 20..200 {
        scene.does(asks(from(n, &format!("10.0.1.{n}"))));
    }
    assert_eq!(scene.tries(asks(from(200, "10.0.2.1"))), Err(Refusal::Crowded), "from all");
    assert_eq!(scene.role.members().len(), 200);
    scene.pass_ms(HOUR);
    assert_eq!(scene.role.asked(digest(3), scene.now), None);
    scene.does(Event::DeadlinePassed);
    assert!(scene.role.members().is_empty());
    assert_eq!(scene.role.next_deadline(), None);
}

#[test]
fn a_join_token_is_good_for_so_many_and_so_long() {
    let mut scene = Scene::new();
    join_token(&mut scene, "t1", 2, HOUR);
    let wrong = JoinAsk { token: Some(("t1".to_owned(), digest(3))), ..ask("r9", "k9", 9) };
    assert_eq!(scene.tries(asks(wrong)), Err(Refusal::BadJoinToken));
    let for_more = JoinAsk { services: services(&["render", "resource"]), ..with_token("r9", "k9", 9) };
    let not_for = Refusal::NotForService { service: "resource".to_owned() };
    assert_eq!(scene.tries(asks(for_more)), Err(not_for));
    scene.does(asks(with_token("r1", "k1", 1)));
    assert_eq!(scene.role.join_tokens(scene.now)[0].uses_left, 1);
    scene.does(asks(with_token("r1", "k1", 2)));
    assert_eq!(scene.role.join_tokens(scene.now)[0].uses_left, 1, "a member that asks again uses nothing");
    scene.does(asks(with_token("r2", "k2", 3)));
    assert_eq!(scene.tries(asks(with_token("r3", "k3", 4))), Err(Refusal::BadJoinToken));
    assert_eq!(scene.role.member("r2").unwrap().by.as_deref(), Some("token t1"));

    join_token(&mut scene, "t1", 5, HOUR);
    scene.pass_ms(HOUR);
    assert_eq!(scene.tries(asks(with_token("r3", "k3", 4))), Err(Refusal::BadJoinToken), "too late");
    scene.does(Event::DeadlinePassed);
    join_token(&mut scene, "t1", 5, HOUR);
    scene.does(Event::RevokeJoinToken { id: "t1".to_owned() });
    assert_eq!(scene.tries(asks(with_token("r3", "k3", 4))), Err(Refusal::BadJoinToken), "revoked");
}

#[test]
fn a_window_lets_its_subnet_in_for_a_while() {
    let mut scene = Scene::new();
    let (services, by) = (services(&["render"]), "ada".to_owned());
    let until = scene.now.plus_ms(HOUR);
    let subnet = "10.0.0.0/24".parse().unwrap();
    scene.does(Event::OpenWindow { subnet, services, until, by });
    let from = |n: u8, address: &str| JoinAsk {
        address: address.parse().unwrap(),
        ..ask(&format!("r{n}"), &format!("k{n}"), n)
    };
    scene.does(asks(from(1, "10.0.0.99")));
    scene.does(asks(from(2, "10.0.1.1")));
    scene.pass_ms(HOUR);
    scene.does(asks(from(3, "10.0.0.99")));
    let states: Vec<_> = scene.role.members().into_iter().map(|member| (member.name, member.state)).collect();
    let (pending, member) = (MemberState::Pending, MemberState::Member);
    let wanted = [("r2", pending), ("r3", pending), ("r1", member)];
    assert_eq!(states, wanted.map(|(name, state)| (name.to_owned(), state)));
    assert_eq!(scene.role.member("r1").unwrap().by.as_deref(), Some("window 1"));
    assert!(scene.role.windows(scene.now).is_empty());
}

/// A host that is away keeps its name, whatever another machine shows.
#[test]
fn nobody_takes_the_name_of_a_member() {
    let mut scene = Scene::new();
    scene.does(asks(JoinAsk { voucher: Some("ada".to_owned()), ..ask("r1", "k1", 1) }));
    scene.certify("r1", "k1", "s1", MONTH).unwrap();
    let taken = Err(Refusal::NameTaken { name: "r1".to_owned() });
    join_token(&mut scene, "t1", 5, HOUR);
    assert_eq!(scene.tries(asks(with_token("r1", "other", 2))).map(drop), taken);
    let vouched = JoinAsk { voucher: Some("ada".to_owned()), ..ask("r1", "other", 2) };
    assert_eq!(scene.tries(asks(vouched)).map(drop), taken);
    scene.does(asks(ask("r1", "other", 2)));
    assert!(scene.role.members()[0].taken, "people see it");
    assert_eq!(scene.tries(approve("r1")).map(drop), taken);
    scene.does(Event::Revoke { name: "r1".to_owned() });
    scene.does(approve("r1"));
    assert!(!scene.certified("r1", "s1"), "the machine before is out");
}

#[test]
fn a_member_that_asks_again_with_its_key_is_one_still() {
    let mut scene = Scene::new();
    scene.does(asks(JoinAsk { voucher: Some("ada".to_owned()), ..ask("r1", "k1", 1) }));
    scene.certify("r1", "k2", "s1", MONTH).unwrap();
    // Its answer was lost: it has the old key and does not know of the new one.
    scene.does(asks(ask("r1", "k1", 2)));
    assert!(matches!(scene.role.asked(digest(2), scene.now), Some(Asked::Admitted(_))));
    let more = JoinAsk { services: services(&["render", "resource"]), ..ask("r1", "k1", 3) };
    scene.does(asks(more));
    assert!(
        matches!(scene.role.asked(digest(3), scene.now), Some(Asked::Pending { .. })),
        "to do more is asked for"
    );
    scene.does(approve("r1"));
    assert_eq!(scene.role.member("r1").unwrap().services, ["render", "resource"]);
}

#[test]
fn who_is_revoked_is_out_and_its_certificates_are_named_until_they_end() {
    let mut scene = Scene::new();
    scene.does(asks(JoinAsk { voucher: Some("ada".to_owned()), ..ask("r1", "k1", 1) }));
    scene.certify("r1", "k1", "s1", HOUR).unwrap();
    scene.certify("r1", "k2", "s2", 2 * HOUR).unwrap();
    assert!(scene.certified("r1", "s1") && scene.certified("r1", "s2"));
    let actor = scene.role.book().by_certificate("r1", "s1", scene.now).unwrap();
    let cut = |serial: &str| Effect::Cut { serial: serial.to_owned() };
    let effects = scene.does(Event::Revoke { name: "r1".to_owned() });
    assert_eq!(effects, [Effect::Publish, cut("s1"), cut("s2")]);
    assert!(!scene.certified("r1", "s1") && !scene.certified("r1", "s2"));
    assert!(!scene.role.book().knows(&actor));
    assert_eq!(scene.role.book().revoked().collect::<Vec<_>>(), ["s1", "s2"]);
    assert_eq!(scene.role.asked(digest(1), scene.now), None, "its ticket gets nothing more");
    scene.does(asks(ask("r1", "k2", 2)));
    assert!(matches!(scene.role.asked(digest(2), scene.now), Some(Asked::Pending { .. })));
    scene.pass_ms(HOUR);
    scene.does(Event::DeadlinePassed);
    assert_eq!(scene.role.book().revoked().collect::<Vec<_>>(), ["s2"]);
}

#[test]
fn certificates_end_and_there_are_only_so_many() {
    let mut scene = Scene::new();
    scene.does(asks(JoinAsk { voucher: Some("ada".to_owned()), ..ask("r1", "k1", 1) }));
    for n in 0..32 {
        scene.certify("r1", "k1", &format!("s{n}"), HOUR + n).unwrap();
    }
    assert!(matches!(scene.certify("r1", "k1", "s", HOUR), Err(Refusal::TooManyCertificates { .. })));
    scene.pass_ms(HOUR);
    assert!(!scene.certified("r1", "s0") && scene.certified("r1", "s1"));
    scene.certify("r1", "k1", "s", HOUR).unwrap();
}

#[test]
fn hosts_are_known_by_the_addresses_that_wake_them() {
    let mut scene = Scene::new();
    let address = |hardware: &str| AddressInfo {
        interface: "eth0".to_owned(),
        address: "10.0.0.7".to_owned(),
        hardware: hardware.to_owned(),
    };
    let seen = |addresses: Vec<AddressInfo>| Event::HardwareSeen { host: "r1".to_owned(), addresses };
    scene.does(seen(vec![address(""), address("52:54:00:12:34:56")]));
    assert_eq!(scene.role.hardware("r1"), [address("52:54:00:12:34:56")]);
    let before = scene.records.len();
    scene.does(seen(vec![address("52:54:00:12:34:56")]));
    scene.does(seen(vec![address("")]));
    assert_eq!(scene.records.len(), before, "what is known or tells nothing is not kept again");
}
