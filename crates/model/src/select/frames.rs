//! Which frames of a job.

use super::page::PageWish;
use super::words::{Fields, Word, list, push};
use crate::{Faults, FrameSet, FrameState};

impl Word for FrameState {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Waiting, "waiting"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Killed, "killed"),
    ];
}

/// Some of the frames of a job: those to which all that is said here applies. Of a chunk it is enough that
/// one of its frames is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameSelect {
    /// Of this step.
    pub step: Option<String>,
    /// In one of these states.
    pub state: Vec<FrameState>,
    /// With these numbers.
    pub numbers: Option<FrameSet>,
    /// Done, with warnings.
    pub warned: bool,
}

/// A page of the frames of a job, step by step in the order written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameQuery {
    /// Which.
    pub select: FrameSelect,
    /// Which page.
    pub page: PageWish,
}

impl FrameQuery {
    /// The query that the fields of a URL tell.
    ///
    /// # Errors
    /// Every field and value that is none.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Faults> {
        let mut fields = Fields::new(pairs);
        let select = FrameSelect {
            step: fields.text("step"),
            state: fields.words("state"),
            numbers: fields.read("numbers"),
            warned: fields.read("warned").unwrap_or(false),
        };
        let page = PageWish::read(&mut fields);
        fields.done(Self { select, page })
    }

    /// The same as fields of a URL.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let (mut pairs, FrameSelect { step, state, numbers, warned }) = (Vec::new(), &self.select);
        push(&mut pairs, "step", step.clone());
        push(&mut pairs, "state", Some(list(state)));
        push(&mut pairs, "numbers", numbers.as_ref().map(ToString::to_string));
        push(&mut pairs, "warned", warned.then(|| "true".to_owned()));
        self.page.write(&mut pairs);
        pairs
    }
}
