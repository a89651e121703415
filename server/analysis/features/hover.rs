//! Says what is known of what stands at a place.

use std::sync::Arc;

use super::document::{DocumentKind, StoryDocument};
use super::keys::{self, BRIEF_KEYS, CHUNK_KEYS};
use super::note::Note;
use super::subject::{Subject, character, subject_at};
use crate::analysis::index::StoryIndex;
use crate::analysis::ledger::authored::authored;
use crate::analysis::ledger::{Ledger, Point, Standing, listed_at};
use crate::analysis::session_snapshot::SessionSnapshot;
use crate::analysis::stale_reason;
use crate::session::{ChunkRecord, ChunkStatus, ChunkView};
use crate::story::counted::counted;
use crate::story::state::{CharacterState, fold};
use crate::story::{Beat, Brief, ChunkNumber, Span};

/// Says what stands at a place, and which span of the document that is about. The index is asked for where that
/// takes one; without, it says what the brief does.
pub fn hover(
    document: &StoryDocument<'_>,
    index: impl FnOnce() -> Option<Arc<StoryIndex>>,
    offset: usize,
) -> Option<(Note, Span)> {
    let pointed = subject_at(document, offset)?;
    let brief = document.brief;
    let note = match pointed.subject {
        Subject::Characters(entries) => {
            let (upto, index) = (chunk_at(document, offset), index());
            let notes = entries
                .into_iter()
                .filter_map(|entry| of_character(brief, index.as_deref(), entry, upto));
            notes.reduce(Note::and)?
        }
        Subject::Beat(beat) => of_beat(document, index().as_deref(), beat)?,
        Subject::Thread(at) => of_thread(document, index().as_deref(), at)?,
        Subject::Rule(rule) => {
            let rule = brief.rules.get(rule)?;
            Note::titled(format!("Rule {}", rule.number)).text(rule.text.as_str())
        }
        Subject::Setting(name) => of_key(keys::find(&BRIEF_KEYS, &name)?),
        Subject::HeadKey(name) => of_key(keys::find(&CHUNK_KEYS, &name)?),
    };
    Some((note, pointed.span))
}

fn of_key(key: &keys::Key) -> Note {
    let values = key.values.join(", ");
    Note::titled(key.name)
        .text(key.meaning)
        .fact("for example", values)
}

// ---------------------------------------------------------------- threads

/// Says where a thread of the brief's list is opened, due and paid; without a draft, what the list says.
fn of_thread(document: &StoryDocument<'_>, index: Option<&StoryIndex>, at: usize) -> Option<Note> {
    let listed = authored(document.brief, document.text);
    let note = Note::titled(listed.get(at)?.text.as_str());
    let Some(index) = index else {
        return Some(note);
    };
    let ledger = Ledger::of(&index.read, index.session.as_deref());
    let Some(thread) = listed_at(&ledger, &listed, at) else {
        return Some(note);
    };
    let point = |point: Option<Point>| {
        let point = point?;
        let title = document.brief.beat(&point.beat).map(|beat| &beat.title);
        let title = title.map_or_else(String::new, |title| format!(" “{title}”"));
        Some(format!("chunk {}{title}", point.chunk))
    };
    let standing = match thread.standing {
        Standing::Planned => "Not opened in what is written.",
        Standing::Open => "Open.",
        Standing::Overdue => "Still open, though the chunk where it is due is written.",
        Standing::Paid => "Paid.",
    };
    Some(
        note.text(standing)
            .fact("opened", point(thread.opened))
            .fact("due", point(thread.due))
            .fact("paid", point(thread.paid)),
    )
}

// ---------------------------------------------------------------- characters

/// Finds the chunk up to which a place knows the story: its own, or that of its beat; `None`: all of it.
fn chunk_at(document: &StoryDocument<'_>, offset: usize) -> Option<ChunkNumber> {
    let number = |beat: usize| Some(ChunkNumber(u32::try_from(beat + 1).ok()?));
    match document.kind {
        DocumentKind::Chunk(parts) => match document.own_beat() {
            Some(beat) => number(beat),
            None => parts.number,
        },
        DocumentKind::Brief => {
            let mut beats = document.brief.beats.iter();
            number(beats.position(|beat| beat.span.contains(&offset))?)
        }
        DocumentKind::Beside => None,
    }
}

