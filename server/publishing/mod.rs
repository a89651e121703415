//! Carries a story out of the workspace and into it: books, archives, pages.
//!
//! Acts on files and asks no model. What a book looks like is decided in [`crate::book`], which does no I/O; here
//! it is read together and written.

pub mod count;
pub mod draft;
pub mod export;
pub mod import;
pub mod pages;
pub mod report;
