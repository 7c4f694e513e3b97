//! What can be told of a record from its text alone: its kind, when, and which job and lease it names. For
//! people who look at a journal, and for records whose role cannot read them.

use model::{JobId, LeaseId, Time};
use serde_json::Value;

/// A record, as far as its text tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordText {
    /// What became true, in the journal's word.
    pub(crate) kind: String,
    /// When.
    pub(crate) at: Option<Time>,
    /// The job that it names.
    pub(crate) job: Option<JobId>,
    /// The lease that it names.
    pub(crate) lease: Option<LeaseId>,
    /// Its fields.
    pub(crate) fields: Value,
}

/// Where records name things, besides at their top.
const WITHIN: [&str; 3] = ["frame", "grant", "report"];

impl RecordText {
    /// Takes `bytes` apart; nothing where they are no record of any role.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let Value::Object(mut record) = serde_json::from_slice(bytes).ok()? else { return None };
        // The schedule server's records are named by their only key, the render server's by a field.
        let (kind, fields) = match record.remove("type") {
            Some(Value::String(kind)) => (kind, Value::Object(record)),
            Some(_) => return None,
            None if record.len() == 1 => record.into_iter().next()?,
            None => return None,
        };
        let number = |name| number_in(&fields, name);
        let (at, job, lease) =
            (number("at").map(Time), number("job").map(JobId), number("lease").map(LeaseId));
        Some(Self { kind, at, job, lease, fields })
    }
}

fn number_in(fields: &Value, name: &str) -> Option<u64> {
    let here = fields.get(name).and_then(Value::as_u64);
    here.or_else(|| WITHIN.iter().find_map(|within| number_in(fields.get(within)?, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_both_journals_name_their_job_and_lease() {
        let cases = [
            (r#"{"job_held":{"job":3,"at":7}}"#, ("job_held", Some(7), Some(3), None)),
            (
                r#"{"frame_leased":{"lease":9,"frame":{"job":3,"step":0,"index":1},"at":8}}"#,
                ("frame_leased", Some(8), Some(3), Some(9)),
            ),
            (
                r#"{"type":"grant_taken","grant":{"lease":9,"frame":{"job":3}},"at":1}"#,
                ("grant_taken", Some(1), Some(3), Some(9)),
            ),
            (r#"{"invented":{"job":"x"}}"#, ("invented", None, None, None)),
        ];
        for (text, (kind, at, job, lease)) in cases {
            let record = RecordText::of(text.as_bytes()).unwrap();
            let found = (record.kind.as_str(), record.at.map(|at| at.0));
            assert_eq!(found, (kind, at), "{text}");
            assert_eq!((record.job, record.lease), (job.map(JobId), lease.map(LeaseId)), "{text}");
        }
        for nothing in ["", "7", "{}", r#"{"a":1,"b":2}"#, r#"{"type":1}"#] {
            assert_eq!(RecordText::of(nothing.as_bytes()), None, "{nothing}");
        }
    }
}
