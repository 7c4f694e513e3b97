//! What is counted while this process runs: requests, commits and the ends of attempts.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::page::{Labels, Page, count};

/// Counts by labels: a sum, and how often something was added.
type Counts<Key> = Mutex<BTreeMap<Key, (u64, Duration)>>;

/// A request's method, route and status.
type Kind = (Method, String, u16);

/// The counts of this process. Its servers share it, as they share its memory.
#[derive(Default)]
pub(crate) struct Tally {
    requests: Mutex<BTreeMap<String, (Kind, u64, Duration)>>,
    commits: Counts<&'static str>,
    records: Counts<&'static str>,
    attempts: Counts<&'static str>,
}

/// The counts of this process.
pub(crate) static TALLY: LazyLock<Tally> = LazyLock::new(Tally::default);

fn add<Key: Ord>(counts: &Counts<Key>, key: Key, more: u64, time: Duration) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = counts.entry(key).or_default();
    *entry = (entry.0 + more, entry.1 + time);
}

impl Tally {
    /// So many records went into a journal at once, which took so long.
    pub(crate) fn committed(&self, journal: &'static str, records: usize, time: Duration) {
        add(&self.commits, journal, 1, time);
        add(&self.records, journal, records as u64, Duration::ZERO);
    }

    /// An attempt was reported to have ended.
    pub(crate) fn attempt_ended(&self, outcome: &'static str) {
        add(&self.attempts, outcome, 1, Duration::ZERO);
    }

    fn answered(&self, method: &Method, route: &str, status: u16, time: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || ((method.clone(), route.to_owned(), status), 0, Duration::ZERO);
        let entry = requests.entry(format!("{method} {status} {route}")).or_insert_with(new);
        (entry.1, entry.2) = (entry.1 + 1, entry.2 + time);
    }

    pub(super) fn fill(&self, page: &mut Page) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let labels = |(method, route, status): &Kind| -> Labels {
            vec![("method", method.to_string()), ("route", route.clone()), ("status", status.to_string())]
        };
        let counts: Vec<_> =
            requests.values().map(|(kind, times, _)| (labels(kind), count(*times))).collect();
        let times: Vec<_> =
            requests.values().map(|(kind, _, time)| (labels(kind), time.as_secs_f64())).collect();
        drop(requests);
        page.counters("framefarm_http_requests", "Requests answered, by route", counts);
        page.counters("framefarm_http_request_seconds", "Time until their answers began", times);
        let by = |counts: &Counts<&'static str>, name: &'static str| {
            let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let each = counts
                .iter()
                .map(|(key, (sum, time))| (vec![(name, (*key).to_owned())], count(*sum), time.as_secs_f64()));
            each.collect::<Vec<_>>()
        };
        let sums =
            |all: &[(Labels, f64, f64)]| all.iter().map(|(l, sum, _)| (l.clone(), *sum)).collect::<Vec<_>>();
        let commits = by(&self.commits, "journal");
        page.counters("framefarm_journal_commits", "Commits to the journal of a role", sums(&commits));
        let seconds = commits.into_iter().map(|(labels, _, time)| (labels, time));
        page.counters("framefarm_journal_commit_seconds", "Time that commits took", seconds);
        page.counters("framefarm_journal_records", "Records committed", sums(&by(&self.records, "journal")));
        let attempts = by(&self.attempts, "outcome");
        page.counters(
            "framefarm_attempts",
            "Attempts that render servers reported, by outcome",
            sums(&attempts),
        );
    }
}

/// Counts a request once it is answered.
pub(crate) async fn count_requests(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // Whoever knocks where nothing is must not make up names for us to remember.
    let known =
        matches!(*request.method(), Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE);
    let method = if known { request.method().clone() } else { Method::OPTIONS };
    let response = next.run(request).await;
    let route = route.as_deref().unwrap_or("other");
    TALLY.answered(&method, route, response.status().as_u16(), begun.elapsed());
    response
}
