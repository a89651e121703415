//! Quotes arguments of command lines that are shown to be copied. Pure.

/// Quotes a text as one argument of a command line, where it needs that.
pub fn as_argument(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/\\.-_:+@~".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_copied() {
        for (path, expected) in [
            ("./story.md", "./story.md"),
            ("./灯台/story.md", "./灯台/story.md"),
            ("my novel/story.md", "'my novel/story.md'"),
            ("Mara's/story.md", "'Mara'\\''s/story.md'"),
        ] {
            assert_eq!(as_argument(path), expected);
        }
    }
}
