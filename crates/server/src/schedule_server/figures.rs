//! The figures of the schedule server, read from its role when they are asked for.

use schedule::Figures;
use serde::Serialize;

use super::Desk;
use super::ScheduleServer;
use crate::clock;
use crate::metrics::{Page, count, label};

/// Where they come from.
#[derive(Clone)]
pub(crate) struct ScheduleFigures(Desk);

impl ScheduleServer {
    /// Where its figures come from.
    pub(crate) fn figures(&self) -> ScheduleFigures {
        ScheduleFigures(self.desk.clone())
    }
}

impl ScheduleFigures {
    pub(crate) async fn fill(&self, page: &mut Page) {
        let Ok(figures) = self.0.handle.read(|role| role.figures()).await else { return };
        let Figures { jobs, frames, waiting_since, .. } = &figures;
        let by_state =
            |(state, amount): &(model::JobState, u64)| (label("state", word(state)), count(*amount));
        page.gauges("framefarm_jobs", "Jobs by state", jobs.iter().map(by_state));
        let by_state =
            |(state, amount): &(model::FrameState, u64)| (label("state", word(state)), count(*amount));
        page.gauges("framefarm_frames", "Frames by state", frames.iter().map(by_state));
        page.gauge("framefarm_leases", "Live leases", count(figures.leases));
        page.gauge(
            "framefarm_leases_ahead",
            "Leases that wait in a slot's line",
            count(figures.leases_ahead),
        );
        page.gauge("framefarm_hosts_linked", "Render servers linked", count(figures.hosts_linked));
        page.gauge("framefarm_hosts_set_aside", "Hosts set aside", count(figures.hosts_set_aside));
        page.gauge("framefarm_slots", "Slots of linked render servers", count(figures.slots));
        page.gauge("framefarm_slots_busy", "Slots that jobs hold", count(figures.slots_busy));
        let age = waiting_since.map_or(0, |since| clock::now().since_ms(since));
        let help = "Since when the oldest job waits that could go on and of which nothing runs";
        page.gauge("framefarm_queue_age_seconds", help, age as f64 / 1000.0);
        page.gauge("framefarm_notices_waiting", "Notices not sent yet", count(figures.notices_waiting));
        let refused = self.0.refusals.counts().into_iter();
        let refused = refused.map(|(kind, times)| (label("kind", kind), count(times)));
        page.counters("framefarm_refused", "Input refused, by kind", refused);
    }
}

/// The word for a state, as the API says it.
fn word(state: &impl Serialize) -> String {
    let word = serde_json::to_value(state).ok();
    word.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned()
}
