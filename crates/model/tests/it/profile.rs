//! Profiles as people write them: read, written back, and refused with every fault at once.

use model::{Faults, Field, Need, PackageNeed, Preference, Profile, Requirement};
use proptest::prelude::*;

const GIB: u64 = 1 << 30;

#[track_caller]
fn read(text: &str) -> Profile {
    text.parse().unwrap_or_else(|faults: Faults| panic!("{text}: {faults}"))
}

fn needs(text: &str) -> Vec<Need> {
    read(text).needs
}

fn text(field: Field, text: &str) -> Need {
    Need::Field(field, Requirement::OneOf(text.split('|').map(str::to_owned).collect()))
}

fn at_least(field: Field, bound: u64) -> Need {
    Need::Field(field, Requirement::AtLeast(bound))
}

fn package(name: &str, version: &str) -> Need {
    Need::Package(PackageNeed { name: name.into(), version: version.parse().unwrap() })
}

fn gpu(count: u16, gib: u64, model: Option<&str>) -> Need {
    Need::Gpu { model: model.map(str::to_owned), memory_bytes: gib * GIB, count }
}

#[test]
fn needs_are_read_as_people_write_them() {
    let not = |need| Need::Not(Box::new(need));
    let most = |field, bound| Need::Field(field, Requirement::AtMost(bound));
    let version = |text: &str| Requirement::Version(text.parse().unwrap());
    let table: Vec<(&str, Vec<Need>)> = vec![
        ("", vec![]),
        ("os=linux", vec![text(Field::OsFamily, "linux")]),
        ("os_type=debian|ubuntu", vec![text(Field::OsType, "debian|ubuntu")]),
        ("host!=a|b", vec![Need::Field(Field::Host, Requirement::NoneOf(vec!["a".into(), "b".into()]))]),
        ("os_version>=6.5,<7", vec![Need::Field(Field::OsVersion, version(">=6.5,<7"))]),
        ("ram>=16G", vec![at_least(Field::Memory, 16 * GIB)]),
        ("memory=16G..64G", vec![at_least(Field::Memory, 16 * GIB), most(Field::Memory, 64 * GIB)]),
        ("memory>=16G,memory<=64G", vec![at_least(Field::Memory, 16 * GIB), most(Field::Memory, 64 * GIB)]),
        ("memory > 16G, <= 64G", vec![at_least(Field::Memory, 16 * GIB + 1), most(Field::Memory, 64 * GIB)]),
        ("cpus>=8, sockets<2", vec![at_least(Field::Processors, 8), most(Field::ProcessorSockets, 1)]),
        ("processor_mhz>=2.4 GHz", vec![at_least(Field::ProcessorMhz, 2_400)]),
        ("blender=4.x", vec![package("blender", "4.x")]),
        ("blender>=4.1,<5, povray", vec![package("blender", ">=4.1,<5"), package("povray", "x")]),
        ("blender=3.6|4.x", vec![Need::Any(vec![package("blender", "3.6"), package("blender", "4.x")])]),
        ("packages.memory=2", vec![package("memory", "2")]),
        ("tag=a|b", vec![Need::Any(vec![Need::Tag("a".into()), Need::Tag("b".into())])]),
        ("not tag=slow", vec![not(Need::Tag("slow".into()))]),
        ("pool=fx, licence=maya", vec![Need::Pool("fx".into()), Need::Licence("maya".into())]),
        ("share=/mnt/shows", vec![Need::Share("/mnt/shows".into())]),
        ("gpu", vec![gpu(1, 0, None)]),
        ("gpu>=2, gpu_memory>=8G, gpu_model=RTX 4090", vec![gpu(2, 8, Some("RTX 4090"))]),
        ("not gpu", vec![not(gpu(1, 0, None))]),
        ("gpus<=2", vec![not(gpu(3, 0, None))]),
        (
            "any(gpu>=1, memory>=64G)",
            vec![Need::Any(vec![gpu(1, 0, None), at_least(Field::Memory, 64 * GIB)])],
        ),
        (
            "not any(tag=a, all(tag=b, tag=c))",
            vec![not(Need::Any(vec![
                Need::Tag("a".into()),
                Need::All(vec![Need::Tag("b".into()), Need::Tag("c".into())]),
            ]))],
        ),
        (
            "processor_type=\"Xeon(R), the \u{e9}lder\"",
            vec![text(Field::ProcessorType, "Xeon(R), the \u{e9}lder")],
        ),
        ("host=ada's, os=any, memory=any", vec![text(Field::Host, "ada's")]),
        ("container=none", vec![text(Field::Container, "none")]),
    ];
    for (written, wanted) in table {
        assert_eq!(needs(written), wanted, "{written}");
    }
}

