//! The variables of a session: those of each environment hold from its entering to its leaving, the inner
//! ones over the outer ones.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What an environment does to the variables of its session. What it unsets stays unset, whatever it sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    set: BTreeMap<String, String>,
    #[serde(default)]
    unset: BTreeSet<String>,
}

impl Scope {
    /// Sets a variable from now on.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.set.insert(name.into(), value.into());
    }

    /// Takes a variable away from now on.
    pub fn unset(&mut self, name: impl Into<String>) {
        self.unset.insert(name.into());
    }
}

/// What a session does to the variables of what runs in it: a value, or none where it is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, Option<String>>);

impl Variables {
    /// What `scopes` come to, the outermost first.
    pub fn of<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> Self {
        let mut all = BTreeMap::new();
        for scope in scopes {
            all.extend(scope.set.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
            all.extend(scope.unset.iter().map(|name| (name.clone(), None)));
        }
        Self(all)
    }

    /// Lays them over `environment`.
    pub fn overlay(&self, environment: &mut BTreeMap<String, String>) {
        for (name, value) in &self.0 {
            match value {
                Some(value) => environment.insert(name.clone(), value.clone()),
                None => environment.remove(name),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `A=1` sets, `-A` unsets.
    fn scope(words: &str) -> Scope {
        let mut scope = Scope::default();
        for word in words.split_whitespace() {
            match (word.split_once('='), word.strip_prefix('-')) {
                (Some((name, value)), _) => scope.set(name, value),
                (None, Some(name)) => scope.unset(name),
                (None, None) => panic!("{word}"),
            }
        }
        scope
    }

    #[test]
    fn the_inner_ones_hold_and_the_outer_ones_return() {
        for (scopes, wanted) in [
            (vec![], "A=0 B=0"),
            (vec!["A=1"], "A=1 B=0"),
            (vec!["A=1", "A=2 C=3"], "A=2 B=0 C=3"),
            (vec!["-A"], "B=0"),
            (vec!["A=1", "-A"], "B=0"),
            (vec!["-A", "A=2"], "A=2 B=0"),
            (vec!["A=1 -A"], "B=0"),
            (vec!["-A A=1"], "B=0"),
            (vec!["-Z"], "A=0 B=0"),
        ] {
            let scopes: Vec<Scope> = scopes.into_iter().map(scope).collect();
            let mut environment = BTreeMap::from(["A", "B"].map(|name| (name.to_owned(), "0".to_owned())));
            Variables::of(&scopes).overlay(&mut environment);
            let told: Vec<String> =
                environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(told.join(" "), wanted, "{scopes:?}");
        }
    }
}
