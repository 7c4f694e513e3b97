//! What was seen of the pixels of a picture so far: the one pass that judges and makes it small.

use model::Size;

use crate::shrink::{Role, Shrink};
use crate::{Blank, Tally};

/// Which channels are the picture that people mean.
#[derive(Clone, Debug)]
pub(crate) struct Beauty {
    /// The part that they are of.
    pub(crate) part: usize,
    /// What each channel of that part is in it.
    pub(crate) roles: Vec<Option<Role>>,
}

/// What was seen of some rows of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) beauty: Option<Beauty>,
    /// By part and channel.
    pub(crate) tallies: Vec<Vec<Tally>>,
    pub(crate) shrink: Option<Shrink>,
    pub(crate) not_numbers: u64,
    /// Of the row at hand, which pixels are no numbers; empty where all are.
    odd: Vec<bool>,
}

impl Seen {
    /// Nothing yet, of parts with so many channels. A small picture of `widest` at most is made of one of
    /// `size`.
    pub(crate) fn new(
        channels: impl Iterator<Item = usize>,
        beauty: Option<Beauty>,
        size: Size,
        widest: Option<u32>,
    ) -> Self {
        let shrink = beauty.as_ref().zip(widest).map(|(beauty, widest)| {
            let has = |role| beauty.roles.contains(&Some(role));
            Shrink::new(size, widest, has(Role::Grey), has(Role::Alpha))
        });
        let tallies = channels.map(|count| vec![Tally::default(); count]).collect();
        Self { beauty, tallies, shrink, not_numbers: 0, odd: Vec::new() }
    }

    /// Whether the small picture is to be a PNG.
    pub(crate) fn lossless(mut self, lossless: bool) -> Self {
        if let Some(shrink) = &mut self.shrink {
            shrink.lossless = lossless;
        }
        self
    }

    /// Values of a channel that has not one for each pixel.
    pub(crate) fn tally(&mut self, part: usize, channel: usize, row: &[f32]) {
        self.tallies[part][channel].row(row);
    }

    /// The values of a channel in a row, as seen from the upper left of the picture.
    pub(crate) fn row(&mut self, part: usize, channel: usize, x: i64, y: i64, row: &[f32]) {
        let finite = self.tallies[part][channel].row(row);
        let beauty = self.beauty.as_ref().filter(|beauty| beauty.part == part);
        let Some(role) = beauty.and_then(|beauty| beauty.roles[channel]) else { return };
        if !finite && role != Role::Alpha {
            self.odd.resize(self.odd.len().max(row.len()), false);
            for (odd, value) in self.odd.iter_mut().zip(row) {
                *odd |= !value.is_finite();
            }
        }
        if let Some(shrink) = &mut self.shrink {
            shrink.row(role, x, y, row);
        }
    }

