//! `framefarm up`: a whole farm in one process.

use clap::Args;
use wire::Service;

use super::serve::{Options, serve};
use crate::cli::Global;
use crate::output::{Exit, Failure};

/// Run a whole farm in one process on this machine
///
/// Schedule server, resource server and render server, reachable from this machine alone. One line on
/// standard output says when and where it is ready. SIGTERM or Ctrl-C stops it cleanly; started again with
/// the same data folder it goes on where it was.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  framefarm up
  framefarm up --data /tmp/farm --port 0             a farm to try things with")]
pub(crate) struct Up {
    #[command(flatten)]
    options: Options,
}

impl Up {
    pub(crate) async fn run(self, global: &Global) -> Result<Exit, Failure> {
        serve(global, vec![Service::Schedule, Service::Resource, Service::Render], None, None, self.options)
            .await
    }
}