fn of_character(
    brief: &Brief,
    index: Option<&StoryIndex>,
    entry: usize,
    upto: Option<ChunkNumber>,
) -> Option<Note> {
    let known = brief.cast.get(entry)?;
    let mut note = Note::titled(known.name.as_str());
    if !known.aliases.is_empty() {
        note = note.text(format!("also known as {}", known.aliases.join(", ")));
    }
    note = note.text(known.text.as_str());
    let Some(index) = index else {
        return Some(note);
    };
    if let Some((after, state)) = state_of(index, entry, upto) {
        note = note
            .text(format!("After chunk {after}:"))
            .fact("place", state.place)
            .fact("condition", state.condition)
            .fact("knows", state.knows.join("; "))
            .fact("holds", state.holds.join(", "));
    }
    Some(note.text(mentioned(index, entry)))
}

/// Returns how a character stands after the last chunk up to one that says something of the story.
fn state_of(
    index: &StoryIndex,
    entry: usize,
    upto: Option<ChunkNumber>,
) -> Option<(ChunkNumber, CharacterState)> {
    let written = &index.session.as_ref()?.written;
    let brief = &index.read.story.brief;
    let states = written.view.chunks.iter().zip(&written.states);
    let states = states.filter_map(|(chunk, state)| Some((chunk.number, state.as_ref()?)));
    let states: Vec<_> = states
        .filter(|(number, _)| upto.is_none_or(|upto| *number <= upto))
        .collect();
    let (after, _) = states.last()?;
    let mut characters = fold(states.iter().map(|(_, state)| state.as_ref()))
        .characters
        .into_iter();
    let state = characters.find(|state| character(brief, &state.name) == Some(entry))?;
    let says_nothing = state.place.is_none()
        && state.condition.is_none()
        && state.knows.is_empty()
        && state.holds.is_empty();
    (!says_nothing).then_some((*after, state))
}

fn mentioned(index: &StoryIndex, entry: usize) -> String {
    let counts = index.chunks.iter().map(|chunk| {
        let mentions = chunk.file.mentions.iter();
        let count = mentions.filter(|mention| mention.entry == entry).count();
        (chunk.number, count)
    });
    let named: Vec<(ChunkNumber, usize)> = counts.filter(|(_, count)| *count > 0).collect();
    let total: usize = named.iter().map(|(_, count)| count).sum();
    match named.as_slice() {
        [] if index.chunks.is_empty() => String::new(),
        [] => "Not named in any chunk yet.".to_owned(),
        [(only, _)] => format!("Named {} in chunk {only}.", counted(total, "time")),
        [(first, _), .., (last, _)] => format!(
            "Named {} in {}, first in chunk {first}, last in chunk {last}.",
            counted(total, "time"),
            counted(named.len(), "chunk")
        ),
    }
}

// ---------------------------------------------------------------- beats

fn of_beat(document: &StoryDocument<'_>, index: Option<&StoryIndex>, at: usize) -> Option<Note> {
    let beat = document.brief.beats.get(at)?;
    let mut note = Note::titled(format!("{}. {}", at + 1, beat.title));
    if *document.kind != DocumentKind::Brief {
        note = note
            .text(beat.text.as_str())
            .fact("enter", beat.enter.clone())
            .fact("exit", beat.exit.clone());
    }
    let Some(index) = index else {
        return Some(note);
    };
    let unit = document.brief.language.unit();
    let session = index.session.as_deref();
    let chunk = session.and_then(|session| chunk_of(session, beat));
    match chunk.filter(|(chunk, _)| chunk.status != ChunkStatus::Missing) {
        Some((chunk, reasons)) => Some(of_chunk(note, chunk, unit, reasons)),
        None => {
            let plan = index.read.story.plan(&index.read.settings);
            let planned = plan.iter().find(|planned| planned.beat == beat.id);
            let target = planned.map(|planned| format!("{} {unit}", planned.target_words));
            Some(
                note.text("Not written yet.")
                    .fact("length asked for", target),
            )
        }
    }
}

