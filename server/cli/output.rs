//! Lines to the terminal. A closed pipe is no reason to stop writing a story, so failures to
//! print are passed over.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

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

/// Prints a question, with the cursor behind it.
pub fn ask(question: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{question}");
    let _ = out.flush();
}

/// Prints a problem.
pub fn complain(text: &str) {
    note(&format!("storywright: {text}"));
}

/// The way from a folder to a path, as `../chunks/chunk_01.md`; both absolute. `None` where they have
/// nothing in common but the root.
pub fn relative_path(path: &Path, from: &Path) -> Option<PathBuf> {
    let (mut way, mut base) = (path.components().peekable(), from.components().peekable());
    let mut in_common = 0;
    while let (Some(one), Some(other)) = (way.peek(), base.peek())
        && one == other
    {
        in_common += usize::from(matches!(one, Component::Normal(_)));
        way.next();
        base.next();
    }
    let up = base.map(|_| Component::ParentDir);
    (in_common > 0).then(|| up.chain(way).collect())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_where_one_stands() {
        for (path, from, expected) in [
            ("/a/novel/story.md", "/a/novel", Some("story.md")),
            (
                "/a/novel/generated/x/chunk_01.md",
                "/a",
                Some("novel/generated/x/chunk_01.md"),
            ),
            (
                "/a/novel/story.md",
                "/a/novel/generated/x",
                Some("../../story.md"),
            ),
            ("/a/novel/story.md", "/a/other", Some("../novel/story.md")),
            ("/a/novel/story.md", "/elsewhere", None),
            ("/a/novel/story.md", "/", None),
        ] {
            let way = relative_path(Path::new(path), Path::new(from));
            assert_eq!(
                way.as_deref(),
                expected.map(Path::new),
                "{path} from {from}"
            );
        }
    }
}
