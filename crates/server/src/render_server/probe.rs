//! What this host has, told again whenever it changes: a package that is installed or taken away, memory
//! that a limit takes, a share that is mounted.

use std::sync::Arc;
use std::time::Duration;

use model::ResourceInfo;
use tokio::sync::watch;

use super::catalogue::Catalogue;
use crate::inventory::Inventory;

/// Between two looks. A package has to be known within 30 s, and has to be asked for its version meanwhile.
const LOOK: Duration = Duration::from_secs(10);
/// Free scratch space is told again when it differs by a part of this size, as it changes with each frame.
const SCRATCH_PARTS: u64 = 8;

/// Looks for the first time.
pub(super) async fn first(mut inventory: Inventory) -> (Inventory, ResourceInfo) {
    let looked = tokio::task::spawn_blocking(move || {
        let info = inventory.look().info;
        (inventory, info)
    });
    // What it does cannot fail but by a fault of this program, which has no place to go on from.
    looked.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Looks again and again, and tells what has changed, until nobody listens.
pub(super) async fn keep_looking(
    mut inventory: Inventory,
    mut catalogue: watch::Receiver<Arc<Catalogue>>,
    told: watch::Sender<ResourceInfo>,
) {
    loop {
        // Packages that have just become known are looked for at once.
        let _ = tokio::time::timeout(LOOK, news(&mut catalogue)).await;
        inventory.know(catalogue.borrow_and_update().library.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let info = inventory.look().info;
            (inventory, info)
        });
        let info = match looked.await {
            Ok((looked, info)) => {
                inventory = looked;
                info
            }
            Err(error) => {
                tracing::error!("the host cannot be looked at again: {error}");
                return;
            }
        };
        tell_of_packages(&told.borrow(), &info);
        told.send_if_modified(|before| replace(before, info));
        if told.is_closed() {
            return;
        }
    }
}

/// Ends when other packages are known.
async fn news(catalogue: &mut watch::Receiver<Arc<Catalogue>>) {
    if catalogue.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Takes `now` over where it matters, and says whether it did.
fn replace(before: &mut ResourceInfo, mut now: ResourceInfo) -> bool {
    let step = before.scratch_bytes / SCRATCH_PARTS;
    if now.scratch_bytes.abs_diff(before.scratch_bytes) <= step {
        now.scratch_bytes = before.scratch_bytes;
    }
    let changed = *before != now;
    *before = now;
    changed
}

fn tell_of_packages(before: &ResourceInfo, now: &ResourceInfo) {
    for package in before.packages.iter().filter(|package| !now.packages.contains(package)) {
        tracing::info!(
            package = package.name,
            version = package.version,
            "package gone: {}",
            package.executable
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_is_told_by_steps_and_everything_else_at_once() {
        let info = |scratch_bytes, memory_bytes| ResourceInfo {
            scratch_bytes,
            memory_bytes,
            ..ResourceInfo::default()
        };
        let mut told = info(800, 64);
        assert!(!replace(&mut told, info(701, 64)));
        assert!(!replace(&mut told, info(899, 64)), "it is the told amount that counts");
        assert!(replace(&mut told, info(699, 64)));
        assert!(replace(&mut told, info(690, 32)));
        assert_eq!(told, info(699, 32), "what is within a step is told when there is a reason");
        assert!(replace(&mut told, info(0, 32)));
        assert!(!replace(&mut told, info(0, 32)));
        assert!(replace(&mut told, info(1, 32)));
    }
}
