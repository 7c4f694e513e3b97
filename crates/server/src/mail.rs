//! Mail on its way out: one try to hand one letter to the SMTP server.
//!
//! The queue of letters, and when to try again, belong to the schedule server's journal, not to this file.

use std::time::Duration;

use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::letter::Letter;

/// One whole try, from connecting to the server's last word. The library's own limit covers connecting only.
const TRY_MAX: Duration = Duration::from_secs(20);

/// Where letters go.
#[derive(Clone)]
pub(crate) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// The server as given, without its password.
    place: String,
    from: Mailbox,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Not an address of a mail server.
    #[error(
        "--smtp {url:?} is not a mail server: write smtp://HOST:PORT, smtp://USER:PASSWORD@HOST:587?tls=required \
         for STARTTLS, or smtps://HOST"
    )]
    Url {
        /// As given, without a password.
        url: String,
        /// What is wrong with it.
        #[source]
        source: Box<lettre::transport::smtp::Error>,
    },
    /// Not a mail address.
    #[error("--mail-from {address:?} is not a mail address: write name@example.com")]
    From {
        /// As given.
        address: String,
        /// What is wrong with it.
        #[source]
        source: lettre::address::AddressError,
    },
}

/// Why a letter did not go.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("{address:?} is not a mail address")]
    Address { address: String, source: lettre::address::AddressError },
    #[error("the letter cannot be written")]
    Letter(#[source] lettre::error::Error),
    #[error("mail server {place}")]
    Smtp { place: String, source: Box<lettre::transport::smtp::Error> },
    #[error("mail server {place} did not take the letter within {} s", TRY_MAX.as_secs())]
    Slow { place: String },
}

impl Post {
    /// A post that hands letters to the server at `url` in the name of `from`.
    ///
    /// # Errors
    /// Where either is malformed. Whether the server answers shows only when the first letter goes.
    pub(crate) fn new(url: &str, from: Option<&str>) -> Result<Self, PostError> {
        let place = without_password(url);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|source| PostError::Url { url: place.clone(), source: Box::new(source) })?
            .timeout(Some(TRY_MAX))
            .build();
        let address = from.unwrap_or("framefarm@localhost");
        let from = address
            .parse()
            .map_err(|source| PostError::From { address: address.to_owned(), source })
            .map(|address| Mailbox::new(Some("Framefarm".to_owned()), address))?;
        Ok(Self { transport, place, from })
    }

    /// Tries once to hand `letter` for `to` over.
    pub(crate) async fn send(&self, to: &str, letter: Letter) -> Result<(), SendError> {
        let address = to.parse().map_err(|source| SendError::Address { address: to.to_owned(), source })?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(letter.subject)
            // Marks it as sent by a machine, so that nobody's holiday message answers.
            .header(AutoSubmitted);
        let message = if letter.pictures.is_empty() {
            message.header(header::ContentType::TEXT_PLAIN).body(letter.body)
        } else {
            let text = MultiPart::mixed().singlepart(SinglePart::plain(letter.body));
            let jpeg = || header::ContentType::parse("image/jpeg").unwrap_or(header::ContentType::TEXT_PLAIN);
            let pictures = letter.pictures.into_iter();
            let parts = pictures.fold(text, |parts, (name, bytes)| {
                parts.singlepart(Attachment::new(format!("{name}.jpg")).body(bytes, jpeg()))
            });
            message.multipart(parts)
        };
        let message = message.map_err(SendError::Letter)?;
        match tokio::time::timeout(TRY_MAX, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(source)) => Err(SendError::Smtp { place: self.place.clone(), source: Box::new(source) }),
            Err(_) => Err(SendError::Slow { place: self.place.clone() }),
        }
    }
}

fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
