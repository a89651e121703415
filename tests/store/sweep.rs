//! A story's life (written, edited, rewritten, revised, restored, its outline changed, its chunks
//! open in an editor), in which each file-system call fails once, each write gets half through,
//! and the process dies before and within each change. Nothing is lost, the error says what is
//! safe, and the story can be finished.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::fixture::{Editor, EndChunk, Story, is_in, mending, n, result};
use storywright::session::{
    Call, ChunkStatus, Disk, Faults, NextStep, NoEditor, Owners, Saved, Session, StoreError,
    Verdict, journal_saved, settle_journal,
};
use storywright::story::BeatId;

/// What goes wrong at one call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    /// This call fails, the next ones work.
    Once(i32),
    /// A write gets half through, then this call fails.
    Half(i32),
    /// This call and all after it fail: the process is dead.
    Crash,
    /// It gets half through before the process dies.
    HalfCrash,
}

/// Counts calls and lets one go wrong.
struct Fault {
    calls: Mutex<Vec<Call>>,
    at: usize,
    wrong: Wrong,
}

impl Fault {
    fn at(at: usize, wrong: Wrong) -> Arc<Fault> {
        Arc::new(Fault {
            calls: Mutex::new(Vec::new()),
            at,
            wrong,
        })
    }

    fn crashed(&self) -> bool {
        let dies = matches!(self.wrong, Wrong::Crash | Wrong::HalfCrash);
        dies && self.calls.lock().unwrap().len() > self.at
    }
}

impl Faults for Fault {
    fn before(&self, call: Call, _path: &Path) -> Verdict {
        let mut calls = self.calls.lock().unwrap();
        let now = calls.len();
        calls.push(call);
        let dead = || io::Error::other("the process is dead");
        match self.wrong {
            Wrong::Crash | Wrong::HalfCrash if now > self.at => Verdict::Fail(dead()),
            _ if now != self.at => Verdict::Go,
            Wrong::Once(code) => Verdict::Fail(io::Error::from_raw_os_error(code)),
            Wrong::Half(code) if call == Call::Write => {
                Verdict::Short(7, io::Error::from_raw_os_error(code))
            }
            Wrong::Half(code) => Verdict::Fail(io::Error::from_raw_os_error(code)),
            Wrong::HalfCrash if call == Call::Write => Verdict::Short(7, dead()),
            Wrong::Crash | Wrong::HalfCrash => Verdict::Fail(dead()),
        }
    }
}

/// What must be true at the end.
#[derive(Default, Clone)]
struct Ledger {
    /// Texts that must be somewhere: their saving was confirmed, or the author typed them.
    safe: Vec<String>,
    /// Beats whose chunk is complete, whatever fails now.
    whole: BTreeSet<&'static str>,
    errors: Vec<String>,
}

impl Ledger {
    fn saved<T>(&mut self, text: &str, outcome: Result<T, StoreError>) -> Option<T> {
        if outcome.is_ok() {
            self.safe.push(text.to_owned());
        }
        self.done(outcome)
    }

    fn completed(
        &mut self,
        beat: &'static str,
        text: &str,
        outcome: Result<Saved, StoreError>,
    ) -> Option<Saved> {
        if outcome.is_ok() {
            self.whole.insert(beat);
        }
        self.saved(text, outcome)
    }

    fn done<T>(&mut self, outcome: Result<T, StoreError>) -> Option<T> {
        outcome
            .map_err(|error| self.errors.push(error.to_string()))
            .ok()
    }

    fn typed(&mut self, text: &str) {
        self.safe.push(text.to_owned());
    }
}

/// A part of the story's life: one job, on a disk where things go wrong. It goes on after each
/// error as a job would. What the author does is on the real disk.
type Part = fn(&Story, &Arc<Fault>, &mut Ledger);

const LIFE: [(&str, Part); 8] = [
    ("writing", write),
    ("rewriting without an update for each chunk", rewrite_fast),
    ("an edit, a new beat and a rewrite", rewrite),
    ("revisions", revise),
    ("restoring", restore),
    ("a seam closed", mend),
    ("a beat removed", remove_beat),
    ("chunks open in an editor", edit_open),
];

