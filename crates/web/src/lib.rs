//! The web page of a farm: its files as they were built, and the answers by which a browser gets them.
//!
//! It is the same for everybody and holds nothing secret, so it needs no proof of who asks; what it shows it
//! fetches from the API, which does. Must not know what the API is.

mod answer;
mod headers;
mod kind;
mod plain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use axum::response::Response;

pub use headers::keep_to_itself;

/// What was built; nothing where it was not.
static BUILT: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));
/// The programs for people's own machines, by where they are had.
static CLIENTS: [(&str, &[u8]); 2] = [
    ("clients/framefarm.py", include_bytes!(concat!(env!("OUT_DIR"), "/framefarm.py"))),
    ("clients/framefarm-blender.zip", include_bytes!(concat!(env!("OUT_DIR"), "/framefarm-blender.zip"))),
];
/// The file that every address of the page begins with.
const INDEX: &str = "index.html";

/// The files of the page.
#[derive(Debug, Default)]
pub struct Page(BTreeMap<String, File>);

/// A file of the page in the forms in which it can be sent.
#[derive(Debug, Default)]
struct File {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    /// What its bytes are, in short.
    digest: String,
}

impl Page {
    /// The page that was built into this program; where none was, one that says how to build it.
    #[must_use]
    pub fn built_in() -> Self {
        let files = BUILT.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes)));
        Self::of(files.collect())
    }

    /// The page as it lies in `folder` now, for whoever works on it.
    ///
    /// # Errors
    /// Where something in the folder cannot be read.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![(folder.to_owned(), String::new())];
        while let Some((folder, under)) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path: PathBuf = entry?.path();
                let Some(own) = path.file_name().and_then(|name| name.to_str()) else { continue };
                match path.is_dir() {
                    true => folders.push((path.clone(), format!("{under}{own}/"))),
                    false => drop(files.insert(format!("{under}{own}"), fs::read(&path)?.into())),
                }
            }
        }
        Ok(Self::of(files))
    }

    /// The page made of `all`, by their names; those that end in `.br` and `.gz` are the others, packed.
    fn of(mut all: BTreeMap<String, Bytes>) -> Self {
        all.extend(CLIENTS.map(|(name, bytes)| (name.to_owned(), Bytes::from_static(bytes))));
        let packed = |name: &str, how| all.get(&format!("{name}.{how}")).cloned();
        let mut files = BTreeMap::new();
        for (name, plain) in &all {
            let is_packed = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz"));
            if !is_packed.is_some_and(|of| all.contains_key(of)) {
                let (brotli, gzip) = (packed(name, "br"), packed(name, "gz"));
                let digest = blake3::hash(plain).to_hex()[..20].to_owned();
                files.insert(name.clone(), File { plain: plain.clone(), brotli, gzip, digest });
            }
        }
        if !files.contains_key(INDEX) {
            files.retain(|name, _| name.starts_with("clients/"));
            files.insert(INDEX.to_owned(), plain::file());
        }
        Self(files)
    }

    /// Whether a browser that asks for `path` in the way of `method` wants the page, where no door has that
    /// path.
    #[must_use]
    pub fn answers(method: &Method, path: &str) -> bool {
        let doors = ["/api", "/link"];
        let of_doors = |door: &str| path.strip_prefix(door).is_some_and(|rest| !rest.starts_with(is_of_name));
        matches!(*method, Method::GET | Method::HEAD) && !doors.into_iter().any(of_doors)
    }

    /// The answer to a request for `path`: a file, or where there is no such file the page itself, which
    /// knows what is meant.
    #[must_use]
    pub fn answer(&self, method: &Method, path: &str, asked: &HeaderMap) -> Response {
        let name = path.trim_start_matches('/');
        let response = match self.0.get(name) {
            Some(file) => answer::of_file(file, name, asked),
            None if names_a_file(name) => answer::not_there(),
            None => answer::of_file(self.0.get(INDEX).unwrap_or(&plain::file()), INDEX, asked),
        };
        answer::as_asked(response, method)
    }
}

const fn is_of_name(c: char) -> bool {
    c != '/'
}

/// Whether nothing but a file can be meant: an old page must not take the new one for a script.
fn names_a_file(name: &str) -> bool {
    name.starts_with("assets/")
        || name.starts_with("clients/")
        || (!name.contains('/') && kind::is_known(name))
}

#[cfg(test)]
mod tests;
