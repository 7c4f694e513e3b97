//! Contents with a limit: what goes, what stays, and what is not kept.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use model::{Digest, JobId};
use store::{Cache, CacheUse, Claim, Content, ContentError, Linking, Quarantine};
use tempfile::{TempDir, tempdir};

const MIB: u64 = 1 << 20;
const ADA: JobId = JobId(1);
const BOB: JobId = JobId(2);

struct Host {
    folder: TempDir,
    content: Content,
    cache: Cache,
}

fn host(limit: u64) -> Host {
    let folder = tempdir().unwrap();
    let (content, cache) = opened(folder.path(), limit);
    cache.hold(ADA);
    cache.hold(BOB);
    Host { folder, content, cache }
}

fn opened(folder: &Path, limit: u64) -> (Content, Cache) {
    let content = Content::open(&folder.join("content"), Quarantine::of(folder)).unwrap();
    (content.clone(), Cache::open(content, limit).unwrap())
}

/// A file of so many bytes, unlike those of other numbers.
fn file(number: u8, bytes: u64) -> (Digest, Vec<u8>) {
    let text = vec![number; usize::try_from(bytes).unwrap()];
    (Digest(*blake3::hash(&text).as_bytes()), text)
}

/// Claims a file and brings it, as a render server does. Says what the claim was.
fn bring(cache: &Cache, holder: JobId, (digest, text): &(Digest, Vec<u8>)) -> &'static str {
    match cache.claim(holder, *digest, text.len() as u64).unwrap() {
        Claim::Here => "here",
        Claim::Aside => "aside",
        Claim::Fetch(reservation) => {
            fs::write(reservation.part(), text).unwrap();
            reservation.keep().unwrap();
            "fetched"
        }
    }
}

#[test]
fn what_was_used_least_recently_goes_first_and_what_is_held_never() {
    let Host { folder: _folder, content, cache } = host(4 * MIB);
    let files: Vec<_> = (0..6).map(|number| file(number, MIB)).collect();
    let here = || files.iter().map(|(digest, _)| content.has(*digest)).collect::<Vec<_>>();
    for (holder, number) in [(ADA, 0), (ADA, 1), (BOB, 2), (BOB, 3)] {
        assert_eq!(bring(&cache, holder, &files[number]), "fetched");
    }
    let full = CacheUse { limit: 4 * MIB, used: 4 * MIB, held: 4 * MIB };
    assert_eq!(cache.usage(), full);
    let carl = JobId(3);
    cache.hold(carl);
    assert_eq!(bring(&cache, carl, &files[4]), "aside", "all that is here is held");

    cache.release(ADA);
    assert_eq!(bring(&cache, carl, &files[0]), "here");
    assert_eq!(bring(&cache, carl, &files[4]), "fetched");
    assert_eq!(here(), [true, false, true, true, true, false], "1 was the only one that nobody held");
    cache.release(carl);
    cache.hold(ADA);
    assert_eq!(bring(&cache, ADA, &files[5]), "fetched");
    assert_eq!(here(), [false, false, true, true, true, true], "0 was used before 4");
}

#[test]
fn one_job_gets_half_of_the_room_and_what_is_larger_is_not_kept() {
    let Host { folder: _folder, cache, .. } = host(4 * MIB);
    let files: Vec<_> = (0..4).map(|number| file(number, MIB)).collect();
    let mut claims = files.iter().map(|file| bring(&cache, ADA, file));
    assert!(claims.by_ref().eq(["fetched", "fetched", "aside", "aside"]));
    assert_eq!(bring(&cache, BOB, &file(9, 3 * MIB)), "aside");
    assert_eq!(bring(&cache, BOB, &file(8, u64::from(u8::MAX))), "fetched");
    assert!(matches!(cache.claim(BOB, file(7, 1).0, u64::MAX), Ok(Claim::Aside)));
    let Host { folder: _folder, cache, .. } = host(0);
    assert_eq!(bring(&cache, ADA, &files[0]), "aside", "nothing is kept where there is no room");
}

#[test]
fn room_that_is_not_used_is_given_back() {
    let Host { folder, content, cache } = host(4 * MIB);
    let (digest, text) = file(1, 2 * MIB);
    let Ok(Claim::Fetch(reservation)) = cache.claim(ADA, digest, 2 * MIB) else { panic!("no room") };
    assert_eq!(bring(&cache, ADA, &file(2, 1)), "aside", "its half is spoken for");
    fs::write(reservation.part(), &text).unwrap();
    let part = reservation.part().to_owned();
    drop(reservation);
    assert!(!part.exists());
    assert_eq!(cache.usage().used, 0);

    // Killed while something arrived.
    let Ok(Claim::Fetch(reservation)) = cache.claim(ADA, digest, 2 * MIB) else { panic!("no room") };
    fs::write(reservation.part(), &text[..1000]).unwrap();
    let part = reservation.part().to_owned();
    std::mem::forget(reservation);
    drop(cache);
    let (_, again) = opened(folder.path(), 4 * MIB);
    assert!(!part.exists());
    assert_eq!(again.usage().used, 0);
    again.hold(ADA);
    assert_eq!(bring(&again, ADA, &(digest, text)), "fetched");
    assert!(content.has(digest));
}

