//! Where in an open document the streamed prose grows, and what the document should become.
//!
//! Pure. The author may edit the same document at any time: an edit elsewhere moves the place
//! along, an edit at the place itself stops the stream.

use super::edit::{Replacement, common_prefix, common_suffix, replacements};
use crate::session::chunk_file::{self, FileStatus};
use crate::story::{BeatId, ChunkNumber};

/// The author edited the place where the text grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorEdited;

/// The place in one open chunk.
#[derive(Debug, Clone)]
pub struct Growth {
    number: ChunkNumber,
    beat: BeatId,
    /// What the document may show at the beginning besides a beginning of the new prose: the
    /// text that is rewritten.
    before: Option<String>,
    place: Option<Place>,
}

/// What was last seen of the document.
#[derive(Debug, Clone)]
struct Place {
    document: String,
    /// The prose that we know to be in it, in the document's line ends.
    shown: String,
    /// Where that ends, in bytes of the document.
    anchor: usize,
}

/// What a document should become, and the place in it then.
#[derive(Debug, Clone)]
pub struct Step {
    pub text: String,
    place: Place,
}

impl Step {
    /// What has to change in the document; nothing where it shows the step already.
    pub fn changes(&self, document: &str) -> Vec<Replacement> {
        let head = |text: &str| chunk_file::parse(text).prose_offset;
        replacements(document, &self.text, (head(document), head(&self.text)))
    }
}

impl Growth {
    /// `before`: the prose that the document shows now, when it is to be replaced.
    pub fn new(number: ChunkNumber, beat: BeatId, before: Option<String>) -> Growth {
        Growth {
            number,
            beat,
            before,
            place: None,
        }
    }

    /// The document was closed; it is looked at anew when it is opened again.
    pub fn forget(&mut self) {
        self.place = None;
    }

    /// What `document` should become to show `prose`.
    pub fn step(&self, document: &str, prose: &str, finished: bool) -> Result<Step, AuthorEdited> {
        let place = match &self.place {
            Some(place) => place.follow(document).ok_or(AuthorEdited)?,
            None => self.find(document, prose)?,
        };
        // A complete text that is rewritten is partial from its first new word on.
        let mark = match (finished, &self.place) {
            (true, _) => Some(("partial", "complete")),
            (false, None) => Some(("complete", "partial")),
            (false, Some(_)) => None,
        };
        let prose = in_line_ends_of(document, prose.trim_end());
        let common = common_prefix(&place.shown, &prose);
        let start = (place.anchor + common)
            .checked_sub(place.shown.len())
            .ok_or(AuthorEdited)?;
        if place.document.get(start..place.anchor) != Some(&place.shown[common..]) {
            return Err(AuthorEdited);
        }
        let mut text = place.document[..start].to_owned();
        text.push_str(&prose[common..]);
        let mut anchor = text.len();
        let rest = &place.document[place.anchor..];
        text.push_str(match rest {
            "" if document.contains("\r\n") => "\r\n",
            "" => "\n",
            rest => rest,
        });
        if let Some((from, to)) = mark {
            let length = text.len();
            text = mark_status(&text, from, to);
            // The mark stands before the prose.
            anchor = anchor + text.len() - length;
        }
        Ok(Step {
            place: Place {
                document: text.clone(),
                shown: prose,
                anchor,
            },
            text,
        })
    }

    /// Whether `document` shows the step, be it with the author's edits elsewhere. Then the
    /// next step starts from there.
    pub fn arrive(&mut self, step: &Step, document: &str) -> bool {
        match step.place.follow(document) {
            Some(place) => {
                self.place = Some(place);
                true
            }
            None => false,
        }
    }

    /// The place in a document that is seen for the first time: at the end of a prose that is
    /// the beginning of ours, or that is to be replaced by ours.
    fn find(&self, document: &str, prose: &str) -> Result<Place, AuthorEdited> {
        if document.trim().is_empty() {
            let head = chunk_file::render(self.number, &self.beat, FileStatus::Partial, "");
            return Ok(Place {
                anchor: head.len(),
                document: head,
                shown: String::new(),
            });
        }
        let body_start = chunk_file::parse(document).prose_offset;
        let body = &document[body_start..];
        let shown = body.trim();
        let known = in_plain_line_ends(shown);
        let begins_ours = in_plain_line_ends(prose).starts_with(&known);
        let is_replaced = self
            .before
            .as_ref()
            .is_some_and(|before| in_plain_line_ends(before.trim()) == known);
        if !begins_ours && !is_replaced {
            return Err(AuthorEdited);
        }
        let lead = match begins_ours && !shown.is_empty() {
            true => body.len() - body.trim_start().len(),
            false => 0,
        };
        // A text that breaks off between two words ends with the space that is ours as well.
        let shown = match shown {
            "" => "",
            _ => body[lead..].trim_end_matches(['\n', '\r']),
        };
        Ok(Place {
            anchor: body_start + lead + shown.len(),
            shown: shown.to_owned(),
            document: document.to_owned(),
        })
    }
}

