//! Bytes to lines, however they come in pieces.

/// The longest line; what goes on beyond it is another line, though none that means anything.
const LINE_MAX: usize = 64 << 10;

/// Puts the pieces of what an action prints together to lines.
#[derive(Debug, Default)]
pub struct Lines {
    kept: Vec<u8>,
    /// Whether what is kept goes on a line that was given out already.
    goes_on: bool,
}

impl Lines {
    /// Hands each line that ends in `bytes` to `take`, with whether it is a line from its start. Bytes that
    /// are no text are replaced.
    pub fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(&str, bool)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let mut piece = piece;
            while self.kept.len() + piece.len() > LINE_MAX {
                let (now, later) = piece.split_at(LINE_MAX.saturating_sub(self.kept.len()));
                self.kept.extend_from_slice(now);
                self.give(false, &mut take);
                piece = later;
            }
            self.kept.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.give(true, &mut take);
            }
        }
    }

    /// Hands out what no line end followed.
    pub fn finish(&mut self, mut take: impl FnMut(&str, bool)) {
        if !self.kept.is_empty() {
            self.give(true, &mut take);
        }
    }

    fn give(&mut self, ends: bool, take: &mut impl FnMut(&str, bool)) {
        let text = String::from_utf8_lossy(&self.kept);
        take(text.trim_end_matches(['\n', '\r']), !self.goes_on);
        drop(text);
        self.kept.clear();
        self.goes_on = !ends;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<(String, bool)> {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.feed(piece, |line, start| all.push((line.to_owned(), start)));
        }
        lines.finish(|line, start| all.push((line.to_owned(), start)));
        all
    }

    #[test]
    fn lines_come_whole_however_the_bytes_do() {
        let text = b"one\r\n\nthree\xff\nfour";
        let whole = lines(&[text]);
        let wanted = ["one", "", "three\u{fffd}", "four"].map(|line| (line.to_owned(), true));
        assert_eq!(whole, wanted);
        for at in 0..text.len() {
            assert_eq!(lines(&[&text[..at], &text[at..]]), whole, "{at}");
        }
    }

    #[test]
    fn the_rest_of_a_line_without_end_is_no_line_from_its_start() {
        let mut text = vec![b'x'; 3 * LINE_MAX];
        text.extend_from_slice(b"openjd_env: A=1\nopenjd_env: B=2\n");
        let all = lines(&[&text]);
        let starts: Vec<&str> = all.iter().filter(|(_, start)| *start).map(|(line, _)| &line[..1]).collect();
        assert_eq!(starts, ["x", "o"]);
        assert!(all.iter().all(|(line, _)| line.len() <= LINE_MAX));
        assert_eq!(all.last().unwrap(), &("openjd_env: B=2".to_owned(), true));
    }
}
