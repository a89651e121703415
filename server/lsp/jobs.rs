//! The jobs of this server: started by commands, watched through progress, cancelled by the
//! client or by command, and finished before the process ends.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::MessageType;

use super::client::EditorClient;
use super::confirm;
use super::page::LspEditor;
use super::progress::JobProgress;
use super::review;
use super::state::State;
use crate::engine::accept::Check;
use crate::engine::error::JobError;
use crate::engine::events::{JobEvent, Observer, Outcome, Unit, Work};
use crate::engine::job::Finished;
use crate::engine::plan::{PlanEvent, Planning};
use crate::engine::prepare::Prepared;
use crate::engine::report::cause_chain;

/// Running jobs by id.
pub struct Jobs {
    next: AtomicU64,
    running: Mutex<BTreeMap<String, Running>>,
    count: watch::Sender<usize>,
}

#[derive(Clone)]
struct Running {
    brief: PathBuf,
    cancel: CancellationToken,
}

impl Default for Jobs {
    fn default() -> Self {
        Jobs {
            next: AtomicU64::new(1),
            running: Mutex::default(),
            count: watch::channel(0).0,
        }
    }
}

impl Jobs {
    /// A fresh id.
    pub fn next_id(&self) -> String {
        format!("job-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Cancels one job; whether it was running.
    pub fn cancel(&self, id: &str) -> bool {
        let running = self.running();
        let job = running.get(id);
        if let Some(job) = job {
            job.cancel.cancel();
        }
        job.is_some()
    }

    /// Cancels the jobs on a brief, or with `None` all; their ids.
    pub fn cancel_of(&self, brief: Option<&PathBuf>) -> Vec<String> {
        let running = self.running();
        running
            .iter()
            .filter(|(_, job)| brief.is_none_or(|brief| &job.brief == brief))
            .map(|(id, job)| {
                job.cancel.cancel();
                id.clone()
            })
            .collect()
    }

    /// The ids of the jobs on a brief.
    pub fn of_brief(&self, brief: &PathBuf) -> Vec<String> {
        let running = self.running();
        running
            .iter()
            .filter(|(_, job)| &job.brief == brief)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Returns when no job is at work on a brief.
    pub async fn wait_until_idle(&self, brief: &PathBuf) {
        let mut count = self.count.subscribe();
        // The sender lives as long as self.
        while !self.of_brief(brief).is_empty() && count.changed().await.is_ok() {}
    }

    /// Cancels everything and waits until all is saved, for as long as patience lasts.
    pub async fn finish(&self, patience: Duration) {
        self.cancel_of(None);
        let mut count = self.count.subscribe();
        let _ = tokio::time::timeout(patience, count.wait_for(|count| *count == 0)).await;
    }

    fn add(&self, id: &str, running: Running) {
        let mut jobs = self.running();
        jobs.insert(id.to_owned(), running);
        self.count.send_replace(jobs.len());
    }

    fn remove(&self, id: &str) {
        let mut jobs = self.running();
        jobs.remove(id);
        self.count.send_replace(jobs.len());
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job on the list, from the moment that it is asked for; off it however it ends.
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
        review::note_brief(&self.state, &self.brief);
    }
}

/// Puts a job on the list, so that it can be cancelled before it has begun.
pub fn list(state: &Arc<State>, id: &str, brief: PathBuf) -> Listed {
    let cancel = CancellationToken::new();
    let running = Running {
        brief: brief.clone(),
        cancel: cancel.clone(),
    };
    state.jobs.add(id, running);
    review::note_brief(state, &brief);
    Listed {
        state: Arc::clone(state),
        id: id.to_owned(),
        brief,
        cancel,
    }
}

/// What a job is to do.
pub enum Assignment {
    Chunks(Box<Prepared>),
    Outline(Box<Planning>),
}

impl Assignment {
    /// What it does, and to which story.
    fn title(&self) -> String {
        match self {
            Assignment::Chunks(prepared) => {
                format!("{} {}", began(prepared.work()), prepared.title())
            }
            Assignment::Outline(planning) => format!("Planning {}", planning.title()),
        }
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
        let progress = match teller {
            // All events are told once the job has let go of its end of the channel.
            Some(teller) => teller.await.ok().flatten(),
            None => None,
        };
        drop(listed);
        drop(progress);
        let last_word = ended.unwrap_or_else(|_| LastWord::of_bug());
        if let Some(client) = state.client() {
            last_word.say(client, &id);
        }
    });
}

/// What tells the client of a job's events; its output is the progress, which still has to end.
type Teller = JoinHandle<Option<JobProgress>>;

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
    let result = match assignment {
        Assignment::Chunks(prepared) => prepared.run(workshop, editor, observer, cancel).await,
        Assignment::Outline(planning) => planning.run(workshop, editor, observer, cancel).await,
    };
    match result {
        Ok(finished) => LastWord::of_end(&finished),
        Err(error) => LastWord::of_error(&error),
    }
}

/// What is said when a job is over.
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
            is_logged: false,
        }
    }

    fn of_error(error: &JobError) -> LastWord {
        LastWord {
            kind: MessageType::ERROR,
            message: cause_chain(error),
            is_logged: true,
        }
    }

    /// Of a job that the author did not want after all.
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
) -> Option<JobProgress> {
    let client = state.client()?;
    let wants_progress = state.introduction().is_some_and(|introduction| {
        let window = introduction.capabilities.window.as_ref();
        window
            .and_then(|window| window.work_done_progress)
            .unwrap_or(false)
    });
    let mut progress = None;
    let begin = JobProgress::begin(client, &id, title);
    tokio::pin!(begin);
    let mut beginning = wants_progress;
    let mut audits = Audits::default();
    let unit = Unit::default();
    loop {
        let told = tokio::select! {
            begun = &mut begin, if beginning => {
                beginning = false;
                progress = begun;
                continue;
            }
            told = inbox.recv() => told,
        };
        match told {
            None => return progress,
            Some(Told::Checkpoint(line)) => client.log(MessageType::INFO, format!("{id} {line}")),
            Some(Told::Event(event)) => {
                unit.note(&event);
                if let Some(progress) = &mut progress {
                    show(progress, &event, unit.as_str());
                    audits.show(progress, &event);
                }
                if let JobEvent::ChunkAudited { .. } = event.as_ref() {
                    // What was found is shown in open chunks at once.
                    review::note_all(&state);
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

fn began(work: Work) -> &'static str {
    match work {
        Work::Write => "Writing",
        Work::Read => "Reading",
        Work::Refine => "Refining",
        Work::Audit => "Auditing",
    }
}

/// How far an audit is, where that is the job.
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
            "provider" | "record" | "held-up" | "state-failed" | "left-out"
        )
}

fn show(progress: &mut JobProgress, event: &JobEvent, unit: &str) {
    match event {
        JobEvent::Progress {
            chunk,
            words,
            target_words,
            percent,
            words_per_second,
            ..
        } => progress.report(
            format!("chunk {chunk}: {words}/{target_words} {unit}, {words_per_second:.0} {unit}/s"),
            *percent,
        ),
        JobEvent::ChunkSaved {
            chunk,
            words,
            percent,
            ..
        } => progress.report(format!("chunk {chunk} saved: {words} {unit}"), *percent),
        JobEvent::Retry {
            chunk,
            wait_ms,
            patience_ms: Some(_),
            ..
        } => progress.wait(format!(
            "chunk {chunk} waits for the server, asked again in {} s",
            wait_ms.div_ceil(1000)
        )),
        JobEvent::StateSaved {
            chunk,
            percent: Some(percent),
            ..
        } => progress.report(format!("chunk {chunk} read"), *percent),
        JobEvent::JobFinished { message, .. }
        | JobEvent::Plan(PlanEvent::Finished { message, .. }) => progress.conclude(message),
        JobEvent::Plan(event) => {
            if let Some((message, percent)) = event.progress() {
                progress.report(message, percent);
            }
        }
        _ => {}
    }
}
