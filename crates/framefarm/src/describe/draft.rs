//! A job as a person asked for it, before anything is looked up: what they said, and where they said it.
//!
//! A file and the flags of `submit` each make a draft; the two are laid over each other and understood once.

use std::fmt::Display;

use model::{Fault, Faults, JobId, Source};

use super::step_draft::StepDraft;

/// Something said, and where: `job.toml:4` or `--frames`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said<T> {
    pub(crate) place: String,
    pub(crate) value: T,
}

impl<T> Said<T> {
    pub(crate) fn new(place: impl Into<String>, value: T) -> Self {
        Self { place: place.into(), value }
    }

    /// The fault that `error` finds in what was said. Errors of the model end in "; what to do".
    pub(crate) fn refused(&self, error: &impl Display) -> Fault {
        let text = error.to_string();
        match text.split_once("; ") {
            Some((what, hint)) => Fault::new(&self.place, what).hint(hint),
            None => Fault::new(&self.place, text),
        }
    }
}

/// What a person asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) name: Option<Said<String>>,
    pub(crate) user: Option<Said<String>>,
    pub(crate) group: Option<Said<String>>,
    pub(crate) priority: Option<Said<i64>>,
    pub(crate) notify: Option<Said<Vec<String>>>,
    pub(crate) hold: Option<Said<bool>>,
    pub(crate) attempts: Option<Said<i64>>,
    pub(crate) after: Option<Said<Vec<JobId>>>,
    pub(crate) slots_max: Option<Said<i64>>,
    pub(crate) hosts_max: Option<Said<i64>>,
    /// What holds for every step that says nothing else; the whole of a job without steps of its own.
    pub(crate) shared: StepDraft,
    pub(crate) steps: Vec<StepDraft>,
    /// What could not be taken; the checks go on without it.
    pub(crate) faults: Faults,
    /// The text it was made from.
    pub(crate) source: Option<Source>,
}

impl Draft {
    /// This draft with everything that `upper` says laid over it.
    pub(crate) fn overlaid(self, upper: Self) -> Self {
        Self {
            name: upper.name.or(self.name),
            user: upper.user.or(self.user),
            group: upper.group.or(self.group),
            priority: upper.priority.or(self.priority),
            notify: upper.notify.or(self.notify),
            hold: upper.hold.or(self.hold),
            attempts: upper.attempts.or(self.attempts),
            after: upper.after.or(self.after),
            slots_max: upper.slots_max.or(self.slots_max),
            hosts_max: upper.hosts_max.or(self.hosts_max),
            shared: self.shared.overlaid(upper.shared),
            steps: [self.steps, upper.steps].concat(),
            faults: Faults([self.faults.0, upper.faults.0].concat()),
            source: self.source.or(upper.source),
        }
    }

    /// Every step with all that holds for it.
    pub(super) fn whole_steps(&self) -> Vec<StepDraft> {
        if self.steps.is_empty() {
            return vec![self.shared.clone()];
        }
        self.steps.iter().map(|step| step.clone().under(self.shared.clone())).collect()
    }

    /// What faults call the draft as a whole.
    pub(crate) fn whole(&self) -> &str {
        self.source.as_ref().map_or("command line", |source| &source.name)
    }

    /// The fault of a check of the model, in the place where its field was said. `steps` are the whole steps;
    /// a field of one of several is called `steps.NAME.FIELD`.
    pub(super) fn placed(&self, steps: &[StepDraft], mut fault: Fault) -> Fault {
        if let Some(place) = self.place_of(&fault.place) {
            fault.place = place.to_owned();
            return fault;
        }
        let named = fault.place.strip_prefix("steps.").and_then(|rest| {
            let behind = |step: &StepDraft| {
                let name = &step.name.as_ref()?.value;
                Some(rest.strip_prefix(name.as_str())?.strip_prefix('.')?.to_owned())
            };
            // Of two names one of which begins like the other, the longer one is meant.
            let fields = steps.iter().filter_map(|step| Some((step, behind(step)?)));
            fields.min_by_key(|(_, field)| field.len())
        });
        if let Some((step, field)) = named {
            fault.place = field;
            return step.placed(fault);
        }
        match steps.iter().find(|step| step.place_of(&fault.place).is_some()) {
            Some(step) => step.placed(fault),
            None => fault,
        }
    }

    /// Where a field of the job as a whole was said.
    fn place_of(&self, field: &str) -> Option<&str> {
        fn at<T>(said: Option<&Said<T>>) -> Option<&str> {
            said.map(|said| said.place.as_str())
        }
        match field {
            "name" => at(self.name.as_ref()),
            "user" => at(self.user.as_ref()),
            "group" => at(self.group.as_ref()),
            "priority" => at(self.priority.as_ref()),
            "notify" => at(self.notify.as_ref()),
            "attempts" => at(self.attempts.as_ref()),
            "after" => at(self.after.as_ref()),
            "slots_max" => at(self.slots_max.as_ref()),
            "hosts_max" => at(self.hosts_max.as_ref()),
            "steps" => self.steps.first().and_then(|step| step.table.as_deref()),
            _ => None,
        }
    }
}
