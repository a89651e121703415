//! Lines to the terminal. A closed pipe is no reason to stop writing a story, so failures to
//! print are passed over.

use std::io::Write;

/// Prints a result.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Prints a value as JSON: on one line, or indented.
pub fn print_json(value: &impl serde::Serialize, indented: bool) {
    let text = if indented {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    match text {
        Ok(text) => print(&text),
        Err(error) => complain(&format!("the report can't be written as JSON: {error}")),
    }
}

/// Prints progress.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints a problem.
pub fn complain(text: &str) {
    note(&format!("storywright: {text}"));
}

/// A path as one argument of a command line that can be copied.
pub fn as_argument(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/\\.-_:+@~".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else if cfg!(windows) {
        format!("\"{path}\"")
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

#[cfg(all(test, unix))]
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
