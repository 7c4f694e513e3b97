//! Links between servers: each carries what is said over it in order while it stands. When it breaks, what
//! is under way is lost, or some of it arrives after all while the other end is long linked anew.

use std::collections::BTreeMap;

use model::{
    RenderToResource, RenderToSchedule, ResourceToRender, ResourceToSchedule, ScheduleToRender,
    ScheduleToResource, Time,
};

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Schedule,
    Resource,
    Render(usize),
    /// Somebody who is no server of this farm.
    Stranger,
}

/// A run of a server.
pub(crate) type Run = (Place, u32);
pub(crate) type LinkId = u64;

/// Something said over a link.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    RenderToSchedule(RenderToSchedule),
    ScheduleToRender(ScheduleToRender),
    RenderToResource(Box<RenderToResource>),
    ResourceToRender(ResourceToRender),
    ScheduleToResource(ScheduleToResource),
    ResourceToSchedule(ResourceToSchedule),
}

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Dialler,
    Acceptor,
}

impl End {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Dialler => Self::Acceptor,
            Self::Acceptor => Self::Dialler,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Dialler => 0,
            Self::Acceptor => 1,
        }
    }
}

/// For ever.
const NEVER: Time = Time(u64::MAX);

#[derive(Clone, Debug)]
pub(crate) struct Link {
    runs: [Run; 2],
    /// Whether what is said is put under way.
    stands: bool,
    /// Until when an end still gets what is under way to it.
    hears_until: [Time; 2],
    /// When the last thing under way to an end arrives; nothing overtakes it.
    arrives: [Time; 2],
    /// Which ends know that the link is gone.
    knows: [bool; 2],
    opened_at: Time,
    /// When something was last on its way for more than a moment.
    slow_at: Time,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    links: BTreeMap<LinkId, Link>,
    last: LinkId,
    /// Who dialled a link, though it may be gone.
    diallers: Vec<Place>,
    /// Until when nothing leaves a place.
    mute: BTreeMap<Place, Time>,
    /// Until when nothing reaches a place.
    deaf: BTreeMap<Place, Time>,
}

impl Network {
    pub(crate) fn open(&mut self, now: Time, dialler: Run, acceptor: Run) -> LinkId {
        self.last += 1;
        let link = Link {
            runs: [dialler, acceptor],
            stands: true,
            hears_until: [NEVER; 2],
            arrives: [Time(0); 2],
            knows: [false; 2],
            opened_at: now,
            slow_at: Time(0),
        };
        self.links.insert(self.last, link);
        self.diallers.push(dialler.0);
        self.last
    }

    /// Who dialled a link, which may be gone by now.
    pub(crate) fn dialler(&self, link: LinkId) -> Option<Place> {
        // Links count from 1.
        self.diallers.get(usize::try_from(link).ok()?.checked_sub(1)?).copied()
    }

    /// The server at an end.
    pub(crate) fn run(&self, link: LinkId, end: End) -> Option<Run> {
        self.links.get(&link).map(|link| link.runs[end.index()])
    }

    /// Nothing leaves a place, or reaches it, for a while.
    pub(crate) fn separate(&mut self, place: Place, out: Option<Time>, back: Option<Time>) {
        if let Some(until) = out {
            self.mute.insert(place, until);
        }
        if let Some(until) = back {
            self.deaf.insert(place, until);
        }
    }

    /// Every place hears every other again.
    pub(crate) fn unite(&mut self) {
        self.mute.clear();
        self.deaf.clear();
    }

    /// Until when nothing goes from one place to another.
    pub(crate) fn blocked_until(&self, from: Place, to: Place) -> Time {
        let (mute, deaf) = (self.mute.get(&from), self.deaf.get(&to));
        mute.copied().unwrap_or_default().max(deaf.copied().unwrap_or_default())
    }

    /// Whether two places can reach each other.
    pub(crate) fn is_blocked(&self, now: Time, one: Place, other: Place) -> bool {
        self.blocked_until(one, other).max(self.blocked_until(other, one)) > now
    }

    /// When something said now and on its way for `delay_ms` arrives at `to`; never, where the link is gone.
    pub(crate) fn arrival(&mut self, now: Time, id: LinkId, to: End, delay_ms: u64) -> Option<Time> {
        let link = self.links.get(&id).filter(|link| link.stands)?;
        let runs = link.runs;
        let blocked = self.blocked_until(runs[to.other().index()].0, runs[to.index()].0);
        let link = self.links.get_mut(&id)?;
        let arrives = &mut link.arrives[to.index()];
        *arrives = now.max(blocked).plus_ms(delay_ms).max(*arrives);
        let arrives = *arrives;
        if arrives.since_ms(now) > 100 {
            link.slow_at = arrives;
        }
        Some(arrives)
    }

    /// Whether `end` still gets what is under way to it.
    pub(crate) fn hears(&self, now: Time, link: LinkId, end: End) -> bool {
        let link = self.links.get(&link);
        link.is_some_and(|link| !link.knows[end.index()] && now <= link.hears_until[end.index()])
    }

    /// Whether it has stood since `since`, and nothing was slow on it.
    pub(crate) fn is_calm_since(&self, link: LinkId, since: Time) -> bool {
        let link = self.links.get(&link);
        link.is_some_and(|link| link.stands && link.opened_at <= since && link.slow_at < since)
    }

    /// Breaks a link: what is under way to an end is lost, but for what arrives by the given time. False
    /// where it was broken before.
    pub(crate) fn cut(&mut self, link: LinkId, hears_until: [Time; 2]) -> bool {
        let Some(link) = self.links.get_mut(&link) else { return false };
        let stood = std::mem::replace(&mut link.stands, false);
        if stood {
            link.hears_until = hears_until;
        }
        stood
    }

    /// `end` closes a link: what it said before still arrives, and when the last of it does is returned.
    pub(crate) fn close(&mut self, now: Time, link: LinkId, end: End) -> Option<Time> {
        let link = self.links.get_mut(&link).filter(|link| link.stands)?;
        link.stands = false;
        link.hears_until[end.index()] = now;
        Some(link.arrives[end.other().index()])
    }

    /// `end` learns that the link is gone; the server there, unless it knew.
    pub(crate) fn gone(&mut self, id: LinkId, end: End) -> Option<Run> {
        let link = self.links.get_mut(&id)?;
        link.stands = false;
        let knew = std::mem::replace(&mut link.knows[end.index()], true);
        let run = link.runs[end.index()];
        if link.knows == [true; 2] {
            self.links.remove(&id);
        }
        (!knew).then_some(run)
    }

    /// Links that stand.
    pub(crate) fn standing(&self) -> impl Iterator<Item = LinkId> {
        self.links.iter().filter(|(_, link)| link.stands).map(|(id, _)| *id)
    }

    /// Whether a link is gone and one of its ends does not know, or something on one is late.
    pub(crate) fn is_torn(&self, now: Time) -> bool {
        let late = |link: &Link| link.arrives.iter().any(|at| at.since_ms(now) > 100);
        self.links.values().any(|link| !link.stands || late(link))
    }

    /// Links that stand and have an end at `run`, and that end.
    pub(crate) fn of(&self, run: Run) -> Vec<(LinkId, End)> {
        let at = |link: &Link| match link.runs.iter().position(|one| *one == run)? {
            0 => Some(End::Dialler),
            _ => Some(End::Acceptor),
        };
        self.links.iter().filter_map(|(id, link)| Some((*id, at(link)?))).collect()
    }
}
