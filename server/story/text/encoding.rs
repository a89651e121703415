//! Decodes the bytes of a file to text.
//!
//! UTF-8, UTF-16 by its mark, else Windows-1252, in which nearly every byte is a character. What
//! is none of the three is text that nobody can tell: where it is only shown or kept, it is read
//! as well as can be; where a model would be asked about it, it is an error at its place.

use std::fmt;

use crate::story::problem::Span;

/// More bytes in a row that are no ASCII are no Windows-1252: a language that writes such words
/// has another encoding.
const LONGEST_RUN: usize = 4;

/// Bytes that are no text in any encoding that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotText {
    /// The readable part of the bytes.
    pub text: String,
    /// The first place of [`NotText::text`] that can't.
    pub span: Span,
    pub why: WhyNot,
}

/// The reason why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// A zero byte: a file of another kind, or UTF-16 without its mark.
    Zero,
    /// UTF-16 whose file was cut, or that was put together of other things.
    HalfCharacter,
    /// Neither UTF-8 nor Windows-1252.
    Unknown,
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WhyNot::Zero => "A zero byte stands here, so this is no text. Save the file as UTF-8.",
            WhyNot::HalfCharacter => {
                "Half a character of UTF-16 stands here. Save the file as UTF-8."
            }
            WhyNot::Unknown => {
                "This is not UTF-8, and which encoding it is can't be told. Save the file as UTF-8."
            }
        })
    }
}

/// Decodes the bytes of a text file.
pub fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    let is_marked = matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    if is_marked {
        return decode_utf16(&bytes);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let from = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let zero = bytes.iter().take(from).position(|byte| *byte == 0);
            if let Some(at) = zero {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let (span, why) = (at..at + 1, WhyNot::Zero);
                return Err(NotText { text, span, why });
            }
            if !is_windows_1252(&bytes) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                // The replacement character.
                let span = from..(from + '\u{fffd}'.len_utf8()).min(text.len());
                let why = WhyNot::Unknown;
                return Err(NotText { text, span, why });
            }
            bytes.into_iter().map(windows_1252).collect()
        }
    };
    without_zeros(text)
}

/// Decodes the bytes of a file that is text for sure: nothing is refused, and but for half
/// characters of UTF-16 nothing is lost.
pub fn decode_any(bytes: Vec<u8>) -> String {
    match bytes.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => match decode_utf16(&bytes) {
            Ok(text) | Err(NotText { text, .. }) => text,
        },
        _ => String::from_utf8(bytes).unwrap_or_else(|error| {
            let bytes = error.into_bytes().into_iter();
            bytes.map(windows_1252).collect()
        }),
    }
}

fn without_zeros(text: String) -> Result<String, NotText> {
    match text.find('\0') {
        None => Ok(text),
        Some(at) => Err(NotText {
            text,
            span: at..at + 1,
            why: WhyNot::Zero,
        }),
    }
}

/// Decodes UTF-16 with its mark.
fn decode_utf16(bytes: &[u8]) -> Result<String, NotText> {
    let (mark, rest) = bytes.split_at(2.min(bytes.len()));
    let unit = match mark {
        [0xff, 0xfe] => u16::from_le_bytes,
        _ => u16::from_be_bytes,
    };
    let pairs = rest.chunks_exact(2);
    let mut broken = None;
    let is_cut = !pairs.remainder().is_empty();
    let mut text = String::with_capacity(rest.len());
    for c in char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]]))) {
        if c.is_err() {
            broken.get_or_insert(text.len());
        }
        text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if is_cut {
        broken.get_or_insert(text.len());
    }
    match broken {
        None => without_zeros(text),
        Some(at) => Err(NotText {
            span: at..text[at..].chars().next().map_or(at, |c| at + c.len_utf8()),
            text,
            why: WhyNot::HalfCharacter,
        }),
    }
}

