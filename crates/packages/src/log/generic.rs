//! Lines that are understood of every package: those of Alfred, Tractor, Afanasy, Open Job Description and
//! our own.

/// What such a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generic {
    Percent,
    FrameStart,
    FrameDone,
    Image,
    Status,
    Exit,
    Why,
    Warning,
    Missing,
    Error,
    Fatal,
    Benign,
}

/// Each pattern with at most one group.
pub(super) const GENERIC: [(Generic, &str); 12] = [
    (
        Generic::Percent,
        r"^\s*(?:(?:ALF_PROGRESS|TR_PROGRESS|PROGRESS:|openjd_progress:|framefarm: progress)\s*)(\d+(?:\.\d+)?)(?:\s*%|\s*$)",
    ),
    (Generic::FrameStart, r"^\s*(?:FRAME:|framefarm: begin)\s*(-?\d+)\s*$"),
    (Generic::FrameDone, r"^framefarm: done\s+(-?\d+)\s*$"),
    (Generic::Image, r"^\s*@IMAGE@\s*(\S.*?)\s*$"),
    (Generic::Status, r"^\s*(?:ACTIVITY:|REPORT:|openjd_status:)\s*(\S.*?)\s*$"),
    (Generic::Exit, r"^\s*TR_EXIT_STATUS\s+(-?\d+)\s*$"),
    (Generic::Why, r"^\s*openjd_fail:\s*(\S.*?)\s*$"),
    (Generic::Warning, r"^\s*(?:\[ PARSER WARNING \]|framefarm: warning\b)\s*(\S.*?)\s*$"),
    (Generic::Missing, r"^framefarm: missing\s+(\S.*?)\s*$"),
    (Generic::Error, r"^\s*(?:\[ PARSER (?:ERROR|BAD RESULT) \]|framefarm: failed\s+-?\d+)\s*(\S.*?)?\s*$"),
    (Generic::Fatal, r"^\s*\[ PARSER FATAL ERROR \]\s*(\S.*?)?\s*$"),
    (Generic::Benign, r"^\s*\[ PARSER FINISHED SUCCESS \]()"),
];
