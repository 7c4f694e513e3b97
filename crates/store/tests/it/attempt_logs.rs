//! Logs arrive in pieces, twice, or with gaps, and some of them never end.

use std::fs;

use model::{AttemptNumber, FrameId, JobId, StepIndex};
use store::AppendOutcome::{self, Gap, Kept};
use store::AttemptLogs;

const FIRST: AttemptNumber = AttemptNumber(1);

fn frame(index: u32) -> FrameId {
    FrameId { job: JobId(3), step: StepIndex(0), index }
}

fn append(logs: &AttemptLogs, offset: u64, bytes: &[u8]) -> AppendOutcome {
    logs.append(frame(1), FIRST, offset, bytes).unwrap()
}

#[test]
fn bytes_are_kept_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let logs = AttemptLogs::new(folder.path());
    assert_eq!(logs.read(frame(1), FIRST).unwrap(), None);
    assert_eq!(append(&logs, 1, b"x"), Gap { length: 0 });
    assert_eq!(append(&logs, 0, b""), Kept { length: 0 });
    assert_eq!(append(&logs, 0, b"hello"), Kept { length: 5 });
    assert_eq!(append(&logs, 0, b"hello"), Kept { length: 5 });
    assert_eq!(append(&logs, 2, b"ll"), Kept { length: 5 });
    assert_eq!(append(&logs, 3, b"lo, farm"), Kept { length: 11 });
    assert_eq!(append(&logs, 12, b"!"), Gap { length: 11 });
    let logs = AttemptLogs::new(folder.path());
    assert_eq!(append(&logs, 11, b"!"), Kept { length: 12 });
    assert_eq!(logs.read(frame(1), FIRST).unwrap().unwrap(), b"hello, farm!");
    assert_eq!(logs.read(frame(1), AttemptNumber(2)).unwrap(), None);
    assert_eq!(logs.read(frame(11), FIRST).unwrap(), None);
}

#[test]
fn an_endless_log_keeps_its_start_and_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let logs = AttemptLogs::new(folder.path());
    let line = |number: u64| format!("{number:015}\n").into_bytes();
    let lines_per_mib = (1 << 20) / 16;
    let mut length = 0;
    for mib in 0..21 {
        let bytes: Vec<u8> = (mib * lines_per_mib..(mib + 1) * lines_per_mib).flat_map(line).collect();
        // Sent a second time in part, as after a broken connection.
        assert_eq!(append(&logs, length, &bytes), Kept { length: length + (1 << 20) });
        assert_eq!(append(&logs, length, &bytes[..500]), Kept { length: length + (1 << 20) });
        length += 1 << 20;
    }
    assert_eq!(append(&logs, length + 1, b"x"), Gap { length });
    let log = logs.read(frame(1), FIRST).unwrap().unwrap();
    let text = String::from_utf8(log).unwrap();
    assert!(text.len() <= (8 << 20) + 100, "{}", text.len());
    assert!(text.starts_with("000000000000000\n000000000000001\n"));
    assert!(text.ends_with(&format!("{:015}\n", 21 * lines_per_mib - 1)));
    let note = format!("\n[framefarm left out {} bytes here]\n", 14 << 20);
    assert_eq!(text.find(&note), Some(4 << 20));
    assert_eq!(text.len(), note.len() + (7 << 20));
    let files = fs::read_dir(folder.path().join("3/0/0")).unwrap().count();
    assert_eq!(files, 4);
}

#[test]
fn a_log_is_read_from_anywhere_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let logs = AttemptLogs::new(folder.path());
    let (frame, attempt) = (frame(0), FIRST);
    assert!(logs.open(frame, attempt).unwrap().is_none());
    let whole: Vec<u8> = (0..20_u32 << 20).map(|i| (i % 251) as u8).collect();
    for (i, piece) in whole.chunks(1 << 20).enumerate() {
        logs.append(frame, attempt, (i as u64) << 20, piece).unwrap();
    }
    let log = logs.open(frame, attempt).unwrap().unwrap();
    assert_eq!(log.length(), 20 << 20);
    let at = |at: u64, most| log.read(at, most).unwrap();
    assert_eq!(at(5, 3), Some((whole[5..8].to_vec(), 8)));
    assert_eq!(at((2 << 20) - 1, 9), Some((vec![whole[(2 << 20) - 1]], 2 << 20)));
    let (line, next) = at(5 << 20, 9).unwrap();
    assert_eq!(
        (String::from_utf8(line).unwrap().trim(), next),
        ("[framefarm left out 11534336 bytes here]", 16 << 20)
    );
    assert_eq!(at((20 << 20) - 4, 100), Some((whole[(20 << 20) - 4..].to_vec(), 20 << 20)));
    assert_eq!((at(20 << 20, 1), at(u64::MAX, 1)), (None, None));
}
