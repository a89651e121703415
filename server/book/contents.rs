//! Makes a book of a brief and the texts of its chunks.

use super::markup::Typography;
use crate::story::brief::front_matter::Value;
use crate::story::brief::matter::MatterKind;
use crate::story::title_page::TitlePage;
use crate::story::{BeatId, Brief, ChunkNumber, Digest, Language, SectionKind, SharedText};

/// A story as a book. What is in it is markdown without comments.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    pub title: String,
    pub subtitle: Option<String>,
    pub authors: Vec<String>,
    pub language: Language,
    pub rights: Option<String>,
    pub publisher: Option<String>,
    /// The author's address lines, as a manuscript has them.
    pub contact: Option<String>,
    /// A URN: the ISBN, or one made of what the book is.
    pub identifier: String,
    /// When it was last changed, as `2026-01-31T12:00:00Z`.
    pub modified: String,
    pub direction: Direction,
    pub flow: Flow,
    pub typography: Typography,
    /// Dedication, foreword and what else stands before the story.
    pub front: Vec<Matter>,
    pub chapters: Vec<Chapter>,
    /// What stands behind it.
    pub back: Vec<Matter>,
    pub cover: Option<Cover>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Horizontal,
    /// Lines from top to bottom, one to the left of the other.
    Vertical,
}

/// A text of the author's beside the story.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    pub kind: MatterKind,
    pub title: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// `None` for scenes above the first chapter.
    pub title: Option<String>,
    pub scenes: Vec<Scene>,
}

/// The text of one beat.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub beat: BeatId,
    pub title: String,
    pub number: ChunkNumber,
    pub text: SharedText,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    pub picture: Picture,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    Jpeg,
    Png,
}

impl Picture {
    /// Tells by its first bytes what a picture is; `None` where it is neither.
    pub fn of(bytes: &[u8]) -> Option<Picture> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Picture::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Picture::Png),
            _ => None,
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Picture::Jpeg => "image/jpeg",
            Picture::Png => "image/png",
        }
    }

    pub(super) fn file(self) -> &'static str {
        match self {
            Picture::Jpeg => "cover.jpg",
            Picture::Png => "cover.png",
        }
    }
}

/// What a book has that is in no text of the story.
#[derive(Debug, Clone, Default)]
pub struct Edition {
    /// The id of the draft.
    pub draft: String,
    /// See [`Book::modified`].
    pub modified: String,
    pub cover: Option<Cover>,
}

impl Book {
    /// Makes the book of a draft. `source` is the text of the brief; `text_of` returns the text of a beat
    /// without comments, and `None` where it is not in the book.
    pub fn of(
        brief: &Brief,
        source: &str,
        edition: Edition,
        text_of: impl Fn(&BeatId) -> Option<(ChunkNumber, SharedText)>,
    ) -> Book {
        let authors = TitlePage::of(brief, source).authors().to_vec();
        let value = |keys: &[&str]| {
            let front_matter = brief.front_matter.as_ref();
            let found = keys.iter().find_map(|key| front_matter?.entry(key));
            match &found?.value {
                Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                _ => None,
            }
        };
        let language = brief.language.clone();
        let asks = |key: &str, words: &[&str]| {
            value(&[key]).is_some_and(|it| words.contains(&it.to_lowercase().as_str()))
        };
        let is_vertical = asks("writing_mode", &["vertical", "vertical-rl"])
            && matches!(
                language.primary().as_str(),
                "ja" | "zh" | "ko" | "yue" | "cmn" | "nan"
            );
        let identity = format!(
            "{}\0{}\0{language}\0{}",
            brief.title,
            authors.join("\0"),
            edition.draft
        );
        Book {
            title: brief.title.trim().to_owned(),
            subtitle: value(&["subtitle"]),
            rights: value(&["rights", "copyright"]),
            publisher: value(&["publisher"]),
            contact: value(&["contact"]),
            identifier: value(&["isbn"])
                .and_then(|it| isbn(&it))
                .unwrap_or_else(|| urn(&identity)),
            modified: edition.modified,
            direction: direction(&language, is_vertical),
            flow: if is_vertical {
                Flow::Vertical
            } else {
                Flow::Horizontal
            },
            typography: match asks("typography", &["true", "yes", "on"]) {
                true => Typography::Of(language.clone()),
                false => Typography::AsTyped,
            },
            front: matter(brief, MatterKind::is_front),
            back: matter(brief, |kind| !kind.is_front()),
            chapters: chapters(brief, text_of),
            cover: edition.cover,
            authors,
            language,
        }
    }

