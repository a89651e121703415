//! What was promised, held against what is on disk after every step.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::brief::PROTAGONIST;
use crate::commands::{Source, Touch};
use crate::desk::{Draft, Ended, Snapshot, chunk_name};
use crate::model::{self, Inputs, Known, Origin, Stale};
use crate::texts::{self, ChunkText};
use crate::week::{Begun, Broken, Week};

/// What `status --json` says of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub beat: String,
    pub title: String,
    pub file: String,
    pub is_complete: bool,
    pub is_partial: bool,
    pub words: u64,
    pub is_edited: bool,
    pub is_by_hand: bool,
    pub is_stale: bool,
    pub reasons: Vec<String>,
}

impl Row {
    fn of(row: &Value) -> Row {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let reasons = row["stale_reasons"].as_array().into_iter().flatten();
        Row {
            beat: text("beat"),
            title: text("title"),
            file: text("file"),
            is_complete: row["status"] == "complete",
            is_partial: row["status"] == "partial",
            words: row["words"].as_u64().unwrap_or_default(),
            is_edited: row["edited"] == true,
            is_by_hand: row["origin"] == "written",
            is_stale: row["stale"] == true,
            reasons: reasons.map(ToString::to_string).collect(),
        }
    }

    /// Stale only since a chunk was read again that was edited before this one was written.
    fn is_told_late(&self) -> bool {
        let late = ["what happened in", "how things stand after"];
        let is_late = |reason: &String| late.iter().any(|words| reason.contains(words));
        self.reasons.iter().all(is_late)
    }

    pub fn told(&self) -> String {
        format!("{} ({}): {:?}", self.file, self.beat, self.reasons)
    }
}

/// Everything stays as it is, but for what is only an account of it.
pub fn same(before: &Snapshot, after: &Snapshot, what: &str) -> Result<(), Broken> {
    let told = |draft: &Draft| {
        let texts = draft
            .chunks
            .iter()
            .chain(draft.history.values())
            .chain(draft.generated.values());
        let texts = texts.map(|text| (text.name.clone(), text.raw.clone()));
        let others = draft
            .others
            .iter()
            .map(|(name, text)| (name.clone(), text.clone()));
        texts.chain(others).collect::<BTreeSet<_>>()
    };
    for (id, draft) in &before.drafts {
        let (old, new) = (
            told(draft),
            after.drafts.get(id).map(told).unwrap_or_default(),
        );
        if old != new {
            let names: BTreeSet<&String> = old
                .symmetric_difference(&new)
                .map(|(name, _)| name)
                .collect();
            return Err(format!("{what} changes {names:?} of {id}"));
        }
    }
    match before.brief == after.brief {
        true => Ok(()),
        false => Err(format!("{what} changes story.md")),
    }
}

/// Every text and every word that was typed is somewhere, and versions only ever come to be.
pub fn nothing_lost(before: &Snapshot, after: &Snapshot) -> Result<(), Broken> {
    if before.brief != after.brief {
        return Err("story.md was changed".to_owned());
    }
    for (id, old) in &before.drafts {
        let new = after
            .drafts
            .get(id)
            .ok_or_else(|| format!("the draft {id} is gone"))?;
        if let Some(word) = old.typed().difference(&new.typed()).next() {
            return Err(format!("the word {word} is gone"));
        }
        if let Some(text) = lost_text(old, new) {
            let (name, prose) = (&text.name, &text.prose);
            return Err(format!("the text of {name} is gone: {prose:.80}…"));
        }
        for (name, version) in &old.history {
            // One that is gone came back as a chunk: its text is somewhere.
            let now = new.history.get(name).map(|now| &now.raw);
            let is_same = now.is_none_or(|now| *now == version.raw);
            if name.starts_with("history/") && !is_same {
                return Err(format!("{name} was changed"));
            }
        }
    }
    Ok(())
}

