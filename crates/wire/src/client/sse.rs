//! Server-sent events, as much of them as the API uses: name, data and id of each event, whatever pieces the
//! network makes of it.

/// An event larger than this is no event of ours.
const EVENT_MAX: usize = 16 << 20;

/// Takes bytes and gives the data of events.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    id: Option<String>,
    after_return: bool,
}

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Empty where it has none.
    pub(super) name: String,
    pub(super) data: String,
    /// Where it says how far the stream is.
    pub(super) id: Option<String>,
}

/// An event without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {EVENT_MAX} bytes")]
pub(super) struct TooLarge;

impl Parser {
    /// Every event that `bytes` complete, in order. Comments and events without data are
    /// nothing; an event that never ended is dropped with the parser.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Said>, TooLarge> {
        let mut events = Vec::new();
        for byte in bytes {
            // A line ends with a return, a newline or both, and both may arrive apart.
            let newline = *byte == b'\n' && !std::mem::take(&mut self.after_return);
            if newline || *byte == b'\r' {
                self.after_return = *byte == b'\r';
                events.extend(self.end_line());
            } else if *byte != b'\n' {
                self.after_return = false;
                self.line.push(*byte);
                if self.line.len() + self.data.as_ref().map_or(0, String::len) > EVENT_MAX {
                    return Err(TooLarge);
                }
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Said> {
        let bytes = std::mem::take(&mut self.line);
        if bytes.is_empty() {
            let (name, id) = (std::mem::take(&mut self.name), self.id.take());
            return self.data.take().map(|data| Said { name, data, id });
        }
        let line = String::from_utf8_lossy(&bytes);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut self.data) {
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", none) => *none = Some(value.to_owned()),
            ("event", _) => value.clone_into(&mut self.name),
            ("id", _) => self.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, data and id of each.
    fn parse(pieces: &[&[u8]]) -> Vec<(String, String, Option<String>)> {
        let mut parser = Parser::default();
        let said = pieces.iter().flat_map(|piece| parser.push(piece).unwrap());
        said.map(|Said { name, data, id }| (name, data, id)).collect()
    }

    const STREAM: &[u8] =
        "data: {\"a\":1}\n\n: still here\n\nevent: job\r\nid: 7\r\ndata:zwei\r\ndata: grün\r\n\r\n\
        data\n\nretry: 5\n\ndata: three\rdata: 3\r\rdata: never ends"
            .as_bytes();

    #[test]
    fn events_are_found_however_they_arrive() {
        let event = |name: &str, data: &str, id: Option<&str>| {
            (name.to_owned(), data.to_owned(), id.map(str::to_owned))
        };
        let events = [
            event("", "{\"a\":1}", None),
            event("job", "zwei\ngrün", Some("7")),
            event("", "", None),
            event("", "three\n3", None),
        ];
        assert_eq!(parse(&[STREAM]), events);
        for size in 1..STREAM.len() {
            assert_eq!(parse(&STREAM.chunks(size).collect::<Vec<_>>()), events, "in pieces of {size}");
        }
        for cut in 0..STREAM.len() {
            assert_eq!(parse(&[&STREAM[..cut], &STREAM[cut..]]), events, "cut at {cut}");
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut parser = Parser::default();
        assert!(parser.push(b"data: ").is_ok());
        assert_eq!(parser.push(&vec![b'x'; EVENT_MAX]), Err(TooLarge));
    }
}
