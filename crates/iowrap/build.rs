//! Compiles the wrapper to a shared library of its own, which `src/lib.rs` embeds.
//!
//! Cargo cannot do it: a library without the standard library has to abort on a panic, which is a setting of
//! the whole workspace there.

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// It needs nothing but the C library that is there already, and what it does not use is left out.
const SETTINGS: [&str; 8] = [
    "panic=abort",
    "opt-level=3",
    "lto=fat",
    "strip=symbols",
    "relocation-model=pic",
    "link-arg=-nostartfiles",
    "link-arg=-lc",
    "link-arg=-Wl,-z,relro,-z,now",
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=shim");
    let variable = |name: &str| env::var_os(name).unwrap_or_default();
    let library = PathBuf::from(variable("OUT_DIR")).join("libframefarm_iowrap.so");
    let mut compiler = Command::new(variable("RUSTC"));
    compiler.args(["--edition", "2024", "--crate-type", "cdylib", "--crate-name", "framefarm_iowrap"]);
    for setting in SETTINGS {
        compiler.args(["-C", setting]);
    }
    compiler.arg("--target").arg(variable("TARGET")).arg("-o").arg(&library).arg("shim/lib.rs");
    let linker = format!("CARGO_TARGET_{}_LINKER", triple());
    println!("cargo::rerun-if-env-changed={linker}");
    if let Some(linker) = env::var_os(linker) {
        let mut linker_is = std::ffi::OsString::from("linker=");
        linker_is.push(linker);
        compiler.arg("-C").arg(linker_is);
    }
    match compiler.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => fail(&format!("the I/O wrapper does not compile: {status}")),
        Err(error) => fail(&format!("the compiler cannot be run: {error}")),
    }
}

/// The target as Cargo's variables spell it.
fn triple() -> String {
    env::var("TARGET").unwrap_or_default().to_uppercase().replace(['-', '.'], "_")
}

fn fail(what: &str) -> ExitCode {
    println!("cargo::error={what}");
    ExitCode::FAILURE
}
