//! The store against a real disk: what survives, what is refused, and what is said then.

mod attempt_logs;
mod content;
mod data_folder;
mod journal;
mod journal_model;
mod record_log;
mod results;
