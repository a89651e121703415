//! Reads a plain text: lines such as "Chapter IV" are its headings, ornaments and wide gaps the breaks between scenes.

use super::assembly::{self, Piece, TitleIs};
use super::heading_lines::{is_chapter_line, is_number, is_part_line};
use super::imported::ImportedBook;
use super::source::{SourceFile, Unreadable};
use super::spaced;
use super::styled::{guarded, is_break, on_one_line};

/// A line of so many bytes is a paragraph, not a line of one.
const LONG_LINE: usize = 120;

pub(super) fn read(file: &SourceFile) -> Result<ImportedBook, Unreadable> {
    let text = file.text()?;
    let mut book = ImportedBook::default();
    let text = without_library_notice(&text, &mut book);
    let spaced = spaced::pieces(text, &mut book);
    let mut pieces = spaced.unwrap_or_else(|| pieces(text));
    let has_chapters =
        |pieces: &[Piece]| pieces.iter().any(|it| matches!(it, Piece::Heading { .. }));
    if !has_chapters(&pieces) {
        number_lines(&mut pieces);
    }
    book.chapters = assembly::chapters(pieces, &mut book.title, TitleIs::KnownApart);
    Ok(book)
}

/// Takes away what a public library puts around a text, and takes over what it says of the book.
fn without_library_notice<'a>(text: &'a str, book: &mut ImportedBook) -> &'a str {
    let starts = text.find("*** START OF TH");
    let Some((head, rest)) = starts.map(|at| text.split_at(at)) else {
        return text;
    };
    let value = |key: &str| {
        let mut lines = head.lines();
        let found = lines.find_map(|line| line.strip_prefix(key))?;
        Some(found.trim().to_owned()).filter(|it| !it.is_empty())
    };
    book.title = value("Title:");
    book.authors.extend(value("Author:"));
    let body = rest.split_once('\n').map_or("", |(_, body)| body);
    match body.find("*** END OF TH") {
        Some(end) => &body[..end],
        None => body,
    }
}

/// Cuts a text into headings, breaks and paragraphs.
fn pieces(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let long = filled.clone().filter(|line| line.len() > LONG_LINE).count();
    let is_line_each = long * 4 > filled.count();
    let mut groups: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut blank = 0;
    for line in lines {
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        match groups.last_mut() {
            Some((_, group)) if blank == 0 && !is_line_each => group.push(line),
            _ => groups.push((blank, vec![line])),
        }
        blank = 0;
    }
    // The usual gap between paragraphs; a wider one is a break, where few are.
    let gap = if is_line_each
        && groups.iter().filter(|(blank, _)| *blank == 0).count() * 2 > groups.len()
    {
        0
    } else {
        1
    };
    let wide = groups
        .iter()
        .skip(1)
        .filter(|(blank, _)| *blank > gap)
        .count();
    let has_breaks = wide * 4 < groups.len();
    let mut pieces = Vec::new();
    for (blank, group) in groups {
        let paragraph = group.join("\n");
        let line = on_one_line(&paragraph);
        if is_part_line(&line) || is_chapter_line(&line) {
            let level = if is_part_line(&line) { 1 } else { 2 };
            pieces.push(Piece::Heading { level, title: line });
        } else if is_break(&line) {
            pieces.push(Piece::Break);
        } else {
            let is_behind_text = matches!(pieces.last(), Some(Piece::Text(_)));
            if has_breaks && blank > gap && is_behind_text {
                pieces.push(Piece::Break);
            }
            let lines = paragraph.lines().map(|line| guarded(line.trim()));
            pieces.push(Piece::Text(lines.collect::<Vec<_>>().join("\n")));
        }
    }
    pieces
}

/// Makes headings of lines that are nothing but a number, where they count on.
fn number_lines(pieces: &mut [Piece]) {
    let is_count = |piece: &Piece| match piece {
        Piece::Text(text) => {
            let bare = text.replace('\\', "");
            let bare = bare.trim().trim_end_matches('.').to_lowercase();
            !bare.is_empty() && bare.len() < 8 && is_number(&bare) && bare != "the"
        }
        _ => false,
    };
    if pieces.iter().filter(|piece| is_count(piece)).count() < 2 {
        return;
    }
    for piece in pieces.iter_mut().filter(|piece| is_count(piece)) {
        if let Piece::Text(text) = &*piece {
            let title = text
                .replace('\\', "")
                .trim()
                .trim_end_matches('.')
                .to_owned();
            *piece = Piece::Heading { level: 2, title };
        }
    }
}
