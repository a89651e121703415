//! What is offered, and how it fits what was typed.

use crate::analysis::features::keys::Key;
use crate::story::Span;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    Key,
    Value,
    Character,
    Beat,
    Section,
    Note,
}

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub label: String,
    pub kind: ItemKind,
    pub detail: Option<&'static str>,
    /// What takes the place of `span`.
    pub text: String,
    /// Where the cursor is then, in bytes of `text`.
    pub cursor: usize,
    /// What was begun, in bytes of the document; ends where the cursor stands.
    pub span: Span,
}

impl Item {
    pub(super) fn new(kind: ItemKind, text: impl Into<String>, span: &Span) -> Item {
        let text = text.into();
        Item {
            label: text.trim_end_matches([':', ' ']).to_owned(),
            kind,
            detail: None,
            cursor: text.len(),
            text,
            span: span.clone(),
        }
    }

    pub(super) fn of_key(key: &Key, ends: &str, span: &Span) -> Item {
        Item {
            detail: Some(key.meaning),
            label: key.name.to_owned(),
            ..Item::new(ItemKind::Key, format!("{}{ends}", key.name), span)
        }
    }
}

/// A line up to the cursor.
pub(super) struct Line<'a> {
    pub(super) before: &'a str,
    pub(super) start: usize,
}

impl Line<'_> {
    /// Returns the span from a byte of the line to the cursor.
    pub(super) fn from(&self, at: usize) -> Span {
        self.start + at..self.start + self.before.len()
    }
}

pub(super) fn values(key: Option<&Key>, begun: &str, span: &Span) -> Vec<Item> {
    let values = key.map_or(&[][..], |key| key.values).iter();
    let values = values.filter(|value| begins(value, begun));
    values
        .map(|value| Item::new(ItemKind::Value, *value, span))
        .collect()
}

/// Tells whether a text begins with what was typed, without regard to case.
pub(super) fn begins(text: &str, typed: &str) -> bool {
    text.to_lowercase().starts_with(&typed.to_lowercase())
}
