//! Tests of the access role: who may do what, who gets in, and how servers join.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without, it demands")]

mod allowed;
mod joining;
mod old_journals;
mod people;
mod random;
mod scene;
mod trail;
