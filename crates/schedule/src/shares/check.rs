//! Asserts that the places of jobs and what parties count are right.

use model::JobId;

use super::{Place, Shares, Who};

impl Shares {
    /// Asserts that every job that has not ended stands where `jobs` says, and that parties add up.
    pub(crate) fn check<'a>(&self, jobs: impl Iterator<Item = (JobId, Who<'a>, bool, u32)>) {
        let mut left = self.jobs.len();
        for (job, who, wanting, slots) in jobs {
            let place = self.jobs.get(&job);
            let name = |id| self.parties.get(&id).map_or("", |party| party.name.as_str());
            let stands = place.map(|place| {
                let who = Who { priority: place.priority, group: name(place.group), user: name(place.user) };
                (who, place.wanting, place.slots)
            });
            assert_eq!(stands, Some((who, wanting, slots)), "job {job} has its place and its slots");
            left -= 1;
        }
        assert_eq!(left, 0, "only jobs that have not ended have a place");
        for (id, party) in &self.parties {
            assert_eq!(party.key, party.key_now(), "party {id} knows where it stands");
            let of = |place: &&Place| [place.top, place.group, place.user].contains(id);
            let (open, slots) =
                self.jobs.values().filter(of).fold((0, 0), |(n, sum), place| (n + 1, sum + place.slots));
            assert_eq!(
                (party.open, party.slots),
                (open, slots),
                "party {id} counts its jobs and their slots"
            );
            let below = party.below.values().filter_map(|below| self.parties.get(below)?.key);
            if !party.below.is_empty() {
                assert_eq!(party.line, below.collect(), "those below party {id} stand in its line");
            }
        }
    }
}
