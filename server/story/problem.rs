//! Defines a problem of a text with its place.

use serde::{Deserialize, Serialize};

/// A range of bytes of the text that was parsed; both ends lie on character boundaries.
pub type Span = std::ops::Range<usize>;

/// How much a [`Problem`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// An error: nothing can be written until it is mended.
    Error,
    /// Writing works, but probably not as the author meant it.
    Warning,
    /// Worth a look, and perhaps meant so.
    Information,
    /// A suggestion.
    Hint,
}

/// One finding about a text, in words that a writer understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The place of the problem, in bytes of the text.
    pub span: Span,
    pub severity: Severity,
    /// Stable kebab-case name of the kind of problem, such as `duplicate-beat-id`.
    pub code: &'static str,
    /// One or two sentences: what is wrong, and what to do.
    pub message: String,
}

impl Problem {
    pub fn error(span: Span, code: &'static str, message: impl Into<String>) -> Self {
        Problem {
            span,
            severity: Severity::Error,
            code,
            message: message.into(),
        }
    }

    pub fn warning(span: Span, code: &'static str, message: impl Into<String>) -> Self {
        Problem {
            span,
            severity: Severity::Warning,
            code,
            message: message.into(),
        }
    }

    pub fn hint(span: Span, code: &'static str, message: impl Into<String>) -> Self {
        Problem {
            span,
            severity: Severity::Hint,
            code,
            message: message.into(),
        }
    }
}

/// Tells the line of a byte offset, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}
