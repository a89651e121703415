//! Prepares the renaming of a character or of a beat: the edits of all files that name it, and what makes the
//! texts with the new name known as those that they were.
//!
//! Texts in history, exports and the assembled story stay as they are.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::error::StoryError;
use super::features::document::{ChunkParts, DocumentKind, StoryDocument};
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use super::stale;
use crate::session::state_file;
use crate::session::{Owner, Owners, Renames, SessionId};
use crate::story::recall;
use crate::story::rename::{CharacterRename, apply};
use crate::story::text::slug::beat_slug;
use crate::story::{Beat, BeatId, Brief, Span};
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::{Slice, Slices};

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

/// Finds the edits of a brief, and the ids of its beats that become others.
pub(super) fn of_brief(
    read: &StorySnapshot,
    name: &NewName,
) -> (RenamedFile, BTreeMap<BeatId, BeatId>) {
    let story = &read.story;
    let (text, brief) = (story.text.as_str(), &story.brief);
    let document = story.document(&DocumentKind::Brief, text);
    let mut edits = match name {
        NewName::Character(character) => {
            let taken = names_of_things(&document);
            let mut edits = character.edits(text);
            edits.retain(|(span, _)| !taken.iter().any(|it| meet(it, span)));
            edits
        }
        NewName::Beat { old, new } => new_id(&document, old, new),
    };
    // A heading that names its beat is the beat's id.
    let after = Brief::parse(&apply(text, &edits));
    let ids = brief.beats.iter().zip(&after.beats);
    let renamed: BTreeMap<BeatId, BeatId> = ids
        .filter(|(before, after)| before.id != after.id)
        .map(|(before, after)| (before.id.clone(), after.id.clone()))
        .collect();
    for beat in &brief.beats {
        for (id, span) in beat.after.iter().zip(&beat.after_spans) {
            let is_done = |(done, _): &(Span, String)| done == span;
            if let Some(new) = renamed.get(id).filter(|_| !edits.iter().any(is_done)) {
                edits.push((span.clone(), new.0.clone()));
            }
        }
    }
    edits.sort_by_key(|(span, _)| span.start);
    let file = RenamedFile {
        path: story.folder.brief().to_owned(),
        text: text.to_owned(),
        edits,
    };
    (file, renamed)
}

/// Finds the edits of the files of a draft.
pub(super) fn of_texts(
    texts: &DraftTexts,
    name: &NewName,
    beats: &BTreeMap<BeatId, BeatId>,
) -> Vec<RenamedFile> {
    let chunks = texts.chunks.iter().map(|chunk| RenamedFile {
        path: chunk.path.clone(),
        text: chunk.text.clone(),
        edits: of_chunk(&chunk.text, name, beats),
    });
    let states = texts.states.iter().map(|state| RenamedFile {
        path: state.path.clone(),
        text: state.text.clone(),
        edits: of_state(&state.text, name, beats),
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
        && text[span.clone()] == before.0
        && let Some(after) = state_file::own_digest(&apply(text, &edits))
        && after != before
    {
        edits.push((span, after.0));
        edits.sort_by_key(|(span, _)| span.start);
    }
    edits
}

/// Returns what is written like a name in a brief and names something else: ids and settings.
fn names_of_things(document: &StoryDocument<'_>) -> Vec<Span> {
    let brief = document.brief;
    let ids = brief.beats.iter().flat_map(|beat| {
        let id = document.has_own_id(beat).then_some(&beat.id_span);
        id.into_iter().chain(&beat.after_spans)
    });
    let keys = brief.front_matter.iter().flat_map(|it| &it.entries);
    ids.chain(keys.map(|entry| &entry.key_span))
        .cloned()
        .collect()
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

/// Tells what a draft has to know of its texts, from how all was and will be.
pub(super) fn renames(
    name: &NewName,
    beats: &BTreeMap<BeatId, BeatId>,
    (before, after): (&SessionSnapshot, &SessionSnapshot),
) -> Renames {
    let mut renames = Renames::default();
    for (old, new) in beats {
        renames.add_beat(old, new);
    }
    let cast = before.read.story.brief.cast.iter();
    for (old, new) in cast.zip(&after.read.story.brief.cast) {
        if let NewName::Character(_) = name {
            renames.add_character(&old.name, &new.name);
        }
    }
    let both = |draft: &SessionSnapshot, index| {
        let (story, settings) = (&draft.read.story, &draft.read.settings);
        let mut slices = slices::of_beat(&story.brief, index, &story.templates);
        let inputs = stale::current_inputs(story, &draft.written, settings, index);
        slices.extend(slices::of_record(&inputs));
        slices
    };
    for index in 0..before.written.view.chunks.len() {
        let (old, new) = (both(before, index), both(after, index));
        add_slices(&mut renames, beats, old, &new);
    }
    let chunks = before.written.view.chunks.iter();
    for (old, new) in chunks.zip(&after.written.view.chunks) {
        renames.add_digest(old.digest.clone(), new.digest.clone());
        for (old, new) in slices::ends(&old.text).zip(slices::ends(&new.text)) {
            renames.add_digest(old, new);
        }
        let sentences = recall::sentences(&old.text).zip(recall::sentences(&new.text));
        for (old, new) in sentences {
            renames.add_text(&old, &new);
        }
    }
    renames
}

fn add_slices(renames: &mut Renames, beats: &BTreeMap<BeatId, BeatId>, old: Slices, new: &Slices) {
    let now = |beat: &BeatId| beats.get(beat).unwrap_or(beat).clone();
    for (slice, then) in old {
        let slice = match slice {
            Slice::Cast(name) => {
                let mut names = vec![name.clone()];
                names.extend(renames.of_character(&name).cloned());
                let later = names.into_iter().rev().map(Slice::Cast);
                let there = later.into_iter().find(|slice| new.contains_key(slice));
                there.unwrap_or(Slice::Cast(name))
            }
            Slice::Precedes(beat) => Slice::Precedes(now(&beat)),
            Slice::Follows(beat) => Slice::Follows(now(&beat)),
            Slice::Summary(beat) => Slice::Summary(now(&beat)),
            Slice::State(beat) => Slice::State(now(&beat)),
            slice => slice,
        };
        if let Some(digest) = new.get(&slice) {
            renames.add_digest(then, digest.clone());
        }
    }
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
