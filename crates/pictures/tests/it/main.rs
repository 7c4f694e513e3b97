//! Pictures of every kind: whole, cut short, broken, and what is seen of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod broken;
mod exr;
mod made;
mod plain;
mod several;
