//! The trail of deeds.

use access::{Deed, DeedFilter, Event};
use model::{Role, Time};

use super::scene::Scene;

fn deed(who: &str, object: &str) -> Event {
    Event::Acted(Deed {
        who: who.to_owned(),
        verb: "hold".to_owned(),
        object: object.to_owned(),
        from: "10.0.0.7".to_owned(),
        outcome: "done".to_owned(),
    })
}

fn numbers(scene: &Scene, filter: DeedFilter) -> Vec<u64> {
    scene.role.deeds(&filter).into_iter().map(|deed| deed.number).collect()
}

#[test]
fn deeds_are_found_by_who_when_and_number() {
    let mut scene = Scene::new();
    for (who, job) in [("ada", 1), ("bob", 2), ("ada", 3), ("member r1", 4)] {
        scene.does(deed(who, &format!("job {job}")));
        scene.pass_ms(10);
    }
    let all = DeedFilter { most: 100, ..DeedFilter::default() };
    assert_eq!(numbers(&scene, all.clone()), [1, 2, 3, 4]);
    assert_eq!(numbers(&scene, DeedFilter { by: Some("ada".to_owned()), ..all.clone() }), [1, 3]);
    assert_eq!(numbers(&scene, DeedFilter { since: Some(Time(1_000_020)), ..all.clone() }), [3, 4]);
    assert_eq!(numbers(&scene, DeedFilter { after: Some(3), ..all.clone() }), [4]);
    assert_eq!(numbers(&scene, DeedFilter { most: 2, ..all }), [3, 4], "the newest");
}

#[test]
fn the_newest_ten_thousand_are_at_hand() {
    let mut scene = Scene::new();
    for _ in 0..10_050 {
        let records = scene.role.decide(scene.now, &deed("ada", "job 1")).unwrap();
        records.iter().for_each(|record| scene.role.apply(record, &mut Vec::new()));
    }
    scene.role.check();
    let found = numbers(&scene, DeedFilter { most: 100_000, ..DeedFilter::default() });
    assert_eq!((found.len(), found[0], found[9_999]), (10_000, 51, 10_050));
}
