//! Orders the writing of chunks: which waits for which, which may be written at the same time, and which are
//! written before the text that they follow.
//!
//! Pure. All of it is settled before anything is sent, so that the same job on the same files
//! sends the same prompts, whichever of its calls happens to be quicker.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::story::{Brief, ChunkNumber};

/// The source of the text before a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// The end of the chunk before, as it is when this one is begun.
    Real,
    /// None: the planned states of the two beats stand in for it.
    Planned,
}

/// The order in which chunks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    Serial,
    Chapters,
    All,
}

impl Order {
    /// Returns the name of the order as settings write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Order::Serial => "serial",
            Order::Chapters => "chapters",
            Order::All => "all",
        }
    }
}

/// The work on one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task {
    pub number: ChunkNumber,
    pub treatment: Treatment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Continued from its text; nothing where it is complete.
    GoOn,
    /// From the start; what it replaces is kept in history/.
    Rewrite,
}

/// One chunk to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub task: Task,
    pub tail: Tail,
    /// Chunks of which its prompt must know nothing: they may or may not be complete by then.
    pub apart: Vec<ChunkNumber>,
    /// How much there is to write, in words (characters for CJK).
    pub words: u32,
}

/// The chunks of a job, and how far each is.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// The chunks in story order.
    entries: Vec<Entry>,
    /// The most chunks that are written at the same time.
    width: usize,
    by_weight: bool,
}

#[derive(Debug)]
struct Entry {
    step: Step,
    /// Indices of the entries that have to be complete before it is begun.
    waits: Vec<usize>,
    /// The length of the chunk with that of the longest chain of chunks that wait for it.
    weight: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Complete,
    /// Ended and not complete: nothing that waits for it can be begun.
    Broken,
}

impl Schedule {
    /// Makes a schedule of tasks in story order, each with its length in words (characters for CJK).
    /// `parallel` is the most that are written at the same time; in serial order it is one.
    ///
    /// A chunk whose neighbour is not among the tasks has that one's text, whatever the order.
    pub fn new(brief: &Brief, tasks: &[(Task, u32)], order: Order, parallel: u32) -> Schedule {
        let order = in_force(order, brief);
        let numbers = tasks.iter().map(|(task, _)| task.number);
        let index: BTreeMap<ChunkNumber, usize> = numbers.zip(0..).collect();
        let mut entries: Vec<Entry> = Vec::with_capacity(tasks.len());
        for &(task, words) in tasks {
            let before = task.number.0.checked_sub(1).map(ChunkNumber);
            let before = before.and_then(|number| index.get(&number).copied());
            let (tail, waits) = match before {
                Some(before) if follows_on(brief, task.number, order) => (Tail::Real, vec![before]),
                Some(_) => (Tail::Planned, Vec::new()),
                None => (Tail::Real, Vec::new()),
            };
            entries.push(Entry {
                step: Step {
                    task,
                    tail,
                    apart: Vec::new(),
                    words,
                },
                waits,
                weight: 0,
                state: State::Waiting,
            });
        }
        add_after(brief, &index, &mut entries);
        weigh(&mut entries);
        if order != Order::Serial {
            set_apart(&mut entries);
        }
        Schedule {
            entries,
            width: match order {
                Order::Serial => 1,
                Order::Chapters | Order::All => parallel.max(1) as usize,
            },
            by_weight: order != Order::Serial,
        }
    }

    /// Returns the chunks in story order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.entries.iter().map(|entry| &entry.step)
    }

    /// Returns the next chunk that can be begun; it counts as running from here on. Where several can, the
    /// one at the head of the longest chain, so that no long chapter is left for the end.
    pub fn begin(&mut self) -> Option<Step> {
        let running = |entry: &&Entry| entry.state == State::Running;
        if self.entries.iter().filter(running).count() >= self.width {
            return None;
        }
        let mut best: Option<usize> = None;
        for (at, entry) in self.entries.iter().enumerate() {
            if !self.is_ready(entry) {
                continue;
            }
            if best.is_none_or(|best| self.by_weight && entry.weight > self.entries[best].weight) {
                best = Some(at);
            }
        }
        let entry = &mut self.entries[best?];
        entry.state = State::Running;
        Some(entry.step.clone())
    }

    /// Tells whether a chunk could be begun, were there room for it.
    pub fn has_ready(&self) -> bool {
        self.entries.iter().any(|entry| self.is_ready(entry))
    }

    fn is_ready(&self, entry: &Entry) -> bool {
        let complete = |at: &usize| self.entries[*at].state == State::Complete;
        entry.state == State::Waiting && entry.waits.iter().all(complete)
    }

    /// Notes that a chunk that was begun has ended.
    pub fn end(&mut self, number: ChunkNumber, is_complete: bool) {
        let entries = self.entries.iter_mut();
        for entry in entries.filter(|entry| entry.step.task.number == number) {
            entry.state = if is_complete {
                State::Complete
            } else {
                State::Broken
            };
        }
    }

    /// Tells whether the beginning of a chunk is still to be fitted to the one before it, and no chunk of
    /// this job waits for what there is to know of it.
    pub fn may_change(&self, number: ChunkNumber) -> bool {
        let find = |entry: &Entry| entry.step.task.number == number;
        let Some(at) = self.entries.iter().position(find) else {
            return false;
        };
        let is_waited_for = self.entries.iter().any(|entry| entry.waits.contains(&at));
        self.entries[at].step.tail == Tail::Planned && !is_waited_for
    }

    /// Tells whether the beginning of a chunk may still be fitted to the text before it, once all are
    /// written.
    pub fn may_be_fitted(&self, number: ChunkNumber) -> bool {
        let mut steps = self.steps();
        steps.any(|step| step.task.number == number && step.tail == Tail::Planned)
    }

    /// Returns the chunks that were not begun.
    pub fn left(&self) -> Vec<ChunkNumber> {
        let waiting = |entry: &&Entry| entry.state == State::Waiting;
        let left = self.entries.iter().filter(waiting);
        left.map(|entry| entry.step.task.number).collect()
    }
}