#[test]
fn a_restart_knows_what_was_used_when_and_heeds_a_smaller_limit() {
    let Host { folder, content, cache } = host(6 * MIB);
    let files: Vec<_> = (0..3).map(|number| file(number, MIB)).collect();
    for (holder, file) in [ADA, ADA, BOB].into_iter().zip(&files) {
        assert_eq!(bring(&cache, holder, file), "fetched");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(bring(&cache, BOB, &files[0]), "here");
    drop(cache);
    let (_, cache) = opened(folder.path(), 2 * MIB);
    assert_eq!(cache.usage(), CacheUse { limit: 2 * MIB, used: 2 * MIB, held: 0 });
    let here: Vec<_> = files.iter().map(|(digest, _)| content.has(*digest)).collect();
    assert_eq!(here, [true, false, true]);
}

#[test]
fn a_linked_file_is_the_same_file_and_a_damaged_one_is_brought_again() {
    let Host { folder, content, cache } = host(8 * MIB);
    let (large, small) = (file(1, 2 * MIB), file(2, 10));
    assert_eq!(bring(&cache, ADA, &large), "fetched");
    assert_eq!(bring(&cache, ADA, &small), "fetched");
    let at = |name: &str| folder.path().join(name);
    let linked = cache.place(large.0, &at("linked"), Linking::Allowed).unwrap();
    let number = |path: &Path| path.metadata().unwrap().ino();
    // A filesystem that shares blocks needs no links.
    assert_eq!(linked, number(&at("linked")) == number(&content.path(large.0)));
    assert!(!cache.place(large.0, &at("own"), Linking::Never).unwrap());
    assert_ne!(number(&at("own")), number(&content.path(large.0)));
    assert!(!cache.place(small.0, &at("small"), Linking::Allowed).unwrap());
    for (name, (_, text)) in [("linked", &large), ("own", &large), ("small", &small)] {
        assert_eq!(&fs::read(at(name)).unwrap(), text, "{name}");
    }

    let path = content.path(small.0);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "another 10").unwrap();
    let placed = cache.place(small.0, &at("again"), Linking::Allowed);
    assert!(matches!(placed, Err(ContentError::Corrupt { .. })), "{placed:?}");
    assert!(!at("again").exists());
    assert_eq!(bring(&cache, ADA, &small), "fetched");
    cache.place(small.0, &at("again"), Linking::Allowed).unwrap();
}

#[test]
fn under_load_nothing_that_is_held_goes_and_the_limit_is_kept() {
    let limit = 64 * 1024;
    let Host { folder: _folder, content, cache } = host(limit);
    let files: Vec<_> = (0..40).map(|number| file(number, 512 + u64::from(number) * 97)).collect();
    let files = &files;
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (content, cache) = (content.clone(), cache.clone());
            scope.spawn(move || {
                for round in 0..60_u64 {
                    let job = JobId(100 + thread * 1000 + round);
                    cache.hold(job);
                    // Threads keep to files of their own, so that each content is claimed by one at a time.
                    let own = files.iter().skip(usize::try_from(thread).unwrap()).step_by(8);
                    let mut here = BTreeSet::new();
                    for file in own.cycle().skip(usize::try_from(round % 5).unwrap()).take(3) {
                        if bring(&cache, job, file) != "aside" {
                            here.insert(file.0);
                        }
                    }
                    assert!(cache.usage().used <= limit);
                    assert!(here.iter().all(|digest| content.has(*digest)), "held and gone");
                    cache.release(job);
                }
            });
        }
    });
    let kept: u64 =
        files.iter().filter(|(digest, _)| content.has(*digest)).map(|(_, t)| t.len() as u64).sum();
    assert_eq!(cache.usage(), CacheUse { limit, used: kept, held: 0 });
    cache.clear().unwrap();
    assert_eq!(cache.usage().used, 0);
    assert!(files.iter().all(|(digest, _)| !content.has(*digest)));
}

#[test]
fn nothing_goes_that_somebody_else_needs_too() {
    let Host { folder: _folder, content, .. } = host(0);
    let (old, new) = (file(1, MIB), file(2, MIB));
    let mut writer = content.writer().unwrap();
    writer.write(&old.1).unwrap();
    writer.commit(old.0).unwrap();
    let cache = Cache::shared(content.clone());
    cache.hold(ADA);
    assert_eq!(bring(&cache, ADA, &old), "here");
    assert_eq!(bring(&cache, ADA, &new), "fetched");
    assert_eq!(bring(&cache, ADA, &new), "here");
    cache.release(ADA);
    assert_eq!(cache.clear().unwrap(), 0);
    assert!(content.has(old.0) && content.has(new.0));
}
