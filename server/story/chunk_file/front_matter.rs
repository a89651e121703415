//! The lines of front matter: keys, values and fences. Pure.

/// The status of a chunk file: whether its prose is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    Partial,
    Complete,
}

/// Splits a text into its lines with their ends: LF, CRLF or CR.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find(['\n', '\r']) {
            None if rest.is_empty() => return None,
            None => rest.len(),
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
        };
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
}

/// Tells whether a line opens or closes front matter.
pub(super) fn is_fence(line: &str) -> bool {
    matches!(line.trim_end(), "---" | "...")
}

/// Tells whether a line without a key may stand between two fences.
pub(super) fn continues_front_matter(line: &str) -> bool {
    line.trim_start().starts_with('#')
        || line.trim_start().starts_with("- ")
        || (line.starts_with([' ', '\t']) && !line.trim().is_empty())
}

/// Reads `key: value` at the start of a line, where the key is one plain word.
pub(super) fn key_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let apart = value.is_empty() || value.starts_with([' ', '\t', '\r']);
    (plain && apart).then(|| (key, value.trim()))
}

/// Reads a scalar as YAML writes it: plain, or in either kind of quotes.
pub(super) fn unquote(value: &str) -> String {
    if value.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
        if let Some(Ok(text)) = values.next() {
            return text;
        }
    }
    if let Some(inner) = value.strip_prefix('\'')
        && let Some(end) = inner.replace("''", "\u{0}\u{0}").find('\'')
    {
        return inner[..end].replace("''", "'");
    }
    let plain = value.find(" #").map_or(value, |comment| &value[..comment]);
    plain.trim().to_owned()
}

/// Writes a scalar, quoted where YAML would take it for something else.
pub(super) fn quote(value: &str) -> String {
    let plain = value.starts_with(char::is_alphabetic)
        && value
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        value.to_owned()
    } else {
        // A JSON string is a YAML string.
        serde_json::Value::from(value).to_string()
    }
}

/// Reads the word of a `status` line.
pub(super) fn status_of(value: &str) -> Option<FileStatus> {
    match unquote(value).to_lowercase().as_str() {
        "partial" => Some(FileStatus::Partial),
        "complete" => Some(FileStatus::Complete),
        _ => None,
    }
}
