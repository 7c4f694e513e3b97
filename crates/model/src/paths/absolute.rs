//! An absolute path in parts, of either family of platforms.

use super::Platform;

/// An absolute path without `.`, `..` and empty parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absolute {
    /// What stands before the parts: nothing, `P:`, or `\\server\share`.
    root: String,
    pub(crate) parts: Vec<String>,
    windows: bool,
}

impl Absolute {
    /// `text` as a path of `platform`.
    pub(crate) fn of_platform(text: &str, platform: Platform) -> Option<Self> {
        match platform {
            Platform::Windows => Self::windows(text),
            Platform::Linux | Platform::Macos => Self::posix(text),
        }
    }

    /// `/mnt/proj/a`.
    pub(crate) fn posix(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        Some(Self { root: String::new(), parts: parts(rest.split('/')), windows: false })
    }

    /// `P:\a`, `P:/a`, `\\server\share\a`, `//server/share/a`, also behind `\\?\`.
    pub(crate) fn windows(text: &str) -> Option<Self> {
        let is_slash = |c| matches!(c, '\\' | '/');
        let verbatim = text.strip_prefix(r"\\?\");
        let unc = match verbatim {
            Some(rest) => rest.get(..4).filter(|s| s.eq_ignore_ascii_case(r"UNC\")).map(|_| &rest[4..]),
            None => text.strip_prefix(is_slash).and_then(|rest| rest.strip_prefix(is_slash)),
        };
        if let Some(rest) = unc {
            let mut names = rest.split(is_slash);
            let real = |name: &&str| !name.is_empty() && !matches!(*name, "." | ".." | "?");
            let (server, share) = (names.next().filter(real)?, names.next().filter(real)?);
            return Some(Self { root: format!(r"\\{server}\{share}"), parts: parts(names), windows: true });
        }
        let text = verbatim.unwrap_or(text);
        let (drive, rest) = text.split_at_checked(2)?;
        let letter =
            drive.strip_suffix(':').filter(|drive| drive.chars().all(|c| c.is_ascii_alphabetic()))?;
        // `P:a` is seen from wherever that drive is just now; `P:` alone is taken for its root.
        if !rest.is_empty() && !rest.starts_with(is_slash) {
            return None;
        }
        let root = format!("{}:", letter.to_ascii_uppercase());
        Some(Self { root, parts: parts(rest.split(is_slash)), windows: true })
    }

    /// Whether it is the root of everything.
    pub(crate) const fn is_root(&self) -> bool {
        self.root.is_empty() && self.parts.is_empty()
    }

    /// How many names lead to it; a drive is one, a share with its server two.
    pub(crate) fn length(&self) -> usize {
        let root = match self.root.as_str() {
            "" => 0,
            root if root.starts_with('\\') => 2,
            _ => 1,
        };
        root + self.parts.len()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len() && self.below(other).is_ok()
    }

    /// The parts of it below `folder`, or the first of both where they differ.
    pub(crate) fn below(&self, folder: &Self) -> Result<&[String], (String, String)> {
        if self.windows != folder.windows || !self.same(&self.root, &folder.root) {
            return Err((self.root.clone(), folder.root.clone()));
        }
        for (at, wanted) in folder.parts.iter().enumerate() {
            match self.parts.get(at) {
                Some(part) if self.same(part, wanted) => {}
                part => return Err((part.cloned().unwrap_or_default(), wanted.clone())),
            }
        }
        Ok(&self.parts[folder.parts.len()..])
    }

    /// Windows takes upper and lower case for the same.
    fn same(&self, a: &str, b: &str) -> bool {
        a == b || (self.windows && a.to_lowercase() == b.to_lowercase())
    }

    /// As people write it on its platform.
    pub(crate) fn text(&self) -> String {
        let separator = if self.windows { '\\' } else { '/' };
        let mut text = self.root.clone();
        for part in &self.parts {
            text.push(separator);
            text.push_str(part);
        }
        // A bare drive is none of its folders, and the bare root is empty.
        if self.parts.is_empty() && !self.root.starts_with('\\') {
            text.push(separator);
        }
        text
    }

    /// This folder with `parts` below it; or why no such name can be written there.
    pub(crate) fn join(&self, parts: &[String]) -> Result<Self, String> {
        if self.windows {
            let bad = |c: char| c.is_control() || r#"\<>:"|?*"#.contains(c);
            for part in parts {
                if let Some(c) = part.chars().find(|c| bad(*c)) {
                    return Err(format!("windows cannot have {c:?} in a name, and {part:?} has"));
                }
                if part.ends_with(['.', ' ']) {
                    return Err(format!("windows cannot have {part:?}, which ends in a dot or a blank"));
                }
            }
        }
        let parts = self.parts.iter().chain(parts).cloned().collect();
        Ok(Self { parts, ..self.clone() })
    }
}

fn parts<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for name in names {
        match name {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name.to_owned()),
        }
    }
    parts
}
