//! Passwords and tokens that are typed or piped in: never given as arguments, which others on the machine
//! see.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::output::Failure;

/// Longer input is none of these.
const BYTES_MAX: u64 = 4096;

/// What standard input holds, without the end of its line.
pub(super) fn piped(what: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::System { what: format!("cannot read {what}: {error}") })?;
    let text = text.trim_end_matches(['\n', '\r']).to_owned();
    if text.is_empty() {
        let hint = format!("pipe it in, as in: framefarm ... < FILE with {what}");
        return Err(Failure::Misuse { what: format!("standard input holds no {what}"), hint });
    }
    Ok(text)
}

/// Asks at the terminal, which does not show what is typed. `instead` is the flag for where there is none.
pub(super) fn typed(prompt: &str, instead: &str) -> Result<String, Failure> {
    let nobody = || Failure::Misuse {
        what: format!("there is no terminal to ask at for: {prompt}"),
        hint: format!("pipe it in with {instead}"),
    };
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|_| nobody())?;
    let failed = |error: io::Error| Failure::System { what: format!("cannot ask at the terminal: {error}") };
    let hushed = Hushed::new(&terminal).map_err(failed)?;
    let text = ask(&terminal, prompt).map_err(failed);
    drop(hushed);
    text?.ok_or_else(|| Failure::System { what: "nothing was typed".to_owned() })
}

/// The same twice, so that a slip of the finger is noticed.
pub(super) fn typed_twice(prompt: &str, instead: &str) -> Result<String, Failure> {
    let first = typed(prompt, instead)?;
    if first == typed(&format!("{prompt} again"), instead)? {
        return Ok(first);
    }
    let hint = "nothing was changed; try again".to_owned();
    Err(Failure::Misuse { what: "these are two different passwords".to_owned(), hint })
}

/// Whether somebody at the terminal says yes; no where there is none.
pub(super) fn confirmed(question: &str) -> bool {
    if !io::stdin().is_terminal() {
        return false;
    }
    let mut answer = String::new();
    let asked = write!(io::stderr(), "{question} [y/N] ").and_then(|()| io::stderr().flush());
    asked.is_ok() && io::stdin().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("y")
}

/// A terminal that shows nothing of what is typed, until this is dropped. Ctrl-C is read as a character, so
/// that the terminal is never left so.
struct Hushed<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hushed<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hushed = before.clone();
        hushed.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(terminal, OptionalActions::Flush, &hushed)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hushed<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
        let _ = writeln!(self.terminal);
    }
}

/// A line; nothing where whoever types has given it up.
fn ask(mut terminal: &File, prompt: &str) -> io::Result<Option<String>> {
    const INTERRUPT: u8 = 3;
    const END: u8 = 4;
    const BACKSPACE: [u8; 2] = [8, 127];
    write!(terminal, "{prompt}: ")?;
    terminal.flush()?;
    let (mut line, mut byte) = (Vec::new(), [0]);
    loop {
        if terminal.read(&mut byte)? == 0 || matches!(byte[0], INTERRUPT | END) {
            return Ok(None);
        }
        match byte[0] {
            b'\n' | b'\r' => break,
            erase if BACKSPACE.contains(&erase) => {
                // A character may have several bytes.
                while line.pop().is_some_and(|gone: u8| gone & 0b1100_0000 == 0b1000_0000) {}
            }
            other => line.push(other),
        }
        if line.len() as u64 > BYTES_MAX {
            return Ok(None);
        }
    }
    Ok(String::from_utf8(line).ok().filter(|line| !line.is_empty()))
}
