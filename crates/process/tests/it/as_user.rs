//! Running as another account. Only root can; elsewhere these say so and pass.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::Exit;
use process::{Launch, LaunchError, User, capture};

use crate::{Attempt, LONG, end};

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

#[test]
fn a_launched_process_is_that_account_and_enters_nothing_of_ours() {
    let Some(nobody) = nobody() else { return };
    let attempt = Attempt::new();
    let as_nobody = |script: &str| Launch { user: Some(nobody.clone()), ..attempt.script(script) };
    let close = |mode| fs::set_permissions(attempt.folder.path(), Permissions::from_mode(mode)).unwrap();
    close(0o700);
    assert!(!nobody.may_enter(attempt.folder.path()));
    let error = attempt.start(&as_nobody("true")).unwrap_err();
    assert!(matches!(&error, LaunchError::Closed { user, .. } if user == "nobody"), "{error}");

    close(0o711);
    assert!(nobody.may_enter(attempt.folder.path()));
    fs::write(attempt.path("secret"), "hunter2").unwrap();
    fs::set_permissions(attempt.path("secret"), Permissions::from_mode(0o600)).unwrap();
    let mut running = attempt.start(&as_nobody("id; cat secret; ls; touch made; exit 7")).unwrap();
    assert_eq!(end(&mut running), Exit::Code(7));
    let said = attempt.line("log");
    assert!(said.contains(&format!("uid={}", nobody.uid)) && !said.contains("root"), "{said}");
    assert_eq!(said.matches("denied").count(), 3, "{said}");
    assert!(!said.contains("hunter2") && !attempt.path("made").exists(), "{said}");
}
