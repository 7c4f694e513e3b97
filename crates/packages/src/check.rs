//! Whether a package can do what a step asks. Asked by clients before anything travels, and by the
//! schedule server before a job is taken, so that both say the same.

use model::{Fault, Faults, Part, Step};

use crate::definition::{ChunkRule, Definition};
use crate::outputs;
use crate::template::Template;
use crate::values::{OF_JOBS, brings_files, is_of_jobs};

/// Every fault in what `step` asks of the package. Places are the fields of a job description.
#[must_use]
pub fn check_work(definition: &Definition, step: &Step) -> Faults {
    let mut faults = Faults::default();
    check_scene(definition, step, &mut faults);
    check_frames(definition, step, &mut faults);
    if step.chunk > 1 {
        check_chunk(definition, step, &mut faults);
    }
    check_part(definition, step, &mut faults);
    check_format(definition, step, &mut faults);
    check_settings(definition, step, &mut faults);
    if definition.brings_program() {
        check_command(definition, step, &mut faults);
    } else if !step.work.command.is_empty() {
        let what = format!("the package {} has its own program and takes no command", definition.name);
        faults.push(Fault::new("command", what).hint("leave out the command, or use the package command"));
    }
    let texts = step.work.arguments.iter().chain(&step.work.command);
    if texts.into_iter().any(|text| text.contains('\0')) {
        faults.push(Fault::new("arguments", "an argument holds a NUL, which no program can be given"));
    }
    faults
}

fn check_scene(definition: &Definition, step: &Step, faults: &mut Faults) {
    let endings = &definition.scene.endings;
    let known = || endings.iter().map(|e| format!(".{e}")).collect::<Vec<_>>().join(" or ");
    let Some(scene) = &step.work.scene else {
        if definition.scene.required {
            let fault = Fault::new("scene", format!("{} needs a render file", definition.title));
            faults.push(fault.hint(format!("name one that ends in {}", known())));
        }
        return;
    };
    let ending =
        scene.file_name().rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_lowercase());
    if !endings.is_empty() && !endings.contains(&ending) {
        let what = format!("{} cannot read {:?}", definition.title, scene.file_name());
        faults.push(Fault::new("scene", what).hint(format!("its render files end in {}", known())));
    }
}

fn check_frames(definition: &Definition, step: &Step, faults: &mut Faults) {
    let (rule, title) = (&definition.frames, &definition.title);
    let (lowest, highest) = (step.frames.lowest(), step.frames.highest());
    if lowest < rule.lowest {
        let what = format!("{title} has no frame below {}, and frame {lowest} is asked for", rule.lowest);
        faults.push(Fault::new("frames", what).hint("number the frames upwards from there"));
    }
    if highest > rule.highest {
        let what = format!("{title} has no frame above {}, and frame {highest} is asked for", rule.highest);
        faults.push(Fault::new("frames", what));
    }
    let (first, last) = (step.animation.first, step.animation.last);
    if last < first {
        let what = format!("the animation ends with frame {last}, before it begins with frame {first}");
        faults.push(Fault::new("last_frame", what).hint("its last frame is not below its first"));
    } else if rule.within_animation && (lowest < first || highest > last) {
        let outside = if lowest < first { lowest } else { highest };
        let what = format!("frame {outside} lies outside the animation, which runs from {first} to {last}");
        let hint =
            format!("{title} would make another frame of it; give the animation's first and last frame");
        faults.push(Fault::new("frames", what).hint(hint));
    }
}

/// Whether one run can make every frame of a chunk.
fn check_chunk(definition: &Definition, step: &Step, faults: &mut Faults) {
    let consecutive = step.frames.is_consecutive_in(step.chunk);
    let scattered = || {
        let what =
            format!("the frames {} are not one after the other in chunks of {}", step.frames, step.chunk);
        Fault::new("chunk", what)
    };
    match definition.frames.chunks {
        ChunkRule::One => {
            let what =
                format!("{} makes one frame at a time, not chunks of {}", definition.title, step.chunk);
            faults.push(Fault::new("chunk", what).hint("leave out the chunk"));
        }
        ChunkRule::Consecutive if !consecutive => {
            let hint = format!("{} makes frames 1, 2, 3 in one run; leave out the chunk", definition.title);
            faults.push(scattered().hint(hint));
        }
        ChunkRule::Stepped if !is_stepped(step) => {
            let hint = format!("{} makes frames with one step between them in one run", definition.title);
            faults.push(scattered().hint(hint));
        }
        ChunkRule::Consecutive | ChunkRule::Stepped | ChunkRule::List => {}
        ChunkRule::Told => match Told::by(step) {
            Told::One => {
                let what = format!("the command is told of one frame, and a chunk has {}", step.chunk);
                let hint = "hand it {frames}, a word for each, or {frame} and {last_frame}; it leaves a file \
                            for each, as in {output}.{frames}.png";
                faults.push(Fault::new("chunk", what).hint(hint));
            }
            Told::Ends if !consecutive => {
                faults.push(
                    scattered().hint("hand the command {frames}, a word for each, not the first and last"),
                );
            }
            Told::Ends | Told::Each => {}
        },
    }
}

