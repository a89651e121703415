//! Holds the texts that the store could not save. A job keeps them in memory to its end, tries to save them
//! once more, puts them into another folder where that fails too, and names that folder to the author.

use std::sync::PoisonError;

use super::running::Job;
use crate::events::outcomes::{Fate, Unsaved};
use crate::jobs::run::blocking::blocking;
use crate::jobs::write::draft::{Draft, OldText};
use crate::session::{ChunkView, Kept};
use crate::story::words;

impl Job {
    /// Keeps the text of a draft that a failure of the store ended.
    pub(crate) fn hold_unsaved(&self, unsaved: Option<Unsaved>) {
        let mut held = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(unsaved);
    }

    /// Returns the text of a draft in the form in which it is kept.
    pub(crate) fn unsaved(&self, chunk: &ChunkView, draft: &Draft) -> Option<Unsaved> {
        let prose = draft.prose.trim_end();
        (!prose.is_empty()).then(|| Unsaved {
            number: chunk.number,
            prose: chunk.going_on(prose).into_owned(),
            replaces_other: draft.old != OldText::None,
            words: words::count(prose, &self.brief().language),
        })
    }

    /// Tries again to save the texts; returns the fate of those that are not in their own files then.
    pub(crate) async fn rescue(&self) -> Vec<Fate> {
        let held =
            std::mem::take(&mut *self.unsaved.lock().unwrap_or_else(PoisonError::into_inner));
        let session = self.session().clone();
        blocking(move || {
            let fate = |it: Unsaved| {
                let elsewhere = std::env::temp_dir();
                let kept = session.rescue(it.number, &it.prose, it.replaces_other, &elsewhere);
                let file = match kept {
                    Kept::InPlace => return None,
                    Kept::Rescued(file) => Some(file),
                    Kept::Nowhere => None,
                };
                let (number, words) = (it.number, it.words);
                Some(Fate {
                    number,
                    words,
                    file,
                })
            };
            held.into_iter().filter_map(fate).collect()
        })
        .await
    }
}
