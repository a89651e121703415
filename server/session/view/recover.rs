//! Derives the view of a session from its facts: what is complete, partial, failed or missing, and what comes
//! next.
//!
//! Pure: the same facts give the same view, and nothing but the facts counts. Delete
//! everything but chunk files and brief, and the view is still true.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::facts::{CopyFact, Facts, FileFact};
use super::matching::{self, Candidate, Matching};
use super::{ChunkView, Orphan, OrphanKind, SessionView};
use crate::session::layout::{self, SessionId, SessionPaths};
use crate::session::manifest::record::{ChunkRecord, ChunkStatus, Origin};
use crate::session::manifest::{Manifest, ManifestFact};
use crate::session::notice::Notice;
use crate::session::planned::PlannedChunk;
use crate::session::renames::Renames;
use crate::session::shared_record::SharedRecord;
use crate::story::chunk_file::{self, ChunkFile, FileStatus};
use crate::story::chunk_text::Told;
use crate::story::journal::{Journal, Place, Verdict};
use crate::story::sync_copies;
use crate::story::{BeatId, Digest, Language, SharedText, words};

/// The facts, sorted out.
pub(crate) struct Recovered {
    pub(crate) view: SessionView,
    pub(crate) matching: Matching,
    /// The candidates in the order of the facts' files.
    pub(crate) candidates: Vec<Candidate>,
}

/// Derives the view of a session from its facts. The manifest goes from the facts into the view: that of a
/// long story is large.
pub(crate) fn recover(
    facts: &mut Facts,
    id: &SessionId,
    brief: &str,
    paths: &SessionPaths,
    plan: &[PlannedChunk],
    language: &Language,
) -> Recovered {
    let mut notices = Vec::new();
    let mut manifest = match std::mem::replace(&mut facts.manifest, ManifestFact::Missing) {
        ManifestFact::Read(manifest) => *manifest,
        unusable => {
            if let ManifestFact::Unusable(reason) = unusable {
                notices.push(Notice {
                    code: "manifest-unusable",
                    message: format!(
                        "{} {reason}. The chunk files are untouched, and what they tell is shown; only timings and \
                         cost are unknown.",
                        paths.manifest().display()
                    ),
                });
            }
            let mut manifest = Manifest::new(id.as_str(), brief, language.as_str(), facts.at);
            manifest.chunks = std::mem::take(&mut facts.records);
            manifest
        }
    };
    let renames = match std::mem::replace(&mut facts.renames, Ok(Renames::default())) {
        Ok(renames) => renames,
        Err(wrong) => {
            let message = format!("{} {wrong}.", paths.renames().display());
            notices.push(Notice {
                code: "renames-unusable",
                message,
            });
            Renames::default()
        }
    };
    renames.apply_to_beats(&mut manifest, plan);
    let candidates: Vec<Candidate> = facts.files.iter().map(candidate).collect();
    let matching = matching::match_files(plan, &candidates, &manifest);
    let names = file_names(plan, &matching, &candidates);
    let records = manifest.by_beat();
    let mut chunks = Vec::with_capacity(plan.len());
    for (index, planned) in plan.iter().enumerate() {
        let beat = matching.renamed.get(&index).unwrap_or(&planned.beat);
        let record = records
            .get(beat)
            .copied()
            .filter(|record| record.says_something());
        let candidate = matching.files[index].map(|at| &candidates[at]);
        let renamed = record
            .zip(candidate)
            .filter(|_| !renames.is_empty())
            .map(|(record, it)| renames.applied(record, &it.digest));
        let renamed = renamed.map(SharedRecord::from);
        let record = renamed.as_ref().or(record);
        let path = paths.chunks().join(&names[index]);
        let trusted = manifest.language == language.as_str();
        chunks.push(view_chunk(
            planned, candidate, record, trusted, path, language,
        ));
    }
    for (at, beat) in &matching.copies {
        let copy = &candidates[*at];
        let mut missing = chunks.iter_mut().filter(|chunk| chunk.text.is_empty());
        if sync_copies::is_copy_name(&copy.name)
            && !copy.file.is_empty()
            && let Some(chunk) = missing.find(|chunk| &chunk.beat == beat)
        {
            chunk.in_conflict.push(paths.chunks().join(&copy.name));
        }
    }
    notices.extend(chunks.iter().filter_map(tell_conflict));
    notices.extend(tell(facts, &matching, &candidates, paths));
    let orphans = orphans(facts, &matching, &candidates, plan, paths, language);
    let view = SessionView {
        id: id.clone(),
        root: paths.root.clone(),
        chunks,
        orphans,
        notices,
        manifest: Arc::new(manifest),
        renames,
    };
    Recovered {
        view,
        matching,
        candidates,
    }
}

