//! The credential files of an account, one for each farm that it knows: `farms/<farm id>.toml` in its
//! configuration folder. They hold a token, so they are for their account alone.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{self, PrivateFileError};
use crate::{AuthorityCertificate, is_farm_id};

/// Whoever keeps more farms than this is asked for one of them by its id.
const FARMS_MAX: usize = 1000;

/// What an account knows of a farm.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name of the farm.
    pub name: String,
    /// Its id.
    pub farm_id: String,
    /// The certificate of its authority, PEM.
    pub authority: String,
    /// Where it was reached last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The token of this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The credential files of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts {
    folder: PathBuf,
}

/// A credential file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file.
    #[error("the credential file of this account cannot be used")]
    File(#[from] PrivateFileError),
    /// What it holds.
    #[error("{path} is no credential file: {why}")]
    Garbled {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// It has no place: the id is none.
    #[error("{0:?} is not the id of a farm: 16 hexadecimal digits are wanted")]
    NoFarmId(String),
}

impl AccountError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Garbled { path, .. } => {
                Some(format!("remove {}, and log in again: framefarm login", path.display()))
            }
            Self::NoFarmId(_) => None,
        }
    }
}

impl Accounts {
    /// Those of the account that runs this process: `$XDG_CONFIG_HOME/framefarm/farms`, else
    /// `~/.config/framefarm/farms`; `None` where it has no home.
    #[must_use]
    pub fn own() -> Option<Self> {
        let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
        Some(Self::within(&config.join("framefarm/farms")))
    }

    /// Those in a folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Where the file for a farm is.
    ///
    /// # Errors
    /// Where `farm_id` is none.
    pub fn path(&self, farm_id: &str) -> Result<PathBuf, AccountError> {
        if !is_farm_id(farm_id) {
            return Err(AccountError::NoFarmId(farm_id.to_owned()));
        }
        Ok(self.folder.join(format!("{farm_id}.toml")))
    }

    /// What the account knows of a farm; `None` where it knows nothing.
    ///
    /// # Errors
    /// Where others can read the file, or it holds something else.
    pub fn read(&self, farm_id: &str) -> Result<Option<Account>, AccountError> {
        let path = self.path(farm_id)?;
        let Some(text) = files::read(&path)? else { return Ok(None) };
        parse(&text, farm_id).map(Some).map_err(|why| AccountError::Garbled { path, why })
    }

    /// All farms that the account knows, by id; files that cannot be used are left out.
    #[must_use]
    pub fn all(&self) -> Vec<Account> {
        let names = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let ids =
            names.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned()));
        let mut ids: Vec<String> = ids.filter(|id| is_farm_id(id)).take(FARMS_MAX).collect();
        ids.sort_unstable();
        ids.iter().filter_map(|id| self.read(id).ok().flatten()).collect()
    }

    /// Keeps what the account knows of a farm, in the place of what was there.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, account: &Account) -> Result<(), AccountError> {
        let path = self.path(&account.farm_id)?;
        files::make_folder(&self.folder)?;
        let text = toml::to_string(account);
        let text =
            text.map_err(|error| AccountError::Garbled { path: path.clone(), why: error.to_string() })?;
        Ok(files::write(&path, &format!("# A credential of this account. Show it to nobody.\n{text}"))?)
    }

    /// Forgets a farm.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn remove(&self, farm_id: &str) -> Result<(), AccountError> {
        Ok(files::remove(&self.path(farm_id)?)?)
    }
}

/// An account from the text of its file. Errors do not repeat what stands there.
fn parse(text: &str, farm_id: &str) -> Result<Account, String> {
    let account: Account = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let authority = AuthorityCertificate::read(&account.authority).map_err(|error| error.to_string())?;
    if account.farm_id != farm_id || authority.farm_id() != farm_id {
        return Err(format!("it is not for the farm {farm_id}"));
    }
    Ok(account)
}

/// The token is a secret and is not shown.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, farm_id, url, token, .. } = self;
        f.debug_struct("Account")
            .field("name", name)
            .field("farm_id", farm_id)
            .field("url", url)
            .field("token", &token.is_some())
            .finish_non_exhaustive()
    }
}
