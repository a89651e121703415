//! Converts positions of the protocol to offsets in a text, and back.
//!
//! The protocol counts lines at LF, CRLF and CR, and columns in code units of the negotiated
//! encoding. Nothing that a client sends can be out of range here: what lies beyond the end is
//! the end, what lies within a character is its beginning.

use ropey::{Rope, RopeSlice};
use tower_lsp::lsp_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent};

use crate::story::Span;

/// Says what columns are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// Chooses UTF-8 where the client can, UTF-32 where it offers that instead of the protocol's default.
    pub fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        let has = |kind| offered.is_some_and(|kinds| kinds.contains(&kind));
        if has(PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if has(PositionEncodingKind::UTF32) && !has(PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }
}

/// Finds the character index of a position.
pub fn to_char(rope: &Rope, position: Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_chars();
    }
    let start = rope.line_to_char(line);
    let content = without_line_end(rope.line(line));
    let column = position.character as usize;
    let within = match encoding {
        Encoding::Utf8 => content.byte_to_char(column.min(content.len_bytes())),
        Encoding::Utf16 => content.utf16_cu_to_char(column.min(content.len_utf16_cu())),
        Encoding::Utf32 => column.min(content.len_chars()),
    };
    start + within
}

/// Finds the byte offset of a position.
pub fn to_byte(rope: &Rope, position: Position, encoding: Encoding) -> usize {
    rope.char_to_byte(to_char(rope, position, encoding))
}

/// Finds the position of a byte offset.
pub fn from_byte(rope: &Rope, byte: usize, encoding: Encoding) -> Position {
    let char_index = rope.byte_to_char(byte.min(rope.len_bytes()));
    let line = rope.char_to_line(char_index);
    let start = rope.line_to_char(line);
    let column = match encoding {
        Encoding::Utf8 => rope.char_to_byte(char_index) - rope.char_to_byte(start),
        Encoding::Utf16 => rope.char_to_utf16_cu(char_index) - rope.char_to_utf16_cu(start),
        Encoding::Utf32 => char_index - start,
    };
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        character: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

/// Finds the range of a span of bytes.
pub fn from_span(rope: &Rope, span: &Span, encoding: Encoding) -> Range {
    Range {
        start: from_byte(rope, span.start, encoding),
        end: from_byte(rope, span.end, encoding),
    }
}

/// Finds where what a change puts in ends: that is where who typed it is. `None` of a change of the whole text.
pub fn end_of_change(
    change: &TextDocumentContentChangeEvent,
    encoding: Encoding,
) -> Option<Position> {
    let start = change.range?.start;
    let text = Rope::from_str(&change.text);
    let end = from_byte(&text, text.len_bytes(), encoding);
    Some(match end.line {
        0 => Position {
            line: start.line,
            character: start.character.saturating_add(end.character),
        },
        lines => Position {
            line: start.line.saturating_add(lines),
            character: end.character,
        },
    })
}

fn without_line_end(line: RopeSlice<'_>) -> RopeSlice<'_> {
    let mut end = line.len_chars();
    while end > 0 && matches!(line.char(end - 1), '\n' | '\r') {
        end -= 1;
    }
    line.slice(..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_count_code_units_of_the_encoding() {
        let rope = Rope::from_str("a😀é\r\nsecond");
        for (encoding, at, expected) in [
            (Encoding::Utf16, position(0, 0), 0),
            (Encoding::Utf16, position(0, 1), 1),
            (Encoding::Utf16, position(0, 2), 1),
            (Encoding::Utf16, position(0, 3), 5),
            (Encoding::Utf16, position(0, 99), 7),
            (Encoding::Utf32, position(0, 1), 1),
            (Encoding::Utf32, position(0, 2), 5),
            (Encoding::Utf32, position(0, 99), 7),
            (Encoding::Utf8, position(0, 3), 1),
            (Encoding::Utf8, position(0, 5), 5),
            (Encoding::Utf16, position(1, 2), 11),
            (Encoding::Utf16, position(9, 0), 15),
        ] {
            assert_eq!(
                to_byte(&rope, at, encoding),
                expected,
                "{encoding:?} {at:?}"
            );
        }
    }

    #[test]
    fn the_encoding_is_one_that_the_client_can() {
        let [utf8, utf16, utf32] = [
            PositionEncodingKind::UTF8,
            PositionEncodingKind::UTF16,
            PositionEncodingKind::UTF32,
        ];
        for (offered, expected) in [
            (None, Encoding::Utf16),
            (Some(vec![]), Encoding::Utf16),
            (Some(vec![utf16.clone(), utf8.clone()]), Encoding::Utf8),
            (Some(vec![utf32.clone(), utf16]), Encoding::Utf16),
            (Some(vec![utf32.clone(), utf8]), Encoding::Utf8),
            (Some(vec![utf32]), Encoding::Utf32),
        ] {
            let chosen = Encoding::negotiate(offered.as_deref());
            assert_eq!(chosen, expected, "{offered:?}");
        }
    }

    #[test]
    fn who_types_is_where_the_typed_text_ends() {
        for (text, expected) in [
            ("", position(2, 3)),
            ("a😀", position(2, 6)),
            ("a\nbc\n", position(4, 0)),
            ("a\r\nb", position(3, 1)),
        ] {
            let change = TextDocumentContentChangeEvent {
                range: Some(Range::new(position(2, 3), position(2, 9))),
                range_length: None,
                text: text.to_owned(),
            };
            assert_eq!(
                end_of_change(&change, Encoding::Utf16),
                Some(expected),
                "{text:?}"
            );
        }
    }

    #[test]
    fn lines_end_only_where_the_protocol_says() {
        let rope = Rope::from_str("a\u{2028}b\u{85}c\u{b}d\u{c}e\rf\r\ng\nh");
        assert_eq!(rope.len_lines(), 4);
        assert_eq!(
            to_byte(&rope, position(1, 1), Encoding::Utf16),
            rope.to_string().find("\r\n").unwrap()
        );
    }

    proptest! {
        #[test]
        fn every_offset_survives_the_round_trip(text in "[a-z😀é\u{2028}\u{301}漢]{0,12}(\r\n|\n|\r)?[a-z😀é漢]{0,12}") {
            let rope = Rope::from_str(&text);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                for (offset, _) in text.char_indices() {
                    // Between CR and LF there is no position.
                    if text[..offset].ends_with('\r') && text[offset..].starts_with('\n') {
                        continue;
                    }
                    let position = from_byte(&rope, offset, encoding);
                    prop_assert_eq!(to_byte(&rope, position, encoding), offset);
                }
            }
        }

        #[test]
        fn no_position_is_out_of_range(text in any::<String>(), line in any::<u32>(), character in any::<u32>()) {
            let rope = Rope::from_str(&text);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                prop_assert!(to_byte(&rope, position(line, character), encoding) <= text.len());
                prop_assert!(to_byte(&rope, position(line % 4, character % 9), encoding) <= text.len());
            }
        }
    }
}
