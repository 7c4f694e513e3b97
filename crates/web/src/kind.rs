//! What the files of the page are, by their names.

const KINDS: [(&str, &str); 15] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("wasm", "application/wasm"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/plain; charset=utf-8"),
    ("map", "application/json"),
    ("py", "text/x-python; charset=utf-8"),
    ("zip", "application/zip"),
];

/// The media type of the file `name`.
pub(crate) fn of(name: &str) -> &'static str {
    found(name).unwrap_or("application/octet-stream")
}

/// Whether `name` ends as a file of a page does.
pub(crate) fn is_known(name: &str) -> bool {
    found(name).is_some()
}

fn found(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    KINDS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind)
}
