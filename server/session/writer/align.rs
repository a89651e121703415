//! Renames the chunk files to follow the order of the outline, as one declared change.
//!
//! Texts move, none is dropped: a chunk whose beat left the outline goes to history/ under
//! its beat, and comes back with the beat. Files that are open in an editor stay where they
//! are, and with them all others until they are closed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::keeping::record_about;
use crate::session::PlannedChunk;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::history::{self, Placed, Version};
use crate::session::intent::Step;
use crate::session::layout::{self, SessionPaths};
use crate::session::notice::Notice;
use crate::session::view::facts::Facts;
use crate::session::view::recover::Recovered;
use crate::story::chunk_file::{self, FileStatus};
use crate::story::{BeatId, ChunkNumber, Digest, Language, words};

/// The reason of versions under `history/beat_…` whose beat was removed; only such a version comes back with
/// its beat.
const BEAT_REMOVED: &str = "the beat left the outline";

/// Returns the steps that bring the files into order (none if they are), and what to tell.
pub(crate) fn steps(
    facts: &Facts,
    recovered: &Recovered,
    plan: &[PlannedChunk],
    paths: &SessionPaths,
    language: &Language,
    disk: &Disk,
) -> Result<(Vec<Step>, Vec<Notice>), StoreError> {
    // A brief that can't be read right now is no reason to put its story away.
    if plan.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let aligning = Aligning {
        facts,
        recovered,
        plan,
        paths,
        language,
        disk,
    };
    let moves = aligning.moves();
    if let Some((name, why)) = aligning.obstacle(&moves)? {
        let notice = Notice {
            code: "renumber-waits",
            message: format!(
                "The outline changed and chunk files need other numbers, but {} {why}, and the next job puts the \
                 files in order. Until then nothing is renamed.",
                paths.chunks().join(name).display()
            ),
        };
        return Ok((Vec::new(), vec![notice]));
    }
    let mut steps = aligning.put_away()?;
    steps.extend(aligning.companions(&moves)?);
    steps.extend(aligning.renumber(&moves));
    steps.extend(aligning.bring_back(&moves)?);
    let notices = aligning.tell();
    Ok((steps, notices))
}

pub(super) struct Aligning<'a> {
    facts: &'a Facts,
    pub(super) recovered: &'a Recovered,
    pub(in crate::session) plan: &'a [PlannedChunk],
    pub(in crate::session) paths: &'a SessionPaths,
    language: &'a Language,
    pub(in crate::session) disk: &'a Disk,
}

/// Index of the planned chunk → index of its file, for those that have to change.
pub(super) type Moves = BTreeMap<usize, usize>;

