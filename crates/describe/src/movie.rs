//! The movie of a job: a last step that waits for all frames, has them brought, and encodes them.

use std::collections::BTreeMap;

use model::{Dependency, DependencyKind, Fault, Faults, FrameSet, FrameSpan, JobDescription, Step, Work};
use packages::Library;

use super::draft::Said;
use super::expand::where_they_are;
use super::movie_fields::MovieDraft;
use super::suggest;

/// The package that makes it.
const PACKAGE: &str = "ffmpeg";
/// Name of its step.
const NAME: &str = "movie";
/// Frames a second where nothing is said, as films have.
const FPS: &str = "24";

/// A kind of movie, by what people call it.
struct Codec {
    names: &'static [&'static str],
    ending: &'static str,
    settings: &'static [(&'static str, &'static str)],
    /// The quality where nothing is said; lower is better. None where it cannot be chosen.
    quality: Option<&'static str>,
}

/// The first is the usual one: it plays everywhere.
const CODECS: [Codec; 5] = [
    Codec {
        names: &["h264", "mp4", "x264"],
        ending: "mp4",
        settings: &[("codec", "h264"), ("pixels", "yuv420p")],
        quality: Some("18"),
    },
    Codec {
        names: &["h265", "hevc", "x265"],
        ending: "mp4",
        settings: &[("codec", "hevc"), ("pixels", "yuv420p")],
        quality: Some("22"),
    },
    Codec {
        names: &["prores", "mov"],
        ending: "mov",
        settings: &[("codec", "prores_ks"), ("pixels", "yuv422p10le"), ("profile", "3")],
        quality: None,
    },
    Codec {
        names: &["vp9", "webm"],
        ending: "webm",
        settings: &[("codec", "vp9"), ("pixels", "yuv420p"), ("bitrate", "0")],
        quality: Some("30"),
    },
    Codec { names: &["ffv1", "mkv"], ending: "mkv", settings: &[("codec", "ffv1")], quality: None },
];

/// These codecs want pictures of an even width and height: an odd one gets a black line more.
const EVEN: &str = "pad=ceil(iw/2)*2:ceil(ih/2)*2";

/// Pictures of linear light have to be made what screens show.
const SCREEN: &str = "iec61966_2_1";

/// Adds the step that makes the movie, if one is wanted. `last` is the step whose frames it shows where
/// nothing is said.
///
/// # Errors
/// Every reason why there can be none.
pub(super) fn add(
    job: &mut JobDescription,
    movie: &MovieDraft,
    last: Option<&str>,
    library: &Library,
) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let source = source(job, movie, last, &mut faults);
    let made = source.and_then(|(at, source)| step(job, at, source, movie, library, &mut faults));
    if let Some(made) = &made {
        faults.0.extend(refused(made, movie, library));
    }
    faults.or(())?;
    job.steps.extend(made);
    Ok(())
}

/// What the package finds wrong, in the places where it was said.
fn refused(made: &Step, movie: &MovieDraft, library: &Library) -> Vec<Fault> {
    let Some(definition) = library.get(PACKAGE) else {
        let what = format!("there is no package {PACKAGE}, which would make the movie");
        return vec![Fault::new(&movie.place, what)];
    };
    let placed = |fault: Fault| {
        let said = match fault.place.as_str() {
            "settings.fps" => movie.fps.as_ref().map(|said| &said.place),
            "settings.quality" => movie.quality.as_ref().map(|said| &said.place),
            _ => None,
        };
        Fault { place: said.unwrap_or(&movie.place).clone(), ..fault }
    };
    packages::check_work(definition, made).0.into_iter().map(placed).collect()
}

fn source<'a>(
    job: &'a JobDescription,
    movie: &MovieDraft,
    last: Option<&str>,
    faults: &mut Faults,
) -> Option<(usize, &'a Step)> {
    let name = movie.step.as_ref().map(|said| said.value.as_str()).or(last)?;
    let found = job.steps.iter().enumerate().find(|(_, step)| step.name == name);
    if found.is_none() {
        let place = movie.step.as_ref().map_or(&movie.place, |said| &said.place);
        let whole = job.steps.iter().filter(|step| step.work.part.is_none());
        let names: Vec<&str> = whole.map(|step| step.name.as_str()).collect();
        let fault = Fault::new(place, format!("there is no step {name:?} whose frames it could show"));
        faults.push(fault.hint(suggest::hint(name, &names)));
    }
    found
}

