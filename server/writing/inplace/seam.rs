//! How text that is put into a place meets the text around it.

use crate::story::text::sentences::is_finished;
use crate::writing::continuation;

/// Says how a continuation begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Seam {
    /// As a paragraph of its own, behind these line ends.
    Paragraph { lead: &'static str },
    /// In the running paragraph, maybe in the middle of a sentence.
    #[default]
    Onward,
}

impl Seam {
    /// Finds how a continuation begins between two texts.
    pub fn at(before: &str, after: &str) -> Seam {
        let ends_line = after.is_empty() || after.starts_with('\n');
        let ends_paragraph = after.trim().is_empty() || after.starts_with("\n\n");
        let last = before.rsplit('\n').next().unwrap_or_default();
        if before.trim().is_empty() || before.ends_with("\n\n") {
            return Seam::Paragraph { lead: "" };
        }
        if before.ends_with('\n') && ends_line {
            return Seam::Paragraph { lead: "\n" };
        }
        let is_heading = last.starts_with('#');
        if ends_line && (is_heading || ends_paragraph && is_finished(before.trim_end())) {
            return Seam::Paragraph { lead: "\n\n" };
        }
        Seam::Onward
    }

    /// Writes a continuation with what parts it from the text before and after it; nothing where it is empty.
    pub fn join(self, before: &str, prose: &str, after: &str) -> String {
        if prose.trim().is_empty() {
            return String::new();
        }
        match self {
            Seam::Paragraph { lead } => {
                let tail = match after {
                    _ if after.trim().is_empty() || after.starts_with("\n\n") => "",
                    _ if after.starts_with('\n') => "\n",
                    _ => "\n\n",
                };
                format!("{lead}{}{tail}", prose.trim())
            }
            Seam::Onward => {
                let joined = continuation::join(before, prose);
                let joined = joined.trim_end();
                let is_apart = after.is_empty() || after.starts_with(char::is_whitespace);
                let word = after.split_whitespace().next().unwrap_or_default();
                let spaced = !is_apart && continuation::join(joined, word).starts_with(' ');
                format!("{joined}{}", if spaced { " " } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_continuation_is_parted_from_the_text_around_it() {
        // The cursor is at the bar.
        for (text, expected) in [
            ("|", "NEW IS IT."),
            ("It rained.|", "It rained.\n\nNEW IS IT."),
            ("It rained.|\n", "It rained.\n\nNEW IS IT.\n"),
            ("It rained.\n|", "It rained.\n\nNEW IS IT."),
            ("It rained.\n\n|", "It rained.\n\nNEW IS IT."),
            ("It rained.\n|\n", "It rained.\n\nNEW IS IT.\n"),
            (
                "It rained.|\n\nShe sat.",
                "It rained.\n\nNEW IS IT.\n\nShe sat.",
            ),
            (
                "It rained.\n|\nShe sat.",
                "It rained.\n\nNEW IS IT.\n\nShe sat.",
            ),
            (
                "It rained.\n\n|She sat.",
                "It rained.\n\nNEW IS IT.\n\nShe sat.",
            ),
            ("It rained. |She sat.", "It rained. NEW IS IT. She sat."),
            ("It rained.| She sat.", "It rained. NEW IS IT. She sat."),
            ("It rained and|", "It rained and NEW IS IT."),
            ("It rained, |she sat.", "It rained, NEW IS IT. she sat."),
            ("It rained.|\nShe sat.", "It rained. NEW IS IT.\nShe sat."),
            ("# One|\n", "# One\n\nNEW IS IT.\n"),
            ("灯は消えた|。", "灯は消えたNEW IS IT.。"),
        ] {
            let (before, after) = text.split_once('|').unwrap();
            let joined = Seam::at(before, after).join(before, " NEW IS IT.\n", after);
            assert_eq!(format!("{before}{joined}{after}"), expected, "{text:?}");
            assert_eq!(Seam::at(before, after).join(before, " \n", after), "");
        }
    }
}