/// A text of a draft that is nowhere any more.
fn lost_text<'a>(old: &'a Draft, new: &Draft) -> Option<&'a ChunkText> {
    let texts = new.texts();
    let complete = old.chunks.iter().filter(|chunk| chunk.is_complete);
    let complete = complete.filter(|chunk| !chunk.is_empty());
    let mut authors = complete.chain(old.history.values());
    // One that came back with its beat before it was complete is gone on with.
    let goes_on_now = |text: &ChunkText| {
        let mut chunks = new.chunks.iter().filter(|chunk| chunk.beat == text.beat);
        !text.is_complete && chunks.any(|chunk| goes_on(&text.prose, &chunk.prose))
    };
    let is_lost = |text: &&ChunkText| !texts.contains(text.prose.as_str()) && !goes_on_now(text);
    if let Some(lost) = authors.find(is_lost) {
        return Some(lost);
    }
    // Of what was generated the words are enough: the author's comments may stand among them.
    let words: BTreeSet<String> = new.all().map(ChunkText::key).collect();
    let mut generated = old.generated.values();
    generated.find(|text| !words.contains(&text.key()))
}

impl Week {
    /// What has to be so after a command, and what the author learns from it.
    pub fn after(
        &mut self,
        before: &Snapshot,
        touch: &Touch,
        source: Source,
        ended: &Ended,
    ) -> Result<(), Broken> {
        self.see();
        if self.current.is_none() {
            self.current = self.look.drafts.keys().next().cloned();
        }
        nothing_lost(before, &self.look)?;
        let id = self.current.clone().unwrap_or_default();
        let nothing = Draft::default();
        let old = before.drafts.get(&id).unwrap_or(&nothing);
        let Some(new) = self.look.drafts.get(&id).cloned() else {
            return Ok(());
        };
        self.memory().is_unseen = false;
        self.memory().is_mismatched = false;
        self.put_away(old);
        self.in_order(&new)?;
        self.come_back(old, &new, touch)?;
        self.unasked(old, &new, touch, ended)?;
        self.learn(old, &new, touch, source, ended);
        if ended.code == Some(0) && *touch != Touch::Nothing {
            self.whole_story(&new)?;
        }
        Ok(())
    }

    /// Texts of beats that left the outline.
    fn put_away(&mut self, old: &Draft) {
        let beats: BTreeSet<String> = self
            .brief
            .beats
            .iter()
            .map(|beat| beat.id.clone())
            .collect();
        let gone: Vec<(String, ChunkText)> = old
            .chunks
            .iter()
            .filter(|chunk| !chunk.is_empty())
            .filter_map(|chunk| Some((self.beat_of(chunk)?, chunk.clone())))
            .filter(|(beat, _)| !beats.contains(beat))
            .collect();
        self.memory().away.extend(gone);
    }

    /// The beat of a chunk file as it was before a command.
    fn beat_of(&self, chunk: &ChunkText) -> Option<String> {
        chunk.beat.clone()
    }

    /// The files in chunks/ are the chunks of the outline, in its order, and nothing else.
    fn in_order(&self, new: &Draft) -> Result<(), Broken> {
        // A text that nothing tells the beat of keeps others from its place; the author is told.
        if new.chunks.iter().any(|chunk| chunk.beat.is_none()) {
            return Ok(());
        }
        for chunk in &new.chunks {
            let place = chunk
                .beat
                .as_deref()
                .and_then(|beat| self.brief.place(beat));
            let is_in_place = place.is_some_and(|place| {
                chunk.name == chunk_name(place + 1)
                    && chunk
                        .number
                        .is_none_or(|number| number as usize == place + 1)
            });
            if !is_in_place {
                return Err(format!(
                    "{} (beat {:?}) is out of order",
                    chunk.name, chunk.beat
                ));
            }
        }
        Ok(())
    }

