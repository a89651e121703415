//! Reads and replaces the states of chunks: what was extracted from each, as far as it still holds.
//!
//! A state never stands in the way of the story: one that can't be read is a notice. What the
//! author wrote into a state file is taken as it is, and never overwritten unasked.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::changelog;
use super::{Cache, Inner, Session};
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::history;
use crate::session::kept_files::KeptFiles;
use crate::session::layout::StoryFolder;
use crate::session::manifest::record::ChunkRecord;
use crate::session::notice::Notice;
use crate::session::renames::Renames;
use crate::session::view::{ChunkView, SessionView};
use crate::session::{ChunkStatus, ClientEdit, Owner, Owners, Saved, SessionId};
use crate::story::state::{ChunkState, StoryState, fold};
use crate::story::state_file::{self, StateFile, Told, VERSION};
use crate::story::{BeatId, CastEntry, ChunkNumber, Digest, encoding};

/// The states of the chunks of a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownStates {
    /// One a chunk of the view, in its order; `None` where nothing was extracted.
    pub chunks: Vec<Option<KnownState>>,
    /// State files that can't be used, and why.
    pub notices: Vec<Notice>,
}

/// The state of one chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownState {
    pub number: ChunkNumber,
    pub path: PathBuf,
    pub standing: Standing,
    /// The part of the state that holds; empty for a file that can't be used.
    pub state: ChunkState,
}

/// How far the content of a state file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Extracted from the present text of the chunk.
    Current,
    /// The chunk has changed since: what its text still bears out.
    Outdated,
    /// Edited by the author, so that it holds unchecked.
    Edited,
    /// Damaged, of a newer version, of another chunk, or no state at all.
    Unusable,
}

/// The states that a new state may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// An extracted state; never one that the author wrote.
    Extracted,
    /// Any state file; it goes to history first.
    Anything,
}

/// Whether a new state takes the place of what is there.
enum Verdict {
    Replace,
    /// The old state stays, with a notice for the author.
    Leave(Option<Notice>),
}

/// The state that was extracted from a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted {
    pub number: ChunkNumber,
    /// Digest of the prose that it was taken from, as in [`ChunkView::digest`].
    pub text: Digest,
    pub provider: String,
    pub model: String,
    pub state: ChunkState,
}

impl KnownStates {
    /// Tells what is known when a chunk begins: what all before it add up to.
    pub fn before(&self, number: ChunkNumber) -> StoryState {
        let known = self.chunks.iter().flatten();
        fold(
            known
                .filter(|known| known.number < number)
                .map(|known| &known.state),
        )
    }

    /// Returns how far the state file of a chunk holds; `None` where there is none.
    pub fn standing(&self, number: ChunkNumber) -> Option<Standing> {
        let mut known = self.chunks.iter().flatten();
        known
            .find(|known| known.number == number)
            .map(|known| known.standing)
    }

    /// Returns the complete chunks without a state, or with that of an earlier text.
    pub fn to_extract(&self, view: &SessionView) -> Vec<ChunkNumber> {
        let is_open = |known: &Option<KnownState>| {
            known
                .as_ref()
                .is_none_or(|known| known.standing == Standing::Outdated)
        };
        let chunks = view.chunks.iter().zip(&self.chunks);
        chunks
            .filter(|(chunk, known)| chunk.status == ChunkStatus::Complete && is_open(known))
            .map(|(chunk, _)| chunk.number)
            .collect()
    }
}

/// Tells what is known of the chunks of a view, from their state files as editors and disk have them.
/// `cast` are the people whom a statement may name though its chunk does not.
///
/// Takes no lock, writes nothing and never fails: what can't be read is a notice.
pub fn read_states(
    folder: &StoryFolder,
    id: &SessionId,
    view: &SessionView,
    cast: &[CastEntry],
    owners: &dyn Owners,
    disk: &Disk,
) -> KnownStates {
    read_again(
        folder,
        id,
        view,
        cast,
        owners,
        (disk, &mut KeptFiles::default()),
    )
}

