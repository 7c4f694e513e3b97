//! What a server process is told at its start.

use std::path::PathBuf;

use wire::{DiscoveryConfig, ServerUrl, Service};

use crate::DeskPolicy;

/// The loopback port of the schedule server's and resource server's API and links, where none is given.
pub const DEFAULT_PORT: u16 = 7117;

/// Which servers to run and with what.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The servers to run in this process, in any combination (requirement L13); at least one.
    pub services: Vec<Service>,
    /// Folder for everything that must survive a restart.
    pub data: PathBuf,
    /// TCP port on loopback; 0 picks a free one. A render server alone opens none.
    pub port: u16,
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
    /// Words that people give the host.
    pub tags: Vec<String>,
    /// When the render server renders, where it stands on somebody's desktop; always where absent.
    pub desk: Option<DeskPolicy>,
    /// Where the schedule server is; found by discovery where absent.
    pub schedule_url: Option<ServerUrl>,
    /// Where the resource server is; found by discovery where absent.
    pub resource_url: Option<ServerUrl>,
    /// Mail server, for example `smtp://mail.example.com:25`; without it notices wait.
    pub smtp: Option<String>,
    /// Sender of mails.
    pub mail_from: Option<String>,
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
