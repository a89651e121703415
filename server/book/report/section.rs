//! Writes what all sections of the page are made of.

use super::{Chunk, Report, Status};
use crate::book::xml::escaped;
use crate::story::ChunkNumber;

pub fn section(heading: &str, about: &str, content: &str) -> String {
    format!("<section>\n<h2>{heading}</h2>\n<p>{about}</p>\n{content}</section>\n")
}

pub fn figure(picture: &str) -> String {
    format!("<figure>\n{picture}</figure>\n")
}

pub fn name(chunk: &Chunk) -> String {
    format!("{}. {}", chunk.number, chunk.title)
}

/// Links to chunks by their numbers; three in a row or more are a range.
pub fn links(report: &Report, numbers: &[ChunkNumber]) -> String {
    let link = |number: u32| {
        let chunk = report.chunks.iter().find(|chunk| chunk.number.0 == number);
        let (to, title) = chunk.map_or(("", ""), |it| (it.link.as_str(), it.title.as_str()));
        let (to, title) = (escaped(to), escaped(title));
        format!("<a href=\"{to}\" title=\"{title}\">{number}</a>")
    };
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers.iter().map(|number| number.0) {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let shown = runs.into_iter().map(|(first, last)| match last - first {
        0 => link(first),
        1 => format!("{}, {}", link(first), link(last)),
        _ => format!("{}–{}", link(first), link(last)),
    });
    shown.collect::<Vec<_>>().join(", ")
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
