//! Licences that a host can use: variables that lead to licence servers, and the files that vendors lay down.
//!
//! Only names of servers and paths are told. What else stands in such a variable may be a key, and what
//! stands in a file is never read.

use model::LicenceInfo;

use super::sources::Sources;

/// What a variable holds, and so how much of it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// `PORT@SERVER` or paths, several with `:`, `;` or `,` between them.
    Servers,
    /// A server alone, several with `,` between them.
    Server,
    /// A path.
    Path,
    /// Perhaps a key: nothing of it is told.
    Secret,
}

/// Variables: of what, what it is called, what it holds.
const VARIABLES: [(&str, &str, Holds); 18] = [
    ("flexlm", "LM_LICENSE_FILE", Holds::Servers),
    ("autodesk", "ADSKFLEX_LICENSE_FILE", Holds::Servers),
    ("arnold", "solidangle_LICENSE", Holds::Servers),
    ("foundry", "foundry_LICENSE", Holds::Servers),
    ("foundry", "FOUNDRY_LICENSE_FILE", Holds::Servers),
    ("rlm", "RLM_LICENSE", Holds::Servers),
    ("renderman", "PIXAR_LICENSE_FILE", Holds::Servers),
    ("houdini", "SESI_LMHOST", Holds::Server),
    ("redshift", "redshift_LICENSE", Holds::Servers),
    ("redshift", "REDSHIFT_LICENSEPATH", Holds::Path),
    ("cinema4d", "g_licenseServerRLM", Holds::Server),
    ("vray", "VRAY_AUTH_CLIENT_FILE_PATH", Holds::Path),
    ("vray", "VRAY_AUTH_CLIENT_SETTINGS", Holds::Secret),
    ("yeti", "peregrinel_LICENSE", Holds::Servers),
    ("golaem", "golaem_LICENSE", Holds::Servers),
    ("sapphire", "genarts_LICENSE", Holds::Servers),
    ("maxwell", "nextlimit_LICENSE", Holds::Servers),
    ("thinkbox", "THINKBOX_LICENSE_FILE", Holds::Servers),
];

/// How the two licence managers of the trade name the variables of vendors who are not in the table: the
/// vendor's own name stands in front.
const ENDINGS: [&str; 2] = ["_LICENSE_FILE", "_LICENSE"];

/// Files and folders, as patterns.
const FILES: [(&str, &str); 12] = [
    ("flexlm", "/usr/local/flexlm/licenses/*.dat"),
    ("flexlm", "/usr/local/flexlm/licenses/*.lic"),
    ("autodesk", "/var/flexlm/maya.lic"),
    ("foundry", "/usr/local/foundry/RLM/*.lic"),
    ("foundry", "/usr/local/foundry/FLEXlm/*.lic"),
    ("rlm", "/opt/rlm/*.lic"),
    ("renderman", "/opt/pixar/pixar.license"),
    ("houdini", "/usr/lib/sesi/licenses"),
    ("vray", "~/.ChaosGroup/vrlclient.xml"),
    ("sapphire", "/usr/genarts/rlm/*.lic"),
    ("borisfx", "/usr/borisfx/rlm/*.lic"),
    ("davinci", "/opt/resolve/.license/*.lic"),
];

/// Licences by name.
pub(super) fn all(sources: &Sources) -> Vec<LicenceInfo> {
    let variables = VARIABLES.iter().filter_map(|(name, variable, holds)| {
        let value = sources.variable(variable)?;
        Some(LicenceInfo { name: (*name).to_owned(), source: told(variable, value, *holds) })
    });
    let others = sources.variables().filter_map(|(variable, value)| {
        let vendor = ENDINGS.iter().find_map(|ending| variable.strip_suffix(ending))?;
        let known = vendor.is_empty() || VARIABLES.iter().any(|(_, name, _)| *name == variable);
        // The name alone is too little: programs of all kinds have variables that end so.
        let source = told(variable, value, Holds::Servers);
        (!known && source != variable).then(|| LicenceInfo { name: vendor.to_lowercase(), source })
    });
    let files = FILES.iter().flat_map(|(name, pattern)| {
        let paths = sources.matches(pattern).into_iter();
        paths.map(|path| LicenceInfo { name: (*name).to_owned(), source: path.display().to_string() })
    });
    let mut all: Vec<LicenceInfo> = variables.chain(others).chain(files).collect();
    all.sort();
    all.dedup();
    all
}

/// The variable, with as much of its value as is no secret.
fn told(variable: &str, value: &str, holds: Holds) -> String {
    let parts: Vec<&str> = match holds {
        Holds::Servers => value.split([':', ';', ',']).map(str::trim).filter(|it| is_server(it)).collect(),
        Holds::Server => value.split(',').map(str::trim).filter(|it| is_host(it)).collect(),
        Holds::Path => Some(value).filter(|it| is_path(it)).into_iter().collect(),
        Holds::Secret => Vec::new(),
    };
    if parts.is_empty() { variable.to_owned() } else { format!("{variable}={}", parts.join(":")) }
}

/// `PORT@SERVER`, `@SERVER` or a path.
fn is_server(text: &str) -> bool {
    let at = text.split_once('@');
    is_path(text)
        || at.is_some_and(|(port, host)| port.bytes().all(|letter| letter.is_ascii_digit()) && is_host(host))
}

/// A name as servers have: what has none of its looks may be a key.
fn is_host(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
    (1..=80).contains(&text.len()) && text.chars().all(plain)
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.chars().all(|letter| !letter.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_of_no_table_are_known_by_their_variables() {
        let variables = [
            ("LM_LICENSE_FILE", "27000@lic1"),
            ("sitni_LICENSE", "5053@lic2"),
            ("MY_LICENSE", "MIT"),
            ("_LICENSE", "5053@lic2"),
            ("SESI_LMHOST", ""),
        ];
        let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let sources = Sources::recorded(std::path::Path::new("/not/there"), environment);
        let found: Vec<_> =
            all(&sources).into_iter().map(|it| format!("{} {}", it.name, it.source)).collect();
        assert_eq!(found, ["flexlm LM_LICENSE_FILE=27000@lic1", "sitni sitni_LICENSE=5053@lic2"]);
    }

    #[test]
    fn servers_are_told_and_keys_are_not() {
        for (value, holds, expected) in [
            ("27000@lic1", Holds::Servers, "X=27000@lic1"),
            ("27000@lic1:27000@lic2;/opt/l.lic", Holds::Servers, "X=27000@lic1:27000@lic2:/opt/l.lic"),
            ("@lic1.example.com", Holds::Servers, "X=@lic1.example.com"),
            ("sk-live-4242@lic1", Holds::Servers, "X"),
            ("aGVsbG8gd29ybGQ=", Holds::Servers, "X"),
            ("hou.example.com,10.0.0.3", Holds::Server, "X=hou.example.com:10.0.0.3"),
            ("key with blanks", Holds::Server, "X"),
            ("/etc/chaos", Holds::Path, "X=/etc/chaos"),
            ("hunter2", Holds::Path, "X"),
            ("hunter2", Holds::Secret, "X"),
        ] {
            assert_eq!(told("X", value, holds), expected, "{value}");
        }
    }
}