impl Place {
    /// The same place after edits elsewhere; `None` when they touch it.
    fn follow(&self, document: &str) -> Option<Place> {
        let same_start = common_prefix(&self.document, document);
        let same_end = common_suffix(&self.document[same_start..], &document[same_start..]);
        let changed = same_start..self.document.len() - same_end;
        let put = &document[same_start..document.len() - same_end];
        // Clients add a last line end, or take it away.
        let only_line_ends =
            self.document[changed.clone()].trim().is_empty() && put.trim().is_empty();
        let anchor = if changed.is_empty() && put.is_empty()
            || same_start > self.anchor
            || (same_start == self.anchor && only_line_ends)
        {
            self.anchor
        } else if changed.end < self.anchor {
            self.anchor - changed.len() + put.len()
        } else {
            return None;
        };
        let tail = &self.shown[floor_boundary(&self.shown, self.shown.len().saturating_sub(80))..];
        // The last words tell that it is the place: what stands before may be edited.
        let is_there =
            document.get(..anchor)?.ends_with(tail) || changed.end > anchor.saturating_sub(80);
        is_there.then(|| Place {
            document: document.to_owned(),
            shown: self.shown.clone(),
            anchor,
        })
    }
}

/// The chunk with another status in its head.
fn mark_status(text: &str, from: &str, to: &str) -> String {
    let (head, prose) = text.split_at(chunk_file::parse(text).prose_offset);
    let marked = head.replacen(&format!("status: {from}"), &format!("status: {to}"), 1);
    marked + prose
}

fn in_plain_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A text in the line ends that a document has.
fn in_line_ends_of(document: &str, text: &str) -> String {
    if document.contains("\r\n") {
        in_plain_line_ends(text).replace('\n', "\r\n")
    } else {
        text.to_owned()
    }
}

