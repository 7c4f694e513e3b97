//! `framefarm path`: where folders stand on each platform, and what a path comes to on another.

use clap::{Args, Subcommand};
use model::{PathRule, PathRules, Platform};

use crate::cli::Global;
use crate::farm;
use crate::output::{self, Cell, Exit, Failure, Table};

/// Manage and try the rules by which paths are mapped between platforms
///
/// A rule says what one folder is called on Linux, macOS and Windows. Paths in a job's arguments and settings
/// are changed to what they are called on the host that renders; packages that read path mapping are told
/// the rules. Whole parts of paths are compared, the longest rule holds.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm path add --linux /mnt/proj --windows 'P:\\' --macos /Volumes/proj
  framefarm path add textures --linux /mnt/tex --windows '\\\\nas\\tex'
  framefarm path explain 'P:\\show\\tex\\a.png' --to linux
  framefarm path remove textures")]
pub(crate) struct Paths {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add a rule; one of the same name is replaced where it says so
    Add(Add),
    /// List the rules, and what each folder is called where
    List,
    /// Remove a rule
    Remove {
        /// Name of the rule
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Say which rule holds for a path, what comes out, and why others do not hold
    Explain(Explain),
}

#[derive(Args, Debug)]
struct Add {
    /// What to call the rule; the last name of its first folder where not given
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The folder on Linux: /mnt/proj
    #[arg(long, value_name = "DIR")]
    linux: Option<String>,
    /// The folder on macOS: /Volumes/proj
    #[arg(long, value_name = "DIR")]
    macos: Option<String>,
    /// The folder on Windows: 'P:\' or '\\server\proj'
    #[arg(long, value_name = "DIR")]
    windows: Option<String>,
    /// Replace the rule of that name
    #[arg(long)]
    replace: bool,
}

#[derive(Args, Debug)]
struct Explain {
    /// The path, as it stands in a scene or job
    #[arg(value_name = "PATH")]
    path: String,
    /// The platform it is wanted on: linux, macos, windows; this one where not given
    #[arg(long, value_name = "PLATFORM")]
    to: Option<Platform>,
}

impl Paths {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let client = farm::client(global).await?;
        match self.what {
            What::List => print(global, &client.paths().await?),
            What::Remove { name } => {
                client.remove_path(&name).await?;
                global.talk().say(format_args!("path rule {name} removed"));
                Ok(Exit::Done)
            }
            What::Explain(explain) => explain.run(global, &client.paths().await?),
            What::Add(add) => {
                let (name, rule, replace) = add.rule()?;
                if !replace && client.paths().await?.0.get(&name).is_some_and(|known| *known != rule) {
                    return Err(Failure::Misuse {
                        what: format!("there is a path rule {name} that says something else"),
                        hint: "give this one a name of its own, or change that one with --replace".to_owned(),
                    });
                }
                let rules = client.set_path(&name, &rule).await?;
                print(global, &PathRules(rules.0.into_iter().filter(|(known, _)| *known == name).collect()))
            }
        }
    }
}

impl Add {
    fn rule(self) -> Result<(String, PathRule, bool), Failure> {
        let rule = PathRule { linux: self.linux, macos: self.macos, windows: self.windows };
        if let Some(fault) = rule.faults().0.into_iter().next() {
            let hint = fault.hint.unwrap_or_else(|| "`framefarm path add --help` shows some".to_owned());
            return Err(Failure::Misuse { what: fault.what, hint });
        }
        let last = |folder: &str| {
            let name = |c: char| !matches!(c, '/' | '\\' | ':');
            folder.split(|c| !name(c)).rfind(|part| !part.is_empty()).map(str::to_owned)
        };
        let named = Platform::ALL.into_iter().find_map(|platform| rule.on(platform).and_then(last));
        let name = self.name.or(named).unwrap_or_else(|| "root".to_owned());
        Ok((name, rule, self.replace))
    }
}

impl Explain {
    fn run(self, global: &Global, rules: &PathRules) -> Result<Exit, Failure> {
        let to = self.to.unwrap_or(Platform::here());
        let explained = rules.explain(&self.path, to);
        if global.json {
            output::json(&explained)?;
        } else if global.quiet {
            output::line(explained.result.as_deref().unwrap_or(&self.path))?;
        } else {
            let what = match &explained.result {
                Some(result) => format!("{result}  ({to})"),
                None if !explained.absolute => {
                    format!("{}  ({to}, unchanged: rules say nothing of relative paths)", self.path)
                }
                None => format!("{}  ({to}, unchanged)", self.path),
            };
            output::line(what)?;
            if rules.is_empty() {
                global.talk().say("the farm has no path rules; `framefarm path add` makes one");
            }
            for judged in explained.rules.iter().filter(|_| explained.absolute) {
                output::line(format_args!("  {}: {}", judged.rule, judged.verdict))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn print(global: &Global, rules: &PathRules) -> Result<Exit, Failure> {
    if global.json {
        output::json(rules)?;
    } else if global.quiet {
        rules.0.keys().try_for_each(output::line)?;
    } else if rules.is_empty() {
        global.talk().say("no path rules; `framefarm path add --linux DIR --windows DIR` makes one");
    } else {
        let mut table = Table::new(&["RULE", "LINUX", "MACOS", "WINDOWS"]);
        for (name, rule) in &rules.0 {
            let folder = |platform| Cell::new(rule.on(platform).unwrap_or("-"));
            let [linux, macos, windows] = Platform::ALL.map(folder);
            table.row([Cell::new(name), linux, macos, windows]);
        }
        output::text(table)?;
    }
    Ok(Exit::Done)
}
