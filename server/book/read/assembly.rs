//! Puts headings, breaks and paragraphs together as chapters and scenes.

use super::heading_lines::{is_chapter_line, is_part_line};
use super::imported::{ImportedChapter, ImportedScene};
use super::styled::is_break;

/// A part of a text in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A heading of a level from 1, the highest.
    Heading { level: u8, title: String },
    /// A break between two scenes.
    Break,
    /// The beginning of a scene of which the source says so, with the name that it is known by.
    Scene { key: String },
    /// A paragraph or several, as markdown.
    Text(String),
}

/// Says where a book's title may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TitleIs {
    /// In a first heading that is alone on its level, above all others.
    FirstHeading,
    /// Known apart: only a heading that says the same is the title's.
    KnownApart,
}

/// What the levels of the headings of one text stand for.
#[derive(Debug, Clone, Copy, Default)]
struct Levels {
    part: Option<u8>,
    chapter: Option<u8>,
    scene: Option<u8>,
}

/// Groups the pieces of a book by its headings. `title` is the title as far as it is known, and is set where a heading is
/// found to be it.
pub(super) fn chapters(
    mut pieces: Vec<Piece>,
    title: &mut Option<String>,
    title_is: TitleIs,
) -> Vec<ImportedChapter> {
    promote_lines(&mut pieces);
    take_title(&mut pieces, title, title_is);
    let levels = levels(&pieces);
    let mut building = Building::default();
    for piece in pieces {
        building.take(piece, levels);
    }
    building.finish()
}

/// Makes headings of lines such as "Chapter 4", where a text has no headings.
fn promote_lines(pieces: &mut Vec<Piece>) {
    if pieces.iter().any(|it| matches!(it, Piece::Heading { .. })) {
        return;
    }
    let mut promoted = Vec::new();
    for piece in std::mem::take(pieces) {
        match piece {
            Piece::Text(text) => promote_in(&text, &mut promoted),
            piece => promoted.push(piece),
        }
    }
    *pieces = promoted;
}

/// Cuts a text at the paragraphs that are headings; what is between them stays as it is.
fn promote_in(text: &str, promoted: &mut Vec<Piece>) {
    let mut keep = |between: &str, heading: Option<Piece>| {
        let between = between.trim_matches('\n').trim_end();
        if !between.trim().is_empty() {
            promoted.push(Piece::Text(between.to_owned()));
        }
        promoted.extend(heading);
    };
    let (mut from, mut at) = (0, 0);
    for paragraph in text.split_inclusive("\n\n") {
        let line = paragraph.trim().trim_matches('*').trim();
        let level = match line {
            line if is_part_line(line) => Some(1),
            line if is_chapter_line(line) => Some(2),
            _ => None,
        };
        if let Some(level) = level {
            let title = line.to_owned();
            keep(&text[from..at], Some(Piece::Heading { level, title }));
            from = at + paragraph.len();
        }
        at += paragraph.len();
    }
    keep(&text[from..], None);
}

fn level_of(piece: &Piece) -> Option<u8> {
    match piece {
        Piece::Heading { level, .. } => Some(*level),
        _ => None,
    }
}

/// Takes the heading away that is the title of the book.
fn take_title(pieces: &mut Vec<Piece>, title: &mut Option<String>, title_is: TitleIs) {
    let is_title = |heading: &str| {
        let known = title.as_deref().unwrap_or_default();
        !known.is_empty() && known.trim().to_lowercase() == heading.trim().to_lowercase()
    };
    let Some(first) = pieces.iter().position(|it| level_of(it).is_some()) else {
        return;
    };
    let Piece::Heading {
        level,
        title: heading,
    } = pieces[first].clone()
    else {
        return;
    };
    let levels: Vec<u8> = pieces.iter().filter_map(level_of).collect();
    let is_alone = levels.iter().filter(|it| **it == level).count() == 1
        && levels.iter().all(|it| *it >= level)
        && levels.len() > 1
        && first == 0;
    let is_its = match title_is {
        TitleIs::FirstHeading => is_title(&heading) || is_alone,
        TitleIs::KnownApart => is_title(&heading) && levels.len() > 1,
    };
    if is_its {
        pieces.remove(first);
        title.get_or_insert(heading);
    }
}

