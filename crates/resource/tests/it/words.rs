//! Why hosts do not match, in the words that people read.

use model::{Field, GpuInfo, LicenceInfo, Profile, Requirement, ResourceInfo, ShareInfo};

use crate::database::{Database, info, package};

fn profile(text: &str) -> Profile {
    text.parse().unwrap()
}

fn unmeetable(field: Field, requirement: Requirement) -> Profile {
    Profile::of([model::Need::Field(field, requirement)])
}

/// A host with something of everything.
fn rich() -> ResourceInfo {
    let gpu = GpuInfo { model: "NVIDIA RTX 2060".into(), memory_bytes: 6 << 30, driver: "nvidia".into() };
    let share = ShareInfo { path: "/mnt/shows".into(), source: "nas:/shows".into(), kind: "nfs4".into() };
    let address = model::AddressInfo {
        interface: "eth0".into(),
        address: "192.168.7.3".into(),
        hardware: String::new(),
    };
    ResourceInfo {
        gpus: vec![gpu],
        shares: vec![share],
        addresses: vec![address],
        licences: vec![LicenceInfo { name: "houdini".into(), source: "HOUDINI_LICENSE".into() }],
        pools: vec!["film".into()],
        ..info()
    }
}

#[test]
fn what_a_host_has_is_found_whatever_the_letter_case() {
    let mut database = Database::settled();
    database.joins(1, "alpha", rich());
    for text in [
        "gpu, gpu_model=rtx",
        "gpu_memory>=6G",
        "share=/mnt/shows",
        "share=/mnt/shows/a/b",
        "share=nas:/shows",
        "licence=Houdini, pool=FILM, tag=Fast",
        "address=192.168.7.*, host=AL*",
        "not share=/mnt/showsandmore",
        "not all(gpu, tag=slow)",
        "container=none, cpus=2..4",
    ] {
        let list = database.asks(&profile(text));
        assert_eq!((list.kinds.len(), list.rejections), (1, vec![]), "{text}");
    }
}

#[test]
fn each_lack_is_said_as_people_say_it() {
    let cases = [
        ("blender", "no blender"),
        ("blender=4.x", "no blender"),
        ("povray=3.8", "povray 3.7.0.10 where 3.8 is wanted"),
        ("tag=gpu", "tag gpu missing"),
        ("os=irix", "os_family is linux"),
        ("os!=Linux", "os_family is linux"),
        ("machine_type=Octane", "machine_type is unknown"),
        ("os_version=13", "os_version is 12 where 13 is wanted"),
        ("memory>=32G", "memory below 32 GiB"),
        ("memory>=16.5G", "memory below 16.5 GiB"),
        ("memory<=1000 bytes", "memory above 1000 bytes"),
        ("swap>=512M", "swap below 512 MiB"),
        ("cpus>=8", "fewer than 8 processors"),
        ("cpus<=2", "more than 2 processors"),
        ("mhz>=3.5GHz", "processor_mhz below 3500 MHz"),
        ("host=beta", "not host beta"),
        ("host=b|c|d|e|f", "not host b, c, d or 2 more"),
        ("host!=alpha", "host is alpha"),
        ("address=10.*", "not address 10.*"),
        ("address!=192.168.7.*", "address is 192.168.7.*"),
        ("pool=fx", "not in pool fx"),
        ("licence=maya", "no licence of maya"),
        ("gpu>=2", "fewer than 2 GPUs"),
        ("gpu>=2, gpu_memory>=24G, gpu_model=4090", "fewer than 2 4090 GPUs with 24 GiB"),
        ("gpu_memory>=24G", "no GPU with 24 GiB"),
        ("share=/mnt/films/a", "no share with /mnt/films/a"),
        ("not gpu", "unwanted: gpu>=1"),
        ("any(tag=slow, pool=fx)", "neither tag=slow nor pool=fx"),
        ("tag=a|b|c", "none of tag=a, tag=b, tag=c"),
        ("container=docker", "container is none"),
        ("framefarm>=2", "framefarm is unknown where >=2 is wanted"),
    ];
    let cases = cases.into_iter().map(|(text, words)| (profile(text), words)).chain([
        (
            unmeetable(Field::Memory, Requirement::OneOf(vec!["much".into()])),
            "memory is an amount, so no text can be asked of it",
        ),
        (
            unmeetable(Field::OsType, Requirement::AtLeast(1)),
            "os_type is a text, so no amount can be asked of it",
        ),
    ]);
    let mut database = Database::settled();
    database.joins(1, "alpha", rich());
    for (profile, words) in cases {
        let list = database.asks(&profile);
        assert_eq!(list.kinds, [], "{words}");
        let said: Vec<&str> = list.rejections.iter().map(|one| one.lacking.as_str()).collect();
        assert_eq!(said, [words]);
    }
}

#[test]
fn several_versions_are_named_together() {
    let mut database = Database::settled();
    let packages = vec![package("povray", "3.5"), package("povray", "3.6.1")];
    database.joins(1, "alpha", model::ResourceInfo { packages, ..info() });
    let list = database.asks(&profile("povray=3.7"));
    assert_eq!(list.rejections[0].lacking, "povray 3.5 and 3.6.1 where 3.7 is wanted");
    assert_eq!(database.asks(&profile("POVRay=3.6.x")).kinds.len(), 1);
}

#[test]
fn equal_lacks_are_counted_together_the_most_frequent_first() {
    let mut database = Database::settled();
    let bare = model::ResourceInfo { packages: vec![], memory_bytes: 8 << 30, ..info() };
    database.joins(1, "alpha", info());
    database.joins(2, "beta", bare.clone());
    database.joins(3, "gamma", bare.clone());
    database.joins(4, "delta", model::ResourceInfo { memory_bytes: 64 << 30, ..bare });
    let list = database.asks(&profile("povray=3.7, memory>=16G"));
    assert_eq!(list.kinds.len(), 1);
    let said: Vec<(u32, &str)> = list.rejections.iter().map(|one| (one.hosts, &*one.lacking)).collect();
    assert_eq!(said, [(3, "no povray"), (2, "memory below 16 GiB")]);
    assert_eq!(list.rejections[1].field, Some(Field::Memory));
}
