//! The figures of a render server, read when they are asked for.

use std::sync::Arc;

use model::SlotState;
use tokio::sync::oneshot;

use super::hands::RenderHandle;
use super::{Kit, RenderServer};
use crate::metrics::{Page, count};

/// Where they come from.
#[derive(Clone)]
pub(crate) struct RenderFigures {
    handle: RenderHandle,
    kit: Arc<Kit>,
}

impl RenderServer {
    /// Where its figures come from.
    pub(crate) fn figures(&self) -> RenderFigures {
        RenderFigures { handle: self.handle.clone(), kit: self.kit.clone() }
    }
}

impl RenderFigures {
    pub(crate) async fn fill(&self, page: &mut Page) {
        let (answer, asked) = oneshot::channel();
        let look = self.handle.look(move |role, hands| {
            let _ = answer.send((role.slots(), role.door().is_open(), hands.sessions_now()));
        });
        look.await;
        let Ok((slots, open, sessions)) = asked.await else { return };
        let busy = slots.iter().filter(|slot| **slot != SlotState::Free).count();
        page.gauge("framefarm_render_slots", "Slots of this host", count(slots.len()));
        page.gauge("framefarm_render_slots_busy", "Slots of this host at work", count(busy));
        page.gauge("framefarm_render_open", "Whether this host takes frames", u8::from(open));
        page.gauge("framefarm_render_sessions", "Sessions on this host", count(sessions));
        let residents = self.kit.live.residents.now();
        page.gauge("framefarm_render_residents", "Packages that stay on this host", count(residents));
        let store::CacheUse { limit, used, .. } = self.kit.contents.cache.usage();
        page.gauge("framefarm_render_cache_bytes", "Files of jobs kept on this host", count(used));
        page.gauge("framefarm_render_cache_limit_bytes", "At most so much is kept", count(limit));
    }
}
