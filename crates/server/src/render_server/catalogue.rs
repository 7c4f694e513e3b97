//! The rendering packages that this render server knows, with their scripts on this host's disk.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::PackageFile;
use packages::{Definition, Library};
use tokio::sync::watch;

use super::delivery::Server;
use super::session::remove;
use super::tenant;

/// Between two questions for the packages of the site.
const ASK: Duration = Duration::from_secs(15);

/// Definitions, and the folder that holds their scripts.
pub(super) struct Catalogue {
    pub(super) library: Arc<Library>,
    folder: PathBuf,
}

impl Catalogue {
    /// Writes the scripts of `library` below `root`, where frames may read them. The folder is named after
    /// what is in it, so that what runs keeps the scripts that it was started with.
    pub(super) fn of(library: Arc<Library>, root: &Path) -> io::Result<Self> {
        let folder = root.join(library.digest_of_scripts());
        let catalogue = Self { library, folder };
        if catalogue.folder.exists() {
            return Ok(catalogue);
        }
        tenant::make_passage(root)?;
        let part = root.join("part");
        remove(&part);
        tenant::make_passage(&part)?;
        for definition in catalogue.library.iter().filter(|one| one.all_scripts().next().is_some()) {
            let folder = part.join(&definition.name);
            fs::create_dir(&folder)?;
            // Python lists the folder that it takes modules from.
            fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
            for script in definition.all_scripts() {
                let path = folder.join(&script.name);
                fs::write(&path, script.text.as_bytes())?;
                fs::set_permissions(&path, Permissions::from_mode(0o755))?;
            }
        }
        fs::rename(&part, &catalogue.folder)?;
        Ok(catalogue)
    }

    /// The folder of the scripts of `definition`.
    pub(super) fn scripts(&self, definition: &Definition) -> PathBuf {
        self.folder.join(&definition.name)
    }
}

/// The library with the files of the site as they were told last, so that what still runs is understood
/// before the schedule server is there.
pub(super) fn remembered(file: &Path) -> Library {
    let files = fs::read(file).ok().and_then(|text| serde_json::from_slice::<Vec<PackageFile>>(&text).ok());
    files.and_then(|files| Library::with(files).ok()).unwrap_or_else(Library::embedded)
}

/// Asks the schedule server for the packages of the site.
pub(super) struct Keeping {
    pub(super) known: watch::Sender<Arc<Catalogue>>,
    /// Where they are remembered.
    pub(super) file: PathBuf,
    /// Where scripts are written.
    pub(super) scripts: PathBuf,
}

impl Keeping {
    /// Asks at every link and now and then, for good.
    pub(super) async fn go_on(self, mut server: watch::Receiver<Option<Server>>) {
        loop {
            let client = server.borrow_and_update().as_ref().map(|server| server.client.clone());
            if let Some(client) = client {
                match client.packages().await {
                    Ok(files) if files != self.known.borrow().library.site_files() => self.take(files),
                    Ok(_) => {}
                    Err(error) => tracing::debug!("the packages of the site are not told: {error}"),
                }
            }
            if let Ok(Err(_)) = tokio::time::timeout(ASK, server.changed()).await {
                return; // nobody will be linked to any more
            }
        }
    }

    fn take(&self, files: Vec<PackageFile>) {
        let text = serde_json::to_vec(&files);
        let library = match Library::with(files) {
            Ok(library) => Arc::new(library),
            Err(faults) => return tracing::error!("the packages of the site are not understood:\n{faults}"),
        };
        let kept = text.map_err(io::Error::from).and_then(|text| fs::write(&self.file, text));
        let catalogue = kept.and_then(|()| Catalogue::of(library, &self.scripts));
        match catalogue {
            Ok(catalogue) => {
                tracing::info!("the packages of the site are known");
                self.known.send_replace(Arc::new(catalogue));
            }
            Err(error) => tracing::error!("the packages of the site cannot be kept: {error}"),
        }
    }
}
