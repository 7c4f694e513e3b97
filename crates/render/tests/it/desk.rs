//! A render server on a desk: events go in by name, and what it wants done is kept to be looked at. The
//! journal is a list that a restart replays.

use model::{
    AttemptNumber, Exit, FailureClass, FrameId, Grant, JobId, LeaseId, Outcome, Output, ProcessMark,
    RenderToSchedule, Role, ScheduleToRender, SlotIndex, SlotState, StepIndex, Time, Usage,
};
use render::{Effect, Ended, Event, Phase, Record, Refusal, Render};

pub(crate) struct Desk {
    pub(crate) render: Render,
    pub(crate) now: Time,
    pub(crate) journal: Vec<Record>,
}

impl Desk {
    pub(crate) fn unlinked() -> Self {
        let render = Render::new("alpha".into(), "installed-once".into(), 2);
        Self { render, now: Time(1_000_000), journal: Vec::new() }
    }

    pub(crate) fn linked() -> Self {
        let mut desk = Self::unlinked();
        desk.hears(Event::ScheduleLinked);
        assert_eq!(desk.schedule_says(ScheduleToRender::Welcome), []);
        assert!(desk.render.is_welcome());
        desk
    }

    pub(crate) fn tries(&mut self, event: Event) -> Result<Vec<Effect>, Refusal> {
        let records = self.render.decide(self.now, &event)?;
        let mut effects = Vec::new();
        self.journal.extend(records.iter().filter(|record| Render::durable(record)).cloned());
        for record in &records {
            self.render.apply(record, &mut effects);
        }
        self.render.check();
        Ok(effects)
    }

    pub(crate) fn hears(&mut self, event: Event) -> Vec<Effect> {
        let name = format!("{event:?}");
        self.tries(event).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
    }

    pub(crate) fn refuses(&mut self, event: Event) -> Refusal {
        self.tries(event).unwrap_err()
    }

    pub(crate) fn schedule_says(&mut self, message: ScheduleToRender) -> Vec<Effect> {
        self.hears(Event::ScheduleSpoke(message))
    }

    pub(crate) fn is_granted(&mut self, grant: &Grant) -> Vec<Effect> {
        self.schedule_says(ScheduleToRender::Grant(grant.clone()))
    }

    pub(crate) fn is_revoked(&mut self, grant: &Grant) -> Vec<Effect> {
        self.schedule_says(ScheduleToRender::Revoke { lease: grant.lease })
    }

    pub(crate) fn is_acknowledged(&mut self, grant: &Grant) -> Vec<Effect> {
        self.schedule_says(ScheduleToRender::Acknowledge { lease: grant.lease })
    }

    /// Takes a grant as far as `phase`.
    pub(crate) fn brings(&mut self, grant: &Grant, phase: Phase) {
        self.is_granted(grant);
        if phase >= Phase::Starting && self.phase(grant) == Some(Phase::Preparing) {
            self.hears(ready(grant));
        }
        if phase >= Phase::Running {
            self.hears(started(grant));
        }
        if phase == Phase::Collecting {
            self.hears(exited(grant, Exit::Code(0)));
        }
        assert_eq!(self.phase(grant), Some(phase));
    }

    pub(crate) fn phase(&self, grant: &Grant) -> Option<Phase> {
        let found = self.render.attempts().find(|attempt| attempt.grant == *grant);
        found.map(|attempt| attempt.phase)
    }

    /// Loses everything but the journal and starts again; what it then wants done.
    pub(crate) fn restarts(&mut self) -> Vec<Effect> {
        let mut replayed = Self::unlinked().render;
        for record in &self.journal {
            replayed.apply(record, &mut Vec::new());
        }
        assert_eq!(replayed, self.render, "replay makes the live state");
        self.render = replayed;
        self.render.check();
        let mut effects = Vec::new();
        self.render.resume(self.now, &mut effects);
        effects
    }

    /// Lets time pass, with every deadline met on its way.
    pub(crate) fn waits(&mut self, ms: u64) -> Vec<Effect> {
        let until = self.now.plus_ms(ms);
        let mut effects = Vec::new();
        while let Some(at) = self.render.next_deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            effects.extend(self.hears(Event::DeadlinePassed));
            assert!(self.render.next_deadline().is_none_or(|next| next > at), "deadlines are met");
        }
        self.now = until;
        effects
    }
}

/// A lease of frame `index` of job `job` on `slot`.
pub(crate) fn grant(lease: u64, job: u64, index: u32, slot: u16) -> Grant {
    let frame = FrameId { job: JobId(job), step: StepIndex(0), index };
    let number = i64::from(index) + 1;
    Grant::new(LeaseId(lease), frame, number, AttemptNumber(1), SlotIndex(slot))
}