/// Does what [`read_states`] does, and reads files that were read before only where they changed.
fn read_again(
    folder: &StoryFolder,
    id: &SessionId,
    view: &SessionView,
    cast: &[CastEntry],
    owners: &dyn Owners,
    (disk, files): (&Disk, &mut KeptFiles<Told>),
) -> KnownStates {
    let states = folder.paths(id).states();
    let mut known = KnownStates {
        chunks: vec![None; view.chunks.len()],
        notices: Vec::new(),
    };
    if let Err(error) = disk.ensure_inside(&states, folder.root()) {
        known.notices.push(notice(error.to_string()));
        return known;
    }
    let listed = disk.list(&states).map(|entries| {
        let names = entries.into_iter().map(|entry| entry.name);
        names.collect::<BTreeSet<String>>()
    });
    // Where the folder can't be listed, each file says why it can't be read.
    let may_be_there = |path: &Path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let is_listed = listed.as_ref().map_or(true, |names| names.contains(name));
        is_listed || owners.owner(path) == Owner::Client
    };
    let is_planned = |beat: &BeatId| view.chunks.iter().any(|chunk| &chunk.beat == beat);
    for (chunk, place) in view.chunks.iter().zip(&mut known.chunks) {
        let path = path_of(&states, &chunk.path);
        if !may_be_there(&path) {
            continue;
        }
        let judged = match read(&path, owners, disk, files) {
            Ok(None) => continue,
            Ok(Some(told)) => judge(&told, chunk, &view.renames, cast, is_planned),
            Err(why) => Err(why),
        };
        let (standing, state) = match judged {
            Ok(judged) => judged,
            Err(why) => {
                let path = path.display();
                known.notices.push(notice(format!(
                    "{path} {why}. It is left as it is, and nothing of it is used. Mend or delete it, or have the \
                     state of chunk {} read again: that keeps it in history/.",
                    chunk.number
                )));
                (Standing::Unusable, ChunkState::default())
            }
        };
        *place = Some(KnownState {
            number: chunk.number,
            path,
            standing,
            state,
        });
    }
    known
}

fn notice(message: String) -> Notice {
    Notice {
        code: "state-unusable",
        message,
    }
}

pub(super) fn path_of(states: &Path, chunk: &Path) -> PathBuf {
    let mut name = chunk.file_stem().unwrap_or_default().to_owned();
    name.push(".json");
    states.join(name)
}

/// Returns a state file, or what is wrong with it. What an editor shows counts, as long as it can be
/// read: while it is being typed it mostly can't.
fn read(
    path: &Path,
    owners: &dyn Owners,
    disk: &Disk,
    files: &mut KeptFiles<Told>,
) -> Result<Option<Arc<Told>>, String> {
    if owners.owner(path) == Owner::Client
        && let Some(Ok(told)) = owners.open_text(path).map(|text| state_file::parse(&text))
    {
        return Ok(Some(Arc::new(told)));
    }
    files.get(path, disk, || {
        let bytes = disk
            .read(path)
            .map_err(|error| format!("can't be read ({error})"))?;
        let text = bytes.map(encoding::decode).transpose();
        let text = text.map_err(|error| format!("is no text ({})", error.why))?;
        let text = text.filter(|text| !text.trim().is_empty());
        text.map(|text| state_file::parse(&text)).transpose()
    })
}

/// Returns how far a state holds, and the part of it that does.
fn judge(
    told: &Told,
    chunk: &ChunkView,
    renames: &Renames,
    cast: &[CastEntry],
    is_planned: impl Fn(&BeatId) -> bool,
) -> Result<(Standing, ChunkState), String> {
    let is_current = told
        .text
        .as_ref()
        .is_some_and(|text| renames.are_same(text, &chunk.digest));
    if let (Some(beat), false) = (told.other_beat(&chunk.beat, is_planned), is_current) {
        return Err(format!("is about another beat, \"{beat}\""));
    }
    Ok(match (told.edited, is_current) {
        (true, _) => (Standing::Edited, told.state.clone()),
        (false, true) => (Standing::Current, told.state.clone()),
        (false, false) => (
            Standing::Outdated,
            told.state.clone().verified(&chunk.text, cast),
        ),
    })
}

impl Session {
    /// Tells what is known of the chunks of a view of this session; see [`read_states`].
    pub fn states(&self, view: &SessionView, cast: &[CastEntry]) -> KnownStates {
        let inner = &self.inner;
        let owners = inner.owners.as_ref();
        let mut files = inner.states.lock().unwrap_or_else(PoisonError::into_inner);
        let files = (&inner.disk, &mut *files);
        read_again(&inner.folder, &inner.id, view, cast, owners, files)
    }

    /// Saves what was extracted from a chunk into its state file. A file that is open in an
    /// editor is not touched on disk: the caller brings the text into the editor.
    ///
    /// What the author wrote there, or what can't be read, is left alone but with
    /// [`Over::Anything`], which keeps it in history. Nor is a state of the present text
    /// replaced by one of an earlier text.
    pub fn save_state(&self, extracted: &Extracted, over: Over) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let index = inner.index(extracted.number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        inner.save_state(&mut cache, index, extracted, over)?;
        Ok(std::mem::take(&mut cache.owed))
    }
}

