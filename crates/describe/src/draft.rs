//! A job as a person asked for it, before anything is looked up: what they said, and where they said it.
//!
//! A file and the flags of `submit` each make a draft; the two are laid over each other and understood once.

use std::fmt::Display;

use model::{Environment, Fault, Faults, JobId, Source};

use super::environment_fields;
use super::movie_fields::MovieDraft;
use super::step_draft::StepDraft;

/// Something said, and where: `job.toml:4` or `--frames`.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<T> {
    /// Where: `job.toml:4` or `--frames`.
    pub place: String,
    /// What.
    pub value: T,
}

impl<T> Said<T> {
    /// `value`, said at `place`.
    #[must_use]
    pub fn new(place: impl Into<String>, value: T) -> Self {
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
pub struct Draft {
    /// What people call the job.
    pub name: Option<Said<String>>,
    /// Who submits it.
    pub user: Option<Said<String>>,
    /// For which group.
    pub group: Option<Said<String>>,
    /// Lower goes first.
    pub priority: Option<Said<i64>>,
    /// Mail addresses that are told of the end.
    pub notify: Option<Said<Vec<String>>>,
    /// Whether it is submitted on hold.
    pub hold: Option<Said<bool>>,
    /// Whether it goes without files that are missing.
    pub allow_missing: Option<Said<bool>>,
    /// Whether its packages are helped to find files by the paths that name them.
    pub relocate: Option<Said<bool>>,
    /// Tries of a frame.
    pub attempts: Option<Said<i64>>,
    /// Jobs that have to be done before.
    pub after: Option<Said<Vec<JobId>>>,
    /// The most slots at once.
    pub slots_max: Option<Said<i64>>,
    /// The most hosts at once.
    pub hosts_max: Option<Said<i64>>,
    /// What its sessions are in.
    pub environments: Vec<Said<Environment>>,
    /// The movie that is made of its frames.
    pub movie: Option<MovieDraft>,
    /// What holds for every step that says nothing else; the whole of a job without steps of its own.
    pub shared: StepDraft,
    /// Its steps; none where it is a single one.
    pub steps: Vec<StepDraft>,
    /// What could not be taken; the checks go on without it.
    pub faults: Faults,
    /// The text it was made from.
    pub source: Option<Source>,
}

impl Draft {
    /// This draft with everything that `upper` says laid over it.
    #[must_use]
    pub fn overlaid(self, upper: Self) -> Self {
        Self {
            name: upper.name.or(self.name),
            user: upper.user.or(self.user),
            group: upper.group.or(self.group),
            priority: upper.priority.or(self.priority),
            notify: upper.notify.or(self.notify),
            hold: upper.hold.or(self.hold),
            allow_missing: upper.allow_missing.or(self.allow_missing),
            relocate: upper.relocate.or(self.relocate),
            attempts: upper.attempts.or(self.attempts),
            after: upper.after.or(self.after),
            slots_max: upper.slots_max.or(self.slots_max),
            hosts_max: upper.hosts_max.or(self.hosts_max),
            environments: [self.environments, upper.environments].concat(),
            movie: match (self.movie, upper.movie) {
                (Some(lower), Some(upper)) => Some(lower.overlaid(upper)),
                (lower, upper) => upper.or(lower),
            },
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

    /// The fault that the model finds in the job as a whole, in the place where it was said.
    pub(super) fn placed(&self, mut fault: Fault) -> Fault {
        let name = |step: &StepDraft| step.name.as_ref().map_or("", |said| said.value.as_str()).to_owned();
        let what = &fault.what;
        if let Some(place) = environment_fields::place_of(self, &fault) {
            fault.place = place;
            return fault;
        }
        let step = match fault.place.as_str() {
            "depends_on" => self.steps.iter().find(|step| {
                let name = name(step);
                what.starts_with(&format!("step {name:?} ")) || what.contains(&format!(": {name} -> "))
            }),
            // The later of two steps is the one too many.
            "steps" => self.steps.iter().rfind(|step| what.contains(&format!("{:?}", name(step)))),
            _ => None,
        };
        let field = if fault.place == "steps" { "step" } else { fault.place.as_str() };
        let place = step.and_then(|step| step.place_of(field)).or_else(|| self.place_of(&fault.place));
        if let Some(place) = place {
            fault.place = place.to_owned();
        }
        fault
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
            "movie" => self.movie.as_ref().map(|movie| movie.place.as_str()),
            "steps" => self.steps.first().and_then(|step| step.table.as_deref()),
            _ => None,
        }
    }
}
