//! Reading the fields of a query, each as a pair of texts, with every fault of all of them at once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::{Fault, Faults, nearest};

/// The fields of a query that are still to be read.
pub(super) struct Fields {
    left: BTreeMap<String, String>,
    known: Vec<&'static str>,
    pub(super) faults: Faults,
}

impl Fields {
    /// A field that is empty counts as absent; of one that is given twice the second is a fault.
    pub(super) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut left, mut faults) = (BTreeMap::new(), Faults::default());
        for (name, value) in pairs {
            if left.contains_key(&name) {
                faults.push(Fault::new(&name, "it is given twice"));
            }
            left.insert(name, value);
        }
        Self { left, known: Vec::new(), faults }
    }

    /// The field called `name` as it is.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.left.remove(name).filter(|value| !value.is_empty())
    }

    /// The field called `name`, read.
    pub(super) fn read<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.push(Fault::new(name, format!("{text:?} is nothing it can be: {error}")));
                None
            }
        }
    }

    /// The words of the field called `name`, between commas.
    pub(super) fn words<T: Word>(&mut self, name: &'static str) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.filter_map(|word| T::of(word).map_err(|fault| self.fault(name, fault)).ok()).collect()
    }

    /// The word of the field called `name`.
    pub(super) fn word<T: Word>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        T::of(&text).map_err(|fault| self.fault(name, fault)).ok()
    }

    pub(super) fn fault(&mut self, name: &str, (what, hint): (String, String)) {
        self.faults.push(Fault::new(name, what).hint(hint));
    }

    /// `value`, where nothing is wrong and nothing is left over.
    pub(super) fn done<T>(mut self, value: T) -> Result<T, Faults> {
        for name in self.left.keys() {
            let what = "there is no such field";
            let near = nearest(name, self.known.iter().copied()).map(|near| format!("did you mean {near}? "));
            let hint = format!("{}there are {}", near.unwrap_or_default(), self.known.join(", "));
            self.faults.push(Fault::new(name, what).hint(hint));
        }
        self.faults.or(value)
    }
}

/// What has a few values, each with a word for it.
pub(super) trait Word: Copy + PartialEq + 'static {
    /// Its values with their words.
    const ALL: &'static [(Self, &'static str)];

    /// The value of a word, or what is wrong with it and what there is.
    fn of(text: &str) -> Result<Self, (String, String)> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text).map(|(value, _)| *value);
        found.ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|(_, word)| *word).collect();
            (format!("{text:?} is none of its values"), format!("there are {}", words.join(", ")))
        })
    }

    /// Its word.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or("", |(_, word)| *word)
    }
}

/// Words with commas between them.
pub(super) fn list<T: Word>(values: &[T]) -> String {
    values.iter().map(|value| value.word()).collect::<Vec<_>>().join(",")
}

/// Adds a field to a query, where it says something.
pub(super) fn push(pairs: &mut Vec<(&'static str, String)>, name: &'static str, value: Option<String>) {
    pairs.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value)));
}
