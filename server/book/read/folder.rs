//! Reads a folder of texts as one book: each file is a chapter, or several where it has headings of chapters.

use super::imported::{ImportedBook, ImportedChapter};
use super::kind::TEXTS;
use super::source::{Source, SourceFile, Unreadable, stem};
use super::{markdown, plain};

pub(super) fn read(source: &Source) -> Result<ImportedBook, Unreadable> {
    let mut files: Vec<&SourceFile> = source
        .files
        .iter()
        .filter(|file| file.has_end(&TEXTS))
        .collect();
    files.sort_by_cached_key(|file| natural(&file.path));
    let others = source.files.len() - files.len();
    let mut book = ImportedBook {
        title: Some(source.name.clone()),
        ..ImportedBook::default()
    };
    for file in files {
        let is_plain = file.has_end(&[".txt", ".text"]);
        let read = if is_plain {
            plain::read(file)?
        } else {
            markdown::read(file)?
        };
        book.authors.extend(read.authors);
        book.language = book.language.or(read.language);
        let own = read.title.clone().unwrap_or_else(|| name_of(file));
        for (number, mut chapter) in read.chapters.into_iter().enumerate() {
            for (nth, scene) in chapter.scenes.iter_mut().enumerate() {
                let number = format!("{number}.{nth}");
                scene
                    .key
                    .get_or_insert_with(|| format!("{}#{number}", file.path));
            }
            if number == 0 && chapter.title.is_none() {
                chapter.title = Some(own.clone());
            }
            book.chapters.push(chapter);
        }
    }
    book.authors.dedup();
    merge_titled(&mut book.chapters);
    if others > 0 {
        book.notices.push(format!(
            "{others} other files of the folder are left out: no markdown and no text"
        ));
    }
    Ok(book)
}

/// Puts what has no heading of its own behind the chapter before it.
fn merge_titled(chapters: &mut Vec<ImportedChapter>) {
    let mut merged: Vec<ImportedChapter> = Vec::new();
    for chapter in chapters.drain(..) {
        match merged.last_mut() {
            Some(last) if chapter.title.is_none() => last.scenes.extend(chapter.scenes),
            _ => merged.push(chapter),
        }
    }
    *chapters = merged;
}

/// Makes a title of a file's name: `03 - The Storm.md` is "The Storm".
fn name_of(file: &SourceFile) -> String {
    let name = stem(&file.path);
    let bare = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let bare = bare.trim_start_matches([' ', '-', '_', '.']);
    let title = if bare.is_empty() { name } else { bare };
    title.replace('_', " ")
}

/// Returns a key by which names are sorted as people count: 2 before 10.
pub(super) fn natural(path: &str) -> Vec<(u8, u64, String)> {
    let mut key = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            key.push((0, rest[..digits].parse().unwrap_or(u64::MAX), String::new()));
            rest = &rest[digits..];
            continue;
        }
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        key.push((1, 0, rest[..end].to_lowercase()));
        rest = &rest[end..];
    }
    key
}
