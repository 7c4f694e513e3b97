//! What is counted of the values of a channel while they go by.

/// Values looked at together, so that the compiler makes vectors of them.
const LANES: usize = 8;

/// What was seen of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    /// The least number, where there is one.
    pub least: f32,
    /// The greatest number, where there is one.
    pub greatest: f32,
    /// Values that are no numbers.
    pub nan: u64,
    /// Values that are infinite.
    pub infinite: u64,
    /// All values.
    pub values: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { least: f32::INFINITY, greatest: f32::NEG_INFINITY, nan: 0, infinite: 0, values: 0 }
    }
}

impl Tally {
    /// Counts `row`; says whether all of it are finite numbers.
    pub(crate) fn row(&mut self, row: &[f32]) -> bool {
        let mut least = [f32::INFINITY; LANES];
        let mut greatest = [f32::NEG_INFINITY; LANES];
        let mut odd = [0u32; LANES];
        let (blocks, rest) = row.as_chunks::<LANES>();
        for block in blocks {
            for i in 0..LANES {
                let value = block[i];
                least[i] = if value < least[i] { value } else { least[i] };
                greatest[i] = if value > greatest[i] { value } else { greatest[i] };
                odd[i] += u32::from(!value.is_finite());
            }
        }
        let finite = odd.iter().all(|count| *count == 0) && rest.iter().all(|value| value.is_finite());
        self.values += row.len() as u64;
        if finite {
            let all = |edges: [f32; LANES]| edges.into_iter().chain(rest.iter().copied());
            self.least = all(least).fold(self.least, f32::min);
            self.greatest = all(greatest).fold(self.greatest, f32::max);
            return true;
        }
        for value in row.iter().copied() {
            if value.is_nan() {
                self.nan += 1;
            } else if value.is_infinite() {
                self.infinite += 1;
            } else {
                self.least = self.least.min(value);
                self.greatest = self.greatest.max(value);
            }
        }
        false
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.values += other.values;
    }

    /// The value that all of it has, where it is one.
    pub(crate) fn one_value(&self) -> Option<f32> {
        let one = self.values > 0 && self.nan + self.infinite == 0 && self.least == self.greatest;
        one.then_some(self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_counted_and_left_out_of_the_range() {
        let mut row: Vec<f32> = (0..37u8).map(f32::from).collect();
        let mut tally = Tally::default();
        assert!(tally.row(&row));
        assert_eq!((tally.least, tally.greatest, tally.values), (0.0, 36.0, 37));
        row[3] = f32::NAN;
        row[36] = f32::NEG_INFINITY;
        row[0] = -2.5;
        assert!(!tally.row(&row));
        assert_eq!((tally.least, tally.greatest, tally.nan, tally.infinite), (-2.5, 36.0, 1, 1));
        assert_eq!(tally.one_value(), None);
        let mut flat = Tally::default();
        flat.row(&[0.25; 11]);
        assert_eq!(flat.one_value(), Some(0.25));
        assert_eq!(Tally::default().one_value(), None, "of nothing nothing is known");
    }
}
