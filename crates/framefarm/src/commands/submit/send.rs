//! A prepared job to the farm: first the files it does not have, then the job itself.

use std::collections::BTreeMap;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Digest, JobDescription, JobFile, SubmitReply, SubmitRequest};
use wire::Client;
use wire::client::ClientError;

use crate::cli::Global;
use crate::farm::{self, patiently};
use crate::output::{Failure, Talk, bytes, plural};

/// A key that no other submit has.
pub(super) fn key() -> Result<String, Failure> {
    let mut key = [0; 16];
    getrandom::fill(&mut key)
        .map_err(|error| Failure::System { what: format!("the system gives no random numbers: {error}") })?;
    Ok(key.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Sends the files that the farm lacks, then the job. Each part may be repeated where a connection breaks:
/// content is known by its digest and the job by its key.
pub(super) async fn send(global: &Global, job: JobDescription, key: String) -> Result<SubmitReply, Failure> {
    let talk = global.talk();
    let client = farm::client(global).await?;
    let files: BTreeMap<Digest, &JobFile> = job.files.iter().map(|file| (file.digest, file)).collect();
    let digests: Vec<Digest> = files.keys().copied().collect();
    if !digests.is_empty() {
        // Nothing was sent yet: a farm that cannot be reached now is told of at once.
        let missing = client.missing(&digests).await?;
        let missing: Vec<&JobFile> = missing.iter().filter_map(|digest| files.get(digest).copied()).collect();
        upload(&client, &missing, talk).await?;
    }
    let request = SubmitRequest { key, description: job };
    Ok(patiently(talk, async || client.submit(&request).await).await?)
}

async fn upload(client: &Client, files: &[&JobFile], talk: Talk) -> Result<(), ClientError> {
    let total: u64 = files.iter().map(|file| file.bytes).sum();
    if files.is_empty() {
        return Ok(());
    }
    let bar = bar(talk, total);
    let mut before = 0;
    for file in files {
        patiently(talk, async || {
            let bar = bar.clone();
            let seen = move |sent| bar.set_position(before + sent);
            client.put_content(file.digest, Path::new(&file.original), seen).await
        })
        .await?;
        before += file.bytes;
        bar.set_position(before);
    }
    bar.finish_and_clear();
    talk.say(format_args!("sent {} ({})", plural(files.len(), "file"), bytes(total)));
    Ok(())
}

fn bar(talk: Talk, total: u64) -> ProgressBar {
    if !talk.is_lively() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("sending {bar:30.cyan/blue} {bytes} of {total_bytes}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
    bar
}