impl Aligning<'_> {
    pub(super) fn own_name(&self, index: usize) -> String {
        layout::chunk_name(self.plan[index].number, self.plan.len())
    }

    /// Returns the name that the file `at` is to have. One that differs in capital letters alone stays: to
    /// some file systems it is the same file.
    pub(in crate::session) fn target(&self, index: usize, at: usize) -> String {
        let own = self.own_name(index);
        match layout::folded(self.name(at)) == layout::folded(&own) {
            true => self.name(at).to_owned(),
            false => own,
        }
    }

    /// Returns the names that files are moved to.
    fn targets(&self, moves: &Moves) -> BTreeSet<String> {
        let targets = moves.iter().map(|(index, at)| self.target(*index, *at));
        targets.collect()
    }

    pub(in crate::session) fn name(&self, at: usize) -> &str {
        &self.recovered.candidates[at].name
    }

    /// Tells which files need another name, number or beat. A name that is taken by a text without
    /// a place keeps everything that would have moved there where it is.
    fn moves(&self) -> Moves {
        let matching = &self.recovered.matching;
        let mut moves = Moves::new();
        for (index, at) in matching.files.iter().enumerate() {
            let Some(at) = *at else { continue };
            let file = &self.recovered.candidates[at].file;
            let planned = &self.plan[index];
            let other_number = file.number.is_some_and(|number| number != planned.number);
            let other_beat = file.beat.as_ref().is_some_and(|beat| beat != &planned.beat);
            if self.name(at) != self.target(index, at) || other_number || other_beat {
                moves.insert(index, at);
            }
        }
        let mut taken: BTreeSet<String> = matching
            .unknown
            .iter()
            .copied()
            .chain(matching.copies.iter().map(|(at, _)| *at))
            .map(|at| layout::folded(self.name(at)))
            .collect();
        // A file of almost that name moves away first; the next start moves what comes there.
        let targets = self.targets(&moves);
        let almost = |name: &&str| !targets.contains(*name);
        let names = (0..self.facts.files.len()).map(|at| self.name(at));
        let almost: BTreeSet<String> = names.filter(almost).map(layout::folded).collect();
        taken.extend(
            targets
                .iter()
                .map(|name| layout::folded(name))
                .filter(|name| almost.contains(name)),
        );
        while let Some(index) = moves
            .iter()
            .map(|(index, at)| (*index, self.target(*index, *at)))
            .find(|(_, target)| taken.contains(&layout::folded(target)))
            .map(|(index, _)| index)
        {
            if let Some(at) = moves.remove(&index) {
                taken.insert(layout::folded(self.name(at)));
            }
        }
        moves
    }

    /// Finds a file that would have to change and that must not be changed now, and why.
    fn obstacle(&self, moves: &Moves) -> Result<Option<(&str, &'static str)>, StoreError> {
        let removed = self.recovered.matching.removed.iter().map(|(at, _)| *at);
        let targets = self.targets(moves);
        let at_target = (0..self.facts.files.len()).filter(|at| targets.contains(self.name(*at)));
        for at in moves.values().copied().chain(removed).chain(at_target) {
            let fact = &self.facts.files[at];
            if fact.open || fact.journal.is_some() {
                return Ok(Some((self.name(at), "is open in the editor. Close it")));
            }
            let metadata = self.disk.metadata(&self.paths.chunks().join(&fact.name))?;
            if metadata.is_some_and(|file| file.read_only) {
                return Ok(Some((self.name(at), "is read-only. Make it writable")));
            }
        }
        Ok(None)
    }

    /// Puts the chunks of beats that left into history.
    fn put_away(&self) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        for (at, beat) in &self.recovered.matching.removed {
            let file = &self.recovered.candidates[*at].file;
            if !file.is_empty() || !file.extra.is_empty() {
                let version = Version {
                    number: file.number.unwrap_or(ChunkNumber(1)),
                    beat: beat.clone(),
                    status: file.status.unwrap_or(FileStatus::Complete),
                    prose: &file.prose,
                    extra: &file.extra,
                    form: file.form,
                    why: BEAT_REMOVED,
                    record: None,
                };
                let folder = layout::beat_folder(beat);
                let path = match history::place(self.paths, &folder, &version, self.disk)? {
                    Placed::There(path) => path,
                    Placed::New { path, text } => {
                        steps.push(self.put(&path, text, Vec::new()));
                        path
                    }
                };
                // Of a text that is there already more may be known by now.
                steps.extend(self.put_record(*at, beat, version.status, &path)?);
            }
            steps.push(self.remove(*at));
        }
        Ok(steps)
    }

    /// Returns the step that puts away what is known of a text that goes.
    fn put_record(
        &self,
        at: usize,
        beat: &BeatId,
        status: FileStatus,
        version: &Path,
    ) -> Result<Option<Step>, StoreError> {
        let candidate = &self.recovered.candidates[at];
        let record = self.recovered.view.manifest.record(beat);
        let about = record.and_then(|record| {
            record_about(record, status, &candidate.digest, || {
                words::count(&candidate.file.prose, self.language)
            })
        });
        let Some(about) = about else {
            return Ok(None);
        };
        let path = history::record_path(version);
        let there = self.disk.read_text(&path)?;
        let over = there.iter().map(|text| Digest::of(text)).collect();
        Ok(Some(self.put(&path, about.render(), over)))
    }

    fn renumber(&self, moves: &Moves) -> Vec<Step> {
        let mut steps = Vec::new();
        let targets = self.targets(moves);
        for (index, at) in moves {
            let planned = &self.plan[*index];
            let file = &self.recovered.candidates[*at].file;
            let name = self.target(*index, *at);
            let text = chunk_file::render_like(
                file,
                planned.number,
                &planned.beat,
                file.status.unwrap_or(FileStatus::Complete),
                &file.prose,
            );
            let over = self
                .facts
                .files
                .iter()
                .filter(|fact| fact.name == name)
                .map(|fact| fact.text.whole.clone())
                .collect();
            steps.push(self.put(&self.paths.chunks().join(&name), text, over));
        }
        for at in moves.values() {
            if !targets.contains(self.name(*at)) {
                steps.push(self.remove(*at));
            }
        }
        steps
    }

    /// Returns the steps that bring back the chunks of beats that are in the outline again.
    fn bring_back(&self, moves: &Moves) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        for (index, planned) in self.plan.iter().enumerate() {
            let kept = self.facts.removed.iter().find(|kept| {
                kept.file.beat.as_ref() == Some(&planned.beat)
                    && kept.why.as_deref() == Some(BEAT_REMOVED)
            });
            let name = self.own_name(index);
            let leaves = |at: usize| moves.values().any(|moved| *moved == at);
            let is_named = |at: usize| layout::folded(self.name(at)) == layout::folded(&name);
            let stays = (0..self.facts.files.len())
                .any(|at| is_named(at) && !leaves(at) && !self.is_removed(at));
            let (Some(kept), None, false) = (kept, self.recovered.matching.files[index], stays)
            else {
                continue;
            };
            let text = chunk_file::render_like(
                &kept.file,
                planned.number,
                &planned.beat,
                kept.file.status.unwrap_or(FileStatus::Complete),
                &kept.file.prose,
            );
            steps.push(self.put(
                &self.paths.chunks().join(&name),
                text,
                self.text_named(&name),
            ));
            let manifest = &self.recovered.view.manifest;
            let mut records = manifest.all_records();
            // Where the manifest was lost meanwhile, what it has is of another text of the beat.
            let digest = chunk_file::digest(&kept.file.prose);
            let is_known = records.any(|record| {
                record.beat == planned.beat && record.content_sha256.as_ref() == Some(&digest)
            });
            if !is_known && let Some(record) = history::record_of(kept, self.disk)? {
                steps.push(Step::Record {
                    record: Box::new(record),
                });
            }
            steps.extend(self.companions_back(index, &digest, moves)?);
            for path in [history::record_path(&kept.path), kept.path.clone()] {
                if let Some(there) = self.disk.read_text(&path)? {
                    steps.push(Step::Remove {
                        file: self.inside(&path),
                        over: vec![Digest::of(&there)],
                    });
                }
            }
        }
        Ok(steps)
    }

    fn tell(&self) -> Vec<Notice> {
        let matching = &self.recovered.matching;
        let mut notices = Vec::new();
        for (_, beat) in &matching.removed {
            notices.push(Notice {
                code: "beat-removed",
                message: format!(
                    "The beat \"{beat}\" is no longer in the outline. Its text is kept in {} and comes back with the \
                     beat.",
                    self.paths.history().join(layout::beat_folder(beat)).display()
                ),
            });
        }
        for (index, old) in &matching.renamed {
            notices.push(Notice {
                code: "beat-renamed",
                message: format!(
                    "The beat \"{old}\" is now \"{}\" and keeps its chunk.",
                    self.plan[*index].beat
                ),
            });
        }
        notices
    }

    fn is_removed(&self, at: usize) -> bool {
        self.recovered
            .matching
            .removed
            .iter()
            .any(|(removed, _)| *removed == at)
    }

    fn text_named(&self, name: &str) -> Vec<Digest> {
        let named = self.facts.files.iter().filter(|fact| fact.name == name);
        named.map(|fact| fact.text.whole.clone()).collect()
    }

    pub(in crate::session) fn put(&self, path: &Path, text: String, over: Vec<Digest>) -> Step {
        Step::Put {
            file: self.inside(path),
            text,
            over,
        }
    }

    fn remove(&self, at: usize) -> Step {
        Step::Remove {
            file: format!("chunks/{}", self.name(at)),
            over: vec![self.facts.files[at].text.whole.clone()],
        }
    }

    pub(in crate::session) fn inside(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.paths.root).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/")
    }
}
