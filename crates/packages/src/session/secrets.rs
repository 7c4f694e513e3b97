//! Values that actions declared secret, kept out of everything that is written down for people.

use serde::{Deserialize, Serialize};

/// What stands in the place of a secret.
const HIDDEN: &str = "********";

/// The secrets of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Hides `value` from now on; of several lines, each.
    pub fn add(&mut self, value: &str) {
        for line in value.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !self.0.iter().any(|known| known == line) {
                self.0.push(line.to_owned());
            }
        }
        // A longer one may hold a shorter one, and must go as a whole.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// `line` without secrets.
    #[must_use]
    pub fn hide(&self, line: &str) -> String {
        self.0.iter().fold(line.to_owned(), |line, secret| line.replace(secret.as_str(), HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_wherever_they_stand() {
        let mut secrets = Secrets::default();
        assert_eq!(secrets.hide("key=abc"), "key=abc");
        secrets.add("abc");
        secrets.add("abcdef\n\n ghi ");
        secrets.add("");
        assert_eq!(secrets.hide("abcabc abcdef:ghi gh"), "**************** ********:******** gh");
    }
}
