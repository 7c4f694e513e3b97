//! Which GPUs the processes of a frame use, as the driver's own tool tells: only while somebody looks, and
//! only where there are some.

use std::collections::BTreeMap;

use model::{GpuStats, SlotStats};

use super::Kit;

/// Whether there is anything to ask.
pub(super) fn is_of_use(kit: &Kit, stats: &[SlotStats]) -> bool {
    stats.iter().any(|slot| !slot.processes.is_empty())
        && kit.info.borrow().gpus.iter().any(|gpu| gpu.driver.starts_with("nvidia"))
}

/// The same with the GPUs that each uses.
pub(super) async fn added(mut stats: Vec<SlotStats>) -> Vec<SlotStats> {
    let asked = tokio::task::spawn_blocking(process::probe::nvidia_use).await;
    let Some(gpus) = asked.ok().flatten() else { return stats };
    for slot in &mut stats {
        let mut used: BTreeMap<u16, GpuStats> = BTreeMap::new();
        for process in &slot.processes {
            for gpu in &gpus {
                let Some(bytes) = gpu.memory_by_pid.get(&process.pid) else { continue };
                let (index, busy_permille) = (gpu.index, gpu.busy_permille);
                let new = || GpuStats { index, busy_permille, memory_bytes: 0 };
                used.entry(index).or_insert_with(new).memory_bytes += bytes;
            }
        }
        slot.gpu = used.into_values().collect();
    }
    stats
}
