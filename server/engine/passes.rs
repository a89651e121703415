//! What goes over the chunks of a job after they are complete, where the author wants that: a
//! refining that is to be applied comes before the next chunk, which goes on from its text;
//! everything else runs beside the job and holds nothing up.
//!
//! A chunk is saved before it comes here, and whatever happens here fails no job.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::asking::{Asker, Spent};
use super::audit::Auditor;
use super::pass::{Pass, PassError};
use super::refine::{Refiner, Way};
use super::report::Reporter;
use super::settings::{Refine, Role, Switch};
use super::writer::Writer;
use crate::story::ChunkNumber;

/// The passes over the chunks of a job. Dropped, they stop.
pub struct Passes {
    inner: Arc<Inner>,
    tasks: Mutex<JoinSet<()>>,
}

struct Inner {
    refiner: Option<(Refiner, Way)>,
    auditor: Option<Auditor>,
    reporter: Arc<Reporter>,
    spent: Arc<Mutex<Spent>>,
    /// How many chunks are gone over at once.
    turns: Semaphore,
    /// It failed in a way in which it would for every chunk.
    refining_is_vain: AtomicBool,
    auditing_is_vain: AtomicBool,
    told_budget: AtomicBool,
}

impl Passes {
    /// The passes that the settings ask for, with the models of their roles over the connection
    /// of `writer`. With both off nothing is ever asked for.
    pub fn new(pass: &Pass, writer: &Writer) -> Passes {
        let spent = Arc::new(Mutex::default());
        let asker = |role| {
            let reporter = Arc::clone(&pass.reporter);
            Asker::new(writer, role, &pass.settings, reporter, Arc::clone(&spent))
        };
        let way = match pass.settings.refine {
            Refine::Off => None,
            Refine::Propose => Some(Way::Propose),
            Refine::Apply => Some(Way::Apply),
        };
        let refiner = way.map(|way| (Refiner::new(pass.clone(), asker(Role::Refine)), way));
        let is_audited = pass.settings.audit == Switch::On;
        let auditor = is_audited.then(|| Auditor::new(pass.clone(), asker(Role::Audit)));
        Passes {
            inner: Arc::new(Inner {
                refiner,
                auditor,
                reporter: Arc::clone(&pass.reporter),
                turns: Semaphore::new(pass.settings.parallel.max(1) as usize),
                refining_is_vain: AtomicBool::new(false),
                auditing_is_vain: AtomicBool::new(false),
                told_budget: AtomicBool::new(false),
                spent,
            }),
            tasks: Mutex::default(),
        }
    }

    /// Whether a chunk is to be refined before others go on from it.
    pub fn applies(&self) -> bool {
        matches!(self.inner.refiner, Some((_, Way::Apply)))
    }

    /// Refines a complete chunk where that [applies](Passes::applies); when this returns, its
    /// text is as it will be.
    pub async fn apply(
        &self,
        number: ChunkNumber,
        over_budget: Option<String>,
        cancel: &CancellationToken,
    ) {
        if !self.applies() || cancel.is_cancelled() {
            return;
        }
        match over_budget {
            Some(limit) => self.inner.tell_budget(number, &limit),
            None => tokio::select! {
                () = cancel.cancelled() => {}
                () = self.inner.refine(number) => {}
            },
        }
    }

    /// Begins what nobody waits for: a rewrite to be proposed, and the audit. Nothing, where the
    /// job is `over_budget`.
    pub fn beside(&self, number: ChunkNumber, over_budget: Option<String>) {
        let inner = &self.inner;
        let proposes = inner.refiner.is_some() && !self.applies();
        if !proposes && inner.auditor.is_none() {
            return;
        }
        if let Some(limit) = over_budget {
            inner.tell_budget(number, &limit);
            return;
        }
        let work = Arc::clone(inner);
        let mut tasks = self.tasks();
        // Those that are done make room.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            // The semaphore is never closed; were it, the work would be done all the same.
            let _turn = work.turns.acquire().await;
            if proposes {
                work.refine(number).await;
            }
            work.audit(number).await;
        });
    }

    /// What the passes took so far.
    pub fn spent(&self) -> Spent {
        let spent = self.inner.spent.lock();
        spent.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for what is under way, which ends by the deadlines of its calls; at a cancel it
    /// ends at once.
    pub async fn end(&self, cancel: &CancellationToken) {
        let mut tasks = std::mem::take(&mut *self.tasks());
        // A panic in there is its own affair.
        let all = async { while tasks.join_next().await.is_some() {} };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = all => {}
        }
        // Waits until all is dropped, so that everything is counted.
        tasks.shutdown().await;
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    async fn refine(&self, number: ChunkNumber) {
        let Some((refiner, way)) = &self.refiner else {
            return;
        };
        if self.refining_is_vain.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = refiner.refine(number, *way, |_| {}).await {
            note_vain(&self.refining_is_vain, &error);
            refiner.pass().tell_failure(number, "refined", &error).await;
        }
    }

    async fn audit(&self, number: ChunkNumber) {
        let Some(auditor) = &self.auditor else {
            return;
        };
        if self.auditing_is_vain.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = auditor.audit(number, true).await {
            note_vain(&self.auditing_is_vain, &error);
            auditor.pass().tell_failure(number, "audited", &error).await;
        }
    }

    fn tell_budget(&self, number: ChunkNumber, limit: &str) {
        if self.told_budget.swap(true, Ordering::Relaxed) {
            return;
        }
        let message = format!("{limit}, so chunk {number} is neither refined nor audited");
        self.reporter.warn(Some(number), "passes-left-out", message);
    }
}

fn note_vain(is_vain: &AtomicBool, error: &PassError) {
    if error.is_everywhere() {
        is_vain.store(true, Ordering::Relaxed);
    }
}
