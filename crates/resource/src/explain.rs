//! Lacks as people say them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use model::{Field, Rejection};

use crate::Lack;

/// How many names a sentence lists before it counts the rest.
const NAMES_MAX: usize = 3;

/// The counted lacks, the most frequent first.
pub(crate) fn rejections(counts: BTreeMap<Lack, u32>) -> Vec<Rejection> {
    let mut rejections: Vec<Rejection> = counts
        .into_iter()
        .map(|(lack, hosts)| Rejection { field: lack.field(), lacking: lack.to_string(), hosts })
        .collect();
    rejections.sort_by_key(|rejection| Reverse(rejection.hosts));
    rejections
}

impl Lack {
    /// The field of the resource information that it is about, where it is about one.
    #[must_use]
    pub const fn field(&self) -> Option<Field> {
        match self {
            Self::Text { field, .. }
            | Self::FieldVersion { field, .. }
            | Self::Below { field, .. }
            | Self::Above { field, .. }
            | Self::Unmeetable { field } => Some(*field),
            Self::OtherHost { .. } => Some(Field::Host),
            Self::Package { .. } | Self::PackageVersion { .. } | Self::Tag { .. } => None,
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { field, is } if is.is_empty() => write!(f, "{field} is unknown"),
            Self::Text { field, is } => write!(f, "{field} is {is}"),
            Self::OtherHost { wanted } => write!(f, "not host {}", listed(wanted, "or")),
            Self::FieldVersion { field, is, wanted } if is.is_empty() => {
                write!(f, "{field} is unknown where {wanted} is wanted")
            }
            Self::FieldVersion { field, is, wanted } => write!(f, "{field} is {is} where {wanted} is wanted"),
            Self::Below { field: Field::Processors, bound: 1 } => write!(f, "no processor"),
            Self::Below { field: Field::Processors, bound } => write!(f, "fewer than {bound} processors"),
            Self::Above { field: Field::Processors, bound: 1 } => write!(f, "more than 1 processor"),
            Self::Above { field: Field::Processors, bound } => write!(f, "more than {bound} processors"),
            Self::Below { field, bound } => write!(f, "{field} below {}", amount(*field, *bound)),
            Self::Above { field, bound } => write!(f, "{field} above {}", amount(*field, *bound)),
            Self::Unmeetable { field } if field.is_amount() => {
                write!(f, "{field} is an amount, so no text can be asked of it")
            }
            Self::Unmeetable { field } => write!(f, "{field} is a text, so no amount can be asked of it"),
            Self::Package { name } => write!(f, "no {name}"),
            Self::PackageVersion { name, are, wanted } => {
                write!(f, "{name} {} where {wanted} is wanted", listed(are, "and"))
            }
            Self::Tag { tag } => write!(f, "tag {tag} missing"),
        }
    }
}

/// `a`, `a or b`, `a, b or c`, `a, b, c or 7 more`.
fn listed(names: &[String], last: &str) -> String {
    let mut parts: Vec<String> = names.iter().take(NAMES_MAX).cloned().collect();
    if names.len() > NAMES_MAX {
        parts.push(format!("{} more", names.len() - NAMES_MAX));
    }
    match parts.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => "none".to_owned(),
    }
}

fn amount(field: Field, amount: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    if !field.is_bytes() {
        return if field == Field::ProcessorMhz { format!("{amount} MHz") } else { amount.to_string() };
    }
    // The largest unit that leaves no more than one digit behind the point, so that nothing is rounded.
    for (unit, shift) in UNITS {
        let tenths = u128::from(amount) * 10;
        if amount >> shift > 0 && tenths.trailing_zeros() >= shift {
            let tenths = tenths >> shift;
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                tenth => format!("{}.{tenth} {unit}", tenths / 10),
            };
        }
    }
    format!("{amount} bytes")
}
