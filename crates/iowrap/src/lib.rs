//! The I/O wrapper (requirement R10, figure 15, table 1 of the seed): a library that is preloaded into an
//! unmodified rendering package and takes its file operations. Files named by their original paths are found
//! below a base folder, and what is made lands there where the folder stands there already.
//!
//! It relocates and nothing else: a program that wants to see other files can. What keeps customers apart are
//! walls of the system.
//!
//! The wrapper itself stands in `shim/` and is compiled without the standard library, since it runs inside of
//! other people's programs: it allocates nothing, keeps `errno`, and may be called in a forked child or by
//! any thread. Two things are otherwise than in table 1: a path is made plain before it is mapped, as `/..`
//! would lead out of the base, and the new name of a link or a renaming is mapped whether the old one was or
//! not, so that what a package writes elsewhere first still lands below the base. Not covered: programs that
//! are linked statically or call the system themselves, `execl` and its kin, and what has no path but a name
//! (`shm_open`, `sem_open`, `mq_open`).

use std::io;
use std::path::Path;

/// The library, as it is to be written to a file.
pub const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libframefarm_iowrap.so"));

/// Names the base folder, absolute.
pub const BASE_VARIABLE: &str = "ROD_BASEDIR";

/// Says where the folders of other platforms stand: one `FROM=TO` a line. `FROM` is the beginning of a path
/// (`P:\proj`, `\\server\share`, `/Volumes/proj`), whose letters and slashes may be of either kind; `TO` is
/// absolute.
pub const RULES_VARIABLE: &str = "ROD_PATHMAP";

/// A longer value of a variable is not understood, in bytes with its name.
pub const LONGEST: usize = 4095;

/// Where it is `1`, a file that is not there is looked for under names that differ in the case of letters.
pub const ANY_CASE_VARIABLE: &str = "ROD_NOCASE";

/// The variable by which the loader is told of the library.
pub const PRELOAD_VARIABLE: &str = "LD_PRELOAD";

/// Writes the library to `path`, where it stands whole or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|there| there == LIBRARY) {
        return Ok(());
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&beside, LIBRARY)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
#[path = "../shim/name.rs"]
#[allow(dead_code, unsafe_code, missing_docs, unreachable_pub)]
mod name;
#[cfg(test)]
mod tests;
