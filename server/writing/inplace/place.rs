//! What stands at the place where something is to be written. Texts have LF line ends.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::seam::Seam;
use crate::story::comments::{comments, without_comments};
use crate::story::margin_notes::margin_notes;

/// A place in a text: what stands before it, in it and behind it, without comments.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The bytes of the text that make way; empty where the text is gone on with.
    pub range: Range<usize>,
    pub before: String,
    /// What is to be written anew; empty where the text is gone on with.
    pub passage: String,
    pub after: String,
    /// What the author asks for in the margin of the place.
    pub notes: Vec<String>,
    /// The author's own comments in what makes way, each whole: they stay.
    remarks: Vec<String>,
    pub seam: Seam,
}

/// Why there is nothing to write anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NothingThere {
    #[error("nothing is selected. Select the passage first; nothing was sent")]
    NoSelection,
    #[error(
        "the head of the file is selected, and no text. Select a passage of the text; nothing was sent"
    )]
    OnlyHead,
}

impl Place {
    /// Finds the place at which a text is gone on with: at `at`, or at its end where that is `None` or in the head.
    pub fn to_continue(text: &str, at: Option<usize>) -> Place {
        let body = body_start(text);
        let end = text.trim_end().len();
        let at = at.filter(|at| *at >= body && *at <= text.len());
        let at = at.unwrap_or_else(|| end.max(body));
        let (before, after) = (&text[body..at], &text[at..]);
        Place {
            range: at..at,
            before: bare(before),
            passage: String::new(),
            after: bare(after),
            notes: notes_beside(text, &(at..at)).1,
            remarks: Vec::new(),
            seam: Seam::at(&bare(before), &bare(after)),
        }
    }

    /// Finds the place of a sentence that is offered behind the cursor: in the running paragraph, where one runs. `None`
    /// where none is to be: in the head, or in a comment.
    pub fn of_sentence(text: &str, at: usize) -> Option<Place> {
        let mut place = Place::to_continue(text, Some(at));
        let before = text.get(..at)?;
        let is_comment = before.rfind("<!--") > before.rfind("-->");
        if place.range.start != at || is_comment {
            return None;
        }
        let line = before.rsplit('\n').next().unwrap_or_default();
        if !line.trim().is_empty() && !line.starts_with('#') {
            place.seam = Seam::Onward;
        }
        Some(place)
    }

    /// Finds the passage in a selection, without the blanks around it. A note of the margin that stands beside it
    /// is a part of it.
    ///
    /// # Errors
    /// Where there is none; an editor whose cursor covers a character sends that as a selection.
    pub fn to_rewrite(text: &str, selection: Range<usize>) -> Result<Place, NothingThere> {
        let body = body_start(text);
        let selected = trimmed(text, selection);
        if text[selected.clone()].graphemes(true).nth(1).is_none() {
            return Err(NothingThere::NoSelection);
        }
        let selected = trimmed(text, selected.start.max(body)..selected.end.max(body));
        if selected.is_empty() {
            return Err(NothingThere::OnlyHead);
        }
        let (range, mut notes) = notes_beside(text, &selected);
        let passage = &text[range.clone()];
        let bare_passage = bare(passage).trim().to_owned();
        if bare_passage.is_empty() {
            return Err(NothingThere::NoSelection);
        }
        let inside = margin_notes(passage);
        for note in &inside {
            if !note.text.is_empty() && !notes.contains(&note.text) {
                notes.push(note.text.clone());
            }
        }
        let is_note = |span: &Range<usize>| inside.iter().any(|note| note.span == *span);
        let remarks = comments(passage).into_iter();
        let remarks = remarks
            .filter(|comment| !is_note(&comment.span))
            .map(|comment| passage[comment.span].to_owned());
        Ok(Place {
            before: bare(&text[body..range.start]),
            after: bare(&text[range.end..]),
            remarks: remarks.collect(),
            passage: bare_passage,
            notes,
            seam: Seam::default(),
            range,
        })
    }

    /// Writes the text that is put into the place for an answer: for a continuation with what parts it from the
    /// text around it, for another passage with the comments that stay.
    pub fn text_for(&self, prose: &str) -> String {
        if self.passage.is_empty() {
            return self.seam.join(&self.before, prose, &self.after);
        }
        let remarks = self.remarks.iter().map(|remark| format!(" {remark}"));
        format!("{}{}", prose.trim(), remarks.collect::<String>())
    }
}

/// Finds where the text begins below a front matter.
fn body_start(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("---\n") else {
        return 0;
    };
    let mut at = text.len() - rest.len();
    for line in rest.split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            let blank = text[at..].len() - text[at..].trim_start_matches('\n').len();
            return at + blank;
        }
    }
    0
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..(start + part.trim().len())
}

fn bare(text: &str) -> String {
    without_comments(text).into_owned()
}

