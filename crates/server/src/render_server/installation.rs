//! Which installation of a render server this is: what it was called when its data folder was made, unless
//! that folder was copied to another machine since.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use model::{AddressInfo, InstanceId};

use crate::whereabouts::new_instance;

/// The installation whose file is at `path`, on the machine that has `addresses`.
///
/// The file holds its name, and then the hardware addresses of the machine, a line each. Where the machine
/// has none of them any more, the folder is that of a clone: under one name the two would take the links from
/// each other for ever, and with a new one the second is turned away as long as the first is there.
pub(super) fn installation(path: &Path, addresses: &[AddressInfo]) -> io::Result<InstanceId> {
    let hardware = addresses.iter().map(|address| address.hardware.clone());
    let hardware: BTreeSet<String> = hardware.filter(|address| !address.is_empty()).collect();
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        text => text.unwrap_or_default(),
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let name = lines.next().map(|name| InstanceId(name.to_owned()));
    let known: BTreeSet<String> = lines.map(str::to_owned).collect();
    let is_clone = !known.is_empty() && !hardware.is_empty() && known.is_disjoint(&hardware);
    if is_clone {
        tracing::warn!(
            "{} was made on another machine; this is an installation of its own from now on",
            path.display()
        );
    }
    let name = match name.filter(|_| !is_clone) {
        Some(name) => name,
        None => new_instance().map_err(io::Error::other)?,
    };
    let now = if hardware.is_empty() { known } else { hardware };
    let new = [name.0.clone()].into_iter().chain(now).map(|line| line + "\n").collect::<String>();
    if new != text {
        std::fs::write(path, new)?;
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(hardware: &[&str]) -> Vec<AddressInfo> {
        let of = |hardware: &&str| AddressInfo {
            interface: "eth0".to_owned(),
            address: "10.0.0.1".to_owned(),
            hardware: (*hardware).to_owned(),
        };
        hardware.iter().map(of).collect()
    }

    #[test]
    fn a_copied_folder_is_another_installation_and_a_changed_machine_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("instance");
        let on = |hardware: &[&str]| installation(&path, &addresses(hardware)).unwrap();
        let first = on(&["02:00:00:00:00:01"]);
        let same = [&["02:00:00:00:00:01"][..], &[""], &[], &["02:00:00:00:00:01", "02:00:00:00:00:02"]];
        for hardware in same {
            assert_eq!(on(hardware), first, "{hardware:?}");
        }
        assert_eq!(on(&["02:00:00:00:00:02"]), first, "one card was taken out");
        let clone = on(&["02:00:00:00:00:09"]);
        assert_ne!(clone, first);
        assert_eq!(on(&["02:00:00:00:00:09"]), clone);
    }

    #[test]
    fn a_name_from_before_machines_were_noted_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("instance");
        std::fs::write(&path, "00112233aabbccdd").unwrap();
        let name = installation(&path, &addresses(&["02:00:00:00:00:01"])).unwrap();
        assert_eq!(name, InstanceId::from("00112233aabbccdd"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "00112233aabbccdd\n02:00:00:00:00:01\n");
    }
}
