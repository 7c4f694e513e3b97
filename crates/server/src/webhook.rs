//! Telling a user's program, over HTTP: one try to hand over one notice, signed so that it can be told from
//! what others send there.
//!
//! The queue of notices, and when to try again, belong to the schedule server's journal, not to this file.

use std::time::Duration;

use aws_lc_rs::hmac;
use model::{Time, Webhook};
use reqwest::Client;
use reqwest::redirect::Policy;

/// From connecting to the answer.
const TRY_MAX: Duration = Duration::from_secs(15);
/// The version of how signatures are made, before each.
const VERSION: &str = "v1=";

/// Hands notices to programs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Webhooks(Result<Client, String>);

/// A notice for a program.
pub(crate) struct Delivery {
    /// Its number; the same at every try.
    pub(crate) notice: u64,
    /// What it is about, `job.done`.
    pub(crate) event: &'static str,
    /// Now.
    pub(crate) at: Time,
    /// What there is to say, as JSON.
    pub(crate) body: String,
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    #[error("no HTTP client can be made: {0}")]
    Client(String),
    #[error("{url} cannot be told")]
    Send { url: String, source: Box<reqwest::Error> },
    #[error("{url} answers {status}")]
    Status { url: String, status: u16 },
}

impl Webhooks {
    pub(crate) fn new() -> Self {
        Self(client().map_err(|error| crate::error_chain(error.as_ref())))
    }

    /// Tries once.
    pub(crate) async fn send(&self, webhook: &Webhook, delivery: Delivery) -> Result<(), WebhookError> {
        let url = webhook.url.clone();
        let client = self.0.as_ref().map_err(|error| WebhookError::Client(error.clone()))?;
        let Delivery { notice, event, at, body } = delivery;
        let timestamp = (at.0 / 1000).to_string();
        let request = client
            .post(&url)
            .header("content-type", "application/json")
            .header("framefarm-event", event)
            .header("framefarm-delivery", notice.to_string())
            .header("framefarm-signature", signature(&webhook.secret, &timestamp, &body))
            .header("framefarm-timestamp", timestamp)
            .body(body);
        let answer = request.send().await;
        let answer =
            answer.map_err(|source| WebhookError::Send { url: url.clone(), source: Box::new(source) })?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(WebhookError::Status { url, status: status.as_u16() }) }
    }
}

fn client() -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = rustls::RootCertStore::empty();
    // Where there are none, programs that are not behind TLS can be told all the same.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Client::builder().tls_backend_preconfigured(tls).redirect(Policy::none());
    Ok(client.timeout(TRY_MAX).user_agent(concat!("framefarm/", env!("CARGO_PKG_VERSION"))).build()?)
}

/// HMAC-SHA256 over the timestamp, a full stop and the body, in hexadecimal.
fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    tag.as_ref().iter().fold(VERSION.to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_what_the_page_says() {
        // printf '1700000000.{"event":"job.done"}' | openssl dgst -sha256 -hmac whsec_test
        let made = signature("whsec_test", "1700000000", "{\"event\":\"job.done\"}");
        assert_eq!(made, "v1=f86a58b1a8a35080339acb9adaaf07138b28ac2cb787c4437a5ff327c61d0ef1");
    }
}
