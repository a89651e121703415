//! Refines and audits the chunks of a job after they are complete, where the settings say so. A rewrite that
//! is to be applied comes before the next chunk, which continues from its text; everything else runs in the
//! background.
//!
//! A chunk is saved before it comes here, and nothing that happens here fails the job. Every text is refined
//! and audited once at most, so nothing is paid for twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::audit::{self, Again, Auditor};
use super::refine::{self, Asked, Refiner, Way};
use crate::jobs::run::background::Ended;
use crate::jobs::run::background_calls::{Asker, Purpose, Spent};
use crate::jobs::run::background_queue::{BackgroundQueue, ChunkWork, Luck};
use crate::jobs::run::failure::Failure;
use crate::jobs::run::started_job::StartedJob;
use crate::session::{Audits, SessionView};
use crate::settings::{Refine, Role, Settings, Switch};
use crate::story::ChunkNumber;

/// The passes over the chunks of a job. Dropping it stops them.
pub struct Passes {
    queue: BackgroundQueue<GoingOver>,
}

/// The background work on a chunk: first a rewrite to be proposed, then the audit.
struct GoingOver {
    job: Arc<StartedJob>,
    refiner: Option<(Refiner, Way)>,
    auditor: Option<Auditor>,
    /// The usage of the job without the passes, as last reported.
    elsewhere: Mutex<Spent>,
    refining: Luck,
    auditing: Luck,
    /// Whether no further pass is started.
    is_stopped: AtomicBool,
    told_budget: AtomicBool,
}

/// The chunks that the settings want refined or audited and that were not yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub to_refine: Vec<ChunkNumber>,
    pub to_audit: Vec<ChunkNumber>,
}

impl Left {
    pub fn of(view: &SessionView, audits: &Audits, settings: &Settings) -> Left {
        let mut left = Left::default();
        for chunk in &view.chunks {
            if settings.refine != Refine::Off && refine::is_due(chunk) {
                left.to_refine.push(chunk.number);
            }
            if settings.audit == Switch::On && audit::is_due(chunk, audits) {
                left.to_audit.push(chunk.number);
            }
        }
        left
    }

    pub fn is_empty(&self) -> bool {
        self.to_refine.is_empty() && self.to_audit.is_empty()
    }

    /// Returns the chunks without those that are written anyway, in story order.
    pub fn without(self, to_write: &[ChunkNumber]) -> Left {
        let mut left = self;
        left.to_refine.retain(|number| !to_write.contains(number));
        left.to_audit.retain(|number| !to_write.contains(number));
        left
    }

    /// Returns each chunk once, in story order.
    pub fn chunks(&self) -> Vec<ChunkNumber> {
        let mut chunks = [&self.to_refine[..], &self.to_audit].concat();
        chunks.sort_unstable();
        chunks.dedup();
        chunks
    }
}

impl Passes {
    /// Makes the passes that the settings ask for, with the models of their roles over the connection of the
    /// job. With both off no model is asked.
    pub fn new(job: &Arc<StartedJob>) -> Passes {
        let settings = &job.settings;
        let asker = |role| {
            let reporter = Arc::clone(&job.reporter);
            Asker::new(&job.model, role, settings, reporter)
        };
        let way = match settings.refine {
            Refine::Off => None,
            Refine::Propose => Some(Way::Propose),
            Refine::Apply => Some(Way::Apply),
        };
        let refiner = way.map(|way| {
            let asker = match way {
                // The next chunk goes on from what comes of it.
                Way::Apply => asker(Role::Refine).in_the_writing(),
                Way::Propose => asker(Role::Refine),
            };
            (Refiner::new(Arc::clone(job), asker), way)
        });
        let is_audited = settings.audit == Switch::On;
        let auditor = is_audited.then(|| Auditor::new(Arc::clone(job), asker(Role::Audit)));
        Passes {
            queue: BackgroundQueue::new(GoingOver {
                refiner,
                auditor,
                elsewhere: Mutex::default(),
                refining: Luck::default(),
                auditing: Luck::default(),
                is_stopped: AtomicBool::new(false),
                told_budget: AtomicBool::new(false),
                job: Arc::clone(job),
            }),
        }
    }

