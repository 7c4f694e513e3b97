//! `--need`: the resource profile on the command line, `os_family=linux,memory>=16GiB`.

use model::Fault;

use crate::describe::{Draft, Said, Wish, need_field, need_hint};

const FLAG: &str = "--need";

/// Reads one `--need`, which may hold several needs with commas between them.
pub(super) fn read(text: &str, draft: &mut Draft) {
    for need in split(text) {
        if let Err(fault) = one(need.trim(), draft) {
            draft.faults.push(fault);
        }
    }
}

/// The parts between commas. What starts with a sign goes on with the bound before: `os_version>=6.5,<7`.
fn split(text: &str) -> Vec<String> {
    let mut needs: Vec<String> = Vec::new();
    for part in text.split(',') {
        match needs.last_mut() {
            Some(last) if part.trim_start().starts_with(['<', '>', '=']) => {
                last.push(',');
                last.push_str(part);
            }
            _ => needs.push(part.to_owned()),
        }
    }
    needs
}

fn one(need: &str, draft: &mut Draft) -> Result<(), Fault> {
    let sign = need.find(['<', '>', '=', '!']).ok_or_else(|| {
        Fault::new(FLAG, format!("{need:?} is no need"))
            .hint("write for example memory>=16GiB or os_family=linux")
    })?;
    let (name, bound) = (need[..sign].trim(), need[sign..].trim());
    let said = |text: String| Said::new(FLAG, text);
    if let Some(package) = name.strip_prefix("packages.").or_else(|| name.strip_prefix("plug_ins.")) {
        let version = bound.strip_prefix('=').unwrap_or(bound).trim().to_owned();
        draft.shared.needs.packages.insert(package.to_owned(), said(version));
        return Ok(());
    }
    if name == "tags" || name == "tag" {
        let words = bound.strip_prefix('=').ok_or_else(|| {
            Fault::new(FLAG, format!("a host has a tag or has it not; {need:?} has no meaning"))
                .hint("write tags=WORD")
        })?;
        draft.shared.needs.tags.extend(words.split('|').map(|word| said(word.trim().to_owned())));
        return Ok(());
    }
    let field = need_field(name)
        .ok_or_else(|| Fault::new(FLAG, format!("hosts have no field {name:?}")).hint(need_hint(name)))?;
    let wish = match (bound.strip_prefix("!="), bound.strip_prefix('=')) {
        (Some(refused), _) => format!("not {}", refused.trim()),
        // An amount keeps the sign, so that "= 4" is seen to be neither at least nor at most.
        (_, Some(value)) if !field.is_amount() => value.trim().to_owned(),
        _ => bound.to_owned(),
    };
    draft.shared.needs.fields.insert(field, Said::new(FLAG, Wish::Text(wish)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::Field;

    use super::*;

    fn of(text: &str) -> Draft {
        let mut draft = Draft::default();
        read(text, &mut draft);
        draft
    }

    #[test]
    fn needs_are_split_at_commas_and_signs() {
        let draft =
            of("os_family=linux, memory>=16GiB,host!=old,os_version>=6.5,<7,packages.povray=3.7,tags=a|b");
        assert_eq!(draft.faults.0, []);
        let wish = |field| match &draft.shared.needs.fields[&field].value {
            Wish::Text(text) => text.as_str(),
            Wish::Words(_) => "",
        };
        assert_eq!(wish(Field::OsFamily), "linux");
        assert_eq!(wish(Field::Memory), ">=16GiB");
        assert_eq!(wish(Field::Host), "not old");
        assert_eq!(wish(Field::OsVersion), ">=6.5,<7");
        assert_eq!(draft.shared.needs.packages["povray"].value, "3.7");
        let tags: Vec<&str> = draft.shared.needs.tags.iter().map(|tag| tag.value.as_str()).collect();
        assert_eq!(tags, ["a", "b"]);
    }

    #[test]
    fn every_fault_names_the_flag() {
        let draft = of("memroy>=3GiB,linux,tags>3");
        let faults: Vec<String> = draft.faults.0.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(faults.join("\n"), @r#"
        --need: hosts have no field "memroy"
          hint: did you mean memory?
        --need: "linux" is no need
          hint: write for example memory>=16GiB or os_family=linux
        --need: a host has a tag or has it not; "tags>3" has no meaning
          hint: write tags=WORD
        "#);
    }
}
