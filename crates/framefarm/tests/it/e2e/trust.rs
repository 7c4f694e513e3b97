//! Who belongs to a farm: credential files on one machine, and joining over TLS, which needs no second
//! machine to be true: a server under another account knows nothing of the farm but its address.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use model::{MemberState, MemberView, NewJoinToken, NewWindow};
use trust::{Account, Accounts, AuthorityCertificate};
use wire::{Client, ClientError, Credential};

use super::farm::Farm;
use super::{lines, until, until_true};

const ROLES: [&str; 3] = ["serve", "schedule", "resource"];

/// A schedule and a resource server that other machines can reach.
fn farm_for_others(more: &[&str]) -> Farm {
    let mut farm = Farm::new();
    let storage = farm.storage().display().to_string();
    let first = ["--port", "0", "--lan", "--storage", &storage];
    farm.start("main", &[&ROLES[..], &first, more].concat());
    farm
}

/// What the account that runs the farm knows of it.
fn account(farm: &Farm) -> Account {
    let accounts = Accounts::within(&farm.path("config/framefarm/farms"));
    until("the owner has a credential file", || accounts.all().pop())
}

/// The farm as its owner sees it.
struct Owner {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Owner {
    fn of(farm: &Farm) -> Self {
        let account = account(farm);
        let url = account.url.as_deref().unwrap().parse().unwrap();
        let authority = AuthorityCertificate::read(&account.authority).unwrap();
        let tls = trust::client_config(&authority, "schedule", None).unwrap();
        let credential = Credential { tls: Some(tls), farm_id: None, bearer: account.token };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client: Client::new(url, &credential), runtime }
    }

    #[track_caller]
    fn ask<T>(&self, call: impl AsyncFnOnce(&Client) -> Result<T, ClientError>) -> T {
        self.runtime
            .block_on(call(&self.client))
            .unwrap_or_else(|error| panic!("{error}: {:?}", error.hint()))
    }

    fn members(&self) -> Vec<MemberView> {
        self.ask(Client::members)
    }

    fn member(&self, name: &str) -> Option<MemberView> {
        self.members().into_iter().find(|member| member.name == name)
    }

    fn token(&self, uses: u32, seconds: u64) -> String {
        let token = NewJoinToken { services: vec!["render".to_owned()], uses, seconds };
        self.ask(async |client: &Client| client.make_join_token(&token).await).text.0
    }
}

/// Starts a render server under an account that knows no farm.
fn start_elsewhere(farm: &mut Farm, host: &str, more: &[&str]) {
    elsewhere(farm, host, |farm| {
        farm.start(host, &[&["serve", "render", "--name", host, "--slots", "1"], more].concat());
    });
}

/// Does something under an account that knows no farm.
fn elsewhere(farm: &mut Farm, account: &str, work: impl FnOnce(&mut Farm)) {
    let config = farm.path("config").display().to_string();
    farm.set("XDG_CONFIG_HOME", &farm.path(&format!("account-{account}")).display().to_string());
    work(farm);
    farm.set("XDG_CONFIG_HOME", &config);
}

fn until_ended(farm: &mut Farm, server: &str) -> Option<i32> {
    until(&format!("{server} ends"), || farm.ended(server)).code()
}

#[track_caller]
fn until_logged(farm: &Farm, server: &str, text: &str) {
    until_true(&format!("the log of {server} says {text:?}"), || {
        lines(&farm.log(server)).iter().any(|line| line.contains(text))
    });
}

/// The word after `before` in what `server` says on standard output.
fn said(farm: &Farm, server: &str, before: &str) -> String {
    let out = farm.path(&format!("{server}.out"));
    until(&format!("{server} says {before:?}"), || {
        lines(&out).iter().find_map(|line| Some(line.split_once(before)?.1.trim_end_matches(')').to_owned()))
    })
}

fn render_one(farm: &Farm) {
    let id = farm.submit_script("proof", "1-2", &[], "echo done");
    farm.until_done(&id);
}

