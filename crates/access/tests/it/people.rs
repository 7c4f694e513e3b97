//! Users, logins and tokens.

use access::{Actor, Event, Refusal};
use model::{Rank, Role, Time, TokenKind};

use super::scene::{Scene, digest, phc};

const DAY: u64 = 24 * 60 * 60 * 1000;

fn person(name: &str, rank: Rank, token: u64) -> Option<Actor> {
    Some(Actor::Person { name: name.to_owned(), rank, token })
}

fn api_token(of: &str, secret: u8, rank: Option<Rank>, expires: Option<Time>) -> Event {
    Event::MakeToken { of: of.to_owned(), name: "ci".to_owned(), rank, secret: digest(secret), expires }
}

#[test]
fn the_owner_has_one_token_and_the_last_one_counts() {
    let mut scene = Scene::new();
    scene.does(Event::OwnerTokenMade { secret: digest(1) });
    assert_eq!(scene.who(1), Some(Actor::Owner { token: 1 }));
    assert!(
        scene.does(Event::OwnerTokenMade { secret: digest(1) }).is_empty(),
        "the same again changes nothing"
    );
    scene.does(Event::OwnerTokenMade { secret: digest(2) });
    assert_eq!((scene.who(1), scene.who(2)), (None, Some(Actor::Owner { token: 2 })));
    assert_eq!(scene.tries(Event::RevokeToken { id: 2 }), Err(Refusal::NoToken { id: 2 }));
}

#[test]
fn the_owner_link_lets_in_once() {
    let mut scene = Scene::new();
    let until = scene.now.plus_ms(DAY);
    scene.does(Event::OwnerLinkMade { secret: digest(7), expires: until });
    let used =
        |link, secret| Event::OwnerLinkUsed { link: digest(link), secret: digest(secret), expires: until };
    assert_eq!(scene.tries(used(8, 9)), Err(Refusal::WrongLink), "another secret");
    scene.does(used(7, 9));
    assert_eq!(scene.who(9), person("owner", Rank::Admin, 1));
    assert_eq!(scene.tries(used(7, 10)), Err(Refusal::WrongLink), "a second time");
    assert!(scene.role.owner_is_in());

    scene.does(Event::OwnerLinkMade { secret: digest(11), expires: scene.now.plus_ms(5) });
    scene.pass_ms(5);
    assert_eq!(scene.tries(used(11, 12)), Err(Refusal::WrongLink), "too late");
}

#[test]
fn a_login_lasts_until_it_expires_or_the_password_changes() {
    let mut scene = Scene::new();
    scene.user("ada", Rank::Artist);
    scene.log_in("ada", 1, DAY).unwrap();
    assert_eq!(scene.who(1), person("ada", Rank::Artist, 1));
    scene.pass_ms(DAY);
    assert_eq!(scene.who(1), None, "expired");
    scene.does(Event::DeadlinePassed);
    assert!(scene.role.tokens(None, scene.now).is_empty());

    scene.log_in("ada", 2, DAY).unwrap();
    scene.does(api_token("ada", 3, None, None));
    scene.does(Event::SetPassword { name: "ada".to_owned(), password: "$new".to_owned() });
    assert_eq!(scene.who(2), None, "a login ends with the password it was made by");
    assert_eq!(scene.who(3), person("ada", Rank::Artist, 3), "a program goes on");
    assert_eq!(scene.log_in("ada", 4, DAY), Err(Refusal::WrongPassword), "compared with the old password");
    assert_eq!(scene.log_in("bob", 4, DAY), Err(Refusal::WrongPassword), "nobody learns who is a user");
}

#[test]
fn who_is_disabled_or_gone_is_let_in_by_nothing() {
    let mut scene = Scene::new();
    scene.user("ada", Rank::Operator);
    scene.log_in("ada", 1, DAY).unwrap();
    scene.does(api_token("ada", 2, None, None));
    let disabled =
        |disabled| Event::ChangeUser { name: "ada".to_owned(), rank: None, disabled: Some(disabled) };
    scene.does(disabled(true));
    assert_eq!((scene.who(1), scene.who(2), scene.role.password("ada")), (None, None, None));
    assert_eq!(scene.log_in("ada", 3, DAY), Err(Refusal::WrongPassword));
    assert_eq!(
        scene.tries(api_token("ada", 3, None, None)),
        Err(Refusal::Disabled { name: "ada".to_owned() })
    );
    scene.does(disabled(false));
    assert_eq!((scene.who(1), scene.who(2)), (None, person("ada", Rank::Operator, 2)));
    scene.does(Event::RemoveUser { name: "ada".to_owned() });
    assert_eq!(scene.who(2), None);
    scene.user("ada", Rank::Viewer);
    assert_eq!(scene.who(2), None, "another of the same name has none of his tokens");
}