    /// Lists the scenes of all chapters in order.
    pub fn scenes(&self) -> impl Iterator<Item = &Scene> {
        self.chapters.iter().flat_map(|chapter| &chapter.scenes)
    }

    /// Returns the authors in one line.
    pub(super) fn byline(&self) -> String {
        self.authors.join(", ")
    }

    pub(super) fn is_right_to_left(&self) -> bool {
        self.direction == Direction::RightToLeft && self.flow == Flow::Horizontal
    }
}

impl Chapter {
    /// Returns what a table of contents calls it.
    pub(super) fn label<'a>(&'a self, book: &'a Book) -> &'a str {
        let title = self.title.as_deref();
        title
            .or_else(|| self.scenes.first().map(|scene| scene.title.as_str()))
            .unwrap_or(&book.title)
    }
}

fn matter(brief: &Brief, wanted: impl Fn(MatterKind) -> bool) -> Vec<Matter> {
    let sections = brief
        .sections
        .iter()
        .filter_map(|section| match section.kind {
            SectionKind::Matter(kind) if wanted(kind) && !section.text.trim().is_empty() => {
                Some(Matter {
                    kind,
                    title: section.title.clone(),
                    text: section.text.clone(),
                })
            }
            _ => None,
        });
    sections.collect()
}

/// Groups the scenes by the `##` of the outline: a chapter with its beats, or a beat that is a chapter.
fn chapters(
    brief: &Brief,
    text_of: impl Fn(&BeatId) -> Option<(ChunkNumber, SharedText)>,
) -> Vec<Chapter> {
    let has_chapters = !brief.chapters.is_empty();
    let mut chapters: Vec<(Option<usize>, Chapter)> = Vec::new();
    for beat in &brief.beats {
        let Some((number, text)) = text_of(&beat.id) else {
            continue;
        };
        let scene = Scene {
            beat: beat.id.clone(),
            title: beat.title.clone(),
            number,
            text,
        };
        let start = beat.heading_span.start;
        let above = brief
            .chapters
            .iter()
            .position(|chapter| chapter.span.contains(&start));
        match (above, chapters.last_mut()) {
            (above, Some((last, chapter))) if *last == above && above.is_some() => {
                chapter.scenes.push(scene)
            }
            // What stands above the first chapter is one opening.
            (None, Some((None, chapter))) if has_chapters && chapter.title.is_none() => {
                chapter.scenes.push(scene);
            }
            (above, _) => {
                let is_opening = has_chapters && above.is_none() && chapters.is_empty();
                let title = match above {
                    Some(index) => brief
                        .chapters
                        .get(index)
                        .map(|it| it.title.trim().to_owned()),
                    None if is_opening => None,
                    None => Some(beat.title.trim().to_owned()),
                };
                let scenes = vec![scene];
                chapters.push((above, Chapter { title, scenes }));
            }
        }
    }
    chapters.into_iter().map(|(_, chapter)| chapter).collect()
}

fn direction(language: &Language, is_vertical: bool) -> Direction {
    // The languages of the right-to-left scripts, unless the tag names another script.
    const RIGHT_TO_LEFT: [&str; 12] = [
        "ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur",
    ];
    let tag = language.as_str().to_ascii_lowercase();
    let has = |script: &str| tag.split('-').skip(1).any(|part| part == script);
    let by_language = RIGHT_TO_LEFT.contains(&language.primary().as_str())
        || matches!(language.primary().as_str(), "yi" | "ks");
    let is_right_to_left =
        (by_language && !has("latn") && !has("cyrl")) || has("arab") || has("hebr");
    match is_right_to_left || is_vertical {
        true => Direction::RightToLeft,
        false => Direction::LeftToRight,
    }
}

fn isbn(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let is_isbn = matches!(digits.len(), 10 | 13)
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, 'X' | 'x'));
    is_isbn.then(|| format!("urn:isbn:{digits}"))
}

/// Makes a UUID (RFC 9562, version 8) of what a book is.
fn urn(identity: &str) -> String {
    let Digest(digest) = Digest::of(identity);
    let hex: String = digest
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(32)
        .collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
