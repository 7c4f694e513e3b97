//! The crate from outside, as its callers use it.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without, it demands")]

mod accounts;
mod authority;
mod handshakes;
mod members;
mod noise;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Time;
use trust::{Authority, Identity, Keyring, NewKey, Request};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(u64::try_from(since.as_millis()).unwrap())
}

pub(crate) fn authority(folder: &Path) -> Authority {
    Authority::open_or_make(&folder.join("authority"), "test", now()).unwrap()
}

pub(crate) fn identity(name: &str, services: &[&str]) -> Identity {
    let services: Vec<String> = services.iter().map(ToString::to_string).collect();
    Identity::new(name, &services).unwrap()
}

pub(crate) fn request(key: &NewKey) -> Request {
    Request::read(&key.request("any name").unwrap()).unwrap()
}

/// A member whose certificate held from a day before `at` until `life` after it.
pub(crate) fn member_at(authority: &Authority, identity: &Identity, at: Time, life: Duration) -> Keyring {
    let key = NewKey::new().unwrap();
    let issued = authority.issue(&request(&key), identity, at, life).unwrap();
    Keyring::new(None, authority.certificate().clone(), &key, &issued.certificate).unwrap()
}

pub(crate) fn member(authority: &Authority, name: &str, services: &[&str]) -> Keyring {
    member_at(authority, &identity(name, services), now(), DAY)
}
