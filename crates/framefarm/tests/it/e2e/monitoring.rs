//! A real Prometheus that watches a farm: each query of the dashboard and of the alerts is one that it
//! understands, about figures that there are.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::farm::Farm;
use super::http::Http;
use super::ran::Ran;
use super::{until, until_true};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring").join(name).canonicalize().unwrap()
}

/// A port that is free now.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A farm whose resource server and render server give out their figures at ports of their own.
fn farm([resource, render]: [u16; 2]) -> Farm {
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    let at = |port: u16| format!("127.0.0.1:{port}");
    farm.start("resource", &["serve", "resource", "--port", "0", "--metrics", &at(resource)]);
    farm.start("r1", &["serve", "render", "--name", "r1", "--slots", "2", "--metrics", &at(render)]);
    farm.until_hosts(1);
    farm
}

/// The queries of the dashboard and of the alerts.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_slice(&std::fs::read(docs("grafana.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let queries: Vec<String> = targets.map(|target| text(&target["expr"])).collect();
    assert!(queries.len() > 20, "{queries:?}");
    queries
}

/// The names of figures in a query.
fn names(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("framefarm_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

#[test]
fn figures_are_for_those_who_may_look_and_tell_what_there_is() {
    let farm = farm([port(), port()]);
    let id = farm.submit_script("few", "1-3", &[], "echo {frame} > {output}");
    farm.until_done(&id);
    let http = Http::to(&farm, "schedule");
    let page = http.get("/metrics");
    assert!(page.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    let text = page.text();
    for line in
        ["framefarm_frames{state=\"done\"} 3.0", "framefarm_jobs{state=\"done\"} 1.0", "framefarm_slots 2.0"]
    {
        assert!(text.contains(line), "no {line} in {text}");
    }
    assert!(
        text.contains("framefarm_attempts_total{outcome=\"done\"}") && text.ends_with("# EOF\n"),
        "{text}"
    );
    assert!(text.contains("route=\"/api/v1/jobs\"") && !text.contains(&format!("/jobs/{id}")), "{text}");

    farm.run(&["user", "add", "vera", "--role", "viewer", "--no-password"]).ends_with(0);
    let viewer = farm.run(&["token", "create", "scrape", "--of", "vera", "--quiet"]).ends_with(0).stdout;
    let http = http.with_token(viewer.trim());
    assert_eq!(http.get("/metrics").status, 200);
    assert_eq!(http.with_token("rubbish").get("/metrics").status, 401);

    let open = farm.run(&["serve", "render", "--metrics", "0.0.0.0:0", "--data", "elsewhere"]).ends_with(2);
    assert!(open.stderr.contains("FRAMEFARM_METRICS_TOKEN"), "{open}");
}

struct Prometheus {
    child: Child,
    url: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn start(folder: &Path, config: &str) -> Self {
        std::fs::write(folder.join("prometheus.yml"), config).unwrap();
        let at = format!("127.0.0.1:{}", port());
        let log = std::fs::File::create(folder.join("prometheus.log")).unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("series").display()));
        command.arg(format!("--web.listen-address={at}"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, url: format!("http://{at}") }
    }

    fn ask(&self, path: &str, query: &str) -> Option<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tls = trust::stranger_config().unwrap();
        let client = reqwest::Client::builder().tls_backend_preconfigured((*tls).clone()).no_proxy();
        let client = client.build().unwrap();
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.url)).unwrap();
        url.query_pairs_mut().append_pair("query", query);
        runtime.block_on(async {
            let answer = client.get(url).send().await.ok()?;
            serde_json::from_slice(&answer.bytes().await.ok()?).ok()
        })
    }

    /// How many series a query finds.
    #[track_caller]
    fn found(&self, query: &str) -> usize {
        let answer = self.ask("/api/v1/query", query).unwrap_or_default();
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().unwrap().len()
    }
}

#[test]
fn a_real_prometheus_understands_every_query_and_finds_what_they_are_about() {
    if Command::new("prometheus").arg("--version").output().is_err() {
        println!("skipped: there is no prometheus on this host");
        return;
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "rules"]).arg(docs("alerts.yml"));
    Ran::of(promtool).ends_with(0);

    let ports = [port(), port()];
    let farm = farm(ports);
    let token = farm.run(&["token", "create", "scrape", "--quiet"]).ends_with(0).stdout;
    let folder = tempfile::tempdir().unwrap();
    let target = farm.url("schedule").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [{}]\n\
         scrape_configs:\n- job_name: framefarm\n  authorization: {{credentials: {}}}\n  \
         static_configs: [{{targets: [\"{target}\"]}}]\n\
         - job_name: framefarm-hosts\n  static_configs: [{{targets: [\"127.0.0.1:{}\", \"127.0.0.1:{}\"]}}]\n",
        docs("alerts.yml").display(),
        token.trim(),
        ports[0],
        ports[1],
    );
    let prometheus = Prometheus::start(folder.path(), &config);
    let id = farm.submit_script("few", "1-4", &[], "echo {frame} > {output}");
    farm.until_done(&id);
    until("prometheus answers", || prometheus.ask("/api/v1/query", "up"));
    until_true("all are scraped", || prometheus.found("up == 1") == 3);
    until_true("there are two looks", || prometheus.found("rate(framefarm_attempts_total[1m])") > 0);

    // What has happened to nobody yet has a name and no series.
    let rare = ["framefarm_refused_total"];
    let mut known = BTreeSet::new();
    for query in queries() {
        prometheus.found(&query);
        known.extend(names(&query));
    }
    let rules = prometheus.ask("/api/v1/rules", "").unwrap();
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(rules.len() >= 8, "{rules:?}");
    for rule in &rules {
        let query = rule["query"].as_str().unwrap();
        prometheus.found(query);
        assert_eq!(rule["lastError"].as_str().unwrap_or_default(), "", "{rule}");
        known.extend(names(query));
    }
    assert!(known.len() > 20, "{known:?}");
    for name in known.iter().filter(|name| !rare.contains(&name.as_str())) {
        until_true(&format!("there is a series {name}"), || prometheus.found(name) > 0);
    }
    assert_eq!(prometheus.found("ALERTS{alertstate=\"firing\"}"), 0);
}
