//! Every call of the client against a server of canned answers, and what it makes of refusals.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use model::{
    AttemptNumber, Digest, FrameSelect, FrameSet, HostSelect, JobDescription, JobId, JobSelect, JobState,
    JobView, LeaseId, Page, Problem, SubmitReply, SubmitRequest, Time,
};
use serde::Serialize;
use tokio::net::TcpListener;
use wire::client::{LogOf, LogReceipt};
use wire::discovery::{Offer, Responder, Service};
use wire::{Client, ClientError, Credential, DiscoveryConfig, FarmView, ServerUrl};

/// What was asked, as `METHOD path body`.
pub(crate) type Asked = Arc<Mutex<Vec<String>>>;

/// A client of a server that answers everything with what `answer` makes of path and body.
pub(crate) async fn served(
    answer: impl Fn(&str, Bytes) -> Response + Clone + Send + Sync + 'static,
) -> (Client, Asked) {
    let asked = Asked::default();
    let kept = asked.clone();
    let app = Router::new().fallback(move |request: Request| {
        let (answer, kept) = (answer.clone(), kept.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, 64 << 20).await.unwrap();
            let shown = if body.len() > 200 { format!("{} bytes", body.len()) } else { text(&body) };
            kept.lock().unwrap().push(format!("{} {} {shown}", head.method, head.uri).trim_end().to_owned());
            answer(&head.uri.to_string(), body)
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::at(listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Client::new(url, &Credential::default()), asked)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn plain(status: u16, kind: &str, body: impl Into<Body>) -> Response {
    Response::builder().status(status).header("content-type", kind).body(body.into()).unwrap()
}

fn json(value: &impl Serialize) -> Response {
    plain(200, "application/json", serde_json::to_vec(value).unwrap())
}

fn problem(status: u16, body: &str) -> Response {
    plain(status, "application/problem+json", body.to_owned())
}

fn job(id: u64, state: JobState) -> JobView {
    JobView {
        id: id.to_string(),
        name: "lighthouse".to_owned(),
        state,
        priority: 50,
        user: "grace".to_owned(),
        group: None,
        package: "povray".to_owned(),
        frames: "1-10".to_owned(),
        size: None,
        frames_total: 10,
        frames_done: 0,
        frames_failed: 0,
        frames_running: 0,
        frames_waiting: 10,
        frames_warned: 0,
        attempts_failed: 0,
        progress_permille: 0,
        submitted_at: Time(1),
        started_at: None,
        ended_at: None,
        waiting_because: None,
        results: "/results/1-lighthouse".to_owned(),
        cover: None,
        eta: None,
        cpu_ms: 0,
        wall_ms: 0,
        hosts: None,
        tag: "50".to_owned(),
        steps: Vec::new(),
        running: Vec::new(),
        notices: Vec::new(),
    }
}

fn page<T: Clone>(items: &[T], next: Option<&str>) -> Page<T> {
    Page { items: items.to_vec(), total: 9, next: next.map(str::to_owned) }
}

fn description() -> JobDescription {
    let animation = model::FrameSpan { first: 1, last: 1 };
    let step = model::Step::new("render", FrameSet::single(1), animation, model::Work::default());
    JobDescription::new("lighthouse", "grace", vec![step])
}

#[tokio::test]
async fn every_call_asks_for_what_the_api_names() {
    let digest = Digest([7; 32]);
    let (client, asked) = served(move |path, _| match path {
        "/api/v1/farm" => json(&FarmView {
            farm: "main".to_owned(),
            version: "0.1.0".to_owned(),
            storage: "/results".to_owned(),
            storage_id: None,
            resource_linked: false,
            roles: vec![Service::Schedule],
            refused: [("garbled".to_owned(), 3)].into(),
        }),
        "/api/v1/content/missing" => json(&[digest]),
        "/api/v1/jobs?limit=1000" => json(&page(&[job(1, JobState::Queued)], Some("0.50.1."))),
        "/api/v1/jobs?limit=1000&after=0.50.1." => json(&page(&[job(2, JobState::Done)], None)),
        "/api/v1/jobs/1/description" => json(&description()),
        "/api/v1/jobs/1/results" => plain(200, "", "[]"),
        "/api/v1/jobs/1/frames?limit=1000" | "/api/v1/hosts?limit=1000" => json(&page::<u8>(&[], None)),
        "/api/v1/jobs/1/frames/-5/log" => plain(200, "text/plain", "one"),
        "/api/v1/jobs/1/frames/3/log?attempt=2&step=a+%26+b" => plain(200, "text/plain", "two"),
        "/api/v1/leases/9/log?offset=4" => plain(200, "", "{\"length\":10}"),
        _ => json(&job(1, JobState::Held)),
    })
    .await;
    let one = JobId(1);
    assert_eq!(client.farm().await.unwrap().roles, [Service::Schedule]);
    assert_eq!(client.missing(&[digest, Digest([8; 32])]).await.unwrap(), [digest]);
    let both = [job(1, JobState::Queued), job(2, JobState::Done)];
    assert_eq!(client.jobs(&JobSelect::default()).await.unwrap(), both);
    assert_eq!(client.job(one).await.unwrap(), job(1, JobState::Held));
    assert_eq!(client.description(one).await.unwrap(), description());
    assert_eq!(client.frames(one, &FrameSelect::default()).await.unwrap(), []);
    assert_eq!(client.results(one).await.unwrap(), []);
    assert_eq!(client.hosts(&HostSelect::default()).await.unwrap(), []);
    for done in [client.hold(one).await, client.release(one).await, client.kill(one).await] {
        assert_eq!(done.unwrap().state, JobState::Held);
    }
    let mut log = Vec::new();
    client.log(one, -5, LogOf::default(), &mut log).await.unwrap();
    let of = LogOf { attempt: Some(AttemptNumber(2)), step: Some("a & b") };
    client.log(one, 3, of, &mut log).await.unwrap();
    assert_eq!(log, b"onetwo");
    let kept = client.put_log(LeaseId(9), 4, b"more".to_vec()).await.unwrap();
    assert_eq!(kept, LogReceipt::Kept { length: 10 });
    let digests = format!("[\"{digest}\",\"{}\"]", "08".repeat(32));
    let wanted = [
        "GET /api/v1/farm".to_owned(),
        format!("POST /api/v1/content/missing {digests}"),
        "GET /api/v1/jobs?limit=1000".to_owned(),
        "GET /api/v1/jobs?limit=1000&after=0.50.1.".to_owned(),
        "GET /api/v1/jobs/1".to_owned(),
        "GET /api/v1/jobs/1/description".to_owned(),
        "GET /api/v1/jobs/1/frames?limit=1000".to_owned(),
        "GET /api/v1/jobs/1/results".to_owned(),
        "GET /api/v1/hosts?limit=1000".to_owned(),
        "POST /api/v1/jobs/1/hold".to_owned(),
        "POST /api/v1/jobs/1/release".to_owned(),
        "POST /api/v1/jobs/1/kill".to_owned(),
        "GET /api/v1/jobs/1/frames/-5/log".to_owned(),
        "GET /api/v1/jobs/1/frames/3/log?attempt=2&step=a+%26+b".to_owned(),
        "PUT /api/v1/leases/9/log?offset=4 more".to_owned(),
    ];
    assert_eq!(*asked.lock().unwrap(), wanted);
}

#[tokio::test]
async fn a_job_is_submitted_whole() {
    let request = SubmitRequest { key: "k1".to_owned(), description: description() };
    let sent = request.clone();
    let (client, asked) = served(move |_, body| {
        assert_eq!(serde_json::from_slice::<SubmitRequest>(&body).unwrap(), sent);
        json(&SubmitReply { id: JobId(3), new: true, warnings: Vec::new() })
    })
    .await;
    assert_eq!(client.submit(&request).await.unwrap().id, JobId(3));
    assert!(asked.lock().unwrap()[0].starts_with("POST /api/v1/jobs "));
}

#[tokio::test]
async fn a_refusal_is_told_with_every_fault() {
    let (client, _) = served(|_, _| {
        problem(
            422,
            r#"{"status":422,"title":"the job has 2 faults","hint":"mend them","faults":[
                {"place":"frames","what":"it is empty"},
                {"place":"size","what":"it is too large","hint":"65535 is the most"}]}"#,
        )
    })
    .await;
    let error = client.jobs(&JobSelect::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the job has 2 faults\n  frames: it is empty\n  size: it is too large\n    hint: 65535 is the most"
    );
    assert_eq!(error.hint().as_deref(), Some("mend them"));
    assert!(!error.is_passing());
    let ClientError::Refused(Problem { status, faults, .. }) = error else { panic!("{error:?}") };
    assert_eq!((status, faults.len()), (422, 2));
}

#[tokio::test]
async fn a_server_that_says_when_to_come_back_is_asked_again() {
    let busy = || {
        let mut busy = problem(503, r#"{"status":503,"title":"it has too much to do just now"}"#);
        busy.headers_mut().insert("retry-after", "0".parse().unwrap());
        busy
    };
    let times = Arc::new(Mutex::new(0));
    let (client, asked) = served(move |_, _| {
        let mut times = times.lock().unwrap();
        *times += 1;
        if *times < 3 { busy() } else { json(&SubmitReply { id: JobId(4), new: true, warnings: Vec::new() }) }
    })
    .await;
    let request = SubmitRequest { key: "k1".to_owned(), description: description() };
    assert_eq!(client.submit(&request).await.unwrap().id, JobId(4));
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|line| *line == asked[0]), "the same each time: {asked:?}");

    let (client, asked) = served(|_, _| problem(503, r#"{"status":503,"title":"no resource server"}"#)).await;
    assert!(matches!(client.hosts(&HostSelect::default()).await, Err(ClientError::Refused(_))));
    assert_eq!(asked.lock().unwrap().len(), 1, "who does not say when is not asked again");
}

#[tokio::test]
async fn what_is_no_server_of_ours_is_said_so() {
    let (client, _) = served(|_, _| plain(502, "text/html", "<h1>Bad gateway</h1>")).await;
    let error = client.farm().await.unwrap_err();
    let url = client.url();
    assert_eq!(
        error.to_string(),
        format!(
            "{url} is no schedule server of this version of framefarm: it answers 502 Bad Gateway: \
             <h1>Bad gateway</h1>"
        )
    );
    assert!(error.hint().is_some());
    let (client, _) = served(|_, _| plain(200, "application/json", "{\"cake\":1}")).await;
    let error = client.farm().await.unwrap_err();
    assert!(error.to_string().contains("its answer cannot be understood: missing field"), "{error}");
}

#[tokio::test]
async fn nobody_there_is_said_so_with_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ServerUrl::at(listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(url.clone(), &Credential::default()).farm().await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot reach a schedule server at {url}"));
    assert!(error.hint().unwrap().contains("framefarm up"));
    assert!(error.is_passing());
}

#[tokio::test]
async fn a_gap_in_a_log_is_no_error_and_another_conflict_is() {
    let (client, _) = served(|path, _| match path {
        "/api/v1/leases/1/log?offset=50" => plain(409, "application/json", "{\"length\":20}"),
        _ => problem(409, r#"{"status":409,"title":"lease 2 has ended"}"#),
    })
    .await;
    let gap = client.put_log(LeaseId(1), 50, b"x".to_vec()).await.unwrap();
    assert_eq!(gap, LogReceipt::Gap { length: 20 });
    let error = client.put_log(LeaseId(2), 0, b"x".to_vec()).await.unwrap_err();
    assert_eq!(error.to_string(), "lease 2 has ended");
}

#[tokio::test]
async fn a_job_is_followed_to_its_end_however_the_network_cuts_it() {
    let states = [JobState::Queued, JobState::Active, JobState::Done];
    let events: String = states
        .iter()
        .map(|state| format!(": tick\n\ndata: {}\n\n", serde_json::to_string(&job(1, *state)).unwrap()))
        .collect();
    for size in [1, 7, 100, 100_000] {
        let bytes = events.clone().into_bytes();
        let (client, _) = served(move |_, _| {
            let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
                bytes.chunks(size).map(|piece| Ok(piece.to_vec())).collect();
            plain(200, "text/event-stream", Body::from_stream(stream::iter(pieces)))
        })
        .await;
        let mut watch = client.watch(JobId(1)).await.unwrap();
        for state in states {
            assert_eq!(watch.next().await.unwrap(), Some(job(1, state)));
        }
        assert_eq!(watch.next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_watch_that_is_refused_or_cut_or_garbled_says_so() {
    let (client, _) = served(|path, _| match path {
        "/api/v1/jobs/1/watch" => problem(404, r#"{"status":404,"title":"there is no job 1"}"#),
        "/api/v1/jobs/2/watch" => plain(200, "text/event-stream", "data: {\"id\":\"2\"}\n\n"),
        _ => {
            let pieces = [Ok(": here\n".as_bytes().to_vec()), Err(std::io::Error::other("gone"))];
            plain(200, "text/event-stream", Body::from_stream(stream::iter(pieces)))
        }
    })
    .await;
    assert_eq!(client.watch(JobId(1)).await.unwrap_err().to_string(), "there is no job 1");
    let garbled = client.watch(JobId(2)).await.unwrap().next().await.unwrap_err();
    assert!(matches!(garbled, ClientError::Protocol { .. }), "{garbled}");
    // The server may be cut off before or after it has begun to answer.
    let cut = match client.watch(JobId(3)).await {
        Ok(mut watch) => watch.next().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(cut, ClientError::Lost { .. }), "{cut}");
    assert!(cut.is_passing());
}

#[tokio::test]
async fn a_server_is_taken_as_named_or_found() {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = DiscoveryConfig::loopback(format!("farm-{:x}", getrandom::u64().unwrap()), port);
    let named: ServerUrl = "127.0.0.1:9".parse().unwrap();
    let client = Client::locate(Some(named.clone()), &config, &Credential::default()).await.unwrap();
    assert_eq!(*client.url(), named);
    let offer = Offer {
        farm: config.farm.clone(),
        farm_id: None,
        authority: None,
        instance: "s".into(),
        services: vec![Service::Schedule],
        version: "0.1.0".to_owned(),
        listening: vec!["127.0.0.1:8".parse().unwrap()],
        secure: false,
    };
    let _responder = Responder::start(&config, offer).unwrap();
    let client = Client::locate(None, &config, &Credential::default()).await.unwrap();
    assert_eq!(client.url().to_string(), "http://127.0.0.1:8");
    let nobody = DiscoveryConfig { farm: "nobody".to_owned(), ..config };
    let error = Client::locate(None, &nobody, &Credential::default()).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound(_)) && error.hint().is_some());
}

#[tokio::test]
async fn a_server_that_says_nothing_more_is_not_waited_for_for_ever() {
    let (client, _) = served(|_, _| {
        let one = stream::once(async { Ok::<_, std::io::Error>(": here\n") });
        plain(200, "text/event-stream", Body::from_stream(one.chain(stream::pending())))
    })
    .await;
    let mut watch = client.watch(JobId(1)).await.unwrap();
    // Only now, since time that stands still does not wait for the network.
    tokio::time::pause();
    let error = watch.next().await.unwrap_err();
    assert!(
        matches!(error, ClientError::Silent { after, .. } if after == Duration::from_secs(30)),
        "{error}"
    );
}
