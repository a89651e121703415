//! Keeps the books of the threads and promises of a story: where each is opened, due and paid, by the author's own
//! list and by what was read of the chunks.
//!
//! Of a thread that the author lists, what the chunks tell counts before what was planned.

pub mod authored;

use std::collections::BTreeSet;

use serde::Serialize;

use self::authored::{AuthoredThread, NamedBeat, authored};
use super::features::note::escaped;
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use super::written::Written;
use crate::session::ChunkStatus;
use crate::story::state::{StoryState, is_same_thread};
use crate::story::terms::{terms, terms_of_length};
use crate::story::{BeatId, Brief, ChunkNumber, Problem, Severity, Span};

/// A thread that stays open past the beat where it is due.
pub const THREAD_OVERDUE: &str = "thread-overdue";
/// A thread that names a beat which there is not.
pub const THREAD_BEAT: &str = "thread-beat-unknown";

/// The threads of a story.
#[derive(Debug, Clone, Serialize)]
pub struct Ledger {
    pub story: String,
    /// `None` before anything is written.
    pub session: Option<String>,
    /// Those that the author lists, then those that only the chunks tell of.
    pub threads: Vec<Thread>,
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

/// One thread, with where it is opened, due and paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thread {
    pub thread: String,
    /// Who knows of it.
    pub by: By,
    pub standing: Standing,
    pub opened: Option<Point>,
    pub due: Option<Point>,
    pub paid: Option<Point>,
}

/// Who knows of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The author lists it.
    Brief,
    /// It was read of the chunks.
    State,
}

/// How a thread stands in what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Still open though its beat is written.
    Overdue,
    Open,
    /// Not opened yet.
    Planned,
    Paid,
}

/// A chunk, by its number and beat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    pub chunk: ChunkNumber,
    pub beat: BeatId,
}

/// A thread as the chunks tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldThread {
    pub text: String,
    pub opened: ChunkNumber,
    pub closed: Option<ChunkNumber>,
}

/// Holds the threads that a chunk opens and those that it pays.
struct Told {
    is_complete: bool,
    /// Whether it was read at all.
    is_read: bool,
    opened: Vec<String>,
    closed: Vec<String>,
}

/// Follows the threads through the states of the chunks.
pub fn told_threads(written: &Written) -> Vec<ToldThread> {
    let mut threads: Vec<ToldThread> = Vec::new();
    let mut now = StoryState::default();
    for (chunk, state) in written.view.chunks.iter().zip(&written.states) {
        let Some(state) = state else { continue };
        let before = now.open_threads.clone();
        now.take(state);
        let opened = now.open_threads.iter();
        for text in opened.filter(|thread| !before.contains(thread)) {
            threads.push(ToldThread {
                text: text.clone(),
                opened: chunk.number,
                closed: None,
            });
        }
        let closed = before.iter();
        for text in closed.filter(|thread| !now.open_threads.contains(thread)) {
            let mut latest = threads.iter_mut().rev();
            let open = latest.find(|it| it.text == *text && it.closed.is_none());
            if let Some(thread) = open {
                thread.closed = Some(chunk.number);
            }
        }
    }
    threads
}

impl Ledger {
    /// Makes the ledger of a story, and of a draft of it where there is one.
    pub fn of(read: &StorySnapshot, session: Option<&SessionSnapshot>) -> Ledger {
        let story = &read.story;
        let brief = &story.brief;
        let told = told_by_chunks(brief, session.map(|it| &it.written));
        let mut ledger = Ledger {
            story: brief.title.clone(),
            session: session.map(|it| it.session.to_string()),
            threads: Vec::new(),
            problems: Vec::new(),
        };
        let listed = authored(brief, &story.text);
        for thread in &listed {
            ledger.enter(thread, brief, &told);
        }
        let wordings: Vec<Wording> = listed.iter().map(|it| Wording::of(&it.text)).collect();
        for thread in session
            .map(|it| told_threads(&it.written))
            .unwrap_or_default()
        {
            if !wordings.iter().any(|it| it.is(&thread.text)) {
                ledger.threads.push(Thread {
                    standing: match thread.closed {
                        Some(_) => Standing::Paid,
                        None => Standing::Open,
                    },
                    thread: thread.text,
                    by: By::State,
                    opened: point(brief, index_of(thread.opened)),
                    due: None,
                    paid: point(brief, thread.closed.and_then(index_of)),
                });
            }
        }
        ledger
    }

