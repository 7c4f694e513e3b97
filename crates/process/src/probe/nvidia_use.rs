//! How busy the GPUs of NVIDIA are, and who holds their memory.

use std::collections::BTreeMap;
use std::time::Duration;

use model::Exit;

use super::nvidia::{TOOL, TOOL_FOLDERS};
use super::sources::Sources;

/// Who looks does not wait longer.
const WAIT: Duration = Duration::from_secs(2);
const GPUS: [&str; 2] = ["--query-gpu=index,uuid,utilization.gpu", "--format=csv,noheader,nounits"];
const HOLDERS: [&str; 2] = ["--query-compute-apps=pid,gpu_uuid,used_memory", "--format=csv,noheader,nounits"];

/// A GPU at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuUse {
    /// Its place in the host's list.
    pub index: u16,
    /// How busy it is, in thousandths.
    pub busy_permille: u16,
    /// Bytes of its memory that processes hold.
    pub memory_by_pid: BTreeMap<u32, u64>,
}

/// What the driver's tool says now; nothing where there is none or it fails.
#[must_use]
pub fn nvidia_use() -> Option<Vec<GpuUse>> {
    let tool = Sources::here().program(TOOL, &TOOL_FOLDERS)?;
    let ask = |question: &[&str]| {
        let said = crate::capture(&tool, question, WAIT, None).ok()?;
        (said.exit == Exit::Code(0)).then_some(said.stdout)
    };
    Some(understood(&ask(&GPUS)?, &ask(&HOLDERS)?))
}

fn understood(gpus: &str, holders: &str) -> Vec<GpuUse> {
    let holders: Vec<(u32, &str, u64)> = holders.lines().filter_map(holder).collect();
    let gpu = |line: &str| {
        let [index, uuid, busy] = fields(line)?;
        let held = holders.iter().filter(|(_, of, _)| *of == uuid);
        Some(GpuUse {
            index: index.parse().ok()?,
            busy_permille: busy.parse::<u16>().unwrap_or(0).saturating_mul(10),
            memory_by_pid: held.map(|(pid, _, bytes)| (*pid, *bytes)).collect(),
        })
    };
    gpus.lines().filter_map(gpu).collect()
}

/// `4711, GPU-9cf3..., 1034`: process, GPU, MiB.
fn holder(line: &str) -> Option<(u32, &str, u64)> {
    let [pid, uuid, memory] = fields(line)?;
    Some((pid.parse().ok()?, uuid, memory.parse::<u64>().unwrap_or(0).saturating_mul(1 << 20)))
}

fn fields(line: &str) -> Option<[&str; 3]> {
    let mut fields = line.split(',').map(str::trim);
    Some([fields.next()?, fields.next()?, fields.next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_says_is_understood() {
        let gpus = "0, GPU-aa, 98\n1, GPU-bb, [N/A]\nNo devices were found\n";
        let holders = "4711, GPU-aa, 1034\n4712, GPU-bb, [N/A]\n4713, GPU-aa, 2\n";
        let [first, second] = understood(gpus, holders).try_into().unwrap();
        assert_eq!((first.index, first.busy_permille), (0, 980));
        assert_eq!(first.memory_by_pid, [(4711, 1034 << 20), (4713, 2 << 20)].into());
        assert_eq!((second.busy_permille, second.memory_by_pid), (0, [(4712, 0)].into()));
        assert_eq!(understood("", "4711, GPU-aa, 1034"), []);
    }
}
