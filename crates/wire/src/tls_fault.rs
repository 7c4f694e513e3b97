//! What a TLS connection that does not come about means, in words for people.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// Which part of an error is about TLS; `None` where nothing is.
pub(crate) fn within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        // What is inside an I/O error is not its source but is shown in its place.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

/// What it means and what can be done about it.
pub(crate) fn words(error: &Error) -> (String, &'static str) {
    let rejoin = "ask whoever keeps the farm; a server joins anew once the folder `member` is removed from \
                  its data folder";
    let clocks = "compare the clocks of both machines";
    match error {
        Error::InvalidCertificate(fault) => match fault {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ("its certificate has expired".to_owned(), clocks)
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ("its certificate is not valid yet".to_owned(), clocks)
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
                "its certificate is not that of such a server of the farm".to_owned(),
                "is it another server, or another farm?",
            ),
            _ => (
                "its certificate is not by the authority of the farm".to_owned(),
                "is it another farm, or was the farm set up anew? then a server joins it once the folder `member` is \
                 removed from its data folder, and people log in anew: framefarm login",
            ),
        },
        Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateExpired => {
                ("it says that the certificate of this server has expired".to_owned(), rejoin)
            }
            AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked => {
                ("it does not accept the certificate of this server".to_owned(), rejoin)
            }
            other => (format!("it ends the connection ({other:?})"), "does it run the same version?"),
        },
        Error::InvalidMessage(_) => (
            "what answers there does not speak TLS".to_owned(),
            "write http:// for a farm that listens on its own machine alone",
        ),
        other => (other.to_string(), "does it run the same version?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_tls_is_found_however_deep_it_is() {
        let fault = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let error = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, fault.clone()));
        assert_eq!(within(&error), Some(&fault));
        assert_eq!(within(&io::Error::other("something else")), None);
    }

    #[test]
    fn people_are_told_what_is_wrong_with_a_certificate() {
        let expired = Error::InvalidCertificate(CertificateError::Expired);
        assert_eq!(words(&expired).0, "its certificate has expired");
        let alert = Error::AlertReceived(AlertDescription::CertificateExpired);
        assert!(words(&alert).0.contains("this server has expired"));
    }
}
