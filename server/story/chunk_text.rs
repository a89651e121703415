//! Holds the text of a chunk file with what follows from it, which is found out once however often the text is
//! looked at. Pure.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::story::SharedText;
use crate::story::chunk_file::{self, ChunkFile};
use crate::story::comments::without_comments;
use crate::story::conflict_markers::conflict_line;
use crate::story::{Digest, Language, words};

/// The text of a chunk file, taken apart.
#[derive(Debug)]
pub(crate) struct ChunkText {
    /// Digest of the whole file.
    pub(crate) whole: Digest,
    /// Whether the file has no byte of text, not even front matter.
    pub(crate) is_void: bool,
    pub(crate) file: ChunkFile,
    /// Digest of the prose.
    pub(crate) digest: Digest,
    /// The line, from 1, where a merge conflict begins that is not resolved.
    pub(crate) conflict: Option<usize>,
    told: OnceLock<Told>,
    told_whole: OnceLock<Told>,
    words: OnceLock<(Language, u32)>,
}

/// The prose as the story has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// Without the author's comments.
    pub(crate) text: SharedText,
    /// With them; `None` where there are none.
    pub(crate) commented: Option<SharedText>,
}

impl Told {
    /// Takes a prose with its comments; where it has none, that text itself is shared.
    fn of(prose: &SharedText) -> Told {
        match without_comments(prose) {
            Cow::Borrowed(_) => Told {
                text: prose.clone(),
                commented: None,
            },
            Cow::Owned(bare) => Told {
                text: bare.into(),
                commented: Some(prose.clone()),
            },
        }
    }

    fn without_end(&self) -> Told {
        Told {
            text: self.text.without_end(),
            commented: self.commented.as_ref().map(SharedText::without_end),
        }
    }
}

impl ChunkText {
    pub(crate) fn parse(text: &str) -> ChunkText {
        let file = chunk_file::parse(text);
        ChunkText {
            whole: Digest::of(text),
            is_void: text.is_empty(),
            digest: chunk_file::digest(&file.prose),
            file,
            conflict: conflict_line(text),
            told: OnceLock::new(),
            told_whole: OnceLock::new(),
            words: OnceLock::new(),
        }
    }

    /// Returns the same file with newer content.
    pub(crate) fn with_file(&self, file: ChunkFile) -> ChunkText {
        ChunkText {
            whole: self.whole.clone(),
            is_void: self.is_void,
            digest: chunk_file::digest(&file.prose),
            file,
            conflict: self.conflict,
            told: OnceLock::new(),
            told_whole: OnceLock::new(),
            words: OnceLock::new(),
        }
    }

    /// Returns the prose just as it stands.
    pub(crate) fn told(&self) -> &Told {
        self.told.get_or_init(|| Told::of(&self.file.prose))
    }

    /// Returns the prose without the white space at its end.
    pub(crate) fn told_whole(&self) -> &Told {
        self.told_whole.get_or_init(|| self.told().without_end())
    }

    /// Counts the words, comments aside.
    pub(crate) fn words(&self, language: &Language) -> u32 {
        let count = || words::count(&self.file.prose, language);
        let (of, words) = self.words.get_or_init(|| (language.clone(), count()));
        if of == language { *words } else { count() }
    }
}

impl Default for ChunkText {
    fn default() -> ChunkText {
        ChunkText::parse("")
    }
}

impl PartialEq for ChunkText {
    fn eq(&self, other: &ChunkText) -> bool {
        self.whole == other.whole && self.digest == other.digest
    }
}

impl Eq for ChunkText {}
