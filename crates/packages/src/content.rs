//! The digest of a file, read piece by piece.

use std::fs::File;
use std::io;
use std::path::Path;

use model::Digest;

/// Digest and size in bytes of the file at `path`.
///
/// # Errors
/// Where it cannot be read.
pub fn digest_file(path: &Path) -> io::Result<(Digest, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok((Digest(*hasher.finalize().as_bytes()), hasher.count()))
}