/// Finds what the levels stand for: parts only where nothing but chapters is in them.
fn levels(pieces: &[Piece]) -> Levels {
    let mut present: Vec<u8> = pieces.iter().filter_map(level_of).collect();
    present.sort_unstable();
    present.dedup();
    let [top, rest @ ..] = present.as_slice() else {
        return Levels::default();
    };
    let Some(second) = rest.first() else {
        return Levels {
            chapter: Some(*top),
            ..Levels::default()
        };
    };
    // A part is followed by a heading at once, or by a line about it.
    let mut tops = pieces
        .iter()
        .enumerate()
        .filter(|(_, it)| level_of(it) == Some(*top));
    let are_bare = tops
        .clone()
        .all(|(at, _)| pieces.get(at + 1).and_then(level_of).is_some());
    let are_named = tops.clone().any(|(_, it)| match it {
        Piece::Heading { title, .. } => is_part_line(title),
        _ => false,
    });
    let has_chapter_names = pieces.iter().any(|it| match it {
        Piece::Heading { level, title } => level == second && is_chapter_line(title),
        _ => false,
    });
    let are_chapters = tops.any(|(_, it)| match it {
        Piece::Heading { title, .. } => is_chapter_line(title) && !is_part_line(title),
        _ => false,
    });
    let has_parts =
        are_named || (are_bare && !are_chapters && (has_chapter_names || rest.len() > 1));
    match has_parts {
        true => Levels {
            part: Some(*top),
            chapter: Some(*second),
            scene: rest.get(1).copied(),
        },
        false => Levels {
            part: None,
            chapter: Some(*top),
            scene: Some(*second),
        },
    }
}

#[derive(Default)]
struct Building {
    chapters: Vec<ImportedChapter>,
    /// The heading of a part whose first chapter has not come yet.
    part: Option<String>,
}

impl Building {
    fn take(&mut self, piece: Piece, levels: Levels) {
        match piece {
            Piece::Heading { level, title } if Some(level) == levels.part => {
                self.part = Some(title);
            }
            Piece::Heading { level, title } if Some(level) == levels.chapter => {
                let part = self.part.take();
                self.chapter(Some(match part {
                    Some(part) => format!("{part}: {title}"),
                    None => title,
                }));
            }
            Piece::Heading { level, title } if Some(level) == levels.scene => {
                self.scene(Some(title), None);
            }
            Piece::Heading { level, title } => {
                let hashes = "#".repeat(usize::from(level.clamp(3, 6)));
                self.text(&format!("{hashes} {title}"));
            }
            Piece::Scene { key } => self.scene(None, Some(key)),
            // Where scenes have headings, a break is inside of one.
            Piece::Break if self.is_titled() => self.text("* * *"),
            Piece::Break => self.scene(None, None),
            Piece::Text(text) if is_break(&text.replace('\\', "")) => {
                self.take(Piece::Break, levels);
            }
            Piece::Text(text) => {
                if let Some(part) = self.part.take() {
                    self.chapter(Some(part));
                }
                self.text(&text);
            }
        }
    }

    /// Tells whether the scene that is open has a heading of its own, or is marked by its source.
    fn is_titled(&self) -> bool {
        let scene = self
            .chapters
            .last()
            .and_then(|chapter| chapter.scenes.last());
        scene.is_some_and(|scene| scene.title.is_some() || scene.key.is_some())
    }

    fn chapter(&mut self, title: Option<String>) {
        self.chapters.push(ImportedChapter {
            title,
            scenes: Vec::new(),
        });
    }

    fn scene(&mut self, title: Option<String>, key: Option<String>) {
        if self.chapters.is_empty() {
            self.chapter(None);
        }
        let Some(chapter) = self.chapters.last_mut() else {
            return;
        };
        // A break before any text is an ornament.
        if let Some(open) = chapter.scenes.last_mut()
            && open.text.trim().is_empty()
            && open.title.is_none()
        {
            open.title = title;
            open.key = key;
            return;
        }
        chapter.scenes.push(ImportedScene {
            title,
            key,
            ..ImportedScene::default()
        });
    }

    fn text(&mut self, text: &str) {
        if self.chapters.last().is_none_or(|it| it.scenes.is_empty()) {
            self.scene(None, None);
        }
        let open = self.chapters.last_mut().and_then(|it| it.scenes.last_mut());
        if let Some(scene) = open {
            if !scene.text.is_empty() {
                scene.text.push_str("\n\n");
            }
            scene.text.push_str(text);
        }
    }

    fn finish(mut self) -> Vec<ImportedChapter> {
        if let Some(part) = self.part.take() {
            self.chapter(Some(part));
        }
        for chapter in &mut self.chapters {
            chapter.scenes.retain(|scene| !scene.text.trim().is_empty());
        }
        self.chapters.retain(|chapter| !chapter.scenes.is_empty());
        self.chapters
    }
}
