//! Whatever happens in whatever order: the role holds together, nothing revoked or expired lets anybody in,
//! a join token lets in as many as it says, and a replay makes the same.

use std::collections::{BTreeMap, BTreeSet};

use access::{Access, Actor, Deed, Event, JoinAsk, Record, Refusal};
use model::{Rank, Role, Time};
use proptest::prelude::*;

use super::scene::{ask, digest, phc, services};

const NAMES: [&str; 5] = ["ada", "bob", "owner", "", "r1"];

fn name() -> impl Strategy<Value = String> {
    (0..NAMES.len()).prop_map(|i| NAMES[i].to_owned())
}

fn rank() -> impl Strategy<Value = Rank> {
    (0..4usize).prop_map(|i| Rank::ALL[i])
}

fn until() -> impl Strategy<Value = Time> {
    (0..2_000u64).prop_map(Time)
}

fn people() -> impl Strategy<Value = Event> {
    prop_oneof![
        any::<u8>().prop_map(|s| Event::OwnerTokenMade { secret: digest(s) }),
        (0..9u8, until()).prop_map(|(s, expires)| Event::OwnerLinkMade { secret: digest(s), expires }),
        (0..9u8, any::<u8>(), until()).prop_map(|(l, s, expires)| Event::OwnerLinkUsed {
            link: digest(l),
            secret: digest(s),
            expires
        }),
        (name(), rank()).prop_map(|(name, rank)| Event::AddUser { password: Some(phc(&name)), name, rank }),
        (name(), prop::option::of(rank()), prop::option::of(any::<bool>()))
            .prop_map(|(name, rank, disabled)| Event::ChangeUser { name, rank, disabled }),
        name().prop_map(|name| Event::SetPassword { password: phc(&name), name }),
        name().prop_map(|name| Event::RemoveUser { name }),
        (name(), any::<u8>(), until()).prop_map(|(name, s, expires)| Event::LogIn {
            password: phc(&name),
            name,
            secret: digest(s),
            expires
        }),
        (name(), prop::option::of(rank()), any::<u8>(), prop::option::of(until())).prop_map(
            |(of, rank, s, expires)| Event::MakeToken {
                of,
                name: "ci".to_owned(),
                rank,
                secret: digest(s),
                expires
            }
        ),
        (0..30u64).prop_map(|id| Event::RevokeToken { id }),
        (0..30u64).prop_map(|id| Event::TokenUsed { id }),
        Just(Event::Acted(Deed {
            who: "ada".to_owned(),
            verb: "hold".to_owned(),
            object: "job 1".to_owned(),
            from: String::new(),
            outcome: "done".to_owned()
        })),
    ]
}

fn machine() -> impl Strategy<Value = JoinAsk> {
    let token = prop::option::of((0..3u8, 0..3u8));
    (0..4u8, 0..4u8, any::<u8>(), any::<u8>(), token, any::<bool>()).prop_map(
        |(name, key, ticket, address, token, vouched)| JoinAsk {
            address: std::net::Ipv4Addr::new(10, 0, 0, address).into(),
            token: token.map(|(id, secret)| (format!("t{id}"), digest(secret))),
            voucher: vouched.then(|| "ada".to_owned()),
            ..ask(&format!("r{name}"), &format!("k{key}"), ticket)
        },
    )
}

fn members() -> impl Strategy<Value = Event> {
    let who =
        prop_oneof![(0..4u8).prop_map(|n| format!("r{n}")), (0..4u8).prop_map(|n| format!("CODE-k{n}"))];
    let by = || "ada".to_owned();
    prop_oneof![
        (0..3u8, 0..3u8, 0..4u32, until()).prop_map(move |(id, s, uses, expires)| Event::MakeJoinToken {
            id: format!("t{id}"),
            secret: digest(s),
            services: services(&["render"]),
            uses,
            expires,
            by: by(),
        }),
        (0..3u8).prop_map(|id| Event::RevokeJoinToken { id: format!("t{id}") }),
        (0..33u8, until()).prop_map(move |(prefix, until)| Event::OpenWindow {
            subnet: format!("10.0.0.0/{prefix}").parse().unwrap(),
            services: services(&["render"]),
            until,
            by: by(),
        }),
        (0..9u64).prop_map(|id| Event::CloseWindow { id }),
        machine().prop_map(|ask| Event::AskToJoin(Box::new(ask))),
        who.clone().prop_map(move |who| Event::Approve { who, by: by() }),
        who.prop_map(move |who| Event::Deny { who, by: by() }),
        (0..4u8, 0..4u8, any::<u8>(), until()).prop_map(|(n, k, s, expires)| Event::CertificateIssued {
            name: format!("r{n}"),
            key: format!("k{k}"),
            serial: format!("s{s}"),
            expires
        }),
        (0..4u8).prop_map(|n| Event::Revoke { name: format!("r{n}") }),
    ]
}

