//! Version patterns, each part of which may be "don't care".

use model::VersionPattern;

#[track_caller]
fn check(pattern: &str, fits: &[&str], fits_not: &[&str]) {
    let parsed: VersionPattern = pattern.parse().unwrap();
    for version in fits {
        assert!(parsed.fits(version), "{pattern} should take {version}");
    }
    for version in fits_not {
        assert!(!parsed.fits(version), "{pattern} should not take {version}");
    }
}

#[test]
fn parts_that_are_absent_or_x_are_not_cared_about() {
    check("6", &["6", "6.5", "6.5.22"], &["7", "66", "5.6"]);
    check("6.x", &["6.3", "6.6", "6.5.22"], &["7.0"]);
    check("6.5", &["6.5", "6.5.1"], &["6.50", "6.4"]);
    check("6.x.22", &["6.5.22", "6.1.22"], &["6.5.21", "6.5"]);
    check("x", &["6", "12.04", "anything"], &[]);
    check("3.7", &["3.7.0.10.unofficial"], &["3.8.0"]);
}

#[test]
fn bounds_compare_number_by_number() {
    check(">=6.5,<7", &["6.5", "6.10", "6.5.0"], &["6.4.99", "7", "7.0.1"]);
    check(">2,<=4.2", &["2.1", "4.2", "4.2.0"], &["2", "2.0", "4.2.1"]);
}

#[test]
fn other_texts_are_refused() {
    for text in ["", "six", ">=x", "6..5", ">=6,", "6 5"] {
        assert!(text.parse::<VersionPattern>().is_err(), "{text}");
    }
}
