//! The last step to a job: its files found, its package asked, every fault in one list.

use std::path::Path;

use model::{Faults, JobDescription};
use packages::Library;

use super::draft::Draft;
use super::in_order;
use super::understand::{Surroundings, Understood, understand};

/// A job that can be submitted, and what people should know of it.
pub(crate) struct Prepared {
    pub(crate) job: JobDescription,
    pub(crate) warnings: Vec<String>,
}

/// Makes the job that `draft` asks for.
///
/// # Errors
/// Every fault of the description, of its files and of what is asked of the package.
pub(crate) fn prepare(draft: &Draft) -> Result<Prepared, Faults> {
    let library = Library::embedded();
    let package_for = |scene: &Path| {
        let ending = scene.extension()?.to_str()?.to_ascii_lowercase();
        let reads = |definition: &&packages::Definition| definition.scene.endings.contains(&ending);
        library.iter().find(reads).map(|definition| definition.name.clone())
    };
    let user = user();
    let around = Surroundings { user: &user, package_for: &package_for };
    let Understood { job, mut faults } = understand(draft, &around);
    if let Err(more) = job.check() {
        for mut fault in more.0 {
            if let Some(place) = draft.place_of(&fault.place) {
                fault.place = place.to_owned();
            }
            faults.push(fault);
        }
    }
    in_order(faults).or(Prepared { job, warnings: Vec::new() })
}

/// Who is at the keyboard.
fn user() -> String {
    let name = |variable| std::env::var(variable).ok().filter(|name: &String| !name.trim().is_empty());
    ["USER", "LOGNAME"].into_iter().find_map(name).unwrap_or_else(|| "unknown".to_owned())
}
