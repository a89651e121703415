//! Where in an open document the streamed prose grows, and what the document should become.
//!
//! Pure. The place is fixed when a job begins with its chunk, and followed from there. Until the
//! first word comes, the author may type anywhere: the place moves along. After that an edit
//! elsewhere moves the place along, and an edit at the place itself stops the stream. All texts
//! are compared in plain line ends.

use super::edit::{Replacement, common_prefix, replacements};
use super::moves::{Followed, Moves};
use super::plain::{Plain, plain};
use crate::session::chunk_file::{self, FileStatus};
use crate::story::{BeatId, ChunkNumber};

/// Says that the author edited the place where the text grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorEdited;

/// Follows the place in one open chunk where the text grows.
#[derive(Debug, Clone)]
pub struct Growth {
    number: ChunkNumber,
    beat: BeatId,
    /// The text that the job goes on from; empty where it writes anew.
    begins: String,
    /// The text that is rewritten.
    before: Option<String>,
    /// Whether the document was blank when it was last looked at, before anything had come.
    was_blank: bool,
    place: Option<Place>,
}

/// Holds what was last seen of the document.
#[derive(Debug, Clone)]
struct Place {
    document: String,
    /// The prose of ours that the document is known to hold up to the anchor.
    shown: String,
    /// Where the text grows, in bytes of the document.
    anchor: usize,
    stage: Stage,
}

/// Says how far the text is that grows at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first word has not come: what the author types is before it.
    Waits,
    /// The first word has not come, and will take the place of all prose that is there then.
    WaitsToReplace,
    Grows,
}

/// Holds what a document should become, and the place in it then.
#[derive(Debug, Clone)]
pub struct Step {
    /// In plain line ends.
    pub text: String,
    /// Prose that is neither ours nor in the new text, and has to be kept before it goes.
    pub replaced: Option<String>,
    place: Place,
}

impl Step {
    /// Lists what has to change in the document; nothing where it shows the step already.
    pub fn changes(&self, document: &str) -> Vec<Replacement> {
        changes(document, &self.text)
    }
}

/// Lists what has to change in a document so that it shows `text`, which has plain line ends.
pub fn changes(document: &str, text: &str) -> Vec<Replacement> {
    let head = |text: &str| chunk_file::parse(text).prose_offset;
    let shown = Plain::of(document);
    let found = replacements(&shown.text, text, (head(&shown.text), head(text)));
    let own = |change: Replacement| Replacement {
        start: shown.in_document(change.start),
        end: shown.in_document(change.end),
        text: shown.in_line_ends(&change.text),
    };
    found.into_iter().map(own).collect()
}

impl Growth {
    /// Begins with a chunk. `begins` is the text that is gone on from. `before`: the text that is rewritten.
    pub fn new(number: ChunkNumber, beat: BeatId, begins: &str, before: Option<String>) -> Growth {
        Growth {
            number,
            beat,
            begins: plain(begins.trim_end()),
            before,
            was_blank: false,
            place: None,
        }
    }

    /// Forgets the document, which was closed: it is looked at anew when it is opened again.
    pub fn forget(&mut self) {
        self.place = None;
    }

    /// Takes in what the author made of the document while there is nothing to show.
    pub fn watch(&mut self, document: &str) -> Result<(), AuthorEdited> {
        let document = plain(document);
        let place = self.place_in(&document, "")?;
        self.was_blank |= document.trim().is_empty();
        // A place in a head that is not there yet is looked for again.
        self.place = Some(place).filter(|place| place.document.trim_end() == document.trim_end());
        Ok(())
    }

