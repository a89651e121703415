//! Defines the notices of the store to the author, apart from results and errors.

/// A message to the author about the files of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Stable kebab-case name of the kind of notice.
    pub code: &'static str,
    /// One or two sentences: what happened, what is safe, what to do.
    pub message: String,
}
