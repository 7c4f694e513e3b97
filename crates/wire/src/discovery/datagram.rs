//! What stands in a datagram of discovery: one JSON object of at most a kibibyte.

use serde::{Deserialize, Serialize};

use super::{Answer, Service};

/// Larger datagrams are neither sent nor read: they would be cut in pieces on their way.
pub(super) const BYTES_MAX: usize = 1024;

/// The version of these datagrams. Others are ignored, so a farm may hold servers of two versions.
const VERSION: u32 = 1;

/// A datagram with the farm that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Envelope {
    /// Tells our datagrams from whatever else arrives at the port.
    framefarm: u32,
    farm: String,
    #[serde(flatten)]
    body: Body,
}

/// What a datagram says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Body {
    /// Who does this? The nonce comes back with each answer.
    Question { service: Service, nonce: u64 },
    /// I do.
    Answer {
        nonce: u64,
        #[serde(flatten)]
        answer: Answer,
    },
    /// I am here now.
    Announcement {
        #[serde(flatten)]
        answer: Answer,
    },
}

/// The datagram for `body`; `None` where it would be too large.
pub(super) fn encode(farm: &str, body: Body) -> Option<Vec<u8>> {
    let envelope = Envelope { framefarm: VERSION, farm: farm.to_owned(), body };
    serde_json::to_vec(&envelope).ok().filter(|bytes| bytes.len() <= BYTES_MAX)
}

/// What `bytes` say about `farm`; `None` for garbage, other versions and other farms.
pub(super) fn decode(farm: &str, bytes: &[u8]) -> Option<Body> {
    if bytes.len() > BYTES_MAX {
        return None;
    }
    let envelope: Envelope = serde_json::from_slice(bytes).ok()?;
    (envelope.framefarm == VERSION && envelope.farm == farm).then_some(envelope.body)
}

#[cfg(test)]
mod tests {
    use model::InstanceId;

    use super::*;

    fn answer() -> Answer {
        Answer {
            instance: InstanceId::from("i1"),
            services: vec![Service::Schedule, Service::Resource],
            urls: vec!["http://127.0.0.1:7117".parse().unwrap()],
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for body in [
            Body::Question { service: Service::Render, nonce: u64::MAX },
            Body::Answer { nonce: 7, answer: answer() },
            Body::Announcement { answer: answer() },
        ] {
            let bytes = encode("main", body.clone()).unwrap();
            assert_eq!(decode("main", &bytes), Some(body));
            assert_eq!(decode("other", &bytes), None);
        }
    }

    #[test]
    fn the_wire_format_is_this() {
        let bytes = encode("main", Body::Answer { nonce: 7, answer: answer() }).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            r#"{"framefarm":1,"farm":"main","type":"answer","nonce":7,"instance":"i1","#.to_owned()
                + r#""services":["schedule","resource"],"urls":["http://127.0.0.1:7117"]}"#
        );
    }

    #[test]
    fn garbage_and_other_versions_are_ignored_and_new_fields_are_not() {
        let question = r#"{"framefarm":1,"farm":"main","type":"question","service":"render","nonce":1"#;
        assert!(decode("main", format!("{question}}}").as_bytes()).is_some());
        assert!(decode("main", format!("{question},\"colour\":3}}").as_bytes()).is_some());
        let table = [
            String::new(),
            "hello".to_owned(),
            question.to_owned(),
            format!("{question}}}").replace("\"framefarm\":1", "\"framefarm\":2"),
            format!("{question}}}").replace("question", "riddle"),
            format!("{question}}}").replace("render", "cook"),
            format!("{question}}}{}", " ".repeat(BYTES_MAX)),
        ];
        for text in table {
            assert_eq!(decode("main", text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_datagram_too_large_is_not_made() {
        let mut answer = answer();
        answer.urls = vec![answer.urls[0].clone(); 60];
        assert_eq!(encode("main", Body::Announcement { answer }), None);
    }
}
