//! What other machines look like, read from the files that they have: a line `PATH = TEXT` for a file of one
//! line, `PATH <<` up to a line with a dot for a longer one, `!` before it for a program, `PATH -> TARGET`
//! for a symbolic link.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use model::{GpuInfo, LicenceInfo, ResourceInfo, ShareInfo};
use process::probe::{Prober, Sources};

const GIB: u64 = 1 << 30;

/// What the recorded host `name` says of itself.
fn told_by(name: &str) -> ResourceInfo {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/hosts/{name}.txt"));
    let root = tempfile::tempdir().unwrap();
    lay_out(&fs::read_to_string(recorded).unwrap(), root.path());
    let environment = BTreeMap::from([("PATH".to_owned(), "/usr/bin".to_owned())]);
    let mut prober = Prober::new(Sources::recorded(root.path(), environment), "/not/told".into());
    let info = prober.look();
    let again = prober.look();
    assert_eq!(ResourceInfo { scratch_bytes: info.scratch_bytes, ..again }, info, "a second look is alike");
    ResourceInfo { scratch_bytes: 0, ..info }
}

fn lay_out(text: &str, root: &Path) {
    let at = |path: &str| {
        let path = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    let mut lines = text.lines().filter(|line| !line.starts_with("# "));
    while let Some(line) = lines.next() {
        if let Some((path, target)) = line.split_once(" -> ") {
            symlink(target, at(path)).unwrap();
        } else if let Some(path) = line.strip_suffix(" <<") {
            let body: String =
                lines.by_ref().take_while(|it| *it != ".").map(|it| format!("{it}\n")).collect();
            let (path, mode) = path.strip_suffix('!').map_or((path, 0o644), |path| (path, 0o755));
            fs::write(at(path), body).unwrap();
            fs::set_permissions(at(path), fs::Permissions::from_mode(mode)).unwrap();
        } else {
            let (path, text) = line.split_once(" =").unwrap_or_else(|| panic!("no line of a host: {line:?}"));
            fs::write(at(path), format!("{}\n", text.trim_start())).unwrap();
        }
    }
}

fn gpu(model: &str, memory_bytes: u64, driver: &str) -> GpuInfo {
    GpuInfo { model: model.to_owned(), memory_bytes, driver: driver.to_owned() }
}

/// Sockets, cores, threads, and the processors that may be used.
fn processors(info: &ResourceInfo) -> (u32, u32, u32, u32) {
    (info.processor_sockets, info.processor_cores, info.processor_threads, info.processors)
}

#[test]
fn a_server_with_two_sockets() {
    let info = told_by("xeon");
    assert_eq!((info.machine_family.as_str(), info.machine_type.as_str()), ("x86_64", "PowerEdge R750"));
    assert_eq!((info.os_family.as_str(), info.os_type.as_str()), ("linux", "rocky"));
    assert_eq!(info.os_version, "9.4");
    assert_eq!(processors(&info), (2, 7, 14, 14), "one core is switched off");
    assert_eq!(info.processor_family, "GenuineIntel");
    assert_eq!(info.processor_type, "Intel(R) Xeon(R) Gold 6346 CPU @ 3.10GHz");
    assert_eq!(info.processor_mhz, 3600);
    assert_eq!((info.memory_bytes, info.swap_bytes), (263_856_220 << 10, 8_388_604 << 10));
    assert_eq!((info.gpus, info.container), (vec![], None));
    let share = ShareInfo {
        path: "/mnt/shows".into(),
        source: "nas.example.com:/export/shows".into(),
        kind: "nfs4".into(),
    };
    assert_eq!(info.shares, [share]);
    let licence =
        LicenceInfo { name: "flexlm".into(), source: "/usr/local/flexlm/licenses/license.dat".into() };
    assert_eq!(info.licences, [licence]);
}

#[test]
fn a_board_with_two_kinds_of_cores() {
    let info = told_by("rk3399");
    assert_eq!(
        (info.machine_family.as_str(), info.machine_type.as_str()),
        ("aarch64", "FriendlyElec NanoPC-T4")
    );
    assert_eq!(processors(&info), (1, 6, 6, 6));
    assert_eq!((info.processor_family.as_str(), info.processor_mhz), ("ARM", 1800));
    assert_eq!(info.processor_type, "Cortex-A53 + Cortex-A72");
}

#[test]
fn containers_say_what_is_left_to_them() {
    let info = told_by("container");
    assert_eq!(processors(&info), (1, 32, 64, 4));
    assert_eq!((info.memory_bytes, info.swap_bytes), (8 * GIB, 0));
    assert_eq!(info.container.as_deref(), Some("docker"));
    assert_eq!(info.machine_type, "ASRockRack ROMED8-2T");
    assert_eq!(info.gpus, [], "it was not given the host's");

    let info = told_by("lxc");
    assert_eq!(processors(&info), (2, 32, 64, 4));
    assert_eq!((info.memory_bytes, info.swap_bytes), (16 * GIB, 0));
    assert_eq!(info.container.as_deref(), Some("lxc"));
}

#[test]
fn cards_are_known_by_their_drivers() {
    let info = told_by("nvidia");
    assert_eq!(info.machine_type, "ThinkStation P3 Tower");
    let cards = [("NVIDIA GeForce RTX 4090", 24_564), ("NVIDIA GeForce RTX 3090", 24_576)];
    assert_eq!(info.gpus, cards.map(|(model, mib)| gpu(model, mib << 20, "nvidia 550.54.14")));

    let models = ["NVIDIA GeForce RTX 4090", "NVIDIA GA102 [GeForce RTX 3090]"];
    assert_eq!(told_by("nvidia-bare").gpus, models.map(|model| gpu(model, 0, "nvidia 550.54.14")));

    let cards = [
        gpu("AMD Navi 31 [Radeon RX 7900 XTX]", 25_753_026_560, "amdgpu 6.8.5"),
        gpu("AMD INSTINCT MI210 (PCIE)", 68_702_699_520, "amdgpu 6.8.5"),
    ];
    assert_eq!(told_by("amd").gpus, cards);
}
