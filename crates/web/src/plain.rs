//! The page of a program that was built without one: it says how to build the rest.

use axum::body::Bytes;

use crate::File;

const TEXT: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Framefarm</title>
</head>
<body>
<h1>Framefarm</h1>
<p>The farm works. This program was built without its web page, which needs Node to be built:</p>
<pre>scripts/build-web
cargo build --release</pre>
<p>Then start the farm again. Until then there is the terminal: <code>framefarm --help</code>.</p>
</body>
</html>
"#;

/// It as a file.
pub(crate) fn file() -> File {
    File {
        plain: Bytes::from_static(TEXT.as_bytes()),
        digest: blake3::hash(TEXT.as_bytes()).to_hex()[..20].to_owned(),
        ..File::default()
    }
}
