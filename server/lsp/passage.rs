//! Puts a text into one place of an open document: it grows there, or takes the place of a passage at once.
//!
//! Pure. The author may type anywhere else, and before the first word also there. An edit of what is to be replaced, in
//! the text that was put there or at its growing end, ends it; so does the end of the document.

use std::ops::Range;

use super::growth::{AuthorEdited, Grows, Place, Stage, Step};
use super::moves::{Followed, Moves};
use super::plain::plain;

/// Follows one place of an open document.
#[derive(Debug, Clone)]
pub struct PassageGrowth {
    place: Place,
}

impl PassageGrowth {
    /// Begins with a document, and the bytes of it in plain line ends that the text replaces.
    pub fn new(document: &str, range: Range<usize>) -> PassageGrowth {
        let document = plain(document);
        let shown = document.get(range.clone()).unwrap_or_default().to_owned();
        let stage = match shown.is_empty() {
            true => Stage::Waits,
            false => Stage::WaitsToReplace,
        };
        PassageGrowth {
            place: Place {
                anchor: range.end.min(document.len()),
                document,
                shown,
                stage,
            },
        }
    }
}

impl Grows for PassageGrowth {
    fn leave(&mut self) -> Result<(), AuthorEdited> {
        Err(AuthorEdited)
    }

    fn forget(&mut self) -> Result<(), AuthorEdited> {
        Err(AuthorEdited)
    }

    fn watch(&mut self, document: &str) -> Result<(), AuthorEdited> {
        self.place = follow(&self.place, document)?;
        Ok(())
    }

    fn step(&self, document: &str, text: &str, _finished: bool) -> Result<Step, AuthorEdited> {
        let place = follow(&self.place, document)?;
        let text = plain(text);
        let start = place.anchor - place.shown.len();
        let (before, after) = (&place.document[..start], &place.document[place.anchor..]);
        let document = format!("{before}{text}{after}");
        let stage = match place.stage {
            Stage::Waits if text.is_empty() => Stage::Waits,
            _ => Stage::Grows,
        };
        Ok(Step {
            place: Place {
                document: document.clone(),
                anchor: start + text.len(),
                shown: text,
                stage,
            },
            text: document,
            replaced: None,
        })
    }

    fn arrive(&mut self, step: &Step, document: &str) -> Result<(), AuthorEdited> {
        self.place = follow(&step.place, document)?;
        Ok(())
    }
}

/// Finds the same place after edits of the author's.
fn follow(place: &Place, document: &str) -> Result<Place, AuthorEdited> {
    let document = plain(document);
    let moves = Moves::between(&place.document, &document);
    let start = place.anchor - place.shown.len();
    let range = match place.stage {
        Stage::Waits => {
            let (Followed::Untouched(at) | Followed::Touched(at)) = moves.follow(place.anchor);
            let at = at.min(document.len());
            Some(at..at)
        }
        Stage::Grows if moves.puts_at(place.anchor) => None,
        Stage::Grows | Stage::WaitsToReplace => moves.follow_range(start..place.anchor),
    };
    let range = range.ok_or(AuthorEdited)?;
    // What can't be told from an edit elsewhere is no reason to overwrite anything.
    if document.get(range.clone()) != Some(place.shown.as_str()) {
        return Err(AuthorEdited);
    }
    Ok(Place {
        document,
        shown: place.shown.clone(),
        anchor: range.end,
        stage: place.stage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(document: &str, step: &Step) -> String {
        let mut text = document.to_owned();
        for change in step.changes(document).iter().rev() {
            text.replace_range(change.start..change.end, &change.text);
        }
        text
    }

    /// The document after the text was shown in it.
    fn shown(growth: &mut PassageGrowth, document: &str, text: &str) -> String {
        let step = growth.step(document, text, false).unwrap();
        let document = made(document, &step);
        growth.arrive(&step, &document).unwrap();
        document
    }

    #[test]
    fn a_text_grows_at_a_place_while_the_author_types_elsewhere() {
        for line_end in ["\n", "\r\n"] {
            let document = format!("One.{line_end}{line_end}Three.{line_end}");
            let mut growth = PassageGrowth::new(&document, 4..4);
            let document = shown(&mut growth, &document, "\n\nTwo");
            let document = document
                .replace("Three", "And three")
                .replace("One", "Number one");
            let document = shown(&mut growth, &document, "\n\nTwo went.");
            let ends = ["Number one.", "", "Two went.", "", "And three.", ""];
            assert_eq!(document, ends.join(line_end));
            let taken_back = shown(&mut growth, &document, "");
            assert_eq!(
                taken_back,
                document.replace(&format!("{line_end}{line_end}Two went."), "")
            );
        }
    }

    #[test]
    fn typing_where_the_text_grows_or_in_it_ends_it() {
        let document = "One.\n\nThree.\n";
        let mut growth = PassageGrowth::new(document, 4..4);
        let grown = shown(&mut growth, document, "\n\nTwo");
        for edited in [
            grown.replace("Two", "Two, mine"),
            grown.replace("Two", "Twxo"),
            grown.replace("\n\nTwo", ""),
        ] {
            assert!(
                growth.step(&edited, "\n\nTwo went.", false).is_err(),
                "{edited:?}"
            );
        }
        assert!(growth.forget().is_err());
    }

    #[test]
    fn before_the_first_word_the_author_may_type_there_too() {
        let document = "One.\n";
        let mut growth = PassageGrowth::new(document, 4..4);
        growth.watch("One. Mine.\n").unwrap();
        assert_eq!(
            shown(&mut growth, "One. Mine.\n", " Two."),
            "One. Mine. Two.\n"
        );
    }

    #[test]
    fn a_passage_is_replaced_by_one_edit_or_not_at_all() {
        let document = "One came. Two went. Three stayed.\n";
        let growth = PassageGrowth::new(document, 10..19);
        for (edited, expected) in [
            (document.to_owned(), "One came. They left. Three stayed.\n"),
            (
                document.replace("One", "Someone"),
                "Someone came. They left. Three stayed.\n",
            ),
            (
                document.replace(" Three", " All three"),
                "One came. They left. All three stayed.\n",
            ),
        ] {
            let step = growth.step(&edited, "They left.", true).unwrap();
            assert_eq!(step.changes(&edited).len(), 1);
            assert_eq!(made(&edited, &step), expected);
        }
        let touched = document.replace("went", "ran");
        assert!(growth.step(&touched, "They left.", true).is_err());
        assert!(growth.clone().watch(&touched).is_err());
    }
}
