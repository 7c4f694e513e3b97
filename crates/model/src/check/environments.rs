//! What can be wrong with the environments that sessions are in.

use std::collections::BTreeSet;

use super::check_name;
use crate::{Action, Environment, Fault, Faults};

/// Where people look for it.
const PLACE: &str = "environment";

/// Checks those of a job, or those of one step.
pub(super) fn check(environments: &[Environment], faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for environment in environments {
        check_name(PLACE, &environment.name, faults);
        if !names.insert(&environment.name) {
            let what = format!("two environments are called {:?}", environment.name);
            faults.push(Fault::new(PLACE, what).hint("give each a name of its own"));
        }
        check_one(environment, faults);
    }
}

fn check_one(environment: &Environment, faults: &mut Faults) {
    let name = &environment.name;
    let fault = |what: String| Fault::new(PLACE, format!("environment {name:?} {what}"));
    for variable in environment.variables.keys().filter(|variable| !is_word(variable)) {
        let fault = fault(format!("sets {variable:?}, which is no name of a variable"));
        faults.push(fault.hint("names are letters, digits and _, and begin with a letter"));
    }
    let mut files = BTreeSet::new();
    for file in &environment.files {
        if !is_word(&file.name) {
            let fault = fault(format!("carries a file {:?}, which cannot be named so", file.name));
            faults.push(fault.hint("actions find it as {file_NAME}: NAME is letters, digits and _"));
        }
        if !files.insert(&file.name) {
            faults.push(fault(format!("carries two files {:?}", file.name)).hint("tell them apart"));
        }
        if let Some(called) = file.filename.as_ref().filter(|called| !is_file_name(called)) {
            let fault = fault(format!("would write a file {called:?} outside of its own folder"));
            faults.push(fault.hint("a file name is wanted, without a folder"));
        }
    }
    for (when, action) in [("enter", &environment.enter), ("exit", &environment.exit)] {
        if let Some(Action { command, timeout_ms, .. }) = action {
            if command.first().is_none_or(|program| program.trim().is_empty()) {
                faults.push(fault(format!("names no program to {when} it")).hint("name it, or leave it out"));
            }
            if *timeout_ms == Some(0) {
                let fault = fault(format!("gives its {when} no time at all"));
                faults.push(fault.hint("leave the time out for no limit"));
            }
        }
    }
}

fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(plain)
}

fn is_file_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.contains(['/', '\\', '\0']) && text.len() <= 255
}
