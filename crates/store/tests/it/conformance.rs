//! What every body of the journal port must do: order, fencing, snapshots, trimming. Each body runs each of
//! these; a new one is added to `EVERY_BODY`.

use proptest::prelude::*;
use store::{Epoch, Journal, ReadError, WriteError};

use crate::bodies::{InFile, InMemory, Place, append, filled, put_snapshot, read, snapshot};

type NewPlace = fn() -> Box<dyn Place>;

const EVERY_BODY: [NewPlace; 2] = [|| Box::new(InFile::new()), || Box::new(InMemory::default())];

fn each_body(test: fn(&dyn Place)) {
    for new in EVERY_BODY {
        test(new().as_ref());
    }
}

#[test]
fn records_come_back_in_order_from_any_number() {
    each_body(|place| {
        drop(filled(place));
        let mut journal = place.open();
        let all = ["one", "two", "three", "four", "five", "six"].map(str::to_owned);
        let all: Vec<(u64, String)> = (1..).zip(all).collect();
        for from in 1..=8 {
            let at = (from as usize - 1).min(all.len());
            assert_eq!(read(journal.as_mut(), from).unwrap(), (all[at..].to_vec(), 7), "from {from}");
        }
    });
}

#[test]
fn a_reader_can_stop_early() {
    each_body(|place| {
        let (mut journal, _) = filled(place);
        let mut seen = 0;
        let next = store::read_records(journal.as_mut(), 1, &mut |entry| {
            seen = entry.seq;
            if seen == 3 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        });
        assert_eq!((seen, next.unwrap()), (3, 7));
    });
}

#[test]
fn a_row_goes_in_once_and_in_its_place() {
    each_body(|place| {
        let (mut journal, epoch) = filled(place);
        for wrong in [1, 4, 6, 8, 1 << 40] {
            let refused = append(journal.as_mut(), epoch, wrong, &["again"]).unwrap_err();
            assert!(matches!(refused, WriteError::WrongSequence { next: 7, .. }), "{refused}");
        }
        append(journal.as_mut(), epoch, 7, &[""; 0]).unwrap();
        assert_eq!(read(journal.as_mut(), 1).unwrap().1, 7);
    });
}

#[test]
fn the_newest_lease_alone_may_write() {
    each_body(|place| {
        let (mut first, old) = filled(place);
        let mut second = place.open();
        let new = second.lease().unwrap();
        assert!(new > old);
        let refusals = [
            append(first.as_mut(), old, 7, &["stale"]),
            put_snapshot(first.as_mut(), old, 7, b"stale").map(drop),
            first.trim(old, 1),
        ];
        for refused in refusals {
            let stale = matches!(refused, Err(WriteError::StaleEpoch { given: 1, current: 2, .. }));
            assert!(stale, "{refused:?}");
        }
        append(second.as_mut(), new, 7, &["seven"]).unwrap();
        assert_eq!(read(first.as_mut(), 7).unwrap(), (vec![(7, "seven".to_owned())], 8));
    });
}

#[test]
fn a_snapshot_lets_records_go() {
    each_body(|place| {
        let (mut journal, epoch) = filled(place);
        assert_eq!(snapshot(journal.as_mut(), u64::MAX), None);
        let early = journal.trim(epoch, 2);
        assert!(matches!(early, Err(WriteError::TrimBeyondSnapshot { snapshot: 1, .. })), "{early:?}");
        let beyond = put_snapshot(journal.as_mut(), epoch, 8, b"x");
        assert!(matches!(beyond, Err(WriteError::SnapshotBeyondEnd { next: 7, .. })), "{beyond:?}");

        put_snapshot(journal.as_mut(), epoch, 5, b"up to four").unwrap();
        put_snapshot(journal.as_mut(), epoch, 3, b"older").unwrap();
        journal.trim(epoch, 5).unwrap();
        drop(journal);
        let mut journal = place.open();
        assert_eq!(snapshot(journal.as_mut(), u64::MAX), Some((5, b"up to four".to_vec())));
        let rest = vec![(5, "five".to_owned()), (6, "six".to_owned())];
        assert_eq!(read(journal.as_mut(), 5).unwrap(), (rest, 7));
        assert!(matches!(read(journal.as_mut(), 3), Err(ReadError::Trimmed { from: 3, first: 4, .. })));

        let epoch = journal.lease().unwrap();
        put_snapshot(journal.as_mut(), epoch, 7, b"all").unwrap();
        journal.trim(epoch, 7).unwrap();
        assert!(matches!(read(journal.as_mut(), 6), Err(ReadError::Trimmed { from: 6, first: 7, .. })));
        assert_eq!(read(journal.as_mut(), 7).unwrap(), (vec![], 7));
        append(journal.as_mut(), epoch, 7, &["seven"]).unwrap();
        assert_eq!(read(journal.as_mut(), 7).unwrap().1, 8);
    });
}

