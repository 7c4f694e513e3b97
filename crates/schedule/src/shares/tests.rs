//! Places and weights.

use model::JobId;

use super::{Shares, Who};

fn who<'a>(group: &'a str, user: &'a str) -> Who<'a> {
    Who { priority: 50, group, user }
}

#[test]
fn slots_go_with_a_job_whose_priority_changes() {
    let mut shares = Shares::default();
    shares.file(JobId(1), who("ada", "ada"), true, true);
    shares.hold(JobId(1), 3, 0);
    let urgent = Who { priority: 10, ..who("ada", "ada") };
    shares.file(JobId(1), urgent, true, false);
    shares.check([(JobId(1), urgent, false, 3)].into_iter());
    assert_eq!(shares.tops.keys().collect::<Vec<_>>(), [&10]);
    shares.hold(JobId(1), 0, 3);
    shares.file(JobId(1), urgent, false, false);
    assert_eq!(shares.parties.len(), 0, "nobody is remembered who has no job");
}

#[test]
fn who_holds_more_for_his_weight_is_behind() {
    let mut shares = Shares::default();
    shares.file(JobId(1), who("film", "ada"), true, true);
    shares.file(JobId(2), who("film", "bob"), true, true);
    shares.file(JobId(3), who("eve", "eve"), true, true);
    assert_eq!(shares.behind(JobId(3)), None, "later is not behind");
    shares.hold(JobId(1), 4, 0);
    shares.hold(JobId(3), 2, 0);
    assert_eq!(shares.behind(JobId(1)), Some(("film", 4)));
    shares.set_weight("film", 4);
    assert_eq!(shares.behind(JobId(1)), Some(("ada", 4)), "within the group");
    assert_eq!(shares.behind(JobId(2)), None);
    assert_eq!(shares.behind(JobId(3)), Some(("eve", 2)));
}

#[test]
fn views_name_everybody_once() {
    let mut shares = Shares::default();
    shares.set_weight("lab", 3);
    shares.file(JobId(1), who("film", "ada"), true, true);
    shares.file(JobId(2), who("ada", "ada"), true, false);
    shares.hold(JobId(1), 2, 0);
    shares.hold(JobId(2), 1, 0);
    let views = shares.views();
    let views: Vec<_> = views.iter().map(|view| (view.name.as_str(), view.weight, view.slots)).collect();
    assert_eq!(views, [("ada", 1, 3), ("film", 1, 2), ("lab", 3, 0)]);
    shares.set_weight("lab", 1);
    assert_eq!(shares.views().len(), 2);
}
