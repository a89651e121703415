//! A note about something, as an editor shows it: in markdown or as it is.

use std::fmt::Write as _;

use crate::story::controls::shown;

/// A note, built from top to bottom. What it is given is data: no markup in it is rendered, and nothing in it is
/// obeyed by an editor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Title(String),
    Text(String),
    Fact(&'static str, String),
}

impl Note {
    pub fn titled(title: impl Into<String>) -> Note {
        Note {
            parts: vec![Part::Title(title.into())],
        }
    }

    /// Adds a paragraph; nothing where it is empty.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Note {
        let text = text.into();
        if !text.trim().is_empty() {
            self.parts.push(Part::Text(text.trim().to_owned()));
        }
        self
    }

    /// Adds a line with a label; nothing where there is no value.
    #[must_use]
    pub fn fact(mut self, label: &'static str, value: impl Into<Option<String>>) -> Note {
        if let Some(value) = value.into().filter(|value| !value.trim().is_empty()) {
            self.parts.push(Part::Fact(label, value));
        }
        self
    }

    /// Adds another note.
    #[must_use]
    pub fn and(mut self, other: Note) -> Note {
        self.parts.extend(other.parts);
        self
    }

    pub fn as_markdown(&self) -> String {
        self.render(|part, text| match part {
            Part::Title(title) => write!(text, "**{}**", escaped(title)),
            Part::Text(said) => write!(text, "{}", escaped(said)),
            Part::Fact(label, value) => write!(text, "- {label}: {}", escaped(value)),
        })
    }

    pub fn as_plain_text(&self) -> String {
        self.render(|part, text| match part {
            Part::Title(said) | Part::Text(said) => write!(text, "{}", shown(said)),
            Part::Fact(label, value) => write!(text, "{label}: {}", shown(value)),
        })
    }

    fn render(&self, one: impl Fn(&Part, &mut String) -> std::fmt::Result) -> String {
        let mut text = String::new();
        let mut before: Option<&Part> = None;
        for part in &self.parts {
            let are_facts =
                |before: &Part| matches!((before, part), (Part::Fact(..), Part::Fact(..)));
            match before.map(are_facts) {
                None => {}
                Some(true) => text.push('\n'),
                Some(false) => text.push_str("\n\n"),
            }
            // Nothing fails that writes into a string.
            let _ = one(part, &mut text);
            before = Some(part);
        }
        text
    }
}

/// Writes a text so that markdown shows it as it is: a brief may come from anybody, and a picture in it would be
/// fetched.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in shown(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' | '|' | '~' | '&' | '$'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_rendered_and_what_it_says_is_not() {
        let note = Note::titled("Mara [x](command:y)")
            .text("Dry.\nA ![picture](https://example.org/a.png) \u{1b}[2J")
            .text("  ")
            .fact("place", "the *stair*".to_owned())
            .fact("holds", None)
            .fact("knows", Some("all".to_owned()));
        assert_eq!(
            note.as_markdown(),
            "**Mara \\[x\\](command:y)**\n\nDry.\nA \\!\\[picture\\](https://example.org/a.png) \
             \\\\u{1b}\\[2J\n\n- place: the \\*stair\\*\n- knows: all"
        );
        assert_eq!(
            note.as_plain_text(),
            "Mara [x](command:y)\n\nDry.\nA ![picture](https://example.org/a.png) \\u{1b}[2J\n\nplace: the *stair*\nknows: all"
        );
    }
}
