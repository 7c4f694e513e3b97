//! The shells that give the roles hands: sockets, files, processes, mail.
//!
//! Every role value has one owner, a thread that takes events in, lets the role decide, makes what it
//! decided durable, and performs the effects. What is slow happens in tasks that come back as events. This
//! crate decides nothing about jobs, frames, hosts or slots.

mod access;
mod arrivals;
mod belonging;
mod clock;
mod control;
mod cutting;
mod home;
pub mod inventory;
mod joining;
mod letter;
mod listening;
mod mail;
mod metrics;
mod openapi;
mod owner;
mod page;
mod precondition;
mod problem;
mod proof;
mod record_text;
mod render_server;
mod renewing;
mod resource_server;
mod roles;
mod running;
mod schedule_server;
mod settings;
pub mod upkeep;
mod webhook;
mod whereabouts;

pub use crate::access::AccessStartError;
pub use home::HomeError;
pub use joining::JoinError;
pub use listening::Listen;
pub use mail::PostError;
pub use metrics::{MetricsPort, MetricsPortError};
pub use render_server::{DeskPolicy, Hours, RenderStartError, TenantError};
pub use running::{Outcome, ServeError, run};
pub use schedule_server::ScheduleStartError;
pub use settings::{DEFAULT_PORT, News, Ready, Said, Settings};

/// The text of `error` and of everything that caused it, on one line. A cause whose text stands already in
/// what it caused is not said twice.
pub(crate) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
