//! The program from outside: the real binary, real processes and sockets, the real POV-Ray; and the house
//! rules.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod e2e;
mod netns;
mod tidy;
