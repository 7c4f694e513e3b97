//! Scenes that name their files from the root of the machine: found behind the I/O wrapper, by a package that
//! knows nothing of it.

use std::path::Path;

use super::farm::Farm;
use super::{names, scene};

#[test]
fn povray_finds_files_by_the_paths_of_a_machine_that_is_gone() {
    let farm = Farm::up(2);
    let film = farm.path("film");
    let scene = scene::write(&film);
    // An include from another folder, and in it a picture, both named from the root.
    let (away, inside) = (farm.path("away"), farm.path("film/maps/tiles.png"));
    std::fs::create_dir(&away).unwrap();
    let ball = std::fs::read_to_string(film.join("parts/ball.inc")).unwrap();
    let ball = ball.replace("maps/tiles.png", &inside.display().to_string());
    std::fs::write(away.join("ball.inc"), ball).unwrap();
    let text = std::fs::read_to_string(&scene).unwrap();
    let text = text.replace("parts/ball.inc", &away.join("ball.inc").display().to_string());
    std::fs::write(&scene, text).unwrap();
    let wanted = scene::by_hand(&scene, 2, "+FN", &farm.path("by-hand"));

    let id = farm.submit(&[&scene.display().to_string(), "--frames", "1-2", "--size", "64x48", "--hold"]);
    // The machine where it was made is another one: nothing stands there by those names.
    std::fs::remove_dir_all(&away).unwrap();
    std::fs::remove_dir_all(&film).unwrap();
    farm.run(&["release", &id]).ends_with(0);
    farm.until_done(&id);
    let results = farm.job(&id).results;
    let made: Vec<_> = names(Path::new(&results)).into_iter().filter(|name| name.ends_with(".png")).collect();
    assert_eq!(made.len(), 2);
    for (made, wanted) in made.iter().zip(wanted) {
        assert!(
            scene::pixels(&Path::new(&results).join(made)) == scene::pixels(&wanted),
            "{made}: other pixels"
        );
    }
}

#[test]
fn a_command_of_a_job_that_asks_for_it_reads_and_writes_by_original_paths() {
    let mut farm = Farm::new();
    farm.start("up", &["up", "--port", "0", "--slots", "1"]);
    std::fs::write(farm.path("model.txt"), "the model\n").unwrap();
    let original = farm.path("model.txt").canonicalize().unwrap().display().to_string();
    let description = format!(
        "name = \"read\"\nframes = \"1\"\nrelocate = true\nsupport = [\"model.txt\"]\n\
         command = [\"sh\", \"-c\", \"cat {original} && cd $(dirname {original}) && pwd && cat model.txt\"]\n"
    );
    std::fs::write(farm.path("read.toml"), description).unwrap();
    let id = farm.submit(&["read.toml", "--hold"]);
    std::fs::remove_file(farm.path("model.txt")).unwrap();
    farm.run(&["release", &id]).ends_with(0);
    farm.until_done(&id);
    let log = farm.run(&["log", &id, "1"]).ends_with(0).stdout;
    let home = Path::new(&original).parent().unwrap().display();
    assert!(log.contains(&format!("the model\n{home}\nthe model\n")), "{log}");
}
