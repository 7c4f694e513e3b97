//! The guard and the doors behind it, spoken to over HTTP as strangers, people and members do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::access::Verb;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use model::{DeedView, JoinReply, JoinState, MadeJoinToken, MadeToken, MemberView, Rank, WhoView};
use proptest::prelude::*;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::DataFolder;
use tempfile::TempDir;
use tower::ServiceExt;
use trust::{Authority, MemberCertificate, NewKey, Secret, secret_hash};

use super::{AccessServer, Doors, Peer};
use crate::clock;

struct Farm {
    access: AccessServer,
    router: Router,
    owner: String,
    folder: TempDir,
}

/// What came back.
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Told {
    #[track_caller]
    fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    fn title(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        problem["title"].as_str().unwrap().to_owned()
    }
}

impl Farm {
    async fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap()).await
    }

    async fn within(folder: TempDir) -> Self {
        let data = DataFolder::open(&folder.path().join("data")).unwrap();
        let authority = folder.path().join("authority");
        let authority = Authority::open_or_make(&authority, "test", clock::now()).unwrap();
        let life = Duration::from_hours(1);
        let process = secret_hash("process");
        let access = AccessServer::start(
            &data,
            "test".to_owned(),
            (Arc::new(authority), life),
            process,
            Box::new(|_| ()),
        )
        .unwrap();
        let owner = Secret::new().unwrap().reveal().to_owned();
        access.set_owner_token(&owner).await.unwrap();
        let echo = || async { "behind the door" };
        let others = Doors::new()
            .get("/api/v1/farm", Verb::SeeFarm, echo)
            .post("/api/v1/jobs", Verb::Submit, echo)
            .get("/link/schedule", Verb::LinkSchedule, echo);
        let router = access.doors().and(others).guarded(&access.guard());
        Self { access, router, owner, folder }
    }

    async fn send(&self, request: Request<Body>) -> Told {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Told { status: parts.status, headers: parts.headers, body }
    }

    async fn call(&self, method: &str, path: &str, token: Option<&str>, body: &impl Serialize) -> Told {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-framefarm", "1")
            .extension(peer(None));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(serde_json::to_vec(body).unwrap())).unwrap()).await
    }

    async fn get(&self, path: &str, token: &str) -> Told {
        self.call("GET", path, Some(token), &Value::Null).await
    }

    /// A member that shows its certificate.
    async fn as_member(&self, method: &str, path: &str, member: &MemberCertificate, body: &Value) -> Told {
        let request = Request::builder().method(method).uri(path).extension(peer(Some(member.clone())));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn user(&self, name: &str, role: Rank) -> String {
        let user = json!({ "name": name, "role": role, "password": "correct horse" });
        assert_eq!(self.call("POST", "/api/v1/users", Some(&self.owner), &user).await.status, 201);
        let login = json!({ "user": name, "password": "correct horse" });
        let told: Value = self.call("POST", "/api/v1/login", None, &login).await.json();
        told["token"].as_str().unwrap().to_owned()
    }

    async fn deeds(&self) -> Vec<String> {
        let told: Vec<DeedView> = self.get("/api/v1/audit", &self.owner).await.json();
        let text = |deed: DeedView| format!("{}: {} {}: {}", deed.who, deed.verb, deed.object, deed.outcome);
        told.into_iter().map(text).collect()
    }

    /// Waits until the trail, which is written behind the answers, has a deed.
    async fn until_deed(&self, wanted: &str) {
        while !self.deeds().await.iter().any(|deed| deed == wanted) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn peer(member: Option<MemberCertificate>) -> Peer {
    let tls = member.is_some();
    Peer { address: "10.0.0.7:4000".parse().unwrap(), member, tls }
}

/// A server that asks to join, and its key.
fn join_request(name: &str) -> (NewKey, Value) {
    let key = NewKey::new().unwrap();
    let request = key.request(name).unwrap();
    (key, json!({ "name": name, "services": ["render"], "request": request }))
}

fn certificate(farm: &Farm, pem: &str) -> MemberCertificate {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    MemberCertificate::of_peer(&[der], farm.access.desk.authority.farm_id()).unwrap()
}

#[tokio::test]
async fn strangers_are_answered_alike_wherever_they_knock() {
    let farm = Farm::new().await;
    let doors = farm.access.doors().list();
    let mut paths: BTreeSet<String> = doors.iter().map(|(path, ..)| path.replace(['{', '}'], "")).collect();
    paths.extend(
        ["/", "/nothing", "/api/v1", "/api/v2/jobs", "/link/schedule", "/api/v1/farm"].map(String::from),
    );
    let wanted = farm.call("GET", "/nothing", None, &Value::Null).await;
    assert_eq!(
        (wanted.status, wanted.title().as_str()),
        (StatusCode::UNAUTHORIZED, "this needs a proof of who you are")
    );
    assert_eq!(wanted.headers[header::WWW_AUTHENTICATE], "Bearer");
    let open = |method: &Method, path: &str| {
        let is = |(at, with, verb): &(String, Method, Verb)| {
            let open = matches!(verb, Verb::Identify | Verb::Join | Verb::LogIn);
            open && with == method && at.replace(['{', '}'], "") == path
        };
        doors.iter().any(is)
    };
    let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW"];
    let mut closed = 0;
    for path in &paths {
        for method in methods {
            for token in [None, Some("rubbish"), Some("process2"), Some("0")] {
                let as_method: Method = method.parse().unwrap();
                let looked_at = if method == "HEAD" { Method::GET } else { as_method };
                if open(&looked_at, path) {
                    continue;
                }
                let told = farm.call(method, path, token, &json!({ "name": "x" })).await;
                assert_eq!(told.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                // Whoever asks for the head alone gets no body on the way out.
                assert!(method == "HEAD" || told.body == wanted.body, "{method} {path}");
                closed += 1;
            }
        }
    }
    assert!(closed > 900, "{closed}");
    let mut open: Vec<String> = doors
        .iter()
        .filter(|(_, _, verb)| matches!(verb, Verb::Identify | Verb::Join | Verb::LogIn))
        .map(|(path, method, _)| format!("{method} {path}"))
        .collect();
    open.sort();
    let wanted =
        ["GET /api/v1/identity", "GET /api/v1/join/{ticket}", "POST /api/v1/join", "POST /api/v1/login"];
    assert_eq!(open, wanted);
}

#[tokio::test]
async fn everybody_is_who_his_proof_says() {
    let farm = Farm::new().await;
    let who: WhoView = farm.get("/api/v1/whoami", &farm.owner).await.json();
    assert_eq!((who.name.as_str(), who.role, who.owner), ("owner", Some(Rank::Admin), true));
    let ada = farm.user("ada", Rank::Artist).await;
    let who: WhoView = farm.get("/api/v1/whoami", &ada).await.json();
    assert_eq!((who.name.as_str(), who.role, who.owner), ("ada", Some(Rank::Artist), false));
    assert_eq!(farm.get("/link/schedule", "process").await.status, StatusCode::OK, "this process");

    assert_eq!(farm.call("POST", "/api/v1/jobs", Some(&ada), &Value::Null).await.status, StatusCode::OK);
    let denied = farm.get("/api/v1/users", &ada).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert_eq!(denied.title(), "to see users needs the role admin; yours is artist");
    assert_eq!(farm.get("/link/schedule", &ada).await.status, StatusCode::FORBIDDEN);
    assert_eq!(farm.get("/nothing", &ada).await.status, StatusCode::NOT_FOUND, "who is known may be lost");

    assert_eq!(farm.call("POST", "/api/v1/logout", Some(&ada), &Value::Null).await.status, 204);
    assert_eq!(farm.get("/api/v1/whoami", &ada).await.status, StatusCode::UNAUTHORIZED);
    farm.until_deed("ada: submit : done").await;
    farm.until_deed("ada: log in user ada: done").await;
}

#[tokio::test]
async fn a_wrong_password_tells_nothing_and_costs_time() {
    let farm = Farm::new().await;
    farm.user("ada", Rank::Viewer).await;
    let login = |user: &str, password: &str| json!({ "user": user, "password": password });
    let wrong = farm.call("POST", "/api/v1/login", None, &login("ada", "wrong")).await;
    let unknown = farm.call("POST", "/api/v1/login", None, &login("nobody", "wrong")).await;
    assert_eq!((wrong.status, &wrong.body), (StatusCode::UNAUTHORIZED, &unknown.body));
    for _ in 0..2 {
        farm.call("POST", "/api/v1/login", None, &login("ada", "wrong")).await;
    }
    let right = farm.call("POST", "/api/v1/login", None, &login("ada", "correct horse")).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "even with the right one");
    let short = json!({ "name": "bob", "role": "viewer", "password": "1234567" });
    let told = farm.call("POST", "/api/v1/users", Some(&farm.owner), &short).await;
    assert_eq!(told.title(), "a password has at least 8 characters");
    farm.until_deed(": log in user ada: wrong password").await;
}

#[tokio::test]
async fn the_owner_link_makes_a_cookie_that_changes_things_from_the_own_page_alone() {
    let farm = Farm::new().await;
    let link = farm.access.owner_link("http://127.0.0.1:7117/").await.unwrap().unwrap();
    let secret = link.strip_prefix("http://127.0.0.1:7117/#owner=").unwrap();
    let body = json!({ "owner": secret, "cookie": true });
    let told = farm.call("POST", "/api/v1/login", None, &body).await;
    let cookie = told.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800"), "{cookie}");
    assert_eq!(told.json::<Value>()["token"], Value::Null, "no script sees it");
    assert_eq!(farm.call("POST", "/api/v1/login", None, &body).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(farm.access.owner_link("http://x").await.unwrap(), None, "the owner is in");

    let cookie = cookie.split(';').next().unwrap();
    let with = |method: &str, path: &str, origin: Option<&str>| {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
        request = request.header(header::HOST, "127.0.0.1:7117").extension(peer(None));
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin).header("x-framefarm", "1");
        }
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(farm.send(with("GET", "/api/v1/whoami", None)).await.status, StatusCode::OK);
    for origin in [None, Some("https://evil.example")] {
        assert_eq!(farm.send(with("POST", "/api/v1/jobs", origin)).await.status, StatusCode::UNAUTHORIZED);
    }
    let own = Some("http://127.0.0.1:7117");
    assert_eq!(farm.send(with("POST", "/api/v1/jobs", own)).await.status, StatusCode::OK);
    assert_eq!(farm.send(with("POST", "/api/v1/logout", own)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(farm.send(with("GET", "/api/v1/whoami", None)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_shown_once_and_can_make_nothing_stronger() {
    let farm = Farm::new().await;
    let ada = farm.user("ada", Rank::Operator).await;
    let new = json!({ "name": "look", "role": "viewer" });
    let made: MadeToken = farm.call("POST", "/api/v1/tokens", Some(&ada), &new).await.json();
    let weak = made.secret.0;
    let who: WhoView = farm.get("/api/v1/whoami", &weak).await.json();
    assert_eq!(who.role, Some(Rank::Viewer));
    let strong = json!({ "name": "x", "role": "operator" });
    assert_eq!(farm.call("POST", "/api/v1/tokens", Some(&weak), &strong).await.status, StatusCode::FORBIDDEN);
    let same: MadeToken =
        farm.call("POST", "/api/v1/tokens", Some(&weak), &json!({ "name": "x" })).await.json();
    assert_eq!(same.token.role, Rank::Viewer);
    let password = json!({ "password": "another horse", "present": "correct horse" });
    let set = farm.call("PUT", "/api/v1/users/ada/password", Some(&weak), &password).await;
    assert_eq!(set.status, StatusCode::FORBIDDEN, "nor a password to log in with");

    let bob = farm.user("bob", Rank::Artist).await;
    let revoke = |id: u64| format!("/api/v1/tokens/{id}");
    let told = farm.call("DELETE", &revoke(made.token.id), Some(&bob), &Value::Null).await;
    assert_eq!(told.status, StatusCode::FORBIDDEN, "not his");
    let of_ada = json!({ "name": "x", "of": "ada" });
    assert_eq!(farm.call("POST", "/api/v1/tokens", Some(&bob), &of_ada).await.status, StatusCode::FORBIDDEN);
    assert_eq!(farm.get("/api/v1/tokens?all=true", &bob).await.status, StatusCode::FORBIDDEN);
    let listed = farm.get("/api/v1/tokens?all=true", &farm.owner).await;
    assert!(!String::from_utf8_lossy(&listed.body).contains(&weak), "a secret is told once");
    let told = farm.call("DELETE", &revoke(made.token.id), Some(&ada), &Value::Null).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
    assert_eq!(farm.get("/api/v1/whoami", &weak).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_server_joins_by_approval_is_served_and_revoked() {
    let farm = Farm::new().await;
    let (key, request) = join_request("r1");
    let reply: JoinReply = farm.call("POST", "/api/v1/join", None, &request).await.json();
    let JoinState::Pending { code } = &reply.state else { panic!("{reply:?}") };
    let own = trust::short_code(farm.access.desk.authority.certificate(), &key.fingerprint());
    assert_eq!(*code, own, "both sides show the same");
    let again: JoinReply = farm.call("POST", "/api/v1/join", None, &request).await.json();
    assert_eq!(again.state, reply.state);
    let path = format!("/api/v1/members/{code}/approve");
    let member: MemberView = farm.call("POST", &path, Some(&farm.owner), &Value::Null).await.json();
    assert_eq!((member.name.as_str(), member.by.as_deref()), ("r1", Some("owner")));
    let ticket = format!("/api/v1/join/{}", again.ticket);
    let reply: JoinReply = farm.call("GET", &ticket, None, &Value::Null).await.json();
    let JoinState::Approved { certificate: pem } = reply.state else { panic!("{:?}", reply.state) };
    let first = certificate(&farm, &pem);

    let none = Value::Null;
    assert_eq!(farm.as_member("GET", "/link/schedule", &first, &none).await.status, StatusCode::OK);
    assert_eq!(farm.as_member("POST", "/api/v1/jobs", &first, &none).await.status, StatusCode::FORBIDDEN);
    let key = NewKey::new().unwrap();
    let renewal = json!({ "request": key.request("whatever it says").unwrap() });
    let told: Value = farm.as_member("POST", "/api/v1/renew", &first, &renewal).await.json();
    let second = certificate(&farm, told["certificate"].as_str().unwrap());
    assert_eq!((second.name.as_str(), second.key == first.key), ("r1", false));
    assert_eq!(farm.as_member("GET", "/link/schedule", &second, &none).await.status, StatusCode::OK);

    let told = farm.call("DELETE", "/api/v1/members/r1", Some(&farm.owner), &Value::Null).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
    for certificate in [&first, &second] {
        let told = farm.as_member("GET", "/link/schedule", certificate, &none).await;
        assert_eq!(told.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(farm.access.book().borrow().revoked().count(), 2);
    farm.until_deed("owner: approve member r1: done").await;
    farm.until_deed("owner: revoke member member r1: done").await;
}

#[tokio::test]
async fn a_join_token_an_admin_and_a_window_let_in_at_once() {
    let farm = Farm::new().await;
    let new = json!({ "services": ["render"], "uses": 1, "seconds": 60 });
    let told = farm.call("POST", "/api/v1/join-tokens", Some(&farm.owner), &new).await;
    let made: MadeJoinToken = told.json();
    let token: trust::JoinToken = made.text.0.parse().unwrap();
    assert_eq!(token.authority, farm.access.desk.authority.certificate().fingerprint());
    let with = |mut request: Value| {
        request["token"] = serde_json::to_value(&token.proof).unwrap();
        request
    };
    let reply: JoinReply = farm.call("POST", "/api/v1/join", None, &with(join_request("r1").1)).await.json();
    assert!(matches!(reply.state, JoinState::Approved { .. }));
    let used = farm.call("POST", "/api/v1/join", None, &with(join_request("r2").1)).await;
    assert_eq!(
        (used.status, used.title().as_str()),
        (StatusCode::UNAUTHORIZED, "the join token is not good")
    );

    let vouched = farm.call("POST", "/api/v1/join", Some(&farm.owner), &join_request("r3").1).await;
    assert!(matches!(vouched.json::<JoinReply>().state, JoinState::Approved { .. }));
    let ada = farm.user("ada", Rank::Operator).await;
    let asked = farm.call("POST", "/api/v1/join", Some(&ada), &join_request("r4").1).await;
    assert!(
        matches!(asked.json::<JoinReply>().state, JoinState::Pending { .. }),
        "an operator vouches for nobody"
    );

    let window = json!({ "subnet": "10.0.0.0/24", "services": ["render"], "seconds": 60 });
    assert_eq!(farm.call("POST", "/api/v1/windows", Some(&farm.owner), &window).await.status, 201);
    let reply: JoinReply = farm.call("POST", "/api/v1/join", None, &join_request("r5").1).await.json();
    assert!(matches!(reply.state, JoinState::Approved { .. }));
    farm.until_deed("member r5: join as r5: let in by window 1").await;
}

#[tokio::test]
async fn a_restart_knows_everybody_still() {
    let farm = Farm::new().await;
    let ada = farm.user("ada", Rank::Artist).await;
    farm.access.stop().await;
    let Farm { folder, router, access, .. } = farm;
    drop((router, access));
    let farm = Farm::within(folder).await;
    let who: WhoView = farm.get("/api/v1/whoami", &ada).await.json();
    assert_eq!(who.name, "ada");
}

/// Whatever is sent to the doors of strangers, it is refused and nothing breaks.
#[test]
fn rubbish_at_the_open_doors_is_refused() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let farm = runtime.block_on(Farm::new());
    let header = prop::collection::vec(any::<u8>(), 0..80);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) };
    proptest!(config, |(
        proof in header,
        ticket in "[ -~]{0,60}",
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        name in ".{0,70}",
        pem in ".{0,200}",
        services in prop::collection::vec(".{0,12}", 0..12),
    )| {
        let bearer = [b"Bearer ".as_slice(), &proof].concat();
        for value in [proof, bearer] {
            let Ok(value) = axum::http::HeaderValue::from_bytes(&value) else { continue };
            let request = Request::builder().uri("/api/v1/farm").header(header::AUTHORIZATION, value);
            let told = runtime.block_on(farm.send(request.body(Body::empty()).unwrap()));
            prop_assert_eq!(told.status, StatusCode::UNAUTHORIZED);
        }
        let escaped: String = ticket.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let told = runtime.block_on(farm.call("GET", &format!("/api/v1/join/{escaped}"), None, &Value::Null));
        prop_assert!(matches!(told.status.as_u16(), 401 | 404), "{}", told.status);
        for path in ["/api/v1/join", "/api/v1/login"] {
            let request = Request::builder().method("POST").uri(path).extension(peer(None));
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let told = runtime.block_on(farm.send(request.body(Body::from(bytes.clone())).unwrap()));
            prop_assert!(told.status.is_client_error(), "{path}: {}", told.status);
        }
        let body = json!({ "name": name, "services": services, "request": pem });
        let told = runtime.block_on(farm.call("POST", "/api/v1/join", None, &body));
        prop_assert!(told.status.is_client_error(), "{}", told.status);
    });
}
