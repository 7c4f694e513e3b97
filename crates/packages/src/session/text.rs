//! The texts of environments: their placeholders, and what may be wrong with them before a job travels.

use std::collections::{BTreeMap, BTreeSet};

use model::{Environment, Fault, Faults, JobDescription};

/// Placeholders that every text of an environment may hold, besides `{file_NAME}`.
pub const OF_SESSIONS: [&str; 6] =
    ["has_path_mapping_rules", "job", "job_id", "path_mapping_rules_file", "session", "threads"];

/// What the placeholders of embedded files begin with.
pub const FILE_PREFIX: &str = "file_";

/// `text` with `values` put in. Braces around anything else stay, so that scripts need no care; `{{name}}`
/// stands for `{name}` as text.
#[must_use]
pub fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let escaped = rest[1..].starts_with('{').then(|| placeholder(&rest[1..])).flatten();
        if let Some((name, after)) = escaped
            && values.contains_key(name)
            && let Some(after) = after.strip_prefix('}')
        {
            filled.push_str(&rest[1..rest.len() - after.len() - 1]);
            rest = after;
        } else if let Some((value, after)) =
            placeholder(rest).and_then(|(name, after)| Some((values.get(name)?, after)))
        {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    filled
}

/// Name of the placeholder that `text` begins with, and what follows it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    (name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(plain)).then_some((name, after))
}

/// The placeholders of `text`.
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        match placeholder(rest) {
            Some((name, after)) => {
                if !rest[1..].starts_with('{') {
                    names.push(name);
                }
                rest = after;
            }
            // An escaped one is passed as a whole.
            None => {
                let escaped = placeholder(&rest[1..]).and_then(|(_, after)| after.strip_prefix('}'));
                rest = escaped.unwrap_or(&rest[1..]);
            }
        }
    }
    names
}

/// Finds placeholders in commands and variables of `job`'s environments that nothing stands for. Texts of
/// files are scripts, which have braces of their own.
#[must_use]
pub fn check_environments(job: &JobDescription) -> Faults {
    let mut faults = Faults::default();
    let mut known: BTreeSet<String> = OF_SESSIONS.iter().map(ToString::to_string).collect();
    for environment in &job.environments {
        check(environment, &mut known, &mut faults);
    }
    for step in &job.steps {
        let mut known = known.clone();
        for environment in &step.environments {
            check(environment, &mut known, &mut faults);
        }
        let none = job.environments.is_empty() && step.environments.is_empty();
        let of_session = |name: &&str| {
            name.starts_with(FILE_PREFIX) || matches!(*name, "session" | "path_mapping_rules_file")
        };
        let named = step.work.command.iter().flat_map(|text| names(text));
        for name in named.filter(of_session).filter(|name| none || !known.contains(*name)) {
            let what = format!("{{{name}}} has no value: no environment of the job gives it one");
            faults.push(Fault::new("command", what).hint("see docs/sessions.md"));
        }
    }
    faults
}

fn check(environment: &Environment, known: &mut BTreeSet<String>, faults: &mut Faults) {
    known.extend(environment.files.iter().map(|file| format!("{FILE_PREFIX}{}", file.name)));
    let actions = [&environment.enter, &environment.exit].into_iter().flatten();
    let texts = actions.flat_map(|action| &action.command).chain(environment.variables.values());
    let mut said = BTreeSet::new();
    for name in texts.flat_map(|text| names(text)) {
        if known.contains(name) || !said.insert(name) {
            continue;
        }
        let what = format!("environment {:?}: there is no placeholder {{{name}}}", environment.name);
        let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
        let hint = format!("there are {}; write {{{{{name}}}}} for the text itself", known.join(", "));
        faults.push(Fault::new("environment", what).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use model::Action;

    use super::*;

    #[test]
    fn placeholders_are_filled_and_braces_of_scripts_stay() {
        let values = [("session", "/s"), ("file_run_2", "/f/run")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (text, wanted) in [
            ("{session}/x:{file_run_2}", "/s/x:/f/run"),
            ("awk '{print $1}' ${HOME} ${name} {} {", "awk '{print $1}' ${HOME} ${name} {} {"),
            ("{{session}} {{name}}", "{session} {{name}}"),
            ("{{session}", "{/s"),
            ("{\"a\":{\"b\":\"{session}\"}}", "{\"a\":{\"b\":\"/s\"}}"),
            ("ü{session}ü", "ü/sü"),
            ("", ""),
        ] {
            assert_eq!(fill(text, &values), wanted, "{text}");
        }
    }

    #[test]
    fn a_placeholder_that_nothing_stands_for_is_found_before_the_job_travels() {
        let command = |words: &[&str]| {
            let command = words.iter().map(ToString::to_string).collect();
            Some(Action { command, ..Action::default() })
        };
        let environment = Environment {
            name: "venv".into(),
            variables: BTreeMap::from([("PATH".into(), "{sesion}/bin:{job}".into())]),
            enter: command(&["sh", "{file_setup}", "{{frame}}"]),
            exit: command(&["sh", "-c", "echo {frame} {frame} ${x} ${HOME}"]),
            ..Environment::default()
        };
        let mut job = JobDescription::new("job", "ada", Vec::new());
        job.environments = vec![environment];
        let told: Vec<String> = check_environments(&job).0.into_iter().map(|fault| fault.what).collect();
        let start = "environment \"venv\": there is no placeholder";
        assert_eq!(told, ["file_setup", "frame", "x", "sesion"].map(|name| format!("{start} {{{name}}}")));
    }
}
