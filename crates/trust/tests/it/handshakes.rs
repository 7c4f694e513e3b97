//! TLS between two ends in memory: who is believed, and who is not.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Error, ServerConfig, ServerConnection};
use trust::{Keyring, MemberCertificate, client_config, server_config, stranger_config};

use crate::{DAY, authority, identity, member, member_at, now};

/// Shakes hands, and gives the name of the member that the server sees.
fn shake(
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    farm_id: &str,
) -> Result<Option<String>, Error> {
    let mut server = ServerConnection::new(server).unwrap();
    let mut client = ClientConnection::new(client, ServerName::try_from("10.0.0.5").unwrap()).unwrap();
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() || server.wants_write() {
        pass(&mut |to| client.write_tls(to), &mut |mut from| server.read_tls(&mut from));
        let heard = server.process_new_packets().map(drop);
        pass(&mut |to| server.write_tls(to), &mut |mut from| client.read_tls(&mut from));
        client.process_new_packets()?;
        heard?;
    }
    let shown = server.peer_certificates();
    Ok(shown.map(|chain| MemberCertificate::of_peer(chain, farm_id).unwrap().name))
}

fn pass(
    write: &mut dyn FnMut(&mut Vec<u8>) -> io::Result<usize>,
    read: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
) {
    let mut bytes = Vec::new();
    while write(&mut bytes).unwrap() > 0 {}
    let mut left = &bytes[..];
    while !left.is_empty() {
        let read = read(left).unwrap();
        left = &left[read..];
    }
}

fn schedule_server(authority: &trust::Authority) -> Keyring {
    member(authority, "main", &["schedule", "resource"])
}

#[test]
fn members_know_each_other_whatever_the_address_is() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let server = server_config(&schedule_server(&authority)).unwrap();
    let render = member(&authority, "r1", &["render"]);
    for (keyring, wanted) in [(Some(&render), Some("r1")), (None, None)] {
        for service in ["schedule", "resource"] {
            let client = client_config(authority.certificate(), service, keyring).unwrap();
            let seen = shake(server.clone(), client, authority.farm_id()).unwrap();
            assert_eq!(seen.as_deref(), wanted);
        }
    }
    assert_eq!(shake(server, stranger_config().unwrap(), authority.farm_id()), Ok(None));
}

#[test]
fn a_member_cannot_stand_for_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let client = client_config(authority.certificate(), "schedule", None).unwrap();
    for name in ["schedule", "r1"] {
        let liar = server_config(&member(&authority, name, &["render"])).unwrap();
        let error = shake(liar, client.clone(), authority.farm_id()).unwrap_err();
        assert!(matches!(error, Error::InvalidCertificate(_)), "{error:?}");
    }
    let resource = server_config(&member(&authority, "r1", &["resource"])).unwrap();
    let error = shake(resource, client, authority.farm_id()).unwrap_err();
    assert!(format!("{error:?}").contains("NotValidForName"), "{error:?}");
}

#[test]
fn another_farm_is_not_believed_on_either_side() {
    let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (authority(folder.path()), authority(other_folder.path()));
    let server = server_config(&schedule_server(&theirs)).unwrap();
    let client = client_config(ours.certificate(), "schedule", None).unwrap();
    let error = shake(server, client, ours.farm_id()).unwrap_err();
    // Which of its faults is seen first does not matter: both authorities have one name.
    assert!(matches!(error, Error::InvalidCertificate(_)), "{error:?}");

    // Somebody who believes us, with a certificate of his own farm.
    let server = server_config(&schedule_server(&ours)).unwrap();
    let foreign = member(&theirs, "r1", &["render"]);
    let client = client_config(ours.certificate(), "schedule", Some(&foreign)).unwrap();
    assert!(shake(server, client, ours.farm_id()).is_err());
}

#[test]
fn what_has_expired_is_not_believed_on_either_side() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let past = model::Time(now().0 - 3 * 86_400_000);
    let old = member_at(&authority, &identity("main", &["schedule"]), past, DAY);
    let client = client_config(authority.certificate(), "schedule", None).unwrap();
    let error = shake(server_config(&old).unwrap(), client, authority.farm_id()).unwrap_err();
    assert!(format!("{error:?}").contains("Expired"), "{error:?}");

    let old = member_at(&authority, &identity("r1", &["render"]), past, DAY);
    let client = client_config(authority.certificate(), "schedule", Some(&old)).unwrap();
    let server = server_config(&schedule_server(&authority)).unwrap();
    let error = shake(server, client, authority.farm_id()).unwrap_err();
    assert!(format!("{error:?}").contains("Expired"), "{error:?}");
}

#[test]
fn a_renewed_certificate_is_shown_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority(folder.path());
    let keyring = member_at(&authority, &identity("main", &["schedule"]), now(), Duration::from_secs(60));
    let (server, client) =
        (server_config(&keyring).unwrap(), client_config(authority.certificate(), "schedule", None).unwrap());
    shake(server.clone(), client.clone(), authority.farm_id()).unwrap();
    let key = trust::NewKey::new().unwrap();
    let other = authority.issue(&crate::request(&key), &identity("main", &["resource"]), now(), DAY).unwrap();
    keyring.renew(&key, &other.certificate).unwrap();
    // It is the certificate of a resource server alone now, which shows that the new one is used.
    assert!(shake(server, client, authority.farm_id()).is_err());
}
