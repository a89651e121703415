//! Prepares the renaming of a character or of a beat: the edits of all files that name it, and what makes the
//! texts with the new name known as those that they were.
//!
//! Texts in history, exports and the assembled story stay as they are.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::error::StoryError;
use super::features::document::{ChunkParts, DocumentKind, StoryDocument};
use super::ledger::beats_named;
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use super::stale::CurrentInputs;
use crate::analysis::character_rename::{CharacterRename, apply};
use crate::session::{Owner, Owners, Renames, SessionId};
use crate::story::state_file;
use crate::story::text::slug::beat_slug;
use crate::story::{Beat, BeatId, Brief, Span};
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::{Slice, Slices};
use crate::writing::recall;

/// What a rename changes.
#[derive(Debug, Default)]
pub struct Renaming {
    /// For people: "Mara Voss is Nora Lind".
    pub label: String,
    /// The files that change, the brief first.
    pub files: Vec<RenamedFile>,
    /// What each draft has to know, so that nothing of it is stale or edited by the new name.
    pub drafts: Vec<(SessionId, Renames)>,
}

/// The edits of one file.
#[derive(Debug, Clone)]
pub struct RenamedFile {
    pub path: PathBuf,
    /// The text before, as an editor shows it, else as on disk.
    pub text: String,
    /// In the order of the text; no two overlap.
    pub edits: Vec<(Span, String)>,
}

/// What is renamed.
#[derive(Debug, Clone)]
pub enum NewName {
    Character(Box<CharacterRename>),
    Beat { old: BeatId, new: BeatId },
}

/// A text of a draft.
#[derive(Debug)]
pub(super) struct DraftText {
    pub path: PathBuf,
    pub text: String,
}

/// The files of a draft that may name a character: chunks and states.
#[derive(Debug)]
pub(super) struct DraftTexts {
    pub chunks: Vec<DraftText>,
    pub states: Vec<DraftText>,
}

impl NewName {
    /// Prepares a new id of a beat.
    ///
    /// # Errors
    /// What is no id, or that of another beat.
    pub fn of_beat(brief: &Brief, old: &BeatId, new: &str) -> Result<NewName, StoryError> {
        let new = new.trim().trim_start_matches('#');
        if new.is_empty() || beat_slug(new) != new {
            return Err(StoryError::NoBeatId(new.to_owned()));
        }
        let new = BeatId(new.to_owned());
        match brief.beat(&new) {
            Some(_) if new != *old => Err(StoryError::BeatIdTaken(new)),
            _ => Ok(NewName::Beat {
                old: old.clone(),
                new,
            }),
        }
    }
}

impl RenamedFile {
    /// Returns the text with the new name.
    pub fn renamed(&self) -> String {
        apply(&self.text, &self.edits)
    }
}

/// The characters and the beats of a brief that go by another name after a rename, each with that name.
#[derive(Debug)]
pub(super) struct NewNames {
    characters: BTreeMap<String, String>,
    beats: BTreeMap<BeatId, BeatId>,
}

impl NewNames {
    /// Compares two versions of a brief that differ in names only.
    fn of(before: &Brief, after: &Brief) -> NewNames {
        let characters = before.cast.iter().zip(&after.cast);
        let characters = characters.map(|(old, new)| (old.name.clone(), new.name.clone()));
        let beats = before.beats.iter().zip(&after.beats);
        let beats = beats.map(|(old, new)| (old.id.clone(), new.id.clone()));
        NewNames {
            characters: characters.filter(|(old, new)| old != new).collect(),
            beats: beats.filter(|(old, new)| old != new).collect(),
        }
    }

    /// Returns the name of a slice after the rename.
    pub fn slice(&self, slice: Slice) -> Slice {
        let beat = |id: BeatId| self.beats.get(&id).cloned().unwrap_or(id);
        match slice {
            Slice::Cast(name) => Slice::Cast(self.characters.get(&name).cloned().unwrap_or(name)),
            Slice::Precedes(id) => Slice::Precedes(beat(id)),
            Slice::Follows(id) => Slice::Follows(beat(id)),
            Slice::Summary(id) => Slice::Summary(beat(id)),
            Slice::State(id) => Slice::State(beat(id)),
            Slice::Quote(id, which) => Slice::Quote(beat(id), which),
            slice => slice,
        }
    }
}

