//! Contents with a limit: what a render host keeps of the files of jobs, to have them at hand for the next.
//!
//! What was used least recently goes first. What a *holder* (a job that stands on this host) uses stays, and
//! a holder gets at most half of the room, so that one job never drives out everything: what is more than
//! that, or finds no room, has to be brought to where it is used and is not kept. Nothing of this is written
//! down: the files say themselves what is there, and their time of access when they were used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use model::{Digest, JobId};
use rustix::fs::ioctl_ficlone;

use crate::{Content, ContentError, FileError};

/// A holder gets this part of the room.
const SHARE: u64 = 2;
/// Smaller files are copied rather than linked.
const LINK_LEAST: u64 = 1 << 20;

/// Contents with a limit. Clones are the same cache and may be used from several threads.
#[derive(Clone, Debug)]
pub struct Cache {
    content: Content,
    limit: u64,
    /// The folder is a server's of this process that needs all that is in it: nothing is removed.
    shared: bool,
    index: Arc<Mutex<Index>>,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Bytes that may be kept.
    pub limit: u64,
    /// Bytes that are kept or on their way.
    pub used: u64,
    /// Those of them that jobs on this host use.
    pub held: u64,
}

/// What is to be done for a content.
#[derive(Debug)]
pub enum Claim {
    /// It is here and stays while its holder does.
    Here,
    /// There is room for it; whoever claimed it brings it.
    Fetch(Reservation),
    /// It is not here and will not be kept.
    Aside,
}

/// Whether files may share their bytes with the cache under a second name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// They may: whoever uses them can neither change them nor who may.
    Allowed,
    /// They may not.
    Never,
}

/// Room for a content that is being brought. Dropping it gives the room back.
#[derive(Debug)]
pub struct Reservation {
    cache: Cache,
    holder: JobId,
    digest: Digest,
    bytes: u64,
    part: PathBuf,
    kept: bool,
}

#[derive(Debug, Default)]
struct Index {
    entries: BTreeMap<Digest, Entry>,
    /// What nobody holds, by when it was used.
    idle: BTreeSet<(SystemTime, Digest)>,
    holders: BTreeMap<JobId, Holder>,
    /// Bytes of entries and reservations.
    used: u64,
}

#[derive(Debug)]
struct Entry {
    bytes: u64,
    used_at: SystemTime,
    holders: BTreeSet<JobId>,
}

#[derive(Debug, Default)]
struct Holder {
    contents: BTreeSet<Digest>,
    /// Bytes of contents and reservations.
    bytes: u64,
}

