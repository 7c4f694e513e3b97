//! What happens to the resource server.

use model::{RenderToResource, ScheduleToResource};

/// A link as the shell numbers it: each new link gets a higher number, whoever is at its other end.
pub type LinkId = u64;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A render server said something; `Hello` first.
    RenderSpoke {
        /// Over which link.
        link: LinkId,
        /// What it said.
        message: Box<RenderToResource>,
    },
    /// The link of a render server is gone.
    RenderLinkClosed {
        /// Which.
        link: LinkId,
    },
    /// A schedule server asked something.
    ScheduleSpoke {
        /// Over which link.
        link: LinkId,
        /// What it asked.
        message: ScheduleToResource,
    },
    /// The link of a schedule server is gone.
    ScheduleLinkClosed {
        /// Which.
        link: LinkId,
    },
    /// The moment that `next_deadline` named has passed.
    DeadlinePassed,
}

/// Why an event changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A render server spoke before its hello was taken, or after it was put out of the database.
    NotInDatabase {
        /// Its link.
        link: LinkId,
    },
    /// A render server spoke of a slot that its hello did not list.
    UnknownSlot {
        /// Its name.
        host: model::HostId,
        /// The slot.
        slot: model::SlotIndex,
    },
    /// A second hello on a link came under another name or from another installation.
    SecondIdentity {
        /// The link.
        link: LinkId,
        /// The name it had given first.
        host: model::HostId,
    },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotInDatabase { link } => {
                write!(f, "link {link} has no render host in the database")
            }
            Self::UnknownSlot { host, slot } => write!(f, "render host {host} has no slot {slot}"),
            Self::SecondIdentity { link, host } => {
                write!(f, "link {link} belongs to render host {host} and cannot become another one's")
            }
        }
    }
}

impl std::error::Error for Refusal {}