/// Finds the notes of the margin that stand beside a range with nothing but blanks between, and the range with
/// them.
fn notes_beside(text: &str, range: &Range<usize>) -> (Range<usize>, Vec<String>) {
    let mut with = range.clone();
    let mut found = Vec::new();
    let all = margin_notes(text);
    for note in all.iter().rev() {
        let between = text.get(note.span.end..with.start);
        if between.is_some_and(|between| between.trim().is_empty()) {
            with.start = note.span.start;
            found.insert(0, note.text.clone());
        }
    }
    for note in &all {
        let between = text.get(with.end..note.span.start);
        if between.is_some_and(|between| between.trim().is_empty()) {
            with.end = note.span.end;
            found.push(note.text.clone());
        }
    }
    found.retain(|note| !note.is_empty());
    (with, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "---\nchunk: 1\nbeat: storm\n---\n";

    fn selected(text: &str, passage: &str) -> Result<Place, NothingThere> {
        let start = text.find(passage).unwrap();
        Place::to_rewrite(text, start..start + passage.len())
    }

    #[test]
    fn a_selection_is_the_passage_in_it() {
        let text = format!("{HEAD}It rained. She sat down. He went.\n");
        let place = selected(&text, " She sat down. ").unwrap();
        assert_eq!(place.passage, "She sat down.");
        assert_eq!(&text[place.range.clone()], "She sat down.");
        assert_eq!(place.before, "It rained. ");
        assert_eq!(place.after, " He went.\n");
        assert_eq!(place.text_for(" She sat.\n"), "She sat.");
        let whole = Place::to_rewrite(&text, 0..text.len()).unwrap();
        assert_eq!(whole.passage, "It rained. She sat down. He went.");
    }

    #[test]
    fn what_is_no_passage_is_refused() {
        let text = format!("{HEAD}It rained.\n\n<!-- mine -->\n");
        for (part, expected) in [
            ("I", NothingThere::NoSelection),
            ("\n\n", NothingThere::NoSelection),
            ("beat: storm", NothingThere::OnlyHead),
            ("<!-- mine -->", NothingThere::NoSelection),
        ] {
            let start = text.rfind(part).unwrap();
            let found = Place::to_rewrite(&text, start..start + part.len());
            assert_eq!(found, Err(expected), "{part:?}");
        }
    }

    #[test]
    fn notes_beside_and_inside_are_carried_out_and_remarks_stay() {
        let text = "A. <!-- sw: colder --> One. <!-- mine --> Two. <!-- sw: shorter --> Three.\n\n<!-- sw: \
                    at night -->\nB.";
        let start = text.find("One").unwrap();
        let end = text.find("Three.").unwrap() + 6;
        let place = Place::to_rewrite(text, start..end).unwrap();
        assert_eq!(place.notes, ["colder", "at night", "shorter"]);
        assert!(text[place.range.clone()].starts_with("<!-- sw: colder"));
        assert!(text[place.range.clone()].ends_with("at night -->"));
        assert!(!place.passage.contains("<!--"), "{}", place.passage);
        assert_eq!(place.text_for("New."), "New. <!-- mine -->");
    }

    #[test]
    fn a_sentence_is_offered_in_the_running_paragraph() {
        for (text, expected) in [
            ("It rained.|", Some("It rained. He went.")),
            ("It rained. |", Some("It rained. He went.")),
            (
                "It rained.|\n\nShe sat.",
                Some("It rained. He went.\n\nShe sat."),
            ),
            ("It rained and|", Some("It rained and He went.")),
            ("It rained.\n\n|", Some("It rained.\n\nHe went.")),
            ("# Night|", Some("# Night\n\nHe went.")),
            ("|", Some("He went.")),
            ("It rained. <!-- sw: |", None),
            (
                "It rained. <!-- a --> |",
                Some("It rained. <!-- a --> He went."),
            ),
            ("---\nchunk: |1\n---\nIt rained.", None),
        ] {
            let at = text.find('|').unwrap();
            let text = text.replace('|', "");
            let place = Place::of_sentence(&text, at);
            let written = place
                .map(|it| format!("{}{}{}", &text[..at], it.text_for("He went."), &text[at..]));
            assert_eq!(written.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_gone_on_with_at_the_cursor_or_at_its_end() {
        let text = format!("{HEAD}It rained.\n\nShe sat.\n");
        let end = text.trim_end().len();
        for at in [None, Some(5), Some(end), Some(text.len() + 9)] {
            let place = Place::to_continue(&text, at);
            assert_eq!(place.range, end..end, "{at:?}");
            assert_eq!(place.text_for("He went."), "\n\nHe went.");
        }
        let middle = text.find("\n\nShe").unwrap();
        let place = Place::to_continue(&text, Some(middle));
        assert_eq!(
            (place.before.as_str(), place.after.as_str()),
            ("It rained.", "\n\nShe sat.\n")
        );
        let noted = "It rained. <!-- sw: and snowed --> ";
        assert_eq!(
            Place::to_continue(noted, Some(noted.len())).notes,
            ["and snowed"]
        );
        let head_only = Place::to_continue(HEAD, None);
        assert_eq!(head_only.range, HEAD.len()..HEAD.len());
    }
}
