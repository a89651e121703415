//! Defines the findings of the lint with their places.

use serde::Serialize;

use super::super::{ChunkNumber, Severity, Span};

/// One thing about the prose of a chunk that its author may want to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub chunk: ChunkNumber,
    /// Bytes of that chunk's prose; both ends lie on character boundaries.
    pub span: Span,
    /// A warning where the story probably contradicts its brief or itself, information where
    /// that may be meant, a hint on style. Never an error: prose is not wrong for a machine.
    pub severity: Severity,
    /// Stable kebab-case name of the check, one of [`CODES`].
    pub code: &'static str,
    /// One or two sentences that a writer understands: what is there, and what to do.
    pub message: String,
    /// Other places that it is about, in bytes of their chunks' prose.
    pub related: Vec<(ChunkNumber, Span)>,
    /// The place in the brief that the finding is about, in bytes.
    pub in_brief: Option<Span>,
    /// The replacement for the span, where that is obvious; empty to delete it.
    pub suggestion: Option<String>,
}

/// The codes of all checks.
pub const CODES: [&str; 15] = [
    "name-drift",
    "unknown-name",
    "pov-shift",
    "tense-shift",
    "protagonist-absent",
    "setting-absent",
    "rule-renumbered",
    "rule-contradicted",
    "repeated-passage",
    "seam-echo",
    "worn-phrase",
    "length",
    "unfinished-sentence",
    "wrong-language",
    "leftover",
];

/// A finding that needs no more than its chunk's text, before it has a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub span: Span,
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    pub suggestion: Option<String>,
}

impl Remark {
    pub(super) fn warning(span: Span, code: &'static str, message: impl Into<String>) -> Remark {
        Remark {
            span,
            severity: Severity::Warning,
            code,
            message: message.into(),
            suggestion: None,
        }
    }

    pub(super) fn information(
        span: Span,
        code: &'static str,
        message: impl Into<String>,
    ) -> Remark {
        Remark {
            severity: Severity::Information,
            ..Remark::warning(span, code, message)
        }
    }

    pub(super) fn hint(span: Span, code: &'static str, message: impl Into<String>) -> Remark {
        Remark {
            severity: Severity::Hint,
            ..Remark::warning(span, code, message)
        }
    }

    pub(super) fn suggesting(self, suggestion: impl Into<String>) -> Remark {
        Remark {
            suggestion: Some(suggestion.into()),
            ..self
        }
    }

    pub(super) fn in_chunk(self, chunk: ChunkNumber) -> Finding {
        Finding {
            chunk,
            span: self.span,
            severity: self.severity,
            code: self.code,
            message: self.message,
            related: Vec::new(),
            in_brief: None,
            suggestion: self.suggestion,
        }
    }
}