fn floor_boundary(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "---\nchunk: 1\nbeat: storm\nstatus: partial\n---\n";

    fn growth() -> Growth {
        Growth::new(ChunkNumber(1), BeatId("storm".to_owned()), None)
    }

    /// Shows each text in turn in a document that takes every edit.
    fn grow(document: &str, texts: &[&str]) -> String {
        let mut growth = growth();
        let mut document = document.to_owned();
        for text in texts {
            let step = growth.step(&document, text, false).unwrap();
            document.clone_from(&step.text);
            assert!(growth.arrive(&step, &document));
        }
        document
    }

    #[test]
    fn prose_grows_in_every_kind_of_open_document() {
        let texts = [
            "The lamp",
            "The lamp went out.\n\n",
            "The lamp went out.\n\nIt rained.",
        ];
        let whole = format!("{HEAD}The lamp went out.\n\nIt rained.\n");
        for document in [
            "",
            "\n",
            HEAD,
            &format!("{HEAD}The l\n"),
            &format!("{HEAD}The "),
            &format!("{HEAD}The \n"),
        ] {
            assert_eq!(grow(document, &texts), whole, "{document:?}");
        }
        let dos = HEAD.replace('\n', "\r\n");
        assert_eq!(
            grow(&format!("{dos}The\r\n"), &texts),
            whole.replace('\n', "\r\n")
        );
    }

    #[test]
    fn a_foreign_text_in_the_document_is_the_authors() {
        let foreign = format!("{HEAD}My own words.\n");
        assert!(growth().step(&foreign, "The lamp", false).is_err());
        let rewrite = Growth::new(
            ChunkNumber(1),
            BeatId("storm".to_owned()),
            Some("My own words.".to_owned()),
        );
        let step = rewrite.step(&foreign, "The lamp", false).unwrap();
        assert_eq!(step.text, format!("{HEAD}The lamp\n"));
    }

    #[test]
    fn a_complete_text_that_is_rewritten_is_partial_meanwhile() {
        let complete = HEAD.replace("partial", "complete");
        let mut growth = Growth::new(
            ChunkNumber(1),
            BeatId("storm".to_owned()),
            Some("It was calm.".to_owned()),
        );
        let first = growth
            .step(&format!("{complete}It was calm.\n"), "The lamp", false)
            .unwrap();
        assert_eq!(first.text, format!("{HEAD}The lamp\n"));
        assert!(growth.arrive(&first, &first.text));
        let last = growth
            .step(&first.text, "The lamp went out.", true)
            .unwrap();
        assert_eq!(last.text, format!("{complete}The lamp went out.\n"));
        // The status and the end change, the text between them does not.
        let changes = last.changes(&first.text);
        let texts: Vec<&str> = changes.iter().map(|change| change.text.as_str()).collect();
        assert_eq!(texts, ["complete", " went out."]);
    }

    /// What happens to a document: the stream grows, or the author puts or takes something.
    #[derive(Debug, Clone)]
    enum Event {
        Grow(usize),
        Put(usize, String),
        Take(usize, usize),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            (1_usize..9).prop_map(Event::Grow),
            (any::<usize>(), "[XYZÉ \n]{1,3}").prop_map(|(at, text)| Event::Put(at, text)),
            (any::<usize>(), 1_usize..4).prop_map(|(at, length)| Event::Take(at, length)),
        ];
        prop::collection::vec(event, 1..24)
    }

    /// The author writes in capitals, the model does not.
    fn by_hand(text: &str) -> String {
        text.chars().filter(|c| c.is_uppercase()).collect()
    }

    fn place(text: &str, at: usize) -> usize {
        floor_boundary(text, at % (text.len() + 1))
    }

    proptest! {
        /// The stream adds to the document, whatever the author does to it meanwhile.
        #[test]
        fn nothing_of_the_authors_is_taken(events in events(), below in "(\\n|\\nA note\\.\n)?") {
            let prose = "ab cd. éf 😀😀 gh\n\nij kl mn op qr st uv wx yz. ".repeat(4);
            let mut growth = growth();
            let mut document = format!("{HEAD}{below}");
            let mut length = 0;
            for event in events {
                match event {
                    Event::Grow(more) => {
                        length = floor_boundary(&prose, (length + more).min(prose.len()));
                        let Ok(step) = growth.step(&document, &prose[..length], false) else {
                            return Ok(());
                        };
                        prop_assert_eq!(by_hand(&document), by_hand(&step.text));
                        prop_assert!(step.text.len() >= document.len());
                        document.clone_from(&step.text);
                        prop_assert!(growth.arrive(&step, &document));
                    }
                    Event::Put(at, text) => document.insert_str(place(&document, at), &text),
                    Event::Take(at, length) => {
                        let start = place(&document, at);
                        let end = floor_boundary(&document, (start + length).min(document.len()));
                        document.replace_range(start..end.max(start), "");
                    }
                }
            }
        }
    }

    #[test]
    fn the_authors_edits_elsewhere_move_the_place() {
        let mut growth = growth();
        let start = format!("{HEAD}The lamp went\n");
        let step = growth.step(&start, "The lamp went out.", false).unwrap();
        assert!(growth.arrive(&step, &step.text));
        // Edited before the place, with the client's own last line end.
        let edited = step.text.replace("The lamp", "The old lamp");
        let next = growth
            .step(&edited, "The lamp went out. It rained.", true)
            .unwrap();
        let expected = format!("{HEAD}The old lamp went out. It rained.\n");
        assert_eq!(next.text, expected.replace("partial", "complete"));
        // The edit came while the author typed before the place.
        let seen = next.text.replace("old lamp", "oldest lamp");
        assert!(growth.arrive(&next, &seen));
        // A note below the place stays below.
        let noted = format!("{seen}A note.\n");
        let last = growth
            .step(&noted, "The lamp went out. It rained. On.", true)
            .unwrap();
        assert!(last.text.ends_with("It rained. On.\nA note.\n"));
    }

    #[test]
    fn an_edit_at_the_place_stops_the_stream() {
        let mut growth = growth();
        let step = growth.step(HEAD, "The lamp went", false).unwrap();
        assert!(growth.arrive(&step, &step.text));
        for edited in [
            step.text.replace("went", "went on"),
            step.text.replace(" went", ""),
            HEAD.to_owned(),
        ] {
            assert!(
                growth.step(&edited, "The lamp went out.", false).is_err(),
                "{edited:?}"
            );
        }
        assert!(
            growth
                .step(&format!("{}\n", step.text), "The lamp went out.", false)
                .is_ok()
        );
    }

    #[test]
    fn a_dropped_edit_is_noticed() {
        let mut growth = growth();
        let first = growth.step(HEAD, "The lamp", false).unwrap();
        assert!(growth.arrive(&first, &first.text));
        let second = growth
            .step(&first.text, "The lamp went out.", false)
            .unwrap();
        assert!(!growth.arrive(&second, &first.text));
        let typed = first.text.replace("The", "An old");
        assert!(!growth.arrive(&second, &typed));
        assert_eq!(
            growth
                .step(&typed, "The lamp went out.", false)
                .unwrap()
                .text,
            second.text.replace("The", "An old")
        );
    }

    #[test]
    fn a_trimmed_end_is_taken_back() {
        let mut growth = growth();
        let first = growth
            .step(HEAD, "The lamp went out. And th", false)
            .unwrap();
        assert!(growth.arrive(&first, &first.text));
        let last = growth
            .step(&first.text, "The lamp went out.", true)
            .unwrap();
        assert_eq!(
            last.text,
            format!("{HEAD}The lamp went out.\n").replace("partial", "complete")
        );
    }
}
