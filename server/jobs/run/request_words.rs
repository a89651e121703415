//! Reads a job's request: the chunks that it names, and its wording.

use super::error::JobError;
use super::prepared::Prepared;
use super::workshop::{Reach, Scope};
use crate::analysis::selection::ChunkRef;
use crate::story::ChunkNumber;
use crate::story::ids;

impl Prepared {
    /// Returns the chunks that are named, if any are.
    pub(crate) fn named(&self) -> Result<Option<Vec<ChunkNumber>>, JobError> {
        self.request.scope.named(&self.plan)
    }

    /// Returns the chunk that is asked for, if it is just one.
    pub(crate) fn chunk(&self) -> Result<Option<ChunkNumber>, JobError> {
        Ok(match self.named()?.as_deref() {
            Some([number]) => Some(*number),
            _ => None,
        })
    }

    /// Returns the request in words.
    pub(crate) fn asked(&self) -> String {
        let chunk = |chunk: &ChunkRef| match chunk.resolve(&self.plan) {
            Ok(number) => format!("chunk {number}"),
            Err(_) => "a chunk".to_owned(),
        };
        let several = || match self.named() {
            Ok(Some(numbers)) => ids::chunks(&numbers),
            _ => "chunks".to_owned(),
        };
        match &self.request.scope {
            Scope::Remaining => "write what is not complete".to_owned(),
            Scope::Chunks(_) => format!("write {}", several()),
            Scope::UpTo(which) => format!("write what is not complete up to {}", chunk(which)),
            Scope::Chapter(chapter) => {
                format!("write what is not complete of chapter {}", chapter.0)
            }
            Scope::Rewrite(_) => format!("rewrite {}", several()),
            Scope::RewriteWithNote {
                chunk: which, note, ..
            } => {
                format!("rewrite {} with the note “{note}”", chunk(which))
            }
            Scope::RewriteFrom(which) => format!("rewrite from {} on", chunk(which)),
            Scope::RewriteStale(Reach::Stale) => "rewrite what is stale".to_owned(),
            Scope::RewriteStale(Reach::Following) => {
                "rewrite what is stale, and what becomes stale by that".to_owned()
            }
            Scope::Candidates {
                chunk: which,
                count,
                ..
            } => format!("write {count} candidates of {}", chunk(which)),
            Scope::Refine { chunk: which, .. } => format!("refine {}", chunk(which)),
            Scope::Audit(Some(which)) => format!("audit {}", chunk(which)),
            Scope::Audit(None) => "audit what is complete".to_owned(),
            Scope::Read(which) => {
                let which = (which.chunk.as_ref(), which.again);
                match which {
                    (Some(which), false) => format!("read {}", chunk(which)),
                    (Some(which), true) => format!("read {} again", chunk(which)),
                    (None, false) => "read what is not known".to_owned(),
                    (None, true) => "read all chunks again".to_owned(),
                }
            }
        }
    }
}
