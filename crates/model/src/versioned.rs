//! What is kept on disk for years, and so has versions.

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize};

/// A durable format: values written with the version of their format beside them.
///
/// A version only ever grows: fields are added with a default, variants are added, nothing is renamed,
/// removed or given another meaning. `VERSION` is raised by every change that an older program must not
/// overlook, so that it refuses what it would misread. A format that grew is read as the present one; only
/// one that changed needs a type of its own, which `read` turns into the present one.
pub trait Versioned: Serialize + DeserializeOwned {
    /// The version that is written.
    const VERSION: u16;

    /// Reads a value that was written as `version`, which is never above `VERSION`.
    ///
    /// # Errors
    /// What is read is no such value.
    fn read<'de, D: Deserializer<'de>>(version: u16, from: D) -> Result<Self, D::Error> {
        // Every version so far only grew.
        let _ = version;
        Self::deserialize(from)
    }
}
