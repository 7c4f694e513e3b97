//! The measurements, one module each.

pub(crate) mod fill;
pub(crate) mod growth;
pub(crate) mod handshakes;
pub(crate) mod latency;
pub(crate) mod lifecycles;
pub(crate) mod links;
pub(crate) mod rebuild;
pub(crate) mod restart;
pub(crate) mod submit;
