//! Lacks as people say them.

use std::fmt;

use model::Field;

use crate::Lack;

/// How many names a sentence lists before it counts the rest.
const NAMES_MAX: usize = 3;

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
            Self::OtherHost { field, .. } | Self::RefusedHost { field, .. } => Some(*field),
            Self::Package { .. }
            | Self::PackageVersion { .. }
            | Self::Tag { .. }
            | Self::Pool { .. }
            | Self::Licence { .. }
            | Self::Gpu { .. }
            | Self::Share { .. }
            | Self::Neither { .. }
            | Self::Unwanted { .. } => None,
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { field, is } if is.is_empty() => write!(f, "{field} is unknown"),
            Self::Text { field, is } => write!(f, "{field} is {is}"),
            Self::OtherHost { field, wanted } => write!(f, "not {field} {}", listed(wanted, "or")),
            Self::RefusedHost { field, refused } => write!(f, "{field} is {}", listed(refused, "or")),
            Self::FieldVersion { field, is, wanted } if is.is_empty() => {
                write!(f, "{field} is unknown where {wanted} is wanted")
            }
            Self::FieldVersion { field, is, wanted } => write!(f, "{field} is {is} where {wanted} is wanted"),
            Self::Below { field: Field::Processors, bound: 1 } => write!(f, "no processor"),
            Self::Below { field: Field::Processors, bound } => write!(f, "fewer than {bound} processors"),
            Self::Above { field: Field::Processors, bound: 1 } => write!(f, "more than 1 processor"),
            Self::Above { field: Field::Processors, bound } => write!(f, "more than {bound} processors"),
            Self::Below { field, bound } => write!(f, "{field} below {}", field.written(*bound)),
            Self::Above { field, bound } => write!(f, "{field} above {}", field.written(*bound)),
            Self::Unmeetable { field } if field.is_amount() => {
                write!(f, "{field} is an amount, so no text can be asked of it")
            }
            Self::Unmeetable { field } => write!(f, "{field} is a text, so no amount can be asked of it"),
            Self::Package { name } => write!(f, "no {name}"),
            Self::PackageVersion { name, are, wanted } => {
                write!(f, "{name} {} where {wanted} is wanted", listed(are, "and"))
            }
            Self::Tag { tag } => write!(f, "tag {tag} missing"),
            Self::Pool { pool } => write!(f, "not in pool {pool}"),
            Self::Licence { name } => write!(f, "no licence of {name}"),
            Self::Gpu { model, memory_bytes, count } => gpu(f, model.as_deref(), *memory_bytes, *count),
            Self::Share { path } => write!(f, "no share with {path}"),
            Self::Neither { wanted } => match wanted.as_slice() {
                [one, other] => write!(f, "neither {one} nor {other}"),
                _ => write!(f, "none of {}", wanted.join(", ")),
            },
            Self::Unwanted { need } => write!(f, "unwanted: {need}"),
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

/// `no GPU`, `fewer than 2 RTX 4090 GPUs with 24 GiB`.
fn gpu(f: &mut fmt::Formatter<'_>, model: Option<&str>, memory_bytes: u64, count: u16) -> fmt::Result {
    match count {
        1 => write!(f, "no ")?,
        count => write!(f, "fewer than {count} ")?,
    }
    if let Some(model) = model {
        write!(f, "{model} ")?;
    }
    write!(f, "GPU{}", if count == 1 { "" } else { "s" })?;
    if memory_bytes > 0 {
        write!(f, " with {}", Field::Memory.written(memory_bytes))?;
    }
    Ok(())
}
