//! The names, by tables and properties.

use std::path::{Component, Path, PathBuf};

use proptest::prelude::*;

use crate::name::{LONGEST, Name, TooLong, is_below, is_of_system, means_folder, translated, without_blanks};

fn joined(base: &str, path: &str) -> String {
    let mut name = Name::new();
    name.push(base.as_bytes()).unwrap();
    name.join(base.len(), path.as_bytes(), false).unwrap();
    String::from_utf8(name.bytes().to_vec()).unwrap()
}

#[test]
fn a_path_is_made_plain_and_never_leads_out_of_the_base() {
    for (path, plain) in [
        ("/proj/a.tif", "/base/proj/a.tif"),
        ("//proj///a.tif", "/base/proj/a.tif"),
        ("/proj/./sub/../a.tif", "/base/proj/a.tif"),
        ("/../../etc/passwd", "/base/etc/passwd"),
        ("/..", "/base"),
        ("/", "/base"),
        ("/proj/..", "/base"),
        ("/a..b/...", "/base/a..b/..."),
    ] {
        assert_eq!(joined("/base", path), plain, "{path}");
    }
}

#[test]
fn the_root_is_called_by_its_name() {
    let mut name = Name::new();
    name.join(0, b"/..", false).unwrap();
    name.ended();
    assert_eq!(name.bytes(), b"/");
}

#[test]
fn a_path_that_is_too_long_is_refused_and_not_cut() {
    let mut name = Name::new();
    assert_eq!(name.push(&[b'a'; LONGEST]), Err(TooLong));
    assert_eq!(name.push(&[b'a'; LONGEST - 1]), Ok(()));
    assert_eq!(name.push(b"a"), Err(TooLong));
}

#[test]
fn what_is_promised_of_lengths_is_so() {
    assert_eq!(crate::LONGEST, LONGEST - 1);
}

#[test]
fn whole_components_are_compared() {
    assert!(is_below(b"/base/a", b"/base"));
    assert!(is_below(b"/base", b"/base"));
    assert!(!is_below(b"/based", b"/base"));
    assert!(is_of_system(b"/dev/null"));
    assert!(!is_of_system(b"/device"));
    assert!(means_folder(b"/a/"));
    assert!(!means_folder(b"/a."));
    assert_eq!(without_blanks(b" \t/a b"), b"/a b");
}

const RULES: &[u8] =
    b"P:\\film=/proj\n\\\\server\\tex\\=/mnt/tex\n/Volumes/film=/proj\nP:=/p\nnonsense\nX:=relative";

#[test]
fn names_of_other_platforms_are_translated_by_the_longest_rule() {
    for (path, to, rest) in [
        (r"P:\film\a.tif", "/proj", r"\a.tif"),
        (r"p:/FILM/sub\a.tif", "/proj", r"/sub\a.tif"),
        (r"P:\other\a.tif", "/p", r"\other\a.tif"),
        (r"\\SERVER\Tex\a.tif", "/mnt/tex", r"\a.tif"),
        ("//server/tex/a.tif", "/mnt/tex", "/a.tif"),
        ("/Volumes/film/a.tif", "/proj", "/a.tif"),
    ] {
        assert_eq!(translated(RULES, path.as_bytes()), Some((to.as_bytes(), rest.as_bytes())), "{path}");
    }
    for path in ["/volumes/film/a.tif", "/Volumes/films", "X:\\a", "Q:\\a", "a.tif", ""] {
        assert_eq!(translated(RULES, path.as_bytes()), None, "{path}");
    }
}

/// What the standard library makes of a path, taking `..` away by name.
fn by_the_book(path: &str) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => drop(plain.pop()),
            _ => {}
        }
    }
    plain
}

proptest! {
    #[test]
    fn any_path_stays_below_the_base_and_means_what_the_standard_library_says(
        path in "(/(\\.|\\.\\.|[ab.]{0,3}))*/?",
    ) {
        let found = joined("/base", &path);
        prop_assert!(is_below(found.as_bytes(), b"/base"), "{}", found);
        let below = by_the_book(&path);
        prop_assert_eq!(Path::new(&found), Path::new("/base").join(below.strip_prefix("/").unwrap()));
    }

    #[test]
    fn no_rules_and_no_path_make_it_panic(rules in any::<Vec<u8>>(), path in any::<Vec<u8>>()) {
        if let Some((to, rest)) = translated(&rules, &path) {
            prop_assert!(to.starts_with(b"/"));
            prop_assert!(path.ends_with(rest));
        }
        let mut name = Name::new();
        name.join(0, &path, true).ok();
        prop_assert!(name.bytes().len() < LONGEST);
    }
}
