//! Matches chunk files with beats. Pure.
//!
//! A file belongs to the beat in its front matter; without one, to the beat whose text or
//! file name the manifest knows; without that, to the beat of its number. A name tells no beat
//! that another file states. A beat that was renamed takes its chunk along.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use crate::session::PlannedChunk;
use crate::session::layout;
use crate::session::manifest::Manifest;
use crate::session::manifest::record::ChunkRecord;
use crate::session::shared_record::SharedRecord;
use crate::story::chunk_text::ChunkText;
use crate::story::slug::beat_slug;
use crate::story::sync_copies;
use crate::story::{BeatId, ChunkNumber};

/// How alike two headings are, from 0 to 1, that are one heading before and after a touch.
const ALIKE: f64 = 0.5;

/// A chunk file as matching needs it.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) text: Arc<ChunkText>,
}

impl Deref for Candidate {
    type Target = ChunkText;

    fn deref(&self) -> &ChunkText {
        &self.text
    }
}

/// The outcome. Indices are those of the plan and of the candidates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Matching {
    /// The file of each planned chunk, by index.
    pub(crate) files: Vec<Option<usize>>,
    /// Files whose beat is no longer in the outline, with that beat.
    pub(crate) removed: Vec<(usize, BeatId)>,
    /// Files that are a second text of a beat.
    pub(crate) copies: Vec<(usize, BeatId)>,
    /// Files that nothing tells the beat of.
    pub(crate) unknown: Vec<usize>,
    /// Beats that go by a new id: planned chunk and old id.
    pub(crate) renamed: BTreeMap<usize, BeatId>,
}

pub(crate) fn match_files(
    plan: &[PlannedChunk],
    candidates: &[Candidate],
    manifest: &Manifest,
) -> Matching {
    if let Some(files) = in_own_files(plan, candidates) {
        return Matching {
            files,
            ..Matching::default()
        };
    }
    let index: BTreeMap<&BeatId, usize> = plan
        .iter()
        .enumerate()
        .map(|(index, planned)| (&planned.beat, index))
        .collect();
    let stated: BTreeSet<&BeatId> = candidates.iter().filter_map(stated).collect();
    let identities: Vec<Option<BeatId>> = candidates
        .iter()
        .map(|candidate| identity(candidate, &index, &stated, manifest))
        .collect();
    let mut matching = Matching {
        files: vec![None; plan.len()],
        ..Matching::default()
    };
    let records = manifest.by_beat();
    let mut by_beat: BTreeMap<&BeatId, Vec<usize>> = BTreeMap::new();
    let mut nameless = Vec::new();
    for (at, identity) in identities.iter().enumerate() {
        match identity {
            _ if sync_copies::is_copy_name(&candidates[at].name) => {
                let beat = identity.clone().or_else(|| {
                    let number = leading_number(&candidates[at].name)?;
                    let planned = plan.iter().find(|planned| planned.number == number)?;
                    Some(planned.beat.clone())
                });
                match beat {
                    Some(beat) => matching.copies.push((at, beat)),
                    None => matching.unknown.push(at),
                }
            }
            Some(beat) => by_beat.entry(beat).or_default().push(at),
            None => nameless.push(at),
        }
    }
    let mut left = Vec::new();
    for (beat, mut same) in by_beat {
        let record = records.get(beat).map(|record| &***record);
        same.sort_by_cached_key(|at| rank(&candidates[*at], record));
        // A beat is in the map only with a file.
        let (first, copies) = (same[0], &same[1..]);
        match index.get(beat) {
            Some(planned) => matching.files[*planned] = Some(first),
            None => left.push((first, beat.clone())),
        }
        matching
            .copies
            .extend(copies.iter().map(|at| (*at, beat.clone())));
    }
    for at in nameless {
        match by_number(&candidates[at]).map(|number| number.0 as usize - 1) {
            Some(planned) if matching.files.get(planned) == Some(&None) => {
                matching.files[planned] = Some(at);
            }
            _ => matching.unknown.push(at),
        }
    }
    find_renamed(&mut matching, left, plan, candidates, manifest);
    matching
}

