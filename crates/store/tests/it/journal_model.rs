//! The journal against the simplest thing that does the same, under drawn sequences of calls.

use proptest::prelude::*;
use store::{Epoch, Journal, ReadError, WriteError};

#[derive(Clone, Debug)]
enum Call {
    Append(Vec<Vec<u8>>),
    AppendAt(u64, Vec<Vec<u8>>),
    AppendStale,
    Lease,
    Snapshot(u64),
    Trim(u64),
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let batch = || prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6);
    prop_oneof![
        6 => batch().prop_map(Call::Append),
        1 => (0..30_u64, batch()).prop_map(|(at, batch)| Call::AppendAt(at, batch)),
        1 => Just(Call::AppendStale),
        1 => Just(Call::Lease),
        2 => (1..30_u64).prop_map(Call::Snapshot),
        2 => (1..30_u64).prop_map(Call::Trim),
        2 => Just(Call::Reopen),
    ]
}

/// The first record number of each batch that is kept, with its records.
#[derive(Default)]
struct Model {
    batches: Vec<(u64, Vec<Vec<u8>>)>,
    next: u64,
    snapshot: u64,
}

impl Model {
    fn append(&mut self, batch: &[Vec<u8>]) {
        if !batch.is_empty() {
            self.batches.push((self.next, batch.to_vec()));
            self.next += batch.len() as u64;
        }
    }

    fn records(&self) -> Vec<(u64, Vec<u8>)> {
        let numbered = self.batches.iter().flat_map(|(first, batch)| (*first..).zip(batch.iter().cloned()));
        numbered.filter(|(seq, _)| *seq >= self.snapshot).collect()
    }
}

fn perform(
    journal: &mut Journal,
    epoch: &mut Epoch,
    stale: &mut Option<Epoch>,
    model: &mut Model,
    call: &Call,
) {
    match call {
        Call::Append(batch) => {
            journal.append(*epoch, model.next, batch).unwrap();
            model.append(batch);
        }
        Call::AppendAt(at, batch) => {
            let done = journal.append(*epoch, *at, batch);
            if *at == model.next || batch.is_empty() {
                done.unwrap();
                model.append(batch);
            } else {
                assert!(matches!(done, Err(WriteError::WrongSequence { next, .. }) if next == model.next));
            }
        }
        Call::AppendStale => {
            if let Some(stale) = *stale {
                let refused = journal.append(stale, model.next, &[b"stale".to_vec()]);
                assert!(matches!(refused, Err(WriteError::StaleEpoch { .. })));
            }
        }
        Call::Lease => *stale = Some(std::mem::replace(epoch, journal.lease().unwrap())),
        Call::Snapshot(at) => {
            let done = journal.put_snapshot(*epoch, *at, &at.to_le_bytes());
            assert_eq!(done.is_ok(), *at <= model.next);
            if done.is_ok() {
                model.snapshot = model.snapshot.max(*at);
            }
        }
        Call::Trim(before) => {
            let done = journal.trim(*epoch, *before);
            // Without a snapshot nothing is contained, and trimming to the first record forgets nothing.
            assert_eq!(done.is_ok(), *before <= model.snapshot.max(1));
            if done.is_ok() {
                model.batches.retain(|(first, batch)| first + batch.len() as u64 > *before);
            }
        }
        Call::Reopen => unreachable!("performed by the caller, who owns the journal"),
    }
}

fn same(journal: &Journal, model: &Model) {
    let snapshot = journal.get_snapshot().unwrap();
    assert_eq!(snapshot.as_ref().map_or(0, |(seq, _)| *seq), model.snapshot);
    assert!(snapshot.is_none_or(|(seq, bytes)| bytes == seq.to_le_bytes()));
    let mut seen = Vec::new();
    let next = journal
        .read::<ReadError>(model.snapshot.max(1), |seq, record| {
            seen.push((seq, record.to_vec()));
            Ok(())
        })
        .unwrap();
    assert_eq!((seen, next), (model.records(), model.next));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_the_model(calls in prop::collection::vec(call(), 1..30)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let mut journal = Journal::open(&path).unwrap();
        let mut epoch = journal.lease().unwrap();
        let mut stale = None;
        let mut model = Model { next: 1, ..Model::default() };
        for call in &calls {
            if matches!(call, Call::Reopen) {
                drop(journal);
                journal = Journal::open(&path).unwrap();
            } else {
                perform(&mut journal, &mut epoch, &mut stale, &mut model, call);
            }
            same(&journal, &model);
        }
    }
}