/// What the laws are checked against, kept by hand.
#[derive(Default)]
struct Books {
    /// Serial numbers that a revocation has ended, while nobody was given them again.
    out: BTreeSet<String>,
    /// How many each join token may still let in.
    left: BTreeMap<String, u32>,
}

impl Books {
    fn note(&mut self, role: &Access, event: &Event, result: &Result<Vec<Record>, Refusal>) {
        let Ok(records) = result else { return };
        if let Event::MakeJoinToken { id, uses, .. } = event {
            self.left.insert(id.clone(), *uses);
        }
        for record in records {
            match record {
                Record::MemberAdmitted { asker, by, .. } if role.member(&asker.name).is_none() => {
                    if let Some(id) = by.strip_prefix("token ") {
                        let left = self.left.get_mut(id).expect("a token that was made");
                        *left = left.checked_sub(1).expect("it has let in as many as it may");
                    }
                }
                Record::CertificateIssued { serial, .. } => drop(self.out.remove(serial)),
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_happens_the_laws_hold(
        events in prop::collection::vec((prop_oneof![people(), members()], 0..60u64), 1..120)
    ) {
        let (mut role, mut now, mut all) = (Access::default(), Time(1), Vec::new());
        let mut books = Books::default();
        // A serial number is given once in a real farm; here one that comes twice is another certificate.
        let mut issued: BTreeMap<String, (String, Time)> = BTreeMap::new();
        for (event, gone) in events {
            now = now.plus_ms(gone);
            if let Event::CertificateIssued { serial, .. } = &event && issued.contains_key(serial) {
                continue;
            }
            let result = role.decide(now, &event);
            books.note(&role, &event, &result);
            let mut records = result.unwrap_or_default();
            if role.next_deadline().is_some_and(|at| at <= now) {
                records.push(Record::TimePassed { at: now });
            }
            for record in &records {
                if let Record::CertificateIssued { name, serial, expires, .. } = record {
                    issued.insert(serial.clone(), (name.clone(), *expires));
                }
                if let Record::MemberRevoked { name, .. } = record {
                    books.out.extend(issued.iter().filter(|(_, (of, _))| of == name).map(|(s, _)| s.clone()));
                }
                role.apply(record, &mut Vec::new());
            }
            role.check();
            all.extend(records);

            let book = role.book();
            for (serial, (name, expires)) in &issued {
                let passes = book.by_certificate(name, serial, now).is_some();
                prop_assert!(!passes || (!books.out.contains(serial) && now < *expires), "{serial}");
                for other in 0..4 {
                    let other = format!("r{other}");
                    prop_assert!(other == *name || book.by_certificate(&other, serial, now).is_none());
                }
            }
            for secret in 0..=255u8 {
                let Some((actor, _)) = book.by_token(digest(secret), now) else { continue };
                prop_assert!(book.knows(&actor));
                if let Actor::Person { name, rank, .. } = actor && name != "owner" {
                    let user = role.user(&name, now).expect("a token is a user's");
                    prop_assert!(!user.disabled && rank <= user.role);
                }
            }
        }
        let mut again = Access::default();
        all.iter().for_each(|record| again.apply(record, &mut Vec::new()));
        prop_assert_eq!(&again, &role);
        let text = serde_json::to_string(&role).unwrap();
        prop_assert_eq!(serde_json::from_str::<Access>(&text).unwrap(), role);
    }

    /// A journal that was damaged in ways that still parse must not bring a farm down.
    #[test]
    fn records_in_any_order_break_nothing(
        events in prop::collection::vec(prop_oneof![people(), members()], 1..60),
        order in any::<prop::sample::Index>(),
    ) {
        let mut role = Access::default();
        let mut records = Vec::new();
        for event in &events {
            for record in role.decide(Time(1), event).unwrap_or_default() {
                role.apply(&record, &mut Vec::new());
                records.push(record);
            }
        }
        if !records.is_empty() {
            let at = order.index(records.len());
            records.rotate_left(at);
        }
        let mut other = Access::default();
        records.iter().for_each(|record| other.apply(record, &mut Vec::new()));
        drop((other.book(), other.members(), other.tokens(None, Time(5))));
    }
}
