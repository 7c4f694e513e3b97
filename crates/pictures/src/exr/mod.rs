//! OpenEXR: files of one part or many, in rows or tiles, flat or deep.
//!
//! The container is read here, so that nothing of it goes unlooked: a file may lack chunks and yet show a
//! picture in many a viewer. Chunks are decoded by a few threads, and never more of them held than these have
//! at hand, so a picture of any size needs little memory.

mod attributes;
mod chunks;
mod deep;
pub(crate) mod head;
mod levels;
mod unpack;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use self::chunks::{Chunk, Tables, named, values};
use self::head::{Head, Part};
use self::levels::Place;
use self::unpack::Unpacker;
use crate::source::Source;
use crate::{PictureError, Sample};

/// Chunks that a thread takes at once.
const AT_ONCE: usize = 2;

/// Somebody who is shown all values.
pub(crate) trait Sink {
    /// The values of a channel in the row `y`, from the column `x` on, as seen from the upper left of the
    /// data window. Of smaller pictures in the file nothing is shown.
    fn row(&mut self, at: RowOf, bytes: &[u8]) -> Result<(), PictureError>;

    /// All channels of a row were shown.
    fn end_row(&mut self) {}
}

/// Which row of which channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowOf {
    pub(crate) part: usize,
    pub(crate) channel: usize,
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) sample: Sample,
    /// Whether there is a value for each pixel.
    pub(crate) full: bool,
}

/// What cannot be had of a file's pixels.
pub(crate) type Lacks = Option<String>;

/// Reads the whole file and shows each of `sinks`, a thread of its own, a share of all rows. Gives them back.
pub(crate) fn decode<S: Sink + Send>(
    source: &Source<'_>,
    head: &Head,
    sinks: Vec<S>,
) -> Result<(Vec<S>, Lacks), PictureError> {
    let tables = Tables::read(source, head)?;
    let work = Work { source, head, tables, next: AtomicUsize::new(0), stop: AtomicBool::new(false) };
    let done: Vec<Result<(S, Lacks), PictureError>> = std::thread::scope(|scope| {
        let mut sinks = sinks.into_iter();
        let own = sinks.next();
        let others: Vec<_> = sinks.map(|sink| scope.spawn(|| work.run(sink))).collect();
        let own = own.map(|sink| work.run(sink));
        let broke = |_| Err(PictureError::broken("its decoder broke down"));
        let others = others.into_iter().map(|thread| thread.join().unwrap_or_else(broke));
        own.into_iter().chain(others).collect()
    });
    let (mut sinks, mut lacks) = (Vec::new(), None);
    for result in done {
        let (sink, lacking) = result?;
        sinks.push(sink);
        lacks = lacks.or(lacking);
    }
    Ok((sinks, lacks))
}

struct Work<'a> {
    source: &'a Source<'a>,
    head: &'a Head,
    tables: Tables,
    /// The next chunk that nobody has taken, through all parts.
    next: AtomicUsize,
    stop: AtomicBool,
}

impl Work<'_> {
    fn run<S: Sink>(&self, mut sink: S) -> Result<(S, Lacks), PictureError> {
        let mut unpackers: Vec<Unpacker> = self.head.parts.iter().map(Unpacker::of).collect();
        let mut packed = Vec::new();
        let all: usize = (0..self.head.parts.len()).map(|part| self.tables.of(part)).sum();
        while !self.stop.load(Ordering::Relaxed) {
            let from = self.next.fetch_add(AT_ONCE, Ordering::Relaxed);
            if from >= all {
                break;
            }
            for at in from..(from + AT_ONCE).min(all) {
                self.chunk(at, &mut unpackers, &mut packed, &mut sink)
                    .inspect_err(|_| self.stop.store(true, Ordering::Relaxed))?;
            }
        }
        let lacks = unpackers.into_iter().find_map(|unpacker| unpacker.lacks);
        Ok((sink, lacks))
    }

    fn chunk(
        &self,
        at: usize,
        unpackers: &mut [Unpacker],
        packed: &mut Vec<u8>,
        sink: &mut impl Sink,
    ) -> Result<(), PictureError> {
        let (mut number, mut index) = (0, at);
        while index >= self.tables.of(number) {
            index -= self.tables.of(number);
            number += 1;
        }
        let (part, unpacker) = (&self.head.parts[number], &mut unpackers[number]);
        let chunk = self.tables.chunk(self.source, self.head, number, index)?;
        self.source.read(chunk.at, chunk.packed, packed)?;
        if unpacker.lacks.is_some() {
            return Ok(());
        }
        let unpacked = self.unpacked(part, &chunk, unpacker, packed);
        match unpacked {
            Ok(Some(bytes)) if chunk.place.full => show(number, part, &chunk.place, &bytes, sink),
            Ok(_) => Ok(()),
            Err(PictureError::Broken { what, source }) => {
                let place = named(part, &chunk.place);
                Err(PictureError::Broken { what: format!("{what} ({place})"), source })
            }
            Err(PictureError::Unsupported { what }) => {
                unpacker.lacks = Some(what);
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    fn unpacked(
        &self,
        part: &Part,
        chunk: &Chunk,
        unpacker: &mut Unpacker,
        packed: &mut Vec<u8>,
    ) -> Result<Option<Vec<u8>>, PictureError> {
        if part.deep {
            return deep::check(part, chunk, unpacker, packed).map(|()| None);
        }
        unpacker.chunk(part, &chunk.place, std::mem::take(packed)).map(Some)
    }
}

fn show(
    number: usize,
    part: &Part,
    place: &Place,
    mut bytes: &[u8],
    sink: &mut impl Sink,
) -> Result<(), PictureError> {
    for row in 0..place.size.height {
        for (channel, about) in part.channels.iter().enumerate() {
            let Some(count) = values(part, place, about, row) else { continue };
            let short = || PictureError::broken("a chunk of it has fewer bytes than it has pixels");
            let (values, rest) = bytes.split_at_checked(count * about.sample.bytes()).ok_or_else(short)?;
            bytes = rest;
            let (x, y, full) = (place.left, place.top + row, about.is_everywhere());
            sink.row(RowOf { part: number, channel, x, y, sample: about.sample, full }, values)?;
        }
        sink.end_row();
    }
    Ok(())
}