/// Finds the edits of a brief, and what goes by another name after them.
pub(super) fn of_brief(read: &StorySnapshot, name: &NewName) -> (RenamedFile, NewNames) {
    let story = &read.story;
    let (text, brief) = (story.text.as_str(), &story.brief);
    let document = story.document(&DocumentKind::Brief, text);
    let mut edits = match name {
        NewName::Character(character) => {
            let taken = document.ids_and_settings();
            let mut edits = character.edits(text);
            edits.retain(|(span, _)| !taken.iter().any(|it| meet(it, span)));
            edits
        }
        NewName::Beat { old, new } => new_id(&document, old, new),
    };
    // A heading that names its beat is the beat's id.
    let names = NewNames::of(brief, &Brief::parse(&apply(text, &edits)));
    for beat in &brief.beats {
        for (id, span) in beat.after.iter().zip(&beat.after_spans) {
            let is_done = |(done, _): &(Span, String)| done == span;
            if let Some(new) = names.beats.get(id).filter(|_| !edits.iter().any(is_done)) {
                edits.push((span.clone(), new.0.clone()));
            }
        }
    }
    for (id, span) in beats_named(brief, text) {
        let is_free = !edits.iter().any(|(done, _)| meet(done, &span));
        if let Some(new) = names.beats.get(&id).filter(|_| is_free) {
            edits.push((span, new.0.clone()));
        }
    }
    edits.sort_by_key(|(span, _)| span.start);
    let file = RenamedFile {
        path: story.folder.brief().to_owned(),
        text: text.to_owned(),
        edits,
    };
    (file, names)
}

/// Finds the edits of the files of a draft.
pub(super) fn of_texts(texts: &DraftTexts, name: &NewName, names: &NewNames) -> Vec<RenamedFile> {
    let chunks = texts.chunks.iter().map(|chunk| RenamedFile {
        path: chunk.path.clone(),
        text: chunk.text.clone(),
        edits: of_chunk(&chunk.text, name, &names.beats),
    });
    let states = texts.states.iter().map(|state| RenamedFile {
        path: state.path.clone(),
        text: state.text.clone(),
        edits: of_state(&state.text, name, &names.beats),
    });
    let files = chunks.chain(states);
    files.filter(|file| !file.edits.is_empty()).collect()
}

fn of_chunk(text: &str, name: &NewName, beats: &BTreeMap<BeatId, BeatId>) -> Vec<(Span, String)> {
    let parts = ChunkParts::of(text, None);
    let key = parts.keys.iter().find(|key| key.key == "beat");
    let beat = key.and_then(|key| {
        let new = beats.get(&BeatId(text[key.value.clone()].to_owned()))?;
        Some((key.value.clone(), new.0.clone()))
    });
    let mut edits: Vec<(Span, String)> = beat.into_iter().collect();
    if let NewName::Character(character) = name {
        let start = parts.prose.start;
        let found = character.edits(&text[start..]).into_iter();
        edits.extend(found.map(|(span, new)| (span.start + start..span.end + start, new)));
    }
    edits
}

/// Finds the edits of a state file. Its own digest tells whether the author has edited it, so it goes along.
fn of_state(text: &str, name: &NewName, beats: &BTreeMap<BeatId, BeatId>) -> Vec<(Span, String)> {
    let mut edits = match name {
        NewName::Character(character) => character.edits(text),
        NewName::Beat { .. } => Vec::new(),
    };
    let id = state_file::field(text, "beat").and_then(|span| {
        let new = beats.get(&BeatId(text[span.clone()].to_owned()))?;
        Some((span, new.0.clone()))
    });
    edits.retain(|(span, _)| id.as_ref().is_none_or(|(id, _)| !meet(id, span)));
    edits.extend(id);
    edits.sort_by_key(|(span, _)| span.start);
    let digest = state_file::own_digest(text).zip(state_file::field(text, "state_sha256"));
    if let Some((before, span)) = digest
        && text[span.clone()] == *before.0
        && let Some(after) = state_file::own_digest(&apply(text, &edits))
        && after != before
    {
        edits.push((span, after.0.to_string()));
        edits.sort_by_key(|(span, _)| span.start);
    }
    edits
}

