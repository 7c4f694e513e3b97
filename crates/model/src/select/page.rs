//! A page of a list: so many items, and where the next page begins.
//!
//! A page begins behind the last item of the one before, not after so many: what is added or goes meanwhile
//! makes nobody see an item twice or miss one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::{Fields, Word, push};

/// Items of a page where nobody says how many.
const USUAL: usize = 100;
/// Items of the largest page.
const MOST: usize = 1_000;

/// Some of the items of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// What to ask for `after` this page; absent on the last.
    pub next: Option<String>,
}

/// Where an item stands in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What the list is sorted by, where that are numbers.
    pub numbers: [i64; 2],
    /// What it is sorted by, where that is text.
    pub text: String,
    /// Tells items apart that are alike in what the list is sorted by.
    pub id: u64,
}

impl Place {
    /// The place of an item by its number alone.
    #[must_use]
    pub const fn of(numbers: [i64; 2], id: u64) -> Self {
        Self { numbers, text: String::new(), id }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, two] = self.numbers;
        write!(f, "{one}.{two}.{}.{}", self.id, self.text)
    }
}

/// Text that is no former `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has to be the `next` of a page")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.splitn(4, '.');
        let mut part = || parts.next().ok_or(NoPlace);
        let (one, two, id) = (part()?, part()?, part()?);
        let number = |text: &str| text.parse().map_err(|_| NoPlace);
        let numbers = [number(one)?, number(two)?];
        Ok(Self { numbers, id: id.parse().map_err(|_| NoPlace)?, text: part()?.to_owned() })
    }
}

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWish {
    /// How many items at most.
    pub limit: usize,
    /// Those behind this place.
    pub after: Option<Place>,
}

impl Default for PageWish {
    fn default() -> Self {
        Self { limit: USUAL, after: None }
    }
}

impl PageWish {
    /// The largest pages.
    #[must_use]
    pub const fn largest() -> Self {
        Self { limit: MOST, after: None }
    }

    pub(super) fn read(fields: &mut Fields) -> Self {
        let limit = fields.read("limit").unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            fields.fault("limit", (format!("a page has no {limit} items"), format!("from 1 to {MOST}")));
        }
        Self { limit, after: fields.read("after") }
    }

    pub(super) fn write(&self, pairs: &mut Vec<(&'static str, String)>) {
        pairs.push(("limit", self.limit.to_string()));
        push(pairs, "after", self.after.as_ref().map(ToString::to_string));
    }

    /// The page of a list, whose items are given in no order, each with its place and with what makes it.
    /// `down` turns the order round. What is not on the page is not made.
    pub fn cut<K, T>(
        &self,
        down: bool,
        all: impl IntoIterator<Item = (Place, K)>,
        mut make: impl FnMut(K) -> Option<T>,
    ) -> Page<T> {
        let mut total = 0;
        let is_behind = |place: &Place| match &self.after {
            None => true,
            Some(after) if down => place < after,
            Some(after) => place > after,
        };
        let counted = all.into_iter().inspect(|_| total += 1);
        let mut left: Vec<(Place, K)> = counted.filter(|(place, _)| is_behind(place)).collect();
        let order = |one: &(Place, K), two: &(Place, K)| match down {
            true => two.0.cmp(&one.0),
            false => one.0.cmp(&two.0),
        };
        let more = left.len() > self.limit;
        if more {
            left.select_nth_unstable_by(self.limit, order);
            left.truncate(self.limit);
        }
        left.sort_unstable_by(order);
        let next = left.last().filter(|_| more).map(|(place, _)| place.to_string());
        Page { items: left.into_iter().filter_map(|(_, kept)| make(kept)).collect(), total, next }
    }
}

/// What a list is sorted by, and whether it is turned round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorted<F> {
    /// What by.
    pub by: F,
    /// The last first.
    pub down: bool,
}

pub(super) fn read_sorted<F: Word + Default>(fields: &mut Fields) -> Sorted<F> {
    let Some(text) = fields.text("sort") else { return Sorted::default() };
    let (down, name) = match text.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text.as_str()),
    };
    match F::of(name) {
        Ok(by) => Sorted { by, down },
        Err(fault) => {
            fields.fault("sort", fault);
            Sorted::default()
        }
    }
}

pub(super) fn write_sorted<F: Word + Default>(sorted: Sorted<F>, pairs: &mut Vec<(&'static str, String)>) {
    let minus = if sorted.down { "-" } else { "" };
    if sorted != Sorted::default() {
        pairs.push(("sort", format!("{minus}{}", sorted.by.word())));
    }
}
