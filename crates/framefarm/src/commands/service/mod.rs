//! `framefarm service`: servers as services of systemd.

mod systemd;
mod unit;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, Subcommand};
use wire::Service;

use crate::cli::{Cli, Global};
use crate::output::{self, Cell, Exit, Failure, Table};
use unit::{ACCOUNTS, FRAMES_ACCOUNT, SCRATCH, STATE, Unit, name, quoted};

const ROLES: [Service; 3] = [Service::Schedule, Service::Resource, Service::Render];

/// Run servers as services of systemd
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm service install schedule resource -- --lan --storage /mnt/frames
  framefarm service install render                   on each machine that renders
  framefarm service install render -- --desktop      on a workstation: while nobody works there
  framefarm service install render --dry-run         print what would be written
  systemctl reload framefarm-render                  after an update: frames go on
  framefarm service uninstall")]
pub(crate) struct Services {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write the units of servers, and start them
    Install(Install),
    /// Stop the servers and remove their units; their data stays
    Uninstall(Uninstall),
    /// Say which are installed and what they do
    Status(Place),
}

/// Where units are.
#[derive(Args, Debug)]
struct Place {
    /// Services of your own account, without root
    #[arg(long)]
    user: bool,
    /// Write below this folder, and leave systemd alone
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Install {
    /// Servers: schedule, resource, render; a unit for each
    #[arg(value_name = "ROLE", default_value = "render", value_parser = role)]
    roles: Vec<Service>,
    #[command(flatten)]
    place: Place,
    /// Print the files instead of writing them
    #[arg(long)]
    dry_run: bool,
    /// Flags of `framefarm serve` to run them with
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

#[derive(Args, Debug)]
struct Uninstall {
    /// Servers; all that are installed where not given
    #[arg(value_name = "ROLE", value_parser = role)]
    roles: Vec<Service>,
    #[command(flatten)]
    place: Place,
}

fn role(text: &str) -> Result<Service, wire::discovery::ServiceError> {
    text.parse()
}

impl Services {
    pub(crate) fn run(self, global: &Global) -> Result<Exit, Failure> {
        match self.what {
            What::Install(install) => install.run(global),
            What::Uninstall(uninstall) => uninstall.run(global),
            What::Status(place) => status(global, &place),
        }
    }
}

impl Place {
    /// The folder of units.
    fn units(&self) -> Result<PathBuf, Failure> {
        let below = |path: &str| match &self.root {
            Some(root) => root.join(path.trim_start_matches('/')),
            None => PathBuf::from(path),
        };
        if !self.user {
            return Ok(below("/etc/systemd/system"));
        }
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
        let config = config.ok_or_else(|| Failure::Misuse {
            what: "there is no home folder for services of your own".to_owned(),
            hint: "set HOME, or leave --user out for services of the machine".to_owned(),
        })?;
        Ok(below(&config.join("systemd/user").display().to_string()))
    }

    /// Units of roles that are there.
    fn installed(&self) -> Result<Vec<Service>, Failure> {
        let units = self.units()?;
        Ok(ROLES.into_iter().filter(|role| units.join(name(*role)).exists()).collect())
    }
}

impl Install {
    fn run(mut self, global: &Global) -> Result<Exit, Failure> {
        self.roles.sort_unstable();
        self.roles.dedup();
        let executable = std::env::current_exe().map_err(|error| Failure::System {
            what: format!("cannot tell where this program is: {error}"),
        })?;
        let really = !self.dry_run && self.place.root.is_none();
        if really && !self.place.user {
            self.check_place_of(&executable)?;
        }
        let mut files = Vec::new();
        for role in &self.roles {
            let unit = self.unit(*role, &executable, global)?;
            files.push((self.place.units()?.join(unit.name()), unit.text()));
        }
        if !self.place.user {
            let folder = self.place.root.clone().unwrap_or_else(|| PathBuf::from("/"));
            files.push((folder.join("etc/sysusers.d/framefarm.conf"), ACCOUNTS.to_owned()));
        }
        if self.dry_run {
            for (path, text) in &files {
                output::text(format_args!("# {}\n{text}\n", path.display()))?;
            }
            return Ok(Exit::Done);
        }
        for (path, text) in &files {
            write(path, text)?;
            global.talk().say(format_args!("wrote {}", path.display()));
        }
        if really {
            self.begin(global)?;
        }
        Ok(Exit::Done)
    }

    /// Units may not look into homes, nor into the folders of others for passing files.
    fn check_place_of(&self, executable: &Path) -> Result<(), Failure> {
        let hidden = ["/home", "/root", "/tmp", "/var/tmp", "/run/user"];
        if hidden.iter().any(|folder| executable.starts_with(folder)) {
            return Err(Failure::Misuse {
                what: format!("services of the machine cannot run {}", executable.display()),
                hint: "copy it to /usr/local/bin and install with that; --user runs it from where it is"
                    .to_owned(),
            });
        }
        if !rustix::process::geteuid().is_root() {
            return Err(Failure::Misuse {
                what: "only root installs services of the machine".to_owned(),
                hint: "run it with sudo; --user installs services of your own account".to_owned(),
            });
        }
        Ok(())
    }

    fn unit(&self, role: Service, executable: &Path, global: &Global) -> Result<Unit, Failure> {
        let mut words = vec![executable.display().to_string(), "serve".to_owned(), role.name().to_owned()];
        if !self.place.user {
            words.extend(["--data".to_owned(), format!("{STATE}/{}", role.name())]);
        }
        if global.farm != "default" {
            words.extend(["--farm".to_owned(), global.farm.clone()]);
        }
        // Frames own nothing here, least of all what the other servers keep under their account.
        let missing = |flag: &str| !self.flags.iter().any(|word| word.split('=').next() == Some(flag));
        if role == Service::Render && !self.place.user {
            for (flag, value) in [("--render-user", FRAMES_ACCOUNT), ("--scratch", SCRATCH)] {
                if missing(flag) {
                    words.extend([flag.to_owned(), value.to_owned()]);
                }
            }
        }
        words.extend(self.flags.iter().cloned());
        // What the server would not take at its start is better said now.
        let parsed = Cli::command().try_get_matches_from(&words);
        if let Err(error) = parsed {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return Err(Failure::Misuse {
                what: why,
                hint: "`framefarm serve --help` lists the flags".to_owned(),
            });
        }
        let folder = |flag: &str| {
            let at = self.flags.iter().position(|word| word == flag);
            let next = at.and_then(|at| self.flags.get(at + 1)).cloned();
            let prefix = format!("{flag}=");
            next.or_else(|| self.flags.iter().find_map(|word| word.strip_prefix(&prefix).map(str::to_owned)))
        };
        Ok(Unit {
            role,
            command: words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            user: self.place.user,
            writes: ["--storage", "--scratch"]
                .iter()
                .filter_map(|flag| folder(flag))
                .map(|path| quoted(&path))
                .collect(),
            desktop: self.flags.iter().any(|word| word == "--desktop"),
        })
    }

    fn begin(&self, global: &Global) -> Result<(), Failure> {
        if !self.place.user {
            systemd::make_accounts()?;
        }
        systemd::systemctl(self.place.user, &["daemon-reload"])?;
        for role in &self.roles {
            systemd::systemctl(self.place.user, &["enable", "--now", &name(*role)])?;
            global.talk().say(format_args!("{} runs, and is started with the machine", name(*role)));
        }
        Ok(())
    }
}

impl Uninstall {
    fn run(self, global: &Global) -> Result<Exit, Failure> {
        let roles = if self.roles.is_empty() { self.place.installed()? } else { self.roles };
        let really = self.place.root.is_none();
        for role in &roles {
            let path = self.place.units()?.join(name(*role));
            if !path.exists() {
                global.talk().say(format_args!("there is no {}", path.display()));
                continue;
            }
            if really {
                systemd::systemctl(self.place.user, &["disable", "--now", &name(*role)])?;
            }
            fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, error))?;
            global.talk().say(format_args!("removed {}; its data stays", path.display()));
        }
        if really && !roles.is_empty() {
            systemd::systemctl(self.place.user, &["daemon-reload"])?;
        }
        Ok(Exit::Done)
    }
}

fn status(global: &Global, place: &Place) -> Result<Exit, Failure> {
    let installed = place.installed()?;
    if installed.is_empty() {
        global.talk().say("no services are installed; `framefarm service install` does it");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["SERVICE", "IS", "AT START"]);
    for role in installed {
        let unit = name(role);
        let ask = |question| {
            let said = place.root.is_none().then(|| systemd::word(place.user, question, &unit));
            said.and_then(Result::ok).unwrap_or_else(|| "unknown".to_owned())
        };
        table.row([Cell::new(&unit), Cell::new(ask("is-active")), Cell::new(ask("is-enabled"))]);
    }
    output::text(table)?;
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| Failure::file("write", path, error))
}
