//! The turns of one pass over the jobs that want slots: priority by priority, in each by shares.
//!
//! The shares stand still during a pass. What it gives away is noted on the side, and only for the parties
//! that it comes by, so that a pass costs what it gives and not what is queued.

use std::collections::btree_set::Iter;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use model::JobId;

use super::{Key, PartyId, Ratio, Shares};
use crate::id_map::IdMap;

/// The turns of a pass.
pub(crate) struct Turns<'a> {
    shares: &'a Shares,
    /// Tops of the priorities that are left, first to last.
    tops: Vec<PartyId>,
    lines: BTreeMap<PartyId, Line<'a>>,
    /// Jobs that have no turn.
    past: Option<&'a IdMap<JobId, ()>>,
}

/// A job's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) job: JobId,
    /// So many slots may be given to it, at least 1, before it is somebody else's turn.
    pub(crate) most: u32,
}

/// Those right below a party, as this pass has left them, and what it has given them.
struct Line<'a> {
    /// Those not come by yet.
    untouched: Peekable<Iter<'a, Key>>,
    /// The others that still want slots.
    touched: BTreeSet<Key>,
    /// What the party itself has been given.
    given: u32,
}

impl<'a> Turns<'a> {
    /// Those of all jobs that want slots but the jobs in `past`.
    pub(crate) fn going_past(shares: &'a Shares, past: Option<&'a IdMap<JobId, ()>>) -> Self {
        let tops = shares.tops.values().rev().copied().collect();
        Self { shares, tops, lines: BTreeMap::new(), past }
    }

    #[cfg(test)]
    fn new(shares: &'a Shares) -> Self {
        Self::going_past(shares, None)
    }

    /// Whose turn it is; nobody's when no job that is left wants slots.
    pub(crate) fn next(&mut self) -> Option<Turn> {
        loop {
            let top = *self.tops.last()?;
            let Some((_, job)) = self.line(top).first() else {
                self.tops.pop();
                continue;
            };
            if self.past.is_some_and(|past| past.contains(job)) {
                self.go_past(job);
                continue;
            }
            let most = self.most(job)?;
            return Some(Turn { job, most });
        }
    }

    /// The job whose turn it would be has none, nor have those behind it in the line that are such.
    fn go_past(&mut self, job: JobId) {
        let Some(place) = self.shares.place(job) else { return };
        let past = self.past;
        let line = self.line(place.user);
        while line.untouched.next_if(|(_, job)| past.is_some_and(|past| past.contains(*job))).is_some() {}
        self.put_in_line(place.user, place.group, place.top);
    }

    /// The job whose turn it is was given slots; `more` says whether it can take others in this pass.
    pub(crate) fn gave(&mut self, job: JobId, slots: u32, more: bool) {
        let Some(place) = self.shares.place(job) else { return };
        let (top, group, user) = (place.top, place.group, place.user);
        if !more {
            self.line(user).take_first();
        }
        for party in [user, group] {
            self.line(party).given += slots;
        }
        self.put_in_line(user, group, top);
    }

    /// A user and his group, which were the first, stand where they belong now.
    fn put_in_line(&mut self, user: PartyId, group: PartyId, top: PartyId) {
        for (party, above) in [(user, group), (group, top)] {
            self.line(above).take_first();
            let key = self.line(party).first().map(|(_, job)| (self.ratio(party), job));
            self.line(above).touched.extend(key);
        }
    }

    /// How many slots the job whose turn it is may be given until its user is not the first of the group any
    /// more, or its group not the first of the priority.
    fn most(&mut self, job: JobId) -> Option<u32> {
        let place = self.shares.place(job)?;
        let mut most = u32::MAX;
        for (party, above) in [(place.user, place.group), (place.group, place.top)] {
            let own = self.ratio(party);
            if let Some(rival) = self.line(above).second() {
                most = most.min(slots_before(own, job, rival));
            }
        }
        Some(most)
    }

    fn ratio(&self, party: PartyId) -> Ratio {
        let given = self.lines.get(&party).map_or(0, |line| line.given);
        let held = self.shares.party(party).map_or(Ratio { slots: 0, weight: 1 }, |party| party.ratio());
        Ratio { slots: held.slots.saturating_add(given), ..held }
    }

    fn line(&mut self, party: PartyId) -> &mut Line<'a> {
        let shares = self.shares;
        self.lines.entry(party).or_insert_with(|| {
            static NONE: BTreeSet<Key> = BTreeSet::new();
            let line = shares.party(party).map_or(&NONE, |party| &party.line);
            Line { untouched: line.iter().peekable(), touched: BTreeSet::new(), given: 0 }
        })
    }
}

