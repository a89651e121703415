//! A story as a book: one value, and every format that it leaves in as a function of it; and books read as
//! stories.
//!
//! Pure: values in, pieces of text out, made when they are asked for, so that a long book is never held in a
//! format's size. The same value gives the same bytes.

mod contents;
pub mod count;
mod docx;
mod epub;
pub mod format;
mod html;
mod language_words;
mod markdown;
pub mod markup;
mod part;
pub mod read;
pub mod report;
mod text;
mod xhtml;
mod xml;

pub use contents::{Book, Chapter, Cover, Edition, Matter, Picture, Scene};
pub use format::Format;
pub use part::{Content, Part, Pieces};

#[cfg(test)]
mod tests;
