//! Whether a host matches a profile. One function serves the filter and the explanation, so the two cannot
//! come apart: a host is listed when it lacks nothing.

use std::path::Path;

use model::{Field, GpuInfo, HostId, Need, PackageNeed, Profile, Requirement, ResourceInfo};
use model::{Value, VersionPattern};

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
    /// The host is not one of those named, or has none of the addresses.
    OtherHost {
        /// By name or by address.
        field: Field,
        /// Those named.
        wanted: Vec<String>,
    },
    /// The host is one of those ruled out.
    RefusedHost {
        /// By name or by address.
        field: Field,
        /// Those ruled out.
        refused: Vec<String>,
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
    /// The host is in other pools.
    Pool {
        /// The pool.
        pool: String,
    },
    /// It can use no licence of this.
    Licence {
        /// Of what.
        name: String,
    },
    /// It has fewer such GPUs than are wanted.
    Gpu {
        /// A part of their model's name.
        model: Option<String>,
        /// Bytes that each should have.
        memory_bytes: u64,
        /// How many are wanted.
        count: u16,
    },
    /// It mounts no share with this.
    Share {
        /// The path, or what is mounted.
        path: String,
    },
    /// Of several needs, any of which would do, it meets none.
    Neither {
        /// Those needs, as people write them.
        wanted: Vec<String>,
    },
    /// It meets what is not wanted.
    Unwanted {
        /// That need, as people write it.
        need: String,
    },
}

/// What the host `name` with `info` lacks of `profile`; empty where it matches.
#[must_use]
pub fn lacks(name: &HostId, info: &ResourceInfo, profile: &Profile) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for need in &profile.needs {
        unmet(need, &name.0, info, &mut lacks);
    }
    lacks
}

/// The needs that must all be met, those of brackets among them: either of single hosts, or of whole kinds.
pub(crate) fn flat(needs: &[Need], single: bool) -> Vec<&Need> {
    let mut all = Vec::new();
    for need in needs {
        match need {
            Need::All(inner) => all.extend(flat(inner, single)),
            need if need.is_of_single_hosts() == single => all.push(need),
            _ => {}
        }
    }
    all
}

/// Whether a host meets a need.
pub(crate) fn meets(need: &Need, name: &str, info: &ResourceInfo) -> bool {
    let mut lacks = Vec::new();
    unmet(need, name, info, &mut lacks);
    lacks.is_empty()
}

/// Adds to `lacks` what the host lacks of a need.
pub(crate) fn unmet(need: &Need, name: &str, info: &ResourceInfo, lacks: &mut Vec<Lack>) {
    match need {
        Need::Field(field, requirement) => {
            let value = field.value(name, info);
            if !requirement.meets(value) {
                lacks.push(field_lack(*field, requirement, value));
            }
        }
        Need::Package(package) => lacks.extend(package_lack(info, package)),
        Need::Tag(tag) => {
            if !has(&info.tags, tag) {
                lacks.push(Lack::Tag { tag: tag.clone() });
            }
        }
        Need::Pool(pool) => {
            if !has(&info.pools, pool) {
                lacks.push(Lack::Pool { pool: pool.clone() });
            }
        }
        Need::Licence(wanted) => {
            if !info.licences.iter().any(|one| one.name.eq_ignore_ascii_case(wanted)) {
                lacks.push(Lack::Licence { name: wanted.clone() });
            }
        }
        Need::Gpu { model, memory_bytes, count } => {
            let fits = |gpu: &&GpuInfo| {
                gpu.memory_bytes >= *memory_bytes && model.as_ref().is_none_or(|model| is_part(model, gpu))
            };
            if info.gpus.iter().filter(fits).count() < usize::from(*count) {
                lacks.push(Lack::Gpu { model: model.clone(), memory_bytes: *memory_bytes, count: *count });
            }
        }
        Need::Share(path) => {
            let holds =
                |mounted: &str| !mounted.is_empty() && Path::new(path).starts_with(Path::new(mounted));
            if !info.shares.iter().any(|share| holds(&share.path) || share.source == *path) {
                lacks.push(Lack::Share { path: path.clone() });
            }
        }
        Need::All(needs) => needs.iter().for_each(|need| unmet(need, name, info, lacks)),
        Need::Any(needs) => {
            if !needs.iter().any(|need| meets(need, name, info)) {
                lacks.push(Lack::Neither { wanted: needs.iter().map(ToString::to_string).collect() });
            }
        }
        Need::Not(need) => {
            if meets(need, name, info) {
                lacks.push(Lack::Unwanted { need: need.to_string() });
            }
        }
    }
}

fn has(words: &[String], wanted: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(wanted))
}

fn is_part(model: &str, gpu: &GpuInfo) -> bool {
    gpu.model.to_ascii_lowercase().contains(&model.to_ascii_lowercase())
}

fn field_lack(field: Field, requirement: &Requirement, value: Value<'_>) -> Lack {
    match (requirement, value) {
        // Each host has a name of its own, so what the host is called would make as many lacks as hosts.
        (Requirement::OneOf(wanted), _) if field.is_of_single_hosts() => {
            Lack::OtherHost { field, wanted: wanted.clone() }
        }
        (Requirement::NoneOf(refused), _) if field.is_of_single_hosts() => {
            Lack::RefusedHost { field, refused: refused.clone() }
        }
        (Requirement::OneOf(_) | Requirement::NoneOf(_), Value::Text(is)) => {
            Lack::Text { field, is: is.to_owned() }
        }
        (Requirement::Version(wanted), Value::Text(is)) => {
            Lack::FieldVersion { field, is: is.to_owned(), wanted: wanted.clone() }
        }
        (Requirement::AtLeast(bound), Value::Amount(_)) => Lack::Below { field, bound: *bound },
        (Requirement::AtMost(bound), Value::Amount(_)) => Lack::Above { field, bound: *bound },
        _ => Lack::Unmeetable { field },
    }
}

fn package_lack(info: &ResourceInfo, need: &PackageNeed) -> Option<Lack> {
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
