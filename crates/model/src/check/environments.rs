//! What can be wrong with the environments of a job and its steps.

use std::collections::BTreeSet;

use crate::check::check_name;
use crate::{Action, Cancel, Environment, Fault, Faults, JobDescription};

/// More of them in one session than this are a script gone wild.
const ENVIRONMENTS_MAX: usize = 50;
/// The largest embedded file in bytes; what is larger travels as a support file.
const FILE_MAX: usize = 1 << 20;
/// The longest time between the request to end and the end by force, in milliseconds.
const WAIT_MAX_MS: u64 = 600_000;
/// Where a fault of an environment is.
const PLACE: &str = "environment";

impl JobDescription {
    pub(super) fn check_environments(&self, faults: &mut Faults) {
        let mut names = Names::default();
        for environment in &self.environments {
            names.check(environment, faults);
        }
        for step in &self.steps {
            let mut names = names.clone();
            for environment in &step.environments {
                names.check(environment, faults);
            }
            let count = self.environments.len() + step.environments.len();
            if count > ENVIRONMENTS_MAX {
                let what =
                    format!("step {:?} has {count} environments, {ENVIRONMENTS_MAX} are most", step.name);
                faults.push(Fault::new(PLACE, what));
            }
        }
    }
}

/// What is taken in a session already.
#[derive(Clone, Default)]
struct Names {
    environments: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Names {
    fn check(&mut self, environment: &Environment, faults: &mut Faults) {
        let name = &environment.name;
        check_name(PLACE, name, faults);
        let mut fault = |what: String, hint: &str| {
            faults.push(Fault::new(PLACE, format!("environment {name:?}: {what}")).hint(hint));
        };
        if !self.environments.insert(name.clone()) {
            fault("another one has the same name".into(), "the log and `why` tell them apart by it");
        }
        let idle = environment.enter.is_none() && environment.exit.is_none();
        if idle && environment.variables.is_empty() {
            fault("it does nothing".into(), "give it variables, enter or exit");
        }
        for variable in environment.variables.keys().filter(|variable| !is_variable(variable)) {
            let hint = "a variable's name is of letters, digits and _ and begins with no digit";
            fault(format!("{variable:?} is no name of a variable"), hint);
        }
        for (what, action) in [("enter", &environment.enter), ("exit", &environment.exit)] {
            if let Some(action) = action {
                check_action(what, action, &mut fault);
            }
        }
        for file in &environment.files {
            if !is_file_name(&file.name) {
                let hint = "its name is of lower case letters, digits and _, for {file_NAME}";
                fault(format!("{:?} is no name of a file", file.name), hint);
            } else if !self.files.insert(file.name.clone()) {
                fault(
                    format!("there is another file {:?}", file.name),
                    "files of a session have different names",
                );
            }
            if let Some(on_disk) = &file.filename
                && (on_disk.is_empty() || on_disk.contains(['/', '\0']) || on_disk == "." || on_disk == "..")
            {
                fault(
                    format!("{on_disk:?} is no file name"),
                    "it stands in a folder of its own; leave out folders",
                );
            }
            if file.text.len() > FILE_MAX {
                let what = format!("the file {:?} is larger than {FILE_MAX} bytes", file.name);
                fault(what, "let it travel as a support file");
            }
        }
    }
}

fn check_action(which: &str, action: &Action, fault: &mut impl FnMut(String, &str)) {
    if action.command.first().is_none_or(|program| program.trim().is_empty()) {
        fault(
            format!("{which} names no program"),
            "write the program and its arguments: [\"sh\", \"{file_x}\"]",
        );
    }
    if action.command.iter().any(|word| word.contains('\0')) {
        fault(format!("{which} holds a zero byte"), "no program can be handed one");
    }
    if action.timeout_ms == Some(0) {
        fault(format!("{which} may take no time at all"), "leave the timeout out, or give it a second");
    }
    if let Cancel::Notify { wait_ms } = action.cancel
        && !(1..=WAIT_MAX_MS).contains(&wait_ms)
    {
        let what = format!("{which} would have {} s to end", wait_ms / 1000);
        fault(what, "between 1 and 600 seconds; \"terminate\" waits for nothing");
    }
}

fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmbeddedFile;

    fn environment(change: impl FnOnce(&mut Environment)) -> Environment {
        let enter = Some(Action { command: vec!["true".into()], ..Action::default() });
        let mut environment = Environment { name: "venv".into(), enter, ..Environment::default() };
        change(&mut environment);
        environment
    }

    fn faults(environments: Vec<Environment>) -> Vec<String> {
        let mut job = JobDescription::new("job", "ada", Vec::new());
        job.environments = environments;
        let mut faults = Faults::default();
        job.check_environments(&mut faults);
        faults.0.into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn each_fault_of_an_environment_is_found() {
        let file = |name: &str, filename: Option<&str>| EmbeddedFile {
            name: name.into(),
            filename: filename.map(str::to_owned),
            ..EmbeddedFile::default()
        };
        let table: Vec<(&str, Environment)> = vec![
            ("is empty", environment(|it| it.name = " ".into())),
            ("does nothing", environment(|it| it.enter = None)),
            ("no name of a variable", environment(|it| drop(it.variables.insert("9A".into(), "x".into())))),
            ("names no program", environment(|it| it.exit = Some(Action::default()))),
            ("no time at all", environment(|it| it.enter.as_mut().unwrap().timeout_ms = Some(0))),
            (
                "700 s to end",
                environment(|it| it.enter.as_mut().unwrap().cancel = Cancel::Notify { wait_ms: 700_000 }),
            ),
            ("no name of a file", environment(|it| it.files = vec![file("Run.sh", None)])),
            ("no file name", environment(|it| it.files = vec![file("run", Some("../run"))])),
            ("another file \"run\"", environment(|it| it.files = vec![file("run", None), file("run", None)])),
        ];
        for (wanted, environment) in table {
            let found = faults(vec![environment]);
            assert!(found.len() == 1 && found[0].contains(wanted), "{wanted}: {found:?}");
        }
        let twice = faults(vec![environment(|_| ()), environment(|_| ())]);
        assert!(twice.len() == 1 && twice[0].contains("same name"), "{twice:?}");
        assert_eq!(faults(vec![environment(|it| it.files = vec![file("run_2", Some("run.sh"))])]), [""; 0]);
    }
}