#[test]
fn the_account_of_a_farm_needs_no_word_and_a_stranger_gets_none() {
    let mut farm = Farm::up(1);
    farm.until_hosts(1);
    render_one(&farm);
    let file = PathBuf::from(account(&farm).farm_id).with_extension("toml");
    let mode = std::fs::metadata(farm.path("config/framefarm/farms").join(file)).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
    farm.set("XDG_CONFIG_HOME", &farm.path("nobody").display().to_string());
    let refused = farm.run(&["jobs"]);
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("framefarm login"), "{refused}");
}

#[test]
fn a_lost_credential_file_comes_back_with_the_next_start() {
    let mut farm = Farm::up(1);
    let before = account(&farm);
    std::fs::remove_dir_all(farm.path("config")).unwrap();
    assert_ne!(farm.run(&["jobs"]).code, Some(0));
    farm.terminate("up");
    farm.restart("up");
    farm.run(&["jobs"]).ends_with(0);
    let after = account(&farm);
    assert_eq!(after.farm_id, before.farm_id);
    assert_ne!(after.token, before.token, "the old one is worth nothing any more");
}

#[test]
fn a_host_joins_by_token_once() {
    let mut farm = farm_for_others(&[]);
    let owner = Owner::of(&farm);
    let token = owner.token(1, 600);
    start_elsewhere(&mut farm, "r1", &["--join", &token]);
    farm.until_hosts(1);
    render_one(&farm);
    assert_eq!(owner.member("r1").unwrap().state, MemberState::Member);
    // It goes on with what it was given, and needs no token again.
    farm.terminate("r1");
    farm.restart("r1");
    farm.until_hosts(1);
    render_one(&farm);

    start_elsewhere(&mut farm, "r2", &["--join", &token]);
    assert_eq!(until_ended(&mut farm, "r2"), Some(1));
    assert!(owner.member("r2").is_none(), "{:#?}", owner.members());
}

#[test]
fn a_token_that_has_expired_or_is_for_another_farm_lets_nobody_in() {
    let mut farm = farm_for_others(&[]);
    let owner = Owner::of(&farm);
    let token = owner.token(9, 1);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    start_elsewhere(&mut farm, "late", &["--join", &token]);
    assert_eq!(until_ended(&mut farm, "late"), Some(1));
    assert!(owner.members().is_empty(), "{:#?}", owner.members());

    let good = owner.token(9, 600);
    let other = format!("ff1.{}.{}", "0".repeat(64), good.splitn(3, '.').nth(2).unwrap());
    let server = farm.url("main").to_owned();
    start_elsewhere(&mut farm, "lost", &["--join", &other, "--server", &server]);
    assert_eq!(until_ended(&mut farm, "lost"), Some(1));
    let log = lines(&farm.log("lost")).join("\n");
    assert!(log.contains("the token's secret was not sent"), "{log}");
    assert!(owner.members().is_empty(), "{:#?}", owner.members());
    assert_eq!(owner.ask(Client::join_tokens)[0].uses_left, 9);
}

#[test]
fn a_host_waits_to_be_approved_and_both_sides_show_one_code() {
    let mut farm = farm_for_others(&[]);
    let owner = Owner::of(&farm);
    start_elsewhere(&mut farm, "r1", &[]);
    let code = said(&farm, "r1", "(code ");
    let asking = until("r1 asks", || owner.member("r1"));
    assert_eq!((asking.state, asking.code.as_deref()), (MemberState::Pending, Some(code.as_str())));
    // A new start changes nothing about it.
    farm.kill_9("r1");
    elsewhere(&mut farm, "r1", |farm| farm.restart("r1"));
    assert_eq!(said(&farm, "r1", "(code "), code);
    owner.ask(async |client: &Client| client.approve_member(&code).await);
    farm.until_hosts(1);
    render_one(&farm);

    start_elsewhere(&mut farm, "r2", &[]);
    said(&farm, "r2", "(code ");
    owner.ask(async |client: &Client| client.deny_member("r2").await);
    assert_eq!(until_ended(&mut farm, "r2"), Some(1));
}

