//! States in a snapshot: runs of equal ones, since most neighbours are equal.

use model::FrameState;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Run {
    state: FrameState,
    frames: usize,
}

pub(super) fn serialize<S: Serializer>(states: &[FrameState], to: S) -> Result<S::Ok, S::Error> {
    let runs = states.chunk_by(|one, next| one == next);
    to.collect_seq(runs.map(|run| Run { state: run[0], frames: run.len() }))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<FrameState>, D::Error> {
    let runs = Vec::<Run>::deserialize(from)?;
    Ok(runs.iter().flat_map(|run| std::iter::repeat_n(run.state, run.frames)).collect())
}