    /// A text whose beat is back is back.
    fn come_back(&mut self, old: &Draft, new: &Draft, touch: &Touch) -> Result<(), Broken> {
        for (place, beat) in self.brief.beats.clone().iter().enumerate() {
            if old.chunk(&beat.id, place + 1).is_some() {
                continue;
            }
            let Some(away) = self.memory().away.remove(&beat.id) else {
                continue;
            };
            let now = new.chunk(&beat.id, place + 1);
            let is_back = now
                .is_some_and(|now| now.prose == away.prose && now.is_complete == away.is_complete);
            let may_differ = match touch {
                Touch::Nothing => false,
                Touch::Incomplete => !away.is_complete,
                Touch::Between(from, until) => {
                    !away.is_complete && (*from..*until).contains(&place)
                }
                Touch::One(one) => *one == beat.id,
                Touch::From(from) => place >= *from,
                Touch::Stale(_) => true,
            };
            if !is_back && !may_differ {
                return Err(format!("{} is back, and its text is not: {now:?}", beat.id));
            }
        }
        Ok(())
    }

    /// No text is replaced that the command was not about.
    fn unasked(
        &self,
        old: &Draft,
        new: &Draft,
        touch: &Touch,
        ended: &Ended,
    ) -> Result<(), Broken> {
        let read = chunks_of(ended, "state_saved");
        let mut changed_before = false;
        for (place, beat) in self.brief.beats.iter().enumerate() {
            let then = old
                .chunk(&beat.id, place + 1)
                .filter(|chunk| !chunk.is_empty());
            let now = new.chunk(&beat.id, place + 1);
            let is_changed = then.map(|then| &then.prose) != now.map(|now| &now.prose);
            let Some(then) = then.filter(|_| is_changed) else {
                // What happens in a chunk that the author changed is known once it is read again, and
                // what was written from it is stale then.
                changed_before |= is_changed || read.contains(&(place as u64 + 1));
                continue;
            };
            let known = self.known(&beat.id, then);
            let is_authors =
                then.is_complete && known.is_some_and(|known| known.origin.is_authors());
            let may = match touch {
                Touch::Nothing => false,
                Touch::Incomplete => !then.is_complete,
                Touch::Between(from, until) => {
                    !then.is_complete && (*from..*until).contains(&place)
                }
                Touch::One(one) => *one == beat.id,
                Touch::From(from) => place >= *from && !is_authors,
                Touch::Stale(stale) => !is_authors && (stale.contains(&beat.id) || changed_before),
            };
            if !may {
                let what = known.map(|known| known.origin);
                return Err(format!(
                    "{} ({}, {what:?}) was replaced unasked by {touch:?}",
                    then.name, beat.id
                ));
            }
            changed_before = true;
        }
        Ok(())
    }

    /// Notes whose the new texts are, and what they were written from.
    fn learn(&mut self, old: &Draft, new: &Draft, touch: &Touch, source: Source, ended: &Ended) {
        let saved = chunks_of(ended, "chunk_saved");
        for (place, beat) in self.brief.beats.clone().iter().enumerate() {
            let Some(now) = new
                .chunk(&beat.id, place + 1)
                .filter(|chunk| !chunk.is_empty())
            else {
                self.memory().begun.remove(&beat.id);
                continue;
            };
            let then = old.chunk(&beat.id, place + 1);
            let is_new = then.is_none_or(|then| then.prose != now.prose)
                || saved.contains(&(place as u64 + 1));
            let inputs = self.inputs_now(place);
            let key = (beat.id.clone(), now.key());
            let base = then.and_then(|then| self.known(&beat.id, then)).cloned();
            let memory = self.memory();
            if !now.is_complete {
                let is_known = memory
                    .begun
                    .get(&beat.id)
                    .is_some_and(|begun| goes_on(&begun.prose, &now.prose));
                if source == Source::Model && is_new && !is_known {
                    let is_mixed = false;
                    let prose = now.prose.clone();
                    memory.begun.insert(
                        beat.id.clone(),
                        Begun {
                            prose,
                            inputs,
                            is_mixed,
                            is_forgotten: false,
                        },
                    );
                }
                continue;
            }
            let begun = memory.begun.remove(&beat.id);
            // What came back with its beat is new here too, and is no revision.
            let is_accepted = source == Source::Revision && *touch == Touch::One(beat.id.clone());
            if is_accepted && is_new {
                let inputs = base.map(|base| base.inputs).unwrap_or_default();
                // A revision may have changed nothing that a word has.
                let origin = match then.is_some_and(|then| then.key() == now.key()) {
                    true => Origin::Mixed,
                    false => Origin::Generated,
                };
                memory.generated.insert(beat.id.clone(), now.prose.clone());
                memory.known.insert(key, Known { origin, inputs });
            } else if source == Source::Model && saved.contains(&(place as u64 + 1)) {
                memory.generated.insert(beat.id.clone(), now.prose.clone());
                let begun = begun.filter(|begun| goes_on(&begun.prose, &now.prose));
                let is_forgotten = begun.as_ref().is_some_and(|begun| begun.is_forgotten);
                let of_now = inputs.clone().filter(|_| is_forgotten);
                let (is_mixed, inputs) = match begun {
                    // What was begun under another brief is begun anew, whatever the words are.
                    Some(begun) if is_other_brief(begun.inputs.as_ref(), inputs.as_ref()) => {
                        (begun.is_mixed, inputs)
                    }
                    Some(begun) => (begun.is_mixed, begun.inputs),
                    None => (false, inputs),
                };
                let known = memory.known.entry(key).or_default();
                known.origin = if is_mixed {
                    Origin::Mixed
                } else {
                    Origin::Generated
                };
                // The same words may come again, from something else.
                known.inputs.extend(inputs);
                known.inputs.extend(of_now);
            } else {
                // A text from somewhere else: nothing is known of it but that it is there.
                let known = memory.known.entry(key).or_default();
                // The model may have put an author's words into other paragraphs.
                if is_new && was_revision(old, now) {
                    known.origin = Origin::Mixed;
                }
            }
        }
    }

