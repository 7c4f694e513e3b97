//! `framefarm submit`: a scene, a description or a command becomes a job.

mod flags;
mod found;
mod need_flags;
mod send;

use std::path::PathBuf;

use clap::Args;
use model::{JobDescription, JobId, PathRules, SubmitReply};

use super::wait;
use crate::cli::Global;
use crate::farm;
use crate::output::{self, Exit, Failure, plural};

pub(super) use flags::user;

const DESCRIPTION: &str = "What to render";
const NEEDS: &str = "On which hosts";
const FILES: &str = "Files that travel with the job";
const PARTS: &str = "One picture on many slots, and the movie";
const QUEUE: &str = "In the queue";
const FRAMES: &str = "How frames are given out";

/// Submit a job: a scene, a job description or a command
///
/// FILE is a scene (scene.pov), or a job description with the ending .toml or .json, whose fields carry the
/// same names as the flags. A flag replaces what the description says for the job as a whole; what a step
/// of it says for itself stands. --support and --library are added. Files that the scene includes are found
/// and sent along; the farm needs no shared folder.
///
/// Everything wrong is told at once, and nothing is submitted then.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Submit {
    /// Scene or job description
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Name of the job; that of the scene where not given
    #[arg(long, value_name = "NAME", help_heading = DESCRIPTION)]
    name: Option<String>,
    /// Frames to render: 1-10, 1-100x5, 1,3,7-9, 10-1x-1
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, help_heading = DESCRIPTION)]
    frames: Option<String>,
    /// First frame of the animation that the frames are part of
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = DESCRIPTION)]
    first_frame: Option<String>,
    /// Last frame of the animation
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = DESCRIPTION)]
    last_frame: Option<String>,
    /// Length of the animation, instead of its first or last frame
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = DESCRIPTION)]
    frame_count: Option<String>,
    /// Size of the pictures in pixels: 640x360
    #[arg(long, value_name = "WxH", help_heading = DESCRIPTION)]
    size: Option<String>,
    /// Format of the pictures: png, exr, jpg, what the package can write
    #[arg(long, value_name = "ENDING", help_heading = DESCRIPTION)]
    format: Option<String>,
    /// Rendering package, with a version where one is wanted: povray, "povray 3.7"
    #[arg(long, value_name = "NAME", help_heading = DESCRIPTION)]
    package: Option<String>,
    /// A setting of the rendering package; may be given several times
    #[arg(long, value_name = "KEY=VALUE", help_heading = DESCRIPTION)]
    set: Vec<String>,
    /// An argument handed to the rendering package as it is; may be given several times
    #[arg(long, value_name = "ARG", allow_hyphen_values = true, help_heading = DESCRIPTION)]
    arg: Vec<String>,
    /// Run a program for each frame: --command -- PROG ARGS, with {frame}, {output} and the like
    #[arg(long, help_heading = DESCRIPTION)]
    command: bool,
    /// Program and arguments of --command
    #[arg(last = true, value_name = "PROG", requires = "command")]
    program: Vec<String>,
    /// Files, folders or patterns that the scene needs and that are not found by themselves
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = FILES)]
    support: Vec<PathBuf>,
    /// Folder that is searched for what the scene includes; may be given several times
    #[arg(long, value_name = "DIR", help_heading = FILES)]
    library: Vec<PathBuf>,
    /// Submit though files are missing that the scene names; the job keeps a warning of each
    #[arg(long, help_heading = FILES)]
    allow_missing: bool,
    /// Let packages find files by the paths of this machine, wherever they stand on a render host
    #[arg(long, help_heading = FILES)]
    relocate: bool,
    /// List every file that would travel and what is missing, and submit nothing
    #[arg(long, help_heading = FILES)]
    dry_run: bool,
    /// What a host must be or have: 'os=linux, memory>=16G, blender=4.x, gpu>=1, tag=a|b, not tag=slow'
    #[arg(long, value_name = "NEEDS", help_heading = NEEDS)]
    need: Vec<String>,
    /// Which hosts go first, with weights behind colons: 'memory>=64G:2, tag=fast'
    #[arg(long, value_name = "NEEDS", help_heading = NEEDS)]
    prefer: Vec<String>,
    /// What a running frame holds of its host, besides slots: memory=8GiB,gpus=1
    #[arg(long, value_name = "AMOUNTS", help_heading = NEEDS)]
    reserve: Vec<String>,
    /// Frames rendered together by one run of the package
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = FRAMES)]
    chunk: Option<String>,
    /// Which frames start first: plain, first-last-middle, "every 10th"
    #[arg(long, value_name = "ORDER", help_heading = FRAMES)]
    order: Option<String>,
    /// Slots of one host that a frame holds: a number, or all
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = FRAMES)]
    slots: Option<String>,
    /// What a running frame takes of a limit of the farm, 1 where no amount is given; may be repeated
    #[arg(long, value_name = "NAME=N", help_heading = FRAMES)]
    limit: Vec<String>,
    /// A try that runs longer is ended and has failed: "90 s", "2 h"
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = FRAMES)]
    max_time: Option<String>,
    /// A try that ends sooner is not believed and has failed
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = FRAMES)]
    min_time: Option<String>,
    /// A try without progress for so long is ended and has failed
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = FRAMES)]
    stall_time: Option<String>,
    /// Cut each picture into tiles for as many slots: 4x4 are 16. It is put together again by itself
    #[arg(long, value_name = "AxB", help_heading = PARTS)]
    tiles: Option<String>,
    /// Pixels rendered around each tile and cut away again; what the package needs where not given
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = PARTS)]
    tile_border: Option<String>,
    /// Share the samples of each picture out to as many slots, and average what they make
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = PARTS)]
    sample_parts: Option<String>,
    /// Make a movie of the frames when they are done: h264 where nothing is said, h265, prores, vp9, ffv1
    #[arg(long, value_name = "CODEC", num_args = 0..=1, require_equals = true, default_missing_value = "",
        help_heading = PARTS)]
    movie: Option<String>,
    /// Frames a second of the movie; 24 where not given
    #[arg(long, value_name = "N", help_heading = PARTS)]
    fps: Option<String>,
    /// Text in each picture of the movie: name of the job and number of the frame, or "{job} {frame:04}"
    #[arg(long, value_name = "TEXT", num_args = 0..=1, require_equals = true,
        default_missing_value = describe::BURNT_IN, help_heading = PARTS)]
    burn_in: Option<String>,
    /// Warnings that are to fail a frame: missing-files, blank, not-numbers, warnings
    #[arg(long, value_name = "KIND", value_delimiter = ',', help_heading = FRAMES)]
    refuse: Vec<String>,
    /// Start the package for each frame anew, though it could stay for many
    #[arg(long, help_heading = FRAMES)]
    cold: bool,
    /// 0 goes first, 100 last; 50 where not given
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = QUEUE)]
    priority: Option<String>,
    /// Who submits it; you where not given
    #[arg(long, value_name = "NAME", help_heading = QUEUE)]
    user: Option<String>,
    /// Group or project it is made for
    #[arg(long, value_name = "NAME", help_heading = QUEUE)]
    group: Option<String>,
    /// Mail address to tell of the end; may be given several times
    #[arg(long, value_name = "MAIL", help_heading = QUEUE)]
    notify: Vec<String>,
    /// Submit on hold; `framefarm release` lets it go
    #[arg(long, help_heading = QUEUE)]
    hold: bool,
    /// Number of a job that has to be done before; may be given several times
    #[arg(long, value_name = "ID", value_parser = super::job_id, help_heading = QUEUE)]
    after: Vec<JobId>,
    /// Slots that the job holds at once, at most
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = QUEUE)]
    slots_max: Option<String>,
    /// Hosts that the job runs on at once, at most
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = QUEUE)]
    hosts_max: Option<String>,
    /// Tries of a frame before it is failed; 3 where not given
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = QUEUE)]
    attempts: Option<String>,
    /// The same key again is the same job; made by chance where not given
    #[arg(long, value_name = "KEY", help_heading = QUEUE)]
    key: Option<String>,
    /// Wait for its end, like `framefarm wait`
    #[arg(long, help_heading = QUEUE)]
    wait: bool,
}