#[test]
fn preferences_have_weights() {
    let profile = read("os=linux; prefer memory>=64G:2, tag=fast");
    let weighed = |need, weight| Preference { need, weight };
    let wanted = [weighed(at_least(Field::Memory, 64 * GIB), 2), weighed(Need::Tag("fast".into()), 1)];
    assert_eq!(profile.prefer, wanted);
    assert_eq!(profile.to_string(), "os_family=linux; prefer memory>=64 GiB:2, tag=fast");
}

#[test]
fn every_fault_of_a_text_is_told_with_a_hint() {
    let text = "memroy>=3G, memory>=3, cpus=4, linux!, any(), os_type>=3, all(tag=a, memory=5G..2G), host, \
        os_version=six, gpu_memory<=3G, any(tag=a, x y=3";
    let faults = text.parse::<Profile>().unwrap_err();
    assert!(faults.0.iter().all(|fault| fault.hint.is_some() && fault.place == "needs"), "{faults}");
    let said: Vec<&str> = faults.0.iter().map(|fault| fault.what.as_str()).collect();
    let wanted = [
        "hosts have no field \"memroy\"",
        "\">=3\" is no bound for memory: an amount with its unit is wanted",
        "cpus cannot be asked for exactly",
        "hosts have no field \"linux\", and as the version of a rendering package linux refuses whatever there \
         is, so no host would do",
        "\"any()\" asks for nothing",
        "os_type is compared as text, so \">=3\" has no meaning",
        "no host has memory of 5 GiB or more and of 2 GiB or less",
        "host alone says nothing",
        "\"six\" is not a version",
        "of GPUs with at most so much memory nothing can be asked in gpu_memory",
        "\"any(tag=a, x y=3\" does not end with a bracket",
    ];
    assert_eq!(said, wanted);
    assert_eq!(
        faults.0[0].hint.as_deref(),
        Some("did you mean memory? a rendering package of that name is package.memroy")
    );
}

#[test]
fn common_packages_are_no_slips_of_fields() {
    let names = "povray blender maya nuke houdini arnold vray cycles ffmpeg command mantra karma redshift octane \
        katana clarisse natron gimp krita lux mitsuba appleseed renderman prman c4d cinema4d 3dsmax modo \
        lightwave \
        aftereffects fusion resolve imagemagick oiiotool hbatch xsi vue terragen cargo make python";
    for name in names.split_whitespace() {
        assert_eq!(needs(name), [package(name, "x")], "{name}");
    }
}

#[test]
fn what_no_host_could_meet_is_found_in_a_profile_however_it_was_made() {
    let deep = (0..20).fold(Need::Tag("x".into()), |need, _| Need::Not(Box::new(need)));
    let bad = Profile {
        needs: vec![
            Need::Field(Field::Memory, Requirement::OneOf(vec!["16".into()])),
            Need::Field(Field::OsFamily, Requirement::OneOf(vec![])),
            at_least(Field::Swap, 5),
            Need::Field(Field::Swap, Requirement::AtMost(4)),
            gpu(0, 0, None),
            Need::Any(vec![]),
            Need::Tag("a\nb".into()),
            package("a b", "x"),
            deep,
        ],
        prefer: vec![
            Preference { need: text(Field::Host, "a"), weight: 1 },
            Preference { need: Need::Tag("a".into()), weight: 0 },
        ],
    };
    let mut faults = Faults::default();
    bad.check(&mut faults);
    let places: Vec<&str> = faults.0.iter().map(|fault| fault.place.as_str()).collect();
    let wanted = [
        "needs.memory",
        "needs.os_family",
        "needs",
        "needs",
        "needs",
        "needs",
        "needs",
        "needs.swap",
        "prefer",
        "prefer",
    ];
    assert_eq!(places, wanted, "{faults}");
    assert!(faults.0.iter().all(|fault| fault.hint.is_some()), "{faults}");
}

