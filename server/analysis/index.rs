//! Indexes a story: where brief and chunks of a session stand, and where each names a character.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::StoryError;
use super::features::document::{ChunkParts, DocumentKind, StoryDocument};
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use crate::session::{self, Disk, Owners, TextMark};
use crate::story::names::Mention;
use crate::story::{BeatId, ChunkNumber, Span};

/// A story with one of its sessions, as they were at one moment.
#[derive(Debug)]
pub struct StoryIndex {
    pub read: Arc<StorySnapshot>,
    /// `None` before the first word is written.
    pub session: Option<Arc<SessionSnapshot>>,
    pub brief: IndexedText,
    /// The chunks that have a file, in story order.
    pub chunks: Vec<IndexedChunk>,
}

/// A file as it was read: what an editor shows of it, else what is on disk.
#[derive(Debug, Clone)]
pub struct IndexedText {
    pub path: PathBuf,
    pub text: Arc<str>,
    /// In the order of the text.
    pub mentions: Arc<[Mention]>,
}

/// A chunk file.
#[derive(Debug, Clone)]
pub struct IndexedChunk {
    pub number: ChunkNumber,
    pub beat: BeatId,
    pub file: IndexedText,
    pub parts: ChunkParts,
}

/// The mentions of texts as they were last looked at, so that a change of one chunk does not cost reading all
/// of them again.
#[derive(Debug, Default)]
pub(super) struct MentionMemory {
    /// The cast as it was, by all of its names; with another one nothing is known.
    cast: Vec<(String, Vec<String>)>,
    texts: HashMap<PathBuf, IndexedText>,
    chunks: HashMap<PathBuf, (TextMark, IndexedChunk)>,
}

impl MentionMemory {
    /// Forgets all where the cast has other names now.
    fn hold_to(&mut self, read: &StorySnapshot) {
        let cast = read.story.brief.cast.iter();
        let language = (read.story.brief.language.to_string(), Vec::new());
        let cast = cast.map(|entry| (entry.name.clone(), entry.aliases.clone()));
        let cast: Vec<_> = cast.chain([language]).collect();
        if cast != self.cast {
            *self = MentionMemory {
                cast,
                ..MentionMemory::default()
            };
        }
    }

    fn index(&mut self, path: &Path, document: &StoryDocument<'_>) -> IndexedText {
        let known = self.texts.get(path);
        if let Some(known) = known.filter(|known| *known.text == *document.text) {
            return known.clone();
        }
        let indexed = IndexedText {
            path: path.to_owned(),
            text: document.text.into(),
            mentions: document.mentions().into(),
        };
        self.texts.insert(path.to_owned(), indexed.clone());
        indexed
    }
}

impl StoryIndex {
    /// Reads the files of a story and of a session of it, and finds whom they name.
    pub(super) fn read(
        read: Arc<StorySnapshot>,
        session: Option<Arc<SessionSnapshot>>,
        owners: &dyn Owners,
        disk: &Disk,
        memory: &mut MentionMemory,
    ) -> Result<StoryIndex, StoryError> {
        memory.hold_to(&read);
        let story = &read.story;
        let brief = story.document(&DocumentKind::Brief, &story.text);
        let brief = memory.index(story.folder.brief(), &brief);
        let mut before = std::mem::take(&mut memory.chunks);
        let mut chunks = Vec::new();
        let views = session
            .iter()
            .flat_map(|session| &session.written.view.chunks);
        for view in views.filter(|view| view.conflict.is_none()) {
            let mark = TextMark::of(&view.path, owners, disk)?;
            let known = before.remove(&view.path);
            if let Some((before, known)) = known
                && before.is_same_text_as(&mark)
                && (known.number, &known.beat) == (view.number, &view.beat)
            {
                chunks.push((mark, known));
                continue;
            }
            let Some(text) = session::read_text(&view.path, owners, disk)? else {
                continue;
            };
            let parts = ChunkParts::of(&text, Some(view.number));
            let kind = DocumentKind::Chunk(parts.clone());
            let chunk = IndexedChunk {
                number: view.number,
                beat: view.beat.clone(),
                file: memory.index(&view.path, &story.document(&kind, &text)),
                parts,
            };
            chunks.push((mark, chunk));
        }
        let known = chunks.iter().map(|(mark, chunk)| {
            let path = chunk.file.path.clone();
            (path, (*mark, chunk.clone()))
        });
        memory.chunks = known.collect();
        let chunks: Vec<IndexedChunk> = chunks.into_iter().map(|(_, chunk)| chunk).collect();
        let is_there = |path: &Path| path == brief.path || memory.chunks.contains_key(path);
        memory.texts.retain(|path, _| is_there(path));
        Ok(StoryIndex {
            read,
            session,
            brief,
            chunks,
        })
    }

    /// Finds the file of a beat's chunk.
    pub fn chunk_of(&self, beat: &BeatId) -> Option<&IndexedChunk> {
        self.chunks.iter().find(|chunk| chunk.beat == *beat)
    }

    /// Lists all texts: the brief, then the chunks in story order.
    pub fn texts(&self) -> impl Iterator<Item = &IndexedText> {
        let chunks = self.chunks.iter().map(|chunk| &chunk.file);
        std::iter::once(&self.brief).chain(chunks)
    }

    /// Lists the places of one character, file by file.
    pub fn mentions_of(&self, entry: usize) -> impl Iterator<Item = (&IndexedText, &Span)> {
        self.texts().flat_map(move |text| {
            let mentions = text.mentions.iter();
            let own = mentions.filter(move |mention| mention.entry == entry);
            own.map(move |mention| (text, &mention.span))
        })
    }
}
