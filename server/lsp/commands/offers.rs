//! Lists what can be done at a place of a document: the offers of all commands, in the order of menus. No
//! model is asked.

use std::sync::Arc;

use tower_lsp::lsp_types::{Diagnostic, Range, Url};

use super::command::{Command, Here, Offer, On, Place, Text};
use super::inplace::is_selection;
use super::table::COMMANDS;
use crate::analysis::selection::ChunkRef;
use crate::analysis::status::{ChunkOverview, StoryStatus};
use crate::lsp::document_kind::{is_brief, is_text};
use crate::lsp::documents::{Snapshot, path_of};
use crate::lsp::position;
use crate::lsp::published::Mark;
use crate::lsp::state::{State, Touched};
use crate::lsp::target;
use crate::story::margin_notes::margin_notes;

/// Says where offers are asked for, and which.
pub struct Asked<'a> {
    pub place: Place<'a>,
    /// What was found in a chunk there; nothing where no quick fixes are wanted.
    pub marks: &'a [Mark],
    /// Whether more is wanted than quick fixes.
    pub all: bool,
}

/// Joins an offer with its command.
pub struct Offered {
    pub command: &'static Command,
    pub offer: Offer,
}

/// Lists what can be done at a place.
pub fn offers(state: &Arc<State>, asked: &Asked) -> Vec<Offered> {
    let mut offers = Vec::new();
    if asked.all || !asked.place.diagnostics.is_empty() {
        offers.extend(every(|on| match on {
            On::Brief(offer) => offer(state, &asked.place),
            _ => None,
        }));
    }
    if asked.all || asked.marks.iter().any(is_answered) {
        offers.extend(of_story(state, asked));
    }
    if asked.all {
        offers.extend(of_text(state, &asked.place));
    }
    offers.retain(|offered| asked.all || !offered.offer.answers.is_empty());
    offers
}

/// Lists what the commands offer on one kind of place, in the order of the table.
fn every(mut offer: impl FnMut(&On) -> Option<Offer>) -> Vec<Offered> {
    let commands = COMMANDS.iter();
    let all = commands.flat_map(|command| command.offered.iter().map(move |on| (command, on)));
    all.filter_map(|(command, on)| {
        let offer = offer(on)?;
        Some(Offered { command, offer })
    })
    .collect()
}

fn of_story(state: &Arc<State>, asked: &Asked) -> Vec<Offered> {
    let url = asked.place.url;
    let place = Touched {
        url: url.clone(),
        position: Some(asked.place.position),
    };
    let target = match belongs_to_a_story(url) {
        true => target::at(state, &place),
        false => return Vec::new(),
    };
    let Ok(target) = target else {
        return Vec::new();
    };
    // A brief with errors has no state yet, but it has diagnostics that say so.
    let look = state.look(&target.brief, state.as_ref());
    let Ok(status) = look.status(target.session.as_ref()) else {
        return Vec::new();
    };
    let session = status.session.as_deref();
    let being_written = state.jobs.being_written(&target.brief, session);
    let here = Here {
        url,
        target: &target,
        status: &status,
        being_written: &being_written,
    };
    let mut offers = Vec::new();
    if !state.jobs.of_brief(&target.brief).is_empty() {
        offers.extend(every(|on| match on {
            On::BusyStory(offer) => offer(&here),
            _ => None,
        }));
    }
    if let Some(chunk) = target.chunk.as_ref().and_then(|chunk| find(&status, chunk)) {
        if let Some(note) = note_at(state, &place) {
            offers.extend(every(|on| match on {
                On::Note(offer) => offer(&here, chunk, &note),
                _ => None,
            }));
        }
        offers.extend(on_chunk(&here, chunk, asked.marks));
    }
    offers.extend(on_story(&here));
    offers
}

/// Lists what can be done with a chunk, wherever it stands.
pub fn offers_on(here: &Here, chunk: &ChunkOverview) -> Vec<Offered> {
    on_chunk(here, chunk, &[])
}

/// Lists what can be done at a place of any open text.
fn of_text(state: &Arc<State>, place: &Place) -> Vec<Offered> {
    let snapshot = state
        .documents
        .get(place.url)
        .filter(|_| is_text(place.url));
    let Some(snapshot) = snapshot else {
        return Vec::new();
    };
    let range = Range {
        start: place.position,
        end: place.end,
    };
    let is_story = belongs_to_a_story(place.url);
    let about = || target::what_jobs_are_on(state, place.url);
    let text = Text {
        url: place.url,
        range,
        is_selection: is_selection(state, &snapshot, &range),
        is_in_body: position::to_char(&snapshot.rope, range.start, state.documents.encoding())
            >= head_length(&snapshot),
        is_busy: !is_story && !state.jobs.of_brief(&about()).is_empty(),
    };
    every(|on| match on {
        On::Text(offer) => offer(&text),
        _ => None,
    })
}

/// Returns the characters of a document's front matter.
fn head_length(snapshot: &Snapshot) -> usize {
    let is_fence = |line: usize| snapshot.rope.line(line).to_string().trim_end() == "---";
    if !is_fence(0) {
        return 0;
    }
    let mut lines = 1..snapshot.rope.len_lines();
    lines
        .find(|line| is_fence(*line))
        .map_or(0, |line| snapshot.rope.line_to_char(line + 1))
}

