//! The three roles as servers.

use model::{HostId, ResourceInfo};
use render::Render;
use resource::Resource;
use schedule::Schedule;

use crate::node::Server;

impl Server for Schedule {
    const JOURNALLED: bool = true;

    fn through_snapshot(&self) -> Self {
        let text = serde_json::to_string(self).expect("a schedule can be written");
        serde_json::from_str(&text).expect("what a schedule wrote can be read")
    }

    fn assert_same(&self, other: &Self) {
        assert_eq!(self, other, "the journal of the schedule server makes its live state");
    }
}

impl Server for Render {
    const JOURNALLED: bool = true;

    fn through_snapshot(&self) -> Self {
        let text = serde_json::to_string(self).expect("a render state can be written");
        serde_json::from_str(&text).expect("what a render server wrote can be read")
    }

    fn assert_same(&self, other: &Self) {
        assert_eq!(self, other, "the journal of a render server makes its live state");
    }
}

impl Server for Resource {
    const JOURNALLED: bool = false;

    fn through_snapshot(&self) -> Self {
        self.clone()
    }

    fn assert_same(&self, _other: &Self) {}
}

/// The name of a host.
pub(crate) fn host_name(host: usize) -> HostId {
    HostId(format!("host-{host}"))
}

/// What a host has; the tag decides whether it matches the jobs that are choosy.
pub(crate) fn host_info(choice: bool) -> ResourceInfo {
    ResourceInfo {
        os_family: "linux".into(),
        processors: 2,
        memory_bytes: 4 << 30,
        tags: if choice { vec!["choice".into()] } else { Vec::new() },
        ..ResourceInfo::default()
    }
}
