//! GPUs of NVIDIA: the driver's own tool knows them best, the driver's files know their names, and the bus
//! knows that they are there.

use std::path::Path;
use std::time::Duration;

use model::{Exit, GpuInfo};

use super::gpu::{self, Device};
use super::sources::Sources;

const VENDOR: &str = "10de";
pub(super) const TOOL: &str = "nvidia-smi";
/// Where the tool lies outside of `PATH`: in containers, and under Windows.
pub(super) const TOOL_FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/nvidia/bin", "/usr/lib/wsl/lib"];
const QUESTION: [&str; 2] = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"];
/// A driver in trouble makes the tool wait for ever.
const TOOL_WAIT: Duration = Duration::from_secs(10);
/// Files by which a process reaches the driver.
const NODES: [&str; 2] = ["/dev/nvidiactl", "/dev/dxg"];

/// The driver's version, where it is loaded.
pub(super) fn driver(sources: &Sources) -> Option<String> {
    sources.line("/sys/module/nvidia/version").or_else(|| {
        let text = sources.line("/proc/driver/nvidia/version")?;
        // `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 ...`
        let is_version = |word: &&str| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit());
        text.split_ascii_whitespace().find(is_version).map(str::to_owned)
    })
}

/// The GPUs by their places on the bus, which is how the driver counts them too where it is told to.
pub(super) fn all(sources: &Sources, devices: &[Device], contained: bool) -> Vec<GpuInfo> {
    let node = NODES.iter().any(|node| sources.exists(node));
    let version = driver(sources);
    if version.is_some() || node {
        let tool = sources.program(TOOL, &TOOL_FOLDERS);
        if let Some(gpus) = tool.and_then(|tool| ask(&tool)) {
            return gpus;
        }
    }
    // Without the file no process of this container gets to the driver.
    if contained && !node {
        return Vec::new();
    }
    let driver = |name: &str| match (&version, name) {
        (Some(version), "nvidia" | "") => format!("nvidia {version}"),
        (_, name) => gpu::driver(sources, name),
    };
    let gpu = |device: &Device| {
        let told = sources.text(format!("/proc/driver/nvidia/gpus/{}/information", device.place));
        let model = told.lines().find_map(|line| line.strip_prefix("Model:")).map(str::trim);
        let model = model.filter(|model| !model.is_empty() && *model != "Unknown").map(named);
        GpuInfo {
            model: model.unwrap_or_else(|| gpu::name_of(sources, device, "NVIDIA")),
            memory_bytes: 0,
            driver: driver(&device.driver),
        }
    };
    devices.iter().filter(|device| device.vendor == VENDOR).map(gpu).collect()
}

/// Older drivers leave out the maker, which the tool does not.
fn named(model: &str) -> String {
    if model.starts_with("NVIDIA") { model.to_owned() } else { format!("NVIDIA {model}") }
}

/// What the tool says; nothing where it fails, as it does when driver and library are of two versions.
fn ask(tool: &Path) -> Option<Vec<GpuInfo>> {
    let said = crate::capture(tool, &QUESTION, TOOL_WAIT, None).ok()?;
    (said.exit == Exit::Code(0)).then(|| said.stdout.lines().filter_map(answer).collect())
}

/// `NVIDIA H200, 143771, 550.54.15`: name, MiB, version of the driver.
fn answer(line: &str) -> Option<GpuInfo> {
    let mut fields = line.rsplitn(3, ',').map(str::trim);
    let (version, memory, model) = (fields.next()?, fields.next()?, fields.next()?);
    // Of chips that share the host's memory the tool says that there is none to tell.
    let memory_bytes = memory.parse::<u64>().unwrap_or(0).saturating_mul(1 << 20);
    Some(GpuInfo { model: named(model), memory_bytes, driver: format!("nvidia {version}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_tool_are_read() {
        let gpu = |model: &str, memory_bytes, driver: &str| {
            Some(GpuInfo { model: model.into(), memory_bytes, driver: driver.into() })
        };
        for (line, expected) in [
            ("NVIDIA H200, 143771, 550.54.15", gpu("NVIDIA H200", 143_771 << 20, "nvidia 550.54.15")),
            (
                "GeForce GTX 1080, 8119, 418.87.00",
                gpu("NVIDIA GeForce GTX 1080", 8119 << 20, "nvidia 418.87.00"),
            ),
            ("NVIDIA GB10, [N/A], 580.95.05", gpu("NVIDIA GB10", 0, "nvidia 580.95.05")),
            ("No devices were found", None),
            ("", None),
        ] {
            assert_eq!(answer(line), expected, "{line}");
        }
    }
}
