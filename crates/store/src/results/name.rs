//! Which names may stand in the storage: plain ones, that are the same on every filesystem a storage may
//! have and need no escaping in a list of digests.

use model::PARTS;

use super::{ResultsError, SUMS};

/// Checks the name of a folder or file.
pub(super) fn check(name: &str) -> Result<(), ResultsError> {
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > 255 {
        "it is longer than 255 bytes"
    } else if name.starts_with('.') {
        "it starts with a dot"
    } else if name.contains(['/', '\\']) {
        "it holds a slash or a backslash"
    } else if name.contains(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(ResultsError::BadName { name: name.to_owned(), why })
}

/// Checks the name of a job's folder, or of the one for parts of pictures in it.
pub(super) fn check_folder(name: &str) -> Result<(), ResultsError> {
    let parts = name.strip_suffix(PARTS).and_then(|rest| rest.strip_suffix('/'));
    check(parts.unwrap_or(name))
}

/// Checks the name of a file that an attempt made.
pub(super) fn check_output(name: &str) -> Result<(), ResultsError> {
    check(name)?;
    if name == SUMS {
        return Err(ResultsError::BadName { name: name.to_owned(), why: "it is the list of digests" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_be_that_of_parts() {
        assert!(check_folder("7-film").is_ok() && check_folder("7-film/parts").is_ok());
        for bad in ["", "/parts", "a/b", "a/b/parts", "a/parts/parts", "../parts", "a/parts/"] {
            assert!(check_folder(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_plain_names_pass() {
        for good in ["lighthouse.0007.png", "7-a b", "höhe.png", "a..b", "-0005.png"] {
            assert!(check_output(good).is_ok(), "{good}");
        }
        let long = "x".repeat(256);
        for bad in ["", ".", "..", ".hidden", "a/b", "/a", "a\\b", "a\nb", "a\0b", "B3SUMS", &long] {
            assert!(check_output(bad).is_err(), "{bad:?}");
        }
    }
}
