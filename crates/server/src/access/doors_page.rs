//! Keeps the pages about who may do what true: every door in `docs/doors.md`, and the table of roles in
//! `docs/access.md`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::access::{Actor, Object, Verb, Who, allow};
use model::Rank;
use store::DataFolder;
use tokio::sync::watch;
use trust::{Authority, secret_hash};
use wire::{DiscoveryConfig, FarmView, ServerUrl, Service};

use super::{AccessServer, Doors};
use crate::clock;
use crate::control::Control;
use crate::openapi::who;
use crate::proof::Proofs;
use crate::resource_server::ResourceServer;
use crate::schedule_server::{ScheduleServer, WayToResource};
use crate::whereabouts::Whereabouts;
use crate::{Listen, Settings};

const HEAD: &str = "\
# The doors of a farm

Every route of its servers, and who may use it. What is not here and not below `/api` or `/link` is the web
page, the same for everybody; nothing else is served. A test keeps this page true;
`UPDATE=1 cargo test -p framefarm-server doors_page` writes it anew. What the roles mean is told in
[access.md](access.md).

| method | path | who may |
| --- | --- | --- |
";

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The doors of a process that does everything.
pub(crate) fn all_doors(folder: &Path) -> Doors {
    let data = DataFolder::open(&folder.join("data")).unwrap();
    let authority = Authority::open_or_make(&folder.join("authority"), "test", clock::now()).unwrap();
    let signer = (Arc::new(authority), Duration::from_hours(1));
    let cut = Box::new(|_: &str| ());
    let access = AccessServer::start(&data, "test".to_owned(), signer, secret_hash("x"), cut).unwrap();
    let resource = ResourceServer::start(watch::channel(std::collections::BTreeSet::new()).0).unwrap();
    let at = Whereabouts::At(somewhere());
    let way = WayToResource { at, proofs: Proofs::new().1, book: Some(access.book()) };
    let farm = FarmView {
        farm: "test".to_owned(),
        version: "0".to_owned(),
        storage: String::new(),
        storage_id: None,
        resource_linked: false,
        roles: Vec::new(),
        refused: std::collections::BTreeMap::new(),
    };
    let schedule = ScheduleServer::start(&data, &folder.join("results"), farm, way, None, None).unwrap();
    let control = Control::new(&settings(), None, Whereabouts::At(somewhere()), Proofs::new().1);
    let metrics = crate::metrics::Sources::new(folder.to_owned()).doors();
    access.doors().and(control.doors(true)).and(schedule.doors()).and(resource.doors()).and(metrics)
}

fn somewhere() -> ServerUrl {
    "http://127.0.0.1:1".parse().unwrap()
}

fn settings() -> Settings {
    Settings {
        services: vec![Service::Schedule, Service::Resource],
        data: PathBuf::new(),
        port: 0,
        listen: Listen::Here,
        certificate_life: Duration::from_hours(1),
        join: None,
        storage: None,
        discovery: DiscoveryConfig::loopback("test", 1),
        name: None,
        slots: None,
        threads: None,
        tags: Vec::new(),
        desk: None,
        render_user: None,
        scratch: None,
        cache: None,
        schedule_url: None,
        resource_url: None,
        packages: None,
        smtp: None,
        mail_from: None,
        metrics: None,
        page: None,
    }
}

#[tokio::test]
async fn the_page_lists_every_door() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = HEAD.to_owned();
    for (path, method, verb) in all_doors(folder.path()).list() {
        text.push_str(&format!("| {method} | `{path}` | {} |\n", who(verb)));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(page("doors.md"), &text).unwrap();
    }
    let found = std::fs::read_to_string(page("doors.md")).unwrap_or_default();
    assert!(found == text, "docs/doors.md is not true any more; it says itself how to write it anew");
}

#[test]
fn the_table_of_roles_is_true() {
    use Verb as V;
    // The verbs that each row of the table is about.
    let rows: [&[Verb]; 6] = [
        &[
            V::SeeJobs,
            V::ReadLogs,
            V::ReadResults,
            V::SeeHosts,
            V::SeeLimits,
            V::SeePaths,
            V::SeeFarm,
            V::SeeMetrics,
        ],
        &[V::Submit, V::SendContent, V::ReadContent],
        &[V::HoldJob, V::ReleaseJob, V::KillJob, V::RetryJob, V::SetPriority, V::OrderFrames],
        &[
            V::SetLimit,
            V::SetShare,
            V::SetPath,
            V::Forgive,
            V::OrderHost,
            V::WakeHost,
            V::SeeMembers,
            V::SeeTrail,
        ],
        &[
            V::SeeUsers,
            V::AddUser,
            V::ApproveMember,
            V::RevokeMember,
            V::MakeJoinToken,
            V::OpenWindow,
            V::OrderServer,
        ],
        &[V::SetPassword, V::SeeTokens, V::MakeToken, V::RevokeToken, V::SeeNotices, V::SetNotices],
    ];
    let text = std::fs::read_to_string(page("access.md")).unwrap();
    let table: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("| may |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(table.len(), rows.len());
    for (cells, verbs) in table.iter().zip(rows) {
        for (rank, cell) in Rank::ALL.into_iter().zip(&cells[1..]) {
            let actor = Actor::Person { name: "ada".to_owned(), rank, token: 1 };
            for verb in verbs {
                let may = |of| allow(&actor, *verb, Object::Of(of)).is_ok();
                let wanted = match *cell {
                    "" => (false, false),
                    "his own" => (true, false),
                    "yes" if matches!(verb.who(), Who::Own(..)) => (true, false),
                    "yes" | "all" => (true, true),
                    other => panic!("{other:?} in the table"),
                };
                assert_eq!((may("ada"), may("bob")), wanted, "{rank}: {verb}, row {:?}", cells[0]);
            }
        }
    }
}
