//! The authority of a farm: the key that signs the certificates of its members, and its own certificate.
//! They are made once and kept in a folder of their own; a folder that is there and not whole is an error
//! and never made anew, since that would turn every member into a stranger.

use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Time;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};

use crate::certificate::parse;
use crate::files::{self, PrivateFileError};
use crate::{AuthorityCertificate, BACKDATED_MS, CertificateError, Identity, Request, hex};

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// An authority holds longer than the machines that it signs for.
const LIFE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
/// The last second of the year 9999, the last that certificates know.
const LAST: u64 = 253_402_300_799;

/// The authority of a farm, with its key.
#[derive(Debug)]
pub struct Authority {
    certificate: AuthorityCertificate,
    issuer: Issuer<'static, KeyPair>,
}

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its files.
    #[error("the authority of the farm cannot be used")]
    File(#[from] PrivateFileError),
    /// Its folder is there and does not hold what it should.
    #[error("the authority of the farm is damaged: {path}: {why}")]
    Damaged {
        /// The folder or file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// It cannot be made.
    #[error("no authority can be made for the farm")]
    Make(#[from] rcgen::Error),
    /// What was made is not what was meant.
    #[error("no authority can be made for the farm")]
    Read(#[from] CertificateError),
}

impl AuthorityError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Damaged { .. } => Some(
                "restore the folder `authority` from a backup; without it, remove the folder: the farm gets a new \
                 authority then, and every server and every account has to join or log in anew"
                    .to_owned(),
            ),
            Self::Make(_) | Self::Read(_) => None,
        }
    }
}

/// A certificate cannot be issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// It cannot be signed.
    #[error("the certificate cannot be signed")]
    Sign(#[from] rcgen::Error),
    /// The system gives no random numbers.
    #[error("the certificate cannot be given a number")]
    Serial(#[from] getrandom::Error),
}

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// It, in PEM form.
    pub certificate: String,
    /// Its number, in hexadecimal digits.
    pub serial: String,
    /// When it ends to hold.
    pub expires: Time,
}

impl Authority {
    /// The authority that is kept in `folder`; made there for the farm called `farm` where there is no such
    /// folder yet.
    ///
    /// # Errors
    /// Where it cannot be read or made.
    pub fn open_or_make(folder: &Path, farm: &str, now: Time) -> Result<Self, AuthorityError> {
        if !folder.try_exists().unwrap_or(true) {
            make(folder, farm, now)?;
        }
        Self::open(folder)
    }

    fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let damaged = |file: &str, why: String| AuthorityError::Damaged { path: folder.join(file), why };
        let read = |file| {
            let text = files::read(&folder.join(file))?;
            text.ok_or_else(|| damaged(file, "it is missing".to_owned()))
        };
        let (certificate, key) = (read(CERTIFICATE)?, read(KEY)?);
        let key =
            KeyPair::from_pem(&key).map_err(|error| damaged(KEY, format!("it holds no key: {error}")))?;
        let certificate = AuthorityCertificate::read(&certificate)
            .map_err(|error| damaged(CERTIFICATE, error.to_string()))?;
        let public = parse(certificate.der()).map(|parsed| parsed.public_key().raw.to_vec());
        if public.as_deref() != Ok(&key.subject_public_key_info()) {
            return Err(damaged(KEY, "it is not the key of the certificate beside it".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(certificate.der(), key);
        let issuer = issuer.map_err(|error| damaged(CERTIFICATE, error.to_string()))?;
        Ok(Self { certificate, issuer })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &AuthorityCertificate {
        &self.certificate
    }

    /// The id of the farm.
    #[must_use]
    pub fn farm_id(&self) -> &str {
        self.certificate.farm_id()
    }

    /// A certificate for the key of `request`, that says that its holder is `identity`, from a day before
    /// `now` until `life` after it.
    ///
    /// # Errors
    /// Where the system gives no random numbers or does not sign.
    pub fn issue(
        &self,
        request: &Request,
        identity: &Identity,
        now: Time,
        life: Duration,
    ) -> Result<Issued, IssueError> {
        let mut params = CertificateParams::new(identity.dns_names(self.farm_id()))?;
        params.distinguished_name.push(DnType::CommonName, identity.name());
        params.distinguished_name.push(DnType::OrganizationName, format!("framefarm {}", self.farm_id()));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if identity.is_dialled() {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        params.use_authority_key_identifier_extension = true;
        let expires = hold(&mut params, now, life);
        let serial = serial()?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let certificate = params.signed_by(request.key(), &self.issuer)?.pem();
        Ok(Issued { certificate, serial: hex(&serial), expires })
    }
}

fn make(folder: &Path, farm: &str, now: Time) -> Result<(), AuthorityError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("framefarm authority of {farm}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    hold(&mut params, now, LIFE);
    let certificate = params.self_signed(&key)?.pem();
    // Whole at once: what a crash leaves beside it is no authority, and is not taken for one.
    let part = files::beside(folder);
    files::make_folder(&part)?;
    files::write_new(&part.join(CERTIFICATE), &certificate)?;
    files::write_new(&part.join(KEY), &key.serialize_pem())?;
    Ok(files::settle_folder(&part, folder)?)
}

/// Sets how long a certificate holds, and says until when, in whole seconds.
fn hold(params: &mut CertificateParams, now: Time, life: Duration) -> Time {
    let seconds = |time: Time| Duration::from_secs((time.0 / 1000).min(LAST));
    let expires = now.plus_ms(u64::try_from(life.as_millis()).unwrap_or(u64::MAX));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + seconds(Time(now.0.saturating_sub(BACKDATED_MS)));
    params.not_after = epoch + seconds(expires);
    Time(seconds(expires).as_secs() * 1000)
}

/// A number that no other certificate has: positive, and of 16 bytes.
fn serial() -> Result<[u8; 16], getrandom::Error> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial)?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial)
}
