//! What processors there are, and how many of them we may use.

use std::fs;

use rustix::thread::sched_getaffinity;

/// What `/proc/cpuinfo` says of the processors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cpu {
    pub(super) maker: String,
    pub(super) model: String,
    /// Fastest of them; of now, where it is not the top speed.
    pub(super) mhz: u32,
}

/// Reads both kinds of `/proc/cpuinfo`: x86 names maker and model, ARM gives numbers for them.
pub(super) fn describe(cpuinfo: &str) -> Cpu {
    let fields = || {
        cpuinfo
            .lines()
            .filter_map(|line| line.split_once(':').map(|(name, value)| (name.trim(), value.trim())))
    };
    let first = |name: &str| fields().find(|(it, _)| *it == name).map(|(_, value)| value);
    let number = |name: &str| u32::from_str_radix(first(name)?.strip_prefix("0x")?, 16).ok();
    let speeds = fields().filter(|(name, _)| *name == "cpu MHz" || *name == "CPU MHz");
    // The whole number is enough, and a speed that is none counts as unknown.
    let mhz = speeds.filter_map(|(_, value)| value.split('.').next()?.parse().ok()).max().unwrap_or(0);
    let (maker, part) = (number("CPU implementer"), number("CPU part"));
    Cpu {
        maker: first("vendor_id").map(str::to_owned).or_else(|| maker.map(arm_maker)).unwrap_or_default(),
        model: first("model name")
            .map(|name| name.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            .or_else(|| Some(arm_model(maker?, part?)))
            .unwrap_or_default(),
        mhz,
    }
}

fn arm_maker(code: u32) -> String {
    let name = match code {
        0x41 => "ARM",
        0x42 => "Broadcom",
        0x43 => "Cavium",
        0x46 => "Fujitsu",
        0x48 => "HiSilicon",
        0x4e => "NVIDIA",
        0x50 => "APM",
        0x51 => "Qualcomm",
        0x53 => "Samsung",
        0x56 => "Marvell",
        0x61 => "Apple",
        0x6d => "Microsoft",
        0xc0 => "Ampere",
        _ => return format!("implementer {code:#04x}"),
    };
    name.to_owned()
}

/// The models that hosts are built of; others go by their number.
fn arm_model(maker: u32, part: u32) -> String {
    let name = match (maker, part) {
        (0x41, 0xd03) => "Cortex-A53",
        (0x41, 0xd05) => "Cortex-A55",
        (0x41, 0xd07) => "Cortex-A57",
        (0x41, 0xd08) => "Cortex-A72",
        (0x41, 0xd0b) => "Cortex-A76",
        (0x41, 0xd0c) => "Neoverse-N1",
        (0x41, 0xd40) => "Neoverse-V1",
        (0x41, 0xd49) => "Neoverse-N2",
        (0x41, 0xd4f) => "Neoverse-V2",
        (0x41, 0xd84) => "Neoverse-V3",
        (0x41, 0xd8e) => "Neoverse-N3",
        (0xc0, 0xac3) => "Ampere-1",
        (0xc0, 0xac4) => "Ampere-1a",
        _ => return format!("part {part:#05x}"),
    };
    name.to_owned()
}

/// Processors that we may use of those that our affinity allows. A share of one counts as one; any other
/// share is rounded down, as a processor that is there half the time makes every frame wait for it.
pub(super) fn allowed(affinity: u32, milli_processors: Option<u64>) -> u32 {
    let quota = milli_processors.and_then(|milli| u32::try_from(milli / 1000).ok()).unwrap_or(u32::MAX);
    affinity.min(quota).max(1)
}

/// Processors that the system lets us run on. Where their number is more than the call can tell of, all that
/// `/proc/cpuinfo` lists.
pub(super) fn affinity(cpuinfo: &str) -> u32 {
    sched_getaffinity(None).map_or_else(|_| listed(cpuinfo), |set| set.count())
}

fn listed(cpuinfo: &str) -> u32 {
    let count =
        cpuinfo.lines().filter(|line| line.split(':').next().is_some_and(|name| name.trim() == "processor"));
    u32::try_from(count.count()).unwrap_or(u32::MAX)
}

/// Speed of the fastest processor in MHz with all the boost it has, where the system says.
pub(super) fn top_mhz() -> Option<u32> {
    let folders = fs::read_dir("/sys/devices/system/cpu").ok()?;
    folders
        .filter_map(|entry| khz_text_mhz(&super::text(entry.ok()?.path().join("cpufreq/cpuinfo_max_freq"))))
        .max()
}

fn khz_text_mhz(text: &str) -> Option<u32> {
    text.trim().parse::<u32>().ok().map(|khz| khz / 1000).filter(|mhz| *mhz > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XEON: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 167\n\
        model name\t: Intel(R) Xeon(R)   CPU E5-2680 v4 @ 2.40GHz\ncpu MHz\t\t: 2394.454\n\n\
        processor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: as above\n\
        cpu MHz\t\t: 3100.000\n";
    const EPYC: &str = "processor\t: 0\nvendor_id\t: AuthenticAMD\n\
        model name\t: AMD EPYC 7763 64-Core Processor\n\
        cpu MHz\t\t: 2445.406\n";
    const GRAVITON: &str = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\n\
        CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
    const PI: &str = "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n\
        Hardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n";
    const NEW_ARM: &str = "processor\t: 0\nCPU implementer\t: 0x7f\nCPU part\t: 0x00a\n";

    #[test]
    fn reads_every_kind_of_cpuinfo() {
        let cases = [
            (XEON, "GenuineIntel", "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 3100, 2),
            (EPYC, "AuthenticAMD", "AMD EPYC 7763 64-Core Processor", 2445, 1),
            (GRAVITON, "ARM", "Neoverse-N1", 0, 1),
            (PI, "ARM", "Cortex-A72", 0, 1),
            (NEW_ARM, "implementer 0x7f", "part 0x00a", 0, 1),
            ("", "", "", 0, 0),
            ("cpu MHz : fast\nmodel name", "", "", 0, 0),
        ];
        for (text, maker, model, mhz, processors) in cases {
            assert_eq!(describe(text), Cpu { maker: maker.into(), model: model.into(), mhz }, "{text}");
            assert_eq!(listed(text), processors, "{text}");
        }
    }

    #[test]
    fn the_tightest_limit_counts() {
        let cases = [
            (64, None, 64),
            (64, Some(4000), 4),
            (2, Some(4000), 2),
            (64, Some(3999), 3),
            (64, Some(500), 1),
            (0, None, 1),
            (64, Some(u64::MAX), 64),
        ];
        for (affinity, quota, expected) in cases {
            assert_eq!(allowed(affinity, quota), expected, "{affinity} {quota:?}");
        }
    }

    #[test]
    fn top_speeds_are_khz() {
        for (text, expected) in [("3600000\n", Some(3600)), ("", None), ("0", None), ("x", None)] {
            assert_eq!(khz_text_mhz(text), expected);
        }
    }
}
