//! Files by which a site says what rendering packages it has.

use serde::{Deserialize, Serialize};

/// A file of a site: the definition of a package, or a script that one names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackageFile {
    /// Its path below the folder, `/` between its parts.
    pub path: String,
    /// What is in it.
    pub text: String,
}
