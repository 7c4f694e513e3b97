//! A desktop renders while its owner is away, and gives way when he is back: here he types at a terminal of
//! this machine, as real as any.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use model::{ClosedBy, Door, FrameState, HostView};

use super::farm::Farm;
use super::until_true;

/// A terminal at which somebody may type. Where the program that makes it is missing there is none.
struct Terminal {
    child: Child,
    keys: ChildStdin,
}

impl Terminal {
    fn open() -> Option<Self> {
        let mut command = Command::new("script");
        command
            .args(["-qfc", "cat", "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let keys = child.stdin.take().unwrap();
        Some(Self { child, keys })
    }

    fn types(&mut self) {
        self.keys.write_all(b"x\n").unwrap();
        self.keys.flush().unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn closed_by(farm: &Farm) -> Option<ClosedBy> {
    let hosts: Vec<HostView> = farm.run(&["hosts", "--json"]).ends_with(0).json();
    match hosts.into_iter().next().map(|host| host.door) {
        Some(Door::Closed { by, .. }) => Some(by),
        Some(Door::Open) | None => None,
    }
}

const DESK: [&str; 7] = ["--desktop", "--idle-after", "2s", "--busy-cpu", "100%", "--free-memory", "0"];

#[test]
fn frames_make_room_for_whoever_types_and_come_back_without_a_try() {
    let Some(mut terminal) = Terminal::open() else {
        println!("skipped: there is no program `script` to make a terminal with");
        return;
    };
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    farm.start_resource();
    farm.start("r1", &[&["serve", "render", "--name", "r1", "--slots", "1"], &DESK[..]].concat());
    farm.until_hosts(1);
    let gate = farm.path("gate").display().to_string();
    // One failure would end it.
    let text = format!(
        "name = \"night\"\nattempts = 1\n[[step]]\nname = \"a\"\nframes = \"1\"\n\
         command = [\"sh\", \"-c\", \"until [ -e {gate} ]; do sleep 0.1; done; echo > {{{{output}}}}\"]\n"
    );
    let id = farm.submit_text("night.toml", &text);
    until_true("nobody types, so it runs", || farm.running(&id).len() == 1);

    until_true("it gives way to whoever types", || {
        terminal.types();
        closed_by(&farm) == Some(ClosedBy::Desk)
    });
    until_true("the frame is given back", || {
        terminal.types();
        farm.frames(&id)[0].state == FrameState::Waiting
    });
    farm.until_waits_for(&id, "owner");

    until_true("it runs again once nobody types", || farm.running(&id).len() == 1);
    std::fs::write(farm.path("gate"), "").unwrap();
    let frames = farm.until_done(&id);
    let outcomes: Vec<_> = frames[0].history.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert!(outcomes.len() > 1 && outcomes.contains(&"given_back"), "{outcomes:?}");
}

#[test]
fn outside_of_its_hours_a_desktop_takes_nothing_and_says_when_it_would() {
    let mut farm = Farm::new();
    farm.start_schedule(&[]);
    farm.start_resource();
    // A minute of the day that is twelve hours away.
    let now = jiff::Zoned::now();
    let hour = (now.hour() + 12) % 24;
    let hours = format!("{hour:02}:00-{hour:02}:01");
    let arguments = ["serve", "render", "--name", "r1", "--slots", "1", "--hours", &hours];
    farm.start("r1", &[&arguments, &DESK[..]].concat());
    farm.until_hosts(1);
    until_true("it is closed by its hours", || closed_by(&farm) == Some(ClosedBy::Hours));
    let id = farm.submit_script("later", "1", &[], "echo > {output}");
    farm.until_waits_for(&id, &format!("only from {hour:02}:00"));
    farm.run(&["serve", "render", "--desktop", "--hours", "night"]).ends_with(2);
}
