//! What stands in a datagram of discovery: one JSON object of at most 1,200 bytes, which no usual network
//! cuts in pieces.

use serde::{Deserialize, Serialize};

use super::{Answer, Service};

/// Larger datagrams are neither sent nor read.
pub(super) const BYTES_MAX: usize = 1200;
/// A question is filled up to this length. Nobody has to prove where he asks from, and so that nobody gains
/// by asking in the name of another, an answer is at most twice as long as its question.
pub(super) const QUESTION_BYTES: usize = BYTES_MAX / 2;
/// So much longer than its question may an answer be.
const TIMES: usize = 2;

/// The version of these datagrams. Others are ignored, so a network may hold servers of two versions.
const VERSION: u32 = 2;
/// How each of them begins: what else arrives at the port is put aside at little cost.
const BEGINNING: &[u8] = b"{\"framefarm\":";

/// A datagram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Envelope {
    /// Tells our datagrams from others, and one version from the next.
    framefarm: u32,
    #[serde(flatten)]
    body: Body,
}

/// What a datagram says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Body {
    /// Who does this for that farm?
    Question {
        /// Its name or its id.
        farm: String,
        service: Service,
        /// Comes back with each answer.
        nonce: u64,
        /// Fills it up.
        #[serde(default)]
        pad: String,
    },
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

/// The question for a server; `None` where the farm's name is too long for one.
pub(super) fn question(farm: &str, service: Service, nonce: u64) -> Option<Vec<u8>> {
    let of = |pad| encode(Body::Question { farm: farm.to_owned(), service, nonce, pad });
    let bare = of(String::new())?;
    of(" ".repeat(QUESTION_BYTES.saturating_sub(bare.len()))).filter(|bytes| bytes.len() == QUESTION_BYTES)
}

/// The answer to a question of `asked` bytes: the last of the addresses are left out until it is short
/// enough, and it is not made at all where even then it is too long.
pub(super) fn answer(nonce: u64, mut answer: Answer, asked: usize) -> Option<Vec<u8>> {
    let most = BYTES_MAX.min(asked * TIMES);
    let dials = answer.urls.is_empty();
    loop {
        let bytes = encode(Body::Answer { nonce, answer: answer.clone() });
        match bytes.filter(|bytes| bytes.len() <= most) {
            // An answer without an address is only for those who never had one.
            Some(bytes) => return (dials || !answer.urls.is_empty()).then_some(bytes),
            None => answer.urls.pop()?,
        };
    }
}

/// The announcement of a server; `None` where it would be too long.
pub(super) fn announcement(answer: Answer) -> Option<Vec<u8>> {
    encode(Body::Announcement { answer })
}

fn encode(body: Body) -> Option<Vec<u8>> {
    let envelope = Envelope { framefarm: VERSION, body };
    serde_json::to_vec(&envelope).ok().filter(|bytes| bytes.len() <= BYTES_MAX)
}

/// What `bytes` say; `None` for garbage and other versions.
pub(super) fn decode(bytes: &[u8]) -> Option<Body> {
    if bytes.len() > BYTES_MAX || !bytes.starts_with(BEGINNING) {
        return None;
    }
    let envelope: Envelope = serde_json::from_slice(bytes).ok()?;
    (envelope.framefarm == VERSION).then_some(envelope.body)
}

#[cfg(test)]
mod tests {
    use model::InstanceId;
    use proptest::prelude::*;

    use super::*;
    use crate::ServerUrl;

    fn told() -> Answer {
        Answer {
            instance: InstanceId::from("i1"),
            farm: "main".to_owned(),
            farm_id: Some("00112233aabbccdd".to_owned()),
            authority: Some("00112233aabbccdd".repeat(4)),
            services: vec![Service::Schedule, Service::Resource],
            version: "0.1.0".to_owned(),
            urls: vec!["http://127.0.0.1:7117".parse().unwrap()],
        }
    }