/// Opens the session, again if that fails, as long as the process lives.
fn open(
    story: &Story,
    outline: &[&str],
    owners: Arc<dyn Owners>,
    fault: &Arc<Fault>,
    ledger: &mut Ledger,
) -> Option<Session> {
    loop {
        let disk = Disk::with_faults(fault.clone());
        let opened = story.open_as(outline, owners.clone(), disk);
        if let Some(opened) = ledger.done(opened) {
            return Some(opened.session);
        }
        if fault.crashed() {
            return None;
        }
    }
}

fn write(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let Some(session) = open(story, &["a", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    ledger.saved(
        "First a, begun",
        session.save_partial(n(1), "First a, begun"),
    );
    ledger.completed(
        "a",
        "First a, begun and done.",
        session.complete_chunk(n(1), "First a, begun and done.", result()),
    );
    ledger.saved("First b", session.save_partial(n(2), "First b"));
    ledger.saved(
        "First b, failed.",
        session.fail_chunk(n(2), "First b, failed.", result(), "too short"),
    );
    ledger.completed(
        "b",
        "First b, failed. And done.",
        session.complete_chunk(n(2), "First b, failed. And done.", result()),
    );
}

/// A job rewrites chunks faster than it brings up to date what is made from them.
fn rewrite_fast(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let Some(session) = open(story, &["a", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    for (number, beat, text) in [(1, "a", "Fast a."), (2, "b", "Fast b.")] {
        ledger.whole.remove(beat);
        ledger.done(session.retire_chunk(n(number), "rewrite"));
        let (at, inputs) = (result().started, result().inputs);
        ledger.done(session.note_begun(n(number), at, inputs, Vec::new()));
        ledger.saved("Fast", session.save_partial(n(number), "Fast"));
        ledger.completed(beat, text, session.save_complete(n(number), text, result()));
    }
    ledger.done(session.update_derived());
    ledger.whole.remove("b");
    ledger.saved(
        "Fast b, failed.",
        session.save_failed(n(2), "Fast b, failed.", result(), "too short"),
    );
    ledger.completed(
        "b",
        "Fast b, failed. And done.",
        session.save_complete(n(2), "Fast b, failed. And done.", result()),
    );
    // The job ends without another update.
}

/// The author edits the first chunk behind the store's back and inserts a beat; the edited chunk
/// is named for a rewrite.
fn rewrite(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    author_adds(
        story,
        "chunks/chunk_01.md",
        "The author's own line.",
        ledger,
    );
    let Some(session) = open(story, &["n", "a", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    // From here on the chunk may be missing.
    ledger.whole.remove("a");
    ledger.done(session.retire_chunk(n(2), "rewrite"));
    ledger.completed(
        "a",
        "Second a.",
        session.complete_chunk(n(2), "Second a.", result()),
    );
    ledger.done(session.chunk(n(3)));
    // A rewrite saves as it streams.
    ledger.whole.remove("b");
    ledger.saved("Second", session.save_partial(n(3), "Second"));
    ledger.completed(
        "b",
        "Second b.",
        session.complete_chunk(n(3), "Second b.", result()),
    );
    ledger.done(session.assemble());
}

/// Three rewrites are proposed: one is taken, one turned down, one for an edited chunk taken.
fn revise(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    for (chunk, text) in [(2, "Revised a."), (3, "Revised b, and not wanted.")] {
        story.write(&format!("revisions/chunk_0{chunk}.md"), text);
        ledger.typed(text);
    }
    author_adds(
        story,
        "chunks/chunk_02.md",
        "A line before the revision.",
        ledger,
    );
    let Some(session) = open(story, &["n", "a", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    ledger.done(session.accept_revision(n(2)));
    ledger.done(session.reject_revision(n(3)));
    ledger.done(session.keep_chunk(n(2), result().inputs));
}

fn restore(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let Some(session) = open(story, &["n", "a", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    ledger.done(session.restore_version(n(2), Some(1)));
    ledger.done(session.restore_version(n(2), None));
    ledger.done(session.restore_version(n(3), Some(1)));
}

/// The beginning of the last chunk is fitted to the one before.
fn mend(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let Some(session) = open(story, &["n", "a", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    let Some(chunk) = ledger.done(session.chunk(n(3))) else {
        return;
    };
    ledger.done(session.mark_seam(n(3), true));
    let mended = session.mend_chunk(n(3), &chunk.digest, mending("Fitted b."));
    if let Some(Some(_)) = ledger.done(mended) {
        ledger.typed("Fitted b.");
    }
}

fn remove_beat(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let Some(session) = open(story, &["n", "b"], Arc::new(NoEditor), fault, ledger) else {
        return;
    };
    ledger.completed(
        "n",
        "First n.",
        session.complete_chunk(n(1), "First n.", result()),
    );
}

/// A chunk is restored and another rewritten while an editor has them open; the edits come into
/// the editor, and the author saves one and closes the other.
fn edit_open(story: &Story, fault: &Arc<Fault>, ledger: &mut Ledger) {
    let editor = Arc::new(Editor::default());
    let paths = [1, 2].map(|number| story.path(&format!("chunks/chunk_0{number}.md")));
    for path in &paths {
        editor.open(path);
    }
    let Some(session) = open(story, &["n", "b"], editor.clone(), fault, ledger) else {
        return;
    };
    let show = |saved: Option<Saved>| {
        for edit in saved.into_iter().flat_map(|saved| saved.client_edits) {
            editor.edit(&edit.path, &edit.text);
        }
    };
    show(ledger.done(session.restore_version(n(2), Some(1))));
    ledger.whole.remove("n");
    ledger.done(session.retire_chunk(n(1), "rewrite"));
    ledger.saved("Second n", session.save_partial(n(1), "Second n"));
    show(ledger.completed(
        "n",
        "Second n.",
        session.complete_chunk(n(1), "Second n.", result()),
    ));
    if fault.crashed() {
        return;
    }
    let disk = Disk::with_faults(fault.clone());
    editor.save(&paths[1]);
    ledger.done(journal_saved(&paths[1], &disk));
    editor.close(&paths[0]);
    ledger.done(settle_journal(&paths[0], &disk));
}

/// Adds a line to a file as an author does with another program, if the file is there.
fn author_adds(story: &Story, file: &str, line: &str, ledger: &mut Ledger) {
    if let Ok(text) = fs::read_to_string(story.path(file)) {
        fs::write(story.path(file), format!("{text}{line}\n")).unwrap();
        ledger.typed(line);
    }
}

/// After whatever went wrong: a start on a good disk, nothing lost, and the story can be
/// finished.
fn recover(story: &Story, ledger: &Ledger, what: &str) {
    let outline = ["n", "a", "b"];
    let opened = story
        .try_open(&outline, Disk::real())
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let session = opened.session;
    all_safe(story, ledger, what);
    nothing_left_over(story, what);
    for chunk in session.view().unwrap().chunks {
        // A chunk file is whole: it ends as one of the texts that were given to the store.
        let text = chunk.text.trim_end();
        let whole = text.is_empty()
            || [".", "begun", "First b", "Fast", "Second", "Second n"]
                .iter()
                .any(|end| text.ends_with(end));
        assert!(whole, "{what}: {text:?}");
        let BeatId(beat) = &chunk.beat;
        assert!(
            chunk.status == ChunkStatus::Complete || !ledger.whole.contains(beat.as_str()),
            "{what}: {beat} was complete and is {:?}",
            chunk.status
        );
    }
    finish(story, &session, what);
    all_safe(story, ledger, what);
}

fn all_safe(story: &Story, ledger: &Ledger, what: &str) {
    let everything = story.everything();
    for text in &ledger.safe {
        assert!(
            is_in(&everything, text),
            "{what}: lost {text:?}\n{}",
            ledger.errors.join("\n")
        );
    }
}

fn nothing_left_over(story: &Story, what: &str) {
    assert!(
        !story.exists(".intent.json"),
        "{what}: the change is finished"
    );
    let mut folders = ["", ".work", "chunks", "revisions"]
        .map(str::to_owned)
        .to_vec();
    let history = story.names("history");
    folders.extend(history.iter().map(|name| format!("history/{name}")));
    for folder in folders {
        let names = story.names(&folder);
        let left: Vec<&String> = names.iter().filter(|name| name.ends_with(".tmp")).collect();
        assert!(left.is_empty(), "{what}: {left:?} in {folder:?}");
    }
}

/// Writes what is missing.
fn finish(story: &Story, session: &Session, what: &str) {
    loop {
        let number = match session.view().unwrap().next_step() {
            NextStep::Done => break,
            NextStep::Write(number) | NextStep::Continue(number) => number,
        };
        let text = format!("{} And the end.", session.chunk(number).unwrap().text);
        session
            .complete_chunk(number, &text, result())
            .unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    session.assemble().unwrap();
    let full_story = story.read("full_story.md");
    for chunk in session.view().unwrap().chunks {
        assert_eq!(chunk.status, ChunkStatus::Complete, "{what}");
        assert!(
            full_story.contains(chunk.text.trim()),
            "{what}: {:?} is in the full story",
            chunk.text
        );
    }
}

/// The story at the beginning of a part of its life, and the calls of that part.
struct Stage {
    name: &'static str,
    part: Part,
    before: Story,
    ledger: Ledger,
    calls: Vec<Call>,
}

/// The life of the story when nothing goes wrong.
fn stages() -> Vec<Stage> {
    let story = Story::in_memory();
    let mut ledger = Ledger::default();
    let stages = LIFE.map(|(name, part)| {
        let (before, then) = (story.copy(), ledger.clone());
        let none = Fault::at(usize::MAX, Wrong::Crash);
        part(&story, &none, &mut ledger);
        assert_eq!(ledger.errors, [""; 0], "{name}");
        recover(&story.copy(), &ledger, name);
        let calls = none.calls.lock().unwrap().clone();
        Stage {
            name,
            part,
            before,
            ledger: then,
            calls,
        }
    });
    stages.into()
}

/// One point: the part of the story's life in which something goes wrong at one call. The
/// story is copied as it was before that part, so that a point costs no more than its part.
fn run(stage: &Stage, at: usize, wrong: Wrong) {
    let story = stage.before.copy();
    let fault = Fault::at(at, wrong);
    let mut ledger = stage.ledger.clone();
    (stage.part)(&story, &fault, &mut ledger);
    let what = format!(
        "{wrong:?} at call {at} of {}, {:?}, while {}",
        stage.calls.len(),
        stage.calls[at],
        stage.name
    );
    for error in &ledger.errors {
        assert!(
            error.contains("safe") || error.contains("untouched") || error.contains("Nothing was"),
            "{what}: {error}"
        );
    }
    recover(&story, &ledger, &what);
}

/// Runs each point: at each call what goes wrong there, if anything.
fn sweep(what: &str, wrong_at: impl Fn(usize, Call) -> Option<Wrong>) {
    let stages = stages();
    let mut points = Vec::new();
    for stage in &stages {
        let at = stage.calls.iter().enumerate();
        points.extend(at.filter_map(|(at, call)| Some((stage, at, wrong_at(at, *call)?))));
    }
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((stage, at, wrong)) =
                    points.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    run(stage, *at, *wrong);
                }
            });
        }
    });
    let calls: usize = stages.iter().map(|stage| stage.calls.len()).sum();
    println!(
        "{what}: {} points of failure in {calls} calls",
        points.len()
    );
    assert!(points.len() > 100);
}

/// The reasons differ in their words only, so they take turns over the calls.
#[test]
fn every_call_fails_once() {
    let reasons = [libc::ENOSPC, libc::EIO, libc::EACCES, libc::EROFS];
    sweep("failing calls", |at, _| Some(Wrong::Once(reasons[at % 4])));
}

#[test]
fn every_write_gets_only_half_through() {
    sweep("half writes", |_, call| {
        (call == Call::Write).then_some(Wrong::Half(libc::ENOSPC))
    });
}

/// Dying before a call that changes nothing is the same as dying before the next one.
#[test]
fn the_process_dies_before_every_change() {
    sweep("crashes", |_, call| call.writes().then_some(Wrong::Crash));
}

#[test]
fn the_process_dies_in_the_middle_of_every_write() {
    sweep("crashes within a write", |_, call| {
        (call == Call::Write).then_some(Wrong::HalfCrash)
    });
}

#[test]
fn a_journal_is_settled_under_faults_without_loss() {
    let text = "Generated while the file was open.";
    for at in 0..40 {
        let story = Story::in_memory();
        let editor = Arc::new(Editor::default());
        let session = story
            .open_as(&["a"], editor.clone() as Arc<dyn Owners>, Disk::real())
            .unwrap()
            .session;
        let path = story.path("chunks/chunk_01.md");
        editor.open(&path);
        session.save_partial(n(1), text).unwrap();
        drop(session);
        story.write("chunks/chunk_01.md", "Typed by the author.");
        let _ = settle_journal(&path, &Disk::with_faults(Fault::at(at, Wrong::HalfCrash)));
        drop(story.open(&["a"]));
        assert!(
            story.has_anywhere(text) && story.has_anywhere("Typed by the author."),
            "call {at}"
        );
        assert_eq!(story.names("chunks"), ["chunk_01.md"], "call {at}");
    }
}
