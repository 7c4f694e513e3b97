//! Frame lists.

use model::FrameSet;
use proptest::prelude::*;

fn numbers(list: &str) -> Vec<i64> {
    let set: FrameSet = list.parse().unwrap();
    (0..set.count()).map(|i| set.number(i).unwrap()).collect()
}

#[track_caller]
fn refused(list: &str, why: &str) {
    let error = list.parse::<FrameSet>().unwrap_err().to_string();
    assert!(error.contains(why), "{list}: {error}");
}

#[test]
fn lists_as_the_field_writes_them() {
    assert_eq!(numbers("7"), [7]);
    assert_eq!(numbers("1-4"), [1, 2, 3, 4]);
    assert_eq!(numbers("1-100x25"), [1, 26, 51, 76]);
    assert_eq!(numbers("1-10:4"), [1, 5, 9]);
    assert_eq!(numbers("1,3,7-9"), [1, 3, 7, 8, 9]);
    assert_eq!(numbers("10-7x-1"), [10, 9, 8, 7]);
    assert_eq!(numbers("-3--1"), [-3, -2, -1]);
    assert_eq!(numbers("-1-2"), [-1, 0, 1, 2]);
    assert_eq!(numbers(" 1 , 2 "), [1, 2]);
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    refused("", "empty part");
    refused("1,,2", "empty part");
    refused("a-b", "not a frame or a range");
    refused("1-", "not a frame or a range");
    refused("3x2", "not a frame or a range");
    refused("1-2-3", "not a frame or a range");
    refused("1-5x0", "steps by 0");
    refused("10-1", "10-1x-1 or 1-10x1");
    refused("1-10x-1", "holds no frame");
    refused("1-5,3", "frame 3 is named twice, in 1-5 and in 3");
    refused("1-9x2,2-10x3", "frame 5 is named twice");
    refused("1-99999999999", "beyond");
    refused("1-999999999", "is the most for one step");
}

proptest! {
    #[test]
    fn printing_and_reading_agree(first in -500i64..500, many in 0i64..40, step in 1i64..9, back: bool) {
        let last = if back { first - many * step } else { first + many * step };
        let step = if back { -step } else { step };
        let list = format!("{first}-{last}x{step}");
        let set: FrameSet = list.parse().unwrap();
        prop_assert_eq!(i64::from(set.count()), many + 1);
        prop_assert_eq!(&set.to_string().parse::<FrameSet>().unwrap(), &set);
        for index in 0..set.count() {
            let number = set.number(index).unwrap();
            prop_assert_eq!(set.index_of(number), Some(index));
            prop_assert!(set.lowest() <= number && number <= set.highest());
        }
        prop_assert_eq!(set.number(set.count()), None);
    }
}

#[test]
fn a_part_of_a_list_is_a_list() {
    let part = |list: &str, from: u32, to: u32| {
        list.parse::<FrameSet>().unwrap().part(from..to).map(|part| part.to_string())
    };
    assert_eq!(part("1-1000000", 499_999, 500_009).as_deref(), Some("500000-500009"));
    assert_eq!(part("1-10x3,20,30-21x-2", 2, 6).as_deref(), Some("7-10x3,20,30"));
    assert_eq!(part("1-10x3,20,30-21x-2", 6, 99).as_deref(), Some("28-22x-2"));
    assert_eq!(part("1-3", 3, 9), None);
    assert_eq!(part("1-3", 1, 1), None);
    assert_eq!(part("1-3", 2, 1), None);
}

#[test]
fn chunks_are_consecutive_where_their_numbers_ascend_by_one() {
    let consecutive = |list: &str, chunk| list.parse::<FrameSet>().unwrap().is_consecutive_in(chunk);
    assert!(consecutive("1-10", 3) && consecutive("1-4,5-8", 8) && consecutive("1-4,9-12", 4));
    assert!(consecutive("1-100x5", 1) && consecutive("4-1x-1", 1) && consecutive("7,8,9", 3));
    assert!(consecutive("7,9,11", 1) && consecutive("1-4,9", 4));
    assert!(!consecutive("1-100x5", 2) && !consecutive("4-1x-1", 4) && !consecutive("1-4,9-12", 8));
    assert!(!consecutive("1-4,9-12", 3) && !consecutive("7,9", 2));
}

proptest! {
    #[test]
    fn a_part_holds_the_frames_at_its_indices(
        ranges in prop::collection::vec((0..30_i64, 1..4_i64, any::<bool>()), 1..5),
        from in 0..70_u32,
        many in 0..70_u32,
        chunk in 1..9_u32,
    ) {
        let mut list = Vec::new();
        let mut next = 0;
        for (many, step, back) in ranges {
            let (low, high) = (next, next + many * step);
            list.push(if back { format!("{high}-{low}x-{step}") } else { format!("{low}-{high}x{step}") });
            next = high + 1;
        }
        let set: FrameSet = list.join(",").parse().unwrap();
        let all = numbers(&set.to_string());
        let (start, end) = (all.len().min(from as usize), all.len().min((from + many) as usize));
        let part = set.part(from..from + many);
        prop_assert_eq!(part.map_or(Vec::new(), |part| numbers(&part.to_string())), &all[start..end]);
        let consecutive = all.chunks(chunk as usize).all(|chunk| chunk.is_sorted_by(|a, b| a + 1 == *b));
        prop_assert_eq!(set.is_consecutive_in(chunk), consecutive);
    }
}
