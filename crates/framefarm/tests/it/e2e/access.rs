//! Who gets in: people, programs and strangers at the doors of real farms.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;

use super::farm::Farm;
use super::lines;

/// Every door of the farm: method, path, who may.
fn doors() -> Vec<(Method, String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doors.md");
    let rows = lines(&page).into_iter().filter(|line| line.starts_with("| ") && line.contains('`'));
    let doors: Vec<_> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].parse().unwrap(), cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
        })
        .collect();
    assert!(doors.len() > 50, "{}", doors.len());
    doors
}

/// A path with something that is there, or with something that is not.
fn filled(path: &str, there: bool) -> String {
    let named = |part: &str| match (part, there) {
        ("{job}", true) => "1".to_owned(),
        ("{number}", true) => "1".to_owned(),
        ("{host}" | "{member}", true) => "solo".to_owned(),
        ("{user}", true) => "ada".to_owned(),
        ("{token}", true) => "2".to_owned(),
        (part, _) if part.starts_with('{') => "4711".to_owned(),
        (part, _) => part.to_owned(),
    };
    path.split('/').map(named).collect::<Vec<_>>().join("/")
}

struct Scanner {
    runtime: tokio::runtime::Runtime,
    client: Client,
    url: String,
}

impl Scanner {
    fn new(url: &str) -> Self {
        let tls = trust::stranger_config().unwrap();
        let client = Client::builder().tls_backend_preconfigured((*tls).clone()).no_proxy();
        let client = client.timeout(Duration::from_secs(60)).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, client, url: url.to_owned() }
    }

    fn send(&self, method: &Method, path: &str, token: Option<&str>) -> (u16, String) {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url)).body("{}");
        request = request.header("content-type", "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    }

    /// Tries every door with every method and no good proof, where something is and where nothing is.
    fn finds_nothing(&self) {
        let doors = doors();
        let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
            .map(|name| name.parse::<Method>().unwrap());
        let open: BTreeSet<(String, String)> = doors
            .iter()
            .filter(|(_, _, who)| who == "everybody")
            .map(|(method, path, _)| (method.to_string(), path.clone()))
            .collect();
        assert_eq!(open.len(), 4, "{open:?}");
        let mut paths: BTreeSet<&str> = doors.iter().map(|(_, path, _)| path.as_str()).collect();
        paths.extend(["/", "/jobs/1", "/api", "/api/v1/nothing", "/link/nothing", "/api/v1/jobs/1/x"]);
        let (_, closed) = self.send(&Method::GET, "/api/nothing/at/all", None);
        for path in paths {
            for method in &methods {
                // Without a proof there is the page, which shows nothing without.
                let is_page = *method == Method::GET && ["/", "/jobs/1"].contains(&path);
                if is_page || open.contains(&(method.to_string(), path.to_owned())) {
                    continue;
                }
                for path in [filled(path, true), filled(path, false)] {
                    for token in [None, Some("rubbish")] {
                        let (status, body) = self.send(method, &path, token);
                        assert_eq!((status, &body), (401, &closed), "{method} {path}");
                    }
                }
            }
        }
        assert!(closed.contains("framefarm login"), "it says what to do: {closed}");
        let (status, identity) = self.send(&Method::GET, "/api/v1/identity", None);
        let identity: Value = serde_json::from_str(&identity).unwrap();
        let told: Vec<&str> = identity.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!((status, told), (200, vec!["authority", "farm", "farm_id", "version"]));
        for (method, path) in [(Method::GET, "/api/v1/join/4711"), (Method::POST, "/api/v1/join")] {
            let (status, _) = self.send(&method, path, None);
            assert!(matches!(status, 404 | 422), "{method} {path}: {status}");
        }
        assert_eq!(self.send(&Method::POST, "/api/v1/login", None).0, 422);
    }

    /// Tries every door with the token of a viewer: he looks, and changes nothing.
    fn only_looks(&self, token: &str) {
        for (method, path, who) in doors() {
            let may = who == "everybody" || who == "whoever is known" || who.starts_with("viewer");
            if may {
                continue;
            }
            let (status, _) = self.send(&method, &filled(&path, true), Some(token));
            assert_eq!(status, 403, "{method} {path}, {who}");
        }
        assert_eq!(self.send(&Method::GET, "/api/v1/jobs", Some(token)).0, 200);
        assert_eq!(self.send(&Method::POST, "/api/v1/jobs/1/kill", Some(token)).0, 403);
    }
}

#[test]
fn a_stranger_learns_nothing_and_a_viewer_changes_nothing() {
    let farm = Farm::up(1);
    farm.submit_script("film", "1", &[], "true");
    farm.until_done("1");
    let scanner = Scanner::new(farm.url("up"));
    scanner.finds_nothing();
    farm.run(&["user", "add", "vera", "--role", "viewer", "--no-password"]).ends_with(0);
    let token = farm.run(&["token", "create", "look", "--of", "vera", "--quiet"]).ends_with(0).stdout;
    scanner.only_looks(token.trim());
}

#[test]
fn a_stranger_learns_nothing_over_tls_either() {
    let mut farm = Farm::new();
    farm.start("up", &["up", "--port", "0", "--name", "solo", "--slots", "1", "--lan"]);
    let (_, port) = farm.url("up").rsplit_once(':').unwrap();
    // The name of this machine need not be known to it.
    let url = format!("https://127.0.0.1:{port}");
    farm.set("FRAMEFARM_SERVER", &url);
    farm.submit_script("film", "1", &[], "true");
    farm.until_done("1");
    Scanner::new(&url).finds_nothing();
}

#[test]
fn an_artist_changes_his_own_jobs_and_the_trail_tells_of_all() {
    let mut farm = Farm::up(1);
    farm.submit_script("owners", "1", &[], "true");
    farm.run(&["user", "add", "eve", "--role", "artist", "--no-password"]).ends_with(0);
    let token = farm.run(&["token", "create", "ci", "--of", "eve", "--quiet"]).ends_with(0).stdout;
    farm.set("FRAMEFARM_TOKEN", token.trim());
    let who: Value = farm.run(&["whoami", "--json"]).ends_with(0).json();
    assert_eq!((who["name"].as_str(), who["role"].as_str()), (Some("eve"), Some("artist")));
    farm.run(&["hold", "1"]).ends_with(1);
    let own = farm.submit_script("hers", "1", &["--user", "somebody"], "true");
    assert_eq!(farm.job(&own).user, "eve", "whatever the description says");
    farm.until_done(&own);
    farm.run(&["retry", &own]).ends_with(1);
    farm.run(&["limit", "houdini", "3"]).ends_with(1);
    farm.run(&["user", "list"]).ends_with(1);

    farm.set("FRAMEFARM_TOKEN", "");
    let deeds: Vec<Value> = farm.run(&["audit", "--by", "eve", "--json"]).ends_with(0).json();
    let text =
        |deed: &Value| format!("{} {}", deed["verb"].as_str().unwrap(), deed["object"].as_str().unwrap());
    let did: Vec<String> = deeds.iter().map(text).collect();
    assert!(did.contains(&"hold job 1".to_owned()) && did.contains(&format!("submit job {own}")), "{did:?}");
    let held = deeds.iter().find(|deed| text(deed) == "hold job 1").unwrap();
    assert!(held["outcome"].as_str().unwrap().contains("needs the role operator"), "{held}");
    farm.run(&["token", "revoke", "2"]).ends_with(0);
    farm.set("FRAMEFARM_TOKEN", token.trim());
    farm.run(&["jobs"]).ends_with(1).complains(&["framefarm login"]);
}
