//! Reads the few lines of TOML and YAML that sources have at their heads, without building trees of them.

/// Returns the value of a `key = "value"` or `key: value` line, without its quotes.
pub(super) fn value<'a>(lines: &'a str, key: &str, separator: char) -> Option<&'a str> {
    lines.lines().find_map(|line| {
        let (name, value) = line.split_once(separator)?;
        (name.trim() == key).then(|| unquoted(value))
    })
}

/// Returns a value without the quotes around it.
pub(super) fn unquoted(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|inner| inner.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}
