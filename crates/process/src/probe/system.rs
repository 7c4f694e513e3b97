//! What the operating system and the machine are called, and how much room there is to write.

use std::path::Path;

use rustix::fs::statvfs;

use super::sources::Sources;

/// What os-release says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) version: String,
}

/// What makers write who forget to name their product.
const UNNAMED: [&str; 9] = [
    "To Be Filled By O.E.M.",
    "To be filled by O.E.M",
    "System Product Name",
    "System manufacturer",
    "Default string",
    "Not Specified",
    "Not Applicable",
    "All Series",
    "None",
];

/// Release of the system. The second place is where systems with a read-only core keep it.
pub(super) fn release_of(sources: &Sources) -> Release {
    let first = sources.text("/etc/os-release");
    release(&if first.is_empty() { sources.text("/usr/lib/os-release") } else { first })
}

/// Reads os-release: shell assignments, quoted or not. A system without a version (a rolling one) has none.
fn release(text: &str) -> Release {
    let field = |name: &str| {
        let value =
            text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('=')).next_back();
        value.map(unquote).unwrap_or_default()
    };
    let id = field("ID");
    // The standard's word for a system that does not say.
    let id = if id.is_empty() && !text.is_empty() { "linux".to_owned() } else { id };
    Release { id, version: field("VERSION_ID") }
}

fn unquote(value: &str) -> String {
    let value = value.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let mut plain = String::new();
    let mut letters = quoted.unwrap_or(value).chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

/// Family of machine and of operating system, in the kernel's words.
pub(super) fn families(sources: &Sources) -> (String, String) {
    if sources.is_here() {
        let kernel = rustix::system::uname();
        let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        return (text(kernel.machine()), text(kernel.sysname()).to_lowercase());
    }
    let line = |name: &str| sources.line(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    (line("arch"), line("ostype").to_lowercase())
}

/// The machine's product name, from its firmware (PC) or device tree (ARM boards); empty where neither says.
pub(super) fn machine_type(sources: &Sources) -> String {
    let dmi = |name: &str| sources.line(format!("/sys/class/dmi/id/{name}")).and_then(|text| named(&text));
    // This maker puts a number where others put the name.
    let lenovo = dmi("sys_vendor").filter(|vendor| vendor == "LENOVO").and_then(|_| dmi("product_version"));
    let board = || match (dmi("board_vendor"), dmi("board_name")) {
        (Some(vendor), Some(name)) => Some(format!("{vendor} {name}")),
        (_, name) => name,
    };
    let trees = ["/sys/firmware/devicetree/base/model", "/proc/device-tree/model"];
    let tree = || trees.iter().find_map(|path| sources.line(path));
    lenovo.or_else(|| dmi("product_name")).or_else(board).or_else(tree).unwrap_or_default()
}

/// A product name, where it is one.
fn named(text: &str) -> Option<String> {
    let unnamed = UNNAMED.iter().any(|it| it.eq_ignore_ascii_case(text));
    (!unnamed).then(|| text.to_owned())
}

/// Bytes that may be written to `folder`, or to where it would be made.
pub(super) fn free_bytes(folder: &Path) -> u64 {
    let there = folder.ancestors().find_map(|folder| {
        // The last ancestor of a relative path is the empty one, which stands for where we are.
        statvfs(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()
    });
    there.map_or(0, |system| system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_os_release() {
        let cases = [
            (
                "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nID=debian\nID_LIKE=x\n",
                "debian",
                "12",
            ),
            ("NAME=\"Rocky Linux\"\nID=\"rocky\"\nVERSION_ID=\"9.4\"\n", "rocky", "9.4"),
            ("NAME='Arch Linux'\nID=arch\nBUILD_ID=rolling\n", "arch", ""),
            ("# ID=commented\nID='my\\'os'\n", "my'os", ""),
            ("NAME=Unknown\n", "linux", ""),
            ("", "", ""),
        ];
        for (text, id, version) in cases {
            assert_eq!(release(text), Release { id: id.into(), version: version.into() }, "{text}");
        }
    }

    #[test]
    fn room_is_told_for_folders_to_come() {
        assert!(free_bytes(Path::new("/tmp")) > 0);
        assert!(free_bytes(Path::new("/tmp/a/b/c")) > 0);
        assert!(free_bytes(Path::new("not/there")) > 0);
    }
}
