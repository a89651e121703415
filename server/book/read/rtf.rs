//! Reads RTF: text, emphasis, headings by their outline level, footnotes. All else is passed over.

use super::assembly::{self, Piece, TitleIs};
use super::imported::ImportedBook;
use super::markdown::{Note, attach_notes};
use super::source::{SourceFile, Unreadable};
use super::styled::{Paragraph, Style, is_break};

/// The deepest nesting of groups.
const DEPTH: usize = 500;

/// Groups of which nothing is read.
const PASSED_OVER: [&str; 22] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "fldinst",
    "listtable",
    "listoverridetable",
    "xmlnstbl",
    "themedata",
    "datastore",
    "generator",
    "annotation",
];

/// What Windows-1252 has between 0x80 and 0x9f.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

pub(super) fn read(file: &SourceFile) -> Result<ImportedBook, Unreadable> {
    let (pieces, notes) = pieces(file)?;
    let mut book = ImportedBook::default();
    book.chapters = assembly::chapters(pieces, &mut book.title, TitleIs::FirstHeading);
    attach_notes(&mut book, &notes);
    Ok(book)
}

/// Reads a file into headings, breaks and paragraphs, and its footnotes.
pub(super) fn pieces(file: &SourceFile) -> Result<(Vec<Piece>, Vec<Note>), Unreadable> {
    let mut reader = Reader {
        file: &file.path,
        bytes: &file.bytes,
        at: 0,
        groups: vec![Group::default()],
        paragraph: Paragraph::default(),
        level: None,
        pieces: Vec::new(),
        notes: Vec::new(),
        note: None,
        pending: None,
        skip: 0,
    };
    reader.run()?;
    reader.end_paragraph();
    Ok((reader.pieces, reader.notes))
}

#[derive(Debug, Clone, Copy)]
struct Group {
    style: Style,
    is_passed_over: bool,
    /// How many characters stand for one that an old reader does not know.
    stand_ins: usize,
    is_note: bool,
}

impl Default for Group {
    fn default() -> Group {
        Group {
            style: Style::default(),
            is_passed_over: false,
            stand_ins: 1,
            is_note: false,
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    bytes: &'a [u8],
    at: usize,
    groups: Vec<Group>,
    paragraph: Paragraph,
    level: Option<u8>,
    pieces: Vec<Piece>,
    notes: Vec<Note>,
    /// The paragraph that a footnote stands in, while the note is read.
    note: Option<Paragraph>,
    /// The first half of a character beyond the first 65,536.
    pending: Option<u16>,
    skip: usize,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), Unreadable> {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'{' => {
                    if self.groups.len() > DEPTH {
                        return Err(Unreadable::new(
                            self.file,
                            "its groups are nested deeper than in any book",
                        ));
                    }
                    let group = Group {
                        is_note: false,
                        ..self.group()
                    };
                    self.groups.push(group);
                }
                b'}' => self.end_group(),
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
        }
        Ok(())
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or_default()
    }

    /// Tells whether the group around the open one is read.
    fn is_read_around(&self) -> bool {
        let around = self
            .groups
            .len()
            .checked_sub(2)
            .and_then(|at| self.groups.get(at));
        around.is_none_or(|group| !group.is_passed_over)
    }

    fn change(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.last_mut() {
            change(group);
        }
    }

    fn end_group(&mut self) {
        let ended = self.groups.pop();
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        if ended.is_some_and(|group| group.is_note)
            && let Some(around) = self.note.take()
        {
            let note = std::mem::replace(&mut self.paragraph, around);
            let label = (self.notes.len() + 1).to_string();
            self.notes
                .push((label.clone(), format!("[^{label}]: {}", note.markdown())));
            self.paragraph.call_note(&label);
        }
    }

