//! Disks that fill up or fail under a schedule server: it accepts nothing that it cannot keep, says so, and
//! loses nothing that it acknowledged.

use std::fs;
use std::path::Path;
use std::process::Command;

use model::JobView;

use super::farm::Farm;
use super::{until, until_true};

const SCRIPT: &str = "echo {frame} > {output}";

/// Whether `command` ran well; false also where there is none.
fn runs(command: &str, arguments: &[&str]) -> bool {
    Command::new(command).args(arguments).output().is_ok_and(|ran| ran.status.success())
}

fn names_of_jobs(farm: &Farm) -> Vec<String> {
    let jobs: Vec<JobView> = farm.run(&["jobs", "--json"]).ends_with(0).json();
    let mut names: Vec<_> = jobs.into_iter().map(|job| job.name).collect();
    names.sort();
    names
}

/// A library that makes syncs fail for as long as a file is there, for a program that it is loaded into.
const BAD_SYNC: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
    const char *file = getenv("BAD_SYNC_WHILE");
    return file && access(file, F_OK) == 0;
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    if (fails()) { errno = EIO; return -1; }
    return real(fd);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    if (fails()) { errno = EIO; return -1; }
    return real(fd);
}
"#;

/// Builds it; SQLite has been built with the same compiler.
fn bad_sync(farm: &Farm) -> String {
    let (source, library) = (farm.path("bad_sync.c"), farm.path("bad_sync.so"));
    fs::write(&source, BAD_SYNC).unwrap();
    let (from, to) = (source.display().to_string(), library.display().to_string());
    assert!(runs("cc", &["-shared", "-fPIC", "-o", &to, &from, "-ldl"]), "cc builds a library");
    to
}

#[test]
fn after_a_failed_sync_the_server_ends_and_the_next_start_has_all_that_was_acknowledged() {
    let mut farm = Farm::new();
    let library = bad_sync(&farm);
    let failing = farm.path("syncs-fail");
    farm.set("BAD_SYNC_WHILE", &failing.display().to_string());
    farm.set("LD_PRELOAD", &library);
    farm.start("up", &["up", "--port", "0", "--name", "solo", "--slots", "1"]);
    let kept = farm.submit_script("kept", "1", &[], SCRIPT);
    farm.until_done(&kept);

    fs::write(&failing, "").unwrap();
    let refused = farm.run(&["submit", "--name", "refused", "--frames", "1", "--command", "--", "true"]);
    assert_ne!(refused.code, Some(0), "{refused}");
    let ended = until("the server ends by itself", || farm.ended("up"));
    assert_eq!(ended.code(), Some(1));
    let log = fs::read_to_string(farm.log("up")).unwrap();
    assert!(log.contains("stopped, because a journal cannot be relied on any more"), "{log}");
    assert!(log.contains("failed half-way; check the disk and start again"), "{log}");

    fs::remove_file(&failing).unwrap();
    farm.restart("up");
    let names = names_of_jobs(&farm);
    assert!(names.contains(&"kept".to_owned()), "{names:?}");
    assert!(names.len() <= 2, "what was refused may stand in the log all the same, once: {names:?}");
    let next = farm.submit_script("next", "1", &[], SCRIPT);
    farm.until_done(&next);
}

/// A disk of its own, as small as can be, where the tests may mount one.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let place = at.display().to_string();
        runs("mount", &["-t", "tmpfs", "-o", "size=512k", "tmpfs", &place]).then(|| Self(at.to_owned()))
    }

    /// Fills it up but for a few pages.
    fn fill(&self) {
        let mut ballast = vec![0_u8; 1 << 20];
        while fs::write(self.0.join("ballast"), &ballast).is_err() && ballast.len() > 4096 {
            ballast.truncate(ballast.len() - 4096);
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        runs("umount", &["-l", &self.0.display().to_string()]);
    }
}

#[test]
fn a_full_disk_refuses_what_is_new_and_loses_nothing() {
    let mut farm = Farm::new();
    let Some(disk) = SmallDisk::mount(&farm.data("schedule")) else {
        // The journal's own test of a full disk runs everywhere.
        eprintln!("skipped: no disk can be mounted here");
        return;
    };
    farm.start_schedule(&[]);
    let submit = |farm: &Farm, name: &str| {
        farm.run(&["submit", "--quiet", "--name", name, "--frames", "1", "--hold", "--command", "--", "true"])
    };
    submit(&farm, "first").ends_with(0);
    disk.fill();
    let mut kept = vec!["first".to_owned()];
    let refused = until("the disk is full", || {
        let name = format!("n{}", kept.len());
        let ran = submit(&farm, &name);
        if ran.code == Some(0) {
            kept.push(name);
            return None;
        }
        Some(ran)
    });
    refused.complains(&["the disk or the quota is full; free some space"]);
    kept.sort();
    assert_eq!(names_of_jobs(&farm), kept, "it still answers");

    farm.kill_9("schedule");
    fs::remove_file(disk.0.join("ballast")).unwrap();
    farm.restart("schedule");
    assert_eq!(names_of_jobs(&farm), kept);
    submit(&farm, "after").ends_with(0);
    until_true("it is there", || names_of_jobs(&farm).contains(&"after".to_owned()));
}
