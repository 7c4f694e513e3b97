//! Certificates, read: whose they are, of which farm, how long they hold.

use std::fmt;

use model::Time;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::{Identity, hex, sha256};

/// Digits of a farm's id.
pub(crate) const FARM_ID: usize = 16;

/// Text or bytes that are not the certificate that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No PEM.
    #[error("it is no certificate in PEM form")]
    NoPem,
    /// PEM, with something else in it.
    #[error("it is no certificate: {0}")]
    Garbled(String),
    /// A certificate that may not sign others.
    #[error("it is not the certificate of an authority")]
    NoAuthority,
    /// A certificate of somebody who is no member of the farm.
    #[error("it is not the certificate of a member of the farm {0}")]
    NoMember(String),
}

/// The certificate of a farm's authority: all that is needed to know its members, and nothing secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorityCertificate {
    der: CertificateDer<'static>,
    fingerprint: String,
}

/// The certificate of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCertificate {
    /// Its name.
    pub name: String,
    /// What it does: `schedule`, `resource`, `render`; in order.
    pub services: Vec<String>,
    /// The number that its authority gave the certificate, in hexadecimal digits.
    pub serial: String,
    /// The fingerprint of its key: 64 hexadecimal digits.
    pub key: String,
    /// When it begins to hold.
    pub begins: Time,
    /// When it ends to hold.
    pub expires: Time,
}

impl AuthorityCertificate {
    /// Reads a certificate in PEM form.
    ///
    /// # Errors
    /// Where it is none, or not one of an authority.
    pub fn read(pem: &str) -> Result<Self, CertificateError> {
        Self::of(CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateError::NoPem)?)
    }

    pub(crate) fn of(der: CertificateDer<'static>) -> Result<Self, CertificateError> {
        if !parse(&der)?.is_ca() {
            return Err(CertificateError::NoAuthority);
        }
        let fingerprint = hex(&sha256(&der));
        Ok(Self { der, fingerprint })
    }

    /// The SHA-256 of its DER form: 64 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The id of the farm: the first 16 digits of the fingerprint.
    #[must_use]
    pub fn farm_id(&self) -> &str {
        &self.fingerprint[..FARM_ID]
    }

    /// It in PEM form.
    #[must_use]
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }
}

/// Shown by its fingerprint.
impl fmt::Debug for AuthorityCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityCertificate({})", self.fingerprint)
    }
}

impl MemberCertificate {
    /// Reads what the other end of a TLS connection showed, `chain`, after it was checked by the authority of
    /// the farm: the first is its own.
    ///
    /// # Errors
    /// Where it is not that of a member.
    pub fn of_peer(chain: &[CertificateDer<'_>], farm_id: &str) -> Result<Self, CertificateError> {
        let own = chain.first().ok_or_else(|| CertificateError::NoMember(farm_id.to_owned()))?;
        Self::of(own, farm_id)
    }

    pub(crate) fn of(der: &CertificateDer<'_>, farm_id: &str) -> Result<Self, CertificateError> {
        let certificate = parse(der)?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        });
        let member = Identity::of_names(names, farm_id);
        let member = member.ok_or_else(|| CertificateError::NoMember(farm_id.to_owned()))?;
        let validity = certificate.validity();
        Ok(Self {
            name: member.name().to_owned(),
            services: member.services().to_vec(),
            serial: hex(certificate.raw_serial()),
            key: hex(&sha256(certificate.public_key().raw)),
            begins: time(&validity.not_before),
            expires: time(&validity.not_after),
        })
    }
}

/// Whether `text` can be the id of a farm.
#[must_use]
pub fn is_farm_id(text: &str) -> bool {
    text.len() == FARM_ID && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(CertificateError::Garbled("something follows it".to_owned())),
        Err(error) => Err(CertificateError::Garbled(error.to_string())),
    }
}

fn time(time: &ASN1Time) -> Time {
    Time(u64::try_from(time.timestamp()).unwrap_or_default().saturating_mul(1000))
}

/// `der` in PEM form.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().map(|byte| char::from(*byte)));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}
