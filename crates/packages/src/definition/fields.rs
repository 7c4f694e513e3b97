//! Takes the keys of a table for what they should be, and keeps every fault with its place.

use std::cell::{Cell, RefCell};

use model::{Fault, Faults, nearest};

use super::node::{Entry, Node, Place, Value};

/// Where faults are kept while a definition is read.
#[derive(Default)]
pub(crate) struct Reader {
    faults: RefCell<Vec<(Place, Fault)>>,
}

impl Reader {
    /// Keeps a fault at `place`.
    pub(crate) fn fault(&self, place: &Place, what: impl Into<String>) {
        self.keep(place, Fault::new(place.to_string(), what));
    }

    /// The same, with what to do about it.
    pub(crate) fn fault_with(&self, place: &Place, what: impl Into<String>, hint: impl Into<String>) {
        self.keep(place, Fault::new(place.to_string(), what).hint(hint));
    }

    /// What several readings of the same line find is said once.
    fn keep(&self, place: &Place, fault: Fault) {
        let mut faults = self.faults.borrow_mut();
        if !faults.iter().any(|(_, other)| *other == fault) {
            faults.push((place.clone(), fault));
        }
    }

    /// All that was found, from the top of the file to its end.
    pub(crate) fn into_faults(self) -> Faults {
        let mut faults = self.faults.into_inner();
        faults.sort_by(|(one, _), (other, _)| one.cmp(other));
        Faults(faults.into_iter().map(|(_, fault)| fault).collect())
    }

    fn wrong(&self, node: &Node, wanted: &str) {
        self.fault(&node.place, format!("{wanted} is wanted here, not {}", node.value.kind()));
    }
}

/// Something that a value of a definition can be read as.
pub(crate) trait FromNode: Sized {
    /// Reads it, or leaves a fault.
    fn read(node: &Node, reader: &Reader) -> Option<Self>;
}

/// The keys of a table, each to be taken once.
pub(crate) struct Fields<'a> {
    reader: &'a Reader,
    place: Place,
    entries: &'a [Entry],
    known: RefCell<Vec<&'static str>>,
    sound: Cell<bool>,
}

impl<'a> Fields<'a> {
    /// The table `node`.
    pub(crate) fn of(node: &'a Node, reader: &'a Reader) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            reader.wrong(node, "a table");
            return None;
        };
        Some(Self {
            reader,
            place: node.place.clone(),
            entries,
            known: RefCell::default(),
            sound: Cell::new(true),
        })
    }

    /// The value of `key`.
    pub(crate) fn node(&self, key: &'static str) -> Option<&'a Node> {
        if !self.known.borrow().contains(&key) {
            self.known.borrow_mut().push(key);
        }
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Where `key` stands, else the table.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        self.entries.iter().find(|entry| entry.key == key).map_or(&self.place, |entry| &entry.place).clone()
    }

    /// The value of `key`, if it is there.
    pub(crate) fn get<T: FromNode>(&self, key: &'static str) -> Option<T> {
        let node = self.node(key)?;
        let value = T::read(node, self.reader);
        if value.is_none() {
            self.sound.set(false);
        }
        value
    }

    /// The value of `key`, or that of `Default`.
    pub(crate) fn or_default<T: FromNode + Default>(&self, key: &'static str) -> T {
        self.get(key).unwrap_or_default()
    }

    /// The value of `key`, which has to be there.
    pub(crate) fn need<T: FromNode>(&self, key: &'static str) -> Option<T> {
        let value = self.get(key);
        if value.is_none() && !self.entries.iter().any(|entry| entry.key == key) {
            self.fault_at(&self.place, format!("{key} is missing here"));
        }
        value
    }

    /// A fault at `key`.
    pub(crate) fn fault(&self, key: &str, what: impl Into<String>) {
        self.fault_at(&self.place_of(key), what);
    }

    fn fault_at(&self, place: &Place, what: impl Into<String>) {
        self.sound.set(false);
        self.reader.fault(place, what);
    }

    /// Every key must have been asked for; `None` where anything here is at fault.
    pub(crate) fn finish(self) -> Option<()> {
        let known = self.known.into_inner();
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            self.sound.set(false);
            let hint = nearest(&entry.key, known.iter().copied()).map_or_else(
                || format!("known here are {}", known.join(", ")),
                |candidate| format!("did you mean {candidate}?"),
            );
            self.reader.fault_with(&entry.place, format!("there is no key {:?} here", entry.key), hint);
        }
        self.sound.get().then_some(())
    }
}

impl FromNode for String {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            return Some(text.clone());
        }
        reader.wrong(node, "a text");
        None
    }
}

impl FromNode for bool {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        if let Value::Truth(truth) = node.value {
            return Some(truth);
        }
        reader.wrong(node, "true or false");
        None
    }
}

impl FromNode for f64 {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        match node.value {
            // As near as a limit of a setting has to be.
            #[allow(clippy::cast_precision_loss)]
            Value::Whole(number) => Some(number as Self),
            Value::Real(number) => Some(number),
            _ => {
                reader.wrong(node, "a number");
                None
            }
        }
    }
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl FromNode for $kind {
            fn read(node: &Node, reader: &Reader) -> Option<Self> {
                let Value::Whole(number) = node.value else {
                    reader.wrong(node, "a whole number");
                    return None;
                };
                let fitting = Self::try_from(number).ok();
                if fitting.is_none() {
                    let what = format!("{number} does not lie between {} and {}", Self::MIN, Self::MAX);
                    reader.fault(&node.place, what);
                }
                fitting
            }
        }
    )*};
}

whole!(i64, i32, u16, u32, u64);

impl<T: FromNode> FromNode for Vec<T> {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let Value::List(items) = &node.value else {
            reader.wrong(node, "a list");
            return None;
        };
        // Every one is read before the first that is missing ends it.
        let read: Vec<Option<T>> = items.iter().map(|item| T::read(item, reader)).collect();
        read.into_iter().collect()
    }
}

impl<T: FromNode> FromNode for std::collections::BTreeMap<String, T> {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            reader.wrong(node, "a table");
            return None;
        };
        let read: Vec<_> =
            entries.iter().map(|entry| (entry.key.clone(), T::read(&entry.node, reader))).collect();
        read.into_iter().map(|(key, value)| Some((key, value?))).collect()
    }
}

/// Reads one of some words.
pub(crate) fn word<T: Copy>(node: &Node, reader: &Reader, words: &[(&str, T)]) -> Option<T> {
    let text = String::read(node, reader)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let hint = nearest(&text, known.iter().copied()).map_or_else(
            || format!("known are {}", known.join(", ")),
            |word| format!("did you mean {word}?"),
        );
        reader.fault_with(&node.place, format!("{text:?} is not known here"), hint);
    }
    found.map(|(_, value)| *value)
}

/// An enum of plain words, read and shown as these.
macro_rules! words {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$what:meta])* $word:literal => $variant:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$what])* $variant,)* }

        impl $name {
            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl $crate::definition::fields::FromNode for $name {
            fn read(
                node: &$crate::definition::node::Node,
                reader: &$crate::definition::fields::Reader,
            ) -> Option<Self> {
                $crate::definition::fields::word(node, reader, &[$(($word, Self::$variant)),*])
            }
        }
    };
}
pub(crate) use words;
