//! Reads a markdown file: its prose stays byte for byte, cut at its headings and at the breaks between scenes.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::assembly::{self, Piece, TitleIs};
use super::front_matter;
use super::imported::ImportedBook;
use super::source::{SourceFile, Unreadable};
use super::styled::on_one_line;

pub(super) fn read(file: &SourceFile) -> Result<ImportedBook, Unreadable> {
    let text = file.text()?;
    let mut book = ImportedBook::default();
    let (lines, body) = front_matter::split(&text);
    front_matter::take(lines, &mut book);
    let (pieces, notes) = pieces(body);
    book.chapters = assembly::chapters(pieces, &mut book.title, TitleIs::FirstHeading);
    attach_notes(&mut book, &notes);
    Ok(book)
}

/// A footnote's label with its whole definition.
pub(super) type Note = (String, String);

/// Cuts a text into headings, breaks and what is between them, and takes the definitions of its footnotes out.
pub(super) fn pieces(text: &str) -> (Vec<Piece>, Vec<Note>) {
    let mut pieces = Vec::new();
    let mut notes = Vec::new();
    let (mut depth, mut from) = (0_usize, 0_usize);
    let mut heading: Option<(u8, usize, String)> = None;
    let push = |pieces: &mut Vec<Piece>, between: &str| {
        let trimmed = between.trim_matches('\n').trim_end();
        if !trimmed.trim().is_empty() {
            pieces.push(Piece::Text(trimmed.to_owned()));
        }
    };
    for (event, span) in Parser::new_ext(text, Options::ENABLE_FOOTNOTES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                push(&mut pieces, &text[from..span.start]);
                heading = Some((level as u8, span.end, String::new()));
                depth += 1;
            }
            Event::Start(Tag::FootnoteDefinition(label)) if depth == 0 => {
                push(&mut pieces, &text[from..span.start]);
                notes.push((label.to_string(), text[span.clone()].trim().to_owned()));
                from = span.end;
                depth += 1;
            }
            Event::Start(_) => depth += 1,
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if let TagEnd::Heading(_) = end
                    && depth == 0
                    && let Some((level, end, title)) = heading.take()
                {
                    let title = on_one_line(&title);
                    pieces.push(match title.is_empty() {
                        true => Piece::Break,
                        false => Piece::Heading { level, title },
                    });
                    from = end;
                }
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, _, title)) = &mut heading {
                    title.push_str(&words);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((_, _, title)) = &mut heading {
                    title.push(' ');
                }
            }
            Event::Rule if depth == 0 => {
                push(&mut pieces, &text[from..span.start]);
                pieces.push(Piece::Break);
                from = span.end;
            }
            _ => {}
        }
    }
    push(&mut pieces, text.get(from..).unwrap_or(""));
    (split_ornaments(pieces), notes)
}

/// Makes breaks of paragraphs that are nothing but an ornament.
fn split_ornaments(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut split = Vec::new();
    for piece in pieces {
        let Piece::Text(text) = piece else {
            split.push(piece);
            continue;
        };
        let mut from = 0;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let is_alone = text[..at].trim_end_matches(' ').ends_with("\n\n") || at == 0;
            let after = &text[at + line.len()..];
            let ends = after.is_empty() || after.starts_with('\n');
            let is_break = super::styled::is_break(&line.replace('\\', ""));
            if is_alone && ends && is_break {
                let before = text[from..at].trim_matches('\n').trim_end();
                if !before.trim().is_empty() {
                    split.push(Piece::Text(before.to_owned()));
                }
                split.push(Piece::Break);
                from = at + line.len();
            }
            at += line.len();
        }
        let rest = text[from..].trim_matches('\n');
        if !rest.trim().is_empty() {
            split.push(Piece::Text(rest.to_owned()));
        }
    }
    split
}

/// Puts the definitions of footnotes behind the scenes that call them.
pub(super) fn attach_notes(book: &mut ImportedBook, notes: &[Note]) {
    if notes.is_empty() {
        return;
    }
    let scenes = book.chapters.iter_mut().flat_map(|it| &mut it.scenes);
    for scene in scenes.filter(|scene| scene.text.contains("[^")) {
        let called: Vec<&str> = notes
            .iter()
            .filter(|(label, _)| scene.text.contains(&format!("[^{label}]")))
            .map(|(_, definition)| definition.as_str())
            .collect();
        for definition in called {
            scene.text.push_str(&format!("\n\n{definition}"));
        }
    }
}
