//! Job descriptions: from a file, from flags or from what a client sends, to the job that is submitted.
//!
//! Text becomes nodes with lines (`node`, `toml_text`, `json_text`), nodes become a draft that remembers
//! where each thing was said (`fields`, `step_fields`, `need_fields`), drafts are laid over each other
//! (`draft`, `step_draft`), the result is understood (`understand`, `step`, `frames`,
//! `scheduling`), and its files are found (`gather`) or are those that a client names (`sent`); `prepare`
//! makes a job of it all. Faults are collected all the way, never thrown one by one.

mod ask_blender;
mod draft;
mod environment_fields;
mod expand;
mod fields;
mod frames;
mod gather;
mod json_text;
mod movie;
mod movie_fields;
mod need_fields;
mod node;
mod place;
mod prepare;
mod reader;
mod scheduling;
mod sent;
mod step;
mod step_draft;
mod step_fields;
mod suggest;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_parts;
#[cfg(test)]
mod tests_of_steps;
mod toml_text;
mod understand;

pub use draft::{Draft, Said};
pub use fields::read;
pub use gather::Whereabouts;
pub use movie_fields::{BURNT_IN, MovieDraft};
pub use place::field_at;
pub use prepare::{Prepared, prepare, prepare_sent, prepare_with};
pub use sent::Sent;
pub use step_draft::StepDraft;

use model::Faults;

/// The faults from the top of the description `file` to its end; then those of flags and other files. What
/// several steps share is said once.
fn in_order(faults: Faults, file: &str) -> Faults {
    let mut once = Faults::default();
    for fault in faults.0 {
        if !once.0.contains(&fault) {
            once.push(fault);
        }
    }
    let line = |place: &str| place.strip_prefix(file)?.strip_prefix(':')?.parse().ok();
    once.0.sort_by_key(|fault| line(&fault.place).unwrap_or(usize::MAX));
    once
}
