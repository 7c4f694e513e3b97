//! Resource profiles: what a step wants of a host. What is absent is not cared about (figure 5A).
//!
//! `parse` reads them as people write them, `write` writes them so that `parse` reads them back.

mod amount;
mod field;
mod parse;
mod requirement;
mod subject;
mod value;
mod write;

use serde::{Deserialize, Serialize};

use crate::VersionPattern;

pub use amount::decimal;
pub use field::{Field, Value};
pub(crate) use parse::DEPTH_MAX;
pub use parse::{Clause, prefer_clause, preferences, weighted};
pub use requirement::Requirement;
pub use subject::is_need_name;
pub(crate) use subject::is_package_name;
pub use value::Wish;

/// What a host must be, and what it had better be.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(from = "Written")]
pub struct Profile {
    /// All of these must be met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Hosts that meet more of these go first; none is out for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefer: Vec<Preference>,
}

/// One thing that a host must be or have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A field of the resource information is so.
    Field(Field, Requirement),
    /// A rendering package or plug-in is there.
    Package(PackageNeed),
    /// The host was given this word.
    Tag(String),
    /// The host was put in this pool.
    Pool(String),
    /// It can use a licence of this.
    Licence(String),
    /// It has such GPUs.
    Gpu {
        /// A part of their model's name, letter case aside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// Bytes that each has at least.
        #[serde(default)]
        memory_bytes: u64,
        /// So many at least, 1 or more.
        count: u16,
    },
    /// This path lies in a shared folder that it mounts, or it mounts this source.
    Share(String),
    /// One of these is met.
    Any(Vec<Need>),
    /// Each of these is.
    All(Vec<Need>),
    /// This is not.
    Not(Box<Need>),
}

/// A rendering package that must be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackageNeed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: VersionPattern,
}

/// Something that makes a host better, though not fitter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Preference {
    /// What it is or has.
    pub need: Need,
    /// How much better, against others of the same profile; 1 or more.
    pub weight: u32,
}

impl Profile {
    /// The profile of these needs, with no preference.
    #[must_use]
    pub fn of(needs: impl IntoIterator<Item = Need>) -> Self {
        Self { needs: needs.into_iter().collect(), prefer: Vec::new() }
    }

    /// Adds a need, unless the very same is there.
    pub fn add(&mut self, need: Need) {
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }

    /// In one order, nothing twice, so that those who want the same ask the same.
    pub fn put_in_order(&mut self) {
        self.needs.sort();
        self.needs.dedup();
        self.prefer.sort();
        self.prefer.dedup();
    }

    /// Whether the rendering package `name` is asked for by a need that always holds.
    #[must_use]
    pub fn wants_package(&self, name: &str) -> bool {
        let named = |need: &Need| matches!(need, Need::Package(package) if package.name == name);
        self.needs.iter().any(|need| match need {
            Need::Any(needs) => !needs.is_empty() && needs.iter().all(named),
            need => named(need),
        })
    }
}

impl Need {
    /// Whether hosts of one kind may differ in it: names and addresses are each host's own.
    #[must_use]
    pub fn is_of_single_hosts(&self) -> bool {
        match self {
            Self::Field(field, _) => field.is_of_single_hosts(),
            Self::Any(needs) | Self::All(needs) => needs.iter().any(Self::is_of_single_hosts),
            Self::Not(need) => need.is_of_single_hosts(),
            Self::Package(_)
            | Self::Tag(_)
            | Self::Pool(_)
            | Self::Licence(_)
            | Self::Gpu { .. }
            | Self::Share(_) => false,
        }
    }
}

/// A profile as any version of the program wrote it.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default)]
    prefer: Vec<Preference>,
    /// Before there were needs of other sorts.
    #[serde(default)]
    fields: std::collections::BTreeMap<Field, Requirement>,
    #[serde(default)]
    packages: Vec<PackageNeed>,
    #[serde(default)]
    tags: Vec<String>,
}

impl From<Written> for Profile {
    fn from(written: Written) -> Self {
        let fields = written.fields.into_iter().map(|(field, requirement)| Need::Field(field, requirement));
        let packages = written.packages.into_iter().map(Need::Package);
        let old = fields.chain(packages).chain(written.tags.into_iter().map(Need::Tag));
        Self { needs: old.chain(written.needs).collect(), prefer: written.prefer }
    }
}
