//! Reads a source of any kind.

use super::imported::{Background, ImportedBook, ImportedChapter};
use super::kind::Kind;
use super::source::{Source, Unreadable};
use super::{card, docx, epub, folder, longform, markdown, novelwriter, plain, rtf, scrivener};
use crate::story::brief::SectionKind;

/// Reads a source of a kind.
///
/// # Errors
/// [`Unreadable`] for what is damaged, hostile, or holds neither prose nor people.
pub fn read(source: &Source, kind: Kind) -> Result<ImportedBook, Unreadable> {
    let mut book = match kind {
        Kind::Markdown => markdown::read(source.only()?)?,
        Kind::Plain => plain::read(source.only()?)?,
        Kind::Rtf => rtf::read(source.only()?)?,
        Kind::Docx => docx::read(source)?,
        Kind::Epub => epub::read(source)?,
        Kind::Card => card::read(source.only()?)?,
        Kind::Texts => folder::read(source)?,
        Kind::NovelWriter => novelwriter::read(source)?,
        Kind::Longform => longform::read(source)?,
        Kind::Scrivener => scrivener::read(source)?,
    };
    for chapter in &mut book.chapters {
        chapter
            .scenes
            .retain(|scene| !scene.text.trim().is_empty() || scene.synopsis.is_some());
        for scene in &mut chapter.scenes {
            scene.text = scene.text.trim_matches(['\n', '\r']).trim_end().to_owned();
        }
    }
    book.chapters.retain(|chapter| !chapter.scenes.is_empty());
    take_matter(&mut book);
    if book.chapters.is_empty() && book.cast.is_empty() && book.background.is_empty() {
        return Err(Unreadable::new(
            &source.name,
            "it holds no prose, no people and no background",
        ));
    }
    Ok(book)
}

/// Makes sections of what stands before and behind a story: a dedication, an afterword.
fn take_matter(book: &mut ImportedBook) {
    let is_matter = |chapter: &ImportedChapter| {
        let title = chapter.title.as_deref().unwrap_or_default();
        chapter.scenes.len() == 1 && matches!(SectionKind::of(title), SectionKind::Matter(_))
    };
    let before = book.chapters.iter().take_while(|it| is_matter(it)).count();
    let behind = book
        .chapters
        .iter()
        .skip(before)
        .rev()
        .take_while(|it| is_matter(it))
        .count();
    let end = book.chapters.len() - behind;
    let mut matter = book.chapters.split_off(end);
    matter.splice(0..0, book.chapters.drain(..before));
    for chapter in matter {
        let text = chapter.scenes.into_iter().map(|scene| scene.text).collect();
        let title = chapter.title.unwrap_or_default();
        book.background.push(Background {
            title,
            aliases: Vec::new(),
            text,
        });
    }
}
