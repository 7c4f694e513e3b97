//! What people set for the whole farm: limits, shares, path rules, and that a host is forgiven.

use std::collections::BTreeSet;

use model::{
    Fault, Faults, HostId, JobDescription, LimitView, PathRule, PathRules, SetAsideView, ShareView, Time,
};

use crate::{Record, Refusal, Schedule};

/// The longest name of a limit, user or group, in characters.
const NAME_MAX: usize = 200;
/// More than this is a typing error.
const WEIGHT_MAX: u32 = 1_000_000;

impl Schedule {
    pub(crate) fn set_limit(
        &self,
        now: Time,
        name: &str,
        amount: Option<u32>,
        per_host: Option<u32>,
    ) -> Result<Vec<Record>, Refusal> {
        check_name("limit", name)?;
        let limits = &self.kept.limits;
        if (amount, per_host) == (None, None) && !limits.is_set(name) {
            return Err(Refusal::UnknownLimit { name: name.to_owned(), known: known(limits.names()) });
        }
        if limits.is(name, amount, per_host) {
            return Ok(Vec::new());
        }
        Ok(vec![Record::LimitSet { name: name.to_owned(), amount, per_host, at: now }])
    }

    pub(crate) fn set_share(&self, now: Time, name: &str, weight: u32) -> Result<Vec<Record>, Refusal> {
        check_name("share", name)?;
        if !(1..=WEIGHT_MAX).contains(&weight) {
            let what = format!("weight {weight} is outside 1 to {WEIGHT_MAX}");
            let hint = "2 is twice the slots of somebody with 1; hold a job to stop it";
            return Err(fault(Fault::new("weight", what).hint(hint)));
        }
        if self.kept.queue.shares.weight(name) == weight {
            return Ok(Vec::new());
        }
        Ok(vec![Record::ShareSet { name: name.to_owned(), weight, at: now }])
    }

    pub(crate) fn set_path_rule(
        &self,
        now: Time,
        name: &str,
        rule: Option<&PathRule>,
    ) -> Result<Vec<Record>, Refusal> {
        check_name("rule", name)?;
        let known = &self.kept.paths;
        match rule {
            None if !known.0.contains_key(name) => {
                let what = format!("there is no path rule {name:?}");
                return Err(fault(Fault::new("name", what).hint("`framefarm path list` lists them")));
            }
            Some(rule) => known.faults(name, rule).or(()).map_err(Refusal::Faults)?,
            None => {}
        }
        if known.0.get(name) == rule {
            return Ok(Vec::new());
        }
        Ok(vec![Record::PathRuleSet { name: name.to_owned(), rule: rule.cloned(), at: now }])
    }

    /// Where folders stand on each platform.
    #[must_use]
    pub const fn paths(&self) -> &PathRules {
        &self.kept.paths
    }

    pub(crate) fn forgive(&self, now: Time, host: &HostId) -> Result<Vec<Record>, Refusal> {
        let Some(index) = self.kept.hosts.find(host) else { return Err(Refusal::UnknownHost(host.clone())) };
        let known = self.kept.set_asides.is_known(index);
        Ok(known.then(|| Record::HostForgiven { host: host.clone(), at: now }).into_iter().collect())
    }

    /// The limits of the farm, by name.
    #[must_use]
    pub fn limits(&self) -> Vec<LimitView> {
        self.kept.limits.views()
    }

    /// Everybody who holds slots, waits for some or has a weight, by name.
    #[must_use]
    pub fn shares(&self) -> Vec<ShareView> {
        self.kept.queue.shares.views()
    }

    /// Hosts that are set aside.
    #[must_use]
    pub fn set_aside(&self) -> Vec<SetAsideView> {
        self.kept.set_asides.views(|host| self.kept.host_name(host))
    }

    /// The limits of a job's steps that the farm does not have.
    pub(crate) fn check_limits(&self, description: &JobDescription, faults: &mut Faults) {
        let names: BTreeSet<&String> = description.steps.iter().flat_map(|step| step.limits.keys()).collect();
        for name in names.into_iter().filter(|name| !self.kept.limits.is_set(name)) {
            let hint =
                format!("{}; `framefarm limit {name} AMOUNT` makes it one", known(self.kept.limits.names()));
            let what = format!("the farm has no limit {name:?}");
            faults.push(Fault::new(format!("limits.{name}"), what).hint(hint));
        }
    }
}

/// The limits there are, as a sentence.
fn known<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.as_slice() {
        [] => "there are no limits".to_owned(),
        [one] => format!("there is only {one}"),
        _ => format!("there are {}", names.join(", ")),
    }
}

fn check_name(place: &str, name: &str) -> Result<(), Refusal> {
    let what = match () {
        () if name.trim().is_empty() => format!("the name of the {place} is empty"),
        () if name.chars().count() > NAME_MAX => {
            format!("the name of the {place} is longer than {NAME_MAX} characters")
        }
        () if name.chars().any(char::is_control) => {
            format!("the name of the {place} holds a control character")
        }
        () => return Ok(()),
    };
    Err(fault(Fault::new("name", what)))
}

fn fault(fault: Fault) -> Refusal {
    Refusal::Faults(Faults(vec![fault]))
}
