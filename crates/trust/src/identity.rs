//! The names in certificates. A member is `<name>.<service>.<farm id>.framefarm` for each thing it does, and
//! who others dial is `<service>.<farm id>.framefarm` besides: names without an address, which nobody has to
//! resolve and which stay when a machine moves.

/// Names of members are at most so long: that of a host.
const NAME_MAX: usize = 63;
/// What no other name on a network ends with.
const SUFFIX: &str = "framefarm";
/// Those that others dial.
const DIALLED: [&str; 2] = ["schedule", "resource"];

/// Who a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    name: String,
    services: Vec<String>,
    hosts: Vec<String>,
}

/// It cannot stand in a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The name.
    #[error(
        "{0:?} is no name of a member: 1 to {NAME_MAX} letters, digits, '-', '_' and '.', of which the first and \
         the last are letters or digits, and no two dots stand together"
    )]
    Name(String),
    /// What it does.
    #[error("{0:?} is not what a member does: schedule, resource, render")]
    Service(String),
    /// It does nothing.
    #[error("a member has to do something: schedule, resource, render")]
    Nothing,
}

impl Identity {
    /// A member of this name that does `services`: `schedule`, `resource`, `render`.
    ///
    /// # Errors
    /// Where name or services are none.
    pub fn new(name: &str, services: &[String]) -> Result<Self, IdentityError> {
        if !is_name(name) {
            return Err(IdentityError::Name(name.to_owned()));
        }
        if let Some(odd) = services.iter().find(|service| !is_service(service)) {
            return Err(IdentityError::Service(odd.clone()));
        }
        let (name, mut services) = (name.to_owned(), services.to_vec());
        services.sort_unstable();
        services.dedup();
        if services.is_empty() {
            return Err(IdentityError::Nothing);
        }
        Ok(Self { name, services, hosts: Vec::new() })
    }

    /// Names and addresses under which browsers reach it. What is none is left out.
    #[must_use]
    pub fn reached_at(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        let usable = |host: &String| host.parse::<std::net::IpAddr>().is_ok() || is_name(host);
        self.hosts.extend(hosts.into_iter().filter(usable).take(32));
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does, in order.
    #[must_use]
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// Whether others dial it.
    pub(crate) fn is_dialled(&self) -> bool {
        self.services.iter().any(|service| DIALLED.contains(&service.as_str()))
    }

    /// The names that its certificate carries.
    pub(crate) fn dns_names(&self, farm_id: &str) -> Vec<String> {
        let own = self.services.iter().map(|service| format!("{}.{service}.{farm_id}.{SUFFIX}", self.name));
        let dialled = self.services.iter().filter(|service| DIALLED.contains(&service.as_str()));
        own.chain(dialled.map(|service| server_name(service, farm_id)))
            .chain(self.hosts.iter().cloned())
            .collect()
    }

    /// Who is meant by the names in a certificate; `None` where it is no member of the farm.
    pub(crate) fn of_names<'a>(names: impl IntoIterator<Item = &'a str>, farm_id: &str) -> Option<Self> {
        let (mut name, mut services) = (None, Vec::new());
        for text in names {
            let of_farm = text.strip_suffix(SUFFIX).and_then(|text| text.strip_suffix('.'));
            let of_farm = of_farm.and_then(|text| text.strip_suffix(farm_id)?.strip_suffix('.'));
            // One without a name before its service is how others dial it.
            let Some((own, service)) = of_farm.and_then(|text| text.rsplit_once('.')) else { continue };
            if name.is_some_and(|name| name != own) {
                return None;
            }
            name = Some(own);
            services.push(service.to_owned());
        }
        Self::new(name?, &services).ok()
    }
}

/// The name in the certificate of whoever does `service` for a farm and is dialled.
pub(crate) fn server_name(service: &str, farm_id: &str) -> String {
    format!("{service}.{farm_id}.{SUFFIX}")
}

fn is_name(text: &str) -> bool {
    let ends = text.bytes().next().zip(text.bytes().last());
    (1..=NAME_MAX).contains(&text.len())
        && ends.is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && !text.contains("..")
}

fn is_service(text: &str) -> bool {
    ["schedule", "resource", "render"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FARM: &str = "00112233aabbccdd";

    fn identity(name: &str, services: &[&str]) -> Result<Identity, IdentityError> {
        Identity::new(name, &services.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_member_is_known_by_the_names_in_its_certificate() {
        for (name, services) in [
            ("fast-1", vec!["render"]),
            ("Big_Host.lan", vec!["render", "resource", "schedule"]),
            ("render", vec!["render"]),
            ("0a", vec!["resource"]),
        ] {
            let identity = identity(name, &services).unwrap();
            let browsers = ["farm.example".to_owned(), "10.0.0.5".to_owned(), "no name".to_owned()];
            let names = identity.clone().reached_at(browsers).dns_names(FARM);
            assert_eq!(names.len(), services.len() + 2 + services.iter().filter(|s| **s != "render").count());
            let read = Identity::of_names(names.iter().map(String::as_str), FARM).unwrap();
            assert_eq!(read, identity, "{names:?}");
            assert_eq!(Identity::of_names(names.iter().map(String::as_str), "ffff2233aabbccdd"), None);
        }
    }

    #[test]
    fn nobody_can_be_named_like_a_server_or_like_two() {
        let dialled = server_name("schedule", FARM);
        for name in ["schedule", "a.schedule", "x", "schedule.render"] {
            let names = identity(name, &["render"]).unwrap().dns_names(FARM);
            assert!(!names.contains(&dialled), "{names:?}");
        }
        let two = [format!("a.render.{FARM}.framefarm"), format!("b.render.{FARM}.framefarm")];
        assert_eq!(Identity::of_names(two.iter().map(String::as_str), FARM), None);
        assert_eq!(Identity::of_names([dialled.as_str()], FARM), None);
    }

    #[test]
    fn odd_names_and_services_are_refused() {
        let long = "x".repeat(64);
        for name in ["", ".", "-a", "a.", "a..b", "*", "a b", "a/b", "ä", "a\n", &long] {
            assert!(matches!(identity(name, &["render"]), Err(IdentityError::Name(_))), "{name:?}");
        }
        assert!(matches!(identity("a", &["cook"]), Err(IdentityError::Service(_))));
        assert_eq!(identity("a", &[]), Err(IdentityError::Nothing));
    }
}
