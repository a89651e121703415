//! Logs records of chunks between two writes of the manifest, one line a record.
//!
//! The manifest of a long story is rewritten whole, so a job does that every few seconds and not for every
//! chunk. What is known of a chunk meanwhile is appended here and synced: nothing of it is lost with the
//! process, and a reader of the session sees it at once.
//!
//! A log goes on from the manifest that its first line names by digest. Beside any other manifest it
//! says nothing: that one has all of it, or came from elsewhere.

use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::disk::log::Log;
use super::error::StoreError;
use super::layout::SessionPaths;
use super::manifest::Manifest;
use super::manifest::record::ChunkRecord;
use super::view::facts::FileFact;
use super::work;
use crate::story::chunk_file;
use crate::story::journal::Journal;
use crate::story::{BeatId, Digest};

const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    version: u32,
    /// Digests of the manifests that the log goes on from: more than one while it is not certain which of
    /// them is on disk.
    after: Vec<Digest>,
}

/// A record of a chunk that is newer than the one in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) record: ChunkRecord,
    /// The line of the changelog that belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<String>,
    /// Whether it is true only while the chunk has the text that the record is about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) needs_text: bool,
}

/// What a log says.
#[derive(Debug, Default)]
pub(crate) struct Logged {
    after: Vec<Digest>,
    entries: Vec<Entry>,
}

impl Logged {
    /// Reads the log of a session; empty where there is none that can be used.
    pub(crate) fn read(paths: &SessionPaths, disk: &Disk) -> Result<Logged, StoreError> {
        match disk.read(&paths.record_log()) {
            Ok(bytes) => Ok(Logged::parse(&bytes.unwrap_or_default()).unwrap_or_default()),
            Err(StoreError::Outside { .. } | StoreError::NotAFile { .. }) => Ok(Logged::default()),
            Err(error) => Err(error),
        }
    }

    fn parse(bytes: &[u8]) -> Option<Logged> {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let head: Head = serde_json::from_slice(lines.next()?).ok()?;
        // The last line may have got only half through.
        let entries = lines.filter_map(|line| serde_json::from_slice(line).ok());
        (head.version == VERSION).then(|| Logged {
            after: head.after,
            entries: entries.collect(),
        })
    }

    /// Tells whether it says nothing, whatever the manifest.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entries if they go on from the manifest with this digest.
    pub(crate) fn after(self, manifest: Option<&Digest>) -> Vec<Entry> {
        match manifest {
            Some(manifest) if self.after.contains(manifest) => self.entries,
            _ => Vec::new(),
        }
    }
}

/// Puts the records that are true of these files into a manifest, in order; returns their entries. Pure.
pub(crate) fn apply(
    entries: Vec<Entry>,
    manifest: &mut Manifest,
    files: &[FileFact],
) -> Vec<Entry> {
    if entries.is_empty() {
        return entries;
    }
    let texts = texts(files);
    let mut applied = Vec::new();
    for entry in entries {
        let stands = |(beat, digest): &(Option<BeatId>, Digest)| {
            beat.as_ref().is_none_or(|beat| beat == &entry.record.beat)
                && entry.record.content_sha256.as_ref() == Some(digest)
        };
        if !entry.needs_text || texts.iter().any(stands) {
            manifest.set_record(entry.record.clone());
            applied.push(entry);
        }
    }
    if !applied.is_empty() {
        manifest.sum();
    }
    applied
}

/// Returns beat and digest of each text, of those in journals too.
fn texts(files: &[FileFact]) -> Vec<(Option<BeatId>, Digest)> {
    let mut texts = Vec::new();
    for fact in files {
        let journal = fact.journal.as_deref().map(Journal::parse);
        let journal = journal.map(|journal| journal.file);
        texts.push((fact.text.file.beat.clone(), fact.text.digest.clone()));
        texts.extend(journal.map(|file| (file.beat, chunk_file::digest(&file.prose))));
    }
    texts
}

/// The log of the session that is open for writing.
#[derive(Debug, Default)]
pub(crate) struct RecordLog {
    after: Vec<Digest>,
    /// The lines since the manifest was last known to be safe, by the beats that they are about.
    lines: Vec<(BeatId, String)>,
    /// Open while the file has all of that and nothing else.
    file: Option<Log>,
}

impl RecordLog {
    /// Makes the log that goes on from a manifest.
    pub(crate) fn new(manifest: Option<Digest>) -> RecordLog {
        RecordLog {
            after: manifest.into_iter().collect(),
            ..RecordLog::default()
        }
    }

    /// Adds an entry; it is safe on disk when this returns.
    pub(crate) fn append(
        &mut self,
        entry: &Entry,
        paths: &SessionPaths,
        disk: &Disk,
    ) -> Result<(), StoreError> {
        let line = rendered(entry);
        let appended = match self.file.take() {
            Some(mut file) => file
                .append(line.as_bytes())
                .and_then(|()| file.sync())
                .map(|()| file),
            None => self.write(&line, paths, disk),
        };
        // After an error nobody knows how much of it the file has; the next entry writes all of it anew.
        self.file = Some(appended?);
        self.lines.push((entry.record.beat.clone(), line));
        Ok(())
    }

