//! Scenes and the files they need.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Faults, FrameSpan, PathRules, Size};
use packages::support::{SceneDefaults, Search, Support, defaults_from_scene};

use crate::{definition, write};

fn find(from: &Path, scene: Option<&str>, libraries: &[&str], named: &[&str]) -> Result<Support, Faults> {
    let povray = definition("povray");
    let libraries: Vec<PathBuf> = libraries.iter().map(PathBuf::from).collect();
    let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
    let scene = scene.map(Path::new);
    let rules = &PathRules::default();
    let (definition, libraries, named) = (&povray, libraries.as_slice(), named.as_slice());
    let found = Search { definition, scene, libraries, named, from, blender: None, rules }.find()?;
    if found.missing.is_empty() { Ok(found) } else { Err(Faults(found.missing)) }
}

fn paths(support: &Support) -> Vec<&str> {
    support.files.iter().map(|file| file.path.as_str()).collect()
}

/// Faults or warnings as lines without the folder of the test.
fn lines(faults: &[model::Fault], folder: &Path) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    faults.iter().map(|fault| format!("{}: {}", fault.place, fault.what).replace(&folder, "")).collect()
}

#[test]
fn everything_a_scene_names_travels_and_keeps_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let scene = r#"
        #include "colors.inc"      // comes with POV-Ray
        #include "parts/body"      /* /* "no.inc" */ #include "no2.inc" */
        // #include "no3.inc"
        #declare Wood = concat("../maps/", "wood", ".png");
        plane { y, 0 pigment { image_map { png Wood } } }
        plane { y, 1 pigment { image_map { "../maps/stone.jpg" } normal { bump_map { tga "bumps" } } } }
        height_field { png "hills.png" smooth }
        text { ttf "fonts/sign.ttf" "in the text: png" 1, 0 }
        text { ttf "timrom.ttf" "x" 1, 0 }
        #fopen In "points.txt" read
        #fopen Out "made.txt" write
        #fopen Back "made.txt" read
        density { density_file df3 "smoke.df3" }
        #if (file_exists("maybe.inc")) #include "maybe.inc" #end
        #if (file_exists("there.inc")) #include "there.inc" #end
        #ifdef (Never) #include "never.inc" #end
        #for (I, 1, 2) #declare F = "lib_a.inc"; #include F #end
    "#;
    let files = [
        ("film/shot/scene.pov", scene),
        ("film/shot/parts/body.inc", "#ifndef (Body) #declare Body = 1; #include \"parts/arm.inc\" #end"),
        ("film/shot/parts/arm.inc", "#include \"parts/body.inc\" #include \"lib_b.inc\""),
        ("film/shot/bumps.tga", ""),
        ("film/shot/hills.png", ""),
        ("film/shot/fonts/sign.ttf", ""),
        ("film/shot/points.txt", ""),
        ("film/shot/smoke.df3", ""),
        ("film/shot/there.inc", ""),
        ("film/shot/unneeded.inc", ""),
        ("film/maps/wood.png", ""),
        ("film/maps/stone.jpg", ""),
        ("library/lib_a.inc", ""),
        ("library/lib_b.inc", ""),
        ("empty/else.inc", ""),
    ];
    write(folder.path(), &files);
    let libraries = ["empty", "library"];
    let support =
        find(folder.path(), Some("film/shot/scene.pov"), &libraries, &[]).unwrap_or_else(|e| panic!("{e}"));
    let mut wanted: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    wanted.retain(|name| !name.contains("else") && !name.contains("unneeded"));
    wanted.sort_unstable();
    assert_eq!(paths(&support), wanted);
    assert_eq!(support.scene.unwrap().as_str(), "film/shot/scene.pov");
    assert_eq!(support.libraries, ["library"]);
    let warned = ["film/shot/scene.pov:17: never.inc is not in film/shot, empty, library; \
         it stands in a branch or macro"];
    assert_eq!(lines(&support.warnings, folder.path()), warned);
}

