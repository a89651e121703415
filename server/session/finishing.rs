//! What follows a saved text: declared changes done step by step, the full story, the
//! changelog, the manifest. All of it can be done again from the chunk files.

use std::path::Path;

use super::changelog;
use super::chunk_file::FileStatus;
use super::error::StoreError;
use super::facts::read_text;
use super::history::{self, Version};
use super::intent::{self, Intent, Step};
use super::manifest;
use super::recover::Notice;
use super::sessions;
use super::writer::{Inner, State};
use super::{ClientEdit, assemble};
use crate::story::{BeatId, Brief, ChunkNumber, Digest};

impl Inner {
    /// Declares a change and does it.
    pub(super) fn change(&self, state: &mut State, intent: &Intent) -> Result<(), StoreError> {
        // Even a declaration that failed may be on disk (its folder could not be synced, say).
        state.pending = true;
        intent.declare(&self.paths, &self.disk)?;
        self.finish(state, intent)
    }

    /// Finishes a change that an earlier call could not.
    pub(super) fn finish_pending(&self, state: &mut State) -> Result<(), StoreError> {
        if !state.pending {
            return Ok(());
        }
        let bytes = self.disk.read(&self.paths.intent())?;
        match bytes.as_deref().and_then(Intent::parse) {
            Some(intent) => self.finish(state, &intent),
            None => {
                state.pending = false;
                Ok(())
            }
        }
    }

    /// Does the steps of a declared change, then takes the declaration away.
    pub(super) fn finish(&self, state: &mut State, intent: &Intent) -> Result<(), StoreError> {
        for step in &intent.steps {
            match step {
                Step::Put { .. } | Step::Remove { .. } => {
                    let done = intent::do_step(step, &self.paths, &self.disk)?;
                    state.owed.notices.extend(done.notice());
                }
                Step::Record { record } => state.manifest.set_record((**record).clone()),
                Step::Assemble => self.assemble(state)?,
                Step::Line { line } => self.add_line(state, line)?,
            }
        }
        self.write_manifest(state)?;
        self.disk.remove(&self.paths.intent())?;
        state.pending = false;
        // Only an index; the next job writes it again.
        if let Ok(edit) = sessions::write_index(&self.folder, self.owners.as_ref(), &self.disk) {
            edit.into_iter().for_each(|edit| state.owe(edit));
        }
        Ok(())
    }

    /// full_story.md from what is complete now.
    pub(super) fn assemble(&self, state: &mut State) -> Result<(), StoreError> {
        let view = self.view()?;
        let story = assemble::assemble(&self.title()?, &self.plan, &view.chunks);
        let path = self.paths.full_story();
        let on_disk = read_text(&path, &self.disk)?;
        let in_editor = self.owners.open_text(&path).filter(|_| self.is_open(&path));
        for text in [&on_disk, &in_editor].into_iter().flatten() {
            let known = &state.manifest.assembled_sha256;
            let ours = text == &story || known.contains(&Digest::of(text));
            if !ours && !text.trim().is_empty() {
                self.keep_full_story(text)?;
            }
        }
        state.manifest.remember_assembled(Digest::of(&story));
        let base = in_editor.or(on_disk).unwrap_or_default();
        self.write_derived(state, &path, base, &story)
    }

    fn title(&self) -> Result<String, StoreError> {
        let brief = self.folder.brief();
        let text = match self.owners.open_text(brief) {
            Some(text) => text,
            None => {
                let bytes = self.disk.read_linked(brief)?.unwrap_or_default();
                super::chunk_file::decode(bytes)
            }
        };
        Ok(Brief::parse(&text).title)
    }

    fn keep_full_story(&self, text: &str) -> Result<(), StoreError> {
        let version = Version {
            number: ChunkNumber(0),
            beat: BeatId("full_story".to_owned()),
            status: FileStatus::Complete,
            prose: text,
            extra: &[],
            why: "the author changed full_story.md, and it was assembled anew",
        };
        history::keep(&self.paths, "full_story", &version, &self.disk).map(|_| ())
    }

    pub(super) fn add_line(&self, state: &mut State, line: &str) -> Result<(), StoreError> {
        let path = self.paths.changelog();
        let owed = state
            .owed
            .client_edits
            .iter()
            .find(|edit| edit.path == path);
        // An edit that is owed stays one for the text that it was made for.
        let (base, text) = match owed {
            Some(edit) => (edit.base.clone(), edit.text.clone()),
            None => {
                let shown = self.shown(&path)?;
                (shown.clone(), shown)
            }
        };
        match changelog::with_line(&text, line) {
            Some(text) => self.write_derived(state, &path, base, &text),
            None => Ok(()),
        }
    }

    /// What a reader of the file sees: the editor's text, else the disk's.
    fn shown(&self, path: &Path) -> Result<String, StoreError> {
        match self.owners.open_text(path).filter(|_| self.is_open(path)) {
            Some(text) => Ok(text),
            None => Ok(read_text(path, &self.disk)?.unwrap_or_default()),
        }
    }

    /// Writes a file that can be made again at any time, or owes it to the editor that has it
    /// open. One that the author closed to writing is no reason to stop. `base` is what the
    /// file held when the text was made.
    fn write_derived(
        &self,
        state: &mut State,
        path: &Path,
        base: String,
        text: &str,
    ) -> Result<(), StoreError> {
        if base == text {
            return Ok(());
        }
        if self.is_open(path) {
            state.owe(ClientEdit {
                path: path.to_owned(),
                text: text.to_owned(),
                base,
            });
            return Ok(());
        }
        match self.disk.write(path, text.as_bytes()) {
            Err(error @ (StoreError::ReadOnlyFile { .. } | StoreError::Outside { .. })) => {
                state.owed.notices.push(Notice {
                    code: "file-left-alone",
                    message: error.to_string(),
                });
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Writes the manifest. One that somebody else changed meanwhile is kept aside first.
    pub(super) fn write_manifest(&self, state: &mut State) -> Result<(), StoreError> {
        let path = self.paths.manifest();
        state.manifest.updated = self.disk.now();
        state.manifest.sum();
        let text = state.manifest.render();
        let digest = Digest::of(&text);
        if let Some(there) = read_text(&path, &self.disk)? {
            let there = Digest::of(&there);
            // A write of ours that failed at its very end may be there all the same.
            if state.manifest_seen.as_ref() != Some(&there) && there != digest {
                self.keep_manifest_aside(state, &path)?;
            }
        }
        state.manifest_seen = Some(digest);
        self.disk.write(&path, text.as_bytes())
    }

    fn keep_manifest_aside(&self, state: &mut State, path: &Path) -> Result<(), StoreError> {
        let aside = manifest::kept_aside(path, &self.disk)?;
        self.disk.rename_file(path, &aside)?;
        state.owed.notices.push(Notice {
            code: "manifest-changed",
            message: format!(
                "{} was changed by another program while a job ran. What it said is kept in {}; the chunk files are \
                 untouched.",
                path.display(),
                aside.display()
            ),
        });
        Ok(())
    }
}
