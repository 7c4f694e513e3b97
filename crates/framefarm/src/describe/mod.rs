//! Job descriptions: from a file, or from flags, to the job that is submitted.
//!
//! Text becomes nodes with lines (`node`, `toml_text`, `json_text`), nodes become a draft that remembers
//! where each thing was said (`fields`, `need_fields`), drafts are laid over each other (`draft`), and the
//! result is understood (`understand`, `frames`, `needs`). Faults are collected all the way, never thrown
//! one by one.

mod draft;
mod fields;
mod frames;
mod json_text;
mod need_fields;
mod needs;
mod node;
mod prepare;
mod suggest;
#[cfg(test)]
mod tests;
mod toml_text;
mod understand;

pub(crate) use draft::{Draft, Said};
pub(crate) use fields::read;
pub(crate) use need_fields::{field as need_field, hint as need_hint};
pub(crate) use needs::Wish;
pub(crate) use prepare::{Prepared, prepare};

use model::Faults;

/// The faults from the top of the description `file` to its end; then those of flags and other files.
fn in_order(mut faults: Faults, file: &str) -> Faults {
    let line = |place: &str| place.strip_prefix(file)?.strip_prefix(':')?.parse().ok();
    faults.0.sort_by_key(|fault| line(&fault.place).unwrap_or(usize::MAX));
    faults
}
