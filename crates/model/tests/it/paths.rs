//! Paths between platforms: a table of what the rules make of them, and what always holds.

use model::{Digest, JobFile, MapFile, PathFormat, PathRule, PathRules, Platform, Verdict, Work};
use proptest::prelude::*;

use Platform::{Linux, Macos, Windows};

fn rule(linux: &str, macos: &str, windows: &str) -> PathRule {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PathRule { linux: some(linux), macos: some(macos), windows: some(windows) }
}

fn rules() -> PathRules {
    let rules = [
        ("proj", rule("/mnt/proj", "/Volumes/proj", r"P:\")),
        ("tex", rule("/mnt/proj/tex", "", r"\\nas\textures")),
        ("lib", rule("/mnt/lib", "/Volumes/Lib/", r"c:/studio/lib")),
        ("mac", rule("", "/Users/Shared", r"S:")),
    ];
    PathRules(rules.into_iter().map(|(name, rule)| (name.to_owned(), rule)).collect())
}

#[test]
fn the_longest_rule_maps_whole_parts() {
    let table = [
        (r"P:\show\tex\a.png", Linux, Some("/mnt/proj/show/tex/a.png")),
        (r"p:/show\Tex/A.png", Linux, Some("/mnt/proj/show/Tex/A.png")),
        (r"P:\", Linux, Some("/mnt/proj")),
        ("P:", Linux, Some("/mnt/proj")),
        (r"P:show\a.png", Linux, None),
        (r"\\?\P:\show", Linux, Some("/mnt/proj/show")),
        (r"\\NAS\Textures\wood.png", Linux, Some("/mnt/proj/tex/wood.png")),
        ("//nas/textures/wood.png", Linux, Some("/mnt/proj/tex/wood.png")),
        (r"\\?\UNC\nas\textures\wood.png", Linux, Some("/mnt/proj/tex/wood.png")),
        (r"\\nas\textures2\wood.png", Linux, None),
        (r"\\nas\", Linux, None),
        ("/mnt/proj/tex/wood.png", Windows, Some(r"\\nas\textures\wood.png")),
        ("/mnt/proj/tex", Windows, Some(r"\\nas\textures")),
        ("/mnt/proj/texture/wood.png", Windows, Some(r"P:\texture\wood.png")),
        ("/mnt/proj", Windows, Some(r"P:\")),
        ("/mnt/proj/", Macos, Some("/Volumes/proj")),
        ("/mnt/project/a", Windows, None),
        ("/MNT/proj/a", Windows, None),
        ("/mnt/proj/tex/a", Macos, Some("/Volumes/proj/tex/a")),
        ("/mnt/proj/../lib/a", Windows, Some(r"C:\studio\lib\a")),
        ("/mnt/proj/../../etc/passwd", Windows, None),
        (r"C:\Studio\LIB\x.vdb", Macos, Some("/Volumes/Lib/x.vdb")),
        (r"S:\a", Linux, None),
        (r"S:\a", Macos, Some("/Users/Shared/a")),
        ("/mnt/proj/a:b.png", Windows, None),
        (r"/mnt/proj/a\b.png", Macos, Some(r"/Volumes/proj/a\b.png")),
        ("/mnt/proj/a.png", Linux, None),
        ("tex/a.png", Linux, None),
        ("", Linux, None),
        ("ü", Windows, None),
    ];
    for (path, to, wanted) in table {
        assert_eq!(rules().map(path, to).as_deref(), wanted, "{path} to {to}");
    }
}

#[test]
fn arguments_are_mapped_whole_or_behind_their_equals_sign() {
    let map = |text| rules().map_argument(text, Linux);
    assert_eq!(map(r"--tex=P:\a").as_deref(), Some("--tex=/mnt/proj/a"));
    assert_eq!(map(r"P:\a=b").as_deref(), Some("/mnt/proj/a=b"));
    assert_eq!(map(r"see P:\a"), None);
    let mut work = Work { arguments: vec![r"P:\a".to_owned(), "b".to_owned()], ..Work::default() };
    work.settings.insert("sound".to_owned(), "/Volumes/proj/a.wav".to_owned());
    work.command = vec!["prog".to_owned(), "{frame}".to_owned(), r"in=P:\{frame}.exr".to_owned()];
    rules().map_work(&mut work, Linux);
    assert_eq!(work.arguments, ["/mnt/proj/a", "b"]);
    assert_eq!(work.settings["sound"], "/mnt/proj/a.wav");
    assert_eq!(work.command, ["prog", "{frame}", "in=/mnt/proj/{frame}.exr"]);
}

#[test]
fn every_rule_says_why_it_does_not_hold() {
    let explained = rules().explain(r"/mnt/proj/tex/a.png", Windows);
    assert_eq!(explained.result.as_deref(), Some(r"\\nas\textures\a.png"));
    let told: Vec<String> =
        explained.rules.iter().map(|judged| format!("{} {}", judged.rule, judged.verdict)).collect();
    let wanted = [
        "tex holds: /mnt/proj/tex on linux begins the path",
        "proj /mnt/proj fits as well, but tex is longer or first",
        "lib does not fit: proj is not lib of /mnt/lib",
        "mac does not fit: mnt is not Users of /Users/Shared",
    ];
    assert_eq!(told, wanted);
    let verdict = |path, to, rule: &str| {
        let judged = rules().explain(path, to).rules.into_iter().find(|judged| judged.rule == rule);
        judged.unwrap().verdict.to_string()
    };
    assert!(verdict(r"\\nas\textures\a", Macos, "tex").contains("has no folder for that platform"));
    assert!(verdict("/mnt/proj/a|b", Windows, "proj").contains("windows cannot have '|' in a name"));
    assert!(verdict("/mnt/proj/a", Linux, "proj").contains("is how it is called there already"));
    assert!(verdict("/mnt", Windows, "proj").contains("ends above /mnt/proj, before proj"));
    assert!(!rules().explain("tex/a.png", Linux).absolute);
}

#[test]
fn a_rule_that_joins_nothing_or_everything_is_refused() {
    let faults = |linux, macos, windows| {
        rules()
            .faults("new", &rule(linux, macos, windows))
            .0
            .into_iter()
            .map(|fault| fault.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(faults("/srv/x", "", r"X:\"), Vec::<String>::new());
    assert_eq!(faults("/srv/x", "", ""), ["a rule joins the folders of two platforms or three"]);
    assert_eq!(
        faults("/", "srv", r"\\nas"),
        [
            "\"/\" would take every path of linux",
            "\"srv\" is no absolute folder on macos",
            "\"\\\\\\\\nas\" is no absolute folder on windows",
        ]
    );
    assert_eq!(
        faults("/mnt/proj/", "", "p:/"),
        ["rule proj has /mnt/proj on linux already", "rule proj has P:\\ on windows already",]
    );
    assert_eq!(rules().faults("proj", &rules().0["proj"]).0, []);
}

#[test]
fn a_host_is_told_where_the_files_of_a_job_went() {
    let file = |path: &str, original: &str| JobFile {
        path: path.parse().unwrap(),
        original: original.to_owned(),
        digest: Digest([0; 32]),
        bytes: 1,
        executable: false,
    };
    let files = [
        file("shot/a.blend", "/home/ann/film/shot/a.blend"),
        file("tex/b.png", "/home/ann/film/tex/b.png"),
        file("elsewhere/opt/tex/c.png", "/opt/tex/c.png"),
    ];
    let told = MapFile::new(&rules(), Linux, &files, "/jobs/7/files");
    let lines: Vec<String> = told
        .path_mapping_rules
        .iter()
        .map(|rule| {
            let format = if rule.source_path_format == PathFormat::Windows { "w" } else { "p" };
            format!("{format} {} {}", rule.source_path, rule.destination_path)
        })
        .collect();
    let wanted = [
        "p /home/ann/film /jobs/7/files",
        "p /opt/tex/c.png /jobs/7/files/elsewhere/opt/tex/c.png",
        r"w C:\studio\lib /mnt/lib",
        "p /Volumes/Lib /mnt/lib",
        "p /Volumes/proj /mnt/proj",
        r"w \\nas\textures /mnt/proj/tex",
        r"w P:\ /mnt/proj",
    ];
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    let mut wanted_sorted = wanted.map(str::to_owned).to_vec();
    wanted_sorted.sort_unstable();
    assert_eq!(sorted, wanted_sorted);
    assert_eq!(lines.last().unwrap(), r"w P:\ /mnt/proj", "the longest goes first");
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(json["version"], "pathmapping-1.0");
    assert_eq!(json["path_mapping_rules"][0]["source_path_format"], "POSIX");
}

/// A name that every platform can have.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_ü-]{1,6}"
}

proptest! {
    #[test]
    fn what_is_mapped_comes_back(parts in prop::collection::vec(name(), 0..5), upper: bool) {
        let rules = rules();
        let path = ["/mnt/lib".to_owned()].into_iter().chain(parts).collect::<Vec<_>>().join("/");
        let windows = rules.map(&path, Windows).unwrap();
        let typed = if upper { windows.replacen(r"C:\studio", r"c:/STUDIO", 1) } else { windows.clone() };
        prop_assert_eq!(rules.map(&typed, Linux), Some(path.clone()));
        let macos = rules.map(&path, Macos).unwrap();
        prop_assert_eq!(rules.map(&macos, Windows), Some(windows));
        prop_assert_eq!(rules.map(&macos, Linux), Some(path));
    }

    #[test]
    fn a_part_of_a_name_is_never_mapped(tail in "[a-z0-9_.-]{1,5}", rest in "(/[a-z]{1,3}){0,2}") {
        let names = [format!("/mnt/proj{tail}{rest}"), format!("/mnt/lib{tail}{rest}")];
        for path in names {
            prop_assert_eq!(rules().map(&path, Windows), None);
        }
        prop_assert_eq!(rules().map(&format!(r"\\nas\textures{tail}{rest}"), Linux), None);
    }

    #[test]
    fn nothing_that_is_typed_breaks_it(path in r"[/\\:.?a-zA-Zü ]{0,12}|.{0,20}", to in 0..3_usize) {
        let to = Platform::ALL[to];
        let explained = rules().explain(&path, to);
        prop_assert_eq!(&explained.result, &rules().map(&path, to));
        let holding = |v: &Verdict| matches!(v, Verdict::Holds { .. });
        prop_assert_eq!(explained.rules.iter().filter(|j| holding(&j.verdict)).count(),
            usize::from(explained.result.is_some()));
        prop_assert_eq!(explained.rules.len(), 4);
        if let Some(result) = explained.result {
            prop_assert!(!result.split(['/', '\\']).any(|part| part == ".."));
        }
    }
}
