//! Calls that list jobs, frames and hosts: a page, or all that are meant.

use model::{
    FrameQuery, FrameSelect, FrameView, HostQuery, HostSelect, HostView, JobId, JobQuery, JobSelect, JobView,
    Page, PageWish, Place,
};
use serde::de::DeserializeOwned;

use super::{Client, ClientError};

/// The fields of a query.
type Pairs = Vec<(&'static str, String)>;

impl Client {
    /// A page of the jobs; what runs and the notices are left out.
    ///
    /// # Errors
    /// As for every call.
    pub async fn jobs_page(&self, query: &JobQuery) -> Result<Page<JobView>, ClientError> {
        self.page(&["jobs"], query.pairs()).await
    }

    /// Every job that is meant, in the order of the queue, those that ended last.
    ///
    /// # Errors
    /// As for every call.
    pub async fn jobs(&self, select: &JobSelect) -> Result<Vec<JobView>, ClientError> {
        let query = |page| JobQuery { select: select.clone(), page, ..JobQuery::default() }.pairs();
        self.all(&["jobs"], query).await
    }

    /// A page of the frames of a job.
    ///
    /// # Errors
    /// As for every call.
    pub async fn frames_page(&self, job: JobId, query: &FrameQuery) -> Result<Page<FrameView>, ClientError> {
        self.page(&["jobs", &job.to_string(), "frames"], query.pairs()).await
    }

    /// Every frame of a job that is meant.
    ///
    /// # Errors
    /// As for every call.
    pub async fn frames(&self, job: JobId, select: &FrameSelect) -> Result<Vec<FrameView>, ClientError> {
        let query = |page| FrameQuery { select: select.clone(), page }.pairs();
        self.all(&["jobs", &job.to_string(), "frames"], query).await
    }

    /// One frame, of the first step that has it where `step` is absent.
    ///
    /// # Errors
    /// As for every call.
    pub async fn frame(&self, job: JobId, step: Option<&str>, number: i64) -> Result<FrameView, ClientError> {
        let mut url = self.resource(&["jobs", &job.to_string(), "frames", &number.to_string()]);
        if let Some(step) = step {
            url.query_pairs_mut().append_pair("step", step);
        }
        self.json(self.http.get(url).timeout(super::REQUEST_TIME)).await
    }

    /// A page of the render hosts.
    ///
    /// # Errors
    /// As for every call.
    pub async fn hosts_page(&self, query: &HostQuery) -> Result<Page<HostView>, ClientError> {
        self.page(&["hosts"], query.pairs()).await
    }

    /// Every render host that is meant, by name.
    ///
    /// # Errors
    /// As for every call.
    pub async fn hosts(&self, select: &HostSelect) -> Result<Vec<HostView>, ClientError> {
        let query = |page| HostQuery { select: select.clone(), page, ..HostQuery::default() }.pairs();
        self.all(&["hosts"], query).await
    }

    async fn page<T: DeserializeOwned>(&self, parts: &[&str], pairs: Pairs) -> Result<Page<T>, ClientError> {
        let mut url = self.resource(parts);
        url.query_pairs_mut().extend_pairs(pairs);
        self.json(self.http.get(url).timeout(super::REQUEST_TIME)).await
    }

    async fn all<T: DeserializeOwned>(
        &self,
        parts: &[&str],
        query: impl Fn(PageWish) -> Pairs,
    ) -> Result<Vec<T>, ClientError> {
        let mut wish = PageWish::largest();
        let mut all = Vec::new();
        loop {
            let page: Page<T> = self.page(parts, query(wish.clone())).await?;
            all.extend(page.items);
            let Some(next) = page.next else { return Ok(all) };
            let after: Place = next.parse().map_err(|error| ClientError::Protocol {
                url: self.url.to_string(),
                why: format!("a page goes on nowhere: {error}"),
            })?;
            wish.after = Some(after);
        }
    }
}