    /// Enters a thread that the author lists.
    fn enter(&mut self, listed: &AuthoredThread, brief: &Brief, told: &[Told]) {
        for unknown in listed.beats().filter(|it| it.position(brief).is_none()) {
            self.problems.push(Problem {
                span: unknown.span.clone(),
                severity: Severity::Information,
                code: THREAD_BEAT,
                message: format!(
                    "No beat is called “{}”, so that this says nothing of the thread. A beat is named by its id, its \
                     heading or its number.",
                    unknown.name
                ),
            });
        }
        let planned = |beat: &Option<NamedBeat>| beat.as_ref().and_then(|it| it.position(brief));
        let is_written = |at: &usize| told.get(*at).is_some_and(|told| told.is_complete);
        let (mut opened, mut paid) = followed(&Wording::of(&listed.text), told);
        let due = planned(&listed.due);
        opened = opened.or_else(|| planned(&listed.opened).filter(is_written));
        let is_paid = paid.is_some() || listed.is_ticked;
        paid =
            paid.or_else(|| planned(&listed.paid).filter(|at| listed.is_ticked || is_written(at)));
        // What nobody has read may well have paid it.
        let is_past =
            due.is_some_and(|due| told.get(due).is_some_and(|it| it.is_complete && it.is_read));
        let standing = match (is_paid || paid.is_some(), is_past, opened) {
            (true, ..) => Standing::Paid,
            // One that is planned to be opened later is another promise by now.
            (false, true, None) if listed.opened.is_some() => Standing::Planned,
            (false, true, _) => Standing::Overdue,
            (false, false, Some(_)) => Standing::Open,
            (false, false, None) => Standing::Planned,
        };
        if let (Standing::Overdue, Some(due)) = (standing, due) {
            self.problems.push(overdue(listed, brief, due));
        }
        self.threads.push(Thread {
            thread: listed.text.clone(),
            by: By::Brief,
            standing,
            opened: point(brief, opened),
            due: point(brief, due),
            paid: point(brief, paid),
        });
    }

    /// Says in a line how many threads there are of each standing.
    pub fn headline(&self) -> String {
        let Ledger { story, threads, .. } = self;
        if threads.is_empty() {
            return format!(
                "{story}: no thread is known. List your own under `# Threads` in the brief; with `state = \"on\"` the \
                 chunks tell of others"
            );
        }
        let named = [
            (Standing::Paid, "paid"),
            (Standing::Open, "open"),
            (Standing::Overdue, "overdue"),
            (Standing::Planned, "not opened yet"),
        ];
        let counts = named.iter().filter_map(|(standing, name)| {
            let count = threads.iter().filter(|it| it.standing == *standing).count();
            (count > 0).then(|| format!("{count} {name}"))
        });
        let all = match threads.len() {
            1 => "1 thread".to_owned(),
            n => format!("{n} threads"),
        };
        format!("{story}: {all}: {}", counts.collect::<Vec<_>>().join(", "))
    }

    /// Returns the threads as a table for a terminal.
    pub fn table(&self) -> String {
        if self.threads.is_empty() {
            return self.headline();
        }
        let mut lines = vec!["opened  due  paid  thread".to_owned()];
        let number = |point: &Option<Point>| match point {
            Some(point) => point.chunk.to_string(),
            None => "-".to_owned(),
        };
        lines.extend(self.threads.iter().map(|thread| {
            let overdue = match thread.standing {
                Standing::Overdue => " (overdue)",
                _ => "",
            };
            format!(
                "{:>6} {:>4} {:>5}  {}{overdue}",
                number(&thread.opened),
                number(&thread.due),
                number(&thread.paid),
                thread.thread
            )
        }));
        lines.push(self.headline());
        lines.join("\n")
    }

    /// Returns the threads as a page for an editor: what is overdue first, what is paid last.
    pub fn markdown(&self) -> String {
        let mut page = format!("# Threads\n\n{}\n", escaped(&self.headline()));
        let titles = [
            (Standing::Overdue, "Overdue"),
            (Standing::Open, "Open"),
            (Standing::Planned, "Not opened yet"),
            (Standing::Paid, "Paid"),
        ];
        for (standing, title) in titles {
            let of_standing = self.threads.iter().filter(|it| it.standing == standing);
            let rows: Vec<String> = of_standing.map(row).collect();
            if !rows.is_empty() {
                page.push_str(&format!(
                    "\n## {title}\n\n| thread | opened | due | paid | known by |\n|---|---|---|---|---|\n{}\n",
                    rows.join("\n")
                ));
            }
        }
        page
    }
}

/// Finds the thread that the author lists at a place of the brief, with how it stands.
pub fn listed_at(ledger: &Ledger, listed: &[AuthoredThread], at: usize) -> Option<Thread> {
    // Those that the author lists come first, in the same order.
    let thread = ledger.threads.get(at).filter(|it| it.by == By::Brief)?;
    let text = &listed.get(at)?.text;
    (thread.thread == *text).then(|| thread.clone())
}

