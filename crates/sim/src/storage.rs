//! The network data storage: what attempts brought, what was published, and the sums of ended jobs.

use std::collections::BTreeMap;

use model::{Digest, Grant, JobId, LeaseId, Output};

/// File names and what they hold.
pub(crate) type Folder = BTreeMap<String, Digest>;

/// What came of a try to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    Whole,
    /// Neither the intake nor the folder holds all that is named.
    Missing,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Storage {
    pub(crate) intake: BTreeMap<LeaseId, Vec<Output>>,
    pub(crate) folders: BTreeMap<String, Folder>,
    pub(crate) sums: BTreeMap<JobId, Folder>,
}

impl Storage {
    /// Moves up to `most` files of a lease to a folder, as a publication that may be killed on its way; what
    /// came of it, and whether anything was moved.
    pub(crate) fn publish(
        &mut self,
        lease: LeaseId,
        folder: &str,
        outputs: &[Output],
        most: usize,
    ) -> (Moved, bool) {
        let folder = self.folders.entry(folder.to_owned()).or_default();
        let intake = self.intake.entry(lease).or_default();
        let mut moved = false;
        for output in outputs.iter().take(most) {
            if let Some(at) = intake.iter().position(|one| one == output) {
                intake.remove(at);
                folder.insert(output.name.clone(), output.digest);
                moved = true;
            }
        }
        if intake.is_empty() {
            self.intake.remove(&lease);
        }
        let whole = |output: &Output| folder.get(&output.name) == Some(&output.digest);
        (if outputs.iter().all(whole) { Moved::Whole } else { Moved::Missing }, moved)
    }

    pub(crate) fn holds(&self, folder: &str, outputs: &[Output]) -> bool {
        let folder = self.folders.get(folder);
        outputs.iter().all(|one| folder.is_some_and(|files| files.get(&one.name) == Some(&one.digest)))
    }
}

/// What an attempt makes: the same names in each attempt of a frame, with other contents, so that it shows
/// whose are in the folder.
pub(crate) fn outputs_of(grant: &Grant) -> Vec<Output> {
    let output = |number: i64| {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&grant.lease.0.to_be_bytes());
        digest[8..16].copy_from_slice(&number.to_be_bytes());
        Output {
            name: format!("scene-{}.{number:04}.png", grant.frame.step),
            digest: Digest(digest),
            bytes: 1_000,
            size: None,
            thumbnail: None,
        }
    };
    std::iter::once(grant.number).chain(grant.more.iter().copied()).map(output).collect()
}
