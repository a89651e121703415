//! How the text of a file is written down: its encoding, its line ends, its byte order mark. Pure.

/// How the author's programs write the text of a file: kept wherever the text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form {
    /// Line ends are CRLF, by the first of them.
    pub crlf: bool,
    /// A byte order mark stands before all.
    pub mark: bool,
}

impl Form {
    /// Brings a text with LF line ends into this form.
    pub(super) fn put_on(self, text: String) -> String {
        let text = match self.crlf {
            true => text.replace('\n', "\r\n"),
            false => text,
        };
        match self.mark {
            true => format!("\u{feff}{text}"),
            false => text,
        }
    }
}

/// Decodes the bytes of a text file: UTF-8, UTF-16 by its mark, else Windows-1252, in which
/// every byte is a character, so that nothing is lost.
pub(crate) fn decode(bytes: Vec<u8>) -> String {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| {
            error
                .as_bytes()
                .iter()
                .map(|byte| windows_1252(*byte))
                .collect()
        }),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn windows_1252(byte: u8) -> char {
    /// What 0x80 to 0x9f stand for; the rest is as in Unicode.
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
