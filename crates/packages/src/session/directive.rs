//! Lines by which an action speaks to its session: `openjd_env: NAME=VALUE` and the like.
//!
//! They count at the start of a line only, with a colon and one blank. A line that looks as if it wanted to
//! set a variable and cannot is a fault: going on without the variable would show much later.

/// What a line asks of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `openjd_progress: 41.5`, in thousandths.
    Progress(u16),
    /// `openjd_status: TEXT`
    Status(String),
    /// `openjd_fail: TEXT`
    Fail(String),
    /// `openjd_env: NAME=VALUE`; secret with `openjd_redacted_env`.
    Set {
        /// Name of the variable.
        name: String,
        /// What it is set to.
        value: String,
        /// Whether the value is kept out of logs.
        secret: bool,
    },
    /// `openjd_unset_env: NAME`
    Unset(String),
}

/// A line that wants to set or unset a variable and cannot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line:?} sets no variable; write `{usage}` at the start of a line")]
pub struct Malformed {
    /// The line; where it may hold a secret, only its beginning.
    pub line: String,
    usage: &'static str,
}

const SET: &str = "openjd_env: NAME=VALUE";
const SET_SECRET: &str = "openjd_redacted_env: NAME=VALUE";
const UNSET: &str = "openjd_unset_env: NAME";

impl Directive {
    /// What `line` asks for, if anything.
    #[must_use]
    pub fn of(line: &str) -> Option<Result<Self, Malformed>> {
        let word = line.strip_prefix("openjd_")?;
        let malformed = |usage| Some(Err(Malformed { line: line.to_owned(), usage }));
        let after = |name: &str| word.strip_prefix(name)?.strip_prefix(": ").filter(|rest| !rest.is_empty());
        if word.starts_with("env") {
            return after("env").and_then(assignment).map_or_else(
                || malformed(SET),
                |(name, value)| Some(Ok(Self::Set { name, value, secret: false })),
            );
        }
        if word.starts_with("redacted_env") {
            return Some(match after("redacted_env").and_then(assignment) {
                Some((name, value)) => Ok(Self::Set { name, value, secret: true }),
                None => Err(Malformed { line: "openjd_redacted_env…".to_owned(), usage: SET_SECRET }),
            });
        }
        if word.starts_with("unset_env") {
            let name = after("unset_env").map(str::trim).filter(|name| is_variable(name));
            return name.map_or_else(|| malformed(UNSET), |name| Some(Ok(Self::Unset(name.to_owned()))));
        }
        if let Some(text) = after("status") {
            return Some(Ok(Self::Status(text.to_owned())));
        }
        if let Some(text) = after("fail") {
            return Some(Ok(Self::Fail(text.to_owned())));
        }
        let percent: f64 = after("progress")?.trim().parse().ok()?;
        // Only what lies between 0 and 1000 is cast.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
        (0.0..=100.0).contains(&percent).then(|| Ok(Self::Progress((percent * 10.0).round() as u16)))
    }
}

/// `NAME=VALUE`, or the same as a text of JSON, which can hold several lines.
fn assignment(text: &str) -> Option<(String, String)> {
    let whole: String =
        if text.starts_with('"') { serde_json::from_str(text.trim_end()).ok()? } else { text.to_owned() };
    let (name, value) = whole.split_once('=')?;
    (is_variable(name) && !value.contains('\0')).then(|| (name.to_owned(), value.to_owned()))
}

/// Whether `name` is one that every shell takes for a variable.
pub(super) fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str, secret: bool) -> Option<Result<Directive, ()>> {
        Some(Ok(Directive::Set { name: name.into(), value: value.into(), secret }))
    }

    #[test]
    fn lines_mean_what_they_say_and_nothing_else() {
        let table = [
            ("openjd_env: A=1", set("A", "1", false)),
            ("openjd_env: _a9= x = y ", set("_a9", " x = y ", false)),
            ("openjd_env: A=", set("A", "", false)),
            ("openjd_env: \"A=1\\n2\"", set("A", "1\n2", false)),
            ("openjd_redacted_env: KEY=s3cret", set("KEY", "s3cret", true)),
            ("openjd_unset_env: A", Some(Ok(Directive::Unset("A".into())))),
            ("openjd_status: half way", Some(Ok(Directive::Status("half way".into())))),
            ("openjd_fail: no licence", Some(Ok(Directive::Fail("no licence".into())))),
            ("openjd_progress: 41.57", Some(Ok(Directive::Progress(416)))),
            ("openjd_progress: 100", Some(Ok(Directive::Progress(1000)))),
            ("openjd_progress: 101", None),
            ("openjd_progress: nan", None),
            ("openjd_progress: -1", None),
            ("openjd_status:", None),
            (" openjd_env: A=1", None),
            ("echo openjd_env: A=1", None),
            ("openjd_other: A=1", None),
            ("", None),
            ("openjd_env: A", Some(Err(()))),
            ("openjd_env: 9A=1", Some(Err(()))),
            ("openjd_env: A B=1", Some(Err(()))),
            ("openjd_env:A=1", Some(Err(()))),
            ("openjd_env", Some(Err(()))),
            ("openjd_env: \"A=1", Some(Err(()))),
            ("openjd_env: \"A=\\u0000\"", Some(Err(()))),
            ("openjd_env: =1", Some(Err(()))),
            ("openjd_unset_env: A=1", Some(Err(()))),
            ("openjd_redacted_env: s3cret", Some(Err(()))),
        ];
        for (line, wanted) in table {
            assert_eq!(Directive::of(line).map(|it| it.map_err(|_| ())), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_malformed_tells_no_secret() {
        let fault = Directive::of("openjd_redacted_env: s3cret").unwrap().unwrap_err();
        assert!(!fault.to_string().contains("s3cret"), "{fault}");
    }
}
