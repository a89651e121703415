//! Starts jobs, tells the client how they go, and says the last word about each.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::MessageType;

use super::buffer_stream::LspEditor;
use super::client::EditorClient;
use super::confirm;
use super::progress::JobProgress;
use super::review;
use super::state::State;
use crate::analysis::findings::Finding;
use crate::analysis::selection::ChunkRef;
use crate::events::job::{JobEvent, Observer, Outcome, Unit, Work};
use crate::events::outcomes::Finished;
use crate::events::words::Progress;
use crate::jobs::assignment::Assignment;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::error::JobError;
use crate::jobs::run::reporter::{STOPPED_BY_EDIT, cause_chain};
use crate::jobs::write::prepare::Answers;
use crate::session::SessionId;
use crate::writing::accept::Check;

/// Keeps a job on the list, from the moment that it is asked for until it ends, however it ends.
pub struct Listed {
    state: Arc<State>,
    id: String,
    brief: PathBuf,
    cancel: CancellationToken,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.state.jobs.remove(&self.id);
        // What was being written can be judged now.
        review::story_changed(&self.state, &self.brief);
    }
}

/// Puts a job on the list, so that it can be cancelled before it has begun.
pub fn list(state: &Arc<State>, id: &str, brief: PathBuf) -> Listed {
    let cancel = CancellationToken::new();
    state.jobs.add(id, brief.clone(), cancel.clone());
    review::story_changed(state, &brief);
    Listed {
        state: Arc::clone(state),
        id: id.to_owned(),
        brief,
        cancel,
    }
}

/// Starts a job in a task of its own.
///
/// What the client hears of the end is true by then: the job is off the list, its chunks are free,
/// and the session's lock is released before the progress ends and the last word is said.
pub fn start(listed: Listed, assignment: Assignment) {
    tokio::spawn(async move {
        let (state, id) = (Arc::clone(&listed.state), listed.id.clone());
        let mut teller = None;
        let running = run(&listed, assignment, &mut teller);
        let ended = AssertUnwindSafe(running).catch_unwind().await;
        let told = match teller {
            // All events are told once the job has let go of its end of the channel.
            Some(teller) => teller.await.unwrap_or_default(),
            None => ToldAll::default(),
        };
        drop(listed);
        drop(told.progress);
        let mut last_word = ended.unwrap_or_else(|_| LastWord::of_bug());
        if told.stopped_by == StoppedBy::Author {
            last_word.kind = MessageType::INFO;
        }
        if let Some(client) = state.client() {
            last_word.say(client, &id);
        }
    });
}

/// Tells the client of a job's events.
type Teller = JoinHandle<ToldAll>;

/// What follows from all events of a job.
#[derive(Default)]
struct ToldAll {
    /// The progress, which still has to end.
    progress: Option<JobProgress>,
    stopped_by: StoppedBy,
}

/// Who ended what a job did not complete, by its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum StoppedBy {
    #[default]
    Nobody,
    /// The author, who typed where the text grew: no error.
    Author,
    Failure,
}

impl StoppedBy {
    fn note(&mut self, event: &JobEvent) {
        match event {
            JobEvent::ChunkFailed { .. } => *self = StoppedBy::Failure,
            JobEvent::Warning { code, .. }
                if code == STOPPED_BY_EDIT && *self == StoppedBy::Nobody =>
            {
                *self = StoppedBy::Author;
            }
            _ => {}
        }
    }
}

/// Runs a job to its end, and lets go of all that it held.
async fn run(listed: &Listed, mut assignment: Assignment, teller: &mut Option<Teller>) -> LastWord {
    let state = &listed.state;
    if let Assignment::Chunks(prepared) = &mut assignment {
        match confirm::may_begin(state, prepared, &listed.cancel).await {
            Ok(true) => {}
            Ok(false) => return LastWord::of_unwanted(),
            Err(error) => return LastWord::of_error(&error),
        }
    }
    let (events, inbox) = mpsc::unbounded_channel();
    *teller = Some(tokio::spawn(tell(
        Arc::clone(state),
        listed.id.clone(),
        assignment.title(),
        inbox,
    )));
    let observer = Arc::new(Channel { events });
    let editor = Arc::new(LspEditor::new(Arc::clone(state)));
    let (workshop, cancel) = (&state.workshop, &listed.cancel);
    let answers = match &assignment {
        Assignment::Chunks(prepared) => {
            let session = prepared.session().cloned();
            prepared.answers().map(|answers| (session, answers))
        }
        _ => None,
    };
    let result = assignment.run(workshop, editor, observer, cancel).await;
    match result {
        Ok(mut finished) => {
            if let Some((session, answers)) = answers
                && finished.outcome == Outcome::Complete
            {
                let (state, brief) = (Arc::clone(state), listed.brief.clone());
                let look = move || still_found(&state, &brief, session.as_ref(), &answers);
                finished.message.push_str(&blocking(look).await);
            }
            LastWord::of_end(&finished)
        }
        Err(error) => LastWord::of_error(&error),
    }
}

/// Tells whether what a rewrite was to put right is found in the chunk again, as the end of a sentence.
fn still_found(
    state: &State,
    brief: &Path,
    session: Option<&SessionId>,
    answers: &Answers,
) -> String {
    // A draft that can't be looked at says so itself.
    let Ok(found) = state.look(brief, state).findings(session) else {
        return String::new();
    };
    let is_here = |finding: &&Finding| {
        let chunk = found.texts[finding.place.text].chunk.as_ref();
        chunk.is_some_and(|(number, beat)| match &answers.chunk {
            ChunkRef::Number(named) => named == number,
            ChunkRef::Beat(named) => named == beat,
        })
    };
    let mut list = found.list.iter().filter(is_here);
    match list.find(|finding| finding.code == answers.code) {
        Some(finding) => format!(". It still has to be put right: {}", finding.message),
        None => format!(". Looked at again: no {} is found in it", answers.code),
    }
}

