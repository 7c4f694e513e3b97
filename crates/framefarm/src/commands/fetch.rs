//! `framefarm fetch`: a job's frames, sent to who asked for them (claim 7).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Digest, JobId, JobPath, JobView, OutputView};
use pictures::{Kind, Look};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wire::Client;

use crate::cli::Global;
use crate::output::{self, Exit, Failure, Talk, bytes, plural};
use crate::sheet::Tile;
use crate::{farm, sheet};

/// Files on their way at once.
const AT_ONCE: usize = 4;

/// Download a job's frames
///
/// Every file is checked against its digest. Files that are there already and right are not sent again, so
/// that a fetch which was cut goes on where it was. Of a job that still renders, what is done is fetched.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm fetch 17 frames/
  framefarm fetch 17 frames/ --sheet sheet.png
  ffmpeg -framerate 25 -pattern_type glob -i 'frames/*.png' -pix_fmt yuv420p film.mp4")]
pub(crate) struct Fetch {
    /// Number of the job
    #[arg(value_name = "ID", value_parser = super::job_id)]
    id: JobId,
    /// Folder to put the frames in; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Make a picture of all frames side by side
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
}

/// A file, as `--json` tells of it.
#[derive(Debug, Serialize)]
struct Fetched {
    name: String,
    path: PathBuf,
    bytes: u64,
    digest: Digest,
    /// False where it was there already.
    fetched: bool,
    /// A small picture of it.
    #[serde(skip)]
    thumbnail: Option<Digest>,
}

impl Fetch {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        let talk = global.talk();
        let client = farm::client(global).await?;
        let job = client.job(self.id).await?;
        let outputs = client.results(self.id).await?;
        if outputs.is_empty() {
            let why = if job.state.is_final() { "no frame of it is done" } else { "no frame is done yet" };
            talk.say(format_args!("job {} {:?} has no files: {why}", job.id, job.name));
            if global.json {
                output::json(&Vec::<Fetched>::new())?;
            }
            return Ok(if job.state.is_final() { Exit::Failed } else { Exit::Done });
        }
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| Failure::file("make the folder", &self.folder, source))?;
        let fetched = fetch_all(&client, self.id, &self.folder, outputs, talk).await?;
        say(talk, &job, &self.folder, &fetched);
        if let Some(path) = &self.sheet {
            let count = sheet::make(&tiles(&client, &fetched).await?, path)?;
            talk.say(format_args!("contact sheet of {} in {}", plural(count, "frame"), path.display()));
        }
        if global.json {
            output::json(&fetched)?;
        } else if global.quiet {
            fetched.iter().try_for_each(|file| output::line(&file.name))?;
        }
        Ok(Exit::Done)
    }
}

async fn fetch_all(
    client: &Client,
    job: JobId,
    folder: &Path,
    outputs: Vec<OutputView>,
    talk: Talk,
) -> Result<Vec<Fetched>, Failure> {
    let bar = bar(talk, outputs.len());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (index, output) in outputs.into_iter().enumerate() {
        let path = folder.join(file_name(&output)?);
        let (client, places, bar) = (client.clone(), places.clone(), bar.clone());
        running.spawn(async move {
            let _place = places.acquire().await;
            let fetched = fetch_one(&client, job, &output, &path).await;
            bar.inc(1);
            fetched.map(|fetched| {
                let OutputView { name, digest, bytes, thumbnail, .. } = output;
                (index, Fetched { name, path, bytes, digest, fetched, thumbnail })
            })
        });
    }
    let mut fetched = Vec::new();
    while let Some(one) = running.join_next().await {
        fetched.push(one.map_err(|error| Failure::System { what: format!("a download broke: {error}") })??);
    }
    bar.finish_and_clear();
    fetched.sort_by_key(|(index, _)| *index);
    Ok(fetched.into_iter().map(|(_, file)| file).collect())
}

/// The frames of a contact sheet. What it cannot show by itself, EXR for example, the farm has a small
/// picture of, or one is made here.
async fn tiles(client: &Client, fetched: &[Fetched]) -> Result<Vec<Tile>, Failure> {
    let known = |path: &Path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        Kind::of_ending(&ending)
    };
    let pictures: Vec<&Fetched> = fetched
        .iter()
        .filter(|file| sheet::shows(&file.path) || file.thumbnail.is_some() || known(&file.path).is_some())
        .collect();
    let mut tiles = Vec::new();
    for file in sheet::thinned(&pictures) {
        let tile = match (sheet::shows(&file.path), file.thumbnail, known(&file.path)) {
            (true, ..) => Some(Tile::File(file.path.clone())),
            (_, Some(thumbnail), _) => Some(Tile::Small(client.thumbnail(thumbnail).await?)),
            (_, None, kind) => kind
                .and_then(|kind| pictures::look(&file.path, kind, &Look::default()).ok())
                .and_then(|picture| picture.thumbnail)
                .map(Tile::Small),
        };
        tiles.extend(tile);
    }
    Ok(tiles)
}

/// Whether it had to be sent.
async fn fetch_one(client: &Client, job: JobId, output: &OutputView, path: &Path) -> Result<bool, Failure> {
    if is_there(output, path).await {
        return Ok(false);
    }
    client.download(job, output, path).await?;
    Ok(true)
}

/// Whether the right file stands at `path`. One that cannot be read is fetched, and that tells what is wrong.
async fn is_there(output: &OutputView, path: &Path) -> bool {
    let (path, bytes, digest) = (path.to_owned(), output.bytes, output.digest);
    let compared = tokio::task::spawn_blocking(move || {
        let same_size = std::fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len() == bytes);
        same_size && packages::digest_file(&path).is_ok_and(|(found, _)| found == digest)
    });
    compared.await.unwrap_or(false)
}

/// The name under which it is put down. A server must not choose a place outside of the folder.
fn file_name(output: &OutputView) -> Result<&str, Failure> {
    match output.name.parse::<JobPath>() {
        Ok(_) if !output.name.contains('/') => Ok(&output.name),
        _ => Err(Failure::System {
            what: format!("the server names a file {:?}; it is left there", output.name),
        }),
    }
}

fn bar(talk: Talk, count: usize) -> ProgressBar {
    if !talk.is_lively() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("fetching {bar:30.cyan/blue} {pos} of {len} files");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
    bar
}

fn say(talk: Talk, job: &JobView, folder: &Path, fetched: &[Fetched]) {
    let size = bytes(fetched.iter().map(|file| file.bytes).sum());
    let there = match fetched.iter().filter(|file| !file.fetched).count() {
        0 => String::new(),
        count => format!(", {count} of them were there already"),
    };
    let files = plural(fetched.len(), "file");
    talk.say(format_args!("{files} ({size}) in {}{there}", folder.display()));
    if !job.state.is_final() {
        let (done, total) = (job.frames_done, job.frames_total);
        talk.say(format_args!("job {} still renders, {done} of {total} frames are done", job.id));
    }
}