fn step(
    job: &JobDescription,
    at: usize,
    source: &Step,
    movie: &MovieDraft,
    library: &Library,
    faults: &mut Faults,
) -> Option<Step> {
    let numbers = numbers(source, movie, faults);
    let definition = library.get(&source.work.package)?;
    let ending = packages::ending(definition, source);
    if ending.is_none() || (source.may_be_silent() && source.work.format.is_none()) {
        let what = format!("step {:?} makes no pictures", source.name);
        faults.push(Fault::new(&movie.place, what).hint("say step = \"…\" below [movie], one that does"));
    }
    let codec = codec(movie.codec.as_ref(), faults)?;
    let (start, ending) = (numbers?, ending?);
    let mut settings: BTreeMap<String, String> =
        codec.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let fps = movie.fps.as_ref().map_or_else(|| FPS.to_owned(), |said| said.value.clone());
    settings.insert("fps".to_owned(), fps);
    match (&movie.quality, codec.quality) {
        (Some(said), None) => {
            let what = format!("{} has no quality to choose", codec.names[0]);
            faults.push(Fault::new(&said.place, what).hint("leave it out"));
        }
        (Some(said), Some(_)) => drop(settings.insert("quality".to_owned(), said.value.to_string())),
        (None, usual) => settings.extend(usual.map(|usual| ("quality".to_owned(), usual.to_owned()))),
    }
    let name = movie.name.as_ref().map_or(NAME, |said| said.value.as_str());
    let mut made = Step {
        depends_on: vec![Dependency { step: source.name.clone(), by: DependencyKind::Step, files: true }],
        profile: where_they_are(&source.profile),
        ..Step::new(name, FrameSet::single(1), FrameSpan { first: 1, last: 1 }, Work::default())
    };
    made.work =
        Work { package: PACKAGE.to_owned(), format: Some(codec.ending.to_owned()), ..Work::default() };
    // With one step more files may be called otherwise, so the names are asked of the whole job.
    let mut whole = job.clone();
    whole.steps.push(made.clone());
    let (folder, slug) = (source.slug(), whole.slug_of(at));
    settings.insert("pattern".to_owned(), format!("{folder}/{slug}.%04d.{ending}"));
    settings.insert("start_number".to_owned(), start.to_string());
    if ending == "exr" {
        settings.insert("transfer".to_owned(), SCREEN.to_owned());
    }
    let mut filters = Vec::new();
    filters.extend(movie.burn_in.as_ref().and_then(|said| burnt_in(said, job, source, start, faults)));
    if codec.ending != "mkv" {
        filters.push(EVEN.to_owned());
    }
    if !filters.is_empty() {
        settings.insert("filter".to_owned(), filters.join(","));
    }
    made.work.settings = settings;
    Some(made)
}

/// The first number of the frames, which have to follow each other: FFmpeg stops at a gap and says nothing.
fn numbers(source: &Step, movie: &MovieDraft, faults: &mut Faults) -> Option<i64> {
    let (lowest, highest) = (source.frames.lowest(), source.frames.highest());
    let fault = |what: String, hint: &str| Some(Fault::new(&movie.place, what).hint(hint));
    let wrong = if lowest < 0 {
        fault(format!("frame {lowest} has no place in a movie"), "number the frames from 0 or 1")
    } else if highest.abs_diff(lowest) + 1 != u64::from(source.frames.count()) {
        fault(
            format!("the frames {} of step {:?} have gaps, and a movie has none", source.frames, source.name),
            "render every frame of a range, or leave out the movie",
        )
    } else {
        return Some(lowest);
    };
    faults.0.extend(wrong);
    None
}

fn codec(said: Option<&Said<String>>, faults: &mut Faults) -> Option<&'static Codec> {
    let Some(said) = said else { return CODECS.first() };
    let plain = said.value.trim().to_ascii_lowercase().replace('.', "");
    let found = CODECS.iter().find(|codec| codec.names.contains(&plain.as_str()));
    if found.is_none() {
        let names: Vec<&str> = CODECS.iter().map(|codec| codec.names[0]).collect();
        let fault = Fault::new(&said.place, format!("there is no movie of the kind {:?}", said.value));
        faults.push(fault.hint(suggest::hint(&plain, &names)));
    }
    found
}

/// The filter that writes a text into each picture.
fn burnt_in(
    said: &Said<String>,
    job: &JobDescription,
    source: &Step,
    start: i64,
    faults: &mut Faults,
) -> Option<String> {
    let mut text = String::new();
    let mut rest = said.value.as_str();
    while let Some(at) = rest.find('{') {
        text.push_str(&spelt(&rest[..at]));
        let Some((name, behind)) = rest[at + 1..].split_once('}') else {
            rest = &rest[at..];
            break;
        };
        match placeholder(name, job, source, start) {
            Some(value) => text.push_str(&value),
            None => {
                let what = format!("nothing that could be burnt in is called {{{name}}}");
                let hint = "known are {frame}, {frame:04}, {job}, {step} and {user}";
                faults.push(Fault::new(&said.place, what).hint(hint));
                return None;
            }
        }
        rest = behind;
    }
    text.push_str(&spelt(rest));
    let look = "x=h/40:y=h-th-h/40:fontsize=h/20:fontcolor=white:box=1:boxcolor=black@0.5:boxborderw=4";
    Some(format!("drawtext=text={}:{look}", in_filter(&text)))
}

fn placeholder(name: &str, job: &JobDescription, source: &Step, start: i64) -> Option<String> {
    match name {
        "job" => Some(spelt(&job.name)),
        "step" => Some(spelt(&source.name)),
        "user" => Some(spelt(&job.user)),
        "frame" => Some(format!("%{{eif:n+{start}:d}}")),
        _ => {
            let digits: u8 = name.strip_prefix("frame:0")?.parse().ok().filter(|digits| *digits < 10)?;
            Some(format!("%{{eif:n+{start}:d:{digits}}}"))
        }
    }
}

/// A text as FFmpeg's `drawtext` writes it out.
fn spelt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut spelt, c| {
        if matches!(c, '\\' | '%' | '{' | '}') {
            spelt.push('\\');
        }
        spelt.push(c);
        spelt
    })
}

/// A value as it stands in an option of a filter, and that in a chain of filters.
fn in_filter(value: &str) -> String {
    let escaped = |text: &str, special: &str| {
        text.chars().fold(String::new(), |mut escaped, c| {
            if special.contains(c) {
                escaped.push('\\');
            }
            escaped.push(c);
            escaped
        })
    };
    escaped(&escaped(value, "\\':"), "\\'[],;")
}