/// Returns the files where each is a planned chunk's own and states its beat, as in a draft that nobody has
/// rearranged: there is nothing to find out then, however long the story is.
fn in_own_files(plan: &[PlannedChunk], candidates: &[Candidate]) -> Option<Vec<Option<usize>>> {
    let mut files = vec![None; plan.len()];
    for (at, candidate) in candidates.iter().enumerate() {
        let number = layout::chunk_number(&candidate.name)?;
        let index = (number.0 as usize).checked_sub(1)?;
        let planned = plan.get(index)?;
        let is_own = planned.number == number
            && candidate.file.beat.as_ref() == Some(&planned.beat)
            && candidate.name == layout::chunk_name(number, plan.len());
        if !is_own {
            return None;
        }
        files[index] = Some(at);
    }
    Some(files)
}

/// Returns the beat that a chunk file with a text and a chunk file's own name states.
fn stated(candidate: &Candidate) -> Option<&BeatId> {
    let is_chunk = layout::chunk_number(&candidate.name).is_some() && !candidate.file.is_empty();
    candidate.file.beat.as_ref().filter(|_| is_chunk)
}

/// Returns the beat that a candidate belongs to, in the outline or not.
fn identity(
    candidate: &Candidate,
    in_outline: &BTreeMap<&BeatId, usize>,
    stated_by_any: &BTreeSet<&BeatId>,
    manifest: &Manifest,
) -> Option<BeatId> {
    let stated = candidate.file.beat.as_ref();
    let is_known = |beat: &BeatId| {
        let mut records = manifest.all_records();
        in_outline.contains_key(beat) || records.any(|record| &record.beat == beat)
    };
    // A beat was renamed while its file was open, and the file could not be told so yet; or the file is one of before.
    let is_renamed = |record: &&SharedRecord| {
        in_outline.contains_key(&record.beat)
            && (record.content_sha256.as_ref() == Some(&candidate.digest)
                || stated.is_some_and(|beat| record.formerly.contains(beat)))
            && record.file.strip_prefix("chunks/") == Some(candidate.name.as_str())
    };
    if stated.is_some_and(|beat| !in_outline.contains_key(beat))
        && !candidate.file.is_empty()
        && let Some(record) = manifest.chunks.iter().find(is_renamed)
    {
        return Some(record.beat.clone());
    }
    // A beat that never was is a slip of the author's in the front matter.
    if let Some(beat) = stated.filter(|beat| is_known(beat)) {
        return Some(beat.clone());
    }
    let by_text = || {
        manifest.chunks.iter().find(|record| {
            !candidate.file.is_empty() && record.content_sha256.as_ref() == Some(&candidate.digest)
        })
    };
    let by_name = || {
        let mut records = manifest.chunks.iter();
        let named = records.find(|record| {
            record.says_something()
                && record.file.strip_prefix("chunks/") == Some(candidate.name.as_str())
        });
        // The manifest may be of another moment, when another file had this name.
        named.filter(|record| stated.is_some() || !stated_by_any.contains(&record.beat))
    };
    let recorded = by_text().or_else(by_name).map(|record| &record.beat);
    recorded.or(stated).cloned()
}

fn by_number(candidate: &Candidate) -> Option<ChunkNumber> {
    candidate
        .file
        .number
        .or_else(|| layout::chunk_number(&candidate.name))
        .filter(|number| number.0 > 0)
}

/// Returns the number in `chunk_03 2.md`.
fn leading_number(name: &str) -> Option<ChunkNumber> {
    let rest = name.to_lowercase();
    let rest = rest.strip_prefix("chunk_")?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok().map(ChunkNumber)
}

