//! Joins a problem with the file that it is in.

use std::path::PathBuf;
use std::sync::Arc;

use crate::story::Problem;

/// Names a problem and the file that it is in.
#[derive(Debug, Clone)]
pub struct PlacedProblem {
    pub path: PathBuf,
    /// The file's text; the problem's span is a place in it.
    pub text: Arc<str>,
    pub problem: Problem,
}
