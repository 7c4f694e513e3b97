//! Into which chunks the pixels of a part are divided, and in which order these are listed.

use model::Size;

use super::head::Part;
use crate::PictureError;

/// How a part is cut into tiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiles {
    pub(crate) across: u32,
    pub(crate) down: u32,
    /// 0: one level, 1: each half the one before, 2: halves across and down apart.
    pub(crate) mode: u8,
    pub(crate) round_up: bool,
}

/// The levels of a part: itself and, where it has them, smaller ones of it.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    tiles: Tiles,
    all: Vec<Level>,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    number: (u32, u32),
    size: Size,
    /// Chunks of the levels before it.
    before: u64,
}

/// What a chunk is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its pixels, as seen from the upper left of its level.
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) size: Size,
    /// Whether they are the picture itself and not a smaller one of it.
    pub(crate) full: bool,
    /// What the chunk says of itself: its first row, or tile and level.
    pub(crate) says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Row(i32),
    Tile([i32; 4]),
}

impl Levels {
    pub(crate) fn of(tiles: Tiles, size: Size) -> Result<Self, PictureError> {
        if tiles.across == 0 || tiles.down == 0 || tiles.across > 1 << 20 || tiles.down > 1 << 20 {
            return Err(PictureError::broken(format!("its tiles are {}x{}", tiles.across, tiles.down)));
        }
        let smaller = |side: u32, level: u32| match tiles.round_up {
            false => (side >> level).max(1),
            true => u32::try_from(u64::from(side).div_ceil(1 << level)).unwrap_or(u32::MAX).max(1),
        };
        let count = |side: u32| match tiles.round_up {
            false => side.ilog2() + 1,
            true => side.next_power_of_two().ilog2() + 1,
        };
        let numbers: Vec<(u32, u32)> = match tiles.mode {
            0 => vec![(0, 0)],
            1 => (0..count(size.width.max(size.height))).map(|level| (level, level)).collect(),
            2 => (0..count(size.height))
                .flat_map(|down| (0..count(size.width)).map(move |across| (across, down)))
                .collect(),
            other => return Err(PictureError::broken(format!("its levels are of the kind {other}"))),
        };
        let (mut all, mut before) = (Vec::new(), 0);
        for number in numbers {
            let size = Size { width: smaller(size.width, number.0), height: smaller(size.height, number.1) };
            all.push(Level { number, size, before });
            before += tiles.in_level(size);
        }
        Ok(Self { tiles, all })
    }

    /// Pixels across and down a tile.
    pub(crate) const fn tile(&self) -> (u32, u32) {
        (self.tiles.across, self.tiles.down)
    }

    fn count(&self) -> u64 {
        self.all.last().map_or(0, |last| last.before + self.tiles.in_level(last.size))
    }

    fn place(&self, index: u64) -> Place {
        let level = self.all[self.all.partition_point(|level| level.before <= index).saturating_sub(1)];
        let columns = u64::from(level.size.width.div_ceil(self.tiles.across));
        let (row, column) = ((index - level.before) / columns, (index - level.before) % columns);
        let (left, top) = (column as u32 * self.tiles.across, row as u32 * self.tiles.down);
        let size = Size {
            width: self.tiles.across.min(level.size.width - left),
            height: self.tiles.down.min(level.size.height - top),
        };
        let (x, y) = (level.number.0.cast_signed(), level.number.1.cast_signed());
        let says = Says::Tile([column as i32, row as i32, x, y]);
        Place { left, top, size, full: level.number == (0, 0), says }
    }
}

impl Tiles {
    fn in_level(&self, size: Size) -> u64 {
        u64::from(size.width.div_ceil(self.across)) * u64::from(size.height.div_ceil(self.down))
    }
}

/// Chunks in all levels of `part`.
pub(crate) fn chunk_count(part: &Part) -> u64 {
    match &part.levels {
        Some(levels) => levels.count(),
        None => u64::from(part.data.size.height.div_ceil(part.rows())),
    }
}

impl Part {
    /// What its chunk `index` is of. The list goes by place, whatever the order of chunks in the file.
    pub(crate) fn place(&self, index: u64) -> Place {
        if let Some(levels) = &self.levels {
            return levels.place(index);
        }
        let top = index as u32 * self.rows();
        let height = self.rows().min(self.data.size.height - top);
        let says = Says::Row(self.data.top.saturating_add(top.cast_signed()));
        Place { left: 0, top, size: Size { width: self.data.size.width, height }, full: true, says }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_of_all_levels_are_listed_row_by_row() {
        let tiles = Tiles { across: 4, down: 4, mode: 1, round_up: false };
        let levels = Levels::of(tiles, Size { width: 10, height: 5 }).unwrap();
        assert_eq!(levels.count(), 6 + 2 + 1 + 1);
        let place = levels.place(5);
        assert_eq!((place.left, place.top, place.size.width, place.size.height), (8, 4, 2, 1));
        assert_eq!((place.full, levels.place(6).full), (true, false));
        assert_eq!(levels.place(7).says, Says::Tile([1, 0, 1, 1]));
        let up = Levels::of(Tiles { round_up: true, ..tiles }, Size { width: 10, height: 5 }).unwrap();
        assert_eq!(up.all.iter().map(|level| level.size.width).collect::<Vec<_>>(), [10, 5, 3, 2, 1]);
        let rip = Levels::of(Tiles { mode: 2, ..tiles }, Size { width: 4, height: 2 }).unwrap();
        let numbers: Vec<_> = rip.all.iter().map(|level| level.number).collect();
        assert_eq!(numbers, [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]);
    }
}
