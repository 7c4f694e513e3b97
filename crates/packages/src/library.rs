//! The definitions that come with the farm, built into the program.

use std::collections::BTreeMap;

use crate::{Definition, DefinitionError};

const EMBEDDED: [(&str, &str); 2] = [
    ("command.toml", include_str!("../definitions/command.toml")),
    ("povray.toml", include_str!("../definitions/povray.toml")),
];

/// Definitions by name.
#[derive(Clone, Debug)]
pub struct Library(BTreeMap<String, Definition>);

impl Library {
    /// The definitions that come with the farm.
    ///
    /// # Panics
    /// Never: a test reads each of them.
    #[must_use]
    pub fn embedded() -> Self {
        Self::read(EMBEDDED).expect("the embedded definitions are well formed, as their test shows")
    }

    fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, DefinitionError> {
        let definitions = files.into_iter().map(|(file, text)| {
            Definition::parse(file, text).map(|definition| (definition.name.clone(), definition))
        });
        definitions.collect::<Result<_, _>>().map(Self)
    }

    /// The definition called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Definition> {
        self.0.get(name)
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Every definition, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_definitions_are_well_formed() {
        for (file, text) in EMBEDDED {
            let definition = Definition::parse(file, text).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(format!("{}.toml", definition.name), file);
        }
        assert_eq!(Library::embedded().names().collect::<Vec<_>>(), ["command", "povray"]);
    }
}
