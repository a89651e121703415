//! Tells where in an open document the streamed prose grows, and what the document should become.
//!
//! Pure. The place is fixed when a job begins with its chunk, and followed from there. Until the
//! first word comes, the author may type anywhere: the place moves along. After that an edit
//! elsewhere moves the place along, and an edit at the place itself stops the stream. All texts
//! are compared in plain line ends.

use super::edit::{Replacement, common_prefix, replacements};
use super::moves::{Followed, Moves};
use super::plain::{Plain, plain};
use crate::story::chunk_file::{self, FileStatus};
use crate::story::{BeatId, ChunkNumber};

/// Says that the author edited the place where the text grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorEdited;

/// Follows the place in an open document where a text of ours is, and says what the document should become.
pub trait Grows: Send + 'static {
    /// Takes in that the document is not open.
    ///
    /// # Errors
    /// Where the text has no place any more.
    fn leave(&mut self) -> Result<(), AuthorEdited>;

    /// Forgets the document, which was closed: it is looked at anew when it is opened again.
    ///
    /// # Errors
    /// Where the text has no place any more.
    fn forget(&mut self) -> Result<(), AuthorEdited>;

    /// Takes in what the author made of the document while there is nothing to show.
    fn watch(&mut self, document: &str) -> Result<(), AuthorEdited>;

    /// Finds what `document` should become to show `text`.
    fn step(&self, document: &str, text: &str, finished: bool) -> Result<Step, AuthorEdited>;

    /// Notes that `document` shows the step, be it with the author's edits elsewhere: the next step starts
    /// from there.
    fn arrive(&mut self, step: &Step, document: &str) -> Result<(), AuthorEdited>;
}

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
pub(super) struct Place {
    pub document: String,
    /// The prose of ours that the document is known to hold up to the anchor.
    pub shown: String,
    /// Where the text grows, in bytes of the document.
    pub anchor: usize,
    pub stage: Stage,
}

/// Says for what a place is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looking<'a> {
    /// Nothing has come yet.
    Watches,
    /// To show this; it is empty where all that came was refused.
    Shows(&'a str),
}

/// Says how far the text is that grows at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
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
    pub(super) place: Place,
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

    fn place_in(&self, document: &str, looking: Looking<'_>) -> Result<Place, AuthorEdited> {
        match &self.place {
            Some(place) => place.follow(document),
            None => self.find(document, looking),
        }
    }

    /// Finds the place in a document that is seen for the first time: at the end of a prose that is
    /// the beginning of ours, or that is to be replaced by ours. Where there is nothing of ours it is
    /// wherever the text ends that the job has read.
    fn find(&self, document: &str, looking: Looking<'_>) -> Result<Place, AuthorEdited> {
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
        let ours = match looking {
            Looking::Shows(prose) if !prose.is_empty() => prose,
            _ => &self.begins,
        };
        let is_empty = matches!(looking, Looking::Watches | Looking::Shows(""));
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
            Some(before) if looking == Looking::Watches || plain(before.trim()) == body.trim() => {
                Ok(place("", body.len(), Stage::WaitsToReplace))
            }
            // The old text is gone, and what came was refused: what stands here was typed since.
            Some(_) if is_empty => Ok(place("", body.len(), Stage::Waits)),
            None if is_empty => {
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

impl Grows for Growth {
    fn leave(&mut self) -> Result<(), AuthorEdited> {
        Ok(())
    }

    fn forget(&mut self) -> Result<(), AuthorEdited> {
        self.place = None;
        Ok(())
    }

    fn watch(&mut self, document: &str) -> Result<(), AuthorEdited> {
        let document = plain(document);
        let place = self.place_in(&document, Looking::Watches)?;
        self.was_blank |= document.trim().is_empty();
        // A place in a head that is not there yet is looked for again.
        self.place = Some(place).filter(|place| place.document.trim_end() == document.trim_end());
        Ok(())
    }

    fn step(&self, document: &str, prose: &str, finished: bool) -> Result<Step, AuthorEdited> {
        let prose = plain(prose.trim_end());
        let place = self.place_in(&plain(document), Looking::Shows(&prose))?;
        if place.stage == Stage::WaitsToReplace && prose.is_empty() {
            return Ok(Step {
                text: place.document.clone(),
                replaced: None,
                place,
            });
        }
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

    fn arrive(&mut self, step: &Step, document: &str) -> Result<(), AuthorEdited> {
        self.place = Some(step.place.follow(&plain(document))?);
        Ok(())
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
        let anchor = anchor.min(document.len());
        // The space at the end of a text that breaks off between two words is one that editors take away.
        let words = self.shown.trim_end();
        let shown = match document[..anchor].ends_with(&self.shown[words.len()..]) {
            true => self.shown.clone(),
            false => words.to_owned(),
        };
        Ok(Place {
            shown,
            anchor,
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
mod tests;