    /// full_story.md is the complete chunks in story order, without comments.
    fn whole_story(&self, new: &Draft) -> Result<(), Broken> {
        let mut expected: Vec<String> = Vec::new();
        let mut part = None;
        for (place, of) in self.brief.parts().into_iter().enumerate() {
            let beat = &self.brief.beats[place].id;
            let chunk = new.chunk(beat, place + 1).filter(|chunk| chunk.is_complete);
            let Some(chunk) = chunk.filter(|chunk| !chunk.is_empty()) else {
                continue;
            };
            if of.is_some() && of != part {
                expected.push("##".to_owned());
                expected.extend(texts::words(of.as_deref().unwrap_or_default()));
                part = of;
            }
            expected.extend(texts::words(&chunk.prose));
        }
        let told = new.others.get("full_story.md").map_or("", String::as_str);
        let told = match told
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
        {
            Some((_, text)) => text,
            None => told,
        };
        if told.contains("<!--") {
            return Err("full_story.md holds a comment".to_owned());
        }
        let title = format!("# {}", self.brief.title);
        let told = told
            .trim_start()
            .strip_prefix(title.as_str())
            .unwrap_or(told);
        let told = texts::words(told);
        if told == expected || (expected.is_empty() && told.is_empty()) {
            return Ok(());
        }
        let at = told
            .iter()
            .zip(&expected)
            .take_while(|(told, expected)| told == expected)
            .count();
        let near = |words: &[String]| {
            words[at.saturating_sub(4).min(words.len())..(at + 8).min(words.len())].join(" ")
        };
        Err(format!(
            "full_story.md differs at word {at}: …{}… for …{}…",
            near(&told),
            near(&expected)
        ))
    }

    pub fn status(&self) -> Result<Vec<Row>, Broken> {
        self.status_of(&["status", "--json"])
    }

    pub fn status_of(&self, arguments: &[&str]) -> Result<Vec<Row>, Broken> {
        let ended = self.desk.run(arguments);
        let status: Value = serde_json::from_str(&ended.stdout)
            .map_err(|error| format!("{arguments:?}: {error}: {}", ended.said()))?;
        if arguments.len() == 2 && status["session"].as_str() != self.current.as_deref() {
            return Err(format!(
                "status is about {}, not {:?}",
                status["session"], self.current
            ));
        }
        let rows = status["chunks"].as_array().into_iter().flatten();
        Ok(rows.map(Row::of).collect())
    }

