//! Every call of the API, one method each.

use std::path::Path;

use model::{
    AttemptNumber, Digest, GridView, HostView, InputView, JobDescription, JobId, JobView, LeaseId, MatchView,
    OutputView, SubmitReply, SubmitRequest, UsageHistory,
};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tokio::io::AsyncWrite;

use super::{Client, ClientError, FarmView, Watch};

/// Which log of a frame is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogOf<'a> {
    /// Of which attempt; the latest where it is not said.
    pub attempt: Option<AttemptNumber>,
    /// Of which step; the first that has the frame where it is not said.
    pub step: Option<&'a str>,
}

/// What became of a piece of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogReceipt {
    /// It is kept.
    Kept {
        /// Bytes kept of this log, all together.
        length: u64,
    },
    /// It begins beyond what is kept, so what lies between has to be sent first.
    Gap {
        /// Bytes kept of this log, all together.
        length: u64,
    },
}

#[derive(Deserialize)]
struct LogLength {
    length: u64,
}

impl Client {
    /// What the farm says of itself.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses; the same holds for every call.
    pub async fn farm(&self) -> Result<FarmView, ClientError> {
        self.json(self.request(Method::GET, &["farm"])).await
    }

    /// Which of these contents the farm does not have.
    ///
    /// # Errors
    /// As for every call.
    pub async fn missing(&self, digests: &[Digest]) -> Result<Vec<Digest>, ClientError> {
        self.json(self.request(Method::POST, &["content", "missing"]).json(digests)).await
    }

