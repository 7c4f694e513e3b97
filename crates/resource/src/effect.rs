//! What is to be done.

use model::{ResourceToRender, ResourceToSchedule};

use crate::LinkId;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say something to a render server.
    ToRender {
        /// Over which link.
        link: LinkId,
        /// What.
        message: ResourceToRender,
    },
    /// Say something to a schedule server.
    ToSchedule {
        /// Over which link.
        link: LinkId,
        /// What.
        message: ResourceToSchedule,
    },
    /// Close the link of a render server, once what was said over it before has been sent.
    CloseLink {
        /// Which.
        link: LinkId,
    },
}
