//! The three roles as servers.

use model::{Amounts, GpuInfo, HostId, ResourceInfo};
use render::Render;
use resource::Resource;
use schedule::Schedule;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::node::Server;

/// What a disk does to a value.
fn through_text<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("what is kept can be written");
    serde_json::from_str(&text).expect("what was written can be read")
}

impl Server for Schedule {
    const JOURNALLED: bool = true;

    fn through_snapshot(&self) -> Self {
        through_text(self)
    }

    fn through_journal(record: &Self::Record) -> Self::Record {
        through_text(record)
    }
}

impl Server for Render {
    const JOURNALLED: bool = true;

    fn through_snapshot(&self) -> Self {
        through_text(self)
    }

    fn through_journal(record: &Self::Record) -> Self::Record {
        through_text(record)
    }
}

impl Server for Resource {
    const JOURNALLED: bool = false;

    fn through_snapshot(&self) -> Self {
        self.clone()
    }

    fn through_journal(record: &Self::Record) -> Self::Record {
        record.clone()
    }
}

/// The name of a host.
pub(crate) fn host_name(host: usize) -> HostId {
    HostId(format!("host-{host}"))
}

/// What a host has; the tag decides whether it matches the jobs that are choosy.
pub(crate) fn host_info(choice: bool, amounts: Amounts) -> ResourceInfo {
    let gpu = GpuInfo { model: "GPU".into(), memory_bytes: 8 << 30, driver: "any 1.0".into() };
    ResourceInfo {
        os_family: "linux".into(),
        processors: 4,
        memory_bytes: amounts.memory_bytes,
        gpus: vec![gpu; amounts.gpus.into()],
        tags: if choice { vec!["choice".into()] } else { Vec::new() },
        ..ResourceInfo::default()
    }
}