    /// Sends the file at `path`, whose content `digest` names. `progress` is told the bytes sent so far.
    ///
    /// A server that refuses it on its way has to read the rest of it before it answers: a connection that
    /// is closed while bytes arrive takes the answer with it.
    ///
    /// # Errors
    /// As for every call, and where the file cannot be read.
    pub async fn put_content(
        &self,
        digest: Digest,
        path: &Path,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<(), ClientError> {
        self.upload(&["content", &digest.to_string()], path, progress).await
    }

    /// Writes the content that `digest` names to `to` and says how many bytes it has.
    ///
    /// # Errors
    /// As for every call, and where what arrives is not that content or cannot be written. `to` has got
    /// something then that must not be used.
    pub async fn get_content(
        &self,
        digest: Digest,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, ClientError> {
        let name = format!("content {digest}");
        let url = self.resource(&["content", &digest.to_string()]);
        self.receive_exactly(url, &name, digest, to).await
    }

    /// Hands over a job. The same key again is the same job, so this may be called again after an error.
    ///
    /// # Errors
    /// As for every call; the faults of the description are all in the refusal.
    pub async fn submit(&self, request: &SubmitRequest) -> Result<SubmitReply, ClientError> {
        self.json(self.request(Method::POST, &["jobs"]).json(request)).await
    }

    /// One job.
    ///
    /// # Errors
    /// As for every call.
    pub async fn job(&self, job: JobId) -> Result<JobView, ClientError> {
        self.json(self.request(Method::GET, &["jobs", &job.to_string()])).await
    }

    /// Follows a job: its state now, and again whenever it changes.
    ///
    /// # Errors
    /// As for every call.
    pub async fn watch(&self, job: JobId) -> Result<Watch, ClientError> {
        Watch::start(self, &["jobs", &job.to_string(), "watch"]).await
    }

    /// The description that a job was made from.
    ///
    /// # Errors
    /// As for every call.
    pub async fn description(&self, job: JobId) -> Result<JobDescription, ClientError> {
        self.json(self.request(Method::GET, &["jobs", &job.to_string(), "description"])).await
    }

    /// The chunks of a job, as a byte each.
    ///
    /// # Errors
    /// As for every call.
    pub async fn grid(&self, job: JobId) -> Result<GridView, ClientError> {
        self.json(self.request(Method::GET, &["jobs", &job.to_string(), "grid"])).await
    }

    /// The last lines of the log of frame `number`, at most `most` bytes of it.
    ///
    /// # Errors
    /// As for every call.
    pub async fn log_end(
        &self,
        job: JobId,
        number: i64,
        of: LogOf<'_>,
        most: u64,
    ) -> Result<String, ClientError> {
        let mut url = self.resource(&["jobs", &job.to_string(), "frames", &number.to_string(), "log"]);
        url.query_pairs_mut().append_pair("tail", &most.to_string());
        if let Some(attempt) = of.attempt {
            url.query_pairs_mut().append_pair("attempt", &attempt.to_string());
        }
        if let Some(step) = of.step {
            url.query_pairs_mut().append_pair("step", step);
        }
        let response = self.answer(self.http.get(url).timeout(super::REQUEST_TIME)).await?;
        let bytes = response.bytes().await.map_err(|error| ClientError::of(error, &self.url))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Writes the log of frame `number` to `to`: what has arrived of it, where the attempt still runs.
    ///
    /// # Errors
    /// As for every call, and where it cannot be written.
    pub async fn log(
        &self,
        job: JobId,
        number: i64,
        of: LogOf<'_>,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, ClientError> {
        let mut url = self.resource(&["jobs", &job.to_string(), "frames", &number.to_string(), "log"]);
        if let Some(attempt) = of.attempt {
            url.query_pairs_mut().append_pair("attempt", &attempt.to_string());
        }
        if let Some(step) = of.step {
            url.query_pairs_mut().append_pair("step", step);
        }
        self.receive(url, "a log", to, |_| ()).await
    }

    /// Starts nothing new of a job.
    ///
    /// # Errors
    /// As for every call.
    pub async fn hold(&self, job: JobId) -> Result<JobView, ClientError> {
        self.json(self.request(Method::POST, &["jobs", &job.to_string(), "hold"])).await
    }

    /// Lets a held job go on.
    ///
    /// # Errors
    /// As for every call.
    pub async fn release(&self, job: JobId) -> Result<JobView, ClientError> {
        self.json(self.request(Method::POST, &["jobs", &job.to_string(), "release"])).await
    }

    /// Ends a job at once.
    ///
    /// # Errors
    /// As for every call.
    pub async fn kill(&self, job: JobId) -> Result<JobView, ClientError> {
        self.json(self.request(Method::POST, &["jobs", &job.to_string(), "kill"])).await
    }

    /// The stored files of a job.
    ///
    /// # Errors
    /// As for every call.
    pub async fn results(&self, job: JobId) -> Result<Vec<OutputView>, ClientError> {
        self.json(self.request(Method::GET, &["jobs", &job.to_string(), "results"])).await
    }

    /// Writes a stored file of a job to `path`. It stands there only when it is whole and has the digest
    /// it should have; what stood there before is replaced.
    ///
    /// # Errors
    /// As for every call, and where it arrives damaged or cannot be written.
    pub async fn download(&self, job: JobId, output: &OutputView, path: &Path) -> Result<(), ClientError> {
        let url = self.resource(&["jobs", &job.to_string(), "results", &output.name]);
        self.save(url, &output.name, output.digest, path).await
    }

    /// One of them.
    ///
    /// # Errors
    /// As for every call.
    pub async fn host(&self, host: &str) -> Result<HostView, ClientError> {
        self.json(self.request(Method::GET, &["hosts", host])).await
    }

    /// The render hosts that match needs and preferences, as people write them, and why others do not.
    ///
    /// # Errors
    /// As for every call, and where they are not understood.
    pub async fn matching_hosts(&self, needs: &str, prefer: &str) -> Result<MatchView, ClientError> {
        let mut url = self.resource(&["match"]);
        url.query_pairs_mut().append_pair("need", needs).append_pair("prefer", prefer);
        self.json(self.http.get(url).timeout(super::REQUEST_TIME)).await
    }

    /// For render hosts: what the attempt under `lease` works with that earlier steps made.
    ///
    /// # Errors
    /// As for every call.
    pub async fn inputs(&self, lease: LeaseId) -> Result<Vec<InputView>, ClientError> {
        self.json(self.request(Method::GET, &["leases", &lease.to_string(), "inputs"])).await
    }

    /// For render hosts: writes one of them to `path`, where it stands when it is whole and not before.
    ///
    /// # Errors
    /// As for every call, and where it arrives damaged or cannot be written.
    pub async fn get_input(&self, lease: LeaseId, input: &InputView, path: &Path) -> Result<(), ClientError> {
        let InputView { folder, name, digest, .. } = input;
        let url = self.resource(&["leases", &lease.to_string(), "inputs", folder, name]);
        self.save(url, name, *digest, path).await
    }

    /// For render hosts: hands over the file at `path`, which an attempt made, under its published name.
    ///
    /// # Errors
    /// As for every call, and where the file cannot be read.
    pub async fn put_output(&self, lease: LeaseId, name: &str, path: &Path) -> Result<(), ClientError> {
        self.upload(&["leases", &lease.to_string(), "outputs", name], path, |_| ()).await
    }

    /// For render hosts: hands over a piece of the log of an attempt that begins at byte `offset`. What is
    /// kept already may be sent again.
    ///
    /// # Errors
    /// As for every call; a piece that leaves a gap is no error.
    pub async fn put_log(
        &self,
        lease: LeaseId,
        offset: u64,
        bytes: Vec<u8>,
    ) -> Result<LogReceipt, ClientError> {
        let mut url = self.resource(&["leases", &lease.to_string(), "log"]);
        url.query_pairs_mut().append_pair("offset", &offset.to_string());
        let request = self.http.put(url).timeout(super::REQUEST_TIME).body(bytes);
        let response = request.send().await.map_err(|error| ClientError::of(error, &self.url))?;
        if response.status() == StatusCode::CONFLICT {
            let body = response.bytes().await.map_err(|error| ClientError::of(error, &self.url))?;
            return match self.parsed::<LogLength>(&body) {
                Ok(LogLength { length }) => Ok(LogReceipt::Gap { length }),
                // Another conflict than that of the offset, for instance a lease that has ended.
                Err(unclear) => Err(self.parsed(&body).map_or(unclear, ClientError::Refused)),
            };
        }
        let response = self.checked(response).await?;
        let body = response.bytes().await.map_err(|error| ClientError::of(error, &self.url))?;
        let LogLength { length } = self.parsed(&body)?;
        Ok(LogReceipt::Kept { length })
    }

    /// For render hosts: hands over what an attempt has used over time so far.
    ///
    /// # Errors
    /// As for every call.
    pub async fn put_usage(&self, lease: LeaseId, history: &UsageHistory) -> Result<(), ClientError> {
        let request = self.request(Method::PUT, &["leases", &lease.to_string(), "usage"]);
        self.answer(request.json(history)).await.map(drop)
    }
}
