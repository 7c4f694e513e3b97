//! People at their terminals: what they asked for, and what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;

use super::super::farm::Farm;
use super::super::{lines, until};
use super::chance::Chance;

/// A picture that is rendered in no time.
pub(super) const SCENE: &str = "#version 3.7;\nglobal_settings { assumed_gamma 1 }\n\
    camera { location <0, 0, -3> look_at 0 }\nlight_source { <2, 2, -3> rgb 1 }\n\
    sphere { <clock, 0, 0>, 1 pigment { rgb <1, 0.5, 0.2> } }\n";

/// What a job does for its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Writes its name and the frame's number.
    Words,
    /// The same, slowly.
    Slow,
    /// Leaves nothing.
    Silent,
    /// Renders a picture for each frame, or two together.
    Pictures { chunk: usize },
    /// Two steps, frame by frame.
    Steps,
}

#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) kind: Kind,
    pub(super) frames: usize,
    /// The number of the job, once somebody was told of it.
    pub(super) id: Option<String>,
}

/// What somebody has asked and waits for.
#[derive(Debug)]
struct Asked {
    child: Child,
    out: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Submit { key: String },
    Kill { id: String },
    Other,
}

#[derive(Debug, Default)]
pub(super) struct People {
    /// By key, which is also the job's name.
    pub(super) jobs: BTreeMap<String, Submitted>,
    /// Jobs whose kill was acknowledged.
    pub(super) killed: BTreeSet<String>,
    /// Jobs whose kill was asked for and may have been done.
    pub(super) maybe_killed: BTreeSet<String>,
    asked: Vec<Asked>,
    asks: usize,
    unanswered: usize,
}

impl People {
    /// Up to three submits, and up to two changes of jobs that are there, all at once.
    pub(super) fn act(&mut self, farm: &Farm, chance: &mut Chance) {
        for _ in 0..=chance.below(3) {
            let key = format!("job-{:04}", self.jobs.len());
            let kind = match chance.below(6) {
                0 => Kind::Words,
                1 => Kind::Slow,
                2 => Kind::Silent,
                3 => Kind::Steps,
                _ => Kind::Pictures { chunk: 1 + chance.below(2) },
            };
            let frames = 1 + chance.below(6);
            self.jobs.insert(key.clone(), Submitted { kind, frames, id: None });
            self.submit(farm, &key);
        }
        let known: Vec<String> = self.jobs.values().filter_map(|job| job.id.clone()).collect();
        for _ in 0..chance.below(3) {
            if known.is_empty() {
                break;
            }
            // Rather one of the latest: the others have ended.
            let id = known[known.len() - 1 - chance.below(known.len().min(6))].clone();
            let (what, arguments) = match chance.below(7) {
                0 | 1 => (What::Other, vec!["hold".to_owned(), id]),
                2 | 3 => (What::Other, vec!["release".to_owned(), id]),
                4 => (What::Kill { id: id.clone() }, vec!["kill".to_owned(), id]),
                _ => (What::Other, vec!["priority".to_owned(), id, chance.below(101).to_string()]),
            };
            self.ask(farm, what, &arguments);
        }
    }

    fn submit(&mut self, farm: &Farm, key: &str) {
        let job = &self.jobs[key];
        let frames = format!("1-{}", job.frames);
        let mut arguments = ["submit", "--quiet", "--key", key, "--name", key].map(str::to_owned).to_vec();
        let mut add = |more: &[&str]| arguments.extend(more.iter().map(ToString::to_string));
        match job.kind {
            Kind::Words => {
                add(&["--frames", &frames, "--command", "--", "sh", "-c", "echo $0 {frame} > {output}", key]);
            }
            Kind::Slow => {
                let script = "sleep 0.4; echo $0 {frame} > {output}";
                add(&["--frames", &frames, "--command", "--", "sh", "-c", script, key]);
            }
            Kind::Silent => add(&["--frames", &frames, "--command", "--", "true"]),
            Kind::Pictures { chunk } => {
                add(&["ball.pov", "--frames", &frames, "--size", "32x24", "--chunk", &chunk.to_string()]);
            }
            Kind::Steps => {
                let text = format!(
                    "frames = \"{frames}\"\ncommand = [\"sh\", \"-c\", \"echo {key} {{frame}} > {{output}}\"]\n\
                     [[step]]\nname = \"one\"\n[[step]]\nname = \"two\"\n\
                     depends_on = [{{ step = \"one\", by = \"frame\" }}]\n"
                );
                std::fs::write(farm.path(&format!("{key}.toml")), text).unwrap();
                add(&[&format!("{key}.toml")]);
            }
        }
        self.ask(farm, What::Submit { key: key.to_owned() }, &arguments);
    }

    fn ask(&mut self, farm: &Farm, what: What, arguments: &[String]) {
        self.asks += 1;
        let out = format!("people.{}", self.asks);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.asked.push(Asked { child: farm.spawn(&arguments, &out), out, what });
    }

    /// Waits for all answers and remembers them.
    pub(super) fn hear(&mut self, farm: &Farm) {
        for mut asked in std::mem::take(&mut self.asked) {
            let status = until("a client ends", || asked.child.try_wait().unwrap());
            let said = || lines(&farm.path(&asked.out)).pop().unwrap_or_default();
            let complained = || lines(&farm.path(&format!("{}.err", asked.out))).join("\n");
            match (status.code(), asked.what) {
                (Some(0), What::Submit { key }) => {
                    let id = said();
                    assert!(id.parse::<u64>().is_ok(), "{key}: {id:?}");
                    let job = self.jobs.get_mut(&key).unwrap();
                    assert!(
                        job.id.as_ref().is_none_or(|known| *known == id),
                        "{key}: {:?} is {id} now",
                        job.id
                    );
                    job.id = Some(id);
                }
                (Some(0), What::Kill { id }) => {
                    self.killed.insert(id);
                }
                (Some(0), What::Other) => {}
                // Refused: the job has ended. That is an answer as well.
                (Some(1), What::Kill { .. } | What::Other) => {}
                (Some(3), what) => {
                    self.unanswered += 1;
                    if let What::Kill { id } = what {
                        self.maybe_killed.insert(id);
                    }
                }
                (code, what) => panic!("{what:?} ended with {code:?}: {}", complained()),
            }
        }
    }

    /// Submits again what nobody was told of, lets go what is held, and waits for the end of every job.
    pub(super) fn settle(&mut self, farm: &Farm) {
        let untold = self.jobs.iter().filter(|(_, job)| job.id.is_none()).map(|(key, _)| key.clone());
        for key in untold.collect::<Vec<_>>() {
            self.submit(farm, &key);
            self.hear(farm);
        }
        let ids: Vec<String> = self.jobs.values().map(|job| job.id.clone().unwrap()).collect();
        for id in &ids {
            if !farm.job(id).state.is_final() {
                let ran = farm.run(&["release", id]);
                assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
            }
        }
        for id in &ids {
            let ran = farm.run(&["wait", "--quiet", id]);
            assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
        }
    }

    pub(super) fn told(&self) -> String {
        let (jobs, asks, unanswered) = (self.jobs.len(), self.asks, self.unanswered);
        format!("{jobs} jobs submitted, {asks} asks, {unanswered} of them without an answer")
    }
}