    /// Keeps an entry that an earlier job has logged until the manifest has it.
    pub(crate) fn keep(&mut self, entry: &Entry) {
        self.lines
            .push((entry.record.beat.clone(), rendered(entry)));
    }

    fn write(&self, last: &str, paths: &SessionPaths, disk: &Disk) -> Result<Log, StoreError> {
        let head = Head {
            version: VERSION,
            after: self.after.clone(),
        };
        let mut text = serde_json::to_string(&head).unwrap_or_default() + "\n";
        for (_, line) in &self.lines {
            text.push_str(line);
        }
        text.push_str(last);
        work::make_work_folder(&paths.work(), disk)?;
        let path = paths.record_log();
        disk.write(&path, text.as_bytes())?;
        disk.open_log(&path)
    }

    /// Forgets what it says of a beat, since something newer is declared elsewhere.
    pub(crate) fn forget(&mut self, beat: &BeatId) {
        self.lines.retain(|(of, _)| of != beat);
        self.file = None;
    }

    /// Notes that a manifest with this digest may be on disk from here on.
    pub(crate) fn may_go_on_from(&mut self, manifest: &Digest) {
        if !self.after.contains(manifest) {
            self.after.push(manifest.clone());
            self.file = None;
        }
    }

    /// Begins anew after the manifest with this digest, which is safe on disk and has all that was logged.
    pub(crate) fn begin(&mut self, manifest: Option<Digest>, paths: &SessionPaths, disk: &Disk) {
        let is_there = self.file.is_some() || !self.lines.is_empty();
        *self = RecordLog::new(manifest);
        if is_there {
            // One that stays says nothing: it goes on from another manifest.
            let _ = disk.drop_name(&paths.record_log());
        }
    }
}

fn rendered(entry: &Entry) -> String {
    // Strings, numbers and lists always serialise.
    serde_json::to_string(entry).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::story::ChunkNumber;
    use crate::story::chunk_text::ChunkText;

    fn entry(beat: &str, text: &str, needs_text: bool) -> Entry {
        let mut record = ChunkRecord::missing(ChunkNumber(1), BeatId(beat.to_owned()));
        record.content_sha256 = Some(chunk_file::digest(text));
        Entry {
            record,
            line: None,
            needs_text,
        }
    }

    fn file(beat: &str, text: &str) -> FileFact {
        FileFact {
            name: "chunk_01.md".to_owned(),
            text: Arc::new(ChunkText::parse(&format!(
                "---\nchunk: 1\nbeat: {beat}\nstatus: partial\n---\n{text}"
            ))),
            ..FileFact::default()
        }
    }

    #[test]
    fn a_log_is_about_one_manifest() {
        let after = [Digest::of("one"), Digest::of("two")];
        let head = serde_json::json!({"version": 1, "after": after});
        let line = serde_json::to_string(&entry("a", "A.", true)).unwrap();
        let text = format!("{head}\n{line}\n{}", &line[..line.len() / 2]);
        for (manifest, count) in [
            (Some("one"), 1),
            (Some("two"), 1),
            (Some("x"), 0),
            (None, 0),
        ] {
            let logged = Logged::parse(text.as_bytes()).unwrap();
            let entries = logged.after(manifest.map(Digest::of).as_ref());
            assert_eq!(entries.len(), count, "{manifest:?}");
        }
        for text in ["", "{}\n", "{\"version\":2,\"after\":[]}\n", "\u{0}\u{0}"] {
            assert!(Logged::parse(text.as_bytes()).is_none(), "{text:?}");
        }
    }

    #[test]
    fn what_is_about_a_text_counts_while_that_stands() {
        for (what, entry, files, counts) in [
            (
                "it stands",
                entry("a", "A.", true),
                vec![file("a", "A.")],
                true,
            ),
            (
                "it never came",
                entry("a", "A.", true),
                vec![file("a", "A")],
                false,
            ),
            ("nothing came", entry("a", "A.", true), vec![], false),
            (
                "another beat's",
                entry("a", "A.", true),
                vec![file("b", "A.")],
                false,
            ),
            ("about no text", entry("a", "A.", false), vec![], true),
        ] {
            let at = jiff::Timestamp::UNIX_EPOCH;
            let mut manifest = Manifest::new("s-01", "story.md", "en", at);
            let applied = apply(vec![entry], &mut manifest, &files);
            assert_eq!(
                (applied.len(), manifest.chunks.len()),
                match counts {
                    true => (1, 1),
                    false => (0, 0),
                },
                "{what}"
            );
        }
    }
}
