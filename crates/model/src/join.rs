//! How a server becomes a member of a farm: what it asks for, and what it is told.
//!
//! Who is not a member yet reaches three doors only: who the farm is, asking to join, and what became of it.

use serde::{Deserialize, Serialize};

/// What a farm says of itself to anybody: `GET /api/v1/identity`. Nothing here is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FarmIdentity {
    /// Its name, which another farm may have as well.
    pub farm: String,
    /// Its id: the first 16 hexadecimal digits of its authority's fingerprint.
    pub farm_id: String,
    /// The certificate of its authority, PEM. Its fingerprint is the SHA-256 of its DER form.
    pub authority: String,
    /// Version of the server that answers.
    pub version: String,
}

/// `POST /api/v1/join`: a server asks to become a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JoinRequest {
    /// The name it wants; of a render server that of its host. Letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it does: `render`, `resource`, `schedule`.
    pub services: Vec<String>,
    /// Its request for a certificate, PEM (PKCS #10), signed with the key that it keeps.
    pub request: String,
    /// The join token's id and secret, where it was given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenProof>,
}

/// The part of a join token that is shown to the farm, once its authority is known to be the right one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenProof {
    /// Which token.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

/// What became of a request to join: the answer to `POST /api/v1/join` and `GET /api/v1/join/{ticket}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JoinReply {
    /// Under which to ask again; nobody can guess it.
    pub ticket: String,
    /// What became of it.
    pub state: JoinState,
}

/// What became of a request to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JoinState {
    /// A person has to approve it.
    Pending {
        /// The short code that both sides show, made of the authority's and the asker's keys: `K7QM-2XPA`.
        code: String,
    },
    /// It is a member.
    Approved {
        /// Its certificate, PEM.
        certificate: String,
    },
    /// It is not wanted.
    Denied {
        /// Why, as a sentence.
        why: String,
    },
}

/// `POST /api/v1/renew`, by a member under its certificate: a new certificate for a new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RenewRequest {
    /// Its request for a certificate, PEM.
    pub request: String,
}

/// The answer: the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RenewReply {
    /// The certificate, PEM.
    pub certificate: String,
}
