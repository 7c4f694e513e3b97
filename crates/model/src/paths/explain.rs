//! Which rule holds for a path, what comes out, and why the others do not hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Absolute, PathRule, PathRules, Platform};

/// What the rules make of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explained {
    /// The path that was asked for.
    pub path: String,
    /// The platform it is wanted on.
    pub to: Platform,
    /// What it comes to there; absent where no rule changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Whether it is absolute on any platform; the rules say nothing of others.
    pub absolute: bool,
    /// What became of each rule, that which holds first.
    pub rules: Vec<Judged>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Judged {
    /// Its name.
    pub rule: String,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What became of a rule for a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It holds: the path lies in its folder of platform `from`.
    Holds {
        /// The platform of the folder that fits.
        from: Platform,
        /// The folder that fits.
        folder: String,
    },
    /// The path lies in its folder on the wanted platform already.
    InPlace {
        /// That folder.
        folder: String,
    },
    /// It fits, but another one is longer, or came first among equals.
    Outdone {
        /// The folder that fits.
        folder: String,
        /// The other one.
        by: String,
    },
    /// It fits, but has no folder on the wanted platform.
    NoTarget {
        /// The folder that fits.
        folder: String,
    },
    /// It fits, but the name cannot be written on the wanted platform.
    Unwritable {
        /// Why not.
        why: String,
    },
    /// The path lies in none of its folders.
    Elsewhere {
        /// The folder that fits furthest.
        folder: String,
        /// The part of the path where they differ; empty where it ends before.
        part: String,
        /// What stands in the folder there.
        wanted: String,
    },
    /// It has no folder of the kind of path that it is.
    OtherKind,
}

/// A rule whose folder of some platform holds the path.
struct Fit<'a> {
    name: &'a str,
    rule: &'a PathRule,
    from: Platform,
    folder: Absolute,
    rest: Vec<String>,
}

impl PathRules {
    /// What `path` comes to on `to`, rule by rule.
    #[must_use]
    pub fn explain(&self, path: &str, to: Platform) -> Explained {
        let read = |platform| Absolute::of_platform(path, platform);
        let absolute = Platform::ALL.into_iter().any(|platform| read(platform).is_some());
        let (mut fits, mut others) = (Vec::new(), Vec::new());
        for (name, rule) in &self.0 {
            match fit(name, rule, to, read) {
                Ok(fit) => fits.push(fit),
                Err(verdict) => others.push(Judged { rule: name.clone(), verdict }),
            }
        }
        // Stable, so that equals keep the order of their names.
        fits.sort_by_key(|fit| std::cmp::Reverse(fit.folder.length()));
        let mut rules: Vec<Judged> = Vec::new();
        let mut result = None;
        let mut holds: Option<&str> = None;
        for fit in &fits {
            let folder = fit.folder.text();
            let verdict = match holds {
                Some(by) => Verdict::Outdone { folder, by: by.to_owned() },
                None if fit.from == to => {
                    holds = Some(fit.name);
                    Verdict::InPlace { folder }
                }
                None => match fit.rule.parsed(to).map(|target| target.join(&fit.rest)) {
                    None => Verdict::NoTarget { folder },
                    Some(Err(why)) => Verdict::Unwritable { why },
                    Some(Ok(target)) => {
                        holds = Some(fit.name);
                        result = Some(target.text());
                        Verdict::Holds { from: fit.from, folder }
                    }
                },
            };
            rules.push(Judged { rule: fit.name.to_owned(), verdict });
        }
        rules
            .sort_by_key(|judged| !matches!(judged.verdict, Verdict::Holds { .. } | Verdict::InPlace { .. }));
        rules.append(&mut others);
        Explained { path: path.to_owned(), to, result, absolute, rules }
    }
}

/// The folder of `rule` that holds the path, that of the wanted platform first where several do; or how near
/// it comes.
fn fit<'a>(
    name: &'a str,
    rule: &'a PathRule,
    to: Platform,
    read: impl Fn(Platform) -> Option<Absolute>,
) -> Result<Fit<'a>, Verdict> {
    let mut platforms = Platform::ALL;
    platforms.sort_by_key(|platform| *platform != to);
    let mut best: Option<Fit<'a>> = None;
    let mut nearest: Option<(usize, Verdict)> = None;
    for from in platforms {
        let (Some(path), Some(folder)) = (read(from), rule.parsed(from)) else { continue };
        match path.below(&folder) {
            Ok(rest) => {
                if best.as_ref().is_none_or(|best| best.folder.length() < folder.length()) {
                    best = Some(Fit { name, rule, from, rest: rest.to_vec(), folder });
                }
            }
            Err((part, wanted)) => {
                let shared = folder.parts.iter().zip(&path.parts).take_while(|(a, b)| a == b).count();
                if nearest.as_ref().is_none_or(|(most, _)| shared > *most) {
                    nearest = Some((shared, Verdict::Elsewhere { folder: folder.text(), part, wanted }));
                }
            }
        }
    }
    best.ok_or_else(|| nearest.map_or(Verdict::OtherKind, |(_, verdict)| verdict))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { from, folder } => write!(f, "holds: {folder} on {from} begins the path"),
            Self::InPlace { folder } => write!(f, "holds: {folder} is how it is called there already"),
            Self::Outdone { folder, by } => write!(f, "{folder} fits as well, but {by} is longer or first"),
            Self::NoTarget { folder } => write!(f, "{folder} fits, but it has no folder for that platform"),
            Self::Unwritable { why } => write!(f, "fits, but {why}"),
            Self::Elsewhere { folder, part, wanted } if part.is_empty() => {
                write!(f, "does not fit: the path ends above {folder}, before {wanted}")
            }
            Self::Elsewhere { folder, part, wanted } => {
                write!(f, "does not fit: {part} is not {wanted} of {folder}")
            }
            Self::OtherKind => f.write_str("has no folder of that kind of path"),
        }
    }
}
