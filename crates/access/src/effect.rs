//! What an access role wants done.

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Whoever lets people and servers in has to have the newest `Book`.
    Publish,
    /// What goes on under the certificate with this serial number has to end at once.
    Cut {
        /// Its serial number.
        serial: String,
    },
}
