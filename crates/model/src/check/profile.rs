//! What can be wrong with a resource profile by itself, so that no host could ever be measured by it, or none
//! could ever match.

use crate::profile::{DEPTH_MAX, is_package_name};
use crate::{Fault, Faults, Field, Need, Profile, Requirement};

use super::NAME_MAX;

/// More needs than this are a script gone wild.
const NEEDS_MAX: usize = 200;
/// A preference that weighs more is a need.
const WEIGHT_MAX: u32 = 1_000;

impl Profile {
    /// Every fault, at `needs.FIELD`, `needs` or `prefer`.
    pub fn check(&self, faults: &mut Faults) {
        let preferred = self.prefer.iter().map(|preference| &preference.need);
        let total: usize = self.needs.iter().chain(preferred).map(count).sum();
        if total > NEEDS_MAX {
            let what = format!("{total} needs are more than {NEEDS_MAX}");
            faults.push(Fault::new("needs", what).hint("give the hosts that are meant a tag or a pool"));
            return;
        }
        for need in &self.needs {
            check_need("needs", need, 0, faults);
        }
        self.check_bounds(faults);
        for preference in &self.prefer {
            check_need("prefer", &preference.need, 0, faults);
            if !(1..=WEIGHT_MAX).contains(&preference.weight) {
                let what = format!("the weight {} is outside 1 to {WEIGHT_MAX}", preference.weight);
                faults.push(Fault::new("prefer", what).hint("1 is usual; what must be belongs into needs"));
            }
            if preference.need.is_of_single_hosts() {
                let what = format!("{} is of single hosts, which cannot be preferred", preference.need);
                faults.push(Fault::new("prefer", what).hint("give those hosts a tag and prefer that"));
            }
        }
    }

    fn check_bounds(&self, faults: &mut Faults) {
        for field in Field::ALL {
            let bounds = || {
                self.needs.iter().filter_map(|need| match need {
                    Need::Field(of, requirement) if *of == field => Some(requirement),
                    _ => None,
                })
            };
            let least =
                bounds().filter_map(|it| if let Requirement::AtLeast(n) = it { Some(*n) } else { None });
            let most =
                bounds().filter_map(|it| if let Requirement::AtMost(n) = it { Some(*n) } else { None });
            if let (Some(least), Some(most)) = (least.max(), most.min())
                && least > most
            {
                let (least, most) = (field.written(least), field.written(most));
                let what = format!("no host has {field} of {least} or more and of {most} or less");
                faults.push(Fault::new(format!("needs.{field}"), what).hint("leave one of the two out"));
            }
        }
    }
}

fn count(need: &Need) -> usize {
    match need {
        Need::Any(needs) | Need::All(needs) => 1 + needs.iter().map(count).sum::<usize>(),
        Need::Not(need) => 1 + count(need),
        _ => 1,
    }
}

fn check_need(table: &str, need: &Need, depth: usize, faults: &mut Faults) {
    if depth > DEPTH_MAX {
        let what = format!("needs stand more than {DEPTH_MAX} deep in each other");
        return faults.push(Fault::new(table, what).hint("say it in fewer brackets"));
    }
    match need {
        Need::Field(field, requirement) => {
            let place = if table == "needs" { format!("needs.{field}") } else { table.to_owned() };
            check_field(&place, *field, requirement, faults);
        }
        Need::Package(package) if !is_package_name(&package.name) => {
            let what = format!("{:?} is not the name of a rendering package", package.name);
            faults.push(Fault::new(table, what).hint("names are letters, digits, dots, dashes, _ and +"));
        }
        Need::Tag(word) | Need::Pool(word) | Need::Licence(word) | Need::Share(word) => {
            check_word(table, word, faults);
        }
        Need::Gpu { model, count, .. } => {
            if *count == 0 {
                faults.push(Fault::new(table, "0 GPUs are had by every host").hint("say 1 or more"));
            }
            if let Some(model) = model {
                check_word(table, model, faults);
            }
        }
        Need::Any(needs) | Need::All(needs) => {
            if needs.is_empty() {
                let fault = Fault::new(table, "the list of needs in brackets is empty");
                faults.push(fault.hint("write for example any(pool=fx, tag=fast)"));
            }
            for need in needs {
                check_need(table, need, depth + 1, faults);
            }
        }
        Need::Not(need) => check_need(table, need, depth + 1, faults),
        Need::Package(_) => {}
    }
}

fn check_field(place: &str, field: Field, requirement: &Requirement, faults: &mut Faults) {
    let fits = match requirement {
        Requirement::AtLeast(_) | Requirement::AtMost(_) => field.is_amount(),
        Requirement::OneOf(texts) | Requirement::NoneOf(texts) => {
            if texts.is_empty() {
                let fault = Fault::new(place, "the list of values is empty");
                faults.push(fault.hint("name at least one, or leave the need out"));
            }
            for text in texts {
                check_word(place, text, faults);
            }
            !field.is_amount()
        }
        Requirement::Version(_) => field.is_version(),
    };
    if !fits {
        let wanted = match field {
            field if field.is_amount() => "an amount, like >=4",
            field if field.is_version() => "a version or a text",
            _ => "a text",
        };
        let hint = format!("write for example {field}{}", if field.is_amount() { ">=4" } else { "=linux" });
        faults.push(Fault::new(place, format!("{field} takes {wanted}")).hint(hint));
    }
}

fn check_word(place: &str, word: &str, faults: &mut Faults) {
    let what = if word.chars().count() > NAME_MAX {
        format!("a word is longer than {NAME_MAX} characters")
    } else if word.chars().any(char::is_control) {
        format!("{word:?} holds a control character")
    } else if word.contains('"') && word.contains('\'') {
        format!("{word:?} holds quotes of both sorts")
    } else {
        return;
    };
    faults.push(Fault::new(place, what).hint("say it more plainly"));
}