#[test]
fn a_host_of_the_subnet_joins_while_the_window_is_open() {
    let mut farm = farm_for_others(&[]);
    let owner = Owner::of(&farm);
    let window = |subnet: &str| NewWindow {
        subnet: subnet.to_owned(),
        services: vec!["render".to_owned()],
        seconds: 600,
    };
    owner.ask(async |client: &Client| client.open_window(&window("203.0.113.0/24")).await);
    start_elsewhere(&mut farm, "r1", &[]);
    said(&farm, "r1", "(code ");
    for subnet in ["127.0.0.0/8", "0.0.0.0/0", "::/0"] {
        owner.ask(async |client: &Client| client.open_window(&window(subnet)).await);
    }
    start_elsewhere(&mut farm, "r2", &[]);
    farm.until_hosts(1);
    assert!(owner.member("r2").unwrap().by.unwrap().starts_with("window "), "{:#?}", owner.members());
}

#[test]
fn certificates_are_renewed_while_frames_are_rendered() {
    let mut farm = farm_for_others(&["--certificate-seconds", "24"]);
    let owner = Owner::of(&farm);
    start_elsewhere(&mut farm, "r1", &["--join", &owner.token(1, 600)]);
    farm.until_hosts(1);
    let first = owner.member("r1").unwrap().expires.unwrap();
    until_true("the certificate of r1 is another", || {
        owner.member("r1").unwrap().expires.unwrap() > first.plus_ms(8_000)
    });
    // A new connection with the new certificates of both sides.
    farm.kill_9("main");
    farm.restart("main");
    farm.until_hosts(1);
    render_one(&farm);
    until_logged(&farm, "main", "certificate of this server was renewed");
}

#[test]
fn who_is_revoked_is_cut_off_and_does_not_come_back() {
    let mut farm = farm_for_others(&[]);
    let owner = Owner::of(&farm);
    let token = owner.token(2, 600);
    for host in ["r1", "r2"] {
        start_elsewhere(&mut farm, host, &["--join", &token]);
    }
    farm.until_hosts(2);
    owner.ask(async |client: &Client| client.revoke_member("r1").await);
    farm.until_hosts(1);
    until_logged(&farm, "r1", "is a member of the farm no more");
    farm.terminate("r1");
    farm.restart("r1");
    until_true("r1 is refused", || {
        lines(&farm.log("r1")).iter().filter(|line| line.contains("refuses the link")).count() > 1
    });
    farm.until_hosts(1);
    render_one(&farm);
}

#[test]
fn a_farm_that_was_set_up_anew_is_not_taken_for_the_old_one() {
    let mut farm = farm_for_others(&[]);
    let owner = Owner::of(&farm);
    start_elsewhere(&mut farm, "r1", &["--join", &owner.token(1, 600)]);
    farm.until_hosts(1);
    farm.terminate("main");
    std::fs::remove_dir_all(farm.data("main")).unwrap();
    farm.restart("main");
    until_logged(&farm, "r1", "remove the folder `member`");
    let hosts = farm.run(&["hosts", "--quiet"]).ends_with(0).stdout;
    assert_eq!(hosts, "");
}

#[test]
fn plain_http_at_a_tls_port_is_answered_in_words() {
    let farm = farm_for_others(&[]);
    let port = farm.url("main").rsplit_once(':').unwrap().1.to_owned();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.write_all(b"GET /api/v1/identity HTTP/1.1\r\nhost: farm\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("this port speaks TLS"), "{answer}");
    let ran = farm.run(&["jobs", "--server", &format!("http://127.0.0.1:{port}")]);
    assert!(ran.code == Some(2) && ran.stderr.contains("https://"), "{ran}");
}

#[test]
fn a_thousand_connections_that_say_nothing_leave_the_farm_serving() {
    let farm = farm_for_others(&[]);
    let port = farm.url("main").rsplit_once(':').unwrap().1.to_owned();
    let silent: Vec<_> =
        (0..1000).map_while(|_| TcpStream::connect(format!("127.0.0.1:{port}")).ok()).collect();
    let mut slow: Vec<_> =
        (0..100).map_while(|_| TcpStream::connect(format!("127.0.0.1:{port}")).ok()).collect();
    for stream in &mut slow {
        // The beginning of a handshake that never goes on.
        let _ = stream.write_all(&[0x16, 0x03, 0x01, 0x02]);
    }
    assert!(silent.len() + slow.len() > 500, "this system allows {} connections", silent.len());
    farm.run(&["jobs"]).ends_with(0);
    farm.run(&["hosts"]).ends_with(0);
}
