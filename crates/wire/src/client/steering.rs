//! Calls that steer the farm as a whole, and those that say why something waits.

use model::{
    FramesOrder, FramesOrdered, JobId, JobView, JobsOrder, JobsOrdered, LimitView, NoticesChange,
    NoticesView, PackageFile, PathRule, PathRules, SetAsideView, ShareView, WhyView,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Client, ClientError};

impl Client {
    /// Why the steps of a job wait, those that do.
    ///
    /// # Errors
    /// As for every call.
    pub async fn why(&self, job: JobId) -> Result<Vec<WhyView>, ClientError> {
        self.json(self.request(Method::GET, &["jobs", &job.to_string(), "why"])).await
    }

    /// Lets the failed frames of a job wait again, with a fresh count of tries.
    ///
    /// # Errors
    /// As for every call.
    pub async fn retry(&self, job: JobId) -> Result<JobView, ClientError> {
        self.json(self.request(Method::POST, &["jobs", &job.to_string(), "retry"])).await
    }

    /// Gives a job another priority; the lower number goes first.
    ///
    /// # Errors
    /// As for every call.
    pub async fn set_priority(&self, job: JobId, priority: i32) -> Result<JobView, ClientError> {
        let request = self.request(Method::POST, &["jobs", &job.to_string(), "priority"]);
        self.json(request.json(&json!({ "priority": priority }))).await
    }

    /// Does something to every job of a selection.
    ///
    /// # Errors
    /// As for every call; what is refused of single jobs is in the answer.
    pub async fn order_jobs(&self, order: &JobsOrder) -> Result<JobsOrdered, ClientError> {
        self.json(self.request(Method::POST, &["jobs", "orders"]).json(order)).await
    }

    /// Kills frames of a job, sends them back to the queue, or has them tried again.
    ///
    /// # Errors
    /// As for every call.
    pub async fn order_frames(&self, job: JobId, order: &FramesOrder) -> Result<FramesOrdered, ClientError> {
        let request = self.request(Method::POST, &["jobs", &job.to_string(), "frames", "orders"]);
        self.json(request.json(order)).await
    }

    /// The limits of the farm.
    ///
    /// # Errors
    /// As for every call.
    pub async fn limits(&self) -> Result<Vec<LimitView>, ClientError> {
        self.json(self.request(Method::GET, &["limits"])).await
    }

    /// Sets how much of limit `name` there is, on the farm and on each host; what is absent is not limited.
    ///
    /// # Errors
    /// As for every call.
    pub async fn set_limit(
        &self,
        name: &str,
        amount: Option<u32>,
        per_host: Option<u32>,
    ) -> Result<LimitView, ClientError> {
        let body = json!({ "amount": amount, "per_host": per_host });
        self.json(self.request(Method::PUT, &["limits", name]).json(&body)).await
    }

    /// Removes a limit.
    ///
    /// # Errors
    /// As for every call.
    pub async fn remove_limit(&self, name: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["limits", name])).await
    }

    /// What users and groups get of the farm beside each other: those with a weight of their own and those
    /// who hold slots now.
    ///
    /// # Errors
    /// As for every call.
    pub async fn shares(&self) -> Result<Vec<ShareView>, ClientError> {
        self.json(self.request(Method::GET, &["shares"])).await
    }

    /// Gives a user or group a weight; 1 is the usual one.
    ///
    /// # Errors
    /// As for every call.
    pub async fn set_share(&self, name: &str, weight: u32) -> Result<ShareView, ClientError> {
        self.json(self.request(Method::PUT, &["shares", name]).json(&json!({ "weight": weight }))).await
    }

    /// What a user is told of.
    ///
    /// # Errors
    /// As for every call.
    pub async fn notices(&self, user: &str) -> Result<NoticesView, ClientError> {
        self.json(self.request(Method::GET, &["users", user, "notices"])).await
    }

    /// Says what a user is to be told of.
    ///
    /// # Errors
    /// As for every call, and where it is not understood.
    pub async fn set_notices(&self, user: &str, change: &NoticesChange) -> Result<NoticesView, ClientError> {
        self.json(self.request(Method::PUT, &["users", user, "notices"]).json(change)).await
    }

    /// The rendering packages of the site: files that lie over those that come with the farm.
    ///
    /// # Errors
    /// As for every call.
    pub async fn packages(&self) -> Result<Vec<PackageFile>, ClientError> {
        self.json(self.request(Method::GET, &["packages"])).await
    }

    /// Where folders stand on each platform.
    ///
    /// # Errors
    /// As for every call.
    pub async fn paths(&self) -> Result<PathRules, ClientError> {
        self.json(self.request(Method::GET, &["paths"])).await
    }

    /// Sets a path rule; all of them come back.
    ///
    /// # Errors
    /// As for every call.
    pub async fn set_path(&self, name: &str, rule: &PathRule) -> Result<PathRules, ClientError> {
        self.json(self.request(Method::PUT, &["paths", name]).json(rule)).await
    }

    /// Removes a path rule.
    ///
    /// # Errors
    /// As for every call.
    pub async fn remove_path(&self, name: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["paths", name])).await
    }

    /// The hosts that are given no frames because of what they did to earlier ones.
    ///
    /// # Errors
    /// As for every call.
    pub async fn set_aside(&self) -> Result<Vec<SetAsideView>, ClientError> {
        self.json(self.request(Method::GET, &["set-aside"])).await
    }

    /// Gives a host that was set aside frames again, of every job.
    ///
    /// # Errors
    /// As for every call.
    pub async fn forgive(&self, host: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["set-aside", host])).await
    }

    /// Makes a request whose answer holds nothing.
    pub(super) async fn nothing(&self, request: reqwest::RequestBuilder) -> Result<(), ClientError> {
        let response = self.answer(request).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(());
        }
        Err(ClientError::Protocol {
            url: self.url.to_string(),
            why: format!("it answers {} where nothing was to be told", response.status()),
        })
    }
}
