//! Makes the page about a draft.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use super::draft;
use crate::analysis::ledger::told_threads;
use crate::analysis::session_snapshot::SessionSnapshot;
use crate::analysis::snapshots::Look;
use crate::analysis::stale_reason;
use crate::archive;
use crate::book::count::Counts;
use crate::book::report::{
    Chunk, Day, Report, Role, Sentences, Status, Thread, Work, render, repeated_phrases,
};
use crate::jobs::run::error::JobError;
use crate::session::{ChunkRecord, ChunkStatus, ChunkView, Disk, Origin, Owners, SessionId};
use crate::story::ChunkNumber;
use crate::story::lint::ChunkFacts;
use crate::story::names::CastNames;

/// The page that was made, as `report --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct ReportFile {
    pub file: String,
    pub session: String,
    pub bytes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// What the page is called.
const NAME: &str = "report.html";

/// Writes the page about a session; without `wanted` about the current one. Blocks on the file system.
///
/// # Errors
/// Where there is no such session, it can't be read, or the target is taken.
pub fn report(
    look: &Look<'_>,
    wanted: Option<&SessionId>,
    target: Option<&Path>,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<ReportFile, JobError> {
    let read = look.story()?;
    let story = &read.story;
    story.check_merged()?;
    let id = draft::session_of(story, wanted, "make a report of", disk)?;
    let snapshot = look.session(&id)?;
    let from = folder_of(story.folder.session_root(&id).as_path(), target);
    let book = draft::book_of(story, &read.settings, id.clone(), owners, disk)?.book;
    let mut counts = Counts::default();
    for scene in book.scenes() {
        counts = counts.plus(Counts::of(scene, &book));
    }
    let page = render(&report_of(&snapshot, counts, &book.modified, &from));
    let written = archive::export_file(&story.folder, &id, NAME, target, disk, |file| {
        file.write_all(page.as_bytes())
    })?;
    Ok(ReportFile {
        file: written.path.display().to_string(),
        session: id.to_string(),
        bytes: written.bytes,
        notices: written.notices,
    })
}

/// Returns the folder that the page is going to be in.
fn folder_of(session: &Path, target: Option<&Path>) -> PathBuf {
    let Some(target) = target else {
        return session.join("exports");
    };
    let folder = match target.is_dir() {
        true => target,
        false => target.parent().unwrap_or(target),
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    dunce::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

fn report_of(snapshot: &SessionSnapshot, counts: Counts, modified: &str, from: &Path) -> Report {
    let story = &snapshot.read.story;
    let (brief, view) = (&story.brief, &snapshot.written.view);
    let language = &brief.language;
    let names = CastNames::of(&brief.cast, language);
    let reasons = snapshot.stale_reasons();
    let mut chunks = Vec::with_capacity(view.chunks.len());
    for (index, chunk) in view.chunks.iter().enumerate() {
        let mut mentions = vec![0; brief.cast.len()];
        for mention in names.mentions_in(&chunk.text) {
            if let Some(times) = mentions.get_mut(mention.entry) {
                *times += 1;
            }
        }
        let stale = reasons.get(index).filter(|reasons| !reasons.is_empty());
        chunks.push(Chunk {
            number: chunk.number,
            title: chunk.title.clone(),
            chapter: snapshot
                .plan
                .get(index)
                .and_then(|planned| planned.chapter.clone()),
            link: link(&chunk.path, from),
            status: status(chunk),
            words: chunk.words,
            target_words: chunk.target_words,
            mentions,
            spoken: ChunkFacts::of(&chunk.text, language).spoken_percent(),
            sentences: Sentences::of(&chunk.text, language),
            work: chunk.record.as_ref().and_then(|record| work(record)),
            stale: stale.map(|reasons| stale_reason::sentence(reasons)),
        });
    }
    let complete = view
        .chunks
        .iter()
        .filter(|chunk| chunk.status == ChunkStatus::Complete);
    let texts: Vec<(ChunkNumber, &str)> =
        complete.map(|chunk| (chunk.number, &*chunk.text)).collect();
    Report {
        title: brief.title.clone(),
        language: language.clone(),
        session: snapshot.session.to_string(),
        updated: modified.get(..10).unwrap_or(modified).to_owned(),
        target_words: chunks
            .iter()
            .fold(0, |sum: u32, chunk| sum.saturating_add(chunk.target_words)),
        counts,
        cast: brief.cast.iter().map(|entry| entry.name.clone()).collect(),
        threads: threads(snapshot),
        days: days(view.chunks.iter()),
        roles: roles(snapshot),
        phrases: repeated_phrases(&texts, language),
        chunks,
    }
}

fn status(chunk: &ChunkView) -> Status {
    match (chunk.status, chunk.origin) {
        (ChunkStatus::Missing, _) => Status::Missing,
        (ChunkStatus::Partial, _) => Status::Partial,
        (ChunkStatus::Failed, _) => Status::Failed,
        (ChunkStatus::Complete, Some(Origin::Edited)) => Status::Edited,
        (ChunkStatus::Complete, Some(Origin::Generated)) => Status::Generated,
        (ChunkStatus::Complete, _) => Status::Written,
    }
}

fn work(record: &ChunkRecord) -> Option<Work> {
    let usage = record.usage.clone().unwrap_or_default();
    Some(Work {
        model: record.model.clone()?,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        seconds: record.elapsed_ms.map(|elapsed| elapsed.div_ceil(1000)),
        cost: record.cost,
        attempts: record.attempts,
    })
}

/// Returns the threads that the chunks tell of.
fn threads(snapshot: &SessionSnapshot) -> Vec<Thread> {
    let told = told_threads(&snapshot.written).into_iter();
    told.map(|thread| Thread {
        text: thread.text,
        opened: thread.opened,
        closed: thread.closed,
    })
    .collect()
}

/// Sums the words by the day on which their chunk was first complete.
fn days<'a>(chunks: impl Iterator<Item = &'a ChunkView>) -> Vec<Day> {
    let mut days: BTreeMap<String, u32> = BTreeMap::new();
    for chunk in chunks.filter(|chunk| chunk.status == ChunkStatus::Complete) {
        let record = chunk.record.as_ref();
        let time = record.and_then(|record| record.first_finished.or(record.finished));
        if let Some(time) = time {
            let words = days
                .entry(time.strftime("%Y-%m-%d").to_string())
                .or_default();
            *words = words.saturating_add(chunk.words);
        }
    }
    days.into_iter()
        .map(|(date, words)| Day { date, words })
        .collect()
}

fn roles(snapshot: &SessionSnapshot) -> Vec<Role> {
    let by_role = &snapshot.written.view.manifest.totals.by_role;
    let roles = by_role.iter().map(|(name, totals)| Role {
        name: name.clone(),
        calls: totals.calls,
        input_tokens: totals.usage.input_tokens,
        cached_tokens: totals.usage.cached_tokens,
        output_tokens: totals.usage.output_tokens,
        cost: totals.cost,
    });
    roles.collect()
}

/// Writes the way from a folder to a file as a link.
fn link(path: &Path, from: &Path) -> String {
    let (mut way, mut base) = (path.components().peekable(), from.components().peekable());
    while way.peek().is_some() && way.peek() == base.peek() {
        way.next();
        base.next();
    }
    let up = base.map(|_| "..".to_owned());
    let down = way.filter_map(|part| match part {
        Component::Normal(name) => Some(encoded(&name.to_string_lossy())),
        _ => None,
    });
    up.chain(down).collect::<Vec<String>>().join("/")
}

/// Encodes a name for a link (RFC 3986, 2.1).
fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_the_page_to_the_files() {
        for (path, from, expected) in [
            (
                "/n/generated/a-01/chunks/chunk_01.md",
                "/n/generated/a-01/exports",
                "../chunks/chunk_01.md",
            ),
            ("/n/a b/é.md", "/n", "a%20b/%C3%A9.md"),
            ("/n/x.md", "/m/o", "../../n/x.md"),
        ] {
            assert_eq!(link(Path::new(path), Path::new(from)), expected);
        }
    }
}
