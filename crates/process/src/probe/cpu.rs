//! What processors there are, and how many of them we may use.

use rustix::thread::sched_getaffinity;

use super::sources::Sources;
use super::topology;

/// What `/proc/cpuinfo` says of the processors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cpu {
    pub(super) maker: String,
    /// Of chips with cores of several kinds all of them, in the order of their numbers.
    pub(super) model: String,
    /// Fastest of them; of now, where it is not the top speed.
    pub(super) mhz: u32,
}

/// A part of `/proc/cpuinfo`, or all of it.
pub(super) trait Fields {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str>;

    fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }
}

impl Fields for str {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.lines().filter_map(|line| line.split_once(':'));
        fields.filter(move |(it, _)| it.trim() == name).map(|(_, value)| value.trim())
    }
}

/// The parts of `/proc/cpuinfo`, one for each processor and perhaps one for the machine.
pub(super) fn blocks(cpuinfo: &str) -> impl Iterator<Item = &str> {
    cpuinfo.split("\n\n").filter(|block| !block.trim().is_empty())
}

/// Reads every kind of `/proc/cpuinfo`: x86 names maker and model, ARM gives numbers for them.
pub(super) fn describe(cpuinfo: &str) -> Cpu {
    let speeds = cpuinfo.all("cpu MHz").chain(cpuinfo.all("CPU MHz")).chain(cpuinfo.all("clock"));
    // The whole number is enough, and a speed that is none counts as unknown.
    let mhz = speeds.filter_map(|value| value.split('.').next()?.parse().ok()).max().unwrap_or(0);
    let maker = hexadecimal(cpuinfo, "CPU implementer");
    let mut models: Vec<String> = Vec::new();
    for model in blocks(cpuinfo).filter_map(model) {
        if !models.contains(&model) {
            models.push(model);
        }
    }
    let named = cpuinfo.first("vendor_id").or_else(|| cpuinfo.first("mvendorid")).map(str::to_owned);
    Cpu { maker: named.or_else(|| maker.map(arm_maker)).unwrap_or_default(), model: models.join(" + "), mhz }
}

/// The model of one processor. Where ARM gives a number, it tells more than the name beside it.
fn model(block: &str) -> Option<String> {
    if let (Some(maker), Some(part)) = (hexadecimal(block, "CPU implementer"), hexadecimal(block, "CPU part"))
    {
        return Some(arm_model(maker, part));
    }
    let names = ["model name", "uarch", "cpu"];
    let name = names.iter().find_map(|name| block.first(name)).filter(|name| !name.is_empty())?;
    Some(name.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

fn hexadecimal(block: &str, name: &str) -> Option<u32> {
    u32::from_str_radix(block.first(name)?.strip_prefix("0x")?, 16).ok()
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
        (0x41, 0xd09) => "Cortex-A73",
        (0x41, 0xd0a) => "Cortex-A75",
        (0x41, 0xd0b) => "Cortex-A76",
        (0x41, 0xd0c) => "Neoverse-N1",
        (0x41, 0xd40) => "Neoverse-V1",
        (0x41, 0xd41) => "Cortex-A78",
        (0x41, 0xd42) => "Cortex-A78AE",
        (0x41, 0xd44) => "Cortex-X1",
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

/// Processors that the system lets us run on: what our set of processors and our own affinity leave. The
/// file tells of more of them than the call can.
pub(super) fn affinity(sources: &Sources) -> Option<u32> {
    let status = sources.text("/proc/self/status");
    let told = status.first("Cpus_allowed_list").and_then(topology::listed);
    let asked = || sched_getaffinity(None).ok().filter(|_| sources.is_here()).map(|set| set.count());
    told.or_else(asked)
}

/// Speed of the fastest processor in MHz with all the boost it has, where the system says.
pub(super) fn top_mhz(sources: &Sources) -> Option<u32> {
    let folders = topology::folders(sources);
    let khz = folders.iter().filter_map(|folder| sources.line(format!("{folder}/cpufreq/cpuinfo_max_freq")));
    khz.filter_map(|khz| khz.parse::<u32>().ok()).map(|khz| khz / 1000).filter(|mhz| *mhz > 0).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const XEON: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 167\n\
        model name\t: Intel(R) Xeon(R)   CPU E5-2680 v4 @ 2.40GHz\ncpu MHz\t\t: 2394.454\n\n\
        processor\t: 1\nvendor_id\t: GenuineIntel\n\
        model name\t: Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz\ncpu MHz\t\t: 3100.000\n";
    const EPYC: &str = "processor\t: 0\nvendor_id\t: AuthenticAMD\n\
        model name\t: AMD EPYC 7763 64-Core Processor\n\
        cpu MHz\t\t: 2445.406\n";
    const GRAVITON: &str = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\n\
        CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
    const PI: &str = "processor\t: 0\nmodel name\t: ARMv8 Processor rev 3 (v8l)\n\
        BogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n\
        Hardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n";
    const BIG_LITTLE: &str = "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd03\n\n\
        processor : 1\nCPU implementer : 0x41\nCPU part : 0xd03\n\n\
        processor : 2\nCPU implementer : 0x41\nCPU part : 0xd08\n";
    const NEW_ARM: &str = "processor\t: 0\nCPU implementer\t: 0x7f\nCPU part\t: 0x00a\n";
    const RISC: &str =
        "processor : 0\nhart : 1\nisa : rv64imafdc\nuarch : sifive,u74-mc\nmvendorid : 0x489\n";
    const POWER: &str = "processor : 0\ncpu : POWER9, altivec supported\nclock : 3800.000000MHz\n";

    #[test]
    fn reads_every_kind_of_cpuinfo() {
        let cases = [
            (XEON, "GenuineIntel", "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 3100),
            (EPYC, "AuthenticAMD", "AMD EPYC 7763 64-Core Processor", 2445),
            (GRAVITON, "ARM", "Neoverse-N1", 0),
            (PI, "ARM", "Cortex-A72", 0),
            (BIG_LITTLE, "ARM", "Cortex-A53 + Cortex-A72", 0),
            (NEW_ARM, "implementer 0x7f", "part 0x00a", 0),
            (RISC, "0x489", "sifive,u74-mc", 0),
            (POWER, "", "POWER9, altivec supported", 3800),
            ("", "", "", 0),
            ("cpu MHz : fast\nmodel name", "", "", 0),
        ];
        for (text, maker, model, mhz) in cases {
            assert_eq!(describe(text), Cpu { maker: maker.into(), model: model.into(), mhz }, "{text}");
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
}