impl Cache {
    /// Takes over what `content` has, and removes of it what is over `limit`.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn open(content: Content, limit: u64) -> Result<Self, ContentError> {
        let mut index = Index::default();
        for (digest, bytes, used_at) in content.all()? {
            index.used += bytes;
            index.idle.insert((used_at, digest));
            index.entries.insert(digest, Entry { bytes, used_at, holders: BTreeSet::new() });
        }
        let cache = Self { content, limit, shared: false, index: Arc::new(Mutex::new(index)) };
        cache.shrink_to(&mut cache.index(), limit)?;
        Ok(cache)
    }

    /// All that is in `content`, which somebody else needs too: nothing of it is ever removed.
    #[must_use]
    pub fn shared(content: Content) -> Self {
        Self { content, limit: u64::MAX, shared: true, index: Arc::default() }
    }

    /// Bytes of what is in the folder of `content`, before a limit is set.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn bytes_in(content: &Content) -> Result<u64, ContentError> {
        Ok(content.all()?.iter().map(|(_, bytes, _)| bytes).sum())
    }

    /// `holder` stands on this host from now on.
    pub fn hold(&self, holder: JobId) {
        self.index().holders.entry(holder).or_default();
    }

    /// `holder` does not need anything any more.
    pub fn release(&self, holder: JobId) {
        let mut index = self.index();
        let Some(Holder { contents, .. }) = index.holders.remove(&holder) else { return };
        for digest in contents {
            let Some(entry) = index.entries.get_mut(&digest) else { continue };
            entry.holders.remove(&holder);
            if entry.holders.is_empty() {
                let used_at = entry.used_at;
                index.idle.insert((used_at, digest));
            }
        }
    }

    /// What is to be done so that `holder` has the content `digest` of so many `bytes`.
    ///
    /// # Errors
    /// [`ContentError::File`] where something that has to go cannot be removed.
    pub fn claim(&self, holder: JobId, digest: Digest, bytes: u64) -> Result<Claim, ContentError> {
        if self.shared && self.content.has(digest) {
            return Ok(Claim::Here);
        }
        let mut index = self.index();
        if index.entries.contains_key(&digest) {
            if self.content.has(digest) {
                index.use_now(holder, digest);
                drop(index);
                self.touch(digest);
                return Ok(Claim::Here);
            }
            index.forget(digest);
        }
        let held = index.holders.get(&holder).map_or(0, |holder| holder.bytes);
        let fits = held.saturating_add(bytes) <= self.limit / SHARE;
        if !fits || !index.can_make_room(bytes, self.limit) {
            return Ok(Claim::Aside);
        }
        self.shrink_to(&mut index, self.limit - bytes)?;
        index.used += bytes;
        if let Some(holder) = index.holders.get_mut(&holder) {
            holder.bytes += bytes;
        }
        let (cache, part) = (self.clone(), self.content.part());
        Ok(Claim::Fetch(Reservation { cache, holder, digest, bytes, part, kept: false }))
    }

    /// Lets `holder` hold those of `digests` that are here.
    pub fn hold_present(&self, holder: JobId, digests: impl Iterator<Item = Digest>) {
        self.hold(holder);
        let mut index = self.index();
        for digest in digests {
            if index.entries.contains_key(&digest) {
                index.use_now(holder, digest);
            }
        }
    }

    /// Puts a content that is here at `to`, checked: sharing its blocks where the filesystem can, as a second
    /// name of the same file where that is allowed and worth it, else as a copy. Says whether it is a second
    /// name: nobody must change such a file, or who may read it.
    ///
    /// # Errors
    /// As for [`Content::copy_to`]; a damaged content is forgotten and can be claimed again.
    pub fn place(&self, digest: Digest, to: &Path, linking: Linking) -> Result<bool, ContentError> {
        let placed = self.place_checked(digest, to, linking);
        if let Err(ContentError::Corrupt { .. } | ContentError::Missing { .. }) = &placed {
            self.index().forget(digest);
        }
        placed
    }

    fn place_checked(&self, digest: Digest, to: &Path, linking: Linking) -> Result<bool, ContentError> {
        let from = self.content.path(digest);
        if cloned(&from, to) {
            return match self.content.verify(digest) {
                Ok(()) => Ok(false),
                Err(error) => {
                    // The error already says that there is no such file.
                    let _ = std::fs::remove_file(to);
                    Err(error)
                }
            };
        }
        let worth = || from.metadata().is_ok_and(|about| about.len() >= LINK_LEAST);
        if linking == Linking::Allowed && worth() {
            self.content.verify(digest)?;
            if std::fs::hard_link(&from, to).is_ok() {
                return Ok(true);
            }
        }
        self.content.copy_to(digest, to).map(|_| false)
    }

    /// Removes all that nobody holds, for a disk that is full. Says how many bytes that were.
    ///
    /// # Errors
    /// [`ContentError::File`].
    pub fn clear(&self) -> Result<u64, ContentError> {
        let mut index = self.index();
        let before = index.used;
        self.shrink_to(&mut index, 0)?;
        Ok(before - index.used)
    }

    /// How much is kept.
    #[must_use]
    pub fn usage(&self) -> CacheUse {
        let index = self.index();
        let idle: u64 = index
            .idle
            .iter()
            .filter_map(|(_, digest)| index.entries.get(digest))
            .map(|entry| entry.bytes)
            .sum();
        CacheUse { limit: self.limit, used: index.used, held: index.used - idle }
    }

    /// Removes what nobody holds, the longest unused first, until no more than `limit` is kept.
    fn shrink_to(&self, index: &mut Index, limit: u64) -> Result<(), ContentError> {
        while !self.shared
            && index.used > limit
            && let Some((_, digest)) = index.idle.first().copied()
        {
            self.content.remove(digest)?;
            index.forget(digest);
        }
        Ok(())
    }

    /// Notes on the file itself that it was used.
    fn touch(&self, digest: Digest) {
        // Without that it goes sooner after a restart than it should.
        let times = FileTimes::new().set_accessed(SystemTime::now());
        let _ = File::open(self.content.path(digest)).and_then(|file| file.set_times(times));
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn use_now(&mut self, holder: JobId, digest: Digest) {
        let Some(entry) = self.entries.get_mut(&digest) else { return };
        self.idle.remove(&(entry.used_at, digest));
        entry.used_at = SystemTime::now();
        match self.holders.get_mut(&holder) {
            Some(held) => {
                entry.holders.insert(holder);
                if held.contents.insert(digest) {
                    held.bytes += entry.bytes;
                }
            }
            // It has gone while this was brought for it.
            None if entry.holders.is_empty() => {
                self.idle.insert((entry.used_at, digest));
            }
            None => {}
        }
    }

    fn forget(&mut self, digest: Digest) {
        let Some(Entry { bytes, used_at, holders }) = self.entries.remove(&digest) else { return };
        self.used -= bytes;
        self.idle.remove(&(used_at, digest));
        for holder in holders {
            if let Some(holder) = self.holders.get_mut(&holder)
                && holder.contents.remove(&digest)
            {
                holder.bytes -= bytes;
            }
        }
    }

    fn can_make_room(&self, bytes: u64, limit: u64) -> bool {
        let Some(mut over) = self.used.saturating_add(bytes).checked_sub(limit) else { return true };
        for (_, digest) in &self.idle {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(self.entries.get(digest).map_or(0, |entry| entry.bytes));
        }
        over == 0
    }
}

