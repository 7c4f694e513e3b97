//! A small animated scene for POV-Ray, with a file that it includes and an image map, and POV-Ray by hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::names;
use super::ran::Ran;

/// Includes `parts/ball.inc`, which maps `maps/tiles.png`; what moves hangs on the clock.
const SCENE: &str = r#"#version 3.7;
global_settings { assumed_gamma 1 }
#include "colors.inc"
#include "parts/ball.inc"
camera { location <0, 1.5, -4> look_at 0 }
light_source { <3, 5, -4> White }
plane { y, -1 pigment { checker White Gray50 } }
object { Ball rotate 360*clock*y translate <clock - 0.5, 0, 0> }
"#;

const BALL: &str = r#"#declare Ball = sphere { 0, 1
  pigment { image_map { png "maps/tiles.png" map_type 1 } }
  finish { phong 0.6 reflection 0.1 }
}
"#;

/// Writes the scene into `folder` and gives its path.
pub(super) fn write(folder: &Path) -> PathBuf {
    demand_povray();
    std::fs::create_dir_all(folder.join("parts")).unwrap();
    std::fs::create_dir_all(folder.join("maps")).unwrap();
    std::fs::write(folder.join("scene.pov"), SCENE).unwrap();
    std::fs::write(folder.join("parts/ball.inc"), BALL).unwrap();
    let tiles = image::RgbImage::from_fn(32, 16, |x, y| {
        image::Rgb([(x * 8) as u8, (y * 16) as u8, if (x / 4 + y / 4) % 2 == 0 { 30 } else { 220 }])
    });
    tiles.save(folder.join("maps/tiles.png")).unwrap();
    folder.join("scene.pov")
}

/// Renders frames 1 to `last` of `scene` with one POV-Ray of one thread, and gives the files in order.
pub(super) fn by_hand(scene: &Path, last: u32, format: &str, into: &Path) -> Vec<PathBuf> {
    std::fs::create_dir_all(into).unwrap();
    let mut povray = Command::new("povray");
    povray.current_dir(scene.parent().unwrap()).arg(scene.file_name().unwrap());
    povray.args(["+W64", "+H48", "-D", "+WT1", "+KFI1", &format!("+KFF{last}"), format]);
    povray.arg(format!("+O{}/", into.display()));
    Ran::of(povray).ends_with(0);
    names(into).iter().map(|name| into.join(name)).collect()
}

/// The pixels of the picture at `path`, which has to have the size that all pictures here have.
pub(super) fn pixels(path: &Path) -> Vec<u8> {
    let picture = image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!((picture.width(), picture.height()), (64, 48), "{}", path.display());
    picture.into_rgb8().into_raw()
}

/// Fails with what to do about it where POV-Ray is not installed.
pub(super) fn demand_povray() {
    let found = Command::new("povray").arg("--version").output();
    assert!(found.is_ok(), "POV-Ray is missing: scripts/test installs it, or apt-get install povray");
}
