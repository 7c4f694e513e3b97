//! The one binary.
mod describe;
fn main() {}
