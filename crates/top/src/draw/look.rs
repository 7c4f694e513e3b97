//! How things look: with colours, and as well without.

use model::{FrameState, HostState, JobState};
use ratatui::style::{Color, Modifier, Style};

use crate::cells::Cell;

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether there are.
    pub colour: bool,
}

impl Look {
    fn of(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub(super) fn plain(self) -> Style {
        Style::new()
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn faint(self) -> Style {
        self.of(Color::DarkGray)
    }

    pub(super) fn head(self) -> Style {
        if self.colour {
            Style::new().bg(Color::DarkGray).fg(Color::White)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    pub(super) fn alarm(self) -> Style {
        if self.colour {
            Style::new().bg(Color::Red).fg(Color::White).add_modifier(Modifier::BOLD)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }

    pub(super) fn columns(self) -> Style {
        self.faint().add_modifier(Modifier::UNDERLINED)
    }

    pub(super) fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn good(self) -> Style {
        self.of(Color::Green)
    }

    pub(super) fn bad(self) -> Style {
        self.of(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn busy(self) -> Style {
        self.of(Color::Cyan)
    }

    pub(super) fn warned(self) -> Style {
        self.of(Color::Yellow)
    }

    pub(super) fn job(self, state: JobState) -> Style {
        match state {
            JobState::Active => self.busy(),
            JobState::Done => self.good(),
            JobState::Failed => self.bad(),
            JobState::Held => self.warned(),
            JobState::Queued => self.plain(),
            JobState::Killed => self.faint(),
        }
    }

    pub(super) fn frame(self, state: FrameState) -> Style {
        self.cell(match state {
            FrameState::Waiting => Cell::Waiting,
            FrameState::Running => Cell::Running(0),
            FrameState::Done => Cell::Done,
            FrameState::Failed => Cell::Failed,
            FrameState::Killed => Cell::Killed,
        })
    }

    pub(super) fn cell(self, cell: Cell) -> Style {
        match cell {
            Cell::Waiting | Cell::Killed => self.faint(),
            Cell::Running(_) => self.busy(),
            Cell::Done => self.good(),
            Cell::Warned => self.warned(),
            Cell::Failed => self.bad(),
        }
    }

    pub(super) fn host(self, state: HostState) -> Style {
        match state {
            HostState::Idle => self.plain(),
            HostState::Busy => self.busy(),
            HostState::Silent => self.bad(),
            HostState::Closed | HostState::Draining => self.warned(),
        }
    }
}

/// The word for a state.
pub(super) const fn job_word(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "queued",
        JobState::Active => "active",
        JobState::Held => "held",
        JobState::Done => "done",
        JobState::Failed => "failed",
        JobState::Killed => "killed",
    }
}

pub(super) const fn frame_word(state: FrameState) -> &'static str {
    match state {
        FrameState::Waiting => "waiting",
        FrameState::Running => "running",
        FrameState::Done => "done",
        FrameState::Failed => "failed",
        FrameState::Killed => "killed",
    }
}

pub(super) const fn host_word(state: HostState) -> &'static str {
    match state {
        HostState::Idle => "idle",
        HostState::Busy => "busy",
        HostState::Silent => "silent",
        HostState::Closed => "closed",
        HostState::Draining => "draining",
    }
}

/// The sign of a cell.
pub(super) const fn sign(cell: Cell) -> char {
    match cell {
        Cell::Waiting => '.',
        // Tenths.
        Cell::Running(sixteenths) => (b'0' + sixteenths * 10 / 16) as char,
        Cell::Done => '#',
        Cell::Warned => '!',
        Cell::Failed => 'X',
        Cell::Killed => '-',
    }
}
