//! What of the host a frame is told to use: the GPUs that are its own, and no others, and its memory.

use model::{Grant, ResourceInfo};

/// What the libraries of all makers take for a GPU that is not there; from it on they see none.
const NONE: &str = "-1";

/// Variables of the attempt for `grant` on a host that has `info`.
pub(super) fn variables(grant: &Grant, info: &ResourceInfo) -> Vec<(&'static str, String)> {
    let mut variables = Vec::new();
    if grant.memory_bytes > 0 {
        variables.push(("FRAMEFARM_MEMORY", grant.memory_bytes.to_string()));
    }
    if info.gpus.is_empty() {
        return variables;
    }
    variables.push(("FRAMEFARM_GPUS", list(&grant.gpus)));
    if let Some(own) = own_of(grant, info, "nvidia") {
        // Without it the fastest comes first, and not what is first on the bus.
        variables.push(("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned()));
        variables.push(("CUDA_VISIBLE_DEVICES", visible(&own)));
    }
    if let Some(own) = own_of(grant, info, "amdgpu") {
        variables.push(("ROCR_VISIBLE_DEVICES", visible(&own)));
        // These count what the former has left.
        let left: Vec<u16> = (0..).take(own.len()).collect();
        variables.push(("HIP_VISIBLE_DEVICES", visible(&left)));
        variables.push(("GPU_DEVICE_ORDINAL", visible(&left)));
    }
    variables
}

/// The grant's GPUs of the makers of `driver`, as that driver counts them; nothing where the host has none
/// such.
fn own_of(grant: &Grant, info: &ResourceInfo, driver: &str) -> Option<Vec<u16>> {
    let of_driver = (0..).zip(&info.gpus).filter(|(_, gpu)| gpu.driver.starts_with(driver));
    let places: Vec<u16> = of_driver.map(|(place, _)| place).collect();
    let own = (0..).zip(&places).filter(|(_, place)| grant.gpus.contains(place)).map(|(number, _)| number);
    (!places.is_empty()).then(|| own.collect())
}

fn visible(numbers: &[u16]) -> String {
    if numbers.is_empty() { NONE.to_owned() } else { list(numbers) }
}

fn list(numbers: &[u16]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use model::{AttemptNumber, FrameId, GpuInfo, JobId, LeaseId, SlotIndex, StepIndex};

    use super::*;

    fn told(drivers: &[&str], gpus: &[u16], memory_bytes: u64) -> Vec<String> {
        let gpu = |driver: &&str| GpuInfo { driver: (*driver).to_owned(), ..GpuInfo::default() };
        let info = ResourceInfo { gpus: drivers.iter().map(gpu).collect(), ..ResourceInfo::default() };
        let frame = FrameId { job: JobId(1), step: StepIndex(0), index: 0 };
        let grant = Grant::new(LeaseId(1), frame, 1, AttemptNumber(1), SlotIndex(0));
        let grant = Grant { gpus: gpus.to_vec(), memory_bytes, ..grant };
        variables(&grant, &info).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_frame_sees_its_own_gpus_alone() {
        assert_eq!(told(&[], &[], 0), [""; 0]);
        assert_eq!(told(&[], &[], 1 << 30), ["FRAMEFARM_MEMORY=1073741824"]);
        let nvidia = ["nvidia 550", "nvidia 550", "nvidia 550"];
        let order = "CUDA_DEVICE_ORDER=PCI_BUS_ID";
        assert_eq!(told(&nvidia, &[2, 0], 0), ["FRAMEFARM_GPUS=2,0", order, "CUDA_VISIBLE_DEVICES=0,2"]);
        assert_eq!(told(&nvidia, &[], 0), ["FRAMEFARM_GPUS=", order, "CUDA_VISIBLE_DEVICES=-1"]);
        let both = ["nvidia 550", "amdgpu 6", "amdgpu 6"];
        let expected = [
            "FRAMEFARM_GPUS=2",
            order,
            "CUDA_VISIBLE_DEVICES=-1",
            "ROCR_VISIBLE_DEVICES=1",
            "HIP_VISIBLE_DEVICES=0",
            "GPU_DEVICE_ORDINAL=0",
        ];
        assert_eq!(told(&both, &[2], 0), expected);
        assert_eq!(told(&["i915"], &[0], 0), ["FRAMEFARM_GPUS=0"]);
    }
}
