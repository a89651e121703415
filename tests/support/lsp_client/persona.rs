//! How the editors differ where it matters: what they do with an edit of the server's.
//!
//! Seen in VS Code 1.139, Neovim 0.11.4, Helix (a snapshot of 2026-07), Emacs 28.2 with eglot 1.9
//! and with lsp-mode 8, and Vim 9.0 with vim-lsp, yegappan/lsp and ALE 3.3.

use std::time::Duration;

use serde_json::{Value, json};

use super::buffer::{Buffer, Encoding, nearest, offset};

/// Which editor the client behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persona {
    /// UTF-16. Refuses a version mismatch; tells of the change before it answers.
    VsCode,
    /// UTF-8. Always answers `applied: true`, also for edits that it dropped because the
    /// buffer was newer; tells of changes 150 ms later; buffers end with a line end, and what
    /// is put behind it starts a new line. The version at didOpen is 0, and an edit for version
    /// 0 is never held to be stale.
    Neovim,
    /// UTF-8. Refuses any version mismatch; tells of the change before it answers.
    Helix,
    /// UTF-16. Answers a version mismatch with an error; tells of changes 60 ms after its answer;
    /// sends empty settings as soon as it is initialised.
    Eglot,
    /// UTF-16. Refuses a version mismatch; tells of the change before it answers; has `{}` for
    /// settings that nobody set.
    LspMode,
    /// UTF-16. Looks at no version; tells of changes 0.4 s after its answer, or at the next key.
    VimLsp,
    /// UTF-16. Looks at no version; tells of changes at the next editor event, which may be
    /// minutes away: [`Editor::next_event`](super::Editor::next_event).
    Yegappan,
    /// UTF-16. Says that it can't apply edits; applies them badly all the same, and never answers.
    Ale,
    /// Reads, and never answers a request of the server's.
    Mute,
}

/// When an editor tells of a change that the server asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    BeforeItAnswers,
    Later(Duration),
    AtTheNextEvent,
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
    /// The three that the project is made for.
    pub const EDITORS: [Persona; 3] = [Persona::VsCode, Persona::Neovim, Persona::Helix];
    /// All that apply edits and tell of them without being asked to.
    pub const APPLYING: [Persona; 6] = [
        Persona::VsCode,
        Persona::Neovim,
        Persona::Helix,
        Persona::Eglot,
        Persona::LspMode,
        Persona::VimLsp,
    ];
    /// Those, and the one that lets no server change an open file.
    pub const ANY: [Persona; 7] = [
        Persona::VsCode,
        Persona::Neovim,
        Persona::Helix,
        Persona::Eglot,
        Persona::LspMode,
        Persona::VimLsp,
        Persona::Ale,
    ];

    /// The parameters of `initialize` that the editor really sent.
    pub(super) fn profile(self) -> &'static str {
        match self {
            Persona::VsCode | Persona::Mute => "vscode-1.139.1.json",
            Persona::Neovim => "neovim-0.11.4.json",
            Persona::Helix => "helix-25.07.1.json",
            Persona::Eglot => "emacs-28.2-eglot-1.9.json",
            Persona::LspMode => "emacs-28.2-lsp-mode-8.0.0.json",
            // What yegappan/lsp sends differs in nothing that matters here.
            Persona::VimLsp | Persona::Yegappan => "vim-9.0-vim-lsp.json",
            Persona::Ale => "vim-9.0-ale-3.3.0.json",
        }
    }

    /// What the server has to choose.
    pub fn encoding(self) -> Encoding {
        match self {
            Persona::Neovim | Persona::Helix => Encoding::Utf8,
            _ => Encoding::Utf16,
        }
    }

    pub(super) fn tells(self) -> Tells {
        match self {
            Persona::Neovim => Tells::Later(Duration::from_millis(150)),
            Persona::Eglot => Tells::Later(Duration::from_millis(60)),
            Persona::VimLsp => Tells::Later(Duration::from_millis(400)),
            Persona::Yegappan => Tells::AtTheNextEvent,
            _ => Tells::BeforeItAnswers,
        }
    }

    pub(super) fn first_version(self) -> i64 {
        match self {
            Persona::Neovim | Persona::Helix | Persona::Eglot | Persona::LspMode => 0,
            _ => 1,
        }
    }

    /// Whether a buffer has lines, so that its last one always ends.
    fn is_vim(self) -> bool {
        matches!(
            self,
            Persona::Neovim | Persona::VimLsp | Persona::Yegappan | Persona::Ale
        )
    }

    /// A file's text as the editor has it in a buffer.
    pub(super) fn load(self, mut text: String) -> String {
        if self.is_vim() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// What the editor answers for its `storywright` settings; `Null` where nobody set them.
    pub(super) fn configuration(self, settings: &Value) -> Value {
        match self {
            Persona::LspMode if settings.is_null() => json!({}),
            _ => settings.clone(),
        }
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
            (
                Persona::VsCode | Persona::Helix | Persona::Eglot | Persona::LspMode,
                Some(version),
            ) if buffer.version != version => {
                return Outcome::Refused;
            }
            _ => {}
        }
        let encoding = self.encoding();
        let mut spans: Vec<(usize, usize, &str)> = edits
            .iter()
            .map(|edit| {
                let place = |end: &str| match version == Some(buffer.version) {
                    true => offset(&buffer.text, &edit["range"][end], encoding),
                    false => nearest(&buffer.text, &edit["range"][end], encoding),
                };
                let text = edit["newText"].as_str().expect("an edit has a text");
                (place("start"), place("end"), text)
            })
            .collect();
        spans.sort_by_key(|(start, ..)| *start);
        let mut text = buffer.text.clone();
        for (start, end, new) in spans.into_iter().rev() {
            text = match self {
                // The ends of the lines that it was given are all that ALE gets right.
                Persona::Ale => put_as_vim(&text, text.len(), text.len(), new),
                _ if self.is_vim() => put_as_vim(&text, start, end, new),
                Persona::VsCode => {
                    let new = in_line_ends_of(&text, new);
                    format!("{}{new}{}", &text[..start], &text[end..])
                }
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

/// A text in the line ends of a document, which VS Code and the Vims rewrite an edit to.
fn in_line_ends_of(document: &str, text: &str) -> String {
    let line_end = if document.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let plain = text.replace("\r\n", "\n").replace('\r', "\n");
    plain.replace('\n', line_end)
}

/// A buffer has no empty last line: what is put behind the last line end becomes lines of its
/// own there.
fn put_as_vim(text: &str, start: usize, end: usize, new: &str) -> String {
    let new = in_line_ends_of(text, new);
    let line_end = in_line_ends_of(text, "\n");
    if start == text.len() {
        return format!("{text}{new}{line_end}");
    }
    let mut put = format!("{}{new}{}", &text[..start], &text[end..]);
    if !put.ends_with('\n') {
        put.push_str(&line_end);
    }
    put
}