fn on_chunk(here: &Here, chunk: &ChunkOverview, marks: &[Mark]) -> Vec<Offered> {
    let mut offers = every(|on| match on {
        On::ChunkFirst(offer) => offer(here, chunk),
        _ => None,
    });
    offers.extend(every(|on| match on {
        On::Chunk(offer) => offer(here, chunk),
        _ => None,
    }));
    for Offered { command, offer } in &mut offers {
        let answered = marks
            .iter()
            .filter(|mark| command.answers.contains(&mark.code));
        let answered: Vec<Diagnostic> = answered.map(|mark| mark.diagnostic.clone()).collect();
        offer.answers = answered;
    }
    offers
}

fn on_story(here: &Here) -> Vec<Offered> {
    let status = here.status;
    if status.chunks.is_empty() {
        return Vec::new();
    }
    let mut lost = Vec::new();
    for draft in &status.adoptable {
        lost.extend(every(|on| match on {
            On::LostDraft(offer) => Some(offer(here, draft)),
            _ => None,
        }));
    }
    match status.adoptable.is_empty() {
        true => every(|on| match on {
            On::Story(offer) => offer(here),
            _ => None,
        }),
        false => lost,
    }
}

/// Tells whether a command answers what was found.
fn is_answered(mark: &Mark) -> bool {
    let mut commands = COMMANDS.iter();
    commands.any(|command| command.answers.contains(&mark.code))
}

/// Finds the note in the margin under the cursor.
fn note_at(state: &State, place: &Touched) -> Option<String> {
    let snapshot = state.documents.get(&place.url)?;
    let at = position::to_byte(&snapshot.rope, place.position?, state.documents.encoding());
    let notes = margin_notes(&snapshot.text()).into_iter();
    let mut here = notes.filter(|note| (note.span.start..=note.span.end).contains(&at));
    here.next()
        .map(|note| note.text)
        .filter(|text| !text.is_empty())
}

fn belongs_to_a_story(url: &Url) -> bool {
    is_brief(url)
        || path_of(url).is_some_and(|path| {
            path.components()
                .any(|part| part.as_os_str() == "generated")
        })
}

