//! Answers a rename: what changes in which files, and what each draft has to know of it.

use std::path::Path;
use std::sync::Arc;

use super::error::StoryError;
use super::rename::{
    self, DraftText, DraftTexts, NewName, NewNames, Renamed, RenamedFile, Renaming,
};
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use super::snapshots::Look;
use super::written::Written;
use crate::analysis::character_rename::CharacterRename;
use crate::session::{self, ChunkRecord, ReadFiles, SessionId, Standing};
use crate::story::BeatId;
use crate::story::state_file;
use crate::writing::prompt::slices::Slice;

impl Look<'_> {
    /// Prepares a new name for a character: for `old`, which is the whole name, an alias, or a word of either.
    ///
    /// # Errors
    /// A name that can't be one, or that another character has; a story that can't be read.
    pub fn rename_character(
        &self,
        entry: usize,
        old: &str,
        new: &str,
    ) -> Result<Renaming, StoryError> {
        let read = self.story()?;
        let brief = &read.story.brief;
        let name = CharacterRename::new(&brief.cast, entry, old, new, &brief.language)?;
        let label = format!("{old} is {}", new.trim());
        self.renaming(&read, &NewName::Character(Box::new(name)), label)
    }

    /// Prepares a new id for a beat.
    ///
    /// # Errors
    /// What is no id, or that of another beat; a story that can't be read.
    pub fn rename_beat(&self, beat: &BeatId, new: &str) -> Result<Renaming, StoryError> {
        let read = self.story()?;
        let name = NewName::of_beat(&read.story.brief, beat, new)?;
        let label = format!("the beat {beat} is {}", new.trim());
        self.renaming(&read, &name, label)
    }

    fn renaming(
        &self,
        read: &Arc<StorySnapshot>,
        name: &NewName,
        label: String,
    ) -> Result<Renaming, StoryError> {
        read.story.check_merged()?;
        let (brief, names) = rename::of_brief(read, name);
        let mut renaming = Renaming {
            label,
            ..Renaming::default()
        };
        for session in read.story.folder.sessions(self.disk())? {
            let before = self.session(&session)?;
            let files = rename::of_texts(&self.texts_of(&before)?, name, &names);
            let after = self.renamed_draft(&session, &before, (&brief, &files), &names)?;
            let renames = rename::renames(&names, (&before, &after));
            renaming.drafts.push((session, renames));
            renaming.files.extend(files);
        }
        renaming.files.insert(0, brief);
        renaming.files.retain(|file| !file.edits.is_empty());
        Ok(renaming)
    }

    /// Reads the chunk files and the state files of a draft.
    fn texts_of(&self, draft: &SessionSnapshot) -> Result<DraftTexts, StoryError> {
        let (mut chunks, mut states) = (Vec::new(), Vec::new());
        let view = &draft.written.view;
        for chunk in view.chunks.iter().filter(|chunk| chunk.conflict.is_none()) {
            chunks.extend(self.text_of(&chunk.path)?);
            let name = chunk.path.with_extension("json");
            let name = name.file_name().unwrap_or_default();
            states.extend(self.text_of(&view.root.join("state").join(name))?);
        }
        Ok(DraftTexts { chunks, states })
    }

    fn text_of(&self, path: &Path) -> Result<Option<DraftText>, StoryError> {
        let text = session::read_text(path, self.owners(), self.disk())?;
        Ok(text.map(|text| DraftText {
            path: path.to_owned(),
            text,
        }))
    }

    /// Reads a draft as it will be when the edits are made.
    fn renamed_draft(
        &self,
        session: &SessionId,
        before: &SessionSnapshot,
        (brief, files): (&RenamedFile, &[RenamedFile]),
        names: &NewNames,
    ) -> Result<SessionSnapshot, StoryError> {
        let owners = Renamed::new(self.owners(), std::iter::once(brief).chain(files));
        let noted = ReadFiles::default();
        let read = StorySnapshot::read(self.environment(), &self.source(), &owners, &noted)?;
        let plan = read.story.plan(&read.settings);
        let (story, settings) = (&read.story, &read.settings);
        let mut written = Written::read(story, session, &plan, settings, &owners, self.disk())?;
        // What is known of a chunk, and of what it says, stays as it is.
        let chunks = before.written.view.chunks.iter();
        for (index, (old, new)) in chunks.zip(&mut written.view.chunks).enumerate() {
            let record = old.record.as_ref();
            new.record = record.map(|record| with_new_keys(record, names).into());
            let standing = before.written.standings.get(index).copied().flatten();
            let file = files.iter().find(|file| {
                file.path.extension().is_some_and(|end| end == "json")
                    && file.path.file_stem() == old.path.file_stem()
            });
            if let (Some(Standing::Current), Some(file)) = (standing, file) {
                let state = state_file::state_of(&file.renamed());
                written.states[index] = state.map(Arc::new);
            } else if standing == Some(Standing::Current) {
                written.states[index].clone_from(&before.written.states[index]);
            }
        }
        Ok(SessionSnapshot::new(
            Arc::new(read),
            plan,
            session.clone(),
            written,
            Arc::default(),
        ))
    }
}

/// Returns a record whose inputs go by the new names.
fn with_new_keys(record: &ChunkRecord, names: &NewNames) -> ChunkRecord {
    let key = |name: &str| match Slice::parse(name) {
        Some(slice) => names.slice(slice).name(),
        None => name.to_owned(),
    };
    let inputs = record.inputs.iter();
    ChunkRecord {
        inputs: inputs
            .map(|(name, digest)| (key(name), digest.clone()))
            .collect(),
        ..record.clone()
    }
}