    #[test]
    fn the_wire_format_is_this() {
        let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        let who = r#""instance":"i1","farm":"main","farm_id":"00112233aabbccdd","authority":""#.to_owned()
            + &"00112233aabbccdd".repeat(4)
            + r#"","services":["schedule","resource"],"version":"0.1.0","urls":["http://127.0.0.1:7117"]}"#;
        let answer = text(answer(7, told(), QUESTION_BYTES));
        assert_eq!(answer, format!(r#"{{"framefarm":2,"type":"answer","nonce":7,{who}"#));
        assert_eq!(text(announcement(told())), format!(r#"{{"framefarm":2,"type":"announcement",{who}"#));
        let question = text(question("main", Service::Render, u64::MAX));
        let beginning = r#"{"framefarm":2,"type":"question","farm":"main","service":"render","#;
        assert!(question.starts_with(beginning), "{question}");
        assert_eq!(question.len(), QUESTION_BYTES);
    }

    #[test]
    fn garbage_and_other_versions_are_ignored_and_new_fields_are_not() {
        let begun = r#"{"framefarm":2,"type":"question","farm":"main","service":"render","nonce":1"#;
        assert!(decode(format!("{begun}}}").as_bytes()).is_some());
        assert!(decode(format!("{begun},\"colour\":3}}").as_bytes()).is_some());
        let table = [
            String::new(),
            "hello".to_owned(),
            begun.to_owned(),
            format!("{begun}}}").replace("\"framefarm\":2", "\"framefarm\":1"),
            format!("{begun}}}").replace("question", "riddle"),
            format!("{begun}}}").replace("render", "cook"),
            format!("{begun}}}{}", " ".repeat(BYTES_MAX)),
            format!(" {begun}}}"),
        ];
        for text in table {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_answer_is_cut_to_twice_its_question_and_keeps_the_best_address() {
        let url = |n: u16| ServerUrl::at(([10, 0, 0, 1], n).into());
        let many = Answer { urls: (1000..1060).map(url).collect(), ..told() };
        let bytes = answer(1, many.clone(), QUESTION_BYTES).unwrap();
        assert!(bytes.len() <= BYTES_MAX && bytes.len() > BYTES_MAX - 40, "{}", bytes.len());
        let Some(Body::Answer { answer: kept, .. }) = decode(&bytes) else { panic!("no answer") };
        assert_eq!(kept.urls[..], many.urls[..kept.urls.len()]);
        assert_eq!(answer(1, many.clone(), 100), None, "a short question is not worth an answer");
        assert_eq!(announcement(many), None);
        let mute = Answer { urls: Vec::new(), ..told() };
        assert!(answer(1, mute, QUESTION_BYTES).is_some());
        assert_eq!(question(&"x".repeat(QUESTION_BYTES), Service::Schedule, 1), None);
    }

    /// Any answer, its texts no longer than what people choose.
    fn answers() -> impl Strategy<Value = Answer> {
        let text = || "\\PC{0,40}";
        let services =
            proptest::sample::subsequence(vec![Service::Schedule, Service::Resource, Service::Render], 0..=3);
        let url =
            (any::<[u8; 4]>(), any::<u16>()).prop_map(|(ip, port)| ServerUrl::secure_at((ip, port).into()));
        let urls = proptest::collection::vec(url, 0..10);
        let id = proptest::option::of("[0-9a-f]{16}");
        (text(), text(), id, services, text(), urls).prop_map(
            |(instance, farm, farm_id, services, version, urls)| Answer {
                instance: InstanceId(instance),
                farm,
                authority: farm_id.as_ref().map(|id| id.repeat(4)),
                farm_id,
                services,
                version,
                urls,
            },
        )
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..1500)) {
            prop_assert_eq!(decode(&bytes), None);
        }

        #[test]
        fn bytes_that_begin_well_are_read_without_harm(rest in "\\PC{0,400}") {
            let text = format!("{}{rest}", String::from_utf8_lossy(BEGINNING));
            if let Some(body) = decode(text.as_bytes()) {
                prop_assert!(encode(body).is_some());
            }
        }

        #[test]
        fn a_damaged_datagram_is_read_without_harm(
            told in answers(), at in any::<proptest::sample::Index>(), bit in 0..8u8,
        ) {
            let mut bytes = announcement(Answer { urls: Vec::new(), ..told }).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let _ = decode(&bytes);
            bytes.truncate(at);
            prop_assert_eq!(decode(&bytes), None);
        }

        #[test]
        fn what_is_said_is_understood(told in answers(), nonce in any::<u64>(), asked in 0..2 * BYTES_MAX) {
            if let Some(bytes) = announcement(told.clone()) {
                prop_assert_eq!(decode(&bytes), Some(Body::Announcement { answer: told.clone() }));
            }
            if let Some(bytes) = answer(nonce, told.clone(), asked) {
                prop_assert!(bytes.len() <= asked * TIMES && bytes.len() <= BYTES_MAX);
                let Some(Body::Answer { nonce: back, answer }) = decode(&bytes) else { panic!("no answer") };
                prop_assert_eq!(back, nonce);
                prop_assert_eq!(answer.urls.is_empty(), told.urls.is_empty());
                prop_assert!(told.urls.starts_with(&answer.urls));
                prop_assert_eq!(Answer { urls: told.urls.clone(), ..answer }, told);
            }
        }

        #[test]
        fn questions_have_one_length(farm in "\\PC{0,60}", nonce in any::<u64>()) {
            let bytes = question(&farm, Service::Schedule, nonce).unwrap();
            prop_assert_eq!(bytes.len(), QUESTION_BYTES);
            let asked = decode(&bytes).unwrap();
            let Body::Question { farm: of, nonce: back, .. } = asked else { panic!("no question") };
            prop_assert_eq!((of, back), (farm, nonce));
        }
    }
}
