//! Writes what all sections of the page are made of.

use super::{Chunk, Status};

pub fn section(heading: &str, about: &str, content: &str) -> String {
    format!("<section>\n<h2>{heading}</h2>\n<p>{about}</p>\n{content}</section>\n")
}

pub fn figure(picture: &str) -> String {
    format!("<figure>\n{picture}</figure>\n")
}

pub fn name(chunk: &Chunk) -> String {
    format!("{}. {}", chunk.number, chunk.title)
}

impl Status {
    pub(super) fn is_complete(self) -> bool {
        matches!(self, Status::Generated | Status::Edited | Status::Written)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Status::Missing => "missing",
            Status::Partial => "begun",
            Status::Failed => "failed",
            Status::Generated => "complete",
            Status::Edited => "complete, edited",
            Status::Written => "complete, your own",
        }
    }

    /// Returns the class of its bar.
    pub(super) fn class(self) -> &'static str {
        match self {
            Status::Missing => "none",
            Status::Partial | Status::Failed => "begun",
            Status::Generated => "full",
            Status::Edited | Status::Written => "light",
        }
    }
}
