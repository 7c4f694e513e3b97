//! What a member keeps: its key, its certificate and the certificate of its farm's authority, all in one
//! file, so that they always fit each other. A running server takes a new certificate without ending a
//! connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use model::Time;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::files::{self, PrivateFileError};
use crate::tls::provider;
use crate::{AuthorityCertificate, CertificateError, MemberCertificate, hex, sha256};

const MEMBER: &str = "member.pem";
const PENDING: &str = "pending.pem";

/// The key and certificate of a member; clones are the same one.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// Where it is kept; nowhere where it is made at each start.
    folder: Option<PathBuf>,
    authority: AuthorityCertificate,
    held: Arc<RwLock<Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    certificate: MemberCertificate,
    certified: Arc<CertifiedKey>,
}

/// A key that has no certificate yet.
#[derive(Debug)]
pub struct NewKey(KeyPair);

/// Why a keyring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Its file.
    #[error("the key and certificate of this server cannot be used")]
    File(#[from] PrivateFileError),
    /// What it holds.
    #[error("{path} does not hold the key and certificate of a member: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// The farm gave something else than was asked for.
    #[error("the farm has sent a certificate that cannot be used: {0}")]
    Odd(String),
    /// A key.
    #[error("no key can be made")]
    Key(#[from] rcgen::Error),
}

impl KeyringError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Damaged { path, .. } => {
                Some(format!("remove {}, and the server joins the farm anew", path.display()))
            }
            Self::Odd(_) | Self::Key(_) => None,
        }
    }
}

impl NewKey {
    /// A new key.
    ///
    /// # Errors
    /// Where the system does not give one.
    pub fn new() -> Result<Self, KeyringError> {
        Ok(Self(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?))
    }

    /// The key with which this server asks this authority, kept in `folder` so that the short code stays the
    /// same when it is started again; a new one where there is none for this very authority.
    ///
    /// # Errors
    /// Where it cannot be made or kept.
    pub fn pending(folder: &Path, authority: &AuthorityCertificate) -> Result<Self, KeyringError> {
        let path = folder.join(PENDING);
        if let Some(text) = files::read(&path)?
            && AuthorityCertificate::read(&text).as_ref() == Ok(authority)
            && let Ok(key) = key_in(&text)
        {
            return Ok(Self(key));
        }
        let new = Self::new()?;
        files::make_folder(folder)?;
        files::write(&path, &format!("{}{}", new.0.serialize_pem(), authority.pem()))?;
        Ok(new)
    }

    /// A request for a certificate for it, PEM; `name` is for people to read.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn request(&self, name: &str) -> Result<String, KeyringError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(params.serialize_request(&self.0)?.pem()?)
    }

    /// The fingerprint of its public half, as in `Request::key_fingerprint`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&sha256(&self.0.subject_public_key_info()))
    }
}

impl Keyring {
    /// The keyring that is kept in `folder`; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>, KeyringError> {
        let path = folder.join(MEMBER);
        let Some(text) = files::read(&path)? else { return Ok(None) };
        let damaged = |why: String| KeyringError::Damaged { path: path.clone(), why };
        let key = key_in(&text).map_err(damaged)?;
        let certificates = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
        let Ok([own, authority]) = certificates.unwrap_or_default().try_into() as Result<[_; 2], _> else {
            return Err(damaged("it does not hold two certificates".to_owned()));
        };
        let authority = AuthorityCertificate::of(authority).map_err(|error| damaged(error.to_string()))?;
        let held = hold(&key, own, &authority).map_err(damaged)?;
        Ok(Some(Self { folder: Some(folder.to_owned()), authority, held: Arc::new(RwLock::new(held)) }))
    }

    /// A keyring of a key that has got `certificate` (PEM). Kept in `folder`, where one is given, in the
    /// place of what was there.
    ///
    /// # Errors
    /// Where the certificate is not for this key or by another authority, or cannot be kept.
    pub fn new(
        folder: Option<&Path>,
        authority: AuthorityCertificate,
        key: &NewKey,
        certificate: &str,
    ) -> Result<Self, KeyringError> {
        let held = accept(key, certificate, &authority)?;
        let keyring =
            Self { folder: folder.map(Path::to_owned), authority, held: Arc::new(RwLock::new(held.clone())) };
        keyring.keep(key, &held)?;
        Ok(keyring)
    }

    /// Takes a new key and its `certificate` (PEM) in the place of the old ones: connections from now on show
    /// them.
    ///
    /// # Errors
    /// As for `new`; the old ones stay then.
    pub fn renew(&self, key: &NewKey, certificate: &str) -> Result<(), KeyringError> {
        let held = accept(key, certificate, &self.authority)?;
        self.keep(key, &held)?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(())
    }

    /// What its certificate says now.
    #[must_use]
    pub fn certificate(&self) -> MemberCertificate {
        self.held.read().unwrap_or_else(PoisonError::into_inner).certificate.clone()
    }

    /// When it is time to renew the certificate: a third of its life is left.
    #[must_use]
    pub fn renew_at(&self) -> Time {
        let MemberCertificate { begins, expires, .. } = self.certificate();
        let life = expires.since_ms(begins).saturating_sub(crate::BACKDATED_MS);
        Time(expires.0.saturating_sub(life / 3))
    }

    /// The authority of its farm.
    #[must_use]
    pub fn authority(&self) -> &AuthorityCertificate {
        &self.authority
    }

    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).certified.clone()
    }

    fn keep(&self, key: &NewKey, held: &Held) -> Result<(), KeyringError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let own = held.certified.cert.first().map(|der| crate::certificate::pem("CERTIFICATE", der));
        let text = key.0.serialize_pem() + &own.unwrap_or_default() + &self.authority.pem();
        files::make_folder(folder)?;
        files::write(&folder.join(MEMBER), &text)?;
        Ok(files::remove(&folder.join(PENDING))?)
    }
}

fn key_in(text: &str) -> Result<KeyPair, String> {
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| format!("no key: {error}"))?;
    KeyPair::from_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256).map_err(|error| format!("no key: {error}"))
}

fn accept(key: &NewKey, certificate: &str, authority: &AuthorityCertificate) -> Result<Held, KeyringError> {
    let der = CertificateDer::from_pem_slice(certificate.as_bytes())
        .map_err(|_| KeyringError::Odd(CertificateError::NoPem.to_string()))?;
    hold(&key.0, der, authority).map_err(KeyringError::Odd)
}

/// Key and certificate together, where they fit each other and the authority.
fn hold(
    key: &KeyPair,
    own: CertificateDer<'static>,
    authority: &AuthorityCertificate,
) -> Result<Held, String> {
    let certificate = MemberCertificate::of(&own, authority.farm_id()).map_err(|error| error.to_string())?;
    if certificate.key != hex(&sha256(&key.subject_public_key_info())) {
        return Err("the certificate is for another key".to_owned());
    }
    let signer = crate::certificate::parse(authority.der()).map_err(|error| error.to_string())?;
    let parsed = crate::certificate::parse(&own).map_err(|error| error.to_string())?;
    if parsed.verify_signature(Some(signer.public_key())).is_err() {
        return Err("the certificate is not signed by the authority of the farm".to_owned());
    }
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(str::to_owned)?;
    let signing = provider().key_provider.load_private_key(private).map_err(|error| error.to_string())?;
    Ok(Held { certificate, certified: Arc::new(CertifiedKey::new(vec![own], signing)) })
}
