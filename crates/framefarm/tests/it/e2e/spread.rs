//! Five processes that know nothing of each other but the farm's name.

use std::collections::BTreeSet;
use std::path::Path;

use super::farm::Farm;
use super::scene;

/// Enough that each of three render servers gets some, even where one is slow.
const FRAMES: u32 = 15;

#[test]
fn three_render_servers_make_what_one_povray_makes_by_hand() {
    let farm = Farm::of_five();
    let film = farm.path("film");
    let scene = scene::write(&film);
    let (pngs, bmps) = (farm.path("by-hand-png"), farm.path("by-hand-bmp"));
    let pngs = scene::by_hand(&scene, FRAMES, "+FN", &pngs);
    let bmps = scene::by_hand(&scene, FRAMES, "+FB", &bmps);

    let (scene, frames) = (scene.display().to_string(), format!("1-{FRAMES}"));
    let as_png = farm.submit(&[&scene, "--frames", &frames, "--size", "64x48"]);
    let as_bmp = farm.submit(&[&scene, "--frames", &frames, "--size", "64x48", "--format", "bmp"]);
    // Nobody may look there any more: what the farm needs has travelled.
    std::fs::remove_dir_all(&film).unwrap();

    let made = farm.until_done(&as_png);
    let hosts: BTreeSet<String> = made.iter().filter_map(|f| f.host.as_ref()).map(|h| h.0.clone()).collect();
    assert_eq!(hosts, BTreeSet::from(["r1", "r2", "r3"].map(str::to_owned)), "{made:#?}");
    for frame in &made {
        assert_eq!(frame.attempts, 1, "{frame:#?}");
    }
    let results = farm.job(&as_png).results;
    assert!(Path::new(&results).starts_with(farm.storage()), "{results}");
    for (number, by_hand) in (1..).zip(&pngs) {
        let made = Path::new(&results).join(format!("scene.{number:04}.png"));
        assert!(scene::pixels(&made) == scene::pixels(by_hand), "frame {number} has other pixels");
    }
    // Equal pixels would prove nothing if the clock stood still.
    let pictures: BTreeSet<Vec<u8>> = pngs.iter().map(|path| scene::pixels(path)).collect();
    assert_eq!(pictures.len(), pngs.len());

    farm.until_done(&as_bmp);
    let results = farm.job(&as_bmp).results;
    for (number, by_hand) in (1..).zip(&bmps) {
        let made = std::fs::read(Path::new(&results).join(format!("scene.{number:04}.bmp"))).unwrap();
        assert!(made == std::fs::read(by_hand).unwrap(), "frame {number} has other bytes");
    }
    assert_eq!((pngs.len(), bmps.len()), (FRAMES as usize, FRAMES as usize));
}

#[test]
fn a_host_that_mounts_the_storage_writes_straight_into_it() {
    let mut farm = Farm::new();
    farm.start_resource();
    farm.start_schedule(&[]);
    let (storage, other) = (farm.storage().display().to_string(), farm.path("other"));
    std::fs::create_dir(&other).unwrap();
    let other = other.display().to_string();
    for (host, storage) in [("mounts", &storage), ("mounts-another", &other)] {
        farm.start(host, &["serve", "render", "--name", host, "--slots", "1", "--storage", storage]);
    }
    farm.until_hosts(2);
    let id = farm.submit_script("film", "1-6", &[], "sleep 0.2; echo {frame} > {output}");
    let made = farm.until_done(&id);
    let hosts: BTreeSet<String> = made.iter().filter_map(|f| f.host.as_ref()).map(|h| h.0.clone()).collect();
    assert_eq!(hosts.len(), 2, "both have a part in it: {made:#?}");
    let roundabout = |host| {
        let log = std::fs::read_to_string(farm.log(host)).unwrap();
        log.contains("frames go by way of it instead")
    };
    assert_eq!((roundabout("mounts"), roundabout("mounts-another")), (false, true));

    let gone = farm.path("not-mounted").display().to_string();
    let arguments = ["serve", "render", "--name", "third", "--storage", &gone];
    let data = farm.path("third").display().to_string();
    farm.run(&[&arguments[..], &["--data", &data]].concat()).ends_with(1).complains(&["is it mounted"]);
}

#[test]
fn servers_find_each_other_in_any_order() {
    let mut farm = Farm::new();
    farm.start_render("early", 1);
    farm.start_resource();
    farm.start_schedule(&[]);
    farm.until_hosts(1);
    let first = farm.submit_script("first", "1-3", &[], "echo {frame} > {output}");
    farm.until_done(&first);

    farm.start_render("late", 2);
    farm.until_hosts(2);
    let tagged = ["--need", "host=late"];
    let second = farm.submit_script("second", "1-3", &tagged, "echo {frame} > {output}");
    for frame in farm.until_done(&second) {
        assert_eq!(frame.host.unwrap().0, "late");
    }
}
