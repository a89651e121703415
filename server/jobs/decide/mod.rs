//! What an author decides: texts kept, locked, restored and taken; drafts begun, switched and adopted; new stories.

pub mod drafts;
pub mod new_story;
pub mod upkeep;