const EXAMPLES: &str = "\
Examples:
  framefarm submit scene.pov --frames 1-60 --size 640x360
  framefarm submit job.toml --priority 10 --wait
  framefarm submit poster.pov --size 7680x4320 --tiles 4x4
  framefarm submit scene.pov --frames 1-240 --movie --burn-in
  framefarm submit scene.pov --frames 1-60 --support maps/ --need 'memory>=8GiB, os=linux'
  framefarm submit --name sums --frames 1-10 --command -- sh -c 'echo {frame} > {output}'

A job description:
  scene = \"scene.pov\"
  frames = \"1-60\"
  size = \"640x360\"
  notify = \"ada@example.com\"
  [needs]
  memory = \">= 8 GiB\"";

impl Submit {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let talk = global.talk();
        let (waits, key) = (self.wait, self.key.clone());
        let key = key.map_or_else(send::key, Ok)?;
        let (dry_run, subject) = (self.dry_run, self.subject());
        let rules = self.rules(global).await;
        let prepared = self.prepared(&rules, global).await?;
        let allowed = prepared.missing.iter().filter(|_| prepared.allows_missing);
        for warning in prepared.warnings.iter().chain(allowed) {
            talk.warn(warning);
        }
        if dry_run {
            return found::dry_run(global, &prepared, subject);
        }
        if let Some(summary) = found::summary(&prepared.job) {
            talk.say(summary);
        }
        if !prepared.allows_missing && !prepared.missing.is_empty() {
            return Err(Failure::Faults { subject, faults: found::as_faults(&prepared.missing) });
        }
        let reply = send::send(global, prepared.job.clone(), key).await?;
        for warning in &reply.warnings {
            talk.warn(warning);
        }
        talk.say(submitted(&reply, &prepared.job));
        if global.json {
            output::json(&reply)?;
        } else {
            output::line(reply.id)?;
        }
        if waits { wait_for(global, reply.id).await } else { Ok(Exit::Done) }
    }
}

