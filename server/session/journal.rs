//! Keeps journals and the chunk files that they belong to in step; what a journal says is in
//! [`crate::story::journal`].

pub(super) mod settling;

use std::sync::{Mutex, PoisonError};

/// Saves and settles of this process take turns: a settle must not remove what a save has
/// just written.
static TURN: Mutex<()> = Mutex::new(());

/// Does something about a journal while nobody else of this process does.
pub(crate) fn in_turn<T>(action: impl FnOnce() -> T) -> T {
    // The lock guards no data, so a panic elsewhere leaves nothing broken.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    action()
}