#[test]
fn missing_files_are_all_told_with_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let scene = "#include \"a.inc\"\n#include \"gone.inc\"\n\
                 sphere { 0, 1 pigment { image_map { png \"m\\x.png\" } } }\n\
                 #declare N = concat(\"f\", str(frame_number, 0, 0), \".png\");\n\
                 #macro Of(File) pigment { image_map { png File } } #end\n\
                 #include concat(\"p\", str(1, 0, 0))\n#include \"/opt/studio/all.inc\"\n";
    write(
        folder.path(),
        &[("s.pov", scene), ("a.inc", "\n\nbackground { rgb 1 } text { ttf \"gone.ttf\" \"\" 1, 0 }")],
    );
    let faults = find(folder.path(), Some("s.pov"), &[], &["none*.txt", "gone.txt"]).unwrap_err();
    let here = folder.path().display().to_string();
    let told: Vec<String> = lines(&faults.0, folder.path()).iter().map(|l| l.replace(&here, ".")).collect();
    let wanted = [
        "a.inc:3: needs gone.ttf, which is not in .",
        "s.pov:2: needs gone.inc, which is not in .",
        "s.pov:3: needs m\\x.png, which is not in .",
        "s.pov:7: needs /opt/studio/all.inc, which is not there",
        "support: no file fits none*.txt",
        "support: there is no gone.txt to travel with the job",
    ];
    assert_eq!(told, wanted);
    assert!(faults.0[2].hint.as_ref().unwrap().contains("with / between"));
    let mended = scene.replace("#include \"gone.inc\"", "").replace("m\\x", "x");
    let mended = mended.replace("/opt/studio/", &format!("{}/", folder.path().display()));
    write(folder.path(), &[("s.pov", &mended), ("a.inc", ""), ("all.inc", ""), ("x.png", "")]);
    let support = find(folder.path(), Some("s.pov"), &[], &[]).unwrap();
    let computed = "names a file that the scene puts together while it is rendered";
    assert_eq!(
        lines(&support.warnings, folder.path()),
        [format!("s.pov:5: {computed}"), format!("s.pov:6: {computed}")]
    );
    assert!(support.relocate, "a file is named from the root");
}

#[test]
fn an_ini_leads_to_its_scene_and_libraries() {
    let folder = tempfile::tempdir().unwrap();
    let ini = "Input_File_Name=\"the scene.pov\"\nLibrary_Path=lib\nmore.ini\n\
               Include_Header=\n[Other]\nInput_File_Name=no.pov\n";
    write(
        folder.path(),
        &[
            ("p/s.ini", ini),
            ("p/more.ini", "s.ini\n+W100 +WT4"),
            ("p/the scene.pov", "#include \"l.inc\""),
            ("p/lib/l.inc", ""),
            ("p/povray.ini", "Library_Path=\"/nowhere\""),
        ],
    );
    let support = find(folder.path(), Some("p/s.ini"), &[], &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(paths(&support), ["lib/l.inc", "more.ini", "povray.ini", "s.ini", "the scene.pov"]);
    assert_eq!(support.libraries, ["lib"]);
    assert_eq!(lines(&support.warnings, folder.path()).len(), 1);
}

#[test]
fn named_files_folders_and_globs_travel() {
    let folder = tempfile::tempdir().unwrap();
    let names =
        ["job/run.sh", "maps/a.png", "maps/b.png", "maps/b.txt", "all/x/y.bin", "all/z.bin", "all/.hidden"];
    write(folder.path(), &names.map(|name| (name, name)));
    fs::create_dir_all(folder.path().join("hollow")).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("all/x/up")).unwrap();
    let may_run = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path().join("job/run.sh"), may_run).unwrap();
    let from = folder.path().join("job");
    let support = find(&from, None, &[], &["run.sh", "../maps/*.png", "../maps/a.png", "../all"]).unwrap();
    assert_eq!(paths(&support), ["all/x/y.bin", "all/z.bin", "job/run.sh", "maps/a.png", "maps/b.png"]);
    let files = support.job_files().unwrap();
    assert_eq!(files.iter().filter(|file| file.executable).count(), 1);
    assert_eq!((files[2].bytes, files[2].executable), (10, true));
    assert_eq!(files[2].digest.0, *blake3::hash(b"job/run.sh").as_bytes());
    assert!(files.iter().all(|file| file.original.starts_with('/')));
    let fault = find(&from, None, &[], &["../hollow"]).unwrap_err();
    assert_eq!(lines(&fault.0, folder.path()), ["support: ../hollow holds no file"]);
    fs::remove_file(folder.path().join("maps/a.png")).unwrap();
    assert_eq!(support.job_files().unwrap_err().0.len(), 1);
}

