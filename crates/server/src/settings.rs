//! What a server process is told at its start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use trust::JoinToken;
use wire::{DiscoveryConfig, ServerUrl, Service};

use crate::{DeskPolicy, Listen, MetricsPort};

/// The loopback port of the schedule server's and resource server's API and links, where none is given.
pub const DEFAULT_PORT: u16 = 7117;

/// Which servers to run and with what.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The servers to run in this process, in any combination (requirement L13); at least one.
    pub services: Vec<Service>,
    /// Folder for everything that must survive a restart.
    pub data: PathBuf,
    /// TCP port; 0 picks a free one. A render server alone opens none.
    pub port: u16,
    /// At which addresses the port is open.
    pub listen: Listen,
    /// How long the certificates hold that the schedule server gives.
    pub certificate_life: Duration,
    /// What lets this process join a farm without being asked about; only where it runs no schedule server.
    pub join: Option<JoinToken>,
    /// The network data storage, where frames end; `results` in the data folder where absent. A render server
    /// that mounts it delivers frames straight into it.
    pub storage: Option<PathBuf>,
    /// Farm name and UDP port of discovery.
    pub discovery: DiscoveryConfig,
    /// Name of the render host; the machine's where absent.
    pub name: Option<String>,
    /// Slots of the render server; one per processor where absent (requirement L14).
    pub slots: Option<u16>,
    /// Threads that a package may use for a frame; one where absent, a slot being a processor.
    pub threads: Option<u16>,
    /// Who frames run as, where the render server is root: `framefarm`, or `nobody` without such a user,
    /// where absent.
    pub render_user: Option<String>,
    /// Where frames work, in a folder of the render server's own; its data folder where absent, or `/var/tmp`
    /// where frames run as another account.
    pub scratch: Option<PathBuf>,
    /// Bytes of files of jobs that a render server keeps for the next; a tenth of what is free where absent.
    /// With the schedule server in the same process all are there anyway.
    pub cache: Option<u64>,
    /// Words that people give the host.
    pub tags: Vec<String>,
    /// When the render server renders, where it stands on somebody's desktop; always where absent.
    pub desk: Option<DeskPolicy>,
    /// Where the schedule server is; found by discovery where absent.
    pub schedule_url: Option<ServerUrl>,
    /// Where the resource server is; found by discovery where absent.
    pub resource_url: Option<ServerUrl>,
    /// Folder with definitions of rendering packages of the site; `packages` in the data folder where not
    /// given.
    pub packages: Option<PathBuf>,
    /// Mail server, for example `smtp://mail.example.com:25`; without it notices wait.
    pub smtp: Option<String>,
    /// Sender of mails.
    pub mail_from: Option<String>,
    /// Where figures for Prometheus are given out besides the server's own port; nowhere where absent.
    pub metrics: Option<MetricsPort>,
    /// Folder where the web page lies as it was built, for whoever works on it; that in the program where
    /// absent.
    pub page: Option<PathBuf>,
}

/// What runs, once it does.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Base URL of the API and links, where a port was opened.
    pub url: Option<String>,
    /// The servers that run.
    pub services: Vec<Service>,
    /// The data folder, absolute.
    pub data: PathBuf,
    /// The storage, absolute, where a schedule server runs.
    pub storage: Option<PathBuf>,
    /// Name and slots of the render host, where a render server runs.
    pub render_host: Option<(String, u16)>,
}

/// What a process has to say to whoever started it.
#[derive(Clone, Debug)]
pub enum Said {
    /// Its servers run.
    Ready(Ready),
    /// A link that lets the owner of the farm in, once.
    OwnerLink(String),
    /// Somebody has to approve it before it belongs to the farm.
    Pending {
        /// The name that it asked for.
        name: String,
        /// The code that both sides show.
        code: String,
    },
}

/// Where a process says what it has to say.
#[derive(Clone)]
pub struct News(Arc<dyn Fn(&Said) + Send + Sync>);

impl News {
    /// To `listener`.
    #[must_use]
    pub fn to(listener: impl Fn(&Said) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    pub(crate) fn say(&self, said: &Said) {
        (self.0)(said);
    }
}