/// Ranks one of several files of a beat, of which the lowest is best: text, then a chunk file's
/// own name, then the name and the text that the manifest knows.
fn rank(candidate: &Candidate, record: Option<&ChunkRecord>) -> (bool, bool, bool, bool, String) {
    let recorded_name = record
        .is_some_and(|record| record.file.strip_prefix("chunks/") == Some(candidate.name.as_str()));
    let recorded_text =
        record.is_some_and(|record| record.content_sha256.as_ref() == Some(&candidate.digest));
    (
        candidate.file.is_empty(),
        layout::chunk_number(&candidate.name).is_none(),
        !recorded_name,
        !recorded_text,
        candidate.name.clone(),
    )
}

/// Pairs removed beats with new ones that are likely the same: those with the same text under another
/// heading, and a single one at the position of a single one where the text is not known.
fn find_renamed(
    matching: &mut Matching,
    left: Vec<(usize, BeatId)>,
    plan: &[PlannedChunk],
    candidates: &[Candidate],
    manifest: &Manifest,
) {
    for (at, old) in left {
        let record = manifest.record(&old);
        let body = record.and_then(|record| record.body_sha256.as_ref());
        // A beat that the manifest knows was in the outline before, so it is no new name.
        let is_new = |planned: usize| {
            let mut records = manifest.all_records();
            matching.files[planned].is_none()
                && !records.any(|record| record.beat == plan[planned].beat)
        };
        let mut same = (0..plan.len()).filter(|planned| {
            is_new(*planned) && body.is_some() && plan[*planned].body.as_ref() == body
        });
        let found = match (same.next(), same.next()) {
            (Some(planned), None) => Some(planned),
            _ => only_one_in_its_place(matching, at, plan, candidates)
                .filter(|planned| is_new(*planned) && may_be(&plan[*planned], record)),
        };
        match found {
            Some(planned) => {
                matching.files[planned] = Some(at);
                matching.renamed.insert(planned, old);
            }
            None => matching.removed.push((at, old)),
        }
    }
}

/// Tells whether a new beat may be the removed one at its position, under another heading: where both texts
/// are known and differ, only if the headings are almost the same and the ids come from them. Who gives
/// another beat an id of its own means another beat.
fn may_be(planned: &PlannedChunk, record: Option<&ChunkRecord>) -> bool {
    let body = record.and_then(|record| record.body_sha256.as_ref());
    let differs = body.is_some() && planned.body.is_some() && body != planned.body.as_ref();
    let is_by_heading = |beat: &BeatId, title: &str| beat.0.starts_with(&beat_slug(title));
    let by_heading = record.filter(|record| {
        is_by_heading(&planned.beat, &planned.title) && is_by_heading(&record.beat, &record.title)
    });
    let alike = by_heading.map_or(0.0, |record| {
        let (old, new) = (record.title.to_lowercase(), planned.title.to_lowercase());
        strsim::normalized_damerau_levenshtein(&old, &new)
    });
    !differs || alike >= ALIKE
}