/// Whether the package can make the part of a picture that is asked for.
fn check_part(definition: &Definition, step: &Step, faults: &mut Faults) {
    let parts = &definition.parts;
    match step.work.part {
        Some(Part::Tile { .. }) if parts.tiles.is_none() => {
            let what = format!("{} cannot make tiles of a picture", definition.title);
            faults.push(Fault::new("tiles", what).hint("leave out the tiles"));
        }
        Some(Part::Samples { .. }) if !parts.samples => {
            let what = format!("{} cannot make a share of the samples of a picture", definition.title);
            faults.push(Fault::new("sample_parts", what).hint("leave out the parts"));
        }
        _ => {}
    }
}

/// Whether the frames of every chunk ascend by one step.
fn is_stepped(step: &Step) -> bool {
    (0..step.chunks()).all(|index| {
        let numbers: Vec<i64> = step.chunk_numbers(index).collect();
        let steps: Vec<i64> = numbers.windows(2).map(|two| two[1].saturating_sub(two[0])).collect();
        steps.first().is_none_or(|first| *first > 0 && steps.iter().all(|step| step == first))
    })
}

/// What a command is told of the frames of its chunk.
#[derive(PartialEq)]
enum Told {
    /// The first alone, though what it makes is for a frame.
    One,
    /// The first and the last.
    Ends,
    /// Each, or nothing: then it needs none, or asks its environment.
    Each,
}

impl Told {
    fn by(step: &Step) -> Self {
        let templates: Vec<Template> = step.work.command.iter().map(|word| Template::parse(word)).collect();
        let mut names = Vec::new();
        for template in &templates {
            names.extend(template.names());
        }
        let said = |variable: &str| {
            let whole = |(at, _): (usize, &str), word: &str| {
                !word[at + variable.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            };
            step.work.command.iter().any(|word| word.match_indices(variable).any(|found| whole(found, word)))
        };
        match () {
            () if names.contains(&"frames") || said("FRAMEFARM_FRAMES") => Self::Each,
            () if names.contains(&"last_frame") || said("FRAMEFARM_LAST_FRAME") => Self::Ends,
            () if names.contains(&"frame") || names.contains(&"output") => Self::One,
            () if said("FRAMEFARM_FRAME") || said("FRAMEFARM_OUTPUT") => Self::One,
            () => Self::Each,
        }
    }
}

fn check_format(definition: &Definition, step: &Step, faults: &mut Faults) {
    let Some(format) = &step.work.format else { return };
    let written =
        !format.is_empty() && format.len() <= 16 && format.bytes().all(|b| b.is_ascii_alphanumeric());
    if !definition.formats.is_empty() && definition.format(format).is_none() {
        let known: Vec<&str> = definition.formats.iter().map(|format| format.ending.as_str()).collect();
        let fault = Fault::new("format", format!("{} does not write {format:?}", definition.title));
        faults.push(fault.hint(format!("it writes {}", known.join(", "))));
    } else if !written {
        let what = format!("{format:?} is not a format: letters and digits are wanted, as in png");
        faults.push(Fault::new("format", what));
    } else if let Some(other) =
        outputs::ending_in_command(step).filter(|other| !other.eq_ignore_ascii_case(format))
    {
        let what = format!("the command writes {{output}}.{other}, and the format is {format}");
        faults.push(Fault::new("format", what).hint("write {output} alone, or leave out the format"));
    }
}

fn check_settings(definition: &Definition, step: &Step, faults: &mut Faults) {
    let known: Vec<&str> = definition.settings.keys().map(String::as_str).collect();
    for (name, value) in &step.work.settings {
        let place = format!("settings.{name}");
        let Some(setting) = definition.settings.get(name) else {
            let fault = Fault::new(place, format!("{} has no setting {name:?}", definition.title));
            faults.push(match known.as_slice() {
                [] => fault.hint("it has none; give arguments instead"),
                known => fault.hint(format!("its settings are {}", known.join(", "))),
            });
            continue;
        };
        if let Err(why) = setting.accepts(value) {
            faults.push(Fault::new(place, format!("{name} {why}")).hint(setting.help.clone()));
        }
    }
}

fn check_command(definition: &Definition, step: &Step, faults: &mut Faults) {
    let command = &step.work.command;
    if command.first().is_none_or(|program| program.trim().is_empty()) {
        let fault = Fault::new("command", format!("the package {} needs a command", definition.name));
        faults
            .push(fault.hint("write it behind --command --, for example convert in.{frame:04}.exr {output}"));
    }
    for word in command {
        for name in Template::parse(word).names() {
            let absent = match name {
                "inputs" if !brings_files(step) => {
                    let what = "{inputs} has no value, for no files of another step are brought";
                    let hint = "write depends_on = [{ step = \"NAME\", by = \"frame\", files = true }]";
                    faults.push(Fault::new("command", what).hint(hint));
                    continue;
                }
                "width" | "height" if step.work.size.is_none() => "size",
                "scene" if step.work.scene.is_none() => "scene",
                name if is_of_jobs(name) => continue,
                name => {
                    let what = format!("nothing is called {{{name}}}");
                    let hint = format!("{}; for braces that stay write {{{{{name}}}}}", list(&OF_JOBS));
                    faults.push(Fault::new("command", what).hint(hint));
                    continue;
                }
            };
            let fault =
                Fault::new("command", format!("{{{name}}} has no value, for the job names no {absent}"));
            faults.push(fault.hint(format!("give a {absent}")));
        }
    }
}

/// Names in braces, in a row.
fn list<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("{{{name}}}")).collect();
    format!("known are {}", names.join(", "))
}
