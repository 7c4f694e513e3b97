//! The flags of `submit` to a draft, each fault with its flag.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use describe::{Draft, MovieDraft, Prepared, Said, StepDraft, Whereabouts};
use model::{Fault, Faults, PathRules, Source};
use packages::Library;

use super::{Submit, need_flags};
use crate::cli::Global;
use crate::farm;
use crate::output::Failure;

/// What faults call the scene argument.
const SCENE: &str = "FILE";

impl Submit {
    /// The job that is asked for, with its files found and named.
    pub(super) async fn prepared(self, rules: &PathRules, global: &Global) -> Result<Prepared, Failure> {
        let subject = self.subject();
        let file = self.file.clone();
        let described = file.as_deref().filter(|file| is_description(file));
        let below = match described {
            Some(file) => read(file)?,
            None => Draft { source: Some(command_line()), ..Draft::default() },
        };
        let scene = file.as_ref().filter(|_| described.is_none());
        let draft = below.overlaid(self.draft(scene, described.is_some()));
        let from = std::env::current_dir()
            .map_err(|source| Failure::file("find", Path::new("the working folder"), source))?;
        let around = Whereabouts { from: &from, rules };
        let prepared = match describe::prepare(&draft, &around, &user()) {
            // The farm may know packages of its own, or more of one.
            Err(faults) => match site_library(global).await {
                Some(library) => describe::prepare_with(&library, &draft, &around, &user()),
                None => Err(faults),
            },
            prepared => prepared,
        };
        prepared.map_err(|faults| Failure::Faults { subject, faults })
    }

    /// What faults are found in: the description, or the job that the flags make.
    pub(super) fn subject(&self) -> String {
        let described = self.file.as_deref().filter(|file| is_description(file));
        described.map_or_else(|| "the job".to_owned(), |file| file.display().to_string())
    }

    fn draft(self, scene: Option<&PathBuf>, described: bool) -> Draft {
        let mut faults = Faults::default();
        let mut number = |flag: &str, text: Option<String>| whole_number(flag, &text?, &mut faults);
        let (first_frame, last_frame) =
            (number("--first-frame", self.first_frame), number("--last-frame", self.last_frame));
        let frame_count = number("--frame-count", self.frame_count);
        let (priority, attempts) = (number("--priority", self.priority), number("--attempts", self.attempts));
        let (chunk, slots_max) = (number("--chunk", self.chunk), number("--slots-max", self.slots_max));
        let hosts_max = number("--hosts-max", self.hosts_max);
        let (tile_border, sample_parts) =
            (number("--tile-border", self.tile_border), number("--sample-parts", self.sample_parts));
        let movie = movie(self.movie, self.fps, self.burn_in);
        let shared = StepDraft {
            package: said("--package", self.package),
            scene: scene.map(|scene| Said::new(SCENE, scene.clone())),
            frames: said("--frames", self.frames),
            first_frame,
            last_frame,
            frame_count,
            size: said("--size", self.size),
            format: said("--format", self.format),
            support: self.support.into_iter().map(|path| Said::new("--support", path)).collect(),
            libraries: self.library.into_iter().map(|path| Said::new("--library", path)).collect(),
            arguments: list("--arg", self.arg),
            command: self.command.then(|| Said::new("--command", self.program)),
            chunk,
            order: said("--order", self.order),
            slots: said("--slots", self.slots),
            max_time: said("--max-time", self.max_time),
            min_time: said("--min-time", self.min_time),
            stall_time: said("--stall-time", self.stall_time),
            tiles: said("--tiles", self.tiles),
            tile_border,
            sample_parts,
            refuse: list("--refuse", self.refuse),
            cold: self.cold.then(|| Said::new("--cold", true)),
            ..StepDraft::default()
        };
        let mut draft = Draft {
            name: said("--name", self.name),
            user: said("--user", self.user),
            group: said("--group", self.group),
            priority,
            notify: list("--notify", self.notify),
            hold: self.hold.then(|| Said::new("--hold", true)),
            allow_missing: self.allow_missing.then(|| Said::new("--allow-missing", true)),
            relocate: self.relocate.then(|| Said::new("--relocate", true)),
            attempts,
            after: (!self.after.is_empty()).then(|| Said::new("--after", self.after)),
            slots_max,
            hosts_max,
            movie,
            shared,
            faults,
            ..Draft::default()
        };
        if !described {
            idle_support(&mut draft);
        }
        settings(&self.set, &mut draft);
        limits(&self.limit, &mut draft);
        need_flags::read(&self.need, &self.prefer, &self.reserve, &mut draft);
        draft
    }
}

