//! A real SMTP server, aiosmtpd, that keeps what it is given in a maildir.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use super::ran::Ran;
use super::{names, until_true};

static SERVERS: AtomicU8 = AtomicU8::new(0);

/// An address of a mail server, which may be up or not.
pub(super) struct MailServer {
    address: SocketAddrV4,
    folder: PathBuf,
    /// Certificate and key for STARTTLS, which is then demanded.
    tls: Option<(PathBuf, PathBuf)>,
    child: Option<Child>,
}

impl MailServer {
    /// A mail server that is down; what it gets will lie in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        // On a loopback address of its own, for a port that is free now may be anybody's once it is needed.
        let [.., high, low] = std::process::id().to_be_bytes();
        let own = Ipv4Addr::new(127, 100 + SERVERS.fetch_add(1, Ordering::Relaxed), high, low.max(1));
        let port = TcpListener::bind((own, 0)).unwrap().local_addr().unwrap().port();
        Self { address: SocketAddrV4::new(own, port), folder: folder.to_owned(), tls: None, child: None }
    }

    /// As `new`, with a certificate of its own making in `folder`.
    pub(super) fn with_tls(folder: &Path) -> Self {
        let mut server = Self::new(folder);
        std::fs::create_dir_all(folder).unwrap();
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        openssl.args(["-days", "2", "-subj", "/CN=mail server"]);
        openssl.args(["-addext", &format!("subjectAltName=IP:{}", server.address.ip())]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
        Ran::of(openssl).ends_with(0);
        server.tls = Some((certificate, key));
        server
    }

    pub(super) fn certificate(&self) -> String {
        self.tls.as_ref().unwrap().0.display().to_string()
    }

    pub(super) fn url(&self) -> String {
        let tls = if self.tls.is_some() { "?tls=required" } else { "" };
        format!("smtp://{}{tls}", self.address)
    }

    pub(super) fn start(&mut self) {
        std::fs::create_dir_all(&self.folder).unwrap();
        let mut command = Command::new(aiosmtpd());
        command.args(["-n", "-l", &self.address.to_string()]);
        if let Some((certificate, key)) = &self.tls {
            command.arg("--tlscert").arg(certificate).arg("--tlskey").arg(key);
        }
        command.args(["-c", "aiosmtpd.handlers.Mailbox"]).arg(self.folder.join("mail"));
        let log = File::options().append(true).create(true).open(self.folder.join("smtp.log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        until_true("the mail server answers", || TcpStream::connect(self.address).is_ok());
    }

    pub(super) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Every letter that has arrived for `to`, as text.
    pub(super) fn letters(&self, to: &str) -> Vec<String> {
        let new = self.folder.join("mail/new");
        if !new.exists() {
            return Vec::new();
        }
        let letters = names(&new).into_iter().map(|name| std::fs::read_to_string(new.join(name)).unwrap());
        letters.filter(|letter| letter.contains(&format!("To: {to}"))).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where `scripts/test` has installed it.
fn aiosmtpd() -> PathBuf {
    let given = std::env::var_os("FRAMEFARM_TEST_AIOSMTPD").map(PathBuf::from);
    // The binary under test lies in a folder of the target folder.
    let target = Path::new(env!("CARGO_BIN_EXE_framefarm")).ancestors().nth(2).unwrap();
    let path = given.unwrap_or_else(|| target.join("smtp/bin/aiosmtpd"));
    assert!(path.exists(), "{} is missing: run scripts/test once, it installs it", path.display());
    path
}
