//! Prints lines to the terminal, the one place that does; control characters are shown escaped.
//!
//! A closed pipe is no reason to stop writing a story, nor is a full disk behind standard output; a result
//! that could not be printed is reported at the end.

use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::exit::Exit;
use crate::story::controls::shown;

/// Why the first result that could not be printed was not.
static UNPRINTED: Mutex<Option<String>> = Mutex::new(None);

/// Prints a result.
pub fn print(text: &str) {
    print_raw(&shown(text));
}

pub fn print_raw(text: &str) {
    let mut out = std::io::stdout().lock();
    let printed = writeln!(out, "{text}").and_then(|()| out.flush());
    drop(out);
    if let Err(error) = printed {
        note_unprinted(&error);
    }
}

/// Notes why a result could not be printed, unless the reader of a pipe closed it: that reader has all it wanted.
fn note_unprinted(error: &std::io::Error) {
    if error.kind() != ErrorKind::BrokenPipe {
        let mut unprinted = UNPRINTED.lock().unwrap_or_else(PoisonError::into_inner);
        unprinted.get_or_insert_with(|| error.to_string());
    }
}

/// Tells what could not be printed, and makes a failure of it. Returns how the command ends then.
pub fn end(exit: Exit) -> Exit {
    let unprinted = UNPRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(why) = unprinted.as_deref() else {
        return exit;
    };
    complain(&format!("the result could not be printed: {why}"));
    match exit {
        Exit::Done => Exit::Failed,
        other => other,
    }
}

/// Prints what the command line's parser says, and ends the process as it would.
pub fn end_parsing(said: &clap::Error) -> ! {
    if let Err(error) = said.print() {
        note_unprinted(&error);
    }
    let exit = match said.exit_code() {
        0 => Exit::Done,
        _ => Exit::Usage,
    };
    std::process::exit(i32::from(end(exit).code()))
}

/// Prints a value as JSON: on one line, or indented. JSON has escapes of its own.
pub fn print_json(value: &impl serde::Serialize, indented: bool) {
    let text = if indented {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    match text {
        Ok(text) => print_raw(&text),
        Err(error) => note_unprinted(&error.into()),
    }
}

/// Prints progress.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", shown(text));
}

/// Prints a question, with the cursor behind it.
pub fn ask(question: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{}", shown(question));
    let _ = out.flush();
}

/// Writes the lines of the log to standard error.
pub struct LogLines;

impl Write for LogLines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        std::io::stderr()
            .lock()
            .write_all(shown(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().lock().flush()
    }
}

/// Prints a problem.
pub fn complain(text: &str) {
    note(&format!("storywright: {text}"));
}

/// Gives a path that was typed the separators of this system: what is joined to it has those.
pub fn native(path: &Path) -> PathBuf {
    match cfg!(windows) {
        true => path.components().collect(),
        false => path.to_owned(),
    }
}

/// Finds the way from a folder to a path, as `../chunks/chunk_01.md`; both absolute. `None` where they have
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
