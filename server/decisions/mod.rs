//! Carries out an author's decisions: texts kept, locked, restored and accepted; drafts created, switched and
//! adopted; new stories.

mod candidates;
mod carrying_out;
pub mod dismiss;
pub mod new_story;
pub mod rename;
pub mod sessions;
pub mod upkeep;
