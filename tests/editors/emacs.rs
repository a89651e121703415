//! A session of an author in a real Emacs, with its LSP client eglot.

use std::time::Duration;

use super::program;

/// Measured: 25 s.
const DEADLINE: Duration = Duration::from_secs(300);

#[test]
fn an_author_writes_a_chunk_in_emacs() {
    program::session("emacs/session.py", DEADLINE);
}