/// Holds what is said when a job is over.
struct LastWord {
    kind: MessageType,
    message: String,
    /// Whether the log gets the message as well: of a job that ran, its own events are there already.
    is_logged: bool,
}

impl LastWord {
    fn of_end(finished: &Finished) -> LastWord {
        LastWord {
            kind: match finished.outcome {
                Outcome::Complete | Outcome::Cancelled => MessageType::INFO,
                Outcome::Incomplete => MessageType::ERROR,
            },
            message: finished.message.clone(),
            is_logged: finished.is_early(),
        }
    }

    fn of_error(error: &JobError) -> LastWord {
        LastWord {
            kind: MessageType::ERROR,
            message: cause_chain(error),
            is_logged: true,
        }
    }

    /// Ends a job that the author did not want after all.
    fn of_unwanted() -> LastWord {
        LastWord {
            kind: MessageType::INFO,
            message: "nothing was sent, and nothing changed".to_owned(),
            is_logged: true,
        }
    }

    fn of_bug() -> LastWord {
        LastWord {
            kind: MessageType::ERROR,
            message: "the job failed by a bug of its own. What it had saved is on disk, and the status of the story \
                      says what that is; writing again goes on from there."
                .to_owned(),
            is_logged: false,
        }
    }

    fn say(self, client: &EditorClient, job: &str) {
        let LastWord { kind, message, .. } = self;
        if self.is_logged {
            client.log(kind, format!("{job}: {message}"));
        }
        client.show(kind, format!("Storywright: {message}"));
    }
}

/// Hands events over without ever blocking the job.
struct Channel {
    events: mpsc::UnboundedSender<Told>,
}

enum Told {
    Event(Box<JobEvent>),
    Checkpoint(String),
}

impl Observer for Channel {
    fn event(&self, event: &JobEvent) {
        let _ = self.events.send(Told::Event(Box::new(event.clone())));
    }

    fn checkpoint(&self, line: &str) {
        let _ = self.events.send(Told::Checkpoint(line.to_owned()));
    }
}

/// Tells the client what happens, until the job drops its end of the channel; the progress that is
/// then to be ended.
async fn tell(
    state: Arc<State>,
    id: String,
    title: String,
    mut inbox: mpsc::UnboundedReceiver<Told>,
) -> ToldAll {
    let mut told_all = ToldAll::default();
    let Some(client) = state.client() else {
        return told_all;
    };
    let begin = JobProgress::begin(client, &id, title);
    tokio::pin!(begin);
    let mut beginning = state.introduction().shows_progress();
    let mut audits = Audits::default();
    let unit = Unit::default();
    loop {
        let told = tokio::select! {
            begun = &mut begin, if beginning => {
                beginning = false;
                told_all.progress = begun;
                continue;
            }
            told = inbox.recv() => told,
        };
        match told {
            None => return told_all,
            Some(Told::Checkpoint(line)) => client.log(MessageType::INFO, format!("{id} {line}")),
            Some(Told::Event(event)) => {
                unit.note(&event);
                told_all.stopped_by.note(&event);
                if let Some(progress) = &mut told_all.progress {
                    show(progress, &event, unit.as_str());
                    audits.show(progress, &event);
                }
                let is_saved = matches!(event.as_ref(), JobEvent::ChunkSaved { .. });
                if state.jobs.note(&id, &event) || is_saved {
                    review::progress_changed(&state);
                    review::chunks_changed(&state);
                }
                if let JobEvent::ChunkAudited { .. } = event.as_ref() {
                    // What was found is shown in open chunks at once.
                    review::chunks_changed(&state);
                }
                if let JobEvent::Warning { code, message, .. } = event.as_ref()
                    && matters_now(code)
                {
                    client.show(MessageType::WARNING, format!("Storywright: {message}"));
                }
            }
        }
    }
}

/// Counts how far an audit is, where that is the job.
#[derive(Default)]
struct Audits {
    asked: usize,
    done: usize,
}

impl Audits {
    fn show(&mut self, progress: &mut JobProgress, event: &JobEvent) {
        match event {
            JobEvent::JobStarted {
                work: Work::Audit,
                to_write,
                ..
            } => self.asked = to_write.len(),
            JobEvent::ChunkAudited { chunk, .. } if self.asked > 0 => {
                self.done += 1;
                let percent = (self.done * 100 / self.asked).min(100);
                let percent = u32::try_from(percent).unwrap_or(100);
                progress.report(format!("chunk {chunk} audited"), percent);
            }
            _ => {}
        }
    }
}

/// Warnings that an author should not have to look up in a log.
fn matters_now(code: &str) -> bool {
    Check::of_code(code).is_none()
        && !matches!(
            code,
            // The last word says that the author's edit ended it.
            "provider" | "record" | "held-up" | "state-failed" | "left-out" | STOPPED_BY_EDIT
        )
}

fn show(progress: &mut JobProgress, event: &JobEvent, unit: &str) {
    if let Some(Progress { message, percent }) = event.progress(unit) {
        match percent {
            Some(percent) => progress.report(message, percent),
            None => progress.wait(message),
        }
    }
    if let Some(message) = event.conclusion() {
        progress.conclude(message);
    }
}