/// Finds the edits that give a beat an id of its own.
fn new_id(document: &StoryDocument<'_>, old: &BeatId, new: &BeatId) -> Vec<(Span, String)> {
    let Some(beat) = document.brief.beat(old) else {
        return Vec::new();
    };
    let others = document.brief.beats.iter();
    let named = others.flat_map(|beat| beat.after.iter().zip(&beat.after_spans));
    let mut edits: Vec<(Span, String)> = named
        .filter(|(id, _)| *id == old)
        .map(|(_, span)| (span.clone(), new.0.clone()))
        .collect();
    edits.push(match document.has_own_id(beat) {
        true => (beat.id_span.clone(), new.0.clone()),
        false => id_to_insert(document.text, beat, new),
    });
    edits.sort_by_key(|(span, _)| span.start);
    edits
}

/// Finds where a heading without an id gets one: before its other attributes, else at its end.
fn id_to_insert(text: &str, beat: &Beat, new: &BeatId) -> (Span, String) {
    let heading = &text[beat.heading_span.clone()];
    let title = beat.id_span.end.saturating_sub(beat.heading_span.start);
    let attributes = heading.get(title..).and_then(|rest| rest.find('{'));
    match attributes {
        Some(at) => {
            let at = beat.heading_span.start + title + at + 1;
            (at..at, format!("#{new} "))
        }
        None => {
            let end = beat.heading_span.start + heading.trim_end().len();
            (end..end, format!(" {{#{new}}}"))
        }
    }
}

/// Finds by which digests the texts of a draft are known before a rename and after it.
pub(super) fn renames(
    names: &NewNames,
    (before, after): (&SessionSnapshot, &SessionSnapshot),
) -> Renames {
    let mut renames = Renames::default();
    for (old, new) in &names.characters {
        renames.add_character(old, new);
    }
    for (old, new) in &names.beats {
        renames.add_beat(old, new);
    }
    let slices = slices_of(before).into_iter().zip(slices_of(after));
    for (old, new) in slices {
        for (slice, then) in old {
            if let Some(now) = new.get(&names.slice(slice)) {
                renames.add_digest(then, now.clone());
            }
        }
    }
    let chunks = before.written.view.chunks.iter();
    for (old, new) in chunks.zip(&after.written.view.chunks) {
        renames.add_digest(old.digest.clone(), new.digest.clone());
        for (old, new) in slices::ends(&old.text).zip(slices::ends(&new.text)) {
            renames.add_digest(old, new);
        }
        let old: Vec<String> = recall::sentences(&old.text).collect();
        let new: Vec<String> = recall::sentences(&new.text).collect();
        // A name with a full stop may make two sentences of one: then none is known to be which.
        if old.len() == new.len() {
            let sentences = old.iter().zip(&new);
            sentences.for_each(|(old, new)| renames.add_text(old, new));
        }
    }
    renames
}

/// Returns the slices that the prompt of each chunk could hold, and those that it held, as they are now.
fn slices_of(session: &SessionSnapshot) -> Vec<Slices> {
    let (story, settings) = (&session.read.story, &session.read.settings);
    let current = CurrentInputs::new(story, &session.written, settings);
    let chunks = 0..session.written.view.chunks.len();
    let slices = chunks.map(|index| {
        let mut slices = slices::of_beat(&story.brief, index, &story.templates);
        let inputs = current.of(index);
        let inputs = inputs.iter().map(|(name, digest)| (name.as_str(), digest));
        slices.extend(slices::of_record(inputs));
        slices
    });
    slices.collect()
}

fn meet(one: &Span, other: &Span) -> bool {
    one.start < other.end && other.start < one.end
}

/// An editor that shows some files with the new name.
pub(super) struct Renamed<'a> {
    owners: &'a dyn Owners,
    texts: HashMap<&'a Path, String>,
}

impl<'a> Renamed<'a> {
    pub fn new(owners: &'a dyn Owners, files: impl Iterator<Item = &'a RenamedFile>) -> Self {
        Renamed {
            owners,
            texts: files
                .map(|file| (file.path.as_path(), file.renamed()))
                .collect(),
        }
    }
}

impl Owners for Renamed<'_> {
    fn owner(&self, path: &Path) -> Owner {
        match self.texts.contains_key(path) {
            true => Owner::Client,
            false => self.owners.owner(path),
        }
    }

    fn open_text(&self, path: &Path) -> Option<String> {
        let text = self.texts.get(path).cloned();
        text.or_else(|| self.owners.open_text(path))
    }
}