    /// Tells whether a chunk is refined before later chunks continue from it.
    pub fn applies(&self) -> bool {
        self.queue.work().applies()
    }

    /// Refines a complete chunk that the author has not written, where that [applies](Passes::applies); its
    /// text is final when this returns. `elsewhere` is the usage of the job without the passes.
    pub async fn apply(&self, number: ChunkNumber, elsewhere: Spent, cancel: &CancellationToken) {
        if !self.applies() || cancel.is_cancelled() {
            return;
        }
        let work = self.queue.work();
        *work.elsewhere() = elsewhere;
        tokio::select! {
            () = cancel.cancelled() => {}
            () = work.refine(number) => {}
        }
    }

    /// Starts the background work on a chunk: a rewrite to be proposed, and the audit.
    pub fn beside(&self, number: ChunkNumber, elsewhere: Spent) {
        let work = self.queue.work();
        if work.proposes() || work.auditor.is_some() {
            *work.elsewhere() = elsewhere;
            self.queue.add(number);
        }
    }

    /// Returns the usage of each pass so far, with its purpose.
    pub fn spent(&self) -> [(Purpose, Spent); 2] {
        self.queue.work().spent()
    }

    /// Waits for the passes that are running, which the deadlines of their calls bound; a cancel ends them at
    /// once. In a job that was `stopped`, no further pass starts.
    pub async fn end(&self, stopped: bool, cancel: &CancellationToken) -> Ended {
        self.queue
            .end(stopped, std::future::pending(), cancel)
            .await
    }
}

impl ChunkWork for GoingOver {
    fn width(&self) -> u32 {
        self.job.settings.parallel.max(1)
    }

    async fn work(&self, number: ChunkNumber) {
        if self.proposes() {
            self.refine(number).await;
        }
        self.audit(number).await;
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}

impl GoingOver {
    fn applies(&self) -> bool {
        matches!(self.refiner, Some((_, Way::Apply)))
    }

    fn proposes(&self) -> bool {
        self.refiner.is_some() && !self.applies()
    }

    async fn refine(&self, number: ChunkNumber) {
        let Some((refiner, way)) = &self.refiner else {
            return;
        };
        if !self.may_begin(number, &self.refining) {
            return;
        }
        let refined = refiner
            .refine(number, *way, Asked::BySettings, |_| {})
            .await;
        // A rewrite that is not taken says nothing of the next one.
        let failure = refined.as_ref().err();
        self.refining
            .note(failure.filter(|error| !matches!(error, Failure::Refused { .. })));
        if let Err(error) = refined {
            self.job.tell_failure(number, "refined", &error).await;
        }
    }

    async fn audit(&self, number: ChunkNumber) {
        let Some(auditor) = &self.auditor else {
            return;
        };
        if !self.may_begin(number, &self.auditing) {
            return;
        }
        let audited = auditor.audit(number, Again::WhenTheTextChanged).await;
        self.auditing.note(audited.as_ref().err());
        if let Err(error) = audited {
            self.job.tell_failure(number, "audited", &error).await;
        }
    }

    fn may_begin(&self, number: ChunkNumber, luck: &Luck) -> bool {
        if self.is_stopped.load(Ordering::Relaxed) || luck.has_run_out() {
            return false;
        }
        let [(_, refined), (_, audited)] = self.spent();
        let spent = self.elsewhere().clone().plus(&refined).plus(&audited);
        let Some(limit) = spent.over_budget(&self.job.settings) else {
            return true;
        };
        if !self.told_budget.swap(true, Ordering::Relaxed) {
            let message =
                format!("{limit}, so chunk {number} is not gone over; the next write does that");
            self.job
                .reporter
                .warn(Some(number), "passes-left-out", message);
        }
        false
    }

    fn spent(&self) -> [(Purpose, Spent); 2] {
        let refined = self.refiner.as_ref().map(|(refiner, _)| refiner.spent());
        let audited = self.auditor.as_ref().map(Auditor::spent);
        [
            (Purpose::Refining, refined.unwrap_or_default()),
            (Purpose::Audits, audited.unwrap_or_default()),
        ]
    }

    fn elsewhere(&self) -> MutexGuard<'_, Spent> {
        self.elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
