//! Links between servers: each carries what is said over it in order while it stands, and loses what is
//! under way when it breaks.

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

#[derive(Clone, Debug)]
pub(crate) struct Link {
    runs: [Run; 2],
    /// Which ends still get what is said to them.
    hears: [bool; 2],
    /// When the last thing under way to an end arrives; nothing overtakes it.
    arrives: [Time; 2],
    /// Which ends know that the link is gone.
    knows: [bool; 2],
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    links: BTreeMap<LinkId, Link>,
    last: LinkId,
}

impl Network {
    pub(crate) fn open(&mut self, dialler: Run, acceptor: Run) -> LinkId {
        self.last += 1;
        let link =
            Link { runs: [dialler, acceptor], hears: [true; 2], arrives: [Time(0); 2], knows: [false; 2] };
        self.links.insert(self.last, link);
        self.last
    }

    /// The server at an end.
    pub(crate) fn run(&self, link: LinkId, end: End) -> Option<Run> {
        self.links.get(&link).map(|link| link.runs[end.index()])
    }

    /// When something said now and on its way for `delay_ms` arrives at `to`; never, where the link is gone.
    pub(crate) fn arrival(&mut self, now: Time, link: LinkId, to: End, delay_ms: u64) -> Option<Time> {
        let link = self.links.get_mut(&link).filter(|link| link.hears == [true; 2])?;
        let arrives = &mut link.arrives[to.index()];
        *arrives = now.plus_ms(delay_ms).max(*arrives);
        Some(*arrives)
    }

    /// Whether `end` still gets what is under way to it.
    pub(crate) fn hears(&self, link: LinkId, end: End) -> bool {
        self.links.get(&link).is_some_and(|link| link.hears[end.index()])
    }

    /// Breaks a link: what is under way is lost. False where it was broken before.
    pub(crate) fn cut(&mut self, link: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&link) else { return false };
        let stood = link.hears == [true; 2];
        link.hears = [false; 2];
        stood
    }

    /// `end` closes a link: what it said before still arrives, and when the last of it does is returned.
    pub(crate) fn close(&mut self, link: LinkId, end: End) -> Option<Time> {
        let link = self.links.get_mut(&link).filter(|link| link.hears == [true; 2])?;
        link.hears[end.index()] = false;
        Some(link.arrives[end.other().index()])
    }

    /// `end` learns that the link is gone; the server there, unless it knew.
    pub(crate) fn gone(&mut self, id: LinkId, end: End) -> Option<Run> {
        let link = self.links.get_mut(&id)?;
        link.hears[end.index()] = false;
        let knew = std::mem::replace(&mut link.knows[end.index()], true);
        let run = link.runs[end.index()];
        if link.knows == [true; 2] {
            self.links.remove(&id);
        }
        (!knew).then_some(run)
    }

    /// Links that stand.
    pub(crate) fn standing(&self) -> impl Iterator<Item = LinkId> {
        self.links.iter().filter(|(_, link)| link.hears == [true; 2]).map(|(id, _)| *id)
    }

    /// Whether a link is gone and one of its ends does not know.
    pub(crate) fn is_torn(&self) -> bool {
        self.links.values().any(|link| link.hears != [true; 2])
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