impl Inner {
    fn save_state(
        &self,
        cache: &mut Cache,
        index: usize,
        extracted: &Extracted,
        over: Over,
    ) -> Result<(), StoreError> {
        let path = path_of(&self.paths.states(), &cache.files[index]);
        let on_disk = self.disk.read_text(&path)?;
        let in_editor = self
            .is_open(&path)
            .then(|| self.owners.open_text(&path).unwrap_or_default());
        let text = self.rendered(index, extracted);
        let mut there: Vec<&String> = [&on_disk, &in_editor].into_iter().flatten().collect();
        there.retain(|there| !there.trim().is_empty());
        if there.iter().all(|there| **there == text) && !there.is_empty() {
            return self.record_state(cache, index, &path);
        }
        match over {
            Over::Anything => {
                for there in there {
                    self.keep_state(cache, index, &path, there)?;
                }
            }
            Over::Extracted => {
                if let Verdict::Leave(why) = self.may_replace(cache, index, extracted, &there)? {
                    cache.owed.notices.extend(why);
                    return Ok(());
                }
            }
        }
        match in_editor {
            Some(base) => cache.owe(ClientEdit {
                path: path.clone(),
                text,
                base,
            }),
            None => {
                self.disk.make_folder(&self.paths.states())?;
                self.disk.write(&path, text.as_bytes())?;
            }
        }
        self.record_state(cache, index, &path)
    }

    fn rendered(&self, index: usize, extracted: &Extracted) -> String {
        let planned = &self.plan[index];
        StateFile {
            version: VERSION,
            chunk: planned.number,
            beat: planned.beat.clone(),
            text_sha256: extracted.text.clone(),
            provider: extracted.provider.clone(),
            model: extracted.model.clone(),
            state_sha256: state_file::digest(&extracted.state),
            state: extracted.state.clone(),
        }
        .render()
    }

    /// Tells whether a state that was extracted unasked may replace what is there.
    fn may_replace(
        &self,
        cache: &Cache,
        index: usize,
        extracted: &Extracted,
        there: &[&String],
    ) -> Result<Verdict, StoreError> {
        let beat = &self.plan[index].beat;
        let is_planned = |beat: &BeatId| self.plan.iter().any(|planned| &planned.beat == beat);
        for text in there {
            match state_file::parse(text) {
                Ok(told) if !told.edited && told.other_beat(beat, is_planned).is_none() => {
                    // Of two that were under way at once, the one of the present text counts.
                    let same_text = told.text.as_ref() == Some(&extracted.text);
                    if !same_text
                        && self.view(cache.manifest.clone())?.chunks[index].digest != extracted.text
                    {
                        return Ok(Verdict::Leave(None));
                    }
                }
                _ => {
                    return Ok(Verdict::Leave(Some(notice(format!(
                        "The state file of chunk {} was put there by another hand and is left as it is. Have the \
                         state of the chunk read again to replace it.",
                        extracted.number
                    )))));
                }
            }
        }
        Ok(Verdict::Replace)
    }

    /// Keeps a state that is about to be replaced: `history/chunk_03.state/0001-3fa2c1d2.json`.
    fn keep_state(
        &self,
        cache: &mut Cache,
        index: usize,
        path: &Path,
        text: &str,
    ) -> Result<(), StoreError> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = self.paths.history().join(format!("{stem}.state"));
        let kept = history::numbered(&folder, "json", &self.disk)?;
        let latest = kept.iter().map(|(number, _)| *number).max().unwrap_or(0);
        for (_, name) in kept.iter().filter(|(number, _)| *number == latest) {
            if self.disk.read_text(&folder.join(name))?.as_deref() == Some(text) {
                return Ok(());
            }
        }
        self.disk.make_folder(&folder)?;
        let name = history::name(latest.saturating_add(1), text, "json");
        self.disk.write(&folder.join(name), text.as_bytes())?;
        let planned = &self.plan[index];
        let event = format!(
            "read the state of chunk {} ({}) again; the one before is in history/{stem}.state",
            planned.number, planned.beat
        );
        self.add_line(cache, &changelog::line(self.disk.now(), &event))
    }

    fn record_state(&self, cache: &mut Cache, index: usize, path: &Path) -> Result<(), StoreError> {
        let file = self.inside(path);
        let record = cache.manifest.record(&self.plan[index].beat);
        let is_news = |record: &&ChunkRecord| record.state_file.as_ref() != Some(&file);
        let Some(mut record) = record.filter(is_news).cloned() else {
            return Ok(());
        };
        record.state_file = Some(file);
        self.log_record(cache, record)
    }

    /// Reads the state file that the manifest names for a chunk; `None` where there is none.
    pub(in crate::session) fn state_file(
        &self,
        chunk: &Path,
    ) -> Result<Option<String>, StoreError> {
        let path = path_of(&self.paths.states(), chunk);
        Ok(self.disk.metadata(&path)?.map(|_| self.inside(&path)))
    }
}
