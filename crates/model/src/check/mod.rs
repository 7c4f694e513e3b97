//! Everything that can be wrong with a job description by itself, found at once.
//!
//! Both the client and the schedule server ask this. What needs a package's definition or a disk is checked
//! by those who have them.

mod environments;
mod parts;
mod profile;
mod steps;

use std::collections::BTreeSet;

use crate::{Fault, Faults, JobDescription};

/// Priorities run from 0 (first) to this.
const PRIORITY_MAX: i32 = 100;
/// More tries of one frame than this are a typing error.
const ATTEMPTS_MAX: u32 = 100;
/// The longest name of anything, in characters.
const NAME_MAX: usize = 200;

impl JobDescription {
    /// Finds every fault.
    ///
    /// # Errors
    /// All of them, in the order of the fields.
    pub fn check(&self) -> Result<(), Faults> {
        let mut faults = Faults::default();
        check_name("name", &self.name, &mut faults);
        check_name("user", &self.user, &mut faults);
        if let Some(group) = &self.group {
            check_name("group", group, &mut faults);
        }
        if !(0..=PRIORITY_MAX).contains(&self.priority) {
            let what = format!("priority {} is outside 0 to {PRIORITY_MAX}", self.priority);
            faults.push(Fault::new("priority", what).hint("0 goes first, 100 last; 50 is usual"));
        }
        if !(1..=ATTEMPTS_MAX).contains(&self.attempts_max) {
            let what = format!("{} attempts are outside 1 to {ATTEMPTS_MAX}", self.attempts_max);
            faults.push(Fault::new("attempts", what));
        }
        for address in &self.notify {
            if !looks_like_mail(address) {
                let what = format!("{address:?} is not a mail address");
                faults.push(Fault::new("notify", what).hint("write it as name@example.com"));
            }
        }
        self.check_files(&mut faults);
        self.check_bounds(&mut faults);
        self.check_environments(&mut faults);
        self.check_steps(&mut faults);
        faults.or(())
    }

    fn check_files(&self, faults: &mut Faults) {
        let mut paths = BTreeSet::new();
        for file in &self.files {
            if !paths.insert(file.path.as_str()) {
                let what = format!("two files would stand at {}", file.path);
                faults.push(Fault::new("support", what));
            }
        }
        for path in &paths {
            let inside = |other: &&str| other.strip_prefix(*path).is_some_and(|rest| rest.starts_with('/'));
            if paths.range(*path..).skip(1).take_while(|other| other.starts_with(*path)).any(inside) {
                faults.push(Fault::new("support", format!("{path} is both a file and a folder")));
            }
        }
    }

    /// What the job as a whole waits for and may hold.
    fn check_bounds(&self, faults: &mut Faults) {
        let mut after = BTreeSet::new();
        for job in &self.after {
            if !after.insert(job) {
                let what = format!("job {job} is named twice");
                faults.push(Fault::new("after", what).hint("name each job once"));
            }
        }
        for (place, most) in [("slots_max", self.slots_max), ("hosts_max", self.hosts_max)] {
            if most == Some(0) {
                let what = format!("with {place} 0 no frame would ever start");
                faults.push(Fault::new(place, what).hint("say 1 or more, or leave it out for no bound"));
            }
        }
    }
}

fn check_name(place: &str, name: &str, faults: &mut Faults) {
    if name.trim().is_empty() {
        faults.push(Fault::new(place, format!("the {place} is empty")));
    } else if name.chars().count() > NAME_MAX {
        faults.push(Fault::new(place, format!("the {place} is longer than {NAME_MAX} characters")));
    } else if name.chars().any(char::is_control) {
        faults.push(Fault::new(place, format!("the {place} holds a control character")));
    }
}

/// Enough to catch a slip; the mail server has the last word.
#[must_use]
pub fn looks_like_mail(address: &str) -> bool {
    let clean =
        address.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | ';' | '<' | '>'));
    clean
        && address.rsplit_once('@').is_some_and(|(name, host)| {
            let labels = host.split('.').all(|label| !label.is_empty());
            !name.is_empty() && !name.contains('@') && labels
        })
}
