//! `framefarm package`: the rendering packages that the farm knows, and whether a definition of one is sound.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use model::{Exit as Ended, Fault, Faults, FrameSet};
use packages::{Definition, Library, Recording, Setting, SettingKind, play_recordings};
use serde_json::json;

use crate::cli::Global;
use crate::output::{self, Cell, Exit, Facts, Failure, Table, plural};

/// Look at the rendering packages that the farm knows, and check definitions of them
///
/// A package is a file: what its program is called, how it is started, what its log says. A site overrides
/// these files and adds its own, in the folder `packages` of the schedule server's data folder.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm package list
  framefarm package show povray --json | jq .settings
  framefarm package check site/*.toml
  framefarm package log povray render.log --exit 1")]
pub(crate) struct Package {
    #[command(subcommand)]
    what: What,
    /// Folder with definitions of a site, laid over those that come with the farm
    #[arg(long, value_name = "DIR", env = "FRAMEFARM_PACKAGES", global = true)]
    packages: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the packages, and which were seen on the real program
    List,
    /// Show one package: its versions, its formats, its settings
    Show {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Check definition files, every fault at once, and play the recorded logs beside them
    Check {
        /// The files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Show what a log comes to: the events in it, and how the attempt is judged
    Log(Log),
}

#[derive(Args, Debug)]
struct Log {
    /// Name of the package, or its definition file
    #[arg(value_name = "NAME")]
    name: String,
    /// What the package printed
    #[arg(value_name = "LOGFILE")]
    file: PathBuf,
    /// How it ended: an exit code, or "signal 9"
    #[arg(long, value_name = "END", default_value = "0")]
    exit: String,
    /// The frames that it made: "1-3"
    #[arg(long, value_name = "FRAMES", default_value = "1")]
    frames: FrameSet,
    /// Its version, for definitions that differ by version
    #[arg(long, value_name = "VERSION", default_value = "")]
    version: String,
    /// Whether it was printed by the real program
    #[arg(long)]
    recorded: bool,
}

impl Package {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match &self.what {
            What::List => list(global, &self.library()?),
            What::Show { name } => show(global, &self.library()?, name),
            What::Check { files } => check(global, files),
            What::Log(log) => {
                let definition = if log.name.ends_with(".toml") {
                    Library::check(Path::new(&log.name)).map_err(|faults| faulty(&log.name, faults))?
                } else {
                    known(&self.library()?, &log.name)?.clone()
                };
                log.run(&definition)
            }
        }
    }

    fn library(&self) -> Result<Library, Failure> {
        let Some(folder) = &self.packages else { return Ok(Library::embedded()) };
        if !folder.is_dir() {
            return Err(Failure::Misuse {
                what: format!("there is no folder {}", folder.display()),
                hint: "--packages names a folder with definition files".to_owned(),
            });
        }
        let subject = folder.display().to_string();
        let library = Library::files_below(folder).and_then(Library::with);
        library.map_err(|faults| faulty(&subject, faults))
    }
}

fn faulty(subject: &str, faults: Faults) -> Failure {
    Failure::Unsound { subject: subject.to_owned(), faults }
}

fn known<'a>(library: &'a Library, name: &str) -> Result<&'a Definition, Failure> {
    library.get(name).ok_or_else(|| {
        let names: Vec<&str> = library.names().collect();
        Failure::Misuse {
            what: format!("there is no package {name}"),
            hint: model::nearest(name, names.iter().copied()).map_or_else(
                || format!("known are {}", names.join(", ")),
                |one| format!("did you mean {one}?"),
            ),
        }
    })
}

fn list(global: &Global, library: &Library) -> Result<Exit, Failure> {
    if global.json {
        let packages: Vec<_> = library.iter().map(|one| in_json(library, one)).collect();
        output::json(&packages)?;
    } else if global.quiet {
        library.names().try_for_each(output::line)?;
    } else {
        let mut table = Table::new(&["PACKAGE", "TITLE", "FRAMES IN A RUN", "SEEN", "FROM"]);
        for one in library.iter() {
            table.row([
                Cell::new(&one.name),
                Cell::new(&one.title),
                Cell::new(if one.session.is_some() { "session" } else { one.frames.chunks.word() }),
                Cell::new(seen(one)),
                Cell::new(if library.is_of_site(&one.name) { "site" } else { "framefarm" }),
            ]);
        }
        output::text(table)?;
    }
    Ok(Exit::Done)
}

/// Which versions were seen, in a word or two.
fn seen(definition: &Definition) -> String {
    let all =
        std::iter::once(definition).chain(definition.variants.iter().map(|variant| &variant.definition));
    let mut versions: Vec<&str> = all.flat_map(|one| one.seen.iter().map(String::as_str)).collect();
    versions.dedup();
    match (versions.as_slice(), definition.is_seen()) {
        ([], true) => "-".to_owned(),
        ([], false) => "not seen on the real program".to_owned(),
        (versions, _) => versions.join(", "),
    }
}

fn in_json(library: &Library, definition: &Definition) -> serde_json::Value {
    let mut value = serde_json::to_value(definition).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("seen_on_the_real_program".to_owned(), json!(definition.is_seen()));
        fields.insert("of_site".to_owned(), json!(library.is_of_site(&definition.name)));
    }
    value
}

fn show(global: &Global, library: &Library, name: &str) -> Result<Exit, Failure> {
    let definition = known(library, name)?;
    if global.json {
        output::json(&in_json(library, definition))?;
        return Ok(Exit::Done);
    }
    let mut facts = Facts::default();
    facts.add("package", Cell::new(&definition.name));
    facts.add("title", Cell::new(&definition.title));
    facts.add("seen", Cell::new(seen(definition)));
    let listed = |list: &[String]| (!list.is_empty()).then(|| list.join(", "));
    facts.add_some("programs", listed(definition.executables.here()));
    facts.add_some("folders", listed(definition.folders.here()));
    facts.add_some("scenes", listed(&definition.scene.endings));
    let formats: Vec<String> = definition.formats.iter().map(|format| format.ending.clone()).collect();
    facts.add_some("formats", listed(&formats));
    facts.add("frames in a run", Cell::new(definition.frames.chunks.word()));
    facts.add_some("tiles", definition.parts.tiles.map(packages::Tiles::word));
    facts.add_some("samples", definition.parts.samples.then_some("can be shared out"));
    facts.add_some("stays", definition.session.as_ref().map(|_| "for many frames"));
    facts.add_some("resumes by", definition.resume.as_ref().and_then(|resume| listed(&resume.arguments)));
    facts.add_some("snapshot at", definition.snapshot.as_ref().map(|snapshot| snapshot.signal.word()));
    let variants: Vec<String> =
        definition.variants.iter().map(|variant| variant.versions.to_string()).collect();
    facts.add_some("otherwise in", listed(&variants));
    output::text(facts)?;
    if !definition.settings.is_empty() {
        let mut table = Table::new(&["SETTING", "VALUES", "DEFAULT", "WHAT IT DOES"]);
        for (name, setting) in &definition.settings {
            table.row([
                Cell::new(name),
                Cell::new(values(setting)),
                Cell::of(setting.default.as_ref()),
                Cell::new(&setting.help),
            ]);
        }
        output::text("\n")?;
        output::text(table)?;
    }
    Ok(Exit::Done)
}

fn values(setting: &Setting) -> String {
    match setting.kind {
        SettingKind::Choice => setting.choices.join(", "),
        SettingKind::Flag => "true, false".to_owned(),
        kind => match (setting.minimum, setting.maximum) {
            (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
            _ => kind.word().to_owned(),
        },
    }
}

fn check(global: &Global, files: &[PathBuf]) -> Result<Exit, Failure> {
    let mut faults = Faults::default();
    for file in files {
        let read = Library::check(file).and_then(|definition| {
            let logs = file.parent().unwrap_or_else(|| Path::new(".")).join("logs");
            play_recordings(&definition, &logs).map(|played| (definition, played))
        });
        match read {
            Ok((definition, played)) => {
                let seen = if definition.is_seen() { "" } else { "; not seen on the real program" };
                let logs = plural(played, "recorded log");
                global.talk().say(format_args!("{}: sound, {logs} played{seen}", definition.name));
            }
            Err(more) => faults.0.extend(more.0),
        }
    }
    let subject = if let [one] = files { one.display().to_string() } else { plural(files.len(), "file") };
    faults.or(Exit::Done).map_err(|faults| faulty(&subject, faults))
}

impl Log {
    fn run(&self, definition: &Definition) -> Result<Exit, Failure> {
        let log = std::fs::read(&self.file).map_err(|error| Failure::System {
            what: format!("cannot read {}: {error}", self.file.display()),
        })?;
        let recording = Recording {
            real: self.recorded,
            version: self.version.clone(),
            exit: self.ended()?,
            frames: (0..self.frames.count()).filter_map(|at| self.frames.number(at)).collect(),
        };
        output::text(recording.head())?;
        output::text(recording.play(definition, &log))?;
        Ok(Exit::Done)
    }

    fn ended(&self) -> Result<Ended, Failure> {
        let wrong = || {
            let what = format!("{:?} is not an end of a process", self.exit);
            let fault = Fault::new("--exit", what).hint("write an exit code, 1, or \"signal 9\"");
            faulty("what is asked", Faults(vec![fault]))
        };
        Recording::ended(&self.exit).ok_or_else(wrong)
    }
}
