//! Sessions as Open Job Description means them: the lines by which an action speaks to its session, the
//! variables that hold in it, and the placeholders of its texts.
//!
//! Pure: what an action prints and what a job says come in, what follows from it goes out. Nothing is started
//! here.

mod directive;
mod lines;
mod scope;
mod secrets;
mod text;

pub use directive::{Directive, Malformed};
pub use lines::Lines;
pub use scope::{Scope, Variables};
pub use secrets::Secrets;
pub use text::{FILE_PREFIX, OF_SESSIONS, check_environments, fill};
