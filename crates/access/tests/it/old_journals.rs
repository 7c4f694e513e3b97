//! Journals of every version that was ever written: what they hold must stay readable and keep its meaning.
//! They are never changed. A new version of the records gets a journal of its own here.

use std::collections::BTreeSet;

use access::{Access, Actor, Asked, DeedFilter, Record};
use model::{Rank, Role, Time, Versioned};
use serde_json::Value;

use super::scene::digest;

/// By version.
const JOURNALS: [&str; 1] = [include_str!("journal.1.jsonl")];

fn records(version: usize) -> Vec<Record> {
    JOURNALS[version - 1].lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn replayed(version: usize) -> Access {
    let mut role = Access::default();
    for record in records(version) {
        role.apply(&record, &mut Vec::new());
        role.check();
    }
    role
}

#[test]
fn each_version_has_a_journal() {
    assert_eq!(JOURNALS.len(), usize::from(Record::VERSION));
}

/// Every kind of record is in one of them, under the name that it has now.
#[test]
fn records_and_their_fields_keep_their_names() {
    let mut kinds = BTreeSet::new();
    for (lines, version) in JOURNALS.into_iter().zip(1..) {
        for (line, record) in lines.lines().zip(records(version)) {
            let (old, new): (Value, _) =
                (serde_json::from_str(line).unwrap(), serde_json::to_value(&record).unwrap());
            assert_eq!(new, old, "version {version}");
            kinds.extend(old.as_object().unwrap().keys().cloned());
        }
    }
    assert_eq!(kinds.len(), 23, "a new record belongs into the journal of its version: {kinds:?}");
}

#[test]
fn the_first_is_read_as_it_was_meant() {
    let role = replayed(1);
    let now = Time(1_000);
    let book = role.book();
    let person = |name: &str, rank, token| Actor::Person { name: name.to_owned(), rank, token };
    let who = |secret| book.by_token(digest(secret), now).map(|(actor, _)| actor);
    assert_eq!(who(1), Some(Actor::Owner { token: 1 }));
    assert_eq!(who(3), Some(person("owner", Rank::Admin, 2)));
    assert_eq!(who(4), Some(person("ada", Rank::Viewer, 3)));
    assert_eq!(who(5), None, "a token that was revoked");
    assert!(role.owner_is_in());
    assert_eq!((role.password("ada"), role.password("bob")), (Some("$2"), None));
    assert!(book.by_certificate("r1", "aa", now).is_some());
    assert!(book.by_certificate("r3", "cc", now).is_none());
    assert_eq!(book.revoked().collect::<Vec<_>>(), ["cc"]);
    assert_eq!(role.join_tokens(now)[0].uses_left, 2);
    assert_eq!(role.windows(now).len(), 1);
    assert_eq!(role.asked(digest(22), now), Some(Asked::Denied { why: "denied by ada".to_owned() }));
    assert_eq!(role.hardware("r1").len(), 1);
    let deeds = role.deeds(&DeedFilter { most: 9, ..DeedFilter::default() });
    assert_eq!((deeds.len(), deeds[0].number, deeds[0].who.as_str()), (1, 1, "ada"));
}

#[test]
fn a_snapshot_holds_it_all() {
    for version in 1..=JOURNALS.len() {
        let role = replayed(version);
        let snapshot = serde_json::to_string(&role).unwrap();
        assert_eq!(serde_json::from_str::<Access>(&snapshot).unwrap(), role, "version {version}");
    }
}
