//! Texts of tests with a cursor in them.

use super::document::{ChunkParts, DocumentKind, StoryDocument};
use crate::story::names::CastNames;
use crate::story::{Brief, ChunkNumber};

/// The brief of documents that are none.
pub const BRIEF: &str = "---\ntitle: The Lamp\n---\n# Cast\n## Mara Voss\naka: the keeper\nDry.\n## Ilse\naka: Ilse Brandt\n\
    # Rules\n1. The lamp is never dark.\n2. The logbook is in ink.\n# Outline\n## The Logbook {#logbook}\nMara reads.\n\
    ## Ilse Comes {#early}\nIlse rows.\n";

/// A document of a test.
pub struct Marked {
    pub kind: DocumentKind,
    pub text: String,
    pub brief: Brief,
    pub names: CastNames,
    /// Where the cursor stands.
    pub at: usize,
}

impl Marked {
    /// Makes a document of a text with a cursor, `|`.
    pub fn at(file: &str, marked: &str) -> Marked {
        let at = marked.find('|').expect("a cursor");
        let text = format!("{}{}", &marked[..at], &marked[at + 1..]);
        Marked {
            at,
            ..Marked::text(file, &text)
        }
    }

    /// Makes a document of a text: a brief, a chunk file or another, by its name.
    pub fn text(file: &str, text: &str) -> Marked {
        let number = file.strip_prefix("chunk_").map(|rest| &rest[..2]);
        let number = number.map(|digits| ChunkNumber(digits.parse().expect("a number")));
        let (kind, brief) = match number {
            _ if file == "story.md" => (DocumentKind::Brief, text),
            Some(_) => (DocumentKind::Chunk(ChunkParts::of(text, number)), BRIEF),
            None => (DocumentKind::Beside, BRIEF),
        };
        let brief = Brief::parse(brief);
        Marked {
            kind,
            text: text.to_owned(),
            names: CastNames::of(&brief.cast, &brief.language),
            brief,
            at: 0,
        }
    }

    pub fn document(&self) -> StoryDocument<'_> {
        StoryDocument {
            kind: &self.kind,
            text: &self.text,
            brief: &self.brief,
            names: &self.names,
        }
    }
}
