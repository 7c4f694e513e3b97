//! The files that scenes of Mitsuba, glTF, USD, Wavefront and Blender lead to, and what hostile ones come to.

use std::path::Path;

use model::{Faults, PathRule, PathRules};
use packages::Finder;
use packages::support::{BlenderAnswer, BlenderFile, Search, Series, Support};
use proptest::prelude::*;

use crate::{definition, write};

fn look(
    folder: &Path,
    finder: Finder,
    scene: &str,
    libraries: &[&str],
    blender: Option<&BlenderAnswer>,
) -> Result<Support, Faults> {
    let mut package = definition("povray");
    package.support.finder = Some(finder);
    let libraries: Vec<_> = libraries.iter().map(Into::into).collect();
    let rule = PathRule {
        linux: Some(folder.join("mapped").display().to_string()),
        windows: Some("P:".to_owned()),
        macos: None,
    };
    let rules = PathRules([("proj".to_owned(), rule)].into());
    let scene = Some(Path::new(scene));
    let (definition, from, named) = (&package, folder, &[]);
    Search { definition, scene, libraries: &libraries, named, from, blender, rules: &rules }.find()
}

fn paths(support: &Support) -> Vec<&str> {
    support.files.iter().map(|file| file.path.as_str()).collect()
}

fn told(faults: &[model::Fault], folder: &Path) -> Vec<String> {
    let here = folder.display().to_string();
    faults.iter().map(|fault| format!("{}: {}", fault.place, fault.what).replace(&here, ".")).collect()
}

#[test]
fn mitsuba_sees_names_from_its_first_scene() {
    let folder = tempfile::tempdir().unwrap();
    let scene = "<scene>\n<default name='res' value='hi'/><path value='lib'/>\n<include filename='parts/a.xml'/>\n\
                 <shape type='ply'><string name='filename' value='gone.ply'/></shape>\n\
                 <string name='filename' value='/abs/sky.exr'/></scene>";
    write(
        folder.path(),
        &[
            ("film/s.xml", scene),
            (
                "film/parts/a.xml",
                "<scene><string name='filename' value='m/x.ply'/><include filename='b.xml'/></scene>",
            ),
            ("film/parts/b.xml", "<scene><string name='filename' value='wood.png'/></scene>"),
            ("film/m/x.ply", ""),
            ("film/lib/wood.png", ""),
            ("film/lib/unneeded.png", ""),
        ],
    );
    let support = look(folder.path(), Finder::Mitsuba, "film/s.xml", &[], None).unwrap();
    assert_eq!(paths(&support), ["lib/wood.png", "m/x.ply", "parts/a.xml", "parts/b.xml", "s.xml"]);
    let missing = [
        "film/s.xml:4: needs gone.ply, which is not in ./film, ./film, ./film/lib",
        "film/s.xml:5: needs /abs/sky.exr, which is not there",
    ];
    assert_eq!(told(&support.missing, folder.path()), missing);
    assert!(!support.relocate);
}

#[test]
fn what_is_named_from_the_root_travels_and_the_package_is_helped_to_find_it() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (inside, outside) = (folder.path().join("m/x.ply"), other.path().join("sky.exr"));
    let scene = format!(
        "<scene>\n<string name='filename' value='{}'/>\n<string name='filename' value='{}'/>\n\
         <string name='filename' value='a.ply'/></scene>",
        inside.display(),
        outside.display()
    );
    write(folder.path(), &[("s.xml", &scene), ("m/x.ply", ""), ("a.ply", "")]);
    write(other.path(), &[("sky.exr", "")]);
    let support = look(folder.path(), Finder::Mitsuba, "s.xml", &[], None).unwrap();
    assert_eq!(paths(&support), ["a.ply", "m/x.ply", "s.xml"]);
    let elsewhere: Vec<_> = support.elsewhere.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(elsewhere, [format!("elsewhere{}", outside.display())]);
    assert!(support.relocate);
}

#[test]
fn layers_and_meshes_are_seen_from_the_file_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("u/shot.usda", "#usda 1.0\n(subLayers = [@./sub/a.usda@])\nasset t = @tex/t.<UDIM>.exr@"),
            ("u/sub/a.usda", "#usda 1.0\ndef \"x\" (payload = @../b.usdc@) { asset f = @gone.png@ }"),
            ("u/b.usdc", "PXR-USDC"),
            ("u/tex/t.1001.exr", ""),
            ("u/tex/t.1002.exr", ""),
            ("u/tex/t.preview.exr", ""),
            ("g/s.gltf", r#"{"buffers":[{"uri":"a%20b.bin"}],"images":[{"uri":"../tex/c.png"}]}"#),
            ("g/a b.bin", ""),
            ("tex/c.png", ""),
            ("o/m.obj", "mtllib m.mtl\n"),
            ("o/m.mtl", "map_Kd -s 1 1 1 maps/d.png\nbump none.png\n"),
            ("o/maps/d.png", ""),
        ],
    );
    let usd = look(folder.path(), Finder::Usd, "u/shot.usda", &[], None).unwrap();
    let wanted = ["b.usdc", "shot.usda", "sub/a.usda", "tex/t.1001.exr", "tex/t.1002.exr"];
    assert_eq!(paths(&usd), wanted);
    assert_eq!(
        told(&usd.missing, folder.path()),
        ["u/sub/a.usda:2: needs gone.png, which is not in ./u/sub"]
    );
    assert!(usd.warnings[0].what.contains("binary USD layer"), "{:?}", usd.warnings);
    let gltf = look(folder.path(), Finder::Gltf, "g/s.gltf", &[], None).unwrap();
    assert_eq!(paths(&gltf), ["g/a b.bin", "g/s.gltf", "tex/c.png"]);
    let mesh = look(folder.path(), Finder::Obj, "o/m.obj", &[], None).unwrap();
    assert_eq!(paths(&mesh), ["m.mtl", "m.obj", "maps/d.png"]);
    assert_eq!(told(&mesh.missing, folder.path()), ["o/m.mtl:2: needs none.png, which is not in ./o"]);
}

