//! Who may do what: every verb for everybody, in one table.

use access::{Actor, Denied, OWNER, Object, Verb, allow};
use model::Rank;

use super::scene::services;

/// Those of the columns below, each with something of his own and with something that is not.
fn actors() -> Vec<(Actor, Object<'static>)> {
    let person = |rank| Actor::Person { name: "ada".to_owned(), rank, token: 1 };
    let member = |service| Actor::Member { name: "r1".to_owned(), services: services(&[service]) };
    let (own, other) = (Object::Of("ada"), Object::Of("bob"));
    vec![
        (Actor::Stranger, Object::Of("")),
        (person(Rank::Viewer), own),
        (person(Rank::Viewer), other),
        (person(Rank::Artist), own),
        (person(Rank::Artist), other),
        (person(Rank::Artist), Object::Farm),
        (person(Rank::Operator), other),
        (person(Rank::Admin), other),
        (Actor::Owner { token: 0 }, other),
        (member("render"), Object::Of("r1")),
        (member("render"), Object::Of("r2")),
        (member("render"), Object::Farm),
        (member("resource"), Object::Of("r1")),
        (member("schedule"), Object::Of("r1")),
    ]
}

/// `y` where it is allowed. The columns: stranger; viewer, own and other's; artist, own, other's and
/// nobody's; operator, admin and owner with other's; render server, own, other's and nobody's; resource
/// server; schedule server.
const TABLE: &[(Verb, &str)] = &[
    (Verb::Identify, "y yy yyy y y y yyy y y"),
    (Verb::Join, "y yy yyy y y y yyy y y"),
    (Verb::LogIn, "y yy yyy y y y yyy y y"),
    (Verb::ReadApi, ". yy yyy y y y yyy y y"),
    (Verb::WhoAmI, ". yy yyy y y y yyy y y"),
    (Verb::LogOut, ". yy yyy y y y yyy y y"),
    (Verb::SeeFarm, ". yy yyy y y y yyy y y"),
    (Verb::SeeMetrics, ". yy yyy y y y yyy y y"),
    (Verb::SeeJobs, ". yy yyy y y y ... . ."),
    (Verb::SeeDescription, ". yy yyy y y y yyy y y"),
    (Verb::ReadLogs, ". yy yyy y y y ... . ."),
    (Verb::ReadResults, ". yy yyy y y y ... . ."),
    (Verb::SeeHosts, ". yy yyy y y y ... . ."),
    (Verb::SeeLimits, ". yy yyy y y y ... . ."),
    (Verb::SeePaths, ". yy yyy y y y yyy y y"),
    (Verb::Submit, ". .. yyy y y y ... . ."),
    (Verb::SendContent, ". .. yyy y y y ... . ."),
    (Verb::ReadContent, ". .. yyy y y y yyy y y"),
    (Verb::HoldJob, ". .. y.. y y y ... . ."),
    (Verb::ReleaseJob, ". .. y.. y y y ... . ."),
    (Verb::KillJob, ". .. y.. y y y ... . ."),
    (Verb::RetryJob, ". .. y.. y y y ... . ."),
    (Verb::SetPriority, ". .. y.. y y y ... . ."),
    (Verb::OrderJobs, ". .. y.. y y y ... . ."),
    (Verb::OrderFrames, ". .. y.. y y y ... . ."),
    (Verb::SetLimit, ". .. ... y y y ... . ."),
    (Verb::SetShare, ". .. ... y y y ... . ."),
    (Verb::SetPath, ". .. ... y y y ... . ."),
    (Verb::Forgive, ". .. ... y y y ... . ."),
    (Verb::OrderHost, ". .. ... y y y ... . ."),
    (Verb::WakeHost, ". .. ... y y y ... . ."),
    (Verb::OrderServer, ". .. ... . y y ... . ."),
    (Verb::SeeMembers, ". .. ... y y y ... . ."),
    (Verb::ApproveMember, ". .. ... . y y ... . ."),
    (Verb::DenyMember, ". .. ... . y y ... . ."),
    (Verb::RevokeMember, ". .. ... . y y ... . ."),
    (Verb::SeeJoining, ". .. ... . y y ... . ."),
    (Verb::MakeJoinToken, ". .. ... . y y ... . ."),
    (Verb::RevokeJoinToken, ". .. ... . y y ... . ."),
    (Verb::OpenWindow, ". .. ... . y y ... . ."),
    (Verb::CloseWindow, ". .. ... . y y ... . ."),
    (Verb::SeeUsers, ". .. ... . y y ... . ."),
    (Verb::AddUser, ". .. ... . y y ... . ."),
    (Verb::ChangeUser, ". .. ... . y y ... . ."),
    (Verb::RemoveUser, ". .. ... . y y ... . ."),
    (Verb::SetPassword, ". y. y.. . y y ... . ."),
    (Verb::SeeNotices, ". y. y.. . y y ... . ."),
    (Verb::SetNotices, ". y. y.. . y y ... . ."),
    (Verb::SeeTokens, ". y. y.. . y y ... . ."),
    (Verb::MakeToken, ". y. y.. . y y ... . ."),
    (Verb::RevokeToken, ". y. y.. . y y ... . ."),
    (Verb::SeeTrail, ". .. ... y y y ... . ."),
    (Verb::LinkSchedule, ". .. ... . . y y.y . ."),
    (Verb::LinkResource, ". .. ... . . y y.y . ."),
    (Verb::LinkMatch, ". .. ... . . y ... . y"),
    (Verb::ReadInputs, ". .. ... . . y y.y . ."),
    (Verb::PutOutput, ". .. ... . . y y.y . ."),
    (Verb::PutLog, ". .. ... . . y y.y . ."),
    (Verb::Renew, ". .. ... . . y yyy y y"),
];