/// Tells whether bytes that are no UTF-8 look like a text of Western Europe.
fn is_windows_1252(bytes: &[u8]) -> bool {
    // Not one of these is a character.
    let is_none = |byte: &u8| matches!(byte, 0x00 | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    let mut runs = bytes.split(u8::is_ascii).map(<[u8]>::len);
    if bytes.iter().any(is_none) || runs.any(|run| run > LONGEST_RUN) {
        return false;
    }
    // UTF-8 with some broken bytes; in Windows-1252 such pairs are a rare chance.
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole < broken
}

fn windows_1252(byte: u8) -> char {
    /// The characters of the bytes 0x80 to 0x9f; the rest is as in Unicode.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: [u8; 2], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(unit);
        mark.into_iter().chain(units).collect()
    }

    #[test]
    fn texts_are_read_in_their_encoding() {
        let text = "Café – “ja”, straße 🦊\r\n";
        let table: &[(&str, Vec<u8>, &str)] = &[
            ("nothing", vec![], ""),
            ("UTF-8", text.into(), text),
            ("a mark", "\u{feff}x".into(), "\u{feff}x"),
            (
                "UTF-16LE",
                utf16(text, [0xff, 0xfe], u16::to_le_bytes),
                text,
            ),
            (
                "UTF-16BE",
                utf16(text, [0xfe, 0xff], u16::to_be_bytes),
                text,
            ),
            (
                "Latin-1",
                b"caf\xe9, na\xefve, cr\xe9\xe9e, d\xfcrfe".to_vec(),
                "café, naïve, créée, dürfe",
            ),
            (
                "Windows-1252",
                b"\x93Oui\x94 \x96 l\x92\xe9t\xe9\x85".to_vec(),
                "“Oui” – l’été…",
            ),
            (
                "a pair that could be UTF-8",
                b"\x84Viel Spa\xdf\x93, gr\xfc\xdfe".to_vec(),
                "„Viel Spaß“, grüße",
            ),
        ];
        for (name, bytes, expected) in table {
            assert_eq!(decode(bytes.clone()).as_deref(), Ok(*expected), "{name}");
            assert_eq!(decode_any(bytes.clone()), *expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_at_its_place() {
        let table: &[(&str, Vec<u8>, WhyNot, usize)] = &[
            ("a zero byte", b"one\0two".to_vec(), WhyNot::Zero, 3),
            (
                "UTF-16 without its mark",
                utf16("Mara", [b'M', 0], u16::to_le_bytes),
                WhyNot::Zero,
                1,
            ),
            (
                "an odd byte at the end",
                utf16("one", [0xff, 0xfe], u16::to_le_bytes)[..7].to_vec(),
                WhyNot::HalfCharacter,
                2,
            ),
            (
                "half of a pair",
                vec![0xff, 0xfe, b'o', 0, 0x3d, 0xd8, b'x', 0],
                WhyNot::HalfCharacter,
                1,
            ),
            (
                "UTF-8 with a broken byte",
                b"caf\xc3\xa9 caf\xe9 \xe2\x80\x9cja".to_vec(),
                WhyNot::Unknown,
                9,
            ),
            (
                "cut UTF-8",
                "漁師".as_bytes()[..5].to_vec(),
                WhyNot::Unknown,
                3,
            ),
            (
                "Russian in KOI8-R",
                b"\xed\xc1\xd2\xc1 \xd0\xd2\xc9\xdb\xcc\xc1".to_vec(),
                WhyNot::Unknown,
                0,
            ),
            (
                "Japanese in Shift-JIS",
                b"Mara: \x8b\x99\x8et\x82\xcc\x8fM".to_vec(),
                WhyNot::Unknown,
                6,
            ),
            (
                "a picture",
                b"\x89PNG\r\n\x1a\n\0\0".to_vec(),
                WhyNot::Unknown,
                0,
            ),
        ];
        for (name, bytes, why, at) in table {
            let wrong = decode(bytes.clone()).expect_err(name);
            assert_eq!((wrong.why, wrong.span.start), (*why, *at), "{name}");
            assert!(wrong.text.get(wrong.span).is_some(), "{name}");
        }
    }
}
