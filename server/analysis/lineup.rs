//! Determines the work of a job: the chunks to write, the chunks left alone, and the seams that an earlier
//! job left open.

use crate::session::{ChunkStatus, ChunkView, Origin, SessionView, StoreError};
use crate::settings::Settings;
use crate::story::{Brief, ChunkNumber};
use crate::writing::schedule::{Schedule, Tail, Task, Treatment};

/// The work of a job.
#[derive(Debug, Default)]
pub(crate) struct Lineup {
    /// The chunks to write, in story order.
    pub tasks: Vec<Task>,
    /// The chunks in reach that stay as they are, with the reason.
    pub kept: Vec<(ChunkNumber, Kept)>,
    /// Whether open seams are closed, also those of earlier jobs.
    pub closes_seams: bool,
}

/// The reason why a chunk stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The author edited or wrote it.
    Edited,
    /// The author locked it.
    Locked,
}

impl Kept {
    /// Returns the reason why a chunk is not rewritten unasked, if there is one.
    pub fn of(chunk: &ChunkView) -> Option<Kept> {
        match chunk {
            chunk if chunk.locked => Some(Kept::Locked),
            chunk if is_authors(chunk) => Some(Kept::Edited),
            _ => None,
        }
    }

    /// Returns the code of the warning about it.
    pub fn code(self) -> &'static str {
        match self {
            Kept::Edited => "edited-kept",
            Kept::Locked => "locked-kept",
        }
    }

    /// Returns a sentence about a chunk.
    pub fn message(self, number: ChunkNumber) -> String {
        match self {
            Kept::Edited => format!(
                "chunk {number} was edited by the author and is left as it is; name it to have it rewritten"
            ),
            Kept::Locked => format!(
                "chunk {number} is locked and is left as it is; `storywright unlock {number}` takes the lock away"
            ),
        }
    }
}

impl Lineup {
    /// Makes the work of chunks that the author named, and nothing else.
    ///
    /// # Errors
    /// [`StoreError::ChunkLocked`] for one that would have to be changed and is locked.
    pub fn named(
        numbers: &[ChunkNumber],
        treatment: Treatment,
        view: &SessionView,
    ) -> Result<Lineup, StoreError> {
        let mut lineup = Lineup::default();
        for number in numbers.iter().copied() {
            let chunk = view.chunk(number);
            let stays = |chunk: &ChunkView| {
                treatment == Treatment::GoOn && chunk.status == ChunkStatus::Complete
            };
            match chunk {
                Some(chunk) if stays(chunk) => {}
                Some(chunk) if chunk.locked => return Err(StoreError::ChunkLocked { number }),
                _ => lineup.add(number, treatment),
            }
        }
        Ok(lineup)
    }

    /// Makes the work of all incomplete chunks, or of those among `numbers`.
    pub fn remaining(view: &SessionView, numbers: Option<&[ChunkNumber]>) -> Lineup {
        let mut lineup = Lineup {
            closes_seams: true,
            ..Lineup::default()
        };
        let is_in_reach = |number| numbers.is_none_or(|numbers| numbers.contains(&number));
        for chunk in &view.chunks {
            if chunk.status == ChunkStatus::Complete || !is_in_reach(chunk.number) {
                continue;
            }
            match chunk.locked {
                true => lineup.kept.push((chunk.number, Kept::Locked)),
                false => lineup.add(chunk.number, Treatment::GoOn),
            }
        }
        lineup
    }

    /// Makes the work of one chunk and all after it, without those that are the author's: only naming such a
    /// chunk alone has it rewritten.
    ///
    /// # Errors
    /// [`StoreError::ChunkLocked`] where the one that was named is locked.
    pub fn from(first: ChunkNumber, view: &SessionView) -> Result<Lineup, StoreError> {
        let mut lineup = Lineup {
            closes_seams: true,
            ..Lineup::default()
        };
        for chunk in view.chunks.iter().filter(|chunk| chunk.number >= first) {
            let is_complete = chunk.status == ChunkStatus::Complete;
            match Kept::of(chunk) {
                Some(Kept::Locked) if chunk.number == first => {
                    return Err(StoreError::ChunkLocked { number: first });
                }
                Some(Kept::Edited) if !is_complete => {
                    lineup.add_either(chunk);
                }
                Some(kept) => lineup.kept.push((chunk.number, kept)),
                None => lineup.add_either(chunk),
            }
        }
        Ok(lineup)
    }

