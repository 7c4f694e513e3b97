//! Figures for Prometheus: a page of them at the port of every server, guarded as all doors are, and where it
//! is wished at a port of its own.

mod page;
mod port;
mod tally;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ::access::Verb;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::access::Doors;
use crate::render_server::RenderFigures;
use crate::resource_server::ResourceFigures;
use crate::schedule_server::ScheduleFigures;

pub(crate) use page::{Page, count, label};
pub(crate) use port::serve;
pub use port::{MetricsPort, MetricsPortError};
pub(crate) use tally::{TALLY, count_requests};

/// Where the figures of this process come from. Clones are the same.
#[derive(Clone)]
pub(crate) struct Sources(Arc<Inner>);

struct Inner {
    data: PathBuf,
    roles: Mutex<Figures>,
}

/// Those of the servers that run.
#[derive(Clone, Default)]
pub(crate) struct Figures {
    pub(crate) schedule: Option<ScheduleFigures>,
    pub(crate) resource: Option<ResourceFigures>,
    pub(crate) render: Option<RenderFigures>,
}

impl Sources {
    /// Of a process with its data there, in which nothing runs yet.
    pub(crate) fn new(data: PathBuf) -> Self {
        Self(Arc::new(Inner { data, roles: Mutex::default() }))
    }

    /// The door to the page.
    pub(crate) fn doors(&self) -> Doors {
        Doors::new().get("/metrics", Verb::SeeMetrics, expose).with_state(self.clone())
    }

    /// These run now.
    pub(crate) fn are(&self, figures: Figures) {
        *self.0.roles.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    /// The page, as it is now.
    pub(crate) async fn text(&self) -> String {
        let mut page = Page::new();
        let figures = self.0.roles.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.of_process(&mut page);
        TALLY.fill(&mut page);
        if let Some(schedule) = figures.schedule {
            schedule.fill(&mut page).await;
        }
        if let Some(resource) = figures.resource {
            resource.fill(&mut page).await;
        }
        if let Some(render) = figures.render {
            render.fill(&mut page).await;
        }
        page.text()
    }

    fn of_process(&self, page: &mut Page) {
        let version = label("version", env!("CARGO_PKG_VERSION"));
        page.gauges("framefarm_build", "What runs here; always 1", [(version, 1.0)]);
        if let Some(own) = process::usage_of_self() {
            page.gauge("process_resident_memory_bytes", "Resident memory", count(own.memory_bytes));
            page.counter("process_cpu_seconds", "Processor time", own.cpu_ms as f64 / 1000.0);
        }
        let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        page.gauge("process_open_fds", "Open files and connections", count(open));
        let journals = ["schedule", "access", "render"].into_iter().filter_map(|name| {
            let bytes = self.0.data.join(format!("{name}.journal")).metadata().ok()?.len();
            Some((label("journal", name), count(bytes)))
        });
        page.gauges("framefarm_journal_bytes", "Size of the journal of a role", journals);
    }
}

/// The page, for whoever has passed the guard.
pub(crate) async fn expose(State(sources): State<Sources>) -> Response {
    let headers = [(header::CONTENT_TYPE, page::KIND), (header::CACHE_CONTROL, "no-store")];
    (headers, sources.text().await).into_response()
}