#[test]
fn profiles_of_earlier_versions_are_read() {
    let old: Profile = serde_json::from_str(
        r#"{"fields":{"os_family":{"one_of":["linux"]},"memory":{"at_least":17179869184}},
            "packages":[{"name":"povray","version":">=3.7, <4"}],"tags":["fast"]}"#,
    )
    .unwrap();
    assert_eq!(old, read("os=linux, memory>=16GiB, povray>=3.7,<4, tag=fast"));
    assert_eq!(serde_json::from_str::<Profile>("{}").unwrap(), Profile::default());
    let again: Profile = serde_json::from_str(&serde_json::to_string(&old).unwrap()).unwrap();
    assert_eq!(again, old);
}

fn a_word() -> impl Strategy<Value = String> {
    let odd =
        vec!["a b", "not x", "any", "", "*", "x,y", "a|b", "(", "he said \"no\"", "it's", ">=3", "fx:2", "é"];
    prop_oneof!["[a-z][a-z0-9/_-]{0,8}", prop::sample::select(odd).prop_map(str::to_owned)]
}

fn a_requirement(field: Field) -> BoxedStrategy<Requirement> {
    let words = || prop::collection::vec(a_word(), 1..3);
    if field.is_amount() {
        return prop_oneof![
            any::<u64>().prop_map(Requirement::AtLeast),
            (0..40_u32, 1..9_u64).prop_map(|(shift, n)| Requirement::AtMost(n << shift)),
        ]
        .boxed();
    }
    let version = prop::sample::select(vec!["12", "6.x.22", ">=6.5,<7", "x", "22.04", ">=3,4.x", "=4"]);
    let version = version.prop_map(|text| Requirement::Version(text.parse().unwrap()));
    let texts = words().prop_map(Requirement::NoneOf);
    if field.is_version() {
        return prop_oneof![version, texts].boxed();
    }
    prop_oneof![words().prop_map(Requirement::OneOf), texts].boxed()
}

fn a_leaf() -> impl Strategy<Value = Need> {
    let field = prop::sample::select(Field::ALL.to_vec());
    let field = field.prop_flat_map(|field| a_requirement(field).prop_map(move |it| Need::Field(field, it)));
    let name =
        prop::sample::select(vec!["povray", "blender", "memory", "memroy", "any", "not", "gpu", "c4d-2+"]);
    let version = prop::sample::select(vec!["x", "3.7", ">=3,<4", "4.x,>=4.2"]);
    let gpus = (1..4_u16, 0..3_u64, prop::option::of(a_word()));
    prop_oneof![
        6 => field,
        2 => (name, version).prop_map(|(name, version)| package(name, version)),
        1 => a_word().prop_map(Need::Tag),
        1 => a_word().prop_map(Need::Pool),
        1 => a_word().prop_map(Need::Licence),
        1 => a_word().prop_map(Need::Share),
        2 => gpus.prop_map(|(count, gib, model)| gpu(count, gib, model.as_deref())),
    ]
}

/// A need of one need is that need.
fn a_need() -> impl Strategy<Value = Need> {
    a_leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Need::Any),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Need::All),
            inner.prop_map(|need| Need::Not(Box::new(need))),
        ]
    })
}

fn a_profile() -> impl Strategy<Value = Profile> {
    let preference = (a_need(), 1..9_u32).prop_map(|(need, weight)| Preference { need, weight });
    (prop::collection::vec(a_need(), 0..4), prop::collection::vec(preference, 0..3))
        .prop_map(|(needs, prefer)| Profile { needs, prefer })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(profile in a_profile()) {
        let written = profile.to_string();
        let read: Result<Profile, Faults> = written.parse();
        prop_assert_eq!(read.map_err(|faults| format!("{written}: {faults}")), Ok(profile));
    }

    #[test]
    fn no_text_makes_the_reader_stumble(text in "[a-z=<>!|,()\"' .:;*0-9]{0,40}") {
        if let Ok(profile) = text.parse::<Profile>() {
            let again: Result<Profile, Faults> = profile.to_string().parse();
            prop_assert_eq!(again.map_err(|faults| faults.to_string()), Ok(profile));
        }
    }
}
