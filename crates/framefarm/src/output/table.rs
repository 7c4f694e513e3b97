//! Plain tables: one line a row, no frames, so that they read well and `awk` can take them apart.

use std::fmt;

use anstyle::{AnsiColor, Style};
use model::{FrameState, HostState, JobState};
use unicode_width::UnicodeWidthStr;

/// A value in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// Makes one line of any text: what a program printed may hold anything.
    pub(crate) fn new(text: impl fmt::Display) -> Self {
        let text: String = text.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { text, style: Style::new() }
    }

    /// Nothing where there is nothing.
    pub(crate) fn of(text: Option<impl fmt::Display>) -> Self {
        text.map(Self::new).unwrap_or_default()
    }

    fn coloured(text: &'static str, colour: Option<AnsiColor>) -> Self {
        Self { text: text.to_owned(), style: Style::new().fg_color(colour.map(Into::into)) }
    }
}

impl From<JobState> for Cell {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Queued => Self::coloured("queued", None),
            JobState::Active => Self::coloured("active", Some(AnsiColor::Cyan)),
            JobState::Held => Self::coloured("held", Some(AnsiColor::Yellow)),
            JobState::Done => Self::coloured("done", Some(AnsiColor::Green)),
            JobState::Failed => Self::coloured("failed", Some(AnsiColor::Red)),
            JobState::Killed => Self::coloured("killed", Some(AnsiColor::Magenta)),
        }
    }
}

impl From<FrameState> for Cell {
    fn from(state: FrameState) -> Self {
        match state {
            FrameState::Waiting => Self::coloured("waiting", None),
            FrameState::Running => Self::coloured("running", Some(AnsiColor::Cyan)),
            FrameState::Done => Self::coloured("done", Some(AnsiColor::Green)),
            FrameState::Failed => Self::coloured("failed", Some(AnsiColor::Red)),
            FrameState::Killed => Self::coloured("killed", Some(AnsiColor::Magenta)),
        }
    }
}

impl From<HostState> for Cell {
    fn from(state: HostState) -> Self {
        match state {
            HostState::Idle => Self::coloured("idle", Some(AnsiColor::Green)),
            HostState::Busy => Self::coloured("busy", Some(AnsiColor::Cyan)),
            HostState::Silent => Self::coloured("silent", Some(AnsiColor::Red)),
            HostState::Closed => Self::coloured("closed", Some(AnsiColor::Yellow)),
            HostState::Draining => Self::coloured("draining", Some(AnsiColor::Yellow)),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = self.style;
        write!(f, "{style}{}{style:#}", self.text)
    }
}

/// Rows below headings. A heading that starts with `>` keeps its column to the right.
#[derive(Debug)]
pub(crate) struct Table {
    heads: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) const fn new(heads: &'static [&'static str]) -> Self {
        Self { heads, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.heads.iter().map(|head| head.trim_start_matches('>')).collect();
        let cell_width =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|c| c.text.width()).max();
        let widths: Vec<usize> = names
            .iter()
            .enumerate()
            .map(|(column, name)| name.width().max(cell_width(column).unwrap_or(0)))
            .collect();
        let bold = Style::new().bold();
        let heads: Vec<Cell> =
            names.iter().map(|name| Cell { text: (*name).to_owned(), style: bold }).collect();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let used = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
            for (column, cell) in row.iter().enumerate().take(used) {
                let gap = " ".repeat(widths[column].saturating_sub(cell.text.width()));
                let between = if column > 0 { "  " } else { "" };
                match (self.heads[column].starts_with('>'), column + 1 == used) {
                    (true, _) => write!(f, "{between}{gap}{cell}")?,
                    (false, true) => write!(f, "{between}{cell}")?,
                    (false, false) => write!(f, "{between}{cell}{gap}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Names and values of one thing, below each other.
#[derive(Debug, Default)]
pub(crate) struct Facts(Vec<(&'static str, Cell)>);

impl Facts {
    pub(crate) fn add(&mut self, name: &'static str, value: impl Into<Cell>) {
        self.0.push((name, value.into()));
    }

    /// Adds it where there is something.
    pub(crate) fn add_some(&mut self, name: &'static str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.add(name, Cell::new(value));
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let bold = Style::new().bold();
        self.0.iter().try_for_each(|(name, cell)| writeln!(f, "{bold}{name:width$}{bold:#}  {cell}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_where_their_text_does() {
        let mut table = Table::new(&["NAME", ">FRAMES", "STATE", "WHY"]);
        table.row([Cell::new("Lüa"), Cell::new(7), JobState::Done.into(), Cell::default()]);
        table.row([Cell::new("a long\nname"), Cell::new(1200), JobState::Held.into(), Cell::new("held")]);
        let text = anstream::adapter::strip_str(&table.to_string()).to_string();
        insta::assert_snapshot!(text, @r"
        NAME         FRAMES  STATE  WHY
        Lüa               7  done
        a long name    1200  held   held
        ");
    }
}
