//! What can be a name, and what servers can be.

use std::collections::BTreeSet;

use crate::allow::OWNER;
use crate::refusal::Refusal;

/// The longest name: that of a part of a DNS name.
const NAME_MAX: usize = 63;
/// What servers join as. A schedule server keeps the farm's authority and joins nobody.
const SERVICES: [&str; 2] = ["render", "resource"];

/// Whether `name` can be one of a user or a member.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= NAME_MAX && name.chars().all(good) {
        return Ok(());
    }
    Err(Refusal::Name { name: name.chars().take(NAME_MAX).collect() })
}

/// Whether `name` can be one of a user.
pub(crate) fn check_user(name: &str) -> Result<(), Refusal> {
    check_name(name)?;
    if name.eq_ignore_ascii_case(OWNER) { Err(Refusal::OwnersName) } else { Ok(()) }
}

/// Whether servers can join for `services`.
pub(crate) fn check_services(services: &BTreeSet<String>) -> Result<(), Refusal> {
    if services.is_empty() {
        return Err(Refusal::Service { service: String::new() });
    }
    match services.iter().find(|service| !SERVICES.contains(&service.as_str())) {
        Some(service) => Err(Refusal::Service { service: service.chars().take(NAME_MAX).collect() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_machines_and_accounts_are_called() {
        for good in ["ada", "r1", "render-7.studio_b", "7", "A"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "-x", ".", "a b", "a/b", "ä", "a\n", &"x".repeat(64), "_a", "a:b"] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check_user("Owner"), Err(Refusal::OwnersName));
    }
}
