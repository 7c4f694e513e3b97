//! One picture on many slots: a step that is to be spread becomes a step for each part of its pictures, and
//! one of the old name that puts the parts together. Steps that wait for it see nothing of that.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Dependency, DependencyKind, Fault, Faults, JobDescription, Need, Part, Profile, Refuse, Size, Step, Work,
};
use packages::{Definition, Library, Tiles};

use super::draft::Said;
use super::step_draft::StepDraft;

/// More parts of one picture than this are more starts than work.
const PARTS_MAX: u16 = 64;
/// Pixels around a tile where the package needs some.
const BORDER: u16 = 8;
/// Formats in which a tile loses nothing on its way into the picture.
const LOSSLESS: [&str; 8] = ["png", "exr", "tif", "tiff", "tga", "bmp", "ppm", "hdr"];
/// Formats that average what lies between two levels.
const FINE: [&str; 4] = ["exr", "hdr", "tif", "tiff"];
/// What a picture is spread as that is to be compressed when it is whole.
const INSTEAD_OF_JPEG: &str = "png";

/// How one step is spread.
struct Spread {
    /// Name of a part, without its number.
    called: &'static str,
    parts: Vec<Part>,
    /// The format of the parts, and that of the pictures.
    format: Option<String>,
    whole_format: Option<String>,
    /// What puts them together.
    package: &'static str,
    settings: BTreeMap<String, String>,
}

/// Spreads the steps of `job` whose drafts ask for it.
///
/// # Errors
/// Every reason why one of them cannot be spread.
pub(super) fn expand(
    job: &mut JobDescription,
    drafts: &[StepDraft],
    library: &Library,
    warnings: &mut Vec<Fault>,
) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let mut steps = Vec::new();
    for (step, draft) in job.steps.iter().zip(drafts) {
        // Which package it is has a fault of its own.
        let definition = library.get(&step.work.package);
        match definition.and_then(|definition| spread(step, draft, definition, &mut faults, warnings)) {
            Some(spread) => steps.extend(spread.steps(step)),
            None => steps.push(step.clone()),
        }
    }
    faults.or(())?;
    job.steps = steps;
    Ok(())
}

fn spread(
    step: &Step,
    draft: &StepDraft,
    definition: &Definition,
    faults: &mut Faults,
    warnings: &mut Vec<Fault>,
) -> Option<Spread> {
    match (&draft.tiles, &draft.sample_parts) {
        (None, None) => {
            if let Some(border) = &draft.tile_border {
                let fault = Fault::new(&border.place, "there are no tiles that could have a border");
                faults.push(fault.hint("say tiles = \"4x4\" as well, or leave it out"));
            }
            None
        }
        (Some(tiles), Some(parts)) => {
            let what = format!("the picture is cut into tiles and, in {}, by samples", parts.place);
            faults.push(Fault::new(&tiles.place, what).hint("choose one of them"));
            None
        }
        (Some(tiles), None) => Tiling { step, draft, definition, tiles }.spread(faults, warnings),
        (None, Some(parts)) => by_samples(step, parts, definition, faults),
    }
}

/// A step that is to be cut into tiles.
struct Tiling<'a> {
    step: &'a Step,
    draft: &'a StepDraft,
    definition: &'a Definition,
    tiles: &'a Said<String>,
}

impl Tiling<'_> {
    fn spread(&self, faults: &mut Faults, warnings: &mut Vec<Fault>) -> Option<Spread> {
        let before = faults.0.len();
        let title = &self.definition.title;
        let able = &self.definition.parts;
        match able.tiles {
            None => {
                let fault = Fault::new(&self.tiles.place, format!("{title} cannot make tiles"));
                faults.push(fault.hint("leave out the tiles; its definition would have to declare [parts]"));
            }
            Some(Tiles::Close) => {
                let what = format!(
                    "tiles of {title} are nearly, but not bit by bit, what the whole picture would be"
                );
                warnings.push(Fault::new(&self.tiles.place, what));
            }
            Some(Tiles::Exact) => {}
        }
        let grid = grid(self.tiles, faults);
        let usual = if able.border { BORDER } else { 0 };
        let border = self.draft.tile_border.as_ref().map_or(Some(usual), |said| border(said, faults));
        let whole_format = wanted_format(self.step, self.definition);
        let format = self.format(whole_format.as_deref(), faults);
        let ((across, down), border) = (grid?, border?);
        let count = across * down;
        let parts: Vec<Part> = (0..count).map(|at| Part::Tile { at, across, down, border }).collect();
        match self.step.work.size {
            None => {
                let fault = Fault::new(&self.tiles.place, "a picture whose size is not known has no tiles");
                faults.push(fault.hint("say its size too: size = \"1920x1080\", or --size"));
            }
            Some(size @ Size { width, height }) if parts.iter().any(|part| part.inner(size).is_none()) => {
                let what = format!("{across}x{down} tiles are more than {width}x{height} pixels allow");
                faults.push(Fault::new(&self.tiles.place, what).hint("cut it into fewer"));
            }
            Some(_) => {}
        }
        if faults.0.len() > before {
            return None;
        }
        let mut settings = BTreeMap::from([
            ("tiles".to_owned(), format!("{across}x{down}")),
            ("border".to_owned(), border.to_string()),
        ]);
        if format != whole_format
            && let Some(quality) = self.step.work.settings.get("jpeg_quality")
        {
            settings.insert("quality".to_owned(), quality.clone());
        }
        Some(Spread { called: "tile", parts, format, whole_format, package: "assemble", settings })
    }

    /// The format of the tiles of a picture that is to be `wanted`.
    fn format(&self, wanted: Option<&str>, faults: &mut Faults) -> Option<String> {
        match wanted? {
            "jpg" | "jpeg" if self.definition.format(INSTEAD_OF_JPEG).is_some() => {
                Some(INSTEAD_OF_JPEG.to_owned())
            }
            format => {
                if !LOSSLESS.contains(&format) {
                    let what = format!("tiles cannot be put together as {format} without loss");
                    let place = self.draft.format.as_ref().map_or(&self.tiles.place, |said| &said.place);
                    faults.push(Fault::new(place, what).hint("say format = \"png\" or \"exr\""));
                }
                Some(format.to_owned())
            }
        }
    }
}

