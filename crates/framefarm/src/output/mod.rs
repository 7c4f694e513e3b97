//! What the commands print: data on stdout as table, JSON or names; everything said to people on stderr.

mod amounts;
mod exit;
mod failure;
mod table;
mod talk;

pub(crate) use amounts::{ago, bytes, clock, duration, percent, plural};
pub(crate) use exit::Exit;
pub(crate) use failure::Failure;
pub(crate) use table::{Cell, Facts, Table};
pub(crate) use talk::{Talk, json, line, text};
