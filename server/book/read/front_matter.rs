//! Reads the front matter of markdown files as other programs write it.

use super::imported::ImportedBook;
use super::source::SourceFile;
use super::table;

/// Splits a text into the lines of its front matter and what follows; without front matter the first is empty.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches('\u{feff}');
    let Some(rest) = text.strip_prefix("---\n") else {
        return ("", text);
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return (&rest[..at], &rest[at + line.len()..]);
        }
        at += line.len();
    }
    ("", text)
}

/// Takes over what front matter says of a book.
pub(super) fn take(lines: &str, book: &mut ImportedBook) {
    let value = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| table::value(lines, key, ':'));
        found.map(plain).filter(|value| !value.is_empty())
    };
    book.title = value(&["title", "Title"]);
    book.language = value(&["lang", "language"]);
    if let Some(author) = value(&["author", "Author"]) {
        let names = author.trim_matches(['[', ']']).split(',');
        let names = names.map(|name| table::unquoted(name).to_owned());
        book.authors.extend(names.filter(|name| !name.is_empty()));
    } else {
        book.authors = list_below(lines, &["author:", "authors:"]);
    }
}

/// Returns the entries `- name` below a key.
pub(super) fn list_below(lines: &str, keys: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_below = false;
    for line in lines.lines() {
        let trimmed = line.trim();
        match trimmed.strip_prefix("- ") {
            Some(entry) if is_below => found.push(plain(table::unquoted(entry))),
            _ => is_below = keys.contains(&trimmed),
        }
    }
    found
}

/// Takes the escapes of a quoted value out.
fn plain(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        let is_escape = c == '\\'
            && characters
                .peek()
                .is_some_and(|next| next.is_ascii_punctuation());
        if !is_escape {
            plain.push(c);
        } else if characters.peek() == Some(&'\\') {
            // A backslash that was escaped for YAML escapes what follows for markdown.
            characters.next();
            if let Some(next) = characters.next() {
                plain.push(next);
            }
        } else if let Some(next) = characters.next() {
            plain.push(next);
        }
    }
    plain
}

/// Tells whether a file is the index of a Longform project.
pub(super) fn is_longform(file: &SourceFile) -> bool {
    if !file.has_end(&[".md"]) {
        return false;
    }
    let text = String::from_utf8_lossy(&file.bytes).replace("\r\n", "\n");
    let (lines, _) = split(&text);
    lines.lines().any(|line| line.trim_end() == "longform:")
}
