//! Rendering packages that a site adds, and what real ones do wrong: each ends in the right state with a
//! sentence that says what happened. Python stands in for the package.

mod misbehaving;
mod staying;

use std::os::unix::fs::PermissionsExt;

use super::farm::Farm;

/// A farm of one slot whose site has the package `name`, by its definition and its program in Python.
fn farm_with(name: &str, definition: &str, program: &str) -> Farm {
    let mut farm = Farm::new();
    let (bin, packages) = (farm.path("bin"), farm.path("packages"));
    std::fs::create_dir(&bin).unwrap();
    std::fs::create_dir(&packages).unwrap();
    std::fs::write(packages.join(format!("{name}.toml")), definition).unwrap();
    std::fs::write(farm.path("a.shot"), "a scene").unwrap();
    let file = bin.join(name);
    std::fs::write(&file, format!("#!/usr/bin/env python3\n{program}")).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    farm.set("PATH", &format!("{}:{path}", bin.display()));
    farm.set("FRAMEFARM_PACKAGES", &packages.display().to_string());
    farm.start("up", &["up", "--port", "0", "--name", "solo", "--slots", "2"]);
    farm
}
