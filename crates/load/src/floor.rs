//! Floors: what the same machine does when nothing is decided or nothing is sent.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use clap::Args;
use model::{
    AttemptNumber, FrameId, Grant, JobId, LeaseId, RenderToSchedule, ScheduleToRender, SlotIndex, StepIndex,
};
use tokio::net::TcpListener;
use wire::Link;
use wire::link::{Limits, accept};

use crate::error::LoadError;
use crate::farm::{Place, Server, file};
use crate::figure::rate;
use crate::fleet::Fleet;
use crate::host::{Pace, Plan, SCHEDULE_PATH};

/// Bytes of two records of a lifecycle, about.
const RECORD_BYTES: usize = 300;
/// Records in a commit of the floor.
const BATCH: usize = 512;
/// How long floors are measured.
const TIME: Duration = Duration::from_secs(2);

/// A schedule server without decisions or journal: it grants and acknowledges.
#[derive(Debug, Args)]
pub(crate) struct Echo {
    /// Frames to give out in all
    frames: u64,
    /// Leases that a slot has at once
    #[arg(long, default_value_t = 32)]
    line: u64,
}

struct Desk {
    line: u64,
    frames: u64,
    last: AtomicU64,
}

impl Echo {
    pub(crate) async fn run(self) -> Result<(), LoadError> {
        let odd = |error: std::io::Error| LoadError::Odd(error.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(odd)?;
        println!("ready at http://{}", listener.local_addr().map_err(odd)?);
        let desk = Arc::new(Desk { line: self.line, frames: self.frames, last: AtomicU64::new(0) });
        let router = Router::new().route(SCHEDULE_PATH, get(accept_host)).with_state(desk);
        axum::serve(listener, router).await.map_err(odd)
    }
}

async fn accept_host(State(desk): State<Arc<Desk>>, upgrade: WebSocketUpgrade) -> Response {
    accept(upgrade, Limits::HOST, move |link| serve_host(desk, link))
}

async fn serve_host(desk: Arc<Desk>, link: Link<ScheduleToRender, RenderToSchedule>) {
    let (sender, mut receiver) = link.split_without_task();
    let mut messages = Vec::new();
    while receiver.recv_many(&mut messages).await.is_ok() {
        for message in messages.drain(..) {
            match message {
                RenderToSchedule::Hello { slots, .. } => {
                    let _ = sender.put(&ScheduleToRender::Welcome);
                    for lease in 0..u64::from(slots) * desk.line {
                        desk.grant(u16::try_from(lease % u64::from(slots)).unwrap_or(0), &sender);
                    }
                }
                RenderToSchedule::Report(report) => {
                    let _ = sender.put(&ScheduleToRender::Acknowledge { lease: report.lease });
                    desk.grant(0, &sender);
                }
                _ => {}
            }
        }
        sender.flush();
    }
}

impl Desk {
    fn grant(&self, slot: u16, sender: &wire::link::Sender<ScheduleToRender>) {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        if number > self.frames {
            return;
        }
        let index = u32::try_from(number).unwrap_or(u32::MAX);
        let frame = FrameId { job: JobId(1), step: StepIndex(0), index };
        let grant = Grant::new(LeaseId(number), frame, i64::from(index), AttemptNumber(1), SlotIndex(slot));
        let _ = sender.put(&ScheduleToRender::Grant(grant));
    }
}

/// Lifecycles a second with the same hosts and messages, when nothing is decided and nothing kept.
pub(crate) async fn echoed(place: &Place, slots: &[u16], frames: u64) -> Result<f64, LoadError> {
    let own = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("framefarm-load"));
    let server = Server::start("echo", &own, &["echo".to_owned(), frames.to_string()], place.data()).await?;
    let plan = Plan { schedule: server.url.clone(), resource: None, work: Pace::AtOnce, token: None };
    let begun = Instant::now();
    let fleet = Fleet::link(&plan, slots).await?;
    fleet.wait("the end of the floor", 120, |counts| counts.acknowledged >= frames).await?;
    Ok(rate(frames, begun.elapsed()))
}

/// Lifecycles a second that plain synced appends to a file could keep.
pub(crate) fn appended(folder: &Path) -> Result<f64, LoadError> {
    let path = folder.join("floor");
    let mut target = File::create(&path).map_err(file(&path))?;
    let batch = vec![b'x'; RECORD_BYTES * BATCH];
    let (begun, mut batches) = (Instant::now(), 0);
    while begun.elapsed() < TIME {
        target.write_all(&batch).and_then(|()| target.sync_data()).map_err(file(&path))?;
        batches += 1;
    }
    let rate = rate(batches * BATCH as u64, begun.elapsed());
    std::fs::remove_file(&path).map_err(file(&path))?;
    Ok(rate)
}
