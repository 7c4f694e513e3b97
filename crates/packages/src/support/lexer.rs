//! The words of POV-Ray's scene language, as far as finding file names needs them.

/// A word of a scene and the line it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) line: u32,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, identifier or number.
    Word(String),
    /// A directive without its `#`.
    Directive(String),
    /// What stands between quotes. POV-Ray takes file names as written, backslashes too.
    Text(String),
    /// Anything else.
    Symbol(char),
}

impl Token {
    pub(crate) fn is_symbol(&self, symbol: char) -> bool {
        self.kind == Kind::Symbol(symbol)
    }
}

/// Reads `scene`, leaving out blanks and comments (`//`, and `/* */` which nest).
pub(crate) fn tokens(scene: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut reader = Reader { rest: scene, line: 1 };
    while let Some(symbol) = reader.take() {
        let line = reader.line;
        let mut push = |kind| tokens.push(Token { line, kind });
        match symbol {
            '/' if reader.rest.starts_with('/') => {
                reader.take_while(|c| c != '\n');
            }
            '/' if reader.rest.starts_with('*') => reader.skip_comment(),
            '"' => push(Kind::Text(reader.take_text())),
            '#' => {
                reader.take_while(|c| c == ' ' || c == '\t');
                push(Kind::Directive(reader.take_while(is_of_word)));
            }
            symbol if is_of_word(symbol) => {
                push(Kind::Word(format!("{symbol}{}", reader.take_while(is_of_word))));
            }
            symbol if symbol.is_whitespace() => {}
            symbol => push(Kind::Symbol(symbol)),
        }
    }
    tokens
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let symbol = self.rest.chars().next()?;
        self.rest = &self.rest[symbol.len_utf8()..];
        self.line += u32::from(symbol == '\n');
        Some(symbol)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken.to_owned()
    }

    fn take_text(&mut self) -> String {
        let mut text = String::new();
        while let Some(symbol) = self.take() {
            match symbol {
                '"' => break,
                '\\' if self.rest.starts_with('"') => text.extend(self.take()),
                symbol => text.push(symbol),
            }
        }
        text
    }

    /// Skips a comment whose `/` has been taken.
    fn skip_comment(&mut self) {
        let mut depth = 0;
        self.take();
        loop {
            match self.take() {
                Some('*') if self.rest.starts_with('/') => {
                    self.take();
                    if depth == 0 {
                        return;
                    }
                    depth -= 1;
                }
                Some('/') if self.rest.starts_with('*') => {
                    self.take();
                    depth += 1;
                }
                Some(_) => {}
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_lines_are_counted() {
        let scene =
            "// \"a\"\n/* /* \"b\" */ \"c\"\n*/ #include \"d.inc\" # declare X=1.5;\n\"e\\\"f\" \"g\\h\"";
        let found: Vec<(u32, Kind)> = tokens(scene).into_iter().map(|t| (t.line, t.kind)).collect();
        let word = |text: &str| Kind::Word(text.to_owned());
        let text = |text: &str| Kind::Text(text.to_owned());
        let directive = |text: &str| Kind::Directive(text.to_owned());
        let symbol = Kind::Symbol;
        let wanted = [
            (3, directive("include")),
            (3, text("d.inc")),
            (3, directive("declare")),
            (3, word("X")),
            (3, symbol('=')),
            (3, word("1")),
            (3, symbol('.')),
            (3, word("5")),
            (3, symbol(';')),
            (4, text("e\"f")),
            (4, text("g\\h")),
        ];
        assert_eq!(found, wanted);
    }
}
