//! Where no host matches: those that lack least, and what it is, with how much they have.

use std::collections::BTreeMap;

use model::{Field, HostId, NearHost, Profile, ResourceInfo, Value};

use crate::list::Sifted;
use crate::matching::{flat, unmet};
use crate::{Host, Lack, Resource};

/// So many are named.
const NEAREST_MAX: usize = 3;
/// What one thing that nobody can change of a host counts for.
const FAR: u32 = 1_000;

impl Resource {
    /// The hosts that lack least of a profile that none matches, those alike counted together.
    pub(crate) fn nearest(&self, profile: &Profile, sifted: Option<&Sifted>) -> Vec<NearHost> {
        // Where a host is asked for by name and there, only that can be meant.
        let named = sifted.filter(|sifted| !sifted.passing.is_empty());
        let mut groups: BTreeMap<(u32, Vec<String>), (HostId, u32)> = BTreeMap::new();
        for (id, kind) in self.kinds.iter() {
            let hosts = match named {
                Some(sifted) => {
                    sifted.passing.get(&id).map_or((None, 0), |all| (all.iter().min(), all.len()))
                }
                None => (kind.hosts.first(), kind.hosts.len()),
            };
            let (Some(first), count) = hosts else { continue };
            let single = if named.is_none() { self.named(first) } else { None };
            let info = single.and_then(|host| self.own_info(host)).unwrap_or_else(|| kind.info.clone());
            let (distance, lacks) = distance(profile, single, &info);
            let alike = u32::try_from(count).unwrap_or(u32::MAX);
            let group = groups.entry((distance, lacks)).or_insert_with(|| (first.clone(), 0));
            group.0 = group.0.clone().min(first.clone());
            group.1 = group.1.saturating_add(alike);
        }
        let near = |((_, lacks), (host, alike))| NearHost { host, lacks, alike };
        groups.into_iter().map(near).take(NEAREST_MAX).collect()
    }
}

/// How far hosts with `info` are from a profile, and what they lack of it; with what is each host's own, that
/// of one of them.
fn distance(profile: &Profile, single: Option<&Host>, info: &ResourceInfo) -> (u32, Vec<String>) {
    let mut lacks = Vec::new();
    flat(&profile.needs, false).into_iter().for_each(|need| unmet(need, "", info, &mut lacks));
    if let Some(Host { name, .. }) = single {
        flat(&profile.needs, true).into_iter().for_each(|need| unmet(need, &name.0, info, &mut lacks));
    }
    lacks.sort();
    lacks.dedup();
    let distance = lacks.iter().fold(0_u32, |all, lack| all.saturating_add(weight(lack, info)));
    (distance, lacks.iter().map(|lack| said(lack, info)).collect())
}

/// How hard it is to give a host what it lacks, in thousandths of what is hardest.
fn weight(lack: &Lack, info: &ResourceInfo) -> u32 {
    let share = |missing: u64, of: u64| {
        let share = u128::from(missing) * u128::from(FAR) / u128::from(of.max(1));
        u32::try_from(share).unwrap_or(FAR).clamp(1, FAR)
    };
    match lack {
        Lack::Below { field, bound } => share(bound.saturating_sub(has(*field, info)), *bound),
        Lack::Above { field, bound } => share(has(*field, info).saturating_sub(*bound), has(*field, info)),
        // A person says these words of a host.
        Lack::Tag { .. } | Lack::Pool { .. } => 200,
        Lack::Unwanted { .. } | Lack::Neither { .. } => 500,
        Lack::PackageVersion { .. } => 300,
        Lack::Package { .. } | Lack::Licence { .. } | Lack::Share { .. } => 400,
        Lack::FieldVersion { .. } => 600,
        Lack::Gpu { .. } => 700,
        Lack::Text { .. } | Lack::OtherHost { .. } | Lack::RefusedHost { .. } | Lack::Unmeetable { .. } => {
            FAR
        }
    }
}

/// The lack, with how much there is.
fn said(lack: &Lack, info: &ResourceInfo) -> String {
    match lack {
        Lack::Below { field, .. } | Lack::Above { field, .. } => {
            format!("{lack}: {}", roughly(*field, has(*field, info)))
        }
        Lack::Gpu { .. } if !info.gpus.is_empty() => {
            let models: Vec<&str> = info.gpus.iter().map(|gpu| gpu.model.as_str()).collect();
            format!("{lack}: {}", models.join(", "))
        }
        lack => lack.to_string(),
    }
}

/// An amount as people say it: of bytes one digit behind the point is enough.
fn roughly(field: Field, amount: u64) -> String {
    if !field.is_bytes() || amount < 1 << 30 {
        return field.written(amount);
    }
    let tenths = (u128::from(amount) * 10) >> 30;
    match tenths % 10 {
        0 => format!("{} GiB", tenths / 10),
        tenth => format!("{}.{tenth} GiB", tenths / 10),
    }
}

fn has(field: Field, info: &ResourceInfo) -> u64 {
    match field.value("", info) {
        Value::Amount(amount) => amount,
        Value::Text(_) | Value::Addresses(_) => 0,
    }
}
