//! What the operating system and the machine are called, and how much room there is to write.

use std::path::Path;

use rustix::fs::statvfs;

/// What os-release says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) version: String,
}

/// Reads os-release: shell assignments, quoted or not. A system without a version (a rolling one) has none.
pub(super) fn release(text: &str) -> Release {
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

/// The machine's product name, from its firmware (PC) or device tree (ARM boards); empty where neither says.
pub(super) fn machine_type() -> String {
    ["/sys/class/dmi/id/product_name", "/sys/firmware/devicetree/base/model"]
        .iter()
        .map(|path| product(&super::text(path)))
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

/// A product name without what makers write when they forget to name it.
fn product(text: &str) -> String {
    let name = text.trim_matches(|letter: char| letter == '\0' || letter.is_whitespace());
    let unnamed =
        ["To Be Filled By O.E.M.", "System Product Name", "Default string", "Not Specified", "None"];
    if unnamed.iter().any(|it| it.eq_ignore_ascii_case(name)) { String::new() } else { name.to_owned() }
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
    fn unnamed_products_are_empty() {
        let cases = [
            ("PowerEdge R750\n", "PowerEdge R750"),
            ("Raspberry Pi 4 Model B Rev 1.4\0", "Raspberry Pi 4 Model B Rev 1.4"),
            ("to be filled by o.e.m.\n", ""),
            ("\n", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(product(text), expected);
        }
    }

    #[test]
    fn room_is_told_for_folders_to_come() {
        assert!(free_bytes(Path::new("/tmp")) > 0);
        assert!(free_bytes(Path::new("/tmp/a/b/c")) > 0);
        assert!(free_bytes(Path::new("not/there")) > 0);
    }
}
