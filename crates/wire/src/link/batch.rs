//! What arrives in one WebSocket message: a message, or an array of them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An array holds no more messages than this, whatever it weighs: they are larger in memory than on the wire.
/// What a sender puts together is far smaller.
const MESSAGES_MAX: usize = 8_192;

/// What was read from a text.
#[derive(Debug)]
pub(super) struct Read {
    /// How many messages of it are none that this end knows.
    pub(super) left_out: u64,
    /// What is wrong with the first of those, and how it begins.
    pub(super) example: Option<(serde_json::Error, String)>,
}

/// Reads the messages of `text` into `messages`. What is JSON and no `In` is left out, so that a newer other
/// end may say more than this one understands.
pub(super) fn read<In: DeserializeOwned>(
    text: &[u8],
    messages: &mut impl Extend<In>,
) -> Result<Read, serde_json::Error> {
    let mut read = Read { left_out: 0, example: None };
    let is_array = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if !is_array {
        messages.extend(read.message(text)?);
    } else if let Ok(Array(all)) = serde_json::from_slice::<Array<In>>(text) {
        messages.extend(all);
    } else {
        let Array(all) = serde_json::from_slice::<Array<&RawValue>>(text)?;
        for one in all {
            messages.extend(read.message(one.get().as_bytes())?);
        }
    }
    Ok(read)
}

impl Read {
    /// The message that `text` holds; `None` where it is JSON and no message.
    fn message<In: DeserializeOwned>(&mut self, text: &[u8]) -> Result<Option<In>, serde_json::Error> {
        let error = match serde_json::from_slice(text) {
            Ok(message) => return Ok(Some(message)),
            Err(error) => error,
        };
        serde_json::from_slice::<IgnoredAny>(text)?;
        self.left_out += 1;
        let start = || String::from_utf8_lossy(text).chars().take(200).collect();
        self.example.get_or_insert_with(|| (error, start()));
        Ok(None)
    }
}

/// An array of no more than `MESSAGES_MAX`.
struct Array<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ArrayVisitor(PhantomData))
    }
}

struct ArrayVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ArrayVisitor<T> {
    type Value = Array<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of at most {MESSAGES_MAX} messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Array<T>, A::Error> {
        let mut messages = Vec::new();
        while let Some(message) = array.next_element()? {
            if messages.len() == MESSAGES_MAX {
                return Err(A::Error::invalid_length(MESSAGES_MAX + 1, &self));
            }
            messages.push(message);
        }
        Ok(Array(messages))
    }
}

#[cfg(test)]
mod tests {
    use model::RenderToSchedule::{self, Bye};

    use super::*;

    fn read_all(text: &str) -> Option<(usize, u64)> {
        let mut messages: Vec<RenderToSchedule> = Vec::new();
        let read = read(text.as_bytes(), &mut messages).ok()?;
        assert!(messages.iter().all(|message| *message == Bye));
        assert_eq!(read.example.is_some(), read.left_out > 0);
        Some((messages.len(), read.left_out))
    }

    #[test]
    fn one_message_or_several_and_what_is_none_is_left_out() {
        let cases = [
            (r#""bye""#, Some((1, 0))),
            (r#" [ "bye", "bye" ] "#, Some((2, 0))),
            ("[]", Some((0, 0))),
            (r#"["bye",{"sing":{}},"bye",[],7]"#, Some((2, 3))),
            (r#"[["bye"]]"#, Some((0, 1))),
            ("{}", Some((0, 1))),
            (r#"{"alive":{"held":7}}"#, Some((0, 1))),
            (r#"["bye""#, None),
            (r#"["bye"]]"#, None),
            ("", None),
            ("\u{0}", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(read_all(text), wanted, "{text}");
        }
        assert!(read_all(&"[".repeat(100_000)).is_none(), "depth is bounded");
    }

    #[test]
    fn an_array_of_countless_messages_is_refused() {
        let array = |count: usize, one: &str| format!("[{}]", vec![one; count].join(","));
        assert_eq!(read_all(&array(MESSAGES_MAX, r#""bye""#)), Some((MESSAGES_MAX, 0)));
        assert_eq!(read_all(&array(MESSAGES_MAX + 1, r#""bye""#)), None);
        assert_eq!(read_all(&array(MESSAGES_MAX + 1, "7")), None);
    }
}
