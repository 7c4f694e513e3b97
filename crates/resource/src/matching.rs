//! Whether a host matches a profile. One function serves the filter and the explanation, so the two cannot
//! come apart: a host is listed when it lacks nothing.

use model::{Field, HostId, PackageNeed, Profile, Requirement, ResourceInfo, Value, VersionPattern};

/// One thing that keeps a host from matching. Equal lacks of several hosts are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// A text field holds something that is not wanted.
    Text {
        /// Which.
        field: Field,
        /// What it holds.
        is: String,
    },
    /// The host is not one of those named.
    OtherHost {
        /// Those named.
        wanted: Vec<String>,
    },
    /// A field holds a version that does not fit.
    FieldVersion {
        /// Which.
        field: Field,
        /// What it holds.
        is: String,
        /// What is wanted.
        wanted: VersionPattern,
    },
    /// There is less of something than is wanted.
    Below {
        /// Which field.
        field: Field,
        /// How much is wanted at least.
        bound: u64,
    },
    /// There is more of something than is wanted.
    Above {
        /// Which field.
        field: Field,
        /// How much is wanted at most.
        bound: u64,
    },
    /// A text is wanted of an amount or an amount of a text, which no host can meet.
    Unmeetable {
        /// Which field.
        field: Field,
    },
    /// A rendering package is not there in any version.
    Package {
        /// Its name.
        name: String,
    },
    /// A rendering package is there in versions that do not fit.
    PackageVersion {
        /// Its name.
        name: String,
        /// The versions that are there.
        are: Vec<String>,
        /// What is wanted.
        wanted: VersionPattern,
    },
    /// A word is wanted that the host was not given.
    Tag {
        /// The word.
        tag: String,
    },
}

/// What the host `name` with `info` lacks of `profile`; empty where it matches.
#[must_use]
pub fn lacks(name: &HostId, info: &ResourceInfo, profile: &Profile) -> Vec<Lack> {
    let fields = profile.fields.iter().filter_map(|(field, requirement)| {
        let value = field.value(&name.0, info);
        (!requirement.meets(value)).then(|| unmet(*field, requirement, value))
    });
    let packages = profile.packages.iter().filter_map(|need| package(info, need));
    let has = |tag: &str| info.tags.iter().any(|given| given.eq_ignore_ascii_case(tag));
    let tags = profile.tags.iter().filter(|tag| !has(tag)).map(|tag| Lack::Tag { tag: tag.clone() });
    fields.chain(packages).chain(tags).collect()
}

fn unmet(field: Field, requirement: &Requirement, value: Value<'_>) -> Lack {
    match (requirement, value) {
        // Each host has a name of its own, so what the host is called would make as many lacks as hosts.
        (Requirement::OneOf(names), Value::Text(_)) if field == Field::Host => {
            Lack::OtherHost { wanted: names.clone() }
        }
        (Requirement::OneOf(_) | Requirement::NoneOf(_), Value::Text(is)) => {
            Lack::Text { field, is: is.to_owned() }
        }
        (Requirement::Version(wanted), Value::Text(is)) => {
            Lack::FieldVersion { field, is: is.to_owned(), wanted: wanted.clone() }
        }
        (Requirement::AtLeast(bound), Value::Amount(_)) => Lack::Below { field, bound: *bound },
        (Requirement::AtMost(bound), Value::Amount(_)) => Lack::Above { field, bound: *bound },
        (Requirement::AtLeast(_) | Requirement::AtMost(_), Value::Text(_))
        | (Requirement::OneOf(_) | Requirement::NoneOf(_) | Requirement::Version(_), Value::Amount(_)) => {
            Lack::Unmeetable { field }
        }
    }
}

fn package(info: &ResourceInfo, need: &PackageNeed) -> Option<Lack> {
    let found = || info.packages.iter().filter(|found| found.name.eq_ignore_ascii_case(&need.name));
    if found().any(|found| need.version.fits(&found.version)) {
        return None;
    }
    let are: Vec<String> = found().map(|found| found.version.clone()).collect();
    let name = need.name.clone();
    Some(if are.is_empty() {
        Lack::Package { name }
    } else {
        Lack::PackageVersion { name, are, wanted: need.version.clone() }
    })
}
