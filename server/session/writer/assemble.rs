//! Assembles full_story.md from the chunks. Pure.
//!
//! The story of a million words is larger than all else that a job holds, so it is compared and continued piece by
//! piece, and made as a whole only where the file is written anew.

use std::borrow::Cow;

use crate::session::PlannedChunk;
use crate::session::manifest::record::ChunkStatus;
use crate::session::view::ChunkView;
use crate::story::Digest;
use crate::story::title_page::{TitlePage, escaped};

/// The story so far: its head, title, chapter headings, and the complete chunks in order, with a blank line between
/// any two.
#[derive(Clone, Copy)]
pub(crate) struct Assembly<'a> {
    pub(crate) page: &'a TitlePage,
    pub(crate) plan: &'a [PlannedChunk],
    pub(crate) chunks: &'a [ChunkView],
}

impl<'a> Assembly<'a> {
    /// Returns the whole text.
    pub(crate) fn text(self) -> String {
        self.pieces().collect()
    }

    pub(crate) fn digest(self) -> Digest {
        Digest::of_pieces(self.pieces())
    }

    /// Returns what follows after `begun`, which may end inside of a letter; `None` where the story does not begin so.
    pub(crate) fn rest(self, mut begun: &[u8]) -> Option<Vec<u8>> {
        let mut rest = Vec::new();
        for piece in self.pieces() {
            let (there, new) = piece.as_bytes().split_at(begun.len().min(piece.len()));
            begun = begun.strip_prefix(there)?;
            rest.extend_from_slice(new);
        }
        begun.is_empty().then_some(rest)
    }

    /// Returns the digest of the story as earlier versions assembled it, without a head and with titles unescaped,
    /// where `text` is that.
    pub(crate) fn earlier_digest(self, text: &str) -> Option<Digest> {
        let mut left = text;
        for piece in self.below(self.page.title_line(), str::to_owned) {
            left = left.strip_prefix(&*piece)?;
        }
        left.is_empty().then(|| Digest::of(text))
    }

    fn pieces(self) -> impl Iterator<Item = Cow<'a, str>> {
        self.below(self.page.markdown(), escaped)
    }

    fn below(
        self,
        head: String,
        heading: fn(&str) -> String,
    ) -> impl Iterator<Item = Cow<'a, str>> {
        let mut chapter = None;
        let written = self.plan.iter().zip(self.chunks);
        let written = written.filter(|(_, chunk)| chunk.status == ChunkStatus::Complete);
        let pieces = written.flat_map(move |(planned, chunk)| {
            let begins = planned.chapter.as_ref().filter(|it| Some(*it) != chapter);
            chapter = begins.or(chapter);
            let above =
                begins.map_or_else(String::new, |it| format!("\n## {}\n", heading(it.trim())));
            let text = Cow::Borrowed(chunk.text.trim());
            [Cow::Owned(above + "\n"), text, Cow::Borrowed("\n")]
        });
        std::iter::once(Cow::Owned(head)).chain(pieces)
    }
}
