//! Where the same folder stands on machines of different platforms, and what a path comes to on another one.
//!
//! A rule says it for one folder: `/mnt/proj` on Linux is `P:\` on Windows. Whole parts of paths are
//! compared, never pieces of names. Of several rules that fit the longest holds.

mod absolute;
mod explain;
mod travelled;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Fault, Faults, Work};
pub(crate) use absolute::Absolute;
pub use explain::{Explained, Judged, Verdict};
pub use travelled::{ELSEWHERE, MapFile, MapRule, PathFormat, travelled};

/// What a machine is run by, as far as paths differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Linux and its relatives.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Linux, Self::Macos, Self::Windows];

    /// The one that this program runs on.
    #[must_use]
    pub const fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::Macos
        } else {
            Self::Linux
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Linux => "linux",
            Self::Macos => "macos",
            Self::Windows => "windows",
        })
    }
}

/// Text that names no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no platform; there are linux, macos and windows")]
pub struct PlatformError(String);

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let of = |platform: &Self| platform.to_string().eq_ignore_ascii_case(text.trim());
        Self::ALL.into_iter().find(of).ok_or_else(|| PlatformError(text.to_owned()))
    }
}

/// One folder as it is called on each platform that has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathRule {
    /// On Linux: `/mnt/proj`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linux: Option<String>,
    /// On macOS: `/Volumes/proj`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macos: Option<String>,
    /// On Windows: `P:\` or `\\server\proj`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<String>,
}

impl PathRule {
    /// The folder on `platform`.
    #[must_use]
    pub fn on(&self, platform: Platform) -> Option<&str> {
        match platform {
            Platform::Linux => self.linux.as_deref(),
            Platform::Macos => self.macos.as_deref(),
            Platform::Windows => self.windows.as_deref(),
        }
    }

    fn parsed(&self, platform: Platform) -> Option<Absolute> {
        Absolute::of_platform(self.on(platform)?, platform)
    }

    /// What is wrong with it by itself.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        let given: Vec<Platform> = Platform::ALL.into_iter().filter(|p| self.on(*p).is_some()).collect();
        if given.len() < 2 {
            let fault = Fault::new("rule", "a rule joins the folders of two platforms or three");
            faults.push(fault.hint("for example --linux /mnt/proj --windows 'P:\\'"));
        }
        for platform in given {
            let text = self.on(platform).unwrap_or_default();
            match self.parsed(platform) {
                None => {
                    let hint = match platform {
                        Platform::Windows => {
                            "write a drive as in 'P:\\' or 'P:\\proj', or a share as in '\\\\server\\proj'"
                        }
                        _ => "write it from the root, as in /mnt/proj",
                    };
                    let what = format!("{text:?} is no absolute folder on {platform}");
                    faults.push(Fault::new(platform.to_string(), what).hint(hint));
                }
                Some(folder) if folder.is_root() => {
                    let what = format!("{text:?} would take every path of {platform}");
                    faults.push(Fault::new(platform.to_string(), what).hint("name a folder below it"));
                }
                Some(_) => {}
            }
        }
        faults
    }
}

/// The rules of a farm, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct PathRules(pub BTreeMap<String, PathRule>);

impl PathRules {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with setting `name` to `rule` beside the others.
    #[must_use]
    pub fn faults(&self, name: &str, rule: &PathRule) -> Faults {
        let mut faults = rule.faults();
        for platform in Platform::ALL {
            let Some(folder) = rule.parsed(platform) else { continue };
            let same = |(other, known): &(&String, &PathRule)| {
                *other != name && known.parsed(platform).is_some_and(|known| known.is(&folder))
            };
            if let Some((other, _)) = self.0.iter().find(same) {
                let what = format!("rule {other} has {} on {platform} already", folder.text());
                faults.push(Fault::new(platform.to_string(), what).hint("a folder has one rule"));
            }
        }
        faults
    }

    /// What `path` comes to on `to`; nothing where no rule changes it.
    #[must_use]
    pub fn map(&self, path: &str, to: Platform) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        self.explain(path, to).result
    }

    /// Changes the paths in what a package is asked to do to what they are called on `to`: arguments, the
    /// words of a command, and settings.
    pub fn map_work(&self, work: &mut Work, to: Platform) {
        for text in work.arguments.iter_mut().chain(&mut work.command).chain(work.settings.values_mut()) {
            if let Some(mapped) = self.map_argument(text, to) {
                *text = mapped;
            }
        }
    }

    /// `text` with its path mapped, where it is one, or is one behind its first `=` as in `--out=/mnt/a`.
    #[must_use]
    pub fn map_argument(&self, text: &str, to: Platform) -> Option<String> {
        self.map(text, to).or_else(|| {
            let (key, path) = text.split_once('=')?;
            Some(format!("{key}={}", self.map(path, to)?))
        })
    }
}
