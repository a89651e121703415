//! Defines what is found in the chunks of a session.

use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::ledger::{THREAD_BEAT, THREAD_OVERDUE};
use crate::story::conflict_markers::MERGE_CONFLICT;
use crate::story::{BeatId, ChunkNumber, Severity, Span};

pub const STALE: &str = "stale-chunk";
pub const PARTIAL: &str = "partial-chunk";
pub const FAILED: &str = "failed-chunk";
pub const DAMAGED: &str = "damaged-front-matter";
pub const CONFLICT_COPY: &str = "conflict-copy";
pub const WITHOUT_BEAT: &str = "chunk-without-beat";
pub const CONTRADICTION: &str = "contradiction";
pub const DISMISSED_UNUSABLE: &str = "dismissed-unusable";

/// A file as it was read: its open document, else what is on disk.
#[derive(Debug, Clone)]
pub struct SourceText {
    pub path: PathBuf,
    pub text: Arc<str>,
    /// The chunk whose file it is, by its number and beat.
    pub chunk: Option<(ChunkNumber, BeatId)>,
    /// Whether that chunk is partial or failed.
    pub is_unfinished: bool,
}

/// A span of one of the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The index into the texts of the findings.
    pub text: usize,
    /// The span in bytes of the whole file, front matter and byte order mark included.
    pub span: Span,
}

/// A finding that the author of a chunk may want to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub place: Place,
    /// The severity as the author set it for the code; by itself an error only where a file is damaged, or has an
    /// unresolved merge conflict.
    pub severity: Severity,
    /// The stable kebab-case name: one of the lint's, or of this module's.
    pub code: &'static str,
    pub message: String,
    /// Related places, each with a phrase about it.
    pub related: Vec<(Place, &'static str)>,
    /// The plain correction, if there is one: a span of the same text, and its replacement.
    pub correction: Option<(Span, String)>,
}

impl Finding {
    /// Tells whether the author may call it no problem: what is said of the prose of a chunk, and not of the state of
    /// its file.
    pub fn may_be_dismissed(&self) -> bool {
        !matches!(
            self.code,
            STALE
                | PARTIAL
                | FAILED
                | DAMAGED
                | MERGE_CONFLICT
                | CONFLICT_COPY
                | WITHOUT_BEAT
                | DISMISSED_UNUSABLE
                | THREAD_BEAT
                | THREAD_OVERDUE
        )
    }
}