fn find<'a>(status: &'a StoryStatus, chunk: &ChunkRef) -> Option<&'a ChunkOverview> {
    status.chunks.iter().find(|state| match chunk {
        ChunkRef::Number(number) => state.number == *number,
        ChunkRef::Beat(beat) => &state.beat == beat,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::lsp::target::Target;
    use crate::session::{ChunkStatus, SessionId};
    use crate::story::{BeatId, ChunkNumber};

    fn chunk(number: u32, status: ChunkStatus, words: u32) -> ChunkOverview {
        ChunkOverview {
            number: ChunkNumber(number),
            beat: BeatId(format!("beat-{number}")),
            title: format!("Beat {number}"),
            file: String::new(),
            status,
            origin: None,
            words,
            target_words: 100,
            stale: false,
            stale_reasons: Vec::new(),
            edited: false,
            locked: false,
            chapter: None,
            cost: None,
            edit: None,
            has_history: false,
            has_revision: false,
            in_conflict: Vec::new(),
            revision: None,
            candidates: Vec::new(),
            error: None,
        }
    }

    fn status(chunks: Vec<ChunkOverview>, adoptable: &[&str]) -> StoryStatus {
        StoryStatus {
            story: "The Lamp Keeper".to_owned(),
            brief: "story.md".to_owned(),
            session: None,
            words: chunks.iter().map(|chunk| chunk.words).sum(),
            target_words: 400,
            cost: None,
            chunks,
            notices: Vec::new(),
            adoptable: adoptable.iter().map(|draft| (*draft).to_owned()).collect(),
            open_seams: 0,
            unit: "words",
            reads_chunks: true,
        }
    }

    /// Returns the commands and titles of what is offered on the first chunk of a story, and on the story.
    fn offered(status: &StoryStatus) -> (Vec<String>, Vec<String>) {
        offered_while(status, &[])
    }

    /// Returns the same while jobs write some chunks.
    fn offered_while(
        status: &StoryStatus,
        being_written: &[ChunkNumber],
    ) -> (Vec<String>, Vec<String>) {
        let url = Url::parse("file:///novel/story.md").unwrap();
        let target = Target {
            brief: PathBuf::from(if cfg!(windows) {
                r"C:\story.md"
            } else {
                "/story.md"
            }),
            session: Some(SessionId::parse("lamp-01").unwrap()),
            chunk: None,
        };
        let here = Here {
            url: &url,
            target: &target,
            status,
            being_written,
        };
        let told = |offers: Vec<Offered>| {
            let told = offers.iter().map(|it| {
                let name = it.command.name.trim_start_matches("storywright.");
                format!("{name}: {}", it.offer.title)
            });
            told.collect()
        };
        let first = status.chunks.first();
        let on_chunk = first.map_or_else(Vec::new, |chunk| on_chunk(&here, chunk, &[]));
        (told(on_chunk), told(on_story(&here)))
    }

    #[test]
    fn a_missing_and_a_begun_chunk_are_written() {
        let missing = |number| chunk(number, ChunkStatus::Missing, 0);
        let (on_chunk, on_story) = offered(&status(vec![missing(1), missing(2)], &[]));
        assert_eq!(
            on_chunk,
            [
                "writeChunk: write chunk 1 “Beat 1”",
                "explain: show the prompt of chunk 1 “Beat 1”"
            ]
        );
        assert_eq!(on_story, ["write: write the story (2 chunks, 400 words)"]);
        let mut begun = chunk(1, ChunkStatus::Partial, 40);
        begun.chapter = Some("Dusk".to_owned());
        let mut next = missing(2);
        next.chapter.clone_from(&begun.chapter);
        let (on_chunk, on_story) = offered(&status(vec![begun, next, missing(3)], &[]));
        assert_eq!(
            on_chunk,
            [
                "writeChunk: go on with chunk 1 “Beat 1” (40/100 words)",
                "write: write the chapter “Dusk” (2 chunks to go)",
                "rewriteChunk: rewrite chunk 1 “Beat 1”",
                "rewriteFrom: rewrite from chunk 1 “Beat 1” on",
                "explain: show the prompt of chunk 1 “Beat 1”"
            ]
        );
        assert_eq!(on_story, ["write: go on writing (3 of 3 chunks to go)"]);
    }

    #[test]
    fn a_chunk_that_is_being_written_is_not_taken_by_another_job() {
        let begun = chunk(1, ChunkStatus::Partial, 40);
        let mut complete = chunk(1, ChunkStatus::Complete, 100);
        complete.has_history = true;
        let missing = chunk(2, ChunkStatus::Missing, 0);
        for first in [begun, complete] {
            let status = status(vec![first, missing.clone()], &[]);
            let (on_chunk, on_story) = offered_while(&status, &[ChunkNumber(1)]);
            let spends = |it: &&String| {
                ["write", "rewrite", "refine", "audit:", "extract"]
                    .iter()
                    .any(|command| it.starts_with(command))
            };
            assert_eq!(on_chunk.iter().find(spends), None);
            assert!(on_chunk.contains(&"explain: show the prompt of chunk 1 “Beat 1”".to_owned()));
            assert!(
                !on_story.iter().any(|it| it.starts_with("write")),
                "{on_story:?}"
            );
        }
    }

    #[test]
    fn a_complete_chunk_is_gone_over_and_decided_about() {
        let mut complete = chunk(1, ChunkStatus::Complete, 100);
        complete.stale = true;
        complete.has_history = true;
        complete.has_revision = true;
        let mut second = complete.clone();
        second.number = ChunkNumber(2);
        let both = vec![complete, second];
        let (on_chunk, on_story) = offered(&status(both.clone(), &[]));
        assert_eq!(
            on_chunk,
            [
                "rewriteChunk: rewrite chunk 1 “Beat 1”",
                "keep: keep chunk 1 “Beat 1” as it is",
                "restoreVersion: restore the earlier version of chunk 1 “Beat 1”",
                "showVersions: choose an earlier version of chunk 1 “Beat 1”",
                "showDiff: show what changed in chunk 1 “Beat 1”",
                "lock: lock chunk 1 “Beat 1”",
                "acceptRevision: accept the revision of chunk 1 “Beat 1”",
                "rejectRevision: reject the revision of chunk 1 “Beat 1”",
                "writeCandidates: write 3 candidates of chunk 1 “Beat 1”",
                "refine: refine chunk 1 “Beat 1”",
                "audit: audit chunk 1 “Beat 1”",
                "rewriteFrom: rewrite from chunk 1 “Beat 1” on",
                "extractState: read the state of chunk 1 “Beat 1” again",
                "explain: show the prompt of chunk 1 “Beat 1”"
            ]
        );
        assert_eq!(
            on_story,
            [
                "rewriteStale: rewrite what is stale (2 chunks)",
                "keep: keep all that is stale as it is (2 chunks)",
                "audit: audit the story",
                "exportBook: make a book of the story (EPUB)"
            ]
        );
        let mut locked = both;
        locked[0].locked = true;
        let (on_chunk, _) = offered(&status(locked, &[]));
        assert!(on_chunk.contains(&"unlock: unlock chunk 1 “Beat 1”".to_owned()));
        let rewrites = |it: &&String| it.starts_with("rewrite") || it.starts_with("lock");
        assert_eq!(on_chunk.iter().find(rewrites), None);
    }

    #[test]
    fn a_lost_draft_is_offered_before_anything_is_written_anew() {
        let missing = vec![chunk(1, ChunkStatus::Missing, 0)];
        let (_, on_story) = offered(&status(missing, &["lamp-01"]));
        assert_eq!(
            on_story,
            ["adoptSession: go on with the draft lamp-01, whose brief was renamed"]
        );
        assert!(offered(&status(Vec::new(), &["lamp-01"])).1.is_empty());
    }
}
