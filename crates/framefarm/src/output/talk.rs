//! Standard output and standard error. Colours go to terminals only, and not where NO_COLOR is set.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// What is said to people, on stderr, unless they asked for quiet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk {
    quiet: bool,
    terminal: bool,
}

impl Talk {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, terminal: io::stderr().is_terminal() }
    }

    /// Whether something that moves can be shown.
    pub(crate) const fn is_lively(self) -> bool {
        self.terminal && !self.quiet
    }

    /// A line for people. Where even stderr is gone there is nobody to tell, so that is no error.
    pub(crate) fn say(self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// Something that needs attention though the command goes on.
    pub(crate) fn warn(self, text: impl Display) {
        if !self.quiet {
            let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
            let _ = writeln!(anstream::stderr(), "{style}warning:{style:#} {text}");
        }
    }
}

/// Prints a table or facts, which end their own lines.
pub(crate) fn text(text: impl Display) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    write!(out, "{text}")?;
    out.flush()
}

/// Prints a line.
pub(crate) fn line(line: impl Display) -> io::Result<()> {
    text(format_args!("{line}\n"))
}

/// Prints `value` as JSON.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    out.flush()
}
