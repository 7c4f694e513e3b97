//! The servers that are measured: a schedule server and a resource server of their own, each a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use trust::{Account, Accounts};
use wire::link::DialError;
use wire::{Client, Credential, ServerUrl};

use crate::error::LoadError;
use crate::host::{Pace, Plan};

/// Where the servers of a farm keep their credential file, in its folder.
const CONFIG: &str = "config";
/// A server has to be ready after this long.
const READY_TIME: Duration = Duration::from_secs(60);

/// Where runs find their program and keep their data.
#[derive(Debug)]
pub(crate) struct Place {
    framefarm: PathBuf,
    data: PathBuf,
    /// Removed at the end.
    _own: Option<TempDir>,
}

impl Place {
    pub(crate) fn new(framefarm: Option<PathBuf>, data: Option<PathBuf>) -> Result<Self, LoadError> {
        let beside = || std::env::current_exe().ok().map(|own| own.with_file_name("framefarm"));
        let framefarm = framefarm.or_else(beside).unwrap_or_else(|| "framefarm".into());
        let own = match &data {
            Some(_) => None,
            None => Some(TempDir::with_prefix("framefarm-load.").map_err(file(&std::env::temp_dir()))?),
        };
        let data = data.or_else(|| own.as_ref().map(|own| own.path().to_owned())).unwrap_or_default();
        std::fs::create_dir_all(&data).map_err(file(&data))?;
        Ok(Self { framefarm, data, _own: own })
    }

    /// The program to measure.
    pub(crate) fn framefarm(&self) -> &Path {
        &self.framefarm
    }

    /// The folder for data.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }
}

/// What the schedule server has written for the account of the farm in `folder`.
pub(crate) fn account(folder: &Path) -> Option<Account> {
    Accounts::within(&folder.join(CONFIG).join("framefarm/farms")).all().pop()
}

pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> LoadError {
    let path = path.to_owned();
    move |source| LoadError::File { path, source }
}

/// A server in a process of its own, killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) url: ServerUrl,
}

impl Server {
    /// Starts `program` and waits until it says on stdout at which URL it is ready.
    pub(crate) async fn start(
        what: &'static str,
        program: &Path,
        arguments: &[String],
        folder: &Path,
    ) -> Result<Self, LoadError> {
        std::fs::create_dir_all(folder).map_err(file(folder))?;
        let (said, log) = (folder.join(format!("{what}.ready")), folder.join(format!("{what}.log")));
        let mut child = Command::new(program)
            .args(arguments)
            // What the servers of a farm prove themselves by is for that farm alone.
            .env("XDG_CONFIG_HOME", folder.join(CONFIG))
            .stdin(Stdio::null())
            .stdout(File::create(&said).map_err(file(&said))?)
            .stderr(File::create(&log).map_err(file(&log))?)
            .spawn()
            .map_err(|source| LoadError::Start { program: program.to_owned(), source })?;
        let begun = Instant::now();
        while begun.elapsed() < READY_TIME && matches!(child.try_wait(), Ok(None)) {
            let text = std::fs::read_to_string(&said).unwrap_or_default();
            let url = text.split_whitespace().find(|word| word.starts_with("http"));
            if let Some(Ok(url)) = url.filter(|_| text.ends_with('\n')).map(str::parse) {
                return Ok(Self { child, url });
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let _ = child.kill();
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        let end: Vec<&str> = log.lines().rev().take(5).collect();
        Err(LoadError::NotReady { what, log: end.into_iter().rev().collect::<Vec<_>>().join(" | ") })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A farm without render servers.
#[derive(Debug)]
pub(crate) struct Farm {
    program: PathBuf,
    folder: PathBuf,
    pub(crate) schedule: Server,
    pub(crate) resource: Server,
}

impl Farm {
    /// Starts a farm with data of its own.
    pub(crate) async fn start(place: &Place, name: &str) -> Result<Self, LoadError> {
        let folder = place.data.join(name);
        let arguments = Self::arguments("resource", "0", &folder, None);
        let resource = Server::start("resource", &place.framefarm, &arguments, &folder).await?;
        let schedule = Self::start_schedule(&place.framefarm, &folder, &resource).await?;
        let farm = Self { program: place.framefarm.clone(), folder, schedule, resource };
        farm.is_known().await?;
        Ok(farm)
    }

    /// Waits until the resource server has found out to which farm it belongs, and so whom to let in.
    async fn is_known(&self) -> Result<(), LoadError> {
        let begun = Instant::now();
        let plan = self.plan(Pace::Never);
        while let Err(error) = plan.link_resource(&self.resource.url).await {
            if begun.elapsed() >= READY_TIME || !matches!(error, DialError::Refused { .. }) {
                return Err(error.into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn start_schedule(program: &Path, folder: &Path, resource: &Server) -> Result<Server, LoadError> {
        let arguments = Self::arguments("schedule", "0", folder, Some(&resource.url));
        Server::start("schedule", program, &arguments, folder).await
    }

    /// Ends the schedule server as a crash would, and starts it again.
    pub(crate) async fn crash_schedule(self) -> Result<Self, LoadError> {
        let Self { program, folder, schedule, resource } = self;
        schedule.kill();
        let schedule = Self::start_schedule(&program, &folder, &resource).await?;
        Ok(Self { program, folder, schedule, resource })
    }

    /// Ends the resource server as a crash would, and starts it again after `pause` where it was. Also gives
    /// the moment of the crash and that of its being ready.
    pub(crate) async fn crash_resource(self, pause: Duration) -> Result<(Self, Instant, Instant), LoadError> {
        let Self { program, folder, schedule, resource } = self;
        let url = resource.url.to_string();
        let port = url.rsplit(':').next().unwrap_or_default();
        let arguments = Self::arguments("resource", port, &folder, None);
        let killed = Instant::now();
        resource.kill();
        tokio::time::sleep(pause).await;
        let resource = Server::start("resource", &program, &arguments, &folder).await?;
        Ok((Self { program, folder, schedule, resource }, killed, Instant::now()))
    }

    pub(crate) fn client(&self) -> Client {
        let credential = Credential { bearer: self.token(), ..Credential::default() };
        Client::new(self.schedule.url.clone(), &credential)
    }

    /// Hosts of this farm whose frames take as long as `work` says.
    pub(crate) fn plan(&self, work: Pace) -> Plan {
        let (schedule, resource) = (self.schedule.url.clone(), Some(self.resource.url.clone()));
        Plan { schedule, resource, work, token: self.token() }
    }

    /// The token that the schedule server has written for the account of this farm.
    fn token(&self) -> Option<String> {
        account(&self.folder)?.token
    }

    fn arguments(role: &str, port: &str, folder: &Path, resource: Option<&ServerUrl>) -> Vec<String> {
        let data = folder.join(role).display().to_string();
        // A name that nobody else looks for, nor another farm of the same run.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let farm = format!("load-{}-{name}", std::process::id());
        let words = ["serve", role, "--port", port, "--data", &data, "--farm", &farm, "--log-level", "warn"];
        let mut arguments: Vec<String> = words.map(str::to_owned).to_vec();
        arguments.extend(resource.into_iter().flat_map(|url| ["--resource".to_owned(), url.to_string()]));
        arguments
    }
}