#[test]
fn everybody_may_do_what_the_table_says_and_nothing_else() {
    for (verb, wanted) in TABLE {
        let wanted: Vec<bool> = wanted.chars().filter(|c| *c != ' ').map(|c| c == 'y').collect();
        for ((actor, object), wanted) in actors().into_iter().zip(wanted) {
            let found = allow(&actor, *verb, object);
            assert_eq!(found.is_ok(), wanted, "{actor:?} {verb} {object:?}: {found:?}");
        }
    }
}

#[test]
fn the_table_has_every_verb_once() {
    let listed: Vec<Verb> = TABLE.iter().map(|(verb, _)| *verb).collect();
    assert_eq!(listed, Verb::ALL);
}

#[test]
fn a_higher_rank_may_do_all_that_a_lower_one_may() {
    for verb in Verb::ALL {
        for object in [Object::Farm, Object::Of("ada"), Object::Of("bob")] {
            let may = |rank| {
                let actor = Actor::Person { name: "ada".to_owned(), rank, token: 1 };
                allow(&actor, *verb, object).is_ok()
            };
            for pair in Rank::ALL.windows(2) {
                assert!(!may(pair[0]) || may(pair[1]), "{verb} {object:?}: {} but not {}", pair[0], pair[1]);
            }
        }
    }
}

#[test]
fn a_refusal_says_what_it_takes() {
    let artist = Actor::Person { name: "ada".to_owned(), rank: Rank::Artist, token: 1 };
    let texts = [
        (Verb::SetLimit, Object::Farm, "to set limits needs the role operator; yours is artist"),
        (Verb::KillJob, Object::Of("bob"), "to kill jobs of others needs the role operator; yours is artist"),
        (Verb::PutOutput, Object::Farm, "to hand over frames is for the servers of the farm"),
    ];
    for (verb, object, text) in texts {
        assert_eq!(allow(&artist, verb, object).unwrap_err().to_string(), text);
    }
    assert_eq!(allow(&Actor::Stranger, Verb::SeeJobs, Object::Farm), Err(Denied::Unproven));
}

#[test]
fn the_owner_acts_under_his_own_name() {
    let owner = Actor::Owner { token: 1 };
    assert_eq!(
        (owner.user(), owner.rank(), owner.trail_name().as_str()),
        (Some(OWNER), Some(Rank::Admin), OWNER)
    );
    let member = Actor::Member { name: "r1".to_owned(), services: services(&["render"]) };
    assert_eq!((member.user(), member.rank(), member.trail_name().as_str()), (None, None, "member r1"));
}