    /// All channels of a row have been seen.
    pub(crate) fn end_row(&mut self) {
        if !self.odd.is_empty() {
            self.not_numbers += self.odd.iter().filter(|odd| **odd).count() as u64;
            self.odd.clear();
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (mine, theirs) in self.tallies.iter_mut().flatten().zip(other.tallies.iter().flatten()) {
            mine.add(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.shrink, other.shrink) {
            mine.add(theirs);
        }
        self.not_numbers += other.not_numbers;
    }

    /// Whether the picture is of one colour; alpha does not count.
    pub(crate) fn blank(&self) -> Option<Blank> {
        let colours = self.of_beauty(|role| role != Role::Alpha);
        let values: Vec<f32> = colours.map(Tally::one_value).collect::<Option<_>>()?;
        match values.as_slice() {
            [] => None,
            values if values.iter().all(|value| *value == 0.0) => Some(Blank::Black),
            _ => Some(Blank::OneColour(values)),
        }
    }

    /// Whether there is alpha, and all of it is empty.
    pub(crate) fn alpha_empty(&self) -> bool {
        self.of_beauty(|role| role == Role::Alpha).any(|alpha| alpha.one_value() == Some(0.0))
    }

    /// Red before green before blue, whatever the order of the file.
    fn of_beauty(&self, wanted: impl Fn(Role) -> bool) -> impl Iterator<Item = &Tally> {
        let beauty = self.beauty.iter().flat_map(|beauty| {
            let tallies = &self.tallies[beauty.part];
            beauty.roles.iter().zip(tallies).filter_map(|(role, tally)| Some(((*role)?, tally)))
        });
        let mut found: Vec<_> = beauty.filter(|(role, _)| wanted(*role)).collect();
        found.sort_by_key(|(role, _)| role.plane());
        found.into_iter().map(|(_, tally)| tally)
    }
}

/// Which of the channels `names` are the picture that people mean: plain red, green and blue, else those of
/// the layer that is called so, else the first that has all three, else the only thing there is.
pub(crate) fn roles(names: &[&str]) -> Option<Vec<Option<Role>>> {
    let layers = layers(names);
    let rank = |prefix: &str| {
        let name = prefix.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "" => 0,
            "combined" | "beauty" | "rgba" | "rgb" | "c" => 1,
            _ => 2,
        }
    };
    let prefix = layers.into_iter().min_by_key(|prefix| rank(prefix));
    let role = |name: &str, prefix: &str| match short(name.strip_prefix(prefix)?)? {
        'r' => Some(Role::Red),
        'g' => Some(Role::Green),
        'b' => Some(Role::Blue),
        'a' => Some(Role::Alpha),
        _ => None,
    };
    if let Some(prefix) = prefix {
        return Some(names.iter().map(|name| role(name, prefix)).collect());
    }
    let luminance = names.iter().position(|name| ["Y", "V"].contains(name) || name.ends_with(".Y"));
    let grey = luminance.or((!names.is_empty()).then_some(0))?;
    let alpha = |name: &str| luminance.is_some() && name == "A";
    let role = |(i, name): (usize, &&str)| match i == grey {
        true => Some(Role::Grey),
        false => alpha(name).then_some(Role::Alpha),
    };
    Some(names.iter().enumerate().map(role).collect())
}

/// What stands before the names of red, green and blue, of each layer that has all three.
fn layers<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let reds = names.iter().filter_map(|name| {
        let prefix = &name[..name.rfind('.').map_or(0, |at| at + 1)];
        (short(&name[prefix.len()..])? == 'r').then_some(prefix)
    });
    let has = |prefix: &str, wanted: char| {
        let rest = |name: &&str| name.strip_prefix(prefix).and_then(short) == Some(wanted);
        names.iter().any(rest)
    };
    reds.filter(|prefix| has(prefix, 'g') && has(prefix, 'b')).collect()
}

/// A channel's name without its layer, as a letter.
fn short(name: &str) -> Option<char> {
    match name {
        "R" | "r" | "red" | "Red" => Some('r'),
        "G" | "g" | "green" | "Green" => Some('g'),
        "B" | "b" | "blue" | "Blue" => Some('b'),
        "A" | "a" | "alpha" | "Alpha" => Some('a'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> String {
        let letter = |role: Option<Role>| match role {
            Some(Role::Red) => 'r',
            Some(Role::Green) => 'g',
            Some(Role::Blue) => 'b',
            Some(Role::Alpha) => 'a',
            Some(Role::Grey) => 'y',
            None => '-',
        };
        roles(names).map_or_else(String::new, |roles| roles.into_iter().map(letter).collect())
    }

    #[test]
    fn the_picture_that_people_mean_is_found_among_layers() {
        assert_eq!(found(&["A", "B", "G", "R", "Z"]), "abgr-");
        assert_eq!(found(&["V.Normal.B", "V.Normal.G", "V.Normal.R", "B", "G", "R"]), "---bgr");
        let blender = ["L.Combined.A", "L.Combined.B", "L.Combined.G", "L.Combined.R", "L.AO.B", "L.AO.G"];
        assert_eq!(found(&[&blender[..], &["L.AO.R", "L.Depth.Z"]].concat()), "abgr----");
        assert_eq!(found(&["N.B", "N.G", "N.R", "beauty.blue", "beauty.green", "beauty.red"]), "---bgr");
        assert_eq!(found(&["A", "BY", "RY", "Y"]), "a--y");
        assert_eq!(found(&["Z"]), "y");
        assert_eq!(found(&["R", "Z"]), "y-", "red alone is a picture in one channel");
        assert_eq!(found(&[]), "");
    }

    #[test]
    fn a_pixel_that_is_no_number_in_two_channels_is_one_pixel() {
        let beauty = Beauty { part: 0, roles: roles(&["R", "G", "B"]).unwrap() };
        let size = Size { width: 3, height: 1 };
        let mut seen = Seen::new([3].into_iter(), Some(beauty), size, Some(320));
        seen.row(0, 0, 0, 0, &[f32::NAN, 0.0, 0.0]);
        seen.row(0, 1, 0, 0, &[f32::NAN, 0.0, f32::INFINITY]);
        seen.row(0, 2, 0, 0, &[0.0; 3]);
        seen.end_row();
        assert_eq!(seen.not_numbers, 2);
        assert_eq!(seen.blank(), None);
    }
}
