//! Files that were cut off or bent: none of them ends the program, and none that was cut counts.

use std::path::PathBuf;

use pictures::Kind;
use proptest::prelude::*;

use crate::made::{all, file, look_at};

fn everything() -> Vec<(Kind, Vec<u8>)> {
    let mut files = all();
    let mut names: Vec<PathBuf> = file("").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    files.extend(names.into_iter().map(|path| (Kind::Exr, std::fs::read(path).unwrap())));
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_was_cut_off_never_counts(which in 0usize..1000, at in 0.0f64..1.0) {
        let files = everything();
        let (kind, whole) = &files[which % files.len()];
        let cut = (whole.len() as f64 * at) as usize;
        prop_assert!(look_at(&whole[..cut], *kind).is_err(), "{kind:?} cut at {cut} of {}", whole.len());
    }

    #[test]
    fn bent_files_are_refused_or_read_and_nothing_else(
        which in 0usize..1000,
        bends in prop::collection::vec((0.0f64..1.0, any::<u8>()), 1..6),
        cut in prop::option::of(0.0f64..1.0),
    ) {
        let files = everything();
        let (kind, whole) = &files[which % files.len()];
        let mut bent = whole.clone();
        for (at, flip) in bends {
            let at = (bent.len() as f64 * at) as usize;
            bent[at] ^= flip;
        }
        if let Some(cut) = cut {
            bent.truncate((bent.len() as f64 * cut) as usize);
        }
        // Whatever comes of it, it comes without a panic.
        let _ = look_at(&bent, *kind);
    }

    #[test]
    fn headers_bent_near_their_beginning_are_refused_or_read(
        which in 0usize..1000,
        at in 0usize..400,
        byte in any::<u8>(),
    ) {
        let files = everything();
        let (kind, whole) = &files[which % files.len()];
        let mut bent = whole.clone();
        let at = at % bent.len();
        bent[at] = byte;
        let _ = look_at(&bent, *kind);
    }
}

#[test]
fn numbers_that_are_far_too_large_end_nothing() {
    for (kind, whole) in everything() {
        // Any byte may be the high one of a number that room is made for.
        for at in 0..whole.len().min(1500) {
            let mut bent = whole.clone();
            bent[at] = 0x7f;
            let _ = look_at(&bent, kind);
        }
    }
}

#[test]
fn a_file_that_lacks_its_last_bytes_never_counts() {
    for (kind, whole) in everything() {
        for less in 1..whole.len().min(40) {
            let cut = &whole[..whole.len() - less];
            assert!(look_at(cut, kind).is_err(), "{kind:?} of {} bytes less {less}", whole.len());
        }
    }
}