/// Reads the text of a file that counts: the journal's where that is the newer one.
fn candidate(fact: &FileFact) -> Candidate {
    let name = fact.name.clone();
    let Some(journal) = fact.journal.as_deref().map(Journal::parse) else {
        let text = Arc::clone(&fact.text);
        return Candidate { name, text };
    };
    let mut file = fact.text.file.clone();
    let place = match &fact.on_disk {
        Some(on_disk) if !fact.open => Place::File(on_disk),
        _ => Place::Buffer,
    };
    let newer = match journal.against(&file, place) {
        Verdict::Apply => Some(journal.file.prose.clone()),
        Verdict::Add => journal.merged(&file.prose).map(SharedText::from),
        Verdict::Saved | Verdict::Apart => None,
    };
    file.beat = file.beat.or(journal.file.beat);
    file.number = file.number.or(journal.file.number);
    if let Some(prose) = newer {
        file.prose = prose;
        file.status = journal.file.status;
        file.damage.clear();
    }
    let text = Arc::new(fact.text.with_file(file));
    Candidate { name, text }
}

/// Returns the file name of each chunk: the one it has, else its own name, else, where that is taken by
/// another beat's text, one with its beat in it.
fn file_names(plan: &[PlannedChunk], matching: &Matching, candidates: &[Candidate]) -> Vec<String> {
    let taken: BTreeSet<&str> = candidates.iter().map(|file| file.name.as_str()).collect();
    let name_of = |index: usize, planned: &PlannedChunk| {
        if let Some(at) = matching.files[index] {
            return candidates[at].name.clone();
        }
        let own = layout::chunk_name(planned.number, plan.len());
        if !taken.contains(own.as_str()) {
            return own;
        }
        let stem = layout::chunk_stem(planned.number, plan.len());
        format!("{stem}.{}.md", layout::beat_folder(&planned.beat))
    };
    plan.iter()
        .enumerate()
        .map(|(index, planned)| name_of(index, planned))
        .collect()
}

/// Tells what one chunk is. `trusted`: words in the record were counted by the same language.
pub(crate) fn view_chunk(
    planned: &PlannedChunk,
    candidate: Option<&Candidate>,
    record: Option<&SharedRecord>,
    trusted: bool,
    path: PathBuf,
    language: &Language,
) -> ChunkView {
    let empty = ChunkFile::default();
    // Nothing in a conflict is read as text.
    let conflict = candidate.and_then(|candidate| candidate.conflict);
    let candidate = candidate.filter(|_| conflict.is_none());
    let file = candidate.map_or(&empty, |candidate| &candidate.file);
    let digest = match candidate {
        Some(candidate) => candidate.digest.clone(),
        None => chunk_file::digest(""),
    };
    let known = record.map(|record| &**record);
    let status = status(file, &digest, known);
    // A file that holds only comments is the author's; the story has nothing of it yet.
    let has_text = !file.is_empty();
    let is_bare = || candidate.is_some_and(|it| it.told().text.trim().is_empty());
    let status = match status {
        ChunkStatus::Complete if has_text && is_bare() => ChunkStatus::Partial,
        _ if conflict.is_some() => ChunkStatus::Failed,
        status => status,
    };
    let origin = has_text.then(|| origin(file, &digest, status, known));
    let words = match known {
        _ if !has_text => 0,
        Some(record) if trusted && record.content_sha256.as_ref() == Some(&digest) => record.words,
        _ => candidate.map_or(0, |candidate| candidate.words(language)),
    };
    let told = candidate
        .filter(|_| has_text)
        .map(|candidate| match status {
            ChunkStatus::Complete => candidate.told_whole(),
            _ => candidate.told(),
        });
    let Told { text, commented } = told.cloned().unwrap_or_default();
    ChunkView {
        number: planned.number,
        beat: planned.beat.clone(),
        title: planned.title.clone(),
        path,
        status,
        origin,
        words,
        target_words: planned.target_words,
        edited: origin == Some(Origin::Edited),
        locked: is_locked(file, known),
        text,
        commented,
        conflict,
        digest,
        record: record.cloned(),
        in_conflict: Vec::new(),
    }
}

