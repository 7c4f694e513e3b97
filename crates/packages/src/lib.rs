//! Rendering packages as data: what a package is called, how it is started, what its log says and what it
//! leaves behind. A definition file describes each; this crate is the engine that reads them.
//!
//! It also reads scenes for the files they need, before a job travels. It starts nothing, talks to nobody,
//! and must not know of jobs beyond their steps, nor of hosts, leases or storage.

mod check;
mod content;
mod definition;
mod doubts;
mod invocation;
mod left;
mod library;
mod log;
mod outputs;
mod pattern;
mod recorded;
pub mod session;
mod setting;
pub mod support;
mod template;
mod values;
mod verify;
mod warm;

pub use check::check_work;
pub use content::digest_file;
pub use definition::{
    ByPlatform, ChunkRule, Class, Definition, Encoding, EnvironmentRule, ExitCode, ExitRule, Finder, Format,
    FrameRule, Group, LogRule, Marker, MemoryRule, OutputRule, PartRule, ProgressKind, ProgressRule,
    ResumeRule, SceneRule, Scope, Script, SessionRule, Signal, SnapshotRule, Stream, SupportRule, Tiles,
    TwiceRule, Unit, Variant, VersionProbe, When,
};
pub use invocation::{CommandLine, CommandLineError, INPUTS, Invocation};
pub use library::Library;
pub use log::{Event, Failure, LogReader, Verdict, Warning};
pub use outputs::{CollectError, Collected, Collection, Known, ending, published_name};
pub use pattern::Pattern;
pub use recorded::{Recording, play_recordings};
pub use setting::{Setting, SettingKind};
pub use template::Template;
pub use verify::{Verified, VerifyError, Wanted, verify};
pub use warm::Reply;
