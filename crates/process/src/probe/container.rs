//! Whether this is a container, and whose. Every engine leaves a mark of its own; none leaves them all.

use super::sources::Sources;

/// Files that engines lay into their containers.
const MARKS: [(&str, &str); 3] = [
    ("/.dockerenv", "docker"),
    ("/run/.containerenv", "podman"),
    ("/var/run/secrets/kubernetes.io", "kubernetes"),
];

/// Parts of names of control groups, the first of which that fits tells most.
const GROUPS: [(&str, &str); 7] = [
    ("kubepods", "kubernetes"),
    ("libpod", "podman"),
    ("/docker/", "docker"),
    ("docker-", "docker"),
    ("/lxc/", "lxc"),
    ("lxc.payload", "lxc"),
    ("/machine.slice/systemd-nspawn@", "systemd-nspawn"),
];

/// The container that this host is, where it is one.
pub(super) fn detect(sources: &Sources) -> Option<String> {
    if sources.variable("KUBERNETES_SERVICE_HOST").is_some() {
        return Some("kubernetes".to_owned());
    }
    // What an engine says of itself comes before what looks like one: podman lays docker's mark too.
    let told = told(sources);
    let marked = MARKS.iter().rev().find(|(path, _)| sources.exists(path)).map(|(_, name)| *name);
    let group = sources.text("/proc/1/cgroup") + &sources.text("/proc/self/cgroup");
    let grouped = GROUPS.iter().find(|(part, _)| group.contains(part)).map(|(_, name)| *name);
    match (told.as_deref(), marked, grouped) {
        (_, Some("kubernetes"), _) | (_, _, Some("kubernetes")) => Some("kubernetes".to_owned()),
        (Some("oci" | "container"), Some(name), _) | (None, Some(name), _) => Some(name.to_owned()),
        (Some("oci" | "container"), None, Some(name)) | (None, None, Some(name)) => Some(name.to_owned()),
        (told, ..) => told.map(str::to_owned),
    }
}

/// What the engine says of itself: the variable `container` of the first process, for those who may look, or
/// what systemd made of it.
fn told(sources: &Sources) -> Option<String> {
    let environment = sources.text("/proc/1/environ");
    let first = environment.split('\0').find_map(|entry| entry.strip_prefix("container="));
    let told = first.map(str::to_owned).or_else(|| sources.line("/run/systemd/container"));
    let told = told.or_else(|| sources.variable("container").map(str::to_owned));
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}