#[test]
fn a_token_can_do_no_more_than_its_user_and_no_more_than_it_was_made_for() {
    let mut scene = Scene::new();
    scene.user("ada", Rank::Artist);
    let too_much = Refusal::TooMuch { name: "ada".to_owned(), has: Rank::Artist, wanted: Rank::Operator };
    assert_eq!(scene.tries(api_token("ada", 1, Some(Rank::Operator), None)), Err(too_much));
    scene.does(api_token("ada", 1, Some(Rank::Viewer), None));
    scene.does(api_token("ada", 2, None, None));
    let rank = |rank| Event::ChangeUser { name: "ada".to_owned(), rank: Some(rank), disabled: None };
    scene.does(rank(Rank::Admin));
    assert_eq!(scene.who(1), person("ada", Rank::Viewer, 1));
    assert_eq!(scene.who(2), person("ada", Rank::Admin, 2));
    scene.does(rank(Rank::Viewer));
    assert_eq!(scene.who(2), person("ada", Rank::Viewer, 2));
    scene.does(Event::RevokeToken { id: 1 });
    assert_eq!((scene.who(1), scene.role.book().owner_of_token(2)), (None, Some("ada")));
}

#[test]
fn there_are_only_so_many_logins_and_tokens_of_a_user() {
    let mut scene = Scene::new();
    scene.user("ada", Rank::Artist);
    for secret in 0..60 {
        scene.log_in("ada", secret, DAY).unwrap();
    }
    assert_eq!(scene.role.tokens(Some("ada"), scene.now).len(), 50);
    assert_eq!((scene.who(0), scene.who(59).is_some()), (None, true), "the oldest make room");
    for secret in 0..200 {
        scene.does(api_token("ada", secret, None, None));
    }
    assert!(matches!(scene.tries(api_token("ada", 201, None, None)), Err(Refusal::Full { most: 200, .. })));
}

#[test]
fn the_use_of_a_token_is_noted_once_an_hour() {
    let mut scene = Scene::new();
    scene.does(Event::OwnerTokenMade { secret: digest(1) });
    scene.user("ada", Rank::Artist);
    scene.does(api_token("ada", 2, None, None));
    for id in [1, 2, 9] {
        let effects = scene.does(Event::TokenUsed { id });
        assert_eq!(effects.len(), usize::from(id != 9), "token {id}");
        assert!(scene.does(Event::TokenUsed { id }).is_empty(), "token {id} again");
    }
    scene.pass_ms(60 * 60 * 1000);
    scene.does(Event::TokenUsed { id: 2 });
    let tokens = scene.role.tokens(None, scene.now);
    assert_eq!(tokens[0].kind, TokenKind::Owner);
    assert_eq!((tokens[1].kind, tokens[1].used), (TokenKind::Api, Some(scene.now)));
}

#[test]
fn names_of_users_are_sound_and_their_own() {
    let mut scene = Scene::new();
    scene.user("ada", Rank::Admin);
    let add = |name: &str| Event::AddUser { name: name.to_owned(), rank: Rank::Viewer, password: None };
    assert_eq!(scene.tries(add("ada")), Err(Refusal::UserThere { name: "ada".to_owned() }));
    assert_eq!(scene.tries(add("owner")), Err(Refusal::OwnersName));
    assert!(matches!(scene.tries(add("a b")), Err(Refusal::Name { .. })));
    scene.does(add("bob"));
    assert_eq!(scene.role.password("bob"), None, "who has no password cannot log in");
    assert_eq!(scene.role.password("ada"), Some(phc("ada").as_str()));
    assert_eq!(scene.role.next_deadline(), None);
}
