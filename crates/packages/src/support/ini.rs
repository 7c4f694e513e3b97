//! POV-Ray's `.ini` files: options by name and switches, one after another.

/// An option of an `.ini` file, switches under the name they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) line: u32,
    /// Lower case.
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Longer ones first where one begins like another.
const SWITCHES: [(&str, &str); 11] = [
    ("+KFI", "initial_frame"),
    ("+KFF", "final_frame"),
    ("+HI", "include_header"),
    ("+SF", "subset_start_frame"),
    ("+EF", "subset_end_frame"),
    ("+I", "input_file_name"),
    ("+L", "library_path"),
    ("+WT", "work_threads"),
    ("+WL", "warning_level"),
    ("+W", "width"),
    ("+H", "height"),
];

/// The options of `text` that hold when the file is named without a section: those before the first one.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = uncommented(text).trim();
        if text.starts_with('[') {
            break;
        }
        match text.split_once('=') {
            Some((key, value)) if !text.starts_with(['+', '-']) => {
                let key = key.trim().to_lowercase();
                entries.push(Entry { line, key, value: unquoted(value.trim()) });
            }
            _ => entries.extend(words(text).into_iter().filter_map(|word| entry(line, &word))),
        }
    }
    entries
}

fn entry(line: u32, word: &str) -> Option<Entry> {
    if let Some((key, value)) = word.split_once('=').filter(|_| !word.starts_with(['+', '-'])) {
        return Some(Entry { line, key: key.to_lowercase(), value: unquoted(value) });
    }
    let fits =
        |switch: &str| word.get(..switch.len()).is_some_and(|start| start.eq_ignore_ascii_case(switch));
    match SWITCHES.iter().find(|(switch, _)| fits(switch)) {
        Some((switch, key)) => {
            Some(Entry { line, key: (*key).to_owned(), value: unquoted(&word[switch.len()..]) })
        }
        None if word.starts_with(['+', '-']) => None,
        // A bare name is another .ini, or the scene.
        None if word.to_lowercase().ends_with(".ini") => {
            Some(Entry { line, key: "include_ini".to_owned(), value: unquoted(word) })
        }
        None => Some(Entry { line, key: "input_file_name".to_owned(), value: unquoted(word) }),
    }
}

/// `line` as far as its comment, which begins with a `;` outside of quotes.
fn uncommented(line: &str) -> &str {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, ';') => return &line[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    line
}

fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        match words.last_mut() {
            Some(word) if quoted || !c.is_whitespace() => word.push(c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn unquoted(value: &str) -> String {
    let inside = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_switches_are_read_up_to_the_first_section() {
        let text = "; all\n Width = 320 ; wide\nInput_File_Name=\"my; scene.pov\"\n+H240 -D +L\"a b\" +kff20 \
                    +WT2 declare=a=1\n\
                    other.ini\n[Second]\nHeight=7\n";
        let found = entries(text);
        let found: Vec<_> = found.iter().map(|e| (e.line, e.key.as_str(), e.value.as_str())).collect();
        let wanted = [
            (2, "width", "320"),
            (3, "input_file_name", "my; scene.pov"),
            (4, "height", "240"),
            (4, "library_path", "a b"),
            (4, "final_frame", "20"),
            (4, "work_threads", "2"),
            (4, "declare", "a=1"),
            (5, "include_ini", "other.ini"),
        ];
        assert_eq!(found, wanted);
    }
}
