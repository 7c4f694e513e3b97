//! How the parts of a farm find and speak to each other: discovery over UDP, links between roles over
//! WebSocket, and the client of the API.
//!
//! This crate moves the words of `model` and decides nothing about them. It must not know what a role does
//! with a message, nor where anything is stored.

mod backoff;
pub mod client;
mod credential;
pub mod discovery;
pub mod link;
mod server_url;
mod tls_fault;

pub use backoff::Backoff;
pub use client::{Client, ClientError, Events, FarmNews, FarmView, News};
pub use credential::Credential;
pub use discovery::{DiscoveryConfig, Service};
pub use link::Link;
pub use server_url::{ServerUrl, ServerUrlError};
