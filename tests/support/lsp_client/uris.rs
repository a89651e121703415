//! Paths as URIs, as clients write them.

use std::path::{Path, PathBuf};

/// The URI of a path, as VS Code writes it. That of a document that was never saved is its "path".
pub fn uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    let path = path.to_str().expect("a Unicode path");
    if path.starts_with("untitled:") {
        return path.to_owned();
    }
    // Windows: `file:///C:/folder/file`
    let path = match cfg!(windows) {
        true => format!("/{}", path.replace('\\', "/")),
        false => path.to_owned(),
    };
    for byte in path.bytes() {
        match byte {
            b':' if cfg!(windows) => uri.push(':'),
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The path of a URI; one that is none, which the server only has from a client, stays as it is.
pub fn path_of(uri: &str) -> PathBuf {
    let path = decoded(uri).map_or_else(|| PathBuf::from(uri), PathBuf::from);
    match path.to_str().and_then(|path| path.strip_prefix('/')) {
        Some(path) if cfg!(windows) => PathBuf::from(path),
        _ => path,
    }
}

fn decoded(uri: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = uri.strip_prefix("file://")?.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
