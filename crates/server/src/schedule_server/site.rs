//! The rendering packages of this site: files in a folder, read again whenever they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::PackageFile;
use packages::Library;
use tokio::sync::watch;

use super::Desk;
use super::api::Answer;

/// Between two looks at the folder.
const LOOK: Duration = Duration::from_secs(5);

/// The library with what lies in `folder`. Where that cannot be used the farm goes on without it.
pub(super) fn read(folder: &Path) -> Library {
    match Library::files_below(folder).and_then(Library::with) {
        Ok(library) => library,
        Err(faults) => {
            tracing::error!("the packages in {} are left out:\n{faults}", folder.display());
            Library::embedded()
        }
    }
}

/// Looks again and again, until nobody wants to know.
pub(super) async fn keep_reading(folder: PathBuf, known: watch::Sender<Arc<Library>>) {
    let mut tried = known.borrow().site_files().to_vec();
    while !known.is_closed() {
        tokio::time::sleep(LOOK).await;
        let (place, before) = (folder.clone(), tried.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let files = Library::files_below(&place).unwrap_or_else(|_| before.clone());
            (files != before).then(|| (files.clone(), Library::with(files)))
        });
        match looked.await {
            Ok(Some((files, library))) => {
                tried = files;
                match library {
                    Ok(library) => {
                        tracing::info!("the packages in {} were read again", folder.display());
                        known.send_replace(Arc::new(library));
                    }
                    Err(faults) => {
                        tracing::error!("the packages in {} stay as they were:\n{faults}", folder.display());
                    }
                }
            }
            Ok(None) => {}
            Err(error) => return tracing::error!("packages are not read any more: {error}"),
        }
    }
}

/// The files of the site.
pub(super) async fn packages(State(desk): State<Desk>) -> Answer<Vec<PackageFile>> {
    let library = desk.library.borrow().clone();
    Ok(Json(library.site_files().to_vec()))
}
