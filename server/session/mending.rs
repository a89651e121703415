//! Seams between chunks that were written beside each other: which are still open, and a chunk
//! whose beginning was fitted to the text before it.
//!
//! A text that is mended goes to history first, and nothing is mended that is not just as it
//! was when the mending was worked out.

use super::chunk_file::{self, FileStatus};
use super::error::StoreError;
use super::intent::{Intent, Step};
use super::manifest::{ChunkStatus, Origin, TokenUsage};
use super::recover::ChunkView;
use super::writer::{Inner, Session, State};
use super::{ClientEdit, Saved, changelog};
use crate::story::{ChunkNumber, Digest, words};

/// What comes of looking at a seam.
#[derive(Debug, Clone, PartialEq)]
pub struct Mending {
    /// The whole prose with its new beginning; `None`: it stays as it is.
    pub prose: Option<String>,
    /// Why the old text goes, for history and changelog.
    pub why: String,
    /// The input slice that stands for the text before, and its digest now.
    pub input: (String, Digest),
    /// The digest of that slice for the next chunk, with the old text and with the new: what it
    /// was written from has not really changed.
    pub next: (Digest, Digest),
    pub usage: TokenUsage,
    /// In the currency of the configured prices.
    pub cost: Option<f64>,
}

impl Session {
    /// Notes whether the text of a chunk begins without regard to the one before it. Best
    /// called when its first words are there. Writes only where that changes what is known.
    pub fn mark_seam(&self, number: ChunkNumber, open: bool) -> Result<(), StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        let record = state.manifest.record(&inner.plan[index].beat);
        let Some(mut record) = record.filter(|record| record.seam_open != open).cloned() else {
            return Ok(());
        };
        inner.finish_pending(&mut state)?;
        record.seam_open = open;
        state.manifest.set_record(record);
        inner.write_manifest(&mut state)
    }

    /// Closes the seam before a chunk, which still has to have the text of the digest `of`,
    /// complete and as it was generated. `None`, and nothing is changed, where it has not.
    ///
    /// # Errors
    /// As for [`Session::complete_chunk`]; the chunk's old text is then where it was.
    pub fn mend_chunk(
        &self,
        number: ChunkNumber,
        of: &Digest,
        mending: Mending,
    ) -> Result<Option<Saved>, StoreError> {
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut state = inner.lock_state();
        inner.finish_pending(&mut state)?;
        let chunk = inner.view()?.chunks.swap_remove(index);
        let is_same = &chunk.digest == of
            && chunk.status == ChunkStatus::Complete
            && chunk.origin == Some(Origin::Generated);
        if !is_same {
            return Ok(None);
        }
        inner.mend(&mut state, index, &chunk, mending)?;
        Ok(Some(std::mem::take(&mut state.owed)))
    }
}

impl Inner {
    fn mend(
        &self,
        state: &mut State,
        index: usize,
        chunk: &ChunkView,
        mending: Mending,
    ) -> Result<(), StoreError> {
        let planned = &self.plan[index];
        let Some(mut record) = state.manifest.record(&planned.beat).cloned() else {
            return Ok(());
        };
        record.seam_open = false;
        record
            .inputs
            .insert(mending.input.0.clone(), mending.input.1);
        record.usage.get_or_insert_default().add(mending.usage);
        if let Some(cost) = mending.cost {
            record.cost = Some(record.cost.unwrap_or(0.0) + cost);
        }
        let mut steps = Vec::new();
        let mut edit = None;
        if let Some(prose) = &mending.prose {
            let digest = chunk_file::digest(prose);
            record.words = words::count(prose, &self.language);
            record.content_sha256 = Some(digest.clone());
            record.generated_sha256 = Some(digest);
            let (step, owed) = self.mended_text(state, index, chunk, prose, &mending.why)?;
            steps.push(step);
            edit = owed;
            steps.extend(self.next_record(state, index, &mending.input.0, &mending.next));
        }
        steps.push(Step::Record {
            record: Box::new(record),
        });
        if mending.prose.is_some() {
            steps.push(Step::Assemble);
            let event = format!(
                "fitted the beginning of chunk {} ({}): {}",
                planned.number, planned.beat, mending.why
            );
            steps.push(Step::Line {
                line: changelog::line(self.disk.now(), &event),
            });
        }
        let what = format!("fit the beginning of chunk {}", planned.number);
        self.change(state, &Intent::new(what, self.disk.now(), steps))?;
        if let Some(prose) = &mending.prose {
            state.wrote(planned.number, chunk_file::digest(prose));
        }
        edit.into_iter().for_each(|edit| state.owe(edit));
        Ok(())
    }

    /// The step that puts the new text where the old one is, which is in history by then: into
    /// the file, or for one that an editor has into the journal beside it.
    fn mended_text(
        &self,
        state: &State,
        index: usize,
        chunk: &ChunkView,
        prose: &str,
        why: &str,
    ) -> Result<(Step, Option<ClientEdit>), StoreError> {
        let status = FileStatus::Complete;
        let path = state.files[index].clone();
        if self.is_open(&path) {
            let base = self.owners.open_text(&path).unwrap_or_default();
            let text = self.render(index, status, &chunk_file::parse(&base), prose);
            let step = self.journal_step(state, index, status, prose, why)?;
            return Ok((step, Some(ClientEdit { path, text, base })));
        }
        let there = self.there(&path)?;
        self.refuse_read_only(&path)?;
        self.keep_replaced(state, index, status, &chunk.text, why)?;
        let step = Step::Put {
            file: self.inside(&path),
            text: self.render(index, status, &there.file, prose),
            over: there.raw.iter().map(|text| Digest::of(text)).collect(),
        };
        Ok((step, None))
    }

    /// The record of the chunk after, where that was written from the text that is mended.
    fn next_record(
        &self,
        state: &State,
        index: usize,
        slice: &str,
        (then, now): &(Digest, Digest),
    ) -> Option<Step> {
        let next = self.plan.get(index + 1)?;
        let record = state.manifest.record(&next.beat)?;
        if then == now || record.inputs.get(slice) != Some(then) {
            return None;
        }
        let mut record = record.clone();
        record.inputs.insert(slice.to_owned(), now.clone());
        Some(Step::Record {
            record: Box::new(record),
        })
    }
}
