//! The GPUs of a host: what sits on the bus, and what their drivers tell of them. Libraries are not needed,
//! and nothing is started on a host without a GPU of that maker.

use std::io::{BufRead, BufReader};

use model::GpuInfo;

use super::nvidia;
use super::sources::Sources;

const DEVICES: &str = "/sys/bus/pci/devices";
const NVIDIA: &str = "10de";
const AMD: &str = "1002";
const INTEL: &str = "8086";
/// Where systems keep the names of devices, if somebody installed them.
const NAMES: [&str; 3] = ["/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids", "/usr/share/pci.ids"];
/// What shares the host's memory is given less than this for itself.
const OWN_MEMORY_MIN: u64 = 1 << 30;

/// A device that shows or computes pictures, of a maker whose devices frames are rendered on. What servers
/// have for their consoles, and virtual machines for theirs, is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    /// Its place on the bus: `0000:01:00.0`.
    pub(super) place: String,
    pub(super) vendor: String,
    device: String,
    pub(super) driver: String,
}

/// What tells that GPUs have to be looked at again; cheap to find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    devices: Vec<Device>,
    nvidia: Option<String>,
}

pub(super) fn seen(sources: &Sources) -> Seen {
    Seen { devices: devices(sources), nvidia: nvidia::driver(sources) }
}

fn devices(sources: &Sources) -> Vec<Device> {
    let device = |place: String| {
        let told = |name: &str| sources.line(format!("{DEVICES}/{place}/{name}"));
        let number = |name: &str| Some(told(name)?.strip_prefix("0x")?.to_owned());
        let vendor = number("vendor").filter(|it| [NVIDIA, AMD, INTEL].contains(&it.as_str()))?;
        number("class").filter(|class| class.starts_with("03"))?;
        let driver = sources.link_name(format!("{DEVICES}/{place}/driver")).unwrap_or_default();
        Some(Device { device: number("device")?, vendor, driver, place })
    };
    // One that is handed on to a virtual machine is not ours.
    let ours = |device: &Device| !matches!(device.driver.as_str(), "vfio-pci" | "pci-stub");
    sources.names(DEVICES).into_iter().filter_map(device).filter(ours).collect()
}

/// The GPUs, in the order in which frames are told to use them: by maker, and those of one maker by their
/// place on the bus. `contained` where this is a container: the bus shows those of the whole machine then.
pub(super) fn all(sources: &Sources, seen: &Seen, contained: bool) -> Vec<GpuInfo> {
    let mut gpus = nvidia::all(sources, &seen.devices, contained);
    let of = |vendor: &'static str| seen.devices.iter().filter(move |device| device.vendor == vendor);
    let nodes = !contained || sources.exists("/dev/dri") || sources.exists("/dev/kfd");
    if nodes {
        gpus.extend(of(AMD).map(|device| amd(sources, device)));
        gpus.extend(of(INTEL).map(|device| intel(sources, device)));
    }
    // A graphics unit inside the processor counts only where there is nothing better.
    let own = |gpu: &GpuInfo| gpu.memory_bytes >= OWN_MEMORY_MIN || gpu.driver.starts_with("nvidia");
    if gpus.iter().any(own) {
        gpus.retain(own);
    }
    gpus
}

fn amd(sources: &Sources, device: &Device) -> GpuInfo {
    let told = |name: &str| sources.line(format!("{DEVICES}/{}/{name}", device.place));
    let memory = told("mem_info_vram_total").and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
    let model = told("product_name").unwrap_or_else(|| name_of(sources, device, "AMD"));
    GpuInfo { model, memory_bytes: memory, driver: driver(sources, &device.driver) }
}

fn intel(sources: &Sources, device: &Device) -> GpuInfo {
    let model = name_of(sources, device, "Intel");
    // Its memory is the second region of a card's address space; what is inside a processor has but a window.
    let regions = sources.text(format!("{DEVICES}/{}/resource", device.place));
    let memory = regions.lines().nth(2).and_then(region_bytes).filter(|_| !device.place.contains(":00:0"));
    let memory_bytes = memory.filter(|bytes| *bytes >= OWN_MEMORY_MIN).unwrap_or(0);
    GpuInfo { model, memory_bytes, driver: driver(sources, &device.driver) }
}

/// Size of a line of `resource`: first address, last address, flags.
fn region_bytes(line: &str) -> Option<u64> {
    let number = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let mut fields = line.split_ascii_whitespace();
    let (first, last) = (number(fields.next()?)?, number(fields.next()?)?);
    (last > first).then(|| last - first + 1)
}

/// The driver with its version, where it has one of its own.
pub(super) fn driver(sources: &Sources, name: &str) -> String {
    match sources.line(format!("/sys/module/{name}/version")) {
        Some(version) if !name.is_empty() => format!("{name} {version}"),
        _ => name.to_owned(),
    }
}

/// The device's name, from the list of names where one is installed, else its numbers.
pub(super) fn name_of(sources: &Sources, device: &Device, maker: &str) -> String {
    let found = NAMES.iter().find_map(|list| {
        let file = std::fs::File::open(sources.place(list)).ok()?;
        name_in(BufReader::new(file), &device.vendor, &device.device)
    });
    match found {
        Some(name) => format!("{maker} {name}"),
        None => format!("{maker} {}:{}", device.vendor, device.device),
    }
}

/// Reads the list no further than to the device.
fn name_in(list: impl BufRead, vendor: &str, device: &str) -> Option<String> {
    let mut of_vendor = false;
    for line in list.split(b'\n') {
        let line = line.ok()?;
        let line = String::from_utf8_lossy(&line);
        match line.strip_prefix('\t') {
            None if line.starts_with('#') || line.trim().is_empty() => {}
            None if of_vendor => return None,
            None => of_vendor = line.starts_with(vendor),
            Some(rest) if of_vendor => {
                if let Some(name) = rest.strip_prefix(device).filter(|rest| rest.starts_with(' ')) {
                    return Some(name.trim().to_owned());
                }
            }
            Some(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# names\n\n1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\
        \t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]\n\t\t1002 0e3b  RX 7900 GRE\n\
        10de  NVIDIA Corporation\n\t2684  AD102 [GeForce RTX 4090]\n";

    #[test]
    fn names_are_found_in_the_list() {
        for (vendor, device, expected) in [
            ("1002", "744c", Some("Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M]")),
            ("10de", "2684", Some("AD102 [GeForce RTX 4090]")),
            ("1002", "2684", None),
            ("8086", "2684", None),
            ("1002", "0e3b", None),
        ] {
            assert_eq!(name_in(LIST.as_bytes(), vendor, device).as_deref(), expected, "{vendor} {device}");
        }
    }

    #[test]
    fn sizes_of_regions_are_read() {
        let line = "0x0000004000000000 0x00000043ffffffff 0x000000000014220c";
        assert_eq!(region_bytes(line), Some(16 << 30));
        assert_eq!(region_bytes("0x0000000000000000 0x0000000000000000 0x0"), None);
        assert_eq!(region_bytes("lots"), None);
    }
}
