//! What stands in for a brief where none governs a text: its title and its language.

use crate::story::lint::language_of;
use crate::story::text::boundaries;
use crate::story::{Brief, Language};

/// As much of a text as is read for it, in bytes.
const READ: usize = 16 * 1024;

/// Makes a brief of what a text tells of itself: its front matter, its first heading, and the language that it is
/// written in, as far as that can be seen. `name` is that of its file.
pub fn plain_brief(text: &str, name: Option<&str>) -> Brief {
    let text = &text[..boundaries::floor(text, READ)];
    let told = Brief::parse(text);
    let mut brief = Brief::parse("");
    let heading = text.lines().find_map(|line| line.strip_prefix("# "));
    let title = told.has_title.then_some(told.title.as_str());
    let title = title.or_else(|| heading.map(str::trim)).or(name);
    brief.title = title.unwrap_or_default().to_owned();
    let is_told = told.front_matter.as_ref().is_some_and(|front| {
        let mut keys = front.entries.iter();
        keys.any(|entry| entry.key == "language")
    });
    brief.language = match is_told {
        true => told.language,
        // No language: nothing is held against an answer.
        false => language_of(text)
            .or_else(|| Language::parse("und"))
            .unwrap_or_default(),
    };
    brief
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_its_title_and_its_language() {
        for (text, name, title, language) in [
            ("", None, "", "und"),
            ("Mara.", Some("notes"), "notes", "und"),
            ("# The Lamp\n\nMara.", Some("notes"), "The Lamp", "und"),
            (
                "---\ntitle: Glas\nlanguage: de\n---\nMara.",
                None,
                "Glas",
                "de",
            ),
            ("灯は消えた。彼女は立った。", None, "", "ja"),
            (
                "She took the lamp from the wall and went down the stairs, and all the way down she counted them.",
                None,
                "",
                "en",
            ),
        ] {
            let brief = plain_brief(text, name);
            assert_eq!(brief.title, title, "{text}");
            assert_eq!(brief.language.as_str(), language, "{text}");
        }
    }
}