fn row(thread: &Thread) -> String {
    let point = |point: &Option<Point>| match point {
        Some(point) => format!("{} ({})", point.chunk, escaped(point.beat.as_str())),
        None => String::new(),
    };
    let by = match thread.by {
        By::Brief => "the brief",
        By::State => "the chunks",
    };
    format!(
        "| {} | {} | {} | {} | {by} |",
        escaped(&thread.thread),
        point(&thread.opened),
        point(&thread.due),
        point(&thread.paid)
    )
}

fn overdue(listed: &AuthoredThread, brief: &Brief, due: usize) -> Problem {
    let beat = brief.beats.get(due).map_or("", |beat| beat.title.as_str());
    Problem {
        span: listed.span.clone(),
        severity: Severity::Information,
        code: THREAD_OVERDUE,
        message: format!(
            "“{}” is due in chunk {} “{beat}”, which is written, and is still open. Pay it there, let it be due later, or \
             tick it off (`- [x]`).",
            listed.text,
            due + 1
        ),
    }
}

/// Reads what each chunk tells, in the order of the beats.
fn told_by_chunks(brief: &Brief, written: Option<&Written>) -> Vec<Told> {
    let Some(written) = written else {
        return Vec::new();
    };
    let of_beat = |id: &BeatId| {
        let at = written.view.chunks.iter().position(|it| it.beat == *id)?;
        let state = written.states.get(at).and_then(Option::as_ref);
        let threads = state.map(|state| &state.threads);
        Some(Told {
            is_complete: written.view.chunks[at].status == ChunkStatus::Complete,
            is_read: written.standings.get(at).is_some_and(Option::is_some),
            opened: threads.map(|it| it.opened.clone()).unwrap_or_default(),
            closed: threads.map(|it| it.closed.clone()).unwrap_or_default(),
        })
    };
    let nothing = || Told {
        is_complete: false,
        is_read: false,
        opened: Vec::new(),
        closed: Vec::new(),
    };
    let beats = brief.beats.iter();
    beats
        .map(|beat| of_beat(&beat.id).unwrap_or_else(nothing))
        .collect()
}

/// Finds where the chunks open a thread first and pay it last; one that is opened again after that is not paid.
fn followed(thread: &Wording, told: &[Told]) -> (Option<usize>, Option<usize>) {
    let (mut opened, mut paid) = (None, None);
    for (at, chunk) in told.iter().enumerate() {
        if chunk.opened.iter().any(|it| thread.is(it)) {
            opened = opened.or(Some(at));
            paid = None;
        }
        if chunk.closed.iter().any(|it| thread.is(it)) {
            paid = Some(at);
        }
    }
    (opened.or(paid), paid)
}

/// The words of a thread, by which others are compared with it.
struct Wording {
    terms: BTreeSet<String>,
    /// The shortest word that counts: where a thread has short ones only, those do.
    shortest: Option<usize>,
}

impl Wording {
    fn of(text: &str) -> Wording {
        let found = terms(text);
        match found.is_empty() {
            false => Wording {
                terms: found,
                shortest: None,
            },
            true => Wording {
                terms: terms_of_length(text, 3),
                shortest: Some(3),
            },
        }
    }

    /// Tells whether another wording is of the same thread.
    fn is(&self, other: &str) -> bool {
        let other = match self.shortest {
            None => terms(other),
            Some(shortest) => terms_of_length(other, shortest),
        };
        is_same_thread(&self.terms, &other)
    }
}

fn index_of(number: ChunkNumber) -> Option<usize> {
    usize::try_from(number.0).ok()?.checked_sub(1)
}

/// Names the chunk of a beat.
fn point(brief: &Brief, at: impl Into<Option<usize>>) -> Option<Point> {
    let at = at.into()?;
    Some(Point {
        chunk: ChunkNumber(u32::try_from(at + 1).ok()?),
        beat: brief.beats.get(at)?.id.clone(),
    })
}

/// Lists the beats that the threads of a brief name, each with its place.
pub fn beats_named(brief: &Brief, text: &str) -> Vec<(BeatId, Span)> {
    let threads = authored(brief, text);
    let named = threads.iter().flat_map(AuthoredThread::beats);
    let beats = named.filter_map(|named| {
        let beat = brief.beats.get(named.position(brief)?)?;
        // A number or a heading is no id, and stays as it is.
        (beat.id.as_str() == named.name).then(|| (beat.id.clone(), named.span.clone()))
    });
    beats.collect()
}
