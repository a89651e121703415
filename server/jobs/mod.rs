//! Runs jobs, which plan, write, read, refine and audit a story.
//!
//! Only here is a model asked for anything and a session written. Jobs speak of stories, beats and chunks; they
//! know no terminal and no editor protocol: both listen through [`crate::events::job::Observer`], and an editor's open
//! files come in through [`run::editor::Editor`].

pub mod assignment;
pub(crate) mod candidates;
pub mod inplace;
pub mod passes;
pub mod plan;
pub mod run;
pub(crate) mod state;
pub mod write;