impl Line<'_> {
    fn first(&mut self) -> Option<Key> {
        self.untouched.peek().map(|key| **key).into_iter().chain(self.touched.first().copied()).min()
    }

    fn take_first(&mut self) {
        let first = self.first();
        if self.untouched.next_if(|key| Some(**key) == first).is_none() {
            self.touched.pop_first();
        }
    }

    /// Who goes next when the first has had his share.
    fn second(&mut self) -> Option<Key> {
        let first = self.first();
        let untouched = self.untouched.clone().copied().take(2);
        untouched.chain(self.touched.iter().copied().take(2)).filter(|key| Some(*key) != first).min()
    }
}

/// How many slots can be given, one by one, to one who holds `own` before `rival` goes first.
fn slots_before(own: Ratio, job: JobId, rival: Key) -> u32 {
    let (rival, other) = rival;
    let reach = u64::from(rival.slots) * u64::from(own.weight);
    let weight = u64::from(rival.weight).max(1);
    // With so many slots it still goes first, by arrival where that is as many as the rival's.
    let still = if job < other { reach / weight } else { reach.div_ceil(weight).saturating_sub(1) };
    let more = (still + 1).saturating_sub(u64::from(own.slots)).max(1);
    u32::try_from(more).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shares::Who;

    fn shares(jobs: &[(i32, &str, &str)]) -> Shares {
        let mut shares = Shares::default();
        for (id, (priority, group, user)) in (1..).zip(jobs) {
            shares.file(JobId(id), Who { priority: *priority, group, user }, true, true);
        }
        shares
    }

    /// Jobs in the order in which they get `slots` slots, one lease after the other.
    fn order(shares: &Shares, slots: usize) -> Vec<u64> {
        let mut turns = Turns::new(shares);
        let mut order = Vec::new();
        while let Some(turn) = turns.next().filter(|_| order.len() < slots) {
            order.push(turn.job.0);
            turns.gave(turn.job, 1, true);
        }
        order
    }

    #[test]
    fn one_artist_alone_has_everything_in_the_order_of_arrival() {
        let shares = shares(&[(50, "ada", "ada"), (50, "ada", "ada"), (10, "ada", "ada")]);
        let mut turns = Turns::new(&shares);
        for job in [3, 1, 2] {
            let job = JobId(job);
            assert_eq!(turns.next(), Some(Turn { job, most: u32::MAX }));
            turns.gave(job, 1_000, false);
        }
        assert_eq!(turns.next(), None);
    }

    #[test]
    fn groups_take_turns_and_users_in_them() {
        let shares = shares(&[(50, "film", "ada"), (50, "film", "bob"), (50, "eve", "eve")]);
        assert_eq!(order(&shares, 8), [1, 3, 2, 3, 1, 3, 2, 3]);
    }

    #[test]
    fn a_weight_of_two_is_twice_the_slots() {
        let mut shares = shares(&[(50, "ada", "ada"), (50, "bob", "bob")]);
        shares.set_weight("bob", 2);
        assert_eq!(order(&shares, 9), [1, 2, 2, 1, 2, 2, 1, 2, 2]);
    }

    #[test]
    fn who_came_late_catches_up_first() {
        let mut shares = shares(&[(50, "ada", "ada"), (50, "bob", "bob")]);
        shares.hold(JobId(1), 3, 0);
        assert_eq!(Turns::new(&shares).next(), Some(Turn { job: JobId(2), most: 3 }));
        assert_eq!(order(&shares, 6), [2, 2, 2, 1, 2, 1], "equal ones by arrival");
    }

    #[test]
    fn a_more_urgent_job_goes_before_every_share() {
        let mut shares = shares(&[(50, "bob", "bob"), (10, "ada", "ada")]);
        shares.hold(JobId(2), 100, 0);
        assert_eq!(order(&shares, 3), [2, 2, 2]);
    }

    #[test]
    fn a_job_that_can_take_nothing_makes_way_for_the_next_of_the_same_user() {
        let shares = shares(&[(50, "ada", "ada"), (50, "bob", "bob"), (50, "ada", "ada")]);
        let mut turns = Turns::new(&shares);
        turns.gave(JobId(1), 0, false);
        assert_eq!(turns.next().map(|turn| turn.job), Some(JobId(2)));
        turns.gave(JobId(2), 1, true);
        assert_eq!(turns.next().map(|turn| turn.job), Some(JobId(3)));
    }

    proptest! {
        /// Jobs that have no turn get none, and the others have theirs by priority and by shares as ever.
        #[test]
        fn those_that_have_no_turn_leave_it_to_the_others(
            jobs in prop::collection::vec((0..2_i32, 0..3_u8, 0..3_u8, any::<bool>()), 1..16),
        ) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let (mut shares, mut past) = (Shares::default(), IdMap::default());
            let mut left = BTreeMap::new();
            for (id, (priority, group, user, is_past)) in (1..).zip(&jobs) {
                let (id, group, user) =
                    (JobId(id), names[usize::from(*group)], names[usize::from(*user) + 3]);
                shares.file(id, Who { priority: *priority, group, user }, true, true);
                if *is_past {
                    past.insert(id, ());
                } else {
                    left.insert(id, (*priority, group, (group, user)));
                }
            }
            let mut turns = Turns::going_past(&shares, Some(&past));
            // Slots of groups and users in each priority.
            let (mut of_group, mut of_user) = (BTreeMap::new(), BTreeMap::new());
            while let Some(Turn { job, .. }) = turns.next() {
                let first = left.values().map(|(priority, ..)| *priority).min();
                let (priority, group, user) = left[&job];
                prop_assert_eq!(Some(priority), first);
                let now = left.values().filter(|(other, ..)| *other == priority);
                for (_, rival, person) in now {
                    let got = |of: &BTreeMap<_, u32>, name| of.get(&(priority, name)).copied().unwrap_or(0);
                    prop_assert!(got(&of_group, group) <= got(&of_group, *rival), "{} goes first", rival);
                    let got = |of: &BTreeMap<_, u32>, name| of.get(&(priority, name)).copied().unwrap_or(0);
                    let same = *rival == group;
                    prop_assert!(!same || got(&of_user, user) <= got(&of_user, *person), "{:?} does", person);
                }
                *of_group.entry((priority, group)).or_insert(0) += 1;
                *of_user.entry((priority, user)).or_insert(0) += 1;
                turns.gave(job, 1, false);
                left.remove(&job);
            }
            prop_assert!(left.is_empty(), "{left:?} had no turn");
        }

        /// `most` says nothing else than one lease after the other would, whatever is held.
        #[test]
        fn what_may_be_given_at_once_is_what_is_given_one_by_one(
            jobs in prop::collection::vec((0..2_i32, 0..3_u8, 0..3_u8, 0..9_u32), 1..12),
            weights in prop::collection::vec((0..6_usize, 1..5_u32), 0..4),
            ends in prop::collection::vec(0..40_usize, 0..6),
        ) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let mut shares = Shares::default();
            let mut checked = Vec::new();
            for (id, (priority, group, user, slots)) in (1..).zip(&jobs) {
                let (group, user) = (names[usize::from(*group)], names[usize::from(*user) + 3]);
                let who = Who { priority: *priority, group, user };
                shares.file(JobId(id), who, true, true);
                shares.hold(JobId(id), *slots, 0);
                checked.push((JobId(id), who, true, *slots));
            }
            for (name, weight) in &weights {
                shares.set_weight(names[*name], *weight);
            }
            shares.check(checked.into_iter());
            let (mut turns, mut state) = (Turns::new(&shares), shares.clone());
            let mut given = 0;
            while let Some(turn) = turns.next().filter(|_| given < 200) {
                for _ in 0..turn.most.min(50) {
                    // One by one in the state itself, as passes of one lease each would go.
                    let fresh = Turns::new(&state).next().map(|turn| turn.job);
                    prop_assert_eq!(fresh, Some(turn.job));
                    state.hold(turn.job, 1, 0);
                    given += 1;
                }
                let more = !ends.contains(&given);
                turns.gave(turn.job, turn.most.min(50), more);
                if !more {
                    let (_, who, ..) = who_of(&jobs, &names, turn.job);
                    state.file(turn.job, who, true, false);
                }
            }
        }

        /// Whoever wants slots is never more than one lease behind what others of the same priority have got.
        #[test]
        fn nobody_waits_while_another_gets_more_than_his_share(
            users in prop::collection::vec((0..40_u32, 1..4_u32), 2..6),
            slots in 1..60_u32,
        ) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let mut shares = Shares::default();
            for (name, (id, (held, weight))) in names.iter().zip((1..).zip(&users)) {
                shares.set_weight(name, *weight);
                shares.file(JobId(id), Who { priority: 50, group: name, user: name }, true, true);
                shares.hold(JobId(id), *held, 0);
            }
            let given = order(&shares, slots as usize);
            let held = |id: u64| {
                let got = given.iter().filter(|job| **job == id).count() as u32;
                (shares.slots(JobId(id)) + got, got)
            };
            for (id, (_, weight)) in (1..).zip(&users) {
                for (other, (_, heavy)) in (1..).zip(&users) {
                    let ((has, _), (his, got)) = (held(id), held(other));
                    if got > 0 {
                        // Without the last lease the other held no more for his weight than this one.
                        prop_assert!((his - 1) * weight <= has * heavy, "{id} has {has}, {other} got {got}");
                    }
                }
            }
        }
    }

    fn who_of<'a>(jobs: &[(i32, u8, u8, u32)], names: &[&'a str; 6], job: JobId) -> (JobId, Who<'a>, u32) {
        let (priority, group, user, slots) = jobs[usize::try_from(job.0).unwrap() - 1];
        let who = Who { priority, group: names[usize::from(group)], user: names[usize::from(user) + 3] };
        (job, who, slots)
    }
}