#[test]
fn what_blender_names_travels_beside_the_scene_or_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "film/s.blend",
        "film/tex/wood.png",
        "film/seq/f_008.png",
        "film/seq/f_0010.png",
        "film/seq/g_1.png",
        "film/near.png",
        "lib/chair.blend",
        "lib/cloth.png",
        "sky.exr",
        "mapped/tex/win.png",
        "film/cache/a/1.vdb",
    ];
    write(folder.path(), &names.map(|name| (name, name)));
    let at = |path: &str| folder.path().join(path).display().to_string();
    let file = |kind: &str, written: &str, path: String| BlenderFile {
        kind: kind.to_owned(),
        name: "it".to_owned(),
        written: written.to_owned(),
        path,
        used_by: vec!["material a".to_owned()],
        ..BlenderFile::default()
    };
    let of = |series, file: BlenderFile| BlenderFile { series, ..file };
    let within = |library: &str, file: BlenderFile| BlenderFile { within: at(library), ..file };
    let answer = BlenderAnswer {
        blender: "5.0".to_owned(),
        files: vec![
            file("image", "//tex/wood.png", at("film/tex/wood.png")),
            of(Series::Sequence, file("image", "//seq/f_001.png", at("film/seq/f_001.png"))),
            of(Series::Folder, file("fluid cache", "//cache", at("film/cache"))),
            file("image", &at("film/near.png"), at("film/near.png")),
            file("image", &at("sky.exr"), at("sky.exr")),
            within("lib/chair.blend", file("image", "//cloth.png", at("lib/cloth.png"))),
            file("library", &at("lib/chair.blend"), at("lib/chair.blend")),
            file("image", "P:\\tex\\win.png", "P:\\tex\\win.png".to_owned()),
            BlenderFile { packed: true, ..file("image", "//packed.png", at("film/packed.png")) },
            file("image", "C:\\gone.png", "C:\\gone.png".to_owned()),
            file("font", "//gone.ttf", at("film/gone.ttf")),
            BlenderFile { optional: true, ..file("text", "//maybe.txt", at("film/maybe.txt")) },
        ],
        problems: vec!["something".to_owned()],
    };
    let support = look(folder.path(), Finder::Blender, "film/s.blend", &[], Some(&answer)).unwrap();
    let wanted = ["cache/a/1.vdb", "near.png", "s.blend", "seq/f_0010.png", "seq/f_008.png", "tex/wood.png"];
    assert_eq!(paths(&support), wanted);
    let elsewhere: Vec<_> = support.elsewhere.iter().map(|file| file.path.as_str().to_owned()).collect();
    let wanted = ["lib/chair.blend", "lib/cloth.png", "mapped/tex/win.png", "sky.exr"]
        .map(|name| format!("elsewhere{}", at(name)));
    assert_eq!(elsewhere, wanted);
    let missing = [
        "film/s.blend: the image \"it\", used by material a, needs C:\\gone.png, which is not there",
        "film/s.blend: the font \"it\", used by material a, needs //gone.ttf (./film/gone.ttf), which is not there",
    ];
    assert_eq!(told(&support.missing, folder.path()), missing);
    assert_eq!(support.warnings.len(), 2, "a problem of Blender, and what it does without");
    assert_eq!(support.job_files().unwrap().len(), 10);
    let unasked = look(folder.path(), Finder::Blender, "film/s.blend", &[], None).unwrap();
    let told = told(&unasked.warnings, folder.path());
    assert!(told[0].contains("is read without Blender") && told[1].contains("no .blend file"), "{told:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_scene_breaks_a_finder(
        text in r#"([<>/="'@#&;$%\{\}\[\]:,.\\ \n]|include|filename|string|uri|buffers|mtllib|map_|BLENDER-v304|é){0,60}"#,
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (scene, finder) in [
            ("s.xml", Finder::Mitsuba), ("s.gltf", Finder::Gltf), ("s.usda", Finder::Usd),
            ("s.obj", Finder::Obj), ("s.blend", Finder::Blender), ("s.pov", Finder::Povray),
        ] {
            for content in [text.as_bytes(), &bytes, &[b"glTF".as_slice(), &bytes].concat()] {
                std::fs::write(folder.path().join(scene), content).unwrap();
                let found = look(folder.path(), finder, scene, &[], None);
                prop_assert!(found.is_err() || found.is_ok_and(|found| !found.files.is_empty()));
            }
        }
    }
}
