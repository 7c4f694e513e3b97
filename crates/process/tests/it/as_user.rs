//! Running as another account. Only root can; elsewhere these say so and pass.

use std::path::Path;

use process::{User, capture};

use crate::LONG;

/// An account without rights, where we are root.
pub(crate) fn nobody() -> Option<User> {
    let nobody = User::named("nobody").unwrap();
    if !rustix::process::geteuid().is_root() || nobody.is_none() {
        println!("skipped: only root can run processes as another account");
        return None;
    }
    nobody
}

#[test]
fn a_captured_command_is_that_account_and_in_no_other_group() {
    let Some(nobody) = nobody() else { return };
    let captured = capture(Path::new("/usr/bin/id"), &[] as &[&str], LONG, Some(&nobody)).unwrap();
    let expected = format!("uid={}(nobody) gid={}", nobody.uid, nobody.gid);
    assert!(captured.stdout.starts_with(&expected), "{captured:?}");
    assert_eq!(captured.stdout.matches(&nobody.gid.to_string()).count(), 3, "{captured:?}");
    assert!(!captured.stdout.contains("=0") && !captured.stdout.contains("(root)"), "{captured:?}");
}
