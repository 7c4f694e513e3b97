//! What can be wrong with the part of a picture that a step makes.

use crate::{Fault, Faults, Part, Size, Work};

/// More parts of one picture than this are a typing error; each is a step of its own.
const PARTS_MAX: u32 = 256;
/// A wider border than this is no border any more.
const BORDER_MAX: u16 = 1_024;

pub(super) fn check(work: &Work, faults: &mut Faults) {
    match work.part {
        None => {}
        Some(part @ Part::Tile { across, down, border, .. }) => {
            check_count("tiles", u32::from(across) * u32::from(down), faults);
            if border > BORDER_MAX {
                let what = format!("a border of {border} pixels around each tile is wider than {BORDER_MAX}");
                faults.push(Fault::new("tile_border", what).hint("a few pixels are enough"));
            }
            match work.size {
                None => {
                    let what = "a picture is cut into tiles, and its size is not known";
                    faults.push(Fault::new("tiles", what).hint("say the size of the whole picture as well"));
                }
                Some(size) if part.inner(size).is_none() => {
                    let Size { width, height } = size;
                    let what = format!(
                        "there is no such tile of {across}x{down} in a picture of {width}x{height} pixels"
                    );
                    faults.push(Fault::new("tiles", what).hint("cut it into fewer tiles"));
                }
                Some(_) => {}
            }
        }
        Some(part @ Part::Samples { of, total, .. }) => {
            check_count("sample_parts", u32::from(of), faults);
            if part.samples().is_none() {
                let what = format!("{total} samples cannot be shared out to {of} parts");
                faults.push(Fault::new("sample_parts", what).hint("every part needs one sample at least"));
            }
        }
    }
}

fn check_count(place: &str, count: u32, faults: &mut Faults) {
    if !(1..=PARTS_MAX).contains(&count) {
        let what = format!("a picture in {count} parts is outside 1 to {PARTS_MAX}");
        faults
            .push(Fault::new(place, what).hint("each part is a start of the package; a few dozen are many"));
    }
}