#[test]
fn the_snapshot_before_the_newest_is_kept_and_no_other() {
    each_body(|place| {
        let (mut journal, epoch) = filled(place);
        let large = vec![b'x'; 5 << 19];
        let (none, two, four, six) = (None, Some(2), Some(4), Some(6));
        let large = &large[..];
        let put: [(_, &[u8], _); 5] =
            [(2, b"one", none), (4, large, two), (4, b"again", two), (6, large, four), (7, b"all", six)];
        for (seq, state, before) in put {
            assert_eq!(put_snapshot(journal.as_mut(), epoch, seq, state).unwrap(), before);
        }
        assert_eq!(snapshot(journal.as_mut(), u64::MAX), Some((7, b"all".to_vec())));
        assert_eq!(snapshot(journal.as_mut(), 7), Some((6, large.to_vec())));
        assert_eq!(snapshot(journal.as_mut(), 6), None);
    });
}

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

/// The first record number of each row that is kept, with its records.
#[derive(Default)]
struct Model {
    rows: Vec<(u64, Vec<Vec<u8>>)>,
    next: u64,
    snapshot: u64,
}

impl Model {
    fn append(&mut self, batch: &[Vec<u8>]) {
        if !batch.is_empty() {
            self.rows.push((self.next, batch.to_vec()));
            self.next += batch.len() as u64;
        }
    }

    fn records(&self) -> Vec<(u64, String)> {
        let numbered = self.rows.iter().flat_map(|(first, batch)| (*first..).zip(batch));
        let kept = numbered.filter(|(seq, _)| *seq >= self.snapshot);
        kept.map(|(seq, bytes)| (seq, String::from_utf8_lossy(bytes).into_owned())).collect()
    }
}

fn perform(
    journal: &mut dyn Journal,
    epoch: &mut Epoch,
    stale: &mut Option<Epoch>,
    model: &mut Model,
    call: &Call,
) {
    match call {
        Call::Append(batch) => {
            append(journal, *epoch, model.next, batch).unwrap();
            model.append(batch);
        }
        Call::AppendAt(at, batch) => {
            let done = append(journal, *epoch, *at, batch);
            if *at == model.next || batch.is_empty() {
                done.unwrap();
                model.append(batch);
            } else {
                assert!(matches!(done, Err(WriteError::WrongSequence { next, .. }) if next == model.next));
            }
        }
        Call::AppendStale => {
            if let Some(stale) = *stale {
                let refused = append(journal, stale, model.next, &["stale"]);
                assert!(matches!(refused, Err(WriteError::StaleEpoch { .. })));
            }
        }
        Call::Lease => *stale = Some(std::mem::replace(epoch, journal.lease().unwrap())),
        Call::Snapshot(at) => {
            let done = put_snapshot(journal, *epoch, *at, &at.to_le_bytes());
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
                model.rows.retain(|(first, batch)| first + batch.len() as u64 > *before);
            }
        }
        Call::Reopen => unreachable!("performed by the caller, who owns the journal"),
    }
}

fn same(journal: &mut dyn Journal, model: &Model) {
    let newest = snapshot(journal, u64::MAX);
    assert_eq!(newest.as_ref().map_or(0, |(seq, _)| *seq), model.snapshot);
    assert!(newest.is_none_or(|(seq, bytes)| bytes == seq.to_le_bytes()));
    assert_eq!(read(journal, model.snapshot.max(1)).unwrap(), (model.records(), model.next));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Against the simplest thing that does the same, under drawn sequences of calls.
    #[test]
    fn behaves_like_the_model(calls in prop::collection::vec(call(), 1..30)) {
        for new in EVERY_BODY {
            let place = new();
            let mut journal = place.open();
            let mut epoch = journal.lease().unwrap();
            let mut stale = None;
            let mut model = Model { next: 1, ..Model::default() };
            for call in &calls {
                if matches!(call, Call::Reopen) {
                    drop(journal);
                    journal = place.open();
                } else {
                    perform(journal.as_mut(), &mut epoch, &mut stale, &mut model, call);
                }
                same(journal.as_mut(), &model);
            }
        }
    }
}
