//! A package that stays for many frames: how it is started, what it is asked, and what it answers.

use model::Part;
use serde::Serialize;
use serde_json::Value as Json;

use crate::definition::SessionRule;
use crate::template::Value;
use crate::{CommandLine, CommandLineError, Invocation, outputs, values};

/// What a package that stays says to us: `framefarm: done 7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It can take a frame.
    Ready,
    /// The file of a frame is written and closed.
    Done(i64),
    /// A frame failed, and why.
    Failed(i64, String),
}

impl Reply {
    /// What a line says, where it says anything.
    #[must_use]
    pub fn of(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line.strip_prefix(b"framefarm: ")?).ok()?.trim_end();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "ready" => Some(Self::Ready),
            "done" => rest.trim().parse().ok().map(Self::Done),
            "failed" => {
                let (number, why) = rest.split_once(' ').unwrap_or((rest, ""));
                Some(Self::Failed(number.parse().ok()?, why.to_owned()))
            }
            _ => None,
        }
    }
}

/// What a package that stays is asked. What the attempt has no value for is left out.
#[derive(Serialize)]
struct Request<'a> {
    frame: i64,
    frames: Vec<i64>,
    attempt: u32,
    first: i64,
    last: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene: Option<String>,
    output: String,
    output_stem: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    threads: u32,
    gpus: &'a [u16],
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<Part>,
    settings: std::collections::BTreeMap<String, Json>,
}

impl Invocation<'_> {
    /// How the package stays for the frames of this step; nothing where each has a process of its own. Parts
    /// of pictures have one each, and so has what holds licences, which are not to be held by what does
    /// nothing.
    #[must_use]
    pub fn session_rule(&self) -> Option<SessionRule> {
        let work = &self.step.work;
        if work.cold || work.part.is_some() || !self.step.limits.is_empty() {
            return None;
        }
        if self.definition.brings_program() {
            return work.warm.then(SessionRule::of_a_program);
        }
        self.definition.session.clone()
    }

    /// What to start for many frames; the attempt's scratch is the process's own here.
    ///
    /// # Errors
    /// As those of [`Self::command_line`].
    pub fn session_line(&self, rule: &SessionRule) -> Result<CommandLine, CommandLineError> {
        let mut values = values::values(self);
        values.retain(|name, _| name == "scratch" || !values::of_frame(name));
        if self.definition.brings_program() {
            let unfilled = || CommandLineError::Unfilled { command: self.step.work.command.clone() };
            let command = values::command(self.step, &values).ok_or_else(unfilled)?;
            values.insert("command".into(), Value::Many(command));
            return self.started_with(self.arguments(&self.definition.command, &values), &values, &[]);
        }
        self.started_with(self.arguments(&rule.command, &values), &values, &rule.executable)
    }

    /// The line that asks for this attempt's frames, with its end.
    #[must_use]
    pub fn request(&self) -> String {
        let (step, work) = (self.step, &self.step.work);
        let request = Request {
            frame: self.number,
            frames: self.numbers().collect(),
            attempt: self.attempt.0,
            first: step.animation.first,
            last: step.animation.last,
            scene: work
                .scene
                .as_ref()
                .map(|scene| self.job_folder.join(scene.as_str()).display().to_string()),
            output: outputs::wanted(self).display().to_string(),
            output_stem: self.scratch.join(&self.definition.outputs.stem).display().to_string(),
            format: outputs::ending(self.definition, step),
            width: work.size.map(|size| size.width),
            height: work.size.map(|size| size.height),
            threads: values::threads(self),
            gpus: self.gpus,
            part: work.part,
            settings: work
                .settings
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect(),
        };
        // Text, numbers and lists of them can always be written.
        let mut line = serde_json::to_string(&request).unwrap_or_default();
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_told_from_log() {
        let said = |text: &str| Reply::of(text.as_bytes());
        assert_eq!(said("framefarm: ready"), Some(Reply::Ready));
        assert_eq!(said("framefarm: done 7\r"), Some(Reply::Done(7)));
        assert_eq!(said("framefarm: done -7"), Some(Reply::Done(-7)));
        assert_eq!(said("framefarm: failed 7 no camera"), Some(Reply::Failed(7, "no camera".to_owned())));
        assert_eq!(said("framefarm: failed 7"), Some(Reply::Failed(7, String::new())));
        for log in
            ["framefarm: done", "framefarm: done x", " framefarm: ready", "framefarm:ready", "Saved: x"]
        {
            assert_eq!(said(log), None, "{log:?}");
        }
        assert_eq!(Reply::of(b"framefarm: done \xff"), None);
    }
}
