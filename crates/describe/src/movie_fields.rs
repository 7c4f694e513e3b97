//! `[movie]`: what people say of the movie that is made of a job's frames.

use super::draft::Said;
use super::node::{Entry, Node, Value};
use super::reader::Reader;
use super::suggest;

/// Fields of the movie.
const FIELDS: [&str; 6] = ["step", "name", "fps", "codec", "quality", "burn_in"];

const USAGE: &str = "write movie = true, or [movie] and below it fps = 24";
const BURN_IN: &str = "write burn_in = true, or a text as \"{job} {frame:04}\"";

/// What `burn_in = true` writes into each picture.
pub const BURNT_IN: &str = "{job}  {frame:04}";

/// The movie that is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MovieDraft {
    /// Where it is asked for.
    pub place: String,
    /// False where a flag or a description takes it back.
    pub wanted: bool,
    /// The step whose frames it shows.
    pub step: Option<Said<String>>,
    /// What its step is called.
    pub name: Option<Said<String>>,
    /// Frames a second.
    pub fps: Option<Said<String>>,
    /// How it is compressed.
    pub codec: Option<Said<String>>,
    /// Lower is better and larger.
    pub quality: Option<Said<i64>>,
    /// What is written into each picture.
    pub burn_in: Option<Said<String>>,
}

impl MovieDraft {
    /// One of which nothing more is said than that it is wanted.
    #[must_use]
    pub fn wanted(place: impl Into<String>) -> Self {
        Self { place: place.into(), wanted: true, ..Self::default() }
    }

    pub(super) fn overlaid(self, upper: Self) -> Self {
        Self {
            place: upper.place,
            wanted: upper.wanted,
            step: upper.step.or(self.step),
            name: upper.name.or(self.name),
            fps: upper.fps.or(self.fps),
            codec: upper.codec.or(self.codec),
            quality: upper.quality.or(self.quality),
            burn_in: upper.burn_in.or(self.burn_in),
        }
    }
}

/// `true`, the name of a codec, or a table.
pub(super) fn movie(reader: &mut Reader<'_>, node: Node) -> Option<MovieDraft> {
    let place = reader.place(node.line);
    match node.value {
        Value::Truth(wanted) => Some(MovieDraft { wanted, ..MovieDraft::wanted(place) }),
        Value::Text(codec) => {
            let codec = Some(Said::new(&place, codec));
            Some(MovieDraft { codec, ..MovieDraft::wanted(place) })
        }
        Value::Table(entries) => Some(table(reader, place, entries)),
        _ => {
            reader.wrong_kind("movie", &node, "a table, or true", USAGE);
            None
        }
    }
}

fn table(reader: &mut Reader<'_>, place: String, entries: Vec<Entry>) -> MovieDraft {
    let mut movie = MovieDraft::wanted(place);
    for Entry { key, line, node } in entries {
        match key.as_str() {
            _ if node.value == Value::Null => {}
            "step" => movie.step = reader.text(&key, node),
            "name" => movie.name = reader.text(&key, node),
            "fps" => movie.fps = reader.word(&key, &node),
            "codec" => movie.codec = reader.text(&key, node),
            "quality" => movie.quality = reader.whole(&key, &node),
            "burn_in" => movie.burn_in = burn_in(reader, &node),
            _ => {
                let hint = match suggest::nearest(&key, FIELDS.iter().copied()) {
                    Some(field) => format!("did you mean {field}?"),
                    None => format!("the fields of a movie are {}", FIELDS.join(", ")),
                };
                reader.fault(line, format!("a movie has no field {key:?}"), hint);
            }
        }
    }
    movie
}

fn burn_in(reader: &mut Reader<'_>, node: &Node) -> Option<Said<String>> {
    let text = match &node.value {
        Value::Truth(true) => BURNT_IN.to_owned(),
        Value::Truth(false) => return None,
        Value::Text(text) => text.clone(),
        _ => {
            reader.wrong_kind("burn_in", node, "true or a text", BURN_IN);
            return None;
        }
    };
    Some(Said::new(reader.place(node.line), text))
}
