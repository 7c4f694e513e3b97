//! The render hosts that were ever heard of: each has a number, so that its name is kept once however many
//! leases and attempts it has, and the lines of leases on its slots.

use model::{HostId, LeaseId, SlotIndex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id_map::IdMap;
use crate::line::Line;

/// A render host's place in the table of hosts. It stays the same for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostIndex(pub(crate) u32);

impl HostIndex {
    /// As a place in vectors by host.
    pub(crate) const fn place(self) -> usize {
        self.0 as usize
    }
}

/// Every host ever heard of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HostTable {
    hosts: Vec<KeptHost>,
    /// By what the name hashes to, or the first number after that which no earlier host has.
    by_hash: IdMap<u64, HostIndex>,
}

/// A host, as the journal knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptHost {
    pub(crate) name: HostId,
    /// Its slots as far as one was ever leased, by index.
    lines: Vec<Line>,
    /// Lines with a lease.
    busy: u32,
    /// Leases that wait behind another one.
    behind: u32,
}

impl HostTable {
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, host: HostIndex) -> Option<&KeptHost> {
        self.hosts.get(host.place())
    }

    pub(crate) fn get_mut(&mut self, host: HostIndex) -> Option<&mut KeptHost> {
        self.hosts.get_mut(host.place())
    }

    /// The host called `name`.
    pub(crate) fn find(&self, name: &HostId) -> Option<HostIndex> {
        self.look_up(name).ok()
    }

    /// The number that the host called `name` has, or gets when it is seen.
    pub(crate) fn find_or_next(&self, name: &HostId) -> HostIndex {
        self.find(name).unwrap_or(HostIndex(self.len()))
    }

    /// The host called `name`, which gets a number if it has none.
    pub(crate) fn intern(&mut self, name: &HostId) -> HostIndex {
        let hash = match self.look_up(name) {
            Ok(host) => return host,
            Err(hash) => hash,
        };
        let host = HostIndex(self.len());
        self.by_hash.insert(hash, host);
        self.hosts.push(KeptHost { name: name.clone(), lines: Vec::new(), busy: 0, behind: 0 });
        host
    }

    /// The host called `name`, or the number under which it would be found.
    fn look_up(&self, name: &HostId) -> Result<HostIndex, u64> {
        let mut hash = hash(name);
        while let Some(host) = self.by_hash.get(hash) {
            if self.get(*host).is_some_and(|kept| kept.name == *name) {
                return Ok(*host);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// What people call a host.
    pub(crate) fn name(&self, host: HostIndex) -> HostId {
        self.get(host).map_or_else(|| HostId(String::new()), |kept| kept.name.clone())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (HostIndex, &KeptHost)> {
        (0..).map(HostIndex).zip(&self.hosts)
    }
}

impl KeptHost {
    pub(crate) fn line(&self, slot: SlotIndex) -> Option<&Line> {
        self.lines.get(usize::from(slot.0))
    }

    /// Slots that hold a lease, with their lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (SlotIndex, &Line)> {
        (0..).map(SlotIndex).zip(&self.lines).filter(|(_, line)| !line.is_empty())
    }

    pub(crate) const fn is_busy(&self) -> bool {
        self.busy > 0
    }

    /// How many leases wait behind others.
    pub(crate) const fn behind(&self) -> u32 {
        self.behind
    }

    /// Puts a lease at the end of a slot's line.
    pub(crate) fn join(&mut self, slot: SlotIndex, lease: LeaseId) {
        let place = usize::from(slot.0);
        if self.lines.len() <= place {
            self.lines.resize(place + 1, Line::default());
        }
        let first = self.lines[place].is_empty();
        self.busy += u32::from(first);
        self.behind += u32::from(!first);
        self.lines[place].push(lease);
    }

    /// Takes a lease out of a slot's line.
    pub(crate) fn leave(&mut self, slot: SlotIndex, lease: LeaseId) {
        if let Some(line) = self.lines.get_mut(usize::from(slot.0)) {
            let before = line.len();
            line.remove(lease);
            if line.len() < before {
                self.busy -= u32::from(line.is_empty());
                self.behind -= u32::from(!line.is_empty());
            }
        }
    }
}

/// FNV-1a: the same on every machine and in every version.
fn hash(name: &HostId) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.0.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

impl Serialize for HostTable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.hosts.serialize(to)
    }
}

impl<'de> Deserialize<'de> for HostTable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let hosts = Vec::<KeptHost>::deserialize(from)?;
        let mut table = Self::default();
        for kept in hosts {
            let host = table.intern(&kept.name);
            if let Some(place) = table.get_mut(host) {
                *place = kept;
            }
        }
        Ok(table)
    }
}
