//! Calls about small pictures of frames.

use model::{Digest, LeaseId};
use reqwest::Method;

use super::{Client, ClientError};

impl Client {
    /// For render hosts: hands over a small picture of what the attempt under `lease` made.
    ///
    /// # Errors
    /// As for every call.
    pub async fn put_thumbnail(
        &self,
        lease: LeaseId,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<(), ClientError> {
        let parts = ["leases", &lease.to_string(), "thumbnails", &digest.to_string()];
        self.nothing(self.request(Method::PUT, &parts).body(bytes)).await
    }

    /// A small picture of a frame, a JPEG.
    ///
    /// # Errors
    /// As for every call, and where it arrives damaged.
    pub async fn thumbnail(&self, digest: Digest) -> Result<Vec<u8>, ClientError> {
        let url = self.resource(&["thumbnails", &digest.to_string()]);
        let mut bytes = Vec::new();
        self.receive_exactly(url, "a small picture", digest, &mut bytes).await?;
        Ok(bytes)
    }
}
