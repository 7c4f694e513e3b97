//! TOML text to nodes, with every syntax error at once.

use model::Faults;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Entry, Lines, Node, Parsed, Value, syntax_fault};

pub(super) fn parse(file: &str, text: &str) -> Result<Parsed, Faults> {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults = Faults::default();
    for error in errors {
        let line = error.span().map_or(1, |span| lines.at(span.start));
        let what = format!("this is not TOML: {}", error.message().replace('\n', "; "));
        faults.push(syntax_fault(file, line, &what));
    }
    faults.0.dedup_by(|one, other| one.place == other.place);
    faults.or(())?;
    let entries = entries(&lines, table.get_ref());
    Ok((entries, Faults::default()))
}

fn entries(lines: &Lines, table: &DeTable<'_>) -> Vec<Entry> {
    let mut found: Vec<_> = table.iter().collect();
    // The map is sorted by name; people read from top to bottom.
    found.sort_by_key(|(key, _)| key.span().start);
    found
        .into_iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            line: lines.at(key.span().start),
            node: node(lines, value),
        })
        .collect()
}

fn node(lines: &Lines, value: &Spanned<DeValue<'_>>) -> Node {
    let line = lines.at(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number beyond 64 bits"), Value::Whole),
        DeValue::Float(number) => Value::Real(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Value::Truth(*truth),
        DeValue::Array(list) => Value::List(list.iter().map(|one| node(lines, one)).collect()),
        DeValue::Table(table) => Value::Table(entries(lines, table)),
        DeValue::Datetime(_) => Value::Other("a date"),
    };
    Node { line, value }
}