fn whole_number(flag: &str, text: &str, faults: &mut Faults) -> Option<Said<i64>> {
    if let Ok(number) = text.parse() {
        return Some(Said::new(flag, number));
    }
    let what = format!("{text:?} is not a whole number");
    faults.push(Fault::new(flag, what).hint(format!("write for example {flag} 10")));
    None
}

/// Support files and nothing that they could be of: the scene was taken for one of them.
fn idle_support(draft: &mut Draft) {
    let StepDraft { scene, command, support, .. } = &draft.shared;
    if scene.is_none() && command.is_none() && !support.is_empty() {
        let what = "takes every name behind it, so that none is left for the scene";
        draft.faults.push(Fault::new("--support", what).hint("name the scene before --support"));
    }
}

/// The movie, where any flag says something of it.
fn movie(codec: Option<String>, fps: Option<String>, burn_in: Option<String>) -> Option<MovieDraft> {
    let place = match (&codec, &fps, &burn_in) {
        (Some(_), ..) => "--movie",
        (_, Some(_), _) => "--fps",
        (.., Some(_)) => "--burn-in",
        (None, None, None) => return None,
    };
    // Bare --movie takes what the description says of the kind.
    let codec = codec.filter(|codec| !codec.is_empty());
    let (codec, fps) = (said("--movie", codec), said("--fps", fps));
    Some(MovieDraft { codec, fps, burn_in: said("--burn-in", burn_in), ..MovieDraft::wanted(place) })
}

/// Who is at the keyboard, as the environment says or the system.
pub(crate) fn user() -> String {
    let name = |variable| std::env::var(variable).ok().filter(|name: &String| !name.trim().is_empty());
    ["USER", "LOGNAME"].into_iter().find_map(name).or_else(own_name).unwrap_or_else(|| "unknown".to_owned())
}

/// The name of this process's user in the password file.
fn own_name() -> Option<String> {
    let own = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == own).then(|| name.to_owned())
    })
}

fn said(flag: &str, text: Option<String>) -> Option<Said<String>> {
    text.map(|text| Said::new(flag, text))
}

fn list(flag: &str, texts: Vec<String>) -> Option<Said<Vec<String>>> {
    (!texts.is_empty()).then(|| Said::new(flag, texts))
}

fn settings(pairs: &[String], draft: &mut Draft) {
    for pair in pairs {
        match pair.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                draft.shared.settings.insert(key.trim().to_owned(), Said::new("--set", value.to_owned()));
            }
            _ => {
                let what = format!("{pair:?} sets nothing");
                draft.faults.push(Fault::new("--set", what).hint("write --set KEY=VALUE"));
            }
        }
    }
}

fn limits(texts: &[String], draft: &mut Draft) {
    for text in texts {
        let (name, amount) = text.split_once('=').unwrap_or((text, "1"));
        match amount.trim().parse() {
            Ok(amount) if !name.trim().is_empty() => {
                draft.shared.limits.insert(name.trim().to_owned(), Said::new("--limit", amount));
            }
            _ => {
                let what = format!("{text:?} names no limit and amount");
                draft.faults.push(Fault::new("--limit", what).hint("write --limit NAME or --limit NAME=2"));
            }
        }
    }
}

fn is_description(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ["toml", "json"].iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

fn read(file: &Path) -> Result<Draft, Failure> {
    let wrong = |source: std::io::Error| {
        let fault = Fault::new(file.display().to_string(), format!("cannot be read: {source}"));
        let faults = Faults(vec![fault.hint("is the path right? paths are meant from where you are")]);
        Failure::Faults { subject: "the job".to_owned(), faults }
    };
    let text = std::fs::read_to_string(file).map_err(wrong)?;
    describe::read(file, &text)
        .map_err(|faults| Failure::Faults { subject: file.display().to_string(), faults })
}

/// The text of a job that has no file: what was typed.
fn command_line() -> Source {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy())).collect();
    Source { name: "command line".to_owned(), text: format!("framefarm {}", words.join(" ")) }
}

/// The word as a shell would have to be given it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The packages of the farm, where it can be asked and has some of its own.
async fn site_library(global: &Global) -> Option<Library> {
    let files = farm::client(global).await.ok()?.packages().await.ok()?;
    if files.is_empty() { None } else { Library::with(files).ok() }
}