impl Submit {
    /// The farm's path rules, where a scene of Blender may have paths of other platforms; none where no farm
    /// answers, which is told when the job is to be sent.
    async fn rules(&self, global: &Global) -> PathRules {
        let knows_rules = |file: &PathBuf| {
            file.extension().is_some_and(|ending| ["blend", "toml", "json"].iter().any(|one| *one == ending))
        };
        if !self.file.as_ref().is_some_and(knows_rules) || (self.dry_run && global.server.is_none()) {
            return PathRules::default();
        }
        match farm::client(global).await {
            Ok(client) => client.paths().await.unwrap_or_default(),
            Err(_) => PathRules::default(),
        }
    }
}

async fn wait_for(global: &Global, id: JobId) -> Result<Exit, Failure> {
    // The reply is the data of this command; the job as it ended is that of `wait`.
    let global = Global { json: false, ..global.clone() };
    wait::wait(&global, id).await
}

/// What became of it, and what one may want to do next.
fn submitted(reply: &SubmitReply, job: &JobDescription) -> String {
    let frames: u32 = job.steps.iter().map(|step| step.frames.count()).sum();
    let (id, name) = (reply.id, &job.name);
    let what = match (reply.new, job.held) {
        (false, _) => "was submitted before with this key",
        (true, true) => "submitted on hold",
        (true, false) => "submitted",
    };
    let mut text = format!("job {id} {name:?} {what}: {}", plural(frames as usize, "frame"));
    if job.held && reply.new {
        text.push_str(&format!("\n  framefarm release {id}      let it go"));
    }
    text.push_str(&format!("\n  framefarm wait {id}         see it render"));
    text.push_str(&format!("\n  framefarm fetch {id} DIR    get its frames"));
    text
}