/// The ending of the pictures of `step`.
fn wanted_format(step: &Step, definition: &Definition) -> Option<String> {
    let first = || definition.formats.first().map(|format| format.ending.clone());
    step.work.format.clone().or_else(first).map(|format| format.to_lowercase())
}

fn by_samples(step: &Step, said: &Said<i64>, definition: &Definition, faults: &mut Faults) -> Option<Spread> {
    let mut fault = |what: String, hint: &str| faults.push(Fault::new(&said.place, what).hint(hint));
    let title = &definition.title;
    let Some(of) = u16::try_from(said.value).ok().filter(|of| (1..=PARTS_MAX).contains(of)) else {
        fault(
            format!("{} parts of one picture are outside 1 to {PARTS_MAX}", said.value),
            "each part is a start of the package",
        );
        return None;
    };
    if !definition.parts.samples {
        fault(format!("{title} cannot make a share of the samples"), "leave out sample_parts");
        return None;
    }
    let wanted = wanted_format(step, definition);
    if let Some(format) = wanted.as_deref().filter(|format| !FINE.contains(format)) {
        fault(
            format!("the mean of pictures in {format} is not that of their samples"),
            "say format = \"exr\"",
        );
        return None;
    }
    let known = definition.settings.get("samples");
    let given = step.work.settings.get("samples").or(known.and_then(|setting| setting.default.as_ref()));
    let Some(total) = given.and_then(|given| given.parse::<u32>().ok()) else {
        fault(
            "how many samples there are to share out is not known".to_owned(),
            "say it: samples = 128 below [settings], or --set samples=128",
        );
        return None;
    };
    let parts: Vec<Part> = (0..of).map(|at| Part::Samples { at, of, total }).collect();
    let counts: Vec<u32> = parts.iter().filter_map(Part::samples).map(|(_, count)| count).collect();
    if counts.len() < parts.len() {
        fault(format!("{total} samples cannot be shared out to {of} parts"), "say fewer parts");
        return None;
    }
    let weights = counts.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let settings = BTreeMap::from([("weights".to_owned(), weights)]);
    let (format, whole_format) = (wanted.clone(), wanted);
    Some(Spread { called: "part", parts, format, whole_format, package: "average", settings })
}

/// `4x4`: tiles in a row and in a column.
fn grid(said: &Said<String>, faults: &mut Faults) -> Option<(u16, u16)> {
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|number| *number > 0);
    let grid = said.value.to_lowercase().replace('×', "x");
    let grid = grid.split_once('x').and_then(|(across, down)| Some((number(across)?, number(down)?)));
    let Some((across, down)) = grid else {
        let fault = Fault::new(&said.place, format!("{:?} is no grid of tiles", said.value));
        faults.push(fault.hint("write how many lie beside and below each other, \"4x4\""));
        return None;
    };
    if across.checked_mul(down).is_none_or(|count| count > PARTS_MAX) {
        let fault = Fault::new(&said.place, format!("{across}x{down} tiles are more than {PARTS_MAX}"));
        faults.push(fault.hint("each is a start of the package, which reads the scene anew; 16 are many"));
        return None;
    }
    Some((across, down))
}

fn border(said: &Said<i64>, faults: &mut Faults) -> Option<u16> {
    let border = u16::try_from(said.value).ok().filter(|border| *border <= 1_024);
    if border.is_none() {
        let fault = Fault::new(&said.place, format!("a border of {} pixels is none", said.value));
        faults.push(fault.hint("say 0 to 1024; 8 are usual"));
    }
    border
}

impl Spread {
    /// The steps for the parts of what `step` makes, and the one that puts them together.
    fn steps(self, step: &Step) -> Vec<Step> {
        let digits = self.parts.len().to_string().len();
        let name = |at: usize| format!("{}.{}{:0digits$}", step.name, self.called, at + 1);
        let of_whole = BTreeSet::from([Refuse::Blank, Refuse::NotNumbers]);
        let mut steps: Vec<Step> = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            let mut made = Step { name: name(at), ..step.clone() };
            made.work.part = Some(*part);
            made.work.format.clone_from(&self.format);
            // A tile of sky may be all of one colour; what counts is the picture.
            made.work.refuse.retain(|kind| !of_whole.contains(kind));
            steps.push(made);
        }
        let bring =
            |part: &Step| Dependency { step: part.name.clone(), by: DependencyKind::Frame, files: true };
        let work = Work {
            package: self.package.to_owned(),
            size: step.work.size,
            format: self.whole_format,
            settings: self.settings,
            refuse: step.work.refuse.intersection(&of_whole).copied().collect(),
            ..Work::default()
        };
        let whole = Step {
            depends_on: steps.iter().map(bring).collect(),
            order: step.order,
            profile: where_they_are(&step.profile),
            ..Step::new(&step.name, step.frames.clone(), step.animation, work)
        };
        steps.push(whole);
        steps
    }
}

/// What is said of the place of hosts and not of what they can do: putting parts together takes little.
pub(super) fn where_they_are(profile: &Profile) -> Profile {
    let place = |need: &&Need| matches!(need, Need::Tag(_) | Need::Pool(_));
    Profile { needs: profile.needs.iter().filter(place).cloned().collect(), prefer: Vec::new() }
}
