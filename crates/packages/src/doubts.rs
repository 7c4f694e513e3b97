//! What is odd about a file that counts: what a person should look at before the film is shown.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use pictures::Finding;

use crate::outputs::Known;
use crate::verify::Verified;

/// As many earlier files tell what a file of the step has.
const NEIGHBOURS_MIN: usize = 3;
/// A file of less than this part of what they have is odd.
const SMALL: u64 = 10;
/// Clocks of filesystems go by steps.
const CLOCK_STEP: Duration = Duration::from_secs(2);

/// What is odd about a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Doubt {
    /// What is in it.
    Found(Finding),
    /// It could not be looked at, for this reason.
    Unseen(String),
    /// It has so many bytes, where others of the step have about so many.
    Small(u64, u64),
    /// It was there before the attempt.
    Stale,
}

impl Doubt {
    /// It as a sentence about the file `name`.
    pub(crate) fn of(&self, name: &str) -> String {
        format!("{name} {self}")
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(finding) => finding.fmt(f),
            Self::Unseen(why) => write!(f, "was not looked into: {why}"),
            Self::Small(bytes, usual) => {
                write!(f, "has {bytes} bytes, where earlier frames of the step have about {usual}")
            }
            Self::Stale => f.write_str("was last written before the attempt began"),
        }
    }
}

/// What is odd about the file at `path`, the worst first. Of a part of a picture what is in it does not
/// count.
pub(crate) fn doubts(path: &Path, verified: &Verified, part: bool, known: &Known) -> Vec<Doubt> {
    let found = verified.findings.iter().filter(|_| !part).cloned().map(Doubt::Found);
    let unseen = verified.unseen.iter().cloned().map(Doubt::Unseen);
    let usual = usual(&known.sizes).filter(|usual| verified.bytes < usual / SMALL);
    let small = usual.map(|usual| Doubt::Small(verified.bytes, usual));
    let stale = is_stale(path, known.begun).then_some(Doubt::Stale);
    found.chain(unseen).chain(small).chain(stale).collect()
}

/// The median, where there are enough to have one.
fn usual(sizes: &[u64]) -> Option<u64> {
    if sizes.len() < NEIGHBOURS_MIN {
        return None;
    }
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    Some(sizes[sizes.len() / 2])
}

/// Whether the file was last written before the attempt began.
pub(crate) fn is_stale(path: &Path, begun: Option<SystemTime>) -> bool {
    let written = path.metadata().and_then(|about| about.modified()).ok();
    let before = |(written, begun): (SystemTime, SystemTime)| written + CLOCK_STEP < begun;
    written.zip(begun).is_some_and(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_small_beside_its_neighbours_and_only_beside_enough_of_them() {
        assert_eq!(usual(&[5, 900]), None);
        assert_eq!(usual(&[900, 5, 1000]), Some(900));
        let verified = |bytes| Verified {
            digest: model::Digest([0; 32]),
            bytes,
            size: None,
            findings: Vec::new(),
            unseen: None,
            thumbnail: None,
        };
        let known = Known { sizes: vec![1000, 1100, 40], ..Known::default() };
        let path = Path::new("/nowhere");
        assert_eq!(doubts(path, &verified(100), false, &known), []);
        let found = doubts(path, &verified(99), false, &known);
        let said: Vec<String> = found.iter().map(|doubt| doubt.of("a.png")).collect();
        assert_eq!(said, ["a.png has 99 bytes, where earlier frames of the step have about 1000"]);
    }
}
