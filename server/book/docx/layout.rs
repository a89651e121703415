//! Says how the pages look, and how long the book is on the first.

use crate::book::Book;
use crate::book::contents::Flow;
use crate::story::text::numbers::grouped;
use crate::story::words;

/// How the pages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Standard manuscript format: twelve points, double spaced, a running head, chapters a third down the page,
    /// `#` between scenes.
    Manuscript,
    Plain,
}

/// Says about how long the book is, as a manuscript's first page does: to the next hundred.
pub fn length(book: &Book) -> String {
    let count: u32 = book
        .scenes()
        .map(|scene| words::count(&scene.text, &book.language))
        .sum();
    let rounded = match count {
        0..=99 => count,
        _ => count.saturating_add(50) / 100 * 100,
    };
    match book.language.primary().as_str() {
        "en" => format!("about {} {}", grouped(rounded), book.language.unit()),
        _ => format!("≈ {rounded}"),
    }
}

/// Returns the properties of the one section.
pub fn section(book: &Book) -> String {
    let flow = match book.flow {
        Flow::Vertical => "<w:textDirection w:val=\"tbRl\"/>",
        Flow::Horizontal if book.is_right_to_left() => "<w:bidi/>",
        Flow::Horizontal => "",
    };
    format!(
        "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId4\"/><w:pgSz w:w=\"12240\" w:h=\"15840\"/>\
         <w:pgMar w:top=\"1440\" w:right=\"1440\" w:bottom=\"1440\" w:left=\"1440\" w:header=\"720\" w:footer=\"720\" \
         w:gutter=\"0\"/><w:titlePg/>{flow}</w:sectPr>"
    )
}
