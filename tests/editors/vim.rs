//! A session of an author in a real Vim, with ALE as its LSP client.

use std::time::Duration;

use super::program;

/// Measured: 10 s.
const DEADLINE: Duration = Duration::from_secs(300);

#[test]
fn an_author_writes_chunks_in_vim_with_ale() {
    program::session("vim/session.py", DEADLINE);
}
