//! How long the resource database takes on a farm far larger than any: `scripts/bench match`. One JSON object
//! a figure.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails has nothing to say")]

use std::time::{Duration, Instant};

use model::{
    Door, FrameId, GpuInfo, HostId, JobId, PackageInfo, Profile, RenderToResource, ResourceInfo, Role,
    ScheduleToResource, SlotIndex, SlotState, StepIndex, Time,
};
use resource::{Event, REBUILD_MS, Resource, askable, lacks};

const HOSTS: u64 = 100_000;
const KINDS: u64 = 200;
const SLOTS: u16 = 4;
const LISTS: u64 = 1_000;
const SCANS: u64 = 30;
const UPDATES: u64 = 200_000;
const SCHEDULE: u64 = u64::MAX;

fn main() {
    let mut resource = farm(HOSTS);
    // Who asks first is told all kinds; that is not what a list costs.
    hear(&mut resource, ask(0, &Profile::default()));
    let profiles: Vec<Profile> = (0..LISTS).map(profile).collect();
    let lists = profiles.iter().map(|profile| timed(|| hear(&mut resource, ask(1, profile)))).collect();
    let infos: Vec<(HostId, ResourceInfo)> =
        (0..HOSTS).map(|host| (name(host), askable(&info(host)))).collect();
    let sample = profiles.iter().step_by(usize::try_from(LISTS / SCANS).unwrap());
    let scans = sample.map(|profile| {
        timed(|| infos.iter().filter(|(name, info)| lacks(name, info, profile).is_empty()).count())
    });
    let scans = scans.collect();
    figure(
        "first_list_p99",
        percentile(lists, 99).as_secs_f64(),
        "s",
        Some(percentile(scans, 50).as_secs_f64()),
    );
    let again = profiles.iter().rev().take(200);
    let again = again.map(|profile| timed(|| hear(&mut resource, ask(2, profile)))).collect();
    figure("known_list_p99", percentile(again, 99).as_secs_f64(), "s", None);
    let updates: Vec<Duration> = (0..UPDATES).map(|n| update(&mut resource, n)).collect();
    let mean = updates.iter().sum::<Duration>().as_secs_f64() / 200_000.0;
    figure("slot_update_mean", mean * 1e6, "us", None);
    figure("slot_update_p99", percentile(updates, 99).as_secs_f64() * 1e6, "us", None);
    for hosts in [1_000, 10_000] {
        let took = timed(|| farm(hosts));
        figure(&format!("rebuild_{hosts}_hosts"), took.as_secs_f64(), "s", None);
    }
}

fn figure(name: &str, value: f64, unit: &str, floor: Option<f64>) {
    let (floor, ratio) = match floor {
        Some(floor) => (format!("{floor:.6}"), format!("{:.4}", value / floor)),
        None => ("null".to_owned(), "null".to_owned()),
    };
    println!(
        "{{\"name\": \"match_{name}\", \"value\": {value:.6}, \"unit\": \"{unit}\", \"floor\": {floor}, \"ratio\": {ratio}}}"
    );
}

fn timed<T>(what: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    std::hint::black_box(what());
    begun.elapsed()
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

fn hear(resource: &mut Resource, event: Event) {
    let mut effects = Vec::new();
    for record in resource.decide(Time(REBUILD_MS), &event).unwrap() {
        resource.apply(&record, &mut effects);
    }
    std::hint::black_box(effects);
}

/// A database whose hosts have all said hello.
fn farm(hosts: u64) -> Resource {
    let mut resource = Resource::new(Time(0));
    for host in 0..hosts {
        let message = Box::new(RenderToResource::Hello {
            host: name(host),
            instance: "x".into(),
            info: info(host),
            slots: vec![SlotState::Free; usize::from(SLOTS)],
            door: Door::Open,
        });
        hear(&mut resource, Event::RenderSpoke { link: host, message });
    }
    resource
}

fn name(host: u64) -> HostId {
    HostId(format!("host-{host:06}"))
}

/// What a host has: of `KINDS` sorts, with addresses and odd bytes of its own.
fn info(host: u64) -> ResourceInfo {
    let kind = host % KINDS;
    let package = |name: &str, version: String| PackageInfo {
        executable: format!("/opt/{name}-{host}/bin/{name}"),
        name: name.to_owned(),
        version,
    };
    ResourceInfo {
        machine_family: "x86_64".into(),
        os_family: "linux".into(),
        os_type: ["debian", "rocky"][usize::from(kind.is_multiple_of(2))].into(),
        os_version: (11 + kind % 3).to_string(),
        processors: u32::try_from(8 << (kind % 4)).unwrap(),
        processor_type: format!("AMD EPYC 7{kind:03}"),
        memory_bytes: ((16 << (kind % 5)) << 30) + host % 4096,
        gpus: vec![
            GpuInfo { model: "NVIDIA L4".into(), memory_bytes: 24 << 30, ..GpuInfo::default() };
            usize::from(kind.is_multiple_of(7))
        ],
        packages: vec![
            package("blender", format!("{}.{}", 3 + kind % 2, kind % 6)),
            package("povray", "3.7.0.10".into()),
        ],
        tags: vec![format!("row-{}", kind % 20)],
        pools: vec![["fx", "film"][usize::from(kind.is_multiple_of(3))].into()],
        ..ResourceInfo::default()
    }
}

/// A profile that nobody asked before: what a job of a film wants.
fn profile(n: u64) -> Profile {
    let text = match n % 4 {
        0 => format!("os=linux, memory>={}M, blender=4.x", 30_000 + n),
        1 => format!("pool=fx, memory>={}M, any(gpu, cpus>=32), not tag=row-3", 20_000 + n),
        2 => format!(
            "povray>=3.7, cpus>=16, tag=row-{0}|row-{n}, memory>=16G; prefer gpu:2, memory>=64G",
            n % 20
        ),
        _ => format!("gpu>=1, gpu_memory>=8G, memory>={}M", 900_000 + n),
    };
    text.parse().unwrap()
}

fn ask(ask: u64, profile: &Profile) -> Event {
    let message = ScheduleToResource::Ask { ask, profile: profile.clone() };
    Event::ScheduleSpoke { link: SCHEDULE, message }
}

/// One slot of a host somewhere becomes busy or free.
fn update(resource: &mut Resource, n: u64) -> Duration {
    let slot = SlotIndex(u16::try_from(n % u64::from(SLOTS)).unwrap());
    let frame = FrameId { job: JobId(1), step: StepIndex(0), index: 7 };
    let now = if n.is_multiple_of(3) { SlotState::Free } else { SlotState::Busy { frame, since: Time(n) } };
    let message = Box::new(RenderToResource::Slot { slot, now });
    let event = Event::RenderSpoke { link: n.wrapping_mul(7_919) % HOSTS, message };
    timed(|| hear(resource, event))
}