/// Finds the chunk of a beat, and why it is stale.
fn chunk_of<'a>(session: &'a SessionSnapshot, beat: &Beat) -> Option<(&'a ChunkView, String)> {
    let chunks = &session.written.view.chunks;
    let at = chunks.iter().position(|chunk| chunk.beat == beat.id)?;
    let reasons = session.stale_reasons().get(at);
    Some((
        &chunks[at],
        reasons.map_or_else(String::new, |it| stale_reason::sentence(it)),
    ))
}

fn of_chunk(note: Note, chunk: &ChunkView, unit: &str, stale: String) -> Note {
    let mut how = vec![status_word(chunk.status)];
    if chunk.edited {
        how.push("edited by you");
    }
    if chunk.locked {
        how.push("locked");
    }
    let note = note
        .text(format!(
            "{}: {} of {} {unit}",
            how.join(", "),
            chunk.words,
            chunk.target_words
        ))
        .fact("stale", stale);
    match &chunk.record {
        Some(record) => of_record(note, record),
        None => note,
    }
}

fn of_record(note: Note, record: &ChunkRecord) -> Note {
    let model = record.model.as_ref().map(|model| match &record.provider {
        Some(provider) => format!("{provider}/{model}"),
        None => model.clone(),
    });
    note.fact("failed", record.failure.clone())
        .fact("model", model)
        .fact("time", record.elapsed_ms.map(duration))
        .fact("cost", record.cost.map(|cost| format!("{cost:.4}")))
}

/// Names a status as a reader would.
pub fn status_word(status: ChunkStatus) -> &'static str {
    match status {
        ChunkStatus::Missing => "not written",
        ChunkStatus::Partial => "partial",
        ChunkStatus::Complete => "complete",
        ChunkStatus::Failed => "failed",
    }
}

fn duration(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..60 => format!("{}.{} s", seconds, ms % 1000 / 100),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::marked::Marked;

    #[track_caller]
    fn check(file: &str, marked: &str, expected: &str) {
        let page = Marked::at(file, marked);
        let found = hover(&page.document(), || None, page.at);
        let shown = found.map(|(note, span)| {
            let text = note.as_plain_text().replace("\n\n", "\n");
            format!("[{}] {text}", &page.text[span])
        });
        assert_eq!(shown.unwrap_or_default(), expected, "{marked}");
    }

    #[test]
    fn what_the_brief_says_is_told() {
        check(
            "chunk_01.md",
            "M|ara went.",
            "[Mara] Mara Voss\nalso known as the keeper\nDry.",
        );
        check(
            "chunk_01.md",
            "By rule |1.",
            "[rule 1] Rule 1\nThe lamp is never dark.",
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nbeat: log|book\n---\n",
            "[logbook] 1. The Logbook\nMara reads.",
        );
        check(
            "chunk_01.md",
            "---\nchunk: 1\nlock|ed: true\n---\n",
            "[locked] locked\nWhere this is true, nothing but you changes the text.\nfor example: true, false",
        );
        check(
            "story.md",
            "---\nten|se: past\n---\n",
            "[tense] tense\nThe tense that every chunk is told in.\nfor example: past, present",
        );
        check("story.md", "---\nauth|or: M\n---\n", "");
        check(
            "story.md",
            "# Threads\n- the sealed le|tter (due: a)\n# Outline\n## A\nText.\n",
            "[the sealed letter (due: a)] the sealed letter",
        );
        check("notes.md", "no|body", "");
    }

    #[test]
    fn times_are_short() {
        for (ms, expected) in [(950, "0.9 s"), (12_340, "12.3 s"), (61_000, "1 min 1 s")] {
            assert_eq!(duration(ms), expected);
        }
    }
}