    /// What `status` says is what is so.
    pub fn agree(&mut self) -> Result<(), Broken> {
        let rows = self.status()?;
        if rows.len() != self.brief.beats.len() {
            return Err(format!(
                "status has {} chunks for {} beats",
                rows.len(),
                self.brief.beats.len()
            ));
        }
        let mut all_texts: String = self
            .brief
            .beats
            .iter()
            .map(|beat| format!("{}\n", beat.body))
            .collect();
        // The entry of the protagonist is in every prompt.
        all_texts.push_str(PROTAGONIST);
        // A text that was kept is one of the prompt that it was written from, which an earlier text may have told whom
        // to name.
        all_texts.extend(
            self.draft()
                .into_iter()
                .flat_map(|draft| draft.all().map(|it| it.prose.clone()).collect::<Vec<_>>()),
        );
        for (place, row) in rows.iter().enumerate() {
            self.row_is_so(place, row, &all_texts)?;
        }
        Ok(())
    }

    fn row_is_so(&self, place: usize, row: &Row, all_texts: &str) -> Result<(), Broken> {
        let beat = &self.brief.beats[place];
        let wrong = |what: &str| {
            Err(format!(
                "status: chunk {} ({}) {what}: {row:?}",
                place + 1,
                beat.id
            ))
        };
        if row.beat != beat.id || row.title != beat.title {
            return wrong("has another beat");
        }
        let Some(chunk) = self.chunk(place) else {
            return match row.is_complete || row.is_partial || row.words > 0 {
                true => wrong("is not there"),
                false => Ok(()),
            };
        };
        if (row.is_complete, row.is_partial) != (chunk.is_complete, !chunk.is_complete) {
            return wrong(&format!("has another status than {}", chunk.name));
        }
        let language = storywright::story::Language::default();
        if row.words
            != u64::from(storywright::story::words::count(
                &texts::bare(&chunk.prose),
                &language,
            ))
        {
            return wrong("has another length");
        }
        if !chunk.is_complete {
            return Ok(());
        }
        let Some(known) = self.known(&beat.id, chunk) else {
            return Ok(());
        };
        let expected = match known.origin {
            Origin::Generated => Some(false),
            Origin::Edited | Origin::Written => Some(true),
            Origin::Mixed => None,
        };
        if expected.is_some_and(|expected| expected != (row.is_edited || row.is_by_hand)) {
            return wrong(&format!("is {:?}", known.origin));
        }
        let Some(now) = self.inputs_now(place) else {
            return Ok(());
        };
        match model::stale(&known.inputs, &now, all_texts) {
            Stale::Must(why) if !row.is_stale => wrong(&format!("is stale, since {why}")),
            Stale::Never if row.is_stale && !row.is_told_late() => {
                wrong(&format!("is fresh, and not: {:?}", row.reasons))
            }
            _ => Ok(()),
        }
    }
}

/// The chunks that events of a job are about.
fn chunks_of(ended: &Ended, event: &str) -> BTreeSet<u64> {
    let events = ended.events(event);
    let chunks = events.iter().filter_map(|event| event["chunk"].as_u64());
    chunks.collect()
}

/// Whether a text was a proposed rewrite once that was put away.
fn was_revision(old: &Draft, now: &ChunkText) -> bool {
    let words = ["a revision that", "a revision, "];
    let is_it = |kept: &ChunkText| {
        let is_revision = words.iter().any(|words| kept.head.contains(words));
        is_revision && kept.beat == now.beat && kept.prose == now.prose
    };
    old.history.values().any(is_it)
}

/// Whether a text that was begun from one brief is begun anew for another.
fn is_other_brief(then: Option<&Inputs>, now: Option<&Inputs>) -> bool {
    then.zip(now)
        .is_some_and(|(then, now)| then.is_begun_anew_for(now))
}

/// Whether a text goes on from what was there of it; its last words may have been mended.
fn goes_on(begun: &str, now: &str) -> bool {
    let begun = texts::words(begun);
    let begun = &begun[..begun.len().saturating_sub(3)];
    !begun.is_empty() && texts::words(now).starts_with(begun)
}