    /// Finds what `document` should become to show `prose`.
    pub fn step(&self, document: &str, prose: &str, finished: bool) -> Result<Step, AuthorEdited> {
        let prose = plain(prose.trim_end());
        let place = self.place_in(&plain(document), &prose)?;
        let (start, kept) = match place.stage {
            Stage::WaitsToReplace => (chunk_file::parse(&place.document).prose_offset, 0),
            Stage::Waits | Stage::Grows => {
                let common = common_prefix(&place.shown, &prose);
                let start = (place.anchor + common)
                    .checked_sub(place.shown.len())
                    .ok_or(AuthorEdited)?;
                if place.document.get(start..place.anchor) != Some(&place.shown[common..]) {
                    return Err(AuthorEdited);
                }
                (start, common)
            }
        };
        let replaced = (place.stage == Stage::WaitsToReplace)
            .then(|| place.document[start.min(place.anchor)..place.anchor].to_owned());
        let mut text = place.document[..start.min(place.anchor)].to_owned();
        text.push_str(&prose[kept..]);
        let mut anchor = text.len();
        text.push_str(match &place.document[place.anchor..] {
            "" => "\n",
            rest => rest,
        });
        let stage = match place.stage {
            Stage::Waits if prose == place.shown => Stage::Waits,
            _ => Stage::Grows,
        };
        // A complete text that is rewritten is partial from its first new word on.
        let mark = match (finished, place.stage) {
            (true, _) => Some(("partial", "complete")),
            (false, Stage::Waits | Stage::WaitsToReplace) => Some(("complete", "partial")),
            (false, Stage::Grows) => None,
        };
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
                stage,
            },
            text,
            replaced: replaced.filter(|text| !text.trim().is_empty()),
        })
    }

    /// Notes that `document` shows the step, be it with the author's edits elsewhere: the next step starts
    /// from there.
    pub fn arrive(&mut self, step: &Step, document: &str) -> Result<(), AuthorEdited> {
        self.place = Some(step.place.follow(&plain(document))?);
        Ok(())
    }

    fn place_in(&self, document: &str, prose: &str) -> Result<Place, AuthorEdited> {
        match &self.place {
            Some(place) => place.follow(document),
            None => self.find(document, prose),
        }
    }

    /// Finds the place in a document that is seen for the first time: at the end of a prose that is
    /// the beginning of ours, or that is to be replaced by ours. Before anything has come
    /// (`prose` is empty) it is wherever the text ends that the job has read.
    fn find(&self, document: &str, prose: &str) -> Result<Place, AuthorEdited> {
        if document.trim().is_empty() {
            let head = chunk_file::render(self.number, &self.beat, FileStatus::Partial, "");
            return Ok(Place {
                anchor: head.len(),
                document: head,
                shown: String::new(),
                stage: Stage::Waits,
            });
        }
        let body_start = chunk_file::parse(document).prose_offset;
        let body = document[body_start..].trim_end_matches('\n');
        let place = |shown: &str, anchor: usize, stage: Stage| Place {
            document: document.to_owned(),
            shown: shown.to_owned(),
            anchor: body_start + anchor,
            stage,
        };
        if self.was_blank && self.begins.is_empty() && body_start == 0 {
            // The author has typed the first of the text, and there is no head yet.
            let head = chunk_file::render(self.number, &self.beat, FileStatus::Partial, "");
            return Ok(Place {
                anchor: head.len() + body.len(),
                document: head + document,
                shown: String::new(),
                stage: Stage::Waits,
            });
        }
        let ours = if prose.is_empty() {
            &self.begins
        } else {
            prose
        };
        if ours.starts_with(body.trim()) {
            // A text that breaks off between two words ends with the space that is ours as well.
            let lead = match body.trim() {
                "" => 0,
                _ => body.len() - body.trim_start().len(),
            };
            let shown = if body.trim().is_empty() {
                ""
            } else {
                &body[lead..]
            };
            return Ok(place(shown, lead + shown.len(), Stage::Waits));
        }
        match &self.before {
            Some(before) if prose.is_empty() || plain(before.trim()) == body.trim() => {
                Ok(place("", body.len(), Stage::WaitsToReplace))
            }
            None if prose.is_empty() => {
                // The author typed after the job had read the text.
                let moves = Moves::between(&self.begins, body);
                let (Followed::Untouched(anchor) | Followed::Touched(anchor)) =
                    moves.follow(self.begins.len());
                Ok(match moves.breaks_off(self.begins.len()) {
                    Some((shown, anchor)) => {
                        place(&self.begins[..shown], anchor.min(body.len()), Stage::Waits)
                    }
                    _ => place(&self.begins, anchor.min(body.len()), Stage::Waits),
                })
            }
            _ => Err(AuthorEdited),
        }
    }
}

