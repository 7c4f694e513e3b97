//! What an access role wants done.

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Whoever lets people and servers in has to have the newest `Book`.
    Publish,
}