/// Returns the order that a brief can be written in: without chapters, `chapters` is serial.
pub(crate) fn in_force(order: Order, brief: &Brief) -> Order {
    match order {
        Order::Chapters if brief.chapters.is_empty() => Order::Serial,
        order => order,
    }
}

/// Tells whether a chunk waits for the text of the one before it.
fn follows_on(brief: &Brief, number: ChunkNumber, order: Order) -> bool {
    match order {
        Order::Serial => true,
        Order::Chapters => {
            let at = number.0 as usize;
            at < 2 || chapter(brief, at - 1) == chapter(brief, at - 2)
        }
        Order::All => false,
    }
}

/// Returns the chapter that a beat is in, by its place among the chapters: two may have one title.
fn chapter(brief: &Brief, beat: usize) -> Option<usize> {
    let start = brief.beats.get(beat)?.span.start;
    let holds = |chapter: &crate::story::Chapter| chapter.span.contains(&start);
    brief.chapters.iter().position(holds)
}

/// Adds the chunks that a beat with `after` waits for; one that comes after its neighbour has that one's
/// text. What would close a circle with the order is left out: no chunk can wait for one that waits for it.
fn add_after(brief: &Brief, index: &BTreeMap<ChunkNumber, usize>, entries: &mut [Entry]) {
    for at in 0..entries.len() {
        let number = entries[at].step.task.number;
        let Some(beat) = brief.beats.get((number.0 as usize).saturating_sub(1)) else {
            continue;
        };
        for id in &beat.after {
            let other = brief.beats.iter().position(|other| &other.id == id);
            let other = other.and_then(|other| u32::try_from(other + 1).ok());
            let Some(&to) = other.and_then(|other| index.get(&ChunkNumber(other))) else {
                continue;
            };
            if entries[at].waits.contains(&to) || reached(entries, to)[at] {
                continue;
            }
            entries[at].waits.push(to);
            if entries[to].step.task.number.0 + 1 == number.0 {
                entries[at].step.tail = Tail::Real;
            }
        }
    }
}

/// Returns the entries that one waits for, directly or through others; itself among them.
fn reached(entries: &[Entry], from: usize) -> Vec<bool> {
    let mut seen = vec![false; entries.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(&entries[at].waits);
        }
    }
    seen
}

/// Lists for each chunk those that its prompt must not know of, since it does not wait for them: whether they
/// are there when the prompt is built is a matter of which call was quicker.
fn set_apart(entries: &mut [Entry]) {
    for at in 0..entries.len() {
        let waited_for = reached(entries, at);
        let others = entries.iter().zip(waited_for).filter(|(_, waits)| !waits);
        let apart = others.map(|(other, _)| other.step.task.number).collect();
        entries[at].step.apart = apart;
    }
}

