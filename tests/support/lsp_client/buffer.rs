//! An editor's copy of a document, and positions in it.
//!
//! Written apart from the server's own conversions, and strict where the server is lenient: a
//! position that no text has is a failure of the test.

use serde_json::{Value, json};

/// What columns are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
}

/// An open document.
#[derive(Debug, Clone)]
pub struct Buffer {
    pub text: String,
    pub version: i64,
    /// Changes that the server has not been told of.
    pub(super) untold: Vec<Value>,
    /// The text that the server knows.
    pub(super) told: String,
}

/// A change in bytes of the text before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

impl Buffer {
    pub fn new(text: String, version: i64) -> Buffer {
        Buffer {
            told: text.clone(),
            text,
            version,
            untold: Vec::new(),
        }
    }

    /// Changes the text and remembers to tell of it.
    pub(super) fn apply(&mut self, change: &Change, encoding: Encoding) {
        self.untold.push(json!({
            "range": {
                "start": position(&self.text, change.start, encoding),
                "end": position(&self.text, change.end, encoding),
            },
            "text": change.text,
        }));
        self.text
            .replace_range(change.start..change.end, &change.text);
    }

    /// The smallest change to a new text; none if it is the same.
    pub(super) fn become_text(&mut self, new: &str, encoding: Encoding) {
        if let Some(change) = difference(&self.text, new) {
            self.apply(&change, encoding);
        }
    }
}

/// The one change that turns a text into another.
fn difference(old: &str, new: &str) -> Option<Change> {
    if old == new {
        return None;
    }
    let mut start = old
        .bytes()
        .zip(new.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    while !is_place(old, start) || !is_place(new, start) {
        start -= 1;
    }
    let same = |(a, b): &(u8, u8)| a == b;
    let ends = old[start..].bytes().rev().zip(new[start..].bytes().rev());
    let mut tail = ends.take_while(same).count();
    while !is_place(old, old.len() - tail) || !is_place(new, new.len() - tail) {
        tail -= 1;
    }
    Some(Change {
        start,
        end: old.len() - tail,
        text: new[start..new.len() - tail].to_owned(),
    })
}

/// Whether a caret can stand there: on a character, and not between CR and LF.
pub fn is_place(text: &str, offset: usize) -> bool {
    text.is_char_boundary(offset)
        && !(text[..offset].ends_with('\r') && text[offset..].starts_with('\n'))
}

/// Where the lines of a text start, in bytes: after LF, CRLF and CR.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (index, byte) in bytes.iter().enumerate() {
        let ends = match byte {
            b'\n' => true,
            b'\r' => bytes.get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends {
            starts.push(index + 1);
        }
    }
    starts
}

/// The position of a byte offset, as the protocol writes it.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> Value {
    assert!(is_place(text, offset), "{offset} is no place in {text:?}");
    let starts = line_starts(text);
    let line = starts
        .iter()
        .rposition(|start| *start <= offset)
        .unwrap_or(0);
    let before = &text[starts[line]..offset];
    let character = match encoding {
        Encoding::Utf8 => before.len(),
        Encoding::Utf16 => before.encode_utf16().count(),
    };
    json!({ "line": line, "character": character })
}

/// The byte offset that a position of another version of the text comes to: editors that look at no
/// version take the end of the line, or of the text, for what lies beyond it.
pub fn nearest(text: &str, position: &Value, encoding: Encoding) -> usize {
    let number = |name: &str| {
        let number = position[name].as_u64().expect("a position has numbers");
        usize::try_from(number).expect("a small number")
    };
    let Some(start) = line_starts(text).get(number("line")).copied() else {
        return text.len();
    };
    let line = text[start..].split(['\r', '\n']).next().unwrap_or_default();
    let mut column = 0;
    for (index, character) in line.char_indices() {
        if column >= number("character") {
            return start + index;
        }
        column += match encoding {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
        };
    }
    start + line.len()
}

/// The byte offset of a position. Panics where the text has no such position.
pub fn offset(text: &str, position: &Value, encoding: Encoding) -> usize {
    let number = |name: &str| {
        let number = position[name].as_u64().expect("a position has numbers");
        usize::try_from(number).expect("a small number")
    };
    let starts = line_starts(text);
    let start = *starts
        .get(number("line"))
        .unwrap_or_else(|| panic!("{position} is below the last line of {text:?}"));
    let line = text[start..].split(['\r', '\n']).next().unwrap_or_default();
    let mut column = 0;
    for (index, character) in line.char_indices() {
        if column >= number("character") {
            assert_eq!(
                column,
                number("character"),
                "{position} is inside a character of {line:?}"
            );
            return start + index;
        }
        column += match encoding {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
        };
    }
    assert_eq!(
        column,
        number("character"),
        "{position} is no place in {line:?}"
    );
    start + line.len()
}

/// The text that a protocol range covers.
pub fn covered<'a>(text: &'a str, range: &Value, encoding: Encoding) -> &'a str {
    &text[offset(text, &range["start"], encoding)..offset(text, &range["end"], encoding)]
}
