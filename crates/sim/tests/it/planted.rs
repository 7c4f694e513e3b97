//! Bugs that are planted at the seams of a role: the simulator finds each of them, and by the promise that it
//! breaks.

use sim::{Options, Oracle, Planted, judge};

/// A bug is looked for in so many seeds; most are found in the first few, one or two in one of fifty.
const SEEDS: u64 = 500;

/// By which promise each bug is found.
const BUGS: [(Planted, Oracle); 26] = [
    (Planted::SpeaksBeforeCommit, Oracle::SpokenIsDurable),
    (Planted::AnswersBeforeCommit, Oracle::AcknowledgedSurvives),
    (Planted::AcknowledgesTooSoon, Oracle::SpokenIsDurable),
    (Planted::OldReportTaken, Oracle::ResultsAreReported),
    (Planted::LeasedTwice, Oracle::RoleHolds),
    (Planted::LeaseNumberReused, Oracle::RoleHolds),
    (Planted::FinishedTwice, Oracle::LiveLeasesEnd),
    (Planted::DependencyForgotten, Oracle::DependenciesHold),
    (Planted::LimitIgnored, Oracle::LimitsHold),
    (Planted::ReserveIgnored, Oracle::AmountsHold),
    (Planted::GpuGivenTwice, Oracle::AmountsHold),
    (Planted::DoorIgnored, Oracle::DoorsHold),
    (Planted::KindsLost, Oracle::ComesToRest),
    (Planted::WideSlotsForgotten, Oracle::OneAttemptPerSlot),
    (Planted::TriesNeverUsedUp, Oracle::RoleHolds),
    (Planted::LostLeaseKept, Oracle::HostLossNoticed),
    (Planted::DeadlinesMissed, Oracle::HostLossNoticed),
    (Planted::RevokeDropped, Oracle::OrdersAct),
    (Planted::HoldForgottenOnReplay, Oracle::ReplayIsLive),
    (Planted::LeaseNotWritten, Oracle::ReplayIsLive),
    (Planted::PriorityNotSet, Oracle::AcknowledgedSurvives),
    (Planted::OutboxForgottenOnReplay, Oracle::ReplayIsLive),
    (Planted::ReportsNotSent, Oracle::ComesToRest),
    (Planted::SlotsNotTold, Oracle::ComesToRest),
    (Planted::KillsDropped, Oracle::ProcessesEnd),
    (Planted::TimesForgotten, Oracle::ProcessesEnd),
];

fn is_found(bug: Planted, by: Oracle) -> bool {
    (1..=SEEDS).any(|seed| {
        let options = Options { seed, planted: Some(bug), ..Options::default() };
        judge(&options, None).broken.is_some_and(|broken| broken.oracle == by)
    })
}

#[test]
fn each_planted_bug_is_found() {
    let planted: Vec<Planted> = BUGS.iter().map(|(bug, _)| *bug).collect();
    assert_eq!(planted, Planted::ALL, "each bug is looked for");
    let threads: Vec<_> = (0..2)
        .map(|half| {
            let bugs = BUGS.iter().skip(half).step_by(2);
            std::thread::spawn(move || bugs.filter(|(bug, by)| !is_found(*bug, *by)).collect::<Vec<_>>())
        })
        .collect();
    let missed: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(missed.is_empty(), "not found in {SEEDS} seeds by what should find it: {missed:?}");
}
