//! What a profile means for each kind of hosts. Found once for a profile and kept until a kind appears or
//! vanishes.

use std::collections::BTreeMap;

use model::{Field, KindId, Profile};

use crate::kinds::Kinds;
use crate::matching::{flat, meets, unmet};

/// So many profiles are kept.
const KEPT_MAX: usize = 256;

/// What a profile means for each kind. Needs of single hosts are not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// Kinds that fit, the preferred first: how far each is from what is preferred.
    pub(crate) fits: Vec<(u32, KindId)>,
    /// What others lack, and which kinds do.
    pub(crate) lacks: Vec<Lacking>,
}

/// A lack and the kinds that have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lacking {
    pub(crate) field: Option<Field>,
    pub(crate) words: String,
    pub(crate) kinds: Vec<KindId>,
}

/// The verdicts on profiles that were asked lately.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Verdicts {
    kept: BTreeMap<Profile, Verdict>,
}

impl Verdict {
    pub(crate) fn on(profile: &Profile, kinds: &Kinds) -> Self {
        let needs = flat(&profile.needs, false);
        let mut fits = Vec::new();
        let mut lacks: BTreeMap<_, Vec<KindId>> = BTreeMap::new();
        let mut own = Vec::new();
        for (id, kind) in kinds.iter() {
            needs.iter().for_each(|need| unmet(need, "", &kind.info, &mut own));
            if own.is_empty() {
                let missed = profile.prefer.iter().filter(|one| !meets(&one.need, "", &kind.info));
                let rank = missed.fold(0_u32, |rank, one| rank.saturating_add(one.weight));
                fits.push((rank, id));
            }
            // A profile may ask for one thing twice; a host that lacks it is one host.
            own.sort();
            own.dedup();
            for lack in own.drain(..) {
                lacks.entry(lack).or_default().push(id);
            }
        }
        fits.sort_unstable();
        let lacking = |(lack, kinds): (crate::Lack, Vec<KindId>)| Lacking {
            field: lack.field(),
            words: lack.to_string(),
            kinds,
        };
        Self { fits, lacks: lacks.into_iter().map(lacking).collect() }
    }
}

impl Verdicts {
    pub(crate) fn get(&self, profile: &Profile) -> Option<&Verdict> {
        self.kept.get(profile)
    }

    /// Keeps a verdict.
    pub(crate) fn keep(&mut self, profile: &Profile, verdict: Verdict) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(profile.clone(), verdict);
    }

    /// A kind has appeared or vanished.
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Profile, &Verdict)> {
        self.kept.iter()
    }
}
