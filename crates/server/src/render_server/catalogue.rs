//! The rendering packages that this render server knows, with their scripts on this host's disk.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use packages::{Definition, Library};

use super::session::remove;
use super::tenant;

/// Definitions, and the folder that holds their scripts.
pub(super) struct Catalogue {
    pub(super) library: Arc<Library>,
    folder: PathBuf,
}

impl Catalogue {
    /// Writes the scripts of `library` below `root`, where frames may read them. The folder is named after what
    /// is in it, so that what runs keeps the scripts that it was started with.
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
