//! Defines what a format is made of: files with their names, in pieces.

/// Pieces of text in order, each made when it is asked for.
pub type Pieces<'a> = Box<dyn Iterator<Item = String> + 'a>;

/// A file of a format that is an archive, or the only one of a format that is none.
pub struct Part<'a> {
    /// The path in the archive, with forward slashes.
    pub name: String,
    pub content: Content<'a>,
}

pub enum Content<'a> {
    Text(Pieces<'a>),
    /// Bytes that are packed already.
    Bytes(&'a [u8]),
}

impl<'a> Part<'a> {
    /// Makes a part of one text.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Part<'a> {
        Part::pieces(name, std::iter::once(text.into()))
    }

    /// Makes a part of pieces.
    pub fn pieces(name: impl Into<String>, pieces: impl Iterator<Item = String> + 'a) -> Part<'a> {
        Part {
            name: name.into(),
            content: Content::Text(Box::new(pieces)),
        }
    }
}
