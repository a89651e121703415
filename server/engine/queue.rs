//! What a job is to do: the chunks to write, which of them are left alone, and the seams that
//! an earlier job left open.

use super::schedule::{Schedule, Tail};
use super::settings::Settings;
use super::stale_reason::StaleReason;
use super::workshop::Claim;
use crate::session::{ChunkStatus, ChunkView, Origin, SessionView};
use crate::story::{Brief, ChunkNumber};

/// What a job does, and its hold on it.
pub(super) struct Queue {
    pub lineup: Lineup,
    pub claim: Claim,
}

/// What happens to one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub number: ChunkNumber,
    pub treatment: Treatment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// From where it stands; nothing when it is complete.
    GoOn,
    /// Anew; what it replaces is kept in history/.
    Rewrite,
}

/// The chunks to write.
#[derive(Debug, Default)]
pub(super) struct Lineup {
    /// In story order.
    pub tasks: Vec<Task>,
    /// Chunks that are not rewritten since the author edited them.
    pub kept: Vec<ChunkNumber>,
    /// Whether seams that are still open are closed, also those of earlier jobs.
    pub closes_seams: bool,
}

impl Lineup {
    /// One chunk, and nothing else.
    pub fn one(number: ChunkNumber, treatment: Treatment) -> Lineup {
        let mut lineup = Lineup::default();
        lineup.add(number, treatment);
        lineup
    }

    /// Everything that is not complete.
    pub fn remaining(view: &SessionView) -> Lineup {
        let mut lineup = Lineup {
            closes_seams: true,
            ..Lineup::default()
        };
        for chunk in view
            .chunks
            .iter()
            .filter(|chunk| chunk.status != ChunkStatus::Complete)
        {
            lineup.add(chunk.number, Treatment::GoOn);
        }
        lineup
    }

    /// One chunk and all after it. The one that was named is rewritten whoever wrote it; the
    /// others only if they are not the author's.
    pub fn from(first: ChunkNumber, view: &SessionView) -> Lineup {
        let mut lineup = Lineup {
            closes_seams: true,
            ..Lineup::default()
        };
        for chunk in view.chunks.iter().filter(|chunk| chunk.number >= first) {
            match (chunk.status, is_authors(chunk)) {
                (ChunkStatus::Complete, true) if chunk.number != first => {
                    lineup.kept.push(chunk.number);
                }
                (ChunkStatus::Complete, _) => lineup.add(chunk.number, Treatment::Rewrite),
                _ => lineup.add(chunk.number, Treatment::GoOn),
            }
        }
        lineup
    }

    /// What is stale, for `reasons` in the order of the chunks.
    pub fn stale(view: &SessionView, reasons: &[Vec<StaleReason>]) -> Lineup {
        let mut lineup = Lineup {
            closes_seams: true,
            ..Lineup::default()
        };
        for (chunk, reasons) in view.chunks.iter().zip(reasons) {
            match (reasons.is_empty(), is_authors(chunk)) {
                (true, _) => {}
                (false, true) => lineup.kept.push(chunk.number),
                (false, false) => lineup.add(chunk.number, Treatment::Rewrite),
            }
        }
        lineup
    }

    fn add(&mut self, number: ChunkNumber, treatment: Treatment) {
        self.tasks.push(Task { number, treatment });
    }

    /// When each of them is written.
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

/// The chunks that are written before the text that they follow is there.
pub(super) fn without_tail(schedule: &Schedule) -> Vec<ChunkNumber> {
    let steps = schedule.steps();
    steps
        .filter(|step| step.tail == Tail::Planned)
        .map(|step| step.task.number)
        .collect()
}

/// The pairs of complete chunks of which the later was begun before the earlier was there, and
/// was not fitted to it since. What an author changed is left as it is.
pub(super) fn open_seams(view: &SessionView) -> Vec<(ChunkView, ChunkView)> {
    let is_open = |chunk: &ChunkView| {
        let record = chunk.record.as_ref();
        record.is_some_and(|record| record.seam_open) && chunk.origin == Some(Origin::Generated)
    };
    let complete = |chunk: &ChunkView| chunk.status == ChunkStatus::Complete;
    let pairs = view.chunks.iter().zip(view.chunks.iter().skip(1));
    pairs
        .filter(|(earlier, later)| complete(earlier) && complete(later) && is_open(later))
        .map(|(earlier, later)| (earlier.clone(), later.clone()))
        .collect()
}

/// Whether the text is the author's own, wholly or in part.
pub(super) fn is_authors(chunk: &ChunkView) -> bool {
    chunk.edited || chunk.origin == Some(Origin::Written)
}