pub(crate) const MARK: ProcessMark = ProcessMark { pid: 77, started: 4_000 };
pub(crate) const USAGE: Usage = Usage {
    wall_ms: 900,
    cpu_ms: 800,
    memory_peak_bytes: 1 << 20,
    read_bytes: 0,
    written_bytes: 0,
    exit_code: Some(0),
};

pub(crate) fn ready(grant: &Grant) -> Event {
    Event::SessionReady { lease: grant.lease, tied: false }
}

pub(crate) fn started(grant: &Grant) -> Event {
    Event::Started { lease: grant.lease, process: MARK }
}

pub(crate) fn start_failed(grant: &Grant) -> Event {
    let why = "povray cannot be run".to_owned();
    Event::StartFailed { lease: grant.lease, class: FailureClass::Host, why }
}

pub(crate) fn exited(grant: &Grant, exit: Exit) -> Event {
    Event::Exited { lease: grant.lease, exit, usage: USAGE }
}

pub(crate) fn ended(grant: &Grant) -> Event {
    Event::Ended { ended: vec![silent(grant)] }
}

/// How an attempt went that left nothing, and well.
pub(crate) fn silent(grant: &Grant) -> Ended {
    Ended { lease: grant.lease, usage: USAGE, outcome: Outcome::Done { outputs: Vec::new() } }
}

pub(crate) fn output() -> Output {
    let digest = model::Digest([7; 32]);
    Output { name: "scene.0001.png".into(), digest, bytes: 9, size: None, thumbnail: None }
}

pub(crate) fn collected(grant: &Grant) -> Event {
    Event::Collected { lease: grant.lease, outputs: vec![output()], warnings: Vec::new() }
}

pub(crate) fn not_collected(grant: &Grant, class: FailureClass) -> Event {
    let (lease, message) = (grant.lease, "no picture".into());
    Event::NotCollected { lease, class, message, warnings: Vec::new() }
}

pub(crate) fn opens(grant: &Grant) -> Effect {
    let Grant { lease, slot, frame, .. } = *grant;
    Effect::OpenSession { slot, job: frame.job, step: frame.step, lease }
}

pub(crate) fn closes(grant: &Grant) -> Effect {
    Effect::CloseSession { slot: grant.slot, job: grant.frame.job, step: grant.frame.step }
}

pub(crate) fn starts(grant: &Grant) -> Effect {
    Effect::Start { grant: grant.clone() }
}

pub(crate) fn kills(grant: &Grant) -> Effect {
    Effect::Kill { lease: grant.lease }
}

pub(crate) fn forgets(grant: &Grant) -> Effect {
    Effect::Forget { lease: grant.lease }
}

pub(crate) fn busy(grant: &Grant, since: Time) -> Effect {
    let now = SlotState::Busy { frame: grant.frame, since };
    Effect::SlotChanged { slot: grant.slot, now }
}

pub(crate) fn free(grant: &Grant) -> Effect {
    Effect::SlotChanged { slot: grant.slot, now: SlotState::Free }
}

pub(crate) fn says(message: RenderToSchedule) -> Effect {
    Effect::ToSchedule(message)
}

/// What the end of a process comes to: it is collected, and its slot is free.
pub(crate) fn makes_way(grant: &Grant, exit: Exit) -> Vec<Effect> {
    let rendered = says(RenderToSchedule::Rendered { lease: grant.lease });
    vec![Effect::Collect { grant: grant.clone(), exit }, rendered, free(grant)]
}

/// What frees the slot of a revoked lease says: nothing of it is left, and `held` is all there is.
pub(crate) fn gone(grant: &Grant, session: bool, held: &[&Grant]) -> Vec<Effect> {
    let alive = RenderToSchedule::Alive { held: held.iter().map(|grant| grant.lease).collect() };
    let closes = session.then(|| closes(grant));
    let mut effects = vec![forgets(grant)];
    effects.extend(closes);
    effects.extend([free(grant), says(alive)]);
    effects
}

/// The outcomes of the reports among `effects`.
pub(crate) fn reports(effects: &[Effect]) -> Vec<(LeaseId, &Outcome)> {
    let report = |effect| match effect {
        &Effect::ToSchedule(RenderToSchedule::Report(ref report)) => Some((report.lease, &report.outcome)),
        _ => None,
    };
    effects.iter().filter_map(report).collect()
}

/// The classes of the failures reported among `effects`.
pub(crate) fn failures(effects: &[Effect]) -> Vec<FailureClass> {
    let class = |(_, outcome): (_, &Outcome)| match outcome {
        Outcome::Failed { class, .. } => Some(*class),
        Outcome::Done { .. } => None,
    };
    reports(effects).into_iter().filter_map(class).collect()
}