    /// Reads a control word or symbol.
    fn control(&mut self) {
        let Some(first) = self.bytes.get(self.at).copied() else {
            return;
        };
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            match first {
                b'\'' => {
                    let hex = self.bytes.get(self.at..self.at + 2);
                    let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
                    if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                        self.at += 2;
                        self.character(windows_1252(byte));
                    }
                }
                b'*' => self.change(|group| group.is_passed_over = true),
                b'~' => self.character('\u{a0}'),
                b'_' => self.character('\u{2011}'),
                b'\n' | b'\r' => self.end_paragraph(),
                b'\\' | b'{' | b'}' => self.character(char::from(first)),
                _ => {}
            }
            return;
        }
        let rest = &self.bytes[self.at..];
        let letters = rest
            .iter()
            .take(32)
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        let word = String::from_utf8_lossy(&rest[..letters]).into_owned();
        let rest = &rest[letters..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..]
            .iter()
            .take(10)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let number = match digits {
            0 => None,
            _ => std::str::from_utf8(&rest[..sign + digits])
                .ok()
                .and_then(|it| it.parse::<i64>().ok()),
        };
        let taken = if digits > 0 { sign + digits } else { 0 };
        let blank = usize::from(rest.get(taken) == Some(&b' '));
        self.at += letters + taken + blank;
        self.word(&word, number);
    }

    fn word(&mut self, word: &str, number: Option<i64>) {
        let is_on = number != Some(0);
        match word {
            "bin" => {
                let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
                self.at = self.at.saturating_add(length).min(self.bytes.len());
            }
            word if PASSED_OVER.contains(&word) => self.change(|group| group.is_passed_over = true),
            "footnote" if self.is_read_around() && self.note.is_none() => {
                self.note = Some(std::mem::take(&mut self.paragraph));
                // A note is marked as one that old readers pass over.
                self.change(|group| {
                    group.is_note = true;
                    group.is_passed_over = false;
                });
            }
            "uc" => {
                let stand_ins = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8);
                self.change(|group| group.stand_ins = stand_ins);
            }
            "u" => self.unicode(number.unwrap_or(0)),
            "plain" => self.change(|group| group.style = Style::default()),
            "b" => self.change(|group| group.style.strong = is_on),
            "i" => self.change(|group| group.style.emphasis = is_on),
            "strike" => self.change(|group| group.style.strike = is_on),
            "pard" => self.level = None,
            "outlinelevel" => {
                let level = u8::try_from(number.unwrap_or(9))
                    .ok()
                    .filter(|level| *level < 9);
                self.level = level.map(|level| level + 1);
            }
            "par" | "sect" | "page" if !self.group().is_passed_over => self.end_paragraph(),
            "line" if !self.group().is_passed_over => self.paragraph.break_line(),
            "tab" | "cell" => self.character(' '),
            "row" if !self.group().is_passed_over => self.end_paragraph(),
            "emdash" => self.character('—'),
            "endash" => self.character('–'),
            "lquote" => self.character('‘'),
            "rquote" => self.character('’'),
            "ldblquote" => self.character('“'),
            "rdblquote" => self.character('”'),
            "bullet" => self.character('•'),
            _ => {}
        }
    }

    /// Takes a UTF-16 unit, and notes how many characters behind it stand for it.
    fn unicode(&mut self, number: i64) {
        let unit = u16::try_from(number.rem_euclid(65_536)).unwrap_or(0);
        let first = self.pending.take();
        let units: Vec<u16> = first.into_iter().chain([unit]).collect();
        if first.is_none() && (0xd800..0xdc00).contains(&unit) {
            self.pending = Some(unit);
        } else {
            for character in char::decode_utf16(units).flatten() {
                self.character(character);
            }
        }
        self.skip = self.group().stand_ins;
    }

    fn byte(&mut self, byte: u8) {
        self.character(windows_1252(byte));
    }

    fn character(&mut self, character: char) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let group = self.group();
        if !group.is_passed_over {
            let mut buffer = [0; 4];
            self.paragraph
                .push(group.style, character.encode_utf8(&mut buffer));
        }
    }

    fn end_paragraph(&mut self) {
        if self.note.is_some() {
            // The paragraphs of a note are read as one.
            self.paragraph.push(Style::default(), " ");
            return;
        }
        let paragraph = std::mem::take(&mut self.paragraph);
        let plain = paragraph.plain();
        if plain.is_empty() {
            return;
        }
        self.pieces.push(match self.level {
            Some(level) => Piece::Heading {
                level,
                title: plain,
            },
            None if is_break(&plain) => Piece::Break,
            None => Piece::Text(paragraph.markdown()),
        });
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}