/// Tells whether a chunk is locked: by its front matter, which the author sees, else by its record.
/// A record tells nothing of a text that was begun after the locked one was deleted.
pub(in crate::session) fn is_locked(file: &ChunkFile, record: Option<&ChunkRecord>) -> bool {
    let is_whole = file.status != Some(FileStatus::Partial);
    let recorded = || is_whole && record.is_some_and(|record| record.locked);
    !file.is_empty() && file.locked().unwrap_or_else(recorded)
}

fn status(file: &ChunkFile, digest: &Digest, record: Option<&ChunkRecord>) -> ChunkStatus {
    let recorded = record
        .filter(|record| record.content_sha256.as_ref() == Some(digest))
        .map(|record| record.status);
    let failed = recorded == Some(ChunkStatus::Failed);
    match file.status {
        _ if file.is_empty() && failed => ChunkStatus::Failed,
        _ if file.is_empty() => ChunkStatus::Missing,
        Some(FileStatus::Complete) => ChunkStatus::Complete,
        Some(FileStatus::Partial) if failed => ChunkStatus::Failed,
        Some(FileStatus::Partial) => ChunkStatus::Partial,
        // The front matter is gone; a text that the manifest knows is still what it was.
        None => match recorded {
            Some(known) if known != ChunkStatus::Missing => known,
            // Nobody can tell whether a text is whole whose front matter is damaged.
            _ if !file.damage.is_empty() => ChunkStatus::Partial,
            _ => ChunkStatus::Complete,
        },
    }
}

fn origin(
    file: &ChunkFile,
    digest: &Digest,
    status: ChunkStatus,
    record: Option<&ChunkRecord>,
) -> Origin {
    let Some(record) = record else {
        // Of what was generated whole there is a record, in the manifest or in history/.
        return match file.status {
            Some(FileStatus::Partial) => Origin::Generated,
            _ => Origin::Written,
        };
    };
    if record.generated_sha256.as_ref() == Some(digest) {
        Origin::Generated
    } else if record.content_sha256.as_ref() == Some(digest) {
        record.origin.unwrap_or(Origin::Generated)
    } else if status != ChunkStatus::Complete {
        // Partial saves are not recorded, so nothing tells whose the last words are.
        Origin::Generated
    } else {
        match record.origin {
            _ if record.generated_sha256.is_some() => Origin::Edited,
            // It was begun, and the author has ended it.
            Some(Origin::Generated) => Origin::Edited,
            known => known.unwrap_or(Origin::Written),
        }
    }
}

/// Makes the notice about a chunk whose file a sync tool renamed, because two machines changed it.
fn tell_conflict(chunk: &ChunkView) -> Option<Notice> {
    let names: Vec<String> = chunk
        .in_conflict
        .iter()
        .map(|copy| copy.display().to_string())
        .collect();
    (!names.is_empty()).then(|| Notice {
        code: "chunk-conflict",
        message: format!(
            "Chunk {} is in conflict: {} is not there, but {}. Nothing is written for it. Give the one that you want \
             the chunk's name and delete the others; delete them all to have it written anew.",
            chunk.number,
            chunk.path.display(),
            names.join(" and ")
        ),
    })
}