    /// Makes the work of rewriting the stale chunks, from `reasons` in the order of the chunks.
    pub fn stale<R>(view: &SessionView, reasons: &[Vec<R>]) -> Lineup {
        let mut lineup = Lineup {
            closes_seams: true,
            ..Lineup::default()
        };
        let stale = view.chunks.iter().zip(reasons);
        for (chunk, _) in stale.filter(|(_, reasons)| !reasons.is_empty()) {
            match Kept::of(chunk) {
                Some(kept) => lineup.kept.push((chunk.number, kept)),
                None => lineup.add(chunk.number, Treatment::Rewrite),
            }
        }
        lineup
    }

    /// Returns the complete chunks that are written anew.
    pub fn rewrites<'a>(&'a self, view: &'a SessionView) -> impl Iterator<Item = &'a ChunkView> {
        let tasks = self.tasks.iter();
        let anew = tasks.filter(|task| task.treatment == Treatment::Rewrite);
        let chunks = anew.filter_map(|task| view.chunk(task.number));
        chunks.filter(|chunk| chunk.status == ChunkStatus::Complete)
    }

    /// Adds a chunk: anew where it is complete, else from where it ends.
    fn add_either(&mut self, chunk: &ChunkView) {
        let treatment = match chunk.status {
            ChunkStatus::Complete => Treatment::Rewrite,
            _ => Treatment::GoOn,
        };
        self.add(chunk.number, treatment);
    }

    pub fn add(&mut self, number: ChunkNumber, treatment: Treatment) {
        self.tasks.push(Task { number, treatment });
    }

    /// Returns the chunks whose beginning will have to be fitted: those that are written before the text that
    /// they follow, and those that earlier jobs left.
    pub fn seams(
        &self,
        brief: &Brief,
        view: &SessionView,
        settings: &Settings,
    ) -> Vec<ChunkNumber> {
        // The demo writer fits nothing.
        if !self.closes_seams || settings.provider.to_string() == "demo" {
            return Vec::new();
        }
        let planned = without_tail(&self.schedule(brief, view, settings));
        let task = |chunk: &ChunkView| self.tasks.iter().find(|task| task.number == chunk.number);
        let will_be_there =
            |chunk: &ChunkView| chunk.status == ChunkStatus::Complete || task(chunk).is_some();
        let is_open = |chunk: &ChunkView| match task(chunk).map(|task| task.treatment) {
            None => is_seam_open(chunk),
            Some(Treatment::GoOn) if !chunk.text.trim().is_empty() => is_seam_open(chunk),
            Some(_) => planned.contains(&chunk.number),
        };
        let pairs = view.chunks.iter().zip(view.chunks.iter().skip(1));
        pairs
            .filter(|(earlier, later)| will_be_there(earlier) && will_be_there(later))
            .filter(|(_, later)| is_open(later))
            .map(|(_, later)| later.number)
            .collect()
    }

    /// Returns the schedule of the chunks.
    pub fn schedule(&self, brief: &Brief, view: &SessionView, settings: &Settings) -> Schedule {
        let left = |task: &Task| {
            let chunk = view.chunk(task.number);
            chunk.map_or(0, |chunk| match task.treatment {
                Treatment::GoOn => chunk.target_words.saturating_sub(chunk.words),
                Treatment::Rewrite => chunk.target_words,
            })
        };
        let tasks: Vec<(Task, u32)> = self.tasks.iter().map(|task| (*task, left(task))).collect();
        Schedule::new(brief, &tasks, settings.order, settings.parallel)
    }
}

/// Returns the chunks that are written before the text that they follow.
pub(crate) fn without_tail(schedule: &Schedule) -> Vec<ChunkNumber> {
    let steps = schedule.steps();
    steps
        .filter(|step| step.tail == Tail::Planned)
        .map(|step| step.task.number)
        .collect()
}

/// Returns the pairs of complete chunks of which the later was begun before the earlier was there, and was
/// not fitted to it since. A text that the author changed or locked is left out.
pub(crate) fn open_seams(view: &SessionView) -> Vec<(ChunkView, ChunkView)> {
    let complete = |chunk: &ChunkView| chunk.status == ChunkStatus::Complete;
    let pairs = view.chunks.iter().zip(view.chunks.iter().skip(1));
    pairs
        .filter(|(earlier, later)| complete(earlier) && complete(later) && is_seam_open(later))
        .map(|(earlier, later)| (earlier.clone(), later.clone()))
        .collect()
}

/// Tells whether a chunk was begun before the text that it follows was there, and may be fitted to it.
pub(crate) fn is_seam_open(chunk: &ChunkView) -> bool {
    let record = chunk.record.as_ref();
    let is_open = record.is_some_and(|record| record.seam_open);
    is_open && chunk.origin == Some(Origin::Generated) && !chunk.locked
}

/// Tells whether the text is the author's own, wholly or in part.
pub(crate) fn is_authors(chunk: &ChunkView) -> bool {
    chunk.origin.is_some_and(Origin::is_authors)
}
