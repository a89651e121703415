//! How the editors differ where it matters: what they do with an edit of the server's.
//!
//! Seen in VS Code 1.139, Neovim 0.11.4 and Helix (a snapshot of 2026-07).

use std::time::Duration;

use serde_json::Value;

use super::buffer::{Buffer, Encoding, offset};

/// Which editor the client behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persona {
    /// UTF-16. Refuses a version mismatch; tells of the change before it answers.
    VsCode,
    /// UTF-8. Always answers `applied: true`, also for edits that it dropped because the
    /// buffer was newer; tells of changes 150 ms later; buffers end with a line end, and what
    /// is put behind it starts a new line.
    Neovim,
    /// UTF-8. Refuses any version mismatch; tells of the change before it answers.
    Helix,
    /// Reads, and never answers a request of the server's.
    Mute,
}

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// And the answer says so.
    Refused,
    /// And the answer says that it was applied.
    Dropped,
}

impl Persona {
    /// All that answer.
    pub const EDITORS: [Persona; 3] = [Persona::VsCode, Persona::Neovim, Persona::Helix];

    /// The parameters of `initialize` that the editor really sent.
    pub(super) fn profile(self) -> &'static str {
        match self {
            Persona::VsCode | Persona::Mute => "vscode-1.139.1.json",
            Persona::Neovim => "neovim-0.11.4.json",
            Persona::Helix => "helix-25.07.1.json",
        }
    }

    /// What the server has to choose.
    pub fn encoding(self) -> Encoding {
        match self {
            Persona::VsCode | Persona::Mute => Encoding::Utf16,
            Persona::Neovim | Persona::Helix => Encoding::Utf8,
        }
    }

    /// How long after a change the server is told of it; `None`: at once.
    pub(super) fn debounce(self) -> Option<Duration> {
        (self == Persona::Neovim).then(|| Duration::from_millis(150))
    }

    pub(super) fn first_version(self) -> i64 {
        match self {
            Persona::VsCode | Persona::Mute => 1,
            // The change tick of a buffer that was just read.
            Persona::Neovim => 3,
            Persona::Helix => 0,
        }
    }

    /// A file's text as the editor has it in a buffer.
    pub(super) fn load(self, mut text: String) -> String {
        if self == Persona::Neovim && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// Applies the edits of one document, or not.
    pub(super) fn apply(
        self,
        buffer: &mut Buffer,
        version: Option<i64>,
        edits: &[Value],
    ) -> Outcome {
        match (self, version) {
            (Persona::Neovim, Some(version)) if version > 0 && buffer.version > version => {
                return Outcome::Dropped;
            }
            (Persona::VsCode | Persona::Helix, Some(version)) if buffer.version != version => {
                return Outcome::Refused;
            }
            _ => {}
        }
        let encoding = self.encoding();
        let mut spans: Vec<(usize, usize, &str)> = edits
            .iter()
            .map(|edit| {
                let place = |end: &str| offset(&buffer.text, &edit["range"][end], encoding);
                let text = edit["newText"].as_str().expect("an edit has a text");
                (place("start"), place("end"), text)
            })
            .collect();
        spans.sort_by_key(|(start, ..)| *start);
        let mut text = buffer.text.clone();
        for (start, end, new) in spans.into_iter().rev() {
            text = match self {
                Persona::Neovim => put_as_neovim(&text, start, end, new),
                _ => format!("{}{new}{}", &text[..start], &text[end..]),
            };
        }
        if text != buffer.text {
            buffer.version += 1;
            buffer.become_text(&text, encoding);
        }
        Outcome::Applied
    }
}

/// A buffer has no empty last line: what is put behind the last line end becomes lines of its
/// own there.
fn put_as_neovim(text: &str, start: usize, end: usize, new: &str) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let new = new
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', line_end);
    if start == text.len() {
        return format!("{text}{new}{line_end}");
    }
    let mut put = format!("{}{new}{}", &text[..start], &text[end..]);
    if !put.ends_with('\n') {
        put.push_str(line_end);
    }
    put
}
