//! In which order the chunks of a step start: from the position in that order to the chunk, and back.
//!
//! Both ways are arithmetic, so that a million queued chunks need no table for it.

use model::FrameOrder;

/// The chunk that starts at `position` of so many.
pub(super) fn index_at(order: FrameOrder, position: u32, count: u32) -> u32 {
    match order {
        FrameOrder::Plain => position,
        FrameOrder::EveryNth(nth) => Rounds::of(nth, count).index_at(position),
        FrameOrder::FirstLastMiddle => match position {
            0 => 0,
            1 => count - 1,
            _ => 1 + Middles::of(count - 2).index_at(position - 2),
        },
    }
}

/// Where in the order the chunk at `index` of so many starts.
pub(super) fn position_of(order: FrameOrder, index: u32, count: u32) -> u32 {
    match order {
        FrameOrder::Plain => index,
        FrameOrder::EveryNth(nth) => Rounds::of(nth, count).position_of(index),
        FrameOrder::FirstLastMiddle => match index {
            0 => 0,
            _ if index == count - 1 => 1,
            _ => 2 + Middles::of(count - 2).position_of(index - 1),
        },
    }
}

/// Every Nth first, then the ones next to those: rounds, of which the first few are longer by one.
struct Rounds {
    nth: u32,
    short: u32,
    longer: u32,
}

impl Rounds {
    const fn of(nth: u32, count: u32) -> Self {
        let nth = if nth == 0 { 1 } else { nth };
        Self { nth, short: count / nth, longer: count % nth }
    }

    const fn index_at(&self, position: u32) -> u32 {
        let in_longer = self.longer * (self.short + 1);
        if position < in_longer {
            position % (self.short + 1) * self.nth + position / (self.short + 1)
        } else {
            // Rounds that hold nothing are not met: then all positions are in longer ones.
            let rest = position - in_longer;
            rest % self.short * self.nth + self.longer + rest / self.short
        }
    }

    fn position_of(&self, index: u32) -> u32 {
        let (round, place) = (index % self.nth, index / self.nth);
        round * self.short + round.min(self.longer) + place
    }
}

/// The middle one, then the middles of what lies on both sides, and so on: a balanced tree, level by level.
/// All its levels are full but the last.
struct Middles {
    count: u32,
    /// How many levels are full.
    full: u32,
}

impl Middles {
    const fn of(count: u32) -> Self {
        Self { count, full: (count + 1).ilog2() }
    }

    fn index_at(&self, position: u32) -> u32 {
        let level = (position + 1).ilog2();
        // Which of its level it is; of the last, which of those that there are.
        let mut place = position + 1 - (1 << level);
        let (mut low, mut high) = (0, self.count);
        for depth in 0..level {
            let middle = low + (high - low) / 2;
            let left = self.in_level(middle - low, level - depth - 1, self.full - depth - 1, level);
            if place < left {
                high = middle;
            } else {
                place -= left;
                low = middle + 1;
            }
        }
        low + (high - low) / 2
    }

    fn position_of(&self, index: u32) -> u32 {
        let (mut low, mut high) = (0, self.count);
        // How many of each full level lie before, and of the last.
        let (mut level, mut before, mut before_last) = (0, 0, 0);
        loop {
            let middle = low + (high - low) / 2;
            if index == middle {
                let place = if level < self.full { before } else { before_last };
                return (1 << level) - 1 + place;
            }
            let full_below = self.full.saturating_sub(level + 1);
            before *= 2;
            if index < middle {
                high = middle;
            } else {
                before_last += middle - low + 1 - (1 << full_below);
                before += 1;
                low = middle + 1;
            }
            level += 1;
        }
    }

    /// How many of `level` lie in a part of so many, which begins `below` levels above it and has so many
    /// full ones.
    const fn in_level(&self, count: u32, below: u32, full: u32, level: u32) -> u32 {
        if level < self.full { 1 << below } else { count + 1 - (1 << full) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(order: FrameOrder, count: u32) -> Vec<u32> {
        (0..count).map(|position| index_at(order, position, count)).collect()
    }

    #[test]
    fn orders_are_what_their_names_say() {
        use FrameOrder::{EveryNth, FirstLastMiddle, Plain};
        assert_eq!(all(Plain, 4), [0, 1, 2, 3]);
        assert_eq!(all(EveryNth(4), 10), [0, 4, 8, 1, 5, 9, 2, 6, 3, 7]);
        assert_eq!(all(EveryNth(4), 3), [0, 1, 2]);
        assert_eq!(all(FirstLastMiddle, 1), [0]);
        assert_eq!(all(FirstLastMiddle, 2), [0, 1]);
        assert_eq!(all(FirstLastMiddle, 3), [0, 2, 1]);
        assert_eq!(all(FirstLastMiddle, 9), [0, 8, 4, 2, 6, 1, 3, 5, 7]);
        assert_eq!(all(FirstLastMiddle, 11), [0, 10, 5, 3, 8, 2, 4, 7, 9, 1, 6]);
    }

    #[test]
    fn every_short_list_is_gone_over_once() {
        let orders = [FrameOrder::Plain, FrameOrder::FirstLastMiddle, FrameOrder::EveryNth(2)];
        for order in orders.into_iter().chain((3..12).map(FrameOrder::EveryNth)) {
            for count in 1..200 {
                let mut indices = all(order, count);
                let back = indices.iter().map(|index| position_of(order, *index, count));
                assert!(back.eq(0..count), "{order:?} of {count} there and back");
                indices.sort_unstable();
                assert!(indices.into_iter().eq(0..count), "{order:?} of {count} meets each");
            }
        }
    }

    /// The largest gap that is left when so many have started.
    fn gap(order: FrameOrder, started: u32, count: u32) -> u32 {
        let mut seen: Vec<u32> = (0..started).map(|position| index_at(order, position, count)).collect();
        seen.sort_unstable();
        seen.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(count)
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(count in 1..10_000_000_u32, at: u32, nth in 2..5_000_u32) {
            let position = at % count;
            for order in [FrameOrder::Plain, FrameOrder::FirstLastMiddle, FrameOrder::EveryNth(nth)] {
                let index = index_at(order, position, count);
                prop_assert!(index < count);
                prop_assert_eq!(position_of(order, index, count), position, "{:?}", order);
                prop_assert_eq!(index_at(order, position_of(order, position, count), count), position);
            }
        }

        #[test]
        fn the_middles_leave_no_large_gap(count in 20..50_000_u32, levels in 1..6_u32) {
            // After both ends and so many full levels, no gap is larger than an even share.
            let gap = gap(FrameOrder::FirstLastMiddle, 1 + (1 << levels.min((count - 1).ilog2())), count);
            prop_assert!(gap <= count.div_ceil(1 << levels.min((count - 1).ilog2())) + 1, "{gap}");
        }
    }
}
