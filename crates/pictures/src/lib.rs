//! Pictures: whether a file is whole to its last pixel, what is in it, and a small one of it, in one pass.
//! And what is made of several: one put together of tiles, a mean, a comparison.
//!
//! Files come from programs that crash, fill disks and are attacked, so nothing that a file says of itself is
//! believed before it is checked, and no memory is asked for that its length does not warrant. This crate
//! must not know of jobs, packages or hosts.

mod error;
mod exr;
mod kind;
mod look;
mod picture;
mod pixels;
mod plain;
mod seen;
mod several;
mod shrink;
mod source;
mod tally;
mod tone;
mod values;
mod video;
mod whole;
mod write;

pub use error::PictureError;
pub use kind::Kind;
pub use look::{Look, THUMBNAIL_WIDTH, look, look_at, look_into};
pub use picture::{Blank, Channel, Depth, Finding, Part, Picture, Sample, Window};
pub use several::{Comparison, Grid, SeveralError, assemble, average, compare};
pub use tally::Tally;