fn weigh(entries: &mut [Entry]) {
    let mut left: Vec<usize> = vec![0; entries.len()];
    for entry in entries.iter() {
        entry.waits.iter().for_each(|to| left[*to] += 1);
    }
    // From the ends of the chains back to their heads.
    let mut ends: Vec<usize> = (0..entries.len()).filter(|at| left[*at] == 0).collect();
    while let Some(at) = ends.pop() {
        entries[at].weight += u64::from(entries[at].step.words);
        let weight = entries[at].weight;
        for to in entries[at].waits.clone() {
            entries[to].weight = entries[to].weight.max(weight);
            left[to] -= 1;
            if left[to] == 0 {
                ends.push(to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::schedule::Treatment;

    const CHAPTERS: &str = "# Outline\n## One\n### a\nx\n### b\nx\n## Two\n### c\nx\n### d\nx\n### e\nx\n## f\nx\n## g\nx\n";

    fn schedule(brief: &str, chunks: &[u32], order: Order) -> Schedule {
        let brief = Brief::parse(brief);
        let tasks = chunks.iter().map(|&number| Task {
            number: ChunkNumber(number),
            treatment: Treatment::GoOn,
        });
        let tasks: Vec<(Task, u32)> = tasks.map(|task| (task, 100)).collect();
        Schedule::new(&brief, &tasks, order, 4)
    }

    /// Groups the chunks that could be written at the same time if all had the same length; a `~` marks those
    /// that are written without the text before them.
    fn waves(mut schedule: Schedule) -> String {
        let mut waves = Vec::new();
        loop {
            let mut wave = Vec::new();
            while let Some(step) = schedule.begin() {
                wave.push(step);
            }
            if wave.is_empty() {
                return waves.join(" | ");
            }
            wave.sort_by_key(|step| step.task.number);
            for step in &wave {
                schedule.end(step.task.number, true);
            }
            let names = wave.iter().map(|step| match step.tail {
                Tail::Real => step.task.number.to_string(),
                Tail::Planned => format!("~{}", step.task.number),
            });
            waves.push(names.collect::<Vec<_>>().join(" "));
        }
    }

    #[test]
    fn orders() {
        let all = [1, 2, 3, 4, 5, 6, 7];
        let flat = "# Outline\n## a\nx\n## b\nx\n## c\nx\n";
        for (brief, chunks, order, expected) in [
            (
                CHAPTERS,
                &all[..],
                Order::Serial,
                "1 | 2 | 3 | 4 | 5 | 6 | 7",
            ),
            (CHAPTERS, &all, Order::Chapters, "1 ~3 ~6 | 2 4 7 | 5"),
            (CHAPTERS, &all, Order::All, "1 ~2 ~3 ~4 | ~5 ~6 ~7"),
            // What is complete has its text, whatever the order.
            (CHAPTERS, &[3, 6, 7], Order::All, "3 6 ~7"),
            (CHAPTERS, &[3, 4, 6], Order::Chapters, "3 6 | 4"),
            // Without chapters there is nothing to write beside each other.
            (flat, &[1, 2, 3], Order::Chapters, "1 | 2 | 3"),
            // One by one even where nothing connects them.
            (flat, &[1, 3], Order::Serial, "1 | 3"),
            (flat, &[], Order::All, ""),
        ] {
            let found = waves(schedule(brief, chunks, order));
            assert_eq!(found, expected, "{order:?} {chunks:?}");
        }
    }

    #[test]
    fn what_comes_after_another_waits_for_it() {
        let brief = "# Outline\n## a\nx\n## b {after=a}\nx\n## c {after=a}\nx\n## d\nx\n## e {after=d}\nx\n";
        let all = [1, 2, 3, 4, 5];
        // Right after its neighbour it has that one's text.
        let found = waves(schedule(brief, &all, Order::All));
        assert_eq!(found, "1 ~4 | 2 ~3 5");
        // Backwards only where the order lets it.
        let brief = "# Outline\n## a {after=c}\nx\n## b\nx\n## c\nx\n";
        let found = waves(schedule(brief, &[1, 2, 3], Order::All));
        assert_eq!(found, "~2 ~3 | 1");
        let found = waves(schedule(brief, &[1, 2, 3], Order::Serial));
        assert_eq!(found, "1 | 2 | 3");
    }

    #[test]
    fn what_waits_for_a_failure_is_not_begun() {
        for (order, left) in [
            (Order::Serial, &[3, 4, 5, 6, 7][..]),
            (Order::Chapters, &[]),
            (Order::All, &[]),
        ] {
            let mut schedule = schedule(CHAPTERS, &[1, 2, 3, 4, 5, 6, 7], order);
            while let Some(step) = schedule.begin() {
                let number = step.task.number;
                schedule.end(number, number != ChunkNumber(2));
            }
            let expected: Vec<ChunkNumber> = left.iter().copied().map(ChunkNumber).collect();
            assert_eq!(schedule.left(), expected, "{order:?}");
            assert!(!schedule.has_ready());
        }
    }

    /// Two workers, one long chapter at the end: it is begun first.
    #[test]
    fn the_longest_chain_is_begun_first() {
        let brief =
            "# Outline\n## A\n### a\nx\n## B\n### b\nx\n## C\n### c\nx\n### d\nx\n### e\nx\n";
        let mut schedule = schedule(brief, &[1, 2, 3, 4, 5], Order::Chapters);
        let apart = |at: usize| {
            let apart = schedule.entries[at].step.apart.iter();
            apart.map(|number| number.0).collect::<Vec<_>>()
        };
        assert_eq!((apart(0), apart(4)), (vec![2, 3, 4, 5], vec![1, 2]));
        let changes = (1..=5).filter(|number| schedule.may_change(ChunkNumber(*number)));
        // The third has two that follow on it.
        assert_eq!(changes.collect::<Vec<_>>(), [2]);
        schedule.width = 2;
        let begun: Vec<u32> = std::iter::from_fn(|| schedule.begin())
            .map(|step| step.task.number.0)
            .collect();
        assert_eq!(begun, [3, 1]);
    }
}
