//! Mails about the end of jobs, to a real mail server.

use model::{JobView, NoticeView};

use super::farm::Farm;
use super::smtp::MailServer;
use super::{until, until_true};

const GOOD: &str = "echo {frame} > {output}";
const BAD: &str = "if [ {frame} = 2 ]; then echo out of paint; exit 1; fi; echo {frame} > {output}";

/// A farm whose mail goes to `server`.
fn farm(server: &MailServer, environment: &[(&str, &str)]) -> Farm {
    let mut farm = Farm::new();
    environment.iter().for_each(|(name, value)| farm.set(name, value));
    farm.start_schedule(&["--smtp", &server.url(), "--mail-from", "farm@example.com"]);
    farm.start("others", &["serve", "resource", "render", "--port", "0", "--name", "r1", "--slots", "2"]);
    farm.until_hosts(1);
    farm
}

/// The one letter for `to`, once it is there.
#[track_caller]
fn letter(server: &MailServer, to: &str) -> String {
    until(&format!("a letter for {to}"), || server.letters(to).pop())
}

/// The one notice of a job, once it satisfies `which`.
#[track_caller]
fn notice(farm: &Farm, id: &str, what: &str, which: impl Fn(&NoticeView) -> bool) -> NoticeView {
    until(&format!("the notice of job {id} {what}"), || {
        let JobView { notices, .. } = farm.job(id);
        assert_eq!(notices.len(), 1);
        notices.into_iter().find(&which)
    })
}

fn is_sent(notice: &NoticeView) -> bool {
    notice.state == "sent"
}

/// Still to be sent, after a try that failed.
fn is_put_off(notice: &NoticeView) -> bool {
    notice.state == "waiting" && notice.problem.is_some()
}

#[track_caller]
fn holds(letter: &str, texts: &[&str]) {
    for text in texts {
        assert!(letter.contains(text), "no {text:?} in\n{letter}");
    }
}

#[test]
fn the_end_of_a_job_is_told_with_counts_times_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::new(folder.path());
    server.start();
    let farm = farm(&server, &[]);

    let both = ["--notify", "ada@example.com", "--notify", "bob@example.com"];
    let done = farm.submit_script("fine", "1-4", &both, GOOD);
    farm.until_done(&done);
    let failed = farm.submit_script("unlucky", "1-3", &["--notify", "cyd@example.com"], BAD);
    farm.run(&["wait", &failed]).ends_with(1);
    let killed = farm.submit_script("killed", "1", &["--hold", "--notify", "dan@example.com"], GOOD);
    farm.run(&["kill", &killed]).ends_with(0);

    for to in ["ada@example.com", "bob@example.com"] {
        let letter = letter(&server, to);
        holds(&letter, &["From: Framefarm <farm@example.com>", "Subject: fine: done, 4 frames"]);
        holds(&letter, &["Submitted:", "Started:", "Ended:", "Rendering took:", "Auto-Submitted:"]);
        holds(&letter, &[&format!("Frames are in:   {}", farm.job(&done).results)]);
    }
    let letter = letter(&server, "cyd@example.com");
    holds(&letter, &["Subject: unlucky: 1 of 3 frames failed", "2 are done", "  2: ", "out of paint"]);
    holds(&letter, &["Failed attempts: 3", &format!("framefarm log {failed} FRAME")]);
    notice(&farm, &failed, "is sent", is_sent);
    until_true("both of the first are sent", || farm.job(&done).notices.iter().all(is_sent));
    assert_eq!(server.letters("ada@example.com").len(), 1);
    assert_eq!(server.letters("dan@example.com").len(), 0, "who kills a job knows");
}

#[test]
fn a_mail_server_that_demands_starttls_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::with_tls(folder.path());
    server.start();
    let farm = farm(&server, &[("SSL_CERT_FILE", &server.certificate())]);
    let id = farm.submit_script("sealed", "1-2", &["--notify", "ada@example.com"], GOOD);
    farm.until_done(&id);
    holds(&letter(&server, "ada@example.com"), &["Subject: sealed: done, 2 frames"]);
}

#[test]
fn a_mail_server_with_an_unknown_certificate_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::with_tls(folder.path());
    server.start();
    let farm = farm(&server, &[]);
    let id = farm.submit_script("sealed", "1", &["--notify", "ada@example.com"], GOOD);
    farm.until_done(&id);
    let notice = notice(&farm, &id, "fails", is_put_off);
    holds(notice.problem.as_deref().unwrap(), &["certificate"]);
    assert_eq!(server.letters("ada@example.com").len(), 0);
}

#[test]
fn mails_wait_for_a_mail_server_that_is_down_also_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::new(folder.path());
    let mut farm = farm(&server, &[]);

    let first = farm.submit_script("first", "1", &["--notify", "ada@example.com"], GOOD);
    farm.until_done(&first);
    let put_off = notice(&farm, &first, "is put off", is_put_off);
    assert!(put_off.tries >= 1);
    let place = server.url().trim_start_matches("smtp://").to_owned();
    holds(put_off.problem.as_deref().unwrap(), &[&place, "refused"]);
    let told = farm.run(&["job", &first]).ends_with(0);
    holds(&told.stdout, &["ada@example.com", &place, "refused"]);
    server.start();
    holds(&letter(&server, "ada@example.com"), &["Subject: first: done, 1 frame"]);
    notice(&farm, &first, "is sent", is_sent);

    server.stop();
    let second = farm.submit_script("second", "1", &["--notify", "bob@example.com"], GOOD);
    farm.until_done(&second);
    notice(&farm, &second, "is put off", is_put_off);
    farm.kill_9("schedule");
    server.start();
    farm.restart("schedule");
    holds(&letter(&server, "bob@example.com"), &["Subject: second: done, 1 frame"]);
    notice(&farm, &second, "is sent", is_sent);
    assert_eq!(server.letters("bob@example.com").len(), 1);
    assert_eq!(server.letters("ada@example.com").len(), 1);
}
