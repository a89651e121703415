//! Checks names of files and folders for use on every system. Pure.

/// Tells whether a file or folder name is valid on every system: Windows takes neither some characters nor a
/// dot or a space at the end, and some names mean devices there.
pub fn is_portable(name: &str) -> bool {
    !name.ends_with(['.', ' '])
        && !name.contains(['<', '>', '"', '|', '?', '*', '/', '\\', ':'])
        && !name.chars().any(char::is_control)
        && !is_device(name)
}

/// Tells whether a name is a device on Windows, with any extension.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_ascii_lowercase();
    let numbered = stem
        .strip_prefix("com")
        .or_else(|| stem.strip_prefix("lpt"))
        .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    numbered || matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_names_are_not_taken_everywhere() {
        for name in [
            "chunk_01.md",
            "console",
            "com",
            "COM10",
            "灯台",
            "a b",
            ".x",
        ] {
            assert!(is_portable(name), "{name}");
        }
        for name in [
            "con", "CON", "nul.md", "com1", "Lpt9.txt", "aux .md", "x.", "x ", "a?", "a*", "a:b",
            "a\\b", "a\tb", "<a>", "a|b", "\"a\"",
        ] {
            assert!(!is_portable(name), "{name}");
        }
    }
}
