//! Loads the fixed texts of a prompt, which an author can replace by files for a story.
//!
//! A template is text with `{{placeholders}}`. It is data: it can't reach anything that its
//! placeholders do not name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::story::{Digest, Problem, Severity};

/// A template's name, its built-in text and the placeholders that it may have.
struct Known {
    name: &'static str,
    text: &'static str,
    placeholders: &'static [&'static str],
    /// Whether it is for prose, so that chunks depend on it.
    writes: bool,
}

pub const CONTRACT: &str = "contract";
pub const CLOSING: &str = "closing";
pub const CONTINUING: &str = "continuing";
pub const LAST_PART: &str = "last_part";
pub const BEGINNING: &str = "beginning";
pub const FURTHER: &str = "further";
pub const WHOLE_STORY: &str = "whole_story";
pub const PLAN: &str = "plan";
pub const PLAN_CLOSING: &str = "plan_closing";
pub const PLAN_FILLING: &str = "plan_filling";

const KNOWN: [Known; 10] = [
    Known {
        name: CONTRACT,
        text: include_str!("templates/contract.md"),
        placeholders: &["language", "title"],
        writes: true,
    },
    Known {
        name: CLOSING,
        text: include_str!("templates/closing.md"),
        placeholders: &["words", "unit", "number", "total", "title"],
        writes: true,
    },
    Known {
        name: CONTINUING,
        text: include_str!("templates/continuing.md"),
        placeholders: &["words", "unit", "number", "total", "title"],
        writes: true,
    },
    Known {
        name: LAST_PART,
        text: include_str!("templates/last_part.md"),
        placeholders: &["number", "total", "title"],
        writes: true,
    },
    Known {
        name: PLAN,
        text: include_str!("templates/plan.md"),
        placeholders: &["language", "title"],
        writes: false,
    },
    Known {
        name: PLAN_CLOSING,
        text: include_str!("templates/plan_closing.md"),
        placeholders: &["parts", "total", "words", "unit", "title"],
        writes: false,
    },
    Known {
        name: PLAN_FILLING,
        text: include_str!("templates/plan_filling.md"),
        placeholders: &["parts", "total", "words", "unit", "title"],
        writes: false,
    },
    Known {
        name: BEGINNING,
        text: include_str!("templates/beginning.md"),
        placeholders: &["words", "later", "unit", "number", "total", "title"],
        writes: true,
    },
    Known {
        name: FURTHER,
        text: include_str!("templates/further.md"),
        placeholders: &["words", "later", "unit", "number", "total", "title"],
        writes: true,
    },
    Known {
        name: WHOLE_STORY,
        text: include_str!("templates/whole_story.md"),
        placeholders: &["words", "unit", "first_mark", "last_mark", "total", "title"],
        writes: true,
    },
];

/// The templates in force: the built-in ones, but for those that the author replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    replaced: BTreeMap<&'static str, String>,
}

impl Templates {
    /// Returns the names that a template may have; its file is called `NAME.md`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.name)
    }

    /// Replaces a built-in template. Nothing changes for a name that is none.
    pub fn replace(&mut self, name: &str, text: &str) {
        if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
            self.replaced.insert(known.name, text.trim().to_owned());
        }
    }

    /// Returns what is wrong with a text that is to be the template of that name.
    pub fn problems(name: &str, text: &str) -> Vec<Problem> {
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        let mut rest = 0;
        while let Some(at) = text[rest..].find("{{").map(|at| rest + at) {
            let Some(length) = text[at..].find("}}") else {
                break;
            };
            let placeholder = text[at + 2..at + length].trim();
            rest = at + length + 2;
            if !known.placeholders.contains(&placeholder) {
                problems.push(Problem {
                    span: at..rest,
                    severity: Severity::Error,
                    code: "template-placeholder",
                    message: format!(
                        "There is no `{{{{{placeholder}}}}}` in this template; it knows {}.",
                        known.placeholders.join(", ")
                    ),
                });
            }
        }
        problems
    }

    /// Returns one digest of all templates for prose, for the records of what a chunk was written with.
    pub fn digest(&self) -> Digest {
        let texts: Vec<&str> = self.texts().collect();
        Digest::of(&texts.join("\0"))
    }

    /// Returns the texts of all templates for prose, with their placeholders.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let for_prose = KNOWN.iter().filter(|known| known.writes);
        for_prose.map(|known| self.text(known))
    }

    /// Returns a template with its placeholders filled in.
    pub(crate) fn fill(&self, name: &str, values: &[(&str, &str)]) -> String {
        let known = KNOWN.iter().find(|known| known.name == name);
        let mut rest = known.map_or("", |known| self.text(known));
        let mut filled = String::with_capacity(rest.len());
        // In one pass: what is filled in is the author's, and may look like a placeholder.
        while let Some(at) = rest.find("{{") {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let end = rest.find("}}");
            let value = end.and_then(|end| {
                let placeholder = rest[2..end].trim();
                values.iter().find(|(name, _)| *name == placeholder)
            });
            match (end, value) {
                (Some(end), Some((_, value))) => {
                    filled.push_str(value);
                    rest = &rest[end + 2..];
                }
                _ => {
                    filled.push_str("{{");
                    rest = &rest[2..];
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    fn text(&self, known: &Known) -> &str {
        self.replaced
            .get(known.name)
            .map_or(known.text.trim(), String::as_str)
    }
}

/// Returns the folder that holds a brief's templates: `templates` for `story.md`, `NAME.templates` for
/// `NAME.story.md`.
pub fn folder_name(brief_name: &str) -> Cow<'static, str> {
    match brief_name.strip_suffix(".story.md") {
        Some(name) if !name.is_empty() => Cow::Owned(format!("{name}.templates")),
        _ => Cow::Borrowed("templates"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_once() {
        let mut templates = Templates::default();
        templates.replace(
            CLOSING,
            "{{words}} {{ unit }} of {{title}}, {{nonsense}} {{",
        );
        let filled = templates.fill(
            CLOSING,
            &[("words", "9"), ("unit", "words"), ("title", "{{words}}")],
        );
        assert_eq!(filled, "9 words of {{words}}, {{nonsense}} {{");
    }

    #[test]
    fn an_unknown_placeholder_is_told_at_its_place() {
        let text = "In {{language}}, {{mood}}.";
        let problems = Templates::problems(CONTRACT, text);
        assert_eq!(problems.len(), 1);
        assert_eq!(&text[problems[0].span.clone()], "{{mood}}");
        for known in &KNOWN {
            assert_eq!(Templates::problems(known.name, known.text), []);
        }
    }

    #[test]
    fn a_replaced_template_changes_the_digest() {
        let builtin = Templates::default();
        let mut replaced = builtin.clone();
        replaced.replace("nonsense", "x");
        assert_eq!(builtin.digest(), replaced.digest());
        // No chunk was written with it.
        replaced.replace(PLAN, "Plan it.");
        assert_eq!(builtin.digest(), replaced.digest());
        replaced.replace(LAST_PART, "The end.");
        assert_ne!(builtin.digest(), replaced.digest());
    }
}
