//! `--need`, `--prefer` and `--reserve`: the resource profile on the command line, in the grammar of
//! descriptions.

use describe::Draft;

/// Lays the flags over `draft`; each may be given several times and hold several things with commas between
/// them.
pub(super) fn read(needs: &[String], prefer: &[String], reserve: &[String], draft: &mut Draft) {
    let (step, faults) = (&mut draft.shared, &mut draft.faults);
    needs.iter().for_each(|text| step.need("--need", text, faults));
    prefer.iter().for_each(|text| step.prefer("--prefer", text, faults));
    reserve.iter().for_each(|text| step.reserve("--reserve", text, faults));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_its_flag() {
        let mut draft = Draft::default();
        let own = |text: &str| vec![text.to_owned()];
        read(&own("memroy>=3GiB,tags>3"), &own("ram>=lots:2"), &own("memory=8GiB,swap=3"), &mut draft);
        let faults: Vec<String> = draft.faults.0.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(faults.join("\n"), @r#"
        --need: hosts have no field "memroy"
          hint: did you mean memory? a rendering package of that name is package.memroy
        --need: tags is compared as text, so ">3" has no meaning
          hint: write the text itself, "not TEXT", or a list of texts
        --prefer: ">=lots" is no bound for ram: an amount with its unit is wanted
          hint: write for example ram >= 16 GiB for at least, <= for at most
        --reserve: "swap" is nothing that a frame can reserve of its host
          hint: write for example memory=8GiB or gpus=1; slots are asked for by themselves
        "#);
    }
}
