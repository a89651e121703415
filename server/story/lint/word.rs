//! Defines a word of a chunk: its key, its place and its surroundings.

use super::super::Span;
use super::fold::Key;

/// A word, or one character of a script without blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub key: Key,
    pub start: u32,
    pub end: u32,
    pub marks: u16,
}

pub(super) const CAPITAL: u16 = 1;
pub(super) const ALL_CAPS: u16 = 1 << 1;
pub(super) const OPENS: u16 = 1 << 2;
pub(super) const SPOKEN: u16 = 1 << 3;
pub(super) const EMPHASISED: u16 = 1 << 4;
pub(super) const JOINED: u16 = 1 << 5;
pub(super) const UNSPACED: u16 = 1 << 6;
pub(super) const POSSESSIVE: u16 = 1 << 7;
pub(super) const ENDS: u16 = 1 << 8;

impl Word {
    /// Returns the span of the word in bytes of the prose, without a possessive ending.
    pub(super) fn span(&self) -> Span {
        self.start as usize..self.end as usize
    }

    /// Tells whether it begins with a capital.
    pub(super) fn is_capital(&self) -> bool {
        self.marks & CAPITAL != 0
    }

    /// Tells whether it has two letters at least, all of them capitals.
    pub(super) fn is_all_caps(&self) -> bool {
        self.marks & ALL_CAPS != 0
    }

    /// Tells whether any word may have a capital at this place: at the start of a sentence or a quotation,
    /// after a colon, a dash, a bracket.
    pub(super) fn opens(&self) -> bool {
        self.marks & OPENS != 0
    }

    /// Tells whether the narrator says it: neither in quotation marks nor a thought in italics.
    pub(super) fn is_narrated(&self) -> bool {
        self.marks & (SPOKEN | EMPHASISED) == 0
    }

    pub(super) fn is_spoken(&self) -> bool {
        self.marks & SPOKEN != 0
    }

    /// Tells whether only a blank or a hyphen is between the word and the one before.
    pub(super) fn is_joined(&self) -> bool {
        self.marks & JOINED != 0
    }

    /// Tells whether it is one character of a script without blanks.
    pub(super) fn is_unspaced(&self) -> bool {
        self.marks & UNSPACED != 0
    }

    pub(super) fn is_possessive(&self) -> bool {
        self.marks & POSSESSIVE != 0
    }

    /// Tells whether a comma, colon or full stop follows.
    pub(super) fn ends_phrase(&self) -> bool {
        self.marks & ENDS != 0
    }
}
