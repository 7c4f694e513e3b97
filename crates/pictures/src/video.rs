//! Films: decoded to their last frame by ffprobe, where the host has it, else checked by their container.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use model::Size;
use serde_json::Value;

use crate::{Depth, Kind, Look, Picture, PictureError};

/// A film that takes longer to be looked at is not.
const PATIENCE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(10);
/// As much of what a program says is kept.
const SAID_MAX: u64 = 64 << 10;
/// Thumbnails are small.
const PICTURE_MAX: u64 = 4 << 20;

pub(crate) fn look(path: &Path, wanted: &Look) -> Result<Picture, PictureError> {
    let mut file = File::open(path).map_err(PictureError::Unreadable)?;
    container(&mut file)?;
    let mut picture = Picture {
        kind: Kind::Video,
        size: None,
        parts: Vec::new(),
        beauty: None,
        not_numbers: 0,
        blank: None,
        alpha_empty: false,
        depth: Depth::Whole,
        thumbnail: None,
        frames: None,
    };
    let Some(ffprobe) = program("ffprobe") else {
        picture.depth = Depth::Structure("this host has no ffprobe to decode films with".to_owned());
        return Ok(picture);
    };
    let (size, frames) = probe(&ffprobe, path)?;
    picture.size = Some(size);
    picture.frames = Some(frames);
    if let (Some(widest), Some(ffmpeg)) = (wanted.thumbnail, program("ffmpeg")) {
        // A film counts without a small picture.
        picture.thumbnail = frame(&ffmpeg, path, widest, frames / 2).ok();
    }
    Ok(picture)
}

/// Size, and how many frames could be decoded.
fn probe(ffprobe: &Path, path: &Path) -> Result<(Size, u64), PictureError> {
    let mut command = Command::new(ffprobe);
    command
        .args(["-v", "error", "-count_frames", "-select_streams", "v:0"])
        .args(["-show_entries", "stream=width,height,nb_read_frames", "-of", "json"])
        .arg(file_url(path));
    let told = run(&mut command, SAID_MAX)?;
    if !told.status.success() || !told.complaint.is_empty() {
        let what = told.complaint.lines().next().unwrap_or("ffprobe cannot read it").to_owned();
        return Err(PictureError::broken(format!("its frames cannot all be decoded: {what}")));
    }
    let told: Value = serde_json::from_slice(&told.output).map_err(|error| {
        PictureError::unsupported(format!("ffprobe says what is not understood: {error}"))
    })?;
    let stream = &told["streams"][0];
    let number = |name: &str| stream[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let (Some(width), Some(height)) = (number("width"), number("height")) else {
        return Err(PictureError::NotA { wanted: Kind::Video.name() });
    };
    let frames = stream["nb_read_frames"].as_str().and_then(|count| count.parse().ok()).unwrap_or(0);
    match frames {
        0 => Err(PictureError::broken("it has no frames")),
        frames => Ok((Size { width, height }, frames)),
    }
}

fn frame(ffmpeg: &Path, path: &Path, widest: u32, number: u64) -> Result<Vec<u8>, PictureError> {
    let mut command = Command::new(ffmpeg);
    let filter = format!("select=gte(n\\,{number}),scale=w='min({widest},iw)':h=-2");
    command.args(["-v", "error", "-nostdin", "-i"]).arg(file_url(path)).args(["-vf", &filter]);
    command.args(["-frames:v", "1", "-f", "image2pipe", "-c:v", "mjpeg", "-q:v", "4", "pipe:1"]);
    let told = run(&mut command, PICTURE_MAX)?;
    match told.status.success() && told.output.starts_with(b"\xff\xd8") {
        true => Ok(told.output),
        false => Err(PictureError::broken("no frame of it can be shown")),
    }
}

/// What begins with a dash or holds a colon is a name all the same.
fn file_url(path: &Path) -> std::ffi::OsString {
    let mut url = std::ffi::OsString::from("file:");
    url.push(path);
    url
}

struct Told {
    status: ExitStatus,
    output: Vec<u8>,
    complaint: String,
}

/// Runs `command` to its end, or ends it when patience does.
fn run(command: &mut Command, output_max: u64) -> Result<Told, PictureError> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(PictureError::Unreadable)?;
    let output = reader(child.stdout.take(), output_max);
    let complaint = reader(child.stderr.take(), SAID_MAX);
    let status = patiently(&mut child);
    let read = |thread: std::thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    let (output, complaint) = (read(output), read(complaint));
    let complaint = String::from_utf8_lossy(&complaint).into_owned();
    Ok(Told { status: status?, output, complaint })
}

/// All that a program says is read, and the beginning kept.
fn reader(pipe: Option<impl Read + Send + 'static>, most: u64) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe
            && pipe.by_ref().take(most).read_to_end(&mut kept).is_ok()
        {
            // What is too much is read all the same, so that the program can end.
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        kept
    })
}

fn patiently(child: &mut Child) -> Result<ExitStatus, PictureError> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().map_err(PictureError::Unreadable)? {
            return Ok(status);
        }
        if Instant::now() > until {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return Err(PictureError::unsupported(format!("it takes more than {} s", PATIENCE.as_secs())));
        }
        std::thread::sleep(PAUSE);
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Checks the container as far as it says how long it is: the boxes of QuickTime and MP4, the size of an AVI.
fn container(file: &mut File) -> Result<(), PictureError> {
    let length = file.metadata().map_err(PictureError::Unreadable)?.len();
    let mut start = [0; 12];
    file.read_exact(&mut start)?;
    if start.starts_with(b"RIFF") {
        let said = u64::from(u32::from_le_bytes([start[4], start[5], start[6], start[7]])) + 8;
        let short = said > length;
        return if short {
            Err(PictureError::cut(format!("it has {length} of {said} bytes")))
        } else {
            Ok(())
        };
    }
    if &start[4..8] != b"ftyp" {
        return Ok(());
    }
    let (mut at, mut index) = (0, false);
    while at < length {
        let mut head = [0; 16];
        file.seek(SeekFrom::Start(at)).map_err(PictureError::Unreadable)?;
        let have = (length - at).min(16) as usize;
        file.read_exact(&mut head[..have])?;
        let long = u64::from_be_bytes([
            head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15],
        ]);
        let size = match u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])) {
            0 => length - at,
            1 => long,
            size => size,
        };
        let end = at.checked_add(size).filter(|end| *end <= length && size >= 8);
        at = end.ok_or_else(|| PictureError::cut("a box of it reaches beyond the end of the file"))?;
        index |= &head[4..8] == b"moov";
    }
    match index {
        true => Ok(()),
        false => Err(PictureError::cut("its index was never written")),
    }
}
