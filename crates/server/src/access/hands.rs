//! What the access server does about what its role decided: it publishes who gets in, and cuts
//! off who is out.

use std::sync::Arc;

use ::access::{Access, Book, Effect, Event};
use tokio::sync::watch;

use crate::owner::Hands;

/// The hands of the access role; only its owner's thread touches them.
pub(crate) struct AccessHands {
    book: watch::Sender<Arc<Book>>,
    cut: Cut,
}

/// Ends the connections that were made with the certificate of a serial number.
pub(crate) type Cut = Box<dyn Fn(&str) + Send>;

impl AccessHands {
    pub(super) const fn new(book: watch::Sender<Arc<Book>>, cut: Cut) -> Self {
        Self { book, cut }
    }
}

impl Hands<Access> for AccessHands {
    fn perform(&mut self, effect: Effect, role: &Access, _: &mut Vec<Event>) {
        match effect {
            // Before whoever asked for it has his answer, so that what he was given lets him in.
            Effect::Publish => drop(self.book.send_replace(Arc::new(role.book()))),
            Effect::Cut { serial } => (self.cut)(&serial),
        }
    }
}
