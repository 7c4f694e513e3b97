//! Rendering packages as data: what a package is called, how it is started, what its log says and what it
//! leaves behind. A definition file describes each; this crate is the engine that reads them.
//!
//! It also reads scenes for the files they need, before a job travels. It starts nothing, talks to nobody,
//! and must not know of jobs beyond their steps, nor of hosts, leases or storage.

mod check;
mod content;
mod definition;
mod doubts;
mod failure;
mod invocation;
mod left;
mod library;
mod outputs;
mod pattern;
mod progress;
pub mod session;
mod setting;
mod sound;
pub mod support;
mod template;
mod values;
mod verify;

pub use check::check_work;
pub use content::digest_file;
pub use definition::{
    ChunkRule, Definition, DefinitionError, EnvironmentRule, FailureRule, Finder, Format, FrameRule, Group,
    OutputRule, ProgressRule, SceneRule, Span, Stream, TwiceRule, VersionProbe,
};
pub use failure::explain_failure;
pub use invocation::{CommandLine, CommandLineError, INPUTS, Invocation};
pub use library::Library;
pub use outputs::{CollectError, Collected, Collection, Known, published_name};
pub use pattern::Pattern;
pub use progress::Progress;
pub use setting::{Setting, SettingKind};
pub use template::Template;
pub use verify::{Verified, VerifyError, Wanted, verify};
