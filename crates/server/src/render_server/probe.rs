//! What this host has: the machine itself, and the rendering packages found on it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{PackageInfo, ResourceInfo};
use packages::{Definition, Library};

use crate::error_chain;

/// A package that takes longer to say its version is not usable.
const VERSION_WAIT: Duration = Duration::from_secs(20);

/// Looks at the machine and asks every package that it finds for its version.
pub(super) async fn host(scratch: &Path, library: &Arc<Library>) -> ResourceInfo {
    let (scratch, library) = (scratch.to_owned(), library.clone());
    let probed = tokio::task::spawn_blocking(move || {
        let mut info = process::probe::host(&scratch);
        info.packages = library.iter().filter_map(find).collect();
        info
    });
    probed.await.unwrap_or_else(|error| {
        tracing::error!("the host could not be probed: {error}");
        ResourceInfo::default()
    })
}

/// The first of the package's executables that says a version.
fn find(definition: &Definition) -> Option<PackageInfo> {
    let names: Vec<_> = definition.executables.iter().map(String::as_str).collect();
    process::probe::find_executable(&names, &[]).iter().find_map(|path| ask(definition, path))
}

fn ask(definition: &Definition, path: &Path) -> Option<PackageInfo> {
    let version = match &definition.version {
        None => String::new(),
        Some(probe) => {
            let said = match process::capture(path, &probe.arguments, VERSION_WAIT) {
                Ok(said) => said,
                Err(error) => {
                    tracing::warn!(package = definition.name, "left out: {}", error_chain(&error));
                    return None;
                }
            };
            let Some(version) = definition.version_in(&said.stdout, &said.stderr) else {
                tracing::warn!(package = definition.name, "left out: {} says no version", path.display());
                return None;
            };
            version
        }
    };
    tracing::info!(package = definition.name, version, path = %path.display(), "package found");
    Some(PackageInfo { name: definition.name.clone(), version, executable: path.display().to_string() })
}
