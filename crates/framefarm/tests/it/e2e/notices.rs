//! What users are told of: by a real mail server and by a real HTTP server.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use model::NoticesView;
use reqwest::Method;
use serde_json::{Value, json};

use super::farm::Farm;
use super::http::Http;
use super::smtp::MailServer;
use super::until;

/// A request as it came: its head in lower case, and its body.
struct Came {
    head: String,
    body: String,
}

impl Came {
    fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default()
    }
}

/// A program that is told. It answers the first request with an error, and takes the others.
fn program() -> (String, Receiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut text = Vec::new();
            let mut piece = [0; 4096];
            let came = loop {
                let read = stream.read(&mut piece).unwrap_or(0);
                text.extend(&piece[..read]);
                let whole = String::from_utf8_lossy(&text).into_owned();
                if let Some((head, body)) = whole.split_once("\r\n\r\n") {
                    let length = head.lines().find_map(|line| {
                        line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
                    });
                    if body.len() >= length.unwrap_or(0) {
                        let lower = |line: &str| match line.split_once(':') {
                            Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
                            None => line.to_owned(),
                        };
                        let head = head.lines().map(lower).collect::<Vec<_>>().join("\n");
                        break Came { head, body: body.to_owned() };
                    }
                }
                if read == 0 {
                    break Came { head: String::new(), body: String::new() };
                }
            };
            let status = if number == 0 { "503 Later" } else { "204 No Content" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
            if sender.send(came).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

/// The signature as another program makes it.
fn openssl(secret: &str, text: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(["dgst", "-sha256", "-hmac", secret]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    format!("v1={}", said.trim().rsplit(' ').next().unwrap())
}

#[test]
fn a_program_is_told_and_can_tell_that_it_is_the_farm() {
    let farm = Farm::up(1);
    let (url, came) = program();
    let all = "started,first-frames,done,failed,waiting";
    let set = farm.run(&["notices", "ada", "--webhook", &url, "--on", all, "--json"]).ends_with(0);
    let secret = set.json::<NoticesView>().secret.unwrap();
    assert!(secret.len() > 40, "{secret}");
    let again = farm.run(&["notices", "ada", "--json"]).ends_with(0);
    assert!(!again.stdout.contains(&secret) && again.json::<NoticesView>().webhook.as_ref() == Some(&url));

    let id = farm.submit_script("told", "1-5", &[], "sleep 0.1; echo {frame} > {output}");
    farm.until_done(&id);
    let mut events = Vec::new();
    let mut deliveries = Vec::new();
    // The first was refused, and comes again.
    while deliveries.len() < 4 {
        let came = came.recv_timeout(std::time::Duration::from_secs(120)).unwrap();
        let body: Value = serde_json::from_str(&came.body).unwrap();
        let signed = format!("{}.{}", came.header("framefarm-timestamp"), came.body);
        assert_eq!(came.header("framefarm-signature"), openssl(&secret, &signed), "{}", came.head);
        assert_eq!(body["event"], came.header("framefarm-event"));
        assert_eq!((&body["job"]["name"], &body["job"]["user"]), (&json!("told"), &json!("ada")));
        deliveries.push(came.header("framefarm-delivery").to_owned());
        events.push(came.header("framefarm-event").to_owned());
    }
    assert_eq!(events[0], "job.started");
    assert_eq!(events.iter().filter(|event| *event == "job.started").count(), 2, "{events:?}");
    assert!(
        ["job.first_frames", "job.done"].iter().all(|event| events.iter().any(|e| e == event)),
        "{events:?}"
    );
    let first = deliveries[0].clone();
    assert_eq!(deliveries.iter().filter(|delivery| **delivery == first).count(), 2, "{deliveries:?}");
    until("all are sent", || farm.job(&id).notices.iter().all(|one| one.state == "sent").then_some(()));
}

#[test]
fn wishes_are_checked_and_are_ones_own() {
    let farm = Farm::up(1);
    let http = Http::to(&farm, "up");
    let put = |user: &str, body: Value| {
        http.send(Method::PUT, &format!("/api/v1/users/{user}/notices"), Some(&body))
    };
    let usual: NoticesView = http.get("/api/v1/users/ada/notices").json();
    assert_eq!((usual.mail, usual.webhook, usual.on.len(), usual.first_frames), (None, None, 3, 3));
    for (body, place) in [
        (json!({"mail": "nobody"}), "mail"),
        (json!({"webhook": "file:///etc/passwd"}), "webhook"),
        (json!({"first_frames": 0}), "first_frames"),
        (json!({"gather_s": 100_000}), "gather_s"),
        (json!({"on": ["sunrise"]}), "sunrise"),
        (json!({"male": "a@b.c"}), "male"),
    ] {
        let answer = put("ada", body);
        assert!(answer.status == 422 && answer.text().contains(place), "{} {}", answer.status, answer.text());
    }
    farm.run(&["user", "add", "vera", "--role", "viewer", "--no-password"]).ends_with(0);
    let token = farm.run(&["token", "create", "look", "--of", "vera", "--quiet"]).ends_with(0).stdout;
    let http = Http::to(&farm, "up").with_token(token.trim());
    assert_eq!(http.get("/api/v1/users/ada/notices").status, 403);
    let own =
        http.send(Method::PUT, "/api/v1/users/vera/notices", Some(&json!({"mail": "vera@example.com"})));
    assert_eq!(own.json::<NoticesView>().mail.as_deref(), Some("vera@example.com"));
}

#[test]
fn first_frames_come_with_pictures_and_a_storm_as_one_mail() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::new(folder.path());
    server.start();
    let mut farm = Farm::new();
    farm.start_schedule(&["--smtp", &server.url()]);
    farm.start("others", &["serve", "resource", "render", "--port", "0", "--name", "r1", "--slots", "2"]);
    farm.until_hosts(1);
    let wish = ["--mail", "ada@example.com", "--on", "first-frames", "--first-frames", "2", "--gather", "0"];
    farm.run(&[&["notices", "ada"][..], &wish].concat()).ends_with(0);
    let picture = "printf 'P6 2 2 255 123456789abc' > {output}.ppm";
    let id = farm.submit_script("pictured", "1-4", &[], picture);
    farm.until_done(&id);
    let letter = until("a letter", || server.letters("ada@example.com").pop());
    for text in ["Subject: pictured: first frames, ", "of 4", "Content-Type: image/jpeg", "/9j/"] {
        assert!(letter.contains(text), "no {text:?} in\n{letter}");
    }
    assert_eq!(letter.matches("Content-Disposition: attachment").count(), 2, "{letter}");

    let wish = ["--mail", "bob@example.com", "--on", "done", "--gather", "4"];
    farm.run(&[&["notices", "bob"][..], &wish].concat()).ends_with(0);
    let script = "echo {frame} > {output}";
    let jobs: Vec<String> =
        (1..=12).map(|i| farm.submit_script(&format!("job{i}"), "1", &["--user", "bob"], script)).collect();
    jobs.iter().for_each(|id| drop(farm.until_done(id)));
    until("all are sent", || {
        let sent = |id: &String| farm.job(id).notices.iter().all(|one| one.state == "sent");
        jobs.iter().all(sent).then_some(())
    });
    let letters = server.letters("bob@example.com");
    assert!(letters.len() < 12, "{}", letters.len());
    assert!(letters.iter().any(|letter| letter.contains(" notices: ")), "{letters:?}");
    for i in 1..=12 {
        assert!(letters.iter().any(|letter| letter.contains(&format!("job{i}: done, 1 frame"))), "job{i}");
    }
}
