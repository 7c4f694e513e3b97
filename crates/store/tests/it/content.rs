//! Contents are what their digest says, on the way in and on the way out.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use model::Digest;
use store::{Content, ContentError, Quarantine};

fn digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

fn open(folder: &std::path::Path) -> Result<Content, ContentError> {
    Content::open(folder, Quarantine::of(folder))
}

fn store(content: &Content, bytes: &[u8]) -> Digest {
    let mut writer = content.writer().unwrap();
    for piece in bytes.chunks(100) {
        writer.write(piece).unwrap();
    }
    assert_eq!(writer.commit(digest(bytes)).unwrap(), bytes.len() as u64);
    digest(bytes)
}

#[test]
fn a_content_goes_in_and_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let content = open(&folder.path().join("content")).unwrap();
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    let wanted = [digest(b""), digest(&bytes), digest(b""), digest(b"other")];
    assert_eq!(content.missing(&wanted), [digest(b""), digest(&bytes), digest(b"other")]);
    store(&content, &bytes);
    store(&content, b"");
    store(&content, &bytes);
    let content = open(&folder.path().join("content")).unwrap();
    assert_eq!(content.missing(&wanted), [digest(b"other")]);

    let (mut reader, length) = content.reader(digest(&bytes)).unwrap();
    let mut read = Vec::new();
    while let Some(piece) = reader.piece().unwrap() {
        read.extend(piece);
    }
    assert_eq!((read.len() as u64, &read), (length, &bytes));
    let mode = fs::metadata(content.path(digest(&bytes))).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o444);

    let copy = folder.path().join("copy");
    assert_eq!(content.copy_to(digest(&bytes), &copy).unwrap(), 1_000_000);
    assert_eq!(content.add_file(&copy).unwrap(), (digest(&bytes), 1_000_000));
    assert!(matches!(content.reader(digest(b"other")), Err(ContentError::Missing { .. })));
    assert!(matches!(content.copy_to(digest(b"other"), &copy), Err(ContentError::Missing { .. })));
}

#[test]
fn what_is_not_as_announced_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let content = open(folder.path()).unwrap();
    let mut writer = content.writer().unwrap();
    writer.write(b"half").unwrap();
    let refused = writer.commit(digest(b"half and the rest")).unwrap_err();
    assert!(matches!(refused, ContentError::Mismatch { found, .. } if found == digest(b"half")), "{refused}");
    assert!(!content.has(digest(b"half")) && !content.has(digest(b"half and the rest")));
    assert_eq!(fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0);
}

#[test]
fn what_was_left_unfinished_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let content = open(folder.path()).unwrap();
    let mut writer = content.writer().unwrap();
    writer.write(b"half").unwrap();
    std::mem::forget(writer);
    let incoming = folder.path().join("incoming");
    assert_eq!(fs::read_dir(&incoming).unwrap().count(), 1);
    open(folder.path()).unwrap();
    assert_eq!(fs::read_dir(&incoming).unwrap().count(), 0);
}

#[test]
fn a_damaged_content_is_noticed_and_can_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let content = open(folder.path()).unwrap();
    let name = store(&content, b"a texture");
    let path = content.path(name);
    for damage in [b"a texturE".as_slice(), b"a text", b""] {
        fs::remove_file(&path).unwrap();
        fs::write(&path, damage).unwrap();
        let copy = folder.path().join("copy");
        let found = content.copy_to(name, &copy).unwrap_err();
        assert!(matches!(&found, ContentError::Corrupt { digest, .. } if *digest == name), "{found}");
        assert!(!copy.exists());
        assert_eq!(content.missing(&[name]), [name]);
        let ContentError::Corrupt { aside, .. } = found else { unreachable!("it was matched") };
        assert_eq!(fs::read(aside).unwrap(), damage, "its bytes are kept");
        store(&content, b"a texture");
        assert_eq!(content.copy_to(name, &copy).unwrap(), 9);
    }
}

#[test]
fn nobody_gets_all_of_a_damaged_content() {
    let folder = tempfile::tempdir().unwrap();
    let content = open(folder.path()).unwrap();
    let bytes = vec![7_u8; 1 << 20];
    let name = store(&content, &bytes);
    content.verify(name).unwrap();
    let mut changed = bytes;
    changed[3] = 8;
    fs::remove_file(content.path(name)).unwrap();
    fs::write(content.path(name), changed).unwrap();
    let (mut reader, length) = content.reader(name).unwrap();
    let mut given = 0;
    let refused = loop {
        match reader.piece() {
            Ok(piece) => given += piece.expect("it does not end well").len() as u64,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, ContentError::Corrupt { .. }), "{refused}");
    assert!(0 < given && given < length, "{given} of {length} bytes");
    assert!(matches!(content.verify(name), Err(ContentError::Missing { .. })));
    let aside = Quarantine::of(folder.path()).list().unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].path, folder.path().join(format!("quarantine/content-{name}")));
    assert_eq!(aside[0].why, "its bytes have another digest than its name");
}
