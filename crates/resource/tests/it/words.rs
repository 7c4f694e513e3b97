//! Why hosts do not match, in the words that people read.

use model::{Field, PackageNeed, Profile, Requirement};

use crate::database::{Database, info, package};

fn text(text: &str) -> Requirement {
    Requirement::OneOf(vec![text.into()])
}

fn field(field: Field, requirement: Requirement) -> Profile {
    Profile { fields: [(field, requirement)].into(), ..Profile::default() }
}

fn needs(name: &str, version: &str) -> Profile {
    let need = PackageNeed { name: name.into(), version: version.parse().unwrap() };
    Profile { packages: vec![need], ..Profile::default() }
}

#[test]
fn each_lack_is_said_as_people_say_it() {
    use Requirement::{AtLeast, AtMost, NoneOf, OneOf, Version};
    let version = |text: &str| Version(text.parse().unwrap());
    let named = |names: &[&str]| OneOf(names.iter().map(|name| (*name).to_owned()).collect());
    let tagged = Profile { tags: vec!["gpu".into()], ..Profile::default() };
    let cases = [
        (needs("blender", "x"), "no blender"),
        (needs("blender", "4.x"), "no blender"),
        (needs("povray", "3.8"), "povray 3.7.0.10 where 3.8 is wanted"),
        (tagged, "tag gpu missing"),
        (field(Field::OsFamily, text("irix")), "os_family is linux"),
        (field(Field::OsFamily, NoneOf(vec!["Linux".into()])), "os_family is linux"),
        (field(Field::MachineType, text("Octane")), "machine_type is unknown"),
        (field(Field::OsVersion, version("13")), "os_version is 12 where 13 is wanted"),
        (field(Field::Memory, AtLeast(32 << 30)), "memory below 32 GiB"),
        (field(Field::Memory, AtLeast(33 << 29)), "memory below 16.5 GiB"),
        (field(Field::Memory, AtMost(1_000)), "memory above 1000 bytes"),
        (field(Field::Swap, AtLeast(512 << 20)), "swap below 512 MiB"),
        (field(Field::Processors, AtLeast(8)), "fewer than 8 processors"),
        (field(Field::Processors, AtMost(2)), "more than 2 processors"),
        (field(Field::ProcessorMhz, AtLeast(3_500)), "processor_mhz below 3500 MHz"),
        (field(Field::Host, named(&["beta"])), "not host beta"),
        (field(Field::Host, named(&["b", "c", "d", "e", "f"])), "not host b, c, d or 2 more"),
        (field(Field::Host, NoneOf(vec!["alpha".into()])), "host is alpha"),
        (field(Field::Memory, text("much")), "memory is an amount, so no text can be asked of it"),
        (field(Field::OsType, AtLeast(1)), "os_type is a text, so no amount can be asked of it"),
    ];
    let mut database = Database::settled();
    database.joins(1, "alpha", info());
    for (profile, words) in cases {
        let list = database.asks(&profile);
        assert_eq!(list.matches, [], "{words}");
        let said: Vec<&str> = list.rejections.iter().map(|one| one.lacking.as_str()).collect();
        assert_eq!(said, [words]);
    }
}

#[test]
fn several_versions_are_named_together() {
    let mut database = Database::settled();
    let packages = vec![package("povray", "3.5"), package("povray", "3.6.1")];
    database.joins(1, "alpha", model::ResourceInfo { packages, ..info() });
    let list = database.asks(&needs("povray", "3.7"));
    assert_eq!(list.rejections[0].lacking, "povray 3.5 and 3.6.1 where 3.7 is wanted");
    assert_eq!(database.asks(&needs("POVRay", "3.6.x")).matches.len(), 1);
}

#[test]
fn equal_lacks_are_counted_together_the_most_frequent_first() {
    let mut database = Database::settled();
    let bare = model::ResourceInfo { packages: vec![], memory_bytes: 8 << 30, ..info() };
    database.joins(1, "alpha", info());
    database.joins(2, "beta", bare.clone());
    database.joins(3, "gamma", bare.clone());
    database.joins(4, "delta", model::ResourceInfo { memory_bytes: 64 << 30, ..bare });
    let mut profile = needs("povray", "3.7");
    profile.fields.insert(Field::Memory, Requirement::AtLeast(16 << 30));
    let list = database.asks(&profile);
    assert_eq!(list.matches.len(), 1);
    let said: Vec<(u32, &str)> = list.rejections.iter().map(|one| (one.hosts, &*one.lacking)).collect();
    assert_eq!(said, [(3, "no povray"), (2, "memory below 16 GiB")]);
    assert_eq!(list.rejections[1].field, Some(Field::Memory));
}
