//! Whose fault a failure is, as far as the end of a log tells: most are the frame's, but memory that ran out
//! and licences that were not to be had are met with otherwise than trying again at once.

use model::FailureClass;

/// What programs of all kinds say when they get no memory.
const MEMORY: [&str; 8] = [
    "std::bad_alloc",
    "out of memory",
    "outofmemory",
    "cannot allocate memory",
    "could not allocate memory",
    "memory allocation of",
    "memory exhausted",
    "failed to allocate memory",
];

/// What makes a line about a licence one of lacking it. Greetings speak of licences too.
const LACKING: [&str; 16] = [
    "fail",
    "error",
    "denied",
    "unavailable",
    "not available",
    "no licen",
    "unable",
    "could not",
    "cannot",
    "can't",
    "expired",
    "in use",
    "timed out",
    "users already reached",
    "not found",
    "invalid",
];

/// The class of a failure whose log ends with `tail`.
pub(super) fn blame(tail: &str) -> FailureClass {
    let lines = || tail.lines().map(str::to_lowercase);
    let says = |line: &str, words: &[&str]| words.iter().any(|word| line.contains(word));
    if lines().any(|line| (line.contains("licens") || line.contains("licenc")) && says(&line, &LACKING)) {
        return FailureClass::Licence;
    }
    if lines().any(|line| says(&line, &MEMORY)) {
        return FailureClass::Memory;
    }
    FailureClass::Frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_tell_memory_and_licences_from_other_failures() {
        for (tail, class) in [
            ("", FailureClass::Frame),
            ("Parse Error: no such texture", FailureClass::Frame),
            ("This is free software under the terms of its license, without warranty", FailureClass::Frame),
            ("x\nterminate called after throwing an instance of 'std::bad_alloc'", FailureClass::Memory),
            ("numpy: Cannot allocate memory", FailureClass::Memory),
            ("memory allocation of 8000000000 bytes failed", FailureClass::Memory),
            ("ERROR: License checkout failed (-4)", FailureClass::Licence),
            ("Licensed number of users already reached.", FailureClass::Licence),
            ("could not obtain a licence: server not found\nout of memory", FailureClass::Licence),
        ] {
            assert_eq!(blame(tail), class, "{tail}");
        }
    }
}
