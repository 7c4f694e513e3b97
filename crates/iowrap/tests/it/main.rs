//! The wrapper in front of real programs: one of our own that goes every way to a file, and ordinary ones.
#![allow(clippy::unwrap_used, missing_docs)]

mod changing;
mod programs;
mod reading;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use iowrap::{BASE_VARIABLE, PRELOAD_VARIABLE};
use tempfile::TempDir;

/// The program that knows the ways, the wrapper in a file, and a static program that reads.
struct Built {
    readers: PathBuf,
    fixed: PathBuf,
    wrapper: PathBuf,
    _folder: TempDir,
}

fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/readers.c");
        // What links Rust compiles C.
        for (name, flags) in [("readers", &["-D_FORTIFY_SOURCE=2"][..]), ("fixed", &["-static"])] {
            let status =
                Command::new("cc").args(["-O1", "-w", source, "-o"]).arg(at(name)).args(flags).status();
            assert!(status.unwrap().success(), "{name} does not compile");
        }
        iowrap::write(&at("wrapper.so")).unwrap();
        Built { readers: at("readers"), fixed: at("fixed"), wrapper: at("wrapper.so"), _folder: folder }
    })
}

/// A base folder with `/proj/a.txt` in it, which says `mapped`, and a folder that is nobody's.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("base/proj/sub")).unwrap();
        fs::create_dir(folder.path().join("own")).unwrap();
        fs::write(folder.path().join("base/proj/a.txt"), "mapped\n").unwrap();
        fs::write(folder.path().join("own/b.txt"), "own\n").unwrap();
        std::os::unix::fs::symlink("a.txt", folder.path().join("base/proj/link")).unwrap();
        Self { folder }
    }

    fn base(&self) -> PathBuf {
        self.folder.path().join("base")
    }

    /// Where `path` is below the base.
    fn mapped(&self, path: &str) -> PathBuf {
        self.base().join(path.trim_start_matches('/'))
    }

    /// A file that is not below the base.
    fn own(&self, name: &str) -> PathBuf {
        self.folder.path().join("own").join(name)
    }

    /// `program` with the wrapper in front of it.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env(PRELOAD_VARIABLE, &built().wrapper).env(BASE_VARIABLE, self.base());
        command
    }

    /// Goes `way` to each of `paths`.
    fn go(&self, way: &str, paths: &[&Path]) -> Output {
        self.command(&built().readers).arg(way).args(paths).output().unwrap()
    }

    /// The same where it has to succeed; what it prints.
    fn goes(&self, way: &str, path: impl AsRef<Path>) -> String {
        let output = self.go(way, &[path.as_ref()]);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{way} {}: {printed}", path.as_ref().display());
        printed
    }
}