#[test]
fn names_that_climb_lead_to_the_same_files_in_the_mirror() {
    let folder = tempfile::tempdir().unwrap();
    let scene = "#include \"../shot/own.inc\"\n#include \"sub/x.inc\"\n";
    write(folder.path(), &[("a/shot/s.pov", scene), ("a/shot/own.inc", ""), ("a/shot/sub/x.inc", "")]);
    let support = find(folder.path(), Some("a/shot/s.pov"), &[], &[]).unwrap();
    assert_eq!(paths(&support), ["shot/own.inc", "shot/s.pov", "shot/sub/x.inc"]);
    // A library above everything keeps the names in it.
    write(folder.path(), &[("a/shot/s.pov", "#include \"shot/own.inc\"")]);
    let support = find(folder.path(), Some("a/shot/s.pov"), &["a"], &[]).unwrap();
    assert_eq!(paths(&support), ["shot/own.inc", "shot/s.pov"]);
    assert_eq!(support.libraries, ["."]);
    fs::create_dir(folder.path().join("a/shot/hollow")).unwrap();
    write(folder.path(), &[("a/shot/s.pov", "#include \"hollow/../own.inc\"")]);
    let faults = find(folder.path(), Some("a/shot/s.pov"), &[], &[]).unwrap_err();
    let wanted = ["support: a name in the scene leads through a/shot/hollow, where no file is needed"];
    assert_eq!(lines(&faults.0, folder.path()), wanted);
}

#[test]
fn two_files_for_one_place_are_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("real/deep/x.inc", ""), ("real/y.inc", "other"), ("shot/y.inc", ""), ("shot/s.pov", "")],
    );
    std::os::unix::fs::symlink("../real/deep", folder.path().join("shot/link")).unwrap();
    let faults =
        find(&folder.path().join("shot"), Some("s.pov"), &[], &["y.inc", "link/../y.inc"]).unwrap_err();
    assert!(faults.0[0].what.ends_with("are different files in one place"), "{faults}");
}

#[test]
fn scenes_of_others_are_read_without_a_false_alarm() {
    let examples = Path::new("/usr/share/doc/povray/examples/advanced");
    for (scene, files) in [("drums2/drums.pov", 3), ("teapot/teapot4.pov", 5), ("balcony/balcony.pov", 0)] {
        // Slim systems leave documentation out.
        if examples.join(scene).is_file() {
            let support = find(examples, Some(scene), &[], &[]).unwrap_or_else(|e| panic!("{e}"));
            assert!(support.files.len() >= files && support.warnings.is_empty(), "{scene}: {support:?}");
        }
    }
}

#[test]
fn an_ini_says_frames_and_size() {
    let folder = tempfile::tempdir().unwrap();
    let span = |first, last| Some(FrameSpan { first, last });
    let size = Some(Size { width: 320, height: 240 });
    for (ini, wanted) in [
        ("Final_Frame=20\nWidth=320\nHeight=240", SceneDefaults { animation: span(1, 20), part: None, size }),
        ("+KFI3 +KFF7 +W320 +WT2 +H240", SceneDefaults { animation: span(3, 7), part: None, size }),
        (
            "Initial_Frame=0\nFinal_Frame=9\nSubset_Start_Frame=2\nSubset_End_Frame=5",
            SceneDefaults { animation: span(0, 9), part: span(2, 5), size: None },
        ),
        (
            "Final_Frame=9\nSubset_Start_Frame=0.5\nWidth=10",
            SceneDefaults { animation: span(1, 9), ..Default::default() },
        ),
        ("Input_File_Name=x.pov\n[HD]\nWidth=320\nHeight=240", SceneDefaults::default()),
    ] {
        write(folder.path(), &[("s.ini", ini)]);
        let found = defaults_from_scene(&definition("povray"), &folder.path().join("s.ini")).unwrap();
        assert_eq!(found, wanted, "{ini}");
    }
    assert!(defaults_from_scene(&definition("povray"), Path::new("none.ini")).is_err());
    assert_eq!(
        defaults_from_scene(&definition("povray"), Path::new("s.pov")).unwrap(),
        SceneDefaults::default()
    );
}
