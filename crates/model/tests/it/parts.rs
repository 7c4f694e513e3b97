//! Parts of pictures: what each covers, and what cannot be a part.

use model::{Crop, FrameSpan, JobDescription, Part, Size, Step, Work};

const fn tile(at: u16, across: u16, down: u16, border: u16) -> Part {
    Part::Tile { at, across, down, border }
}

#[test]
fn tiles_cover_every_pixel_once_and_borders_stay_inside() {
    for (width, height, across, down) in [(64, 48, 4, 4), (101, 53, 7, 3), (5, 9, 5, 9), (1920, 1, 16, 1)] {
        let size = Size { width, height };
        let mut seen = vec![0; (width * height) as usize];
        for at in 0..across * down {
            let Crop { left, top, right, bottom } = tile(at, across, down, 8).inner(size).unwrap();
            for (y, x) in (top..bottom).flat_map(|y| (left..right).map(move |x| (y, x))) {
                seen[(y * width + x) as usize] += 1;
            }
            let wide = tile(at, across, down, 8).crop(size).unwrap();
            assert!(wide.right <= width && wide.bottom <= height);
            assert!(wide.left <= left && wide.top <= top && wide.right >= right && wide.bottom >= bottom);
        }
        assert!(seen.iter().all(|times| *times == 1), "{width}x{height} in {across}x{down}");
    }
}

#[test]
fn tiles_go_row_by_row_and_carry_their_border() {
    let size = Size { width: 40, height: 30 };
    let crop = |at| tile(at, 2, 3, 4).crop(size).unwrap();
    assert_eq!(crop(0), Crop { left: 0, top: 0, right: 24, bottom: 14 });
    assert_eq!(crop(1), Crop { left: 16, top: 0, right: 40, bottom: 14 });
    assert_eq!(crop(2), Crop { left: 0, top: 6, right: 24, bottom: 24 });
    assert_eq!(crop(5).size(), Size { width: 24, height: 14 });
}

#[test]
fn samples_are_shared_out_whole() {
    let shares: Vec<_> =
        (0..3).map(|at| Part::Samples { at, of: 3, total: 128 }.samples().unwrap()).collect();
    assert_eq!(shares, [(0, 42), (42, 43), (85, 43)]);
    assert_eq!(Part::Samples { at: 0, of: 4, total: 3 }.samples(), None, "the first would have none");
    assert_eq!(Part::Samples { at: 4, of: 4, total: 8 }.samples(), None);
    assert_eq!(tile(0, 2, 2, 0).samples(), None);
}

#[test]
fn what_cannot_be_a_part_is_none() {
    let size = Size { width: 8, height: 8 };
    for part in
        [tile(4, 2, 2, 0), tile(0, 0, 2, 0), tile(0, 2, 0, 0), tile(0, 9, 1, 0), tile(u16::MAX, 1, 1, 0)]
    {
        assert_eq!(part.crop(size), None, "{part:?}");
    }
    assert_eq!(Part::Samples { at: 0, of: 1, total: 1 }.crop(size), None);
}

fn job(part: Part, size: Option<Size>) -> JobDescription {
    let work = Work { package: "povray".into(), size, part: Some(part), ..Work::default() };
    let frame = FrameSpan { first: 1, last: 1 };
    JobDescription::new("film", "ada", vec![Step::new("render", "1".parse().unwrap(), frame, work)])
}

#[test]
fn faults_of_parts_are_told() {
    let size = Some(Size { width: 64, height: 48 });
    job(tile(3, 2, 2, 8), size).check().unwrap();
    let told = |part, size| job(part, size).check().unwrap_err().to_string();
    for (part, size, word) in [
        (tile(0, 2, 2, 8), None, "its size is not known"),
        (tile(0, 20, 20, 0), size, "400 parts"),
        (tile(0, 65, 1, 0), size, "no such tile of 65x1"),
        (tile(4, 2, 2, 0), size, "no such tile"),
        (tile(0, 2, 2, 4_000), size, "a border of 4000 pixels"),
        (Part::Samples { at: 0, of: 8, total: 4 }, size, "4 samples cannot be shared out to 8 parts"),
    ] {
        let text = told(part, size);
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn steps_that_make_parts_change_no_names_of_others() {
    let mut job = job(tile(0, 1, 2, 0), Some(Size { width: 64, height: 48 }));
    let mut whole = job.steps[0].clone();
    job.steps[0].name = "render.tile1".into();
    whole.work.part = None;
    job.steps.push(whole.clone());
    assert_eq!((job.slug_of(0).as_str(), job.slug_of(1).as_str()), ("film.render.tile1", "film"));
    whole.name = "movie".into();
    job.steps.push(whole);
    assert_eq!((job.slug_of(1).as_str(), job.slug_of(2).as_str()), ("film.render", "film.movie"));
}
