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
        let list = if many == 0 { first.to_string() } else { format!("{first}-{last}x{step}") };
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