impl Reservation {
    /// Where its bytes are to be written.
    #[must_use]
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// Keeps what was written, which is known to be the content claimed.
    ///
    /// # Errors
    /// [`ContentError::Full`] or [`ContentError::File`]; nothing is kept then.
    pub fn keep(mut self) -> Result<(), ContentError> {
        let bytes = self.cache.content.keep_part(&self.part, self.digest)?;
        self.kept = true;
        let cache = self.cache.clone();
        let mut index = cache.index();
        self.give_back(&mut index);
        if !index.entries.contains_key(&self.digest) {
            index.used += bytes;
            let (used_at, holders) = (SystemTime::now(), BTreeSet::new());
            index.entries.insert(self.digest, Entry { bytes, used_at, holders });
        }
        index.use_now(self.holder, self.digest);
        Ok(())
    }

    fn give_back(&self, index: &mut Index) {
        index.used -= self.bytes;
        if let Some(holder) = index.holders.get_mut(&self.holder) {
            holder.bytes = holder.bytes.saturating_sub(self.bytes);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.kept {
            // What is left of it goes with the next opening of the folder.
            let _ = std::fs::remove_file(&self.part);
            let cache = self.cache.clone();
            self.give_back(&mut cache.index());
        }
    }
}

/// Makes `to` of the blocks of `from`, where the filesystem can share them.
fn cloned(from: &Path, to: &Path) -> bool {
    let Ok(source) = File::open(from) else { return false };
    let Ok(copy) = File::create(to).map_err(FileError::of("create", to)) else { return false };
    if ioctl_ficlone(&copy, &source).is_ok() {
        return true;
    }
    drop(copy);
    // A link needs the name to be free.
    let _ = std::fs::remove_file(to);
    false
}