/// Returns the planned chunk without a file whose neighbours are those of the file at `at`, if there is
/// exactly one.
fn only_one_in_its_place(
    matching: &Matching,
    at: usize,
    plan: &[PlannedChunk],
    candidates: &[Candidate],
) -> Option<usize> {
    let number = by_number(&candidates[at])?;
    let placed = |planned: usize| {
        matching.files[planned].and_then(|file| Some((planned, by_number(&candidates[file])?)))
    };
    let before = (0..plan.len())
        .filter_map(placed)
        .filter(|(_, n)| *n < number)
        .max_by_key(|(_, n)| *n);
    let after = (0..plan.len())
        .filter_map(placed)
        .filter(|(_, n)| *n > number)
        .min_by_key(|(_, n)| *n);
    let start = before.map_or(0, |(planned, _)| planned + 1);
    let end = after.map_or(plan.len(), |(planned, _)| planned);
    // The old neighbours must have been next to it, else more than one beat left there.
    let alone = before.map_or(number.0 == 1, |(_, n)| n.0 + 1 == number.0)
        && after.is_none_or(|(_, n)| number.0 + 1 == n.0)
        && (after.is_some() || end == start + 1);
    (start.checked_add(1)? == end && alone).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Digest;
    use crate::story::chunk_file::{self, FileStatus};
    use crate::story::table;
    use jiff::Timestamp;

    fn plan(beats: &[&str]) -> Vec<PlannedChunk> {
        (1..)
            .zip(beats)
            .map(|(number, beat)| PlannedChunk {
                number: ChunkNumber(number),
                beat: BeatId((*beat).to_owned()),
                title: (*beat).to_owned(),
                target_words: 100,
                chapter: None,
                body: None,
            })
            .collect()
    }

    /// `name:beat` for each file; `name:` has no front matter.
    fn candidates(files: &[&str]) -> Vec<Candidate> {
        files
            .iter()
            .map(|file| {
                let (name, beat) = file.split_once(':').unwrap();
                let number = layout::chunk_number(name).unwrap_or(ChunkNumber(1));
                let prose = format!("Text of {file}.");
                let text = if beat.is_empty() {
                    prose
                } else {
                    chunk_file::render(
                        number,
                        &BeatId(beat.to_owned()),
                        FileStatus::Complete,
                        &prose,
                    )
                };
                Candidate {
                    name: name.to_owned(),
                    text: Arc::new(ChunkText::parse(&text)),
                }
            })
            .collect()
    }

    #[test]
    fn beats_keep_their_chunks() {
        // outline | files | the name for each beat ("-" for none) | removed, renamed, copies, unknown
        let rows = "
            a b    | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md, chunk_02.md    |
            inserted, moved
            a n b  | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md, -, chunk_02.md |
            b a    | chunk_01.md:a, chunk_02.md:b                   | chunk_02.md, chunk_01.md    |
            removed at the start, in the middle, at the end
            b      | chunk_01.md:a, chunk_02.md:b                   | chunk_02.md                 | removed a
            a c    | chunk_01.md:a, chunk_02.md:b, chunk_03.md:c    | chunk_01.md, chunk_03.md    | removed b
            a      | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md                 | removed b
            renamed in the middle, at the start, at the end, alone
            a x c  | chunk_01.md:a, chunk_02.md:b, chunk_03.md:c    | chunk_01.md, chunk_02.md, chunk_03.md | renamed b
            x b    | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md, chunk_02.md    | renamed a
            a x    | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md, chunk_02.md    | renamed b
            x      | chunk_01.md:a                                  | chunk_01.md                 | renamed a
            split: the first half keeps the chunk; a new one at the end of unfinished work
            a a2 b | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md, -, chunk_02.md |
            a x y  | chunk_01.md:a, chunk_02.md:b                   | chunk_01.md, -, -           | removed b
            copies, by hand and by a sync tool
            a      | chunk_01 (conflicted copy).md:a, chunk_01.md:a | chunk_01.md                 | copy a
            a      | chunk_01.sync-conflict-20260101.md:a           | -                           | copy a
            a b    | chunk_02 2.md:                                 | -, -                        | copy b
            a      | chunk_02 2.md:                                 | -                           | unknown
            a      | chunk_02 2.md:b                                | -                           | copy b
            a      | chunk_01 the landing.md:a                      | chunk_01 the landing.md     |
            no front matter
            a b    | chunk_02.md:                                   | -, chunk_02.md              |
            a b    | chunk_02.md:, chunk_03.md:b                    | -, chunk_03.md              | unknown
            a      | notes.md:                                      | -                           | unknown
        ";
        for row in table::rows(rows) {
            let outline: Vec<&str> = row[0].split(' ').collect();
            let files: Vec<&str> = row[1].split(", ").collect();
            let candidates = candidates(&files);
            let manifest = Manifest::new("s-01", "story.md", "en", Timestamp::UNIX_EPOCH);
            let matching = match_files(&plan(&outline), &candidates, &manifest);
            let name = |at: &Option<usize>| at.map_or("-", |at| candidates[at].name.as_str());
            let names: Vec<&str> = matching.files.iter().map(name).collect();
            let removed = matching.removed.iter().map(|(_, beat)| ("removed ", beat));
            let renamed = matching.renamed.values().map(|beat| ("renamed ", beat));
            let copies = matching.copies.iter().map(|(_, beat)| ("copy ", beat));
            let said = removed.chain(renamed).chain(copies);
            let mut said: Vec<String> = said.map(|(what, beat)| format!("{what}{beat}")).collect();
            said.extend(matching.unknown.iter().map(|_| "unknown".to_owned()));
            assert_eq!(names.join(", "), row[2], "{row:?}");
            assert_eq!(said.join(", "), row[3], "{row:?}");
        }
    }

    /// A manifest of another moment gave a text without front matter the beat of another file.
    #[test]
    fn a_file_that_states_a_beat_has_it_before_one_by_its_name() {
        let mut manifest = Manifest::new("s-01", "story.md", "en", Timestamp::UNIX_EPOCH);
        let mut record = ChunkRecord::missing(ChunkNumber(3), BeatId("b".to_owned()));
        record.file = "chunks/chunk_03.md".to_owned();
        record.content_sha256 = Some(Digest::of("an old text"));
        manifest.chunks.push(record.into());
        // the files, and the one of each beat of the outline
        for (files, wanted) in [
            (["chunk_02.md:b", "chunk_03.md:"], [None, Some(0), Some(1)]),
            (["b.md:b", "chunk_03.md:"], [None, Some(1), None]),
            (["chunk_03 2.md:b", "chunk_03.md:"], [None, Some(1), None]),
        ] {
            let matching = match_files(&plan(&["a", "b", "n"]), &candidates(&files), &manifest);
            assert_eq!(matching.files, wanted, "{files:?}");
        }
    }

    /// The file of a renamed beat that an editor shows states the old one for as long as it is open: the
    /// next look put its text away.
    #[test]
    fn a_renamed_beat_keeps_a_file_that_states_the_old_one_still() {
        for is_edited in [false, true] {
            let candidates = candidates(&["chunk_01.md:b"]);
            let mut manifest = Manifest::new("s-01", "story.md", "en", Timestamp::UNIX_EPOCH);
            let mut record = ChunkRecord::missing(ChunkNumber(1), BeatId("n".to_owned()));
            record.file = "chunks/chunk_01.md".to_owned();
            record.content_sha256 = Some(match is_edited {
                true => Digest::of("What it was before the author typed."),
                false => candidates[0].digest.clone(),
            });
            record.formerly = vec![BeatId("b".to_owned())];
            manifest.chunks.push(record.into());
            let old = ChunkRecord::missing(ChunkNumber(1), BeatId("b".to_owned()));
            manifest.removed.push(old.into());
            let matching = match_files(&plan(&["n"]), &candidates, &manifest);
            assert_eq!(matching.files, [Some(0)], "edited: {is_edited}");
            assert_eq!(matching.removed, [], "edited: {is_edited}");
        }
    }

    /// Ids of one's own say that two beats are two, however alike their headings are.
    #[test]
    fn a_beat_in_the_place_of_a_removed_one_takes_nothing_over() {
        // the id and the heading of the beat that came, whether it has the chunk
        for (id, heading, stays) in [
            ("the-vigabola", "The Vigabola", true),
            ("vigabola", "The Vigabola", false),
            ("the-vigabola", "A quiet morning", false),
        ] {
            let candidates = candidates(&["chunk_01.md:a", "chunk_02.md:the-vigaloka"]);
            let mut manifest = Manifest::new("s-01", "story.md", "en", Timestamp::UNIX_EPOCH);
            let beat = BeatId("the-vigaloka".to_owned());
            let mut record = ChunkRecord::missing(ChunkNumber(2), beat);
            record.title = "The Vigaloka".to_owned();
            record.body_sha256 = Some(Digest::of("She hides the lamp."));
            manifest.chunks.push(record.into());
            let mut plan = plan(&["a", id]);
            plan[1].title = heading.to_owned();
            plan[1].body = Some(Digest::of("She finds a rope."));
            let matching = match_files(&plan, &candidates, &manifest);
            assert_eq!(matching.files[1].is_some(), stays, "{id}: {heading}");
            assert_eq!(matching.removed.is_empty(), stays, "{id}: {heading}");
        }
    }
}
