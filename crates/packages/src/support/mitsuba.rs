//! The files that a Mitsuba scene names: its includes, and every string called `filename`.
//!
//! A parameter stands as `$name` in a value; a scene gives it with `<default>`, unless the command line did.

use std::collections::BTreeMap;

use super::walk::Names;
use super::xml::{Tag, tags};

/// What `text` names.
pub(crate) fn names(text: &str) -> Names {
    let mut names = Names::default();
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for tag in tags(text) {
        let attribute = |name: &str| tag.attributes.get(name).map(String::as_str);
        match tag.name.as_str() {
            "default" => {
                if let (Some(name), Some(value)) = (attribute("name"), attribute("value")) {
                    // The first one holds.
                    parameters.entry(name.to_owned()).or_insert_with(|| value.to_owned());
                }
            }
            "path" => {
                if let Some(folder) = attribute("value").and_then(|value| filled(value, &parameters).ok()) {
                    names.folders.push(folder);
                }
            }
            "string" if attribute("name").is_some_and(is_file) => {
                add(&tag, attribute("value"), &parameters, &mut names);
            }
            // `<include>`, and `<spectrum filename="..."/>`.
            _ => add(&tag, attribute("filename"), &parameters, &mut names),
        }
    }
    names
}

fn is_file(name: &str) -> bool {
    name == "filename" || name.ends_with("_filename")
}

fn add(tag: &Tag, value: Option<&str>, parameters: &BTreeMap<String, String>, names: &mut Names) {
    match value.map(|value| filled(value, parameters)) {
        Some(Ok(name)) if !name.is_empty() => names.add(tag.line, name),
        Some(Err(parameter)) => {
            let what = format!("names a file by ${parameter}, which only the command line knows");
            names.unclear.push((tag.line, what));
        }
        _ => {}
    }
}

/// `value` with its parameters, the longest name first, as Mitsuba fills them in; or one that has no value.
fn filled(value: &str, parameters: &BTreeMap<String, String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let known =
            parameters.iter().filter(|(name, _)| !name.is_empty() && after.starts_with(name.as_str()));
        match known.max_by_key(|(name, _)| name.len()) {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &after[name.len()..];
            }
            None => {
                let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
                return Err(after[..end].to_owned());
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_strings_and_parameters_are_read() {
        let scene = r#"<?xml version="1.0"?>
<!-- <include filename="not.xml"/> -->
<scene version="3.0.0"><default name="res" value="2k"/><default name="resource" value="all"/>
<path value="maps"/>
<include filename='parts/a&amp;b.xml'/>
<shape type="ply">
  <string name="filename" value="m/$res/x.ply"/><string name="id" value="filename"/>
  <bsdf type="x"><texture type="bitmap"><string value="$resource.png" name="filename"/></texture></bsdf>
  <spectrum name="k" filename="au.spd"/><string name="filename" value="f_$frame.png"/></shape></scene>"#;
        let found = names(scene);
        let told: Vec<_> = found.names.iter().map(|name| (name.line, name.text.as_str())).collect();
        let wanted = [(5, "parts/a&b.xml"), (7, "m/2k/x.ply"), (8, "all.png"), (9, "au.spd")];
        assert_eq!(told, wanted);
        assert_eq!(found.folders, ["maps"]);
        let unclear = [(9, "names a file by $frame, which only the command line knows".to_owned())];
        assert_eq!(found.unclear, unclear);
    }
}