fn tell(
    facts: &Facts,
    matching: &Matching,
    candidates: &[Candidate],
    paths: &SessionPaths,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for (path, kind) in &facts.unread {
        let path = path.display();
        notices.push(match kind.no_file() {
            None => Notice {
                code: "link-ignored",
                message: format!(
                    "{path} is a symbolic link and is not read. Put the file itself there."
                ),
            },
            Some(what) => Notice {
                code: "not-a-file",
                message: format!("{path} is {what}, not a file, and is not read. Move it away."),
            },
        });
    }
    for candidate in candidates {
        let path = paths.chunks().join(&candidate.name);
        notices.extend(candidate.conflict.map(|line| Notice {
            code: "merge-conflict",
            message: format!(
                "{}:{line}: a merge conflict is not resolved there. Nothing of the file is read, and nothing is written \
                 until it is.",
                path.display()
            ),
        }));
    }
    for CopyFact { copy, original } in &facts.copies {
        notices.push(Notice {
            code: "conflict-copy",
            message: format!(
                "{} looks like a copy of {} that a sync tool or a file manager made. It is left alone and not read. \
                 Compare the two, take over what you need, then delete it.",
                copy.display(),
                original.display()
            ),
        });
    }
    let copies = matching.copies.iter().map(|(at, beat)| (*at, Some(beat)));
    let unknown = matching.unknown.iter().map(|at| (*at, None));
    for (at, beat) in copies.chain(unknown) {
        let name = &candidates[at].name;
        let path = paths.chunks().join(name);
        let of = beat.map_or_else(String::new, |beat| format!(" of the beat \"{beat}\""));
        let what = match (sync_copies::is_copy_name(name), beat) {
            (true, _) => format!("looks like a copy{of} that a sync tool or a file manager made"),
            (false, Some(_)) => format!("is a second text{of}"),
            (false, None) if layout::chunk_number(name).is_some() => {
                notices.push(Notice {
                    code: "chunk-without-beat",
                    message: format!(
                        "{} has the name of a chunk, and nothing tells which beat it is of. It is left alone and not \
                         part of the story, and other chunks can't take its name. Say in its front matter which beat it \
                         belongs to (\"beat: \" and the id), or move it out of chunks/.",
                        path.display()
                    ),
                });
                continue;
            }
            // The author's own business.
            (false, None) => continue,
        };
        notices.push(Notice {
            code: "chunk-copy",
            message: format!(
                "{} {what}. It is left alone and not part of the story. Merge what you need into the chunk's own \
                 file, then delete it.",
                path.display()
            ),
        });
    }
    notices
}

fn orphans(
    facts: &Facts,
    matching: &Matching,
    candidates: &[Candidate],
    plan: &[PlannedChunk],
    paths: &SessionPaths,
    language: &Language,
) -> Vec<Orphan> {
    let orphan = |at: usize, beat: Option<&BeatId>, kind| Orphan {
        beat: beat.cloned(),
        path: paths.chunks().join(&candidates[at].name),
        words: words::count(&candidates[at].file.prose, language),
        kind,
    };
    let mut orphans = Vec::new();
    for (at, beat) in &matching.removed {
        orphans.push(orphan(*at, Some(beat), OrphanKind::BeatRemoved));
    }
    for (at, beat) in &matching.copies {
        orphans.push(orphan(*at, Some(beat), OrphanKind::Copy));
    }
    for at in &matching.unknown {
        orphans.push(orphan(*at, None, OrphanKind::Unknown));
    }
    let planned: BTreeSet<&BeatId> = plan.iter().map(|chunk| &chunk.beat).collect();
    for kept in &facts.removed {
        let known = kept.file.beat.as_ref();
        if known.is_none_or(|beat| !planned.contains(beat)) {
            orphans.push(Orphan {
                beat: known.cloned(),
                path: kept.path.clone(),
                words: words::count(&kept.file.prose, language),
                kind: OrphanKind::BeatRemoved,
            });
        }
    }
    orphans.retain(|orphan| orphan.words > 0 || orphan.kind == OrphanKind::Unknown);
    orphans
}