impl Place {
    /// Finds the same place after edits of the author's.
    fn follow(&self, document: &str) -> Result<Place, AuthorEdited> {
        let moves = Moves::between(&self.document, document);
        let anchor = match (moves.follow(self.anchor), self.stage) {
            (_, Stage::WaitsToReplace) => document.trim_end_matches('\n').len(),
            (Followed::Untouched(anchor), _) | (Followed::Touched(anchor), Stage::Waits) => anchor,
            (Followed::Touched(_), Stage::Grows) => return Err(AuthorEdited),
        };
        let mut document = document.to_owned();
        if anchor > document.len() {
            // The last line end, which a client took away.
            document.push('\n');
        }
        Ok(Place {
            shown: self.shown.clone(),
            anchor: anchor.min(document.len()),
            document,
            stage: self.stage,
        })
    }
}

/// Gives a chunk another status in its head.
fn mark_status(text: &str, from: &str, to: &str) -> String {
    let (head, prose) = text.split_at(chunk_file::parse(text).prose_offset);
    let marked = head.replacen(&format!("status: {from}"), &format!("status: {to}"), 1);
    marked + prose
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::story::text::boundaries;

    const HEAD: &str = "---\nchunk: 1\nbeat: storm\nstatus: partial\n---\n";

    fn growth() -> Growth {
        going_on("")
    }

    fn going_on(begins: &str) -> Growth {
        Growth::new(ChunkNumber(1), BeatId("storm".to_owned()), begins, None)
    }

    fn rewriting(before: &str) -> Growth {
        let before = Some(before.to_owned());
        Growth::new(ChunkNumber(1), BeatId("storm".to_owned()), "", before)
    }

    /// Returns the document after the step.
    fn made(document: &str, step: &Step) -> String {
        let mut text = document.to_owned();
        for change in step.changes(document).iter().rev() {
            text.replace_range(change.start..change.end, &change.text);
        }
        text
    }

    /// Shows each text in turn in a document that takes every edit.
    fn grow(document: &str, texts: &[&str]) -> String {
        let mut growth = growth();
        let mut document = document.to_owned();
        for text in texts {
            let step = growth.step(&document, text, false).unwrap();
            document = made(&document, &step);
            growth.arrive(&step, &document).unwrap();
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
        let rewrite = rewriting("My own words.");
        let step = rewrite.step(&foreign, "The lamp", false).unwrap();
        assert_eq!(step.text, format!("{HEAD}The lamp\n"));
    }

    #[test]
    fn a_complete_text_that_is_rewritten_is_partial_meanwhile() {
        let complete = HEAD.replace("partial", "complete");
        let mut growth = rewriting("It was calm.");
        let first = growth
            .step(&format!("{complete}It was calm.\n"), "The lamp", false)
            .unwrap();
        assert_eq!(first.text, format!("{HEAD}The lamp\n"));
        growth.arrive(&first, &first.text).unwrap();
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

    /// Returns a text as the author writes it in these tests: in capitals, which the model does not use.
    fn by_hand(text: &str) -> String {
        text.chars().filter(|c| c.is_uppercase()).collect()
    }

    fn place(text: &str, at: usize) -> usize {
        boundaries::floor(text, at % (text.len() + 1))
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
                        length = boundaries::floor(&prose, (length + more).min(prose.len()));
                        let Ok(step) = growth.step(&document, &prose[..length], false) else {
                            return Ok(());
                        };
                        prop_assert_eq!(by_hand(&document), by_hand(&step.text));
                        prop_assert!(step.text.len() >= document.len());
                        document.clone_from(&step.text);
                        prop_assert!(growth.arrive(&step, &document).is_ok());
                    }
                    Event::Put(at, text) => document.insert_str(place(&document, at), &text),
                    Event::Take(at, length) => {
                        let start = place(&document, at);
                        let end = boundaries::floor(&document, (start + length).min(document.len()));
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
        growth.arrive(&step, &step.text).unwrap();
        // Edited before the place, with the client's own last line end.
        let edited = step.text.replace("The lamp", "The old lamp");
        let next = growth
            .step(&edited, "The lamp went out. It rained.", true)
            .unwrap();
        let expected = format!("{HEAD}The old lamp went out. It rained.\n");
        assert_eq!(next.text, expected.replace("partial", "complete"));
        // The edit came while the author typed before the place.
        let seen = next.text.replace("old lamp", "oldest lamp");
        growth.arrive(&next, &seen).unwrap();
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
        growth.arrive(&step, &step.text).unwrap();
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
    fn what_is_typed_before_the_first_word_moves_the_place() {
        let begins = "The lamp went out.";
        let start = format!("{HEAD}{begins}\n");
        let rows = [
            (
                "The old lamp went out.\n",
                "The old lamp went out. It rained.\n",
            ),
            (
                "The lamp went out. Mine.\n",
                "The lamp went out. Mine. It rained.\n",
            ),
            (
                "The lamp went out.\nMine.",
                "The lamp went out. It rained.\nMine.",
            ),
            (
                "\nXThe lamp xwent xout.",
                "\nXThe lamp xwent xout. It rained.\n",
            ),
            ("The lamp.\n", "The lamp. It rained.\n"),
        ];
        for (typed, expected) in rows {
            let typed = format!("{HEAD}{typed}");
            let prose = format!("{begins} It rained.");
            // Typed after the job began, or between its reading and its beginning.
            for seen in [Some(&start), None] {
                let mut growth = going_on(begins);
                for document in seen.into_iter().chain([&typed]) {
                    growth.watch(document).unwrap();
                }
                let step = growth.step(&typed, &prose, false).unwrap();
                assert_eq!(step.text, format!("{HEAD}{expected}"), "{typed:?} {seen:?}");
                assert_eq!(step.replaced, None);
            }
        }
    }

    #[test]
    fn a_text_that_is_rewritten_may_be_edited_until_it_is_replaced() {
        let mut growth = rewriting("It was calm.");
        growth.watch(&format!("{HEAD}It was calm.\n")).unwrap();
        let edited = format!("{HEAD}My it was very calm. Mine.\n\nAnd this.\n");
        let step = growth.step(&edited, "The lamp", false).unwrap();
        assert_eq!(step.text, format!("{HEAD}The lamp\n"));
        let replaced = "My it was very calm. Mine.\n\nAnd this.";
        assert_eq!(step.replaced.as_deref(), Some(replaced));
    }

    #[test]
    fn line_ends_are_the_documents_own() {
        for line_end in ["\r\n", "\r"] {
            let start = format!("{HEAD}One.\n").replace('\n', line_end);
            let mut growth = going_on("One.");
            growth.watch(&start).unwrap();
            let step = growth.step(&start, "One.\r\n\r\nTwo.", true).unwrap();
            let whole = format!("{HEAD}One.\n\nTwo.\n").replace("partial", "complete");
            assert_eq!(made(&start, &step), whole.replace('\n', line_end));
            growth.arrive(&step, &whole).unwrap();
        }
    }

    #[test]
    fn a_document_that_lags_behind_gets_all_of_it() {
        let mut growth = going_on("One. Two. Three.");
        growth.watch(&format!("{HEAD}One.\n")).unwrap();
        let step = growth.step(&format!("{HEAD}One.\n"), "One. Two. Three. Four.", false);
        let whole = format!("{HEAD}One. Two. Three. Four.\n");
        assert_eq!(step.unwrap().text, whole);
    }

    #[test]
    fn a_trimmed_end_is_taken_back() {
        let mut growth = growth();
        let first = growth
            .step(HEAD, "The lamp went out. And th", false)
            .unwrap();
        growth.arrive(&first, &first.text).unwrap();
        let last = growth
            .step(&first.text, "The lamp went out.", true)
            .unwrap();
        assert_eq!(
            last.text,
            format!("{HEAD}The lamp went out.\n").replace("partial", "complete")
        );
    }
}
