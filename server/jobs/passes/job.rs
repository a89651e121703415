//! Refines or audits chunks as a job of its own, on the author's request, whatever the settings say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::audit::{self, Again, Audited, Auditor};
use super::refine::{Asked, Refined, Refiner, Way};
use crate::analysis::error::StoryError;
use crate::analysis::status::relative;
use crate::events::job::{JobEvent, Outcome, Work};
use crate::events::outcomes::Finished;
use crate::jobs::run::background_calls::{Asker, Spent};
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::error::JobError;
use crate::jobs::run::prepared::Prepared;
use crate::jobs::run::started_job::{self, JobEnd, StartedJob};
use crate::jobs::run::workshop::{Claim, OpenSession, Scope};
use crate::provider::ProviderKind;
use crate::session::{ChunkStatus, SessionView, StoreError};
use crate::settings::{Refine, Role};
use crate::story::ChunkNumber;
use crate::story::ids;

/// The shortest time between two reports of the length of a rewrite.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// A job that has begun.
struct Going {
    job: Arc<StartedJob>,
    asker: Asker,
    /// The session when the job began.
    view: SessionView,
    chunks: Vec<ChunkNumber>,
    /// Whether the author named the one chunk.
    is_named: bool,
    /// The claim that keeps other jobs from a chunk whose text may change.
    _claim: Option<Claim>,
}

/// The result of the job.
struct End {
    outcome: Outcome,
    message: String,
    /// The number of chunks whose text changed.
    written: usize,
}

impl Prepared {
    /// Refines one complete chunk, or audits one or all.
    ///
    /// # Errors
    /// As [`Prepared::run`]; [`JobError::NotComplete`] and [`StoryError::NothingWritten`] where
    /// there is no whole text to go over.
    pub(crate) async fn go_over(self, context: &Context<'_>) -> Result<Finished, NotBegun> {
        let look = self.look(context.workshop, Arc::clone(&context.editor));
        let view = look.await?;
        let chunks = self.to_go_over(&view)?;
        self.refuse_locked(&view, &chunks)?;
        let opened = self.connect(context).await?;
        let claim = self.claim(&opened.open, &chunks)?;
        let started = self.start(context, opened, chunks.clone(), false);
        let job = started.await?;
        let role = match job.work {
            Work::Audit => Role::Audit,
            _ => Role::Refine,
        };
        let reporter = Arc::clone(&job.reporter);
        let going = Going {
            asker: Asker::new(&job.model, role, &job.settings, reporter),
            is_named: self.chunk()?.is_some(),
            job,
            view,
            chunks,
            _claim: claim,
        };
        Ok(going.go(self.way(), context.cancel).await)
    }

    pub(crate) fn to_go_over(&self, view: &SessionView) -> Result<Vec<ChunkNumber>, JobError> {
        let is_complete = |number: ChunkNumber| {
            let chunk = view.chunk(number);
            chunk.is_some_and(|chunk| chunk.status == ChunkStatus::Complete)
        };
        match self.chunk()? {
            Some(number) if is_complete(number) => Ok(vec![number]),
            Some(number) => Err(JobError::NotComplete { number }),
            None => {
                let numbers = view.chunks.iter().map(|chunk| chunk.number);
                let complete: Vec<ChunkNumber> = numbers.filter(|it| is_complete(*it)).collect();
                match complete.is_empty() {
                    true => Err(StoryError::NothingWritten(self.work().as_str()).into()),
                    false => Ok(complete),
                }
            }
        }
    }

    /// Refuses to refine a locked chunk before a call is paid for.
    pub(crate) fn refuse_locked(
        &self,
        view: &SessionView,
        chunks: &[ChunkNumber],
    ) -> Result<(), JobError> {
        if self.work() != Work::Refine || self.way() != Way::Apply {
            return Ok(());
        }
        let mut chunks = chunks.iter().filter_map(|number| view.chunk(*number));
        match chunks.find(|chunk| chunk.locked) {
            Some(chunk) => Err(StoreError::ChunkLocked {
                number: chunk.number,
            }
            .into()),
            None => Ok(()),
        }
    }

    /// Claims a chunk that is to be refined for this job; an audit changes no text and needs no claim.
    fn claim(
        &self,
        open: &Arc<OpenSession>,
        chunks: &[ChunkNumber],
    ) -> Result<Option<Claim>, JobError> {
        let Some(number) = chunks
            .first()
            .copied()
            .filter(|_| self.work() == Work::Refine)
        else {
            return Ok(None);
        };
        let claim = open.claim(Some(number), &self.request.job);
        claim
            .map(Some)
            .map_err(|job| JobError::Busy { number, job })
    }

    fn way(&self) -> Way {
        let asked = matches!(self.request.scope, Scope::Refine { apply: true, .. });
        match self.settings.refine {
            Refine::Apply => Way::Apply,
            _ if asked => Way::Apply,
            Refine::Off | Refine::Propose => Way::Propose,
        }
    }
}

impl Going {
    async fn go(self, way: Way, cancel: &CancellationToken) -> Finished {
        self.job.tell_started(Some(&self.view), self.chunks.clone());
        let end = match self.job.work {
            Work::Audit => self.audit(cancel).await,
            _ => self.refine(way, cancel).await,
        };
        self.end(end).await
    }

    async fn refine(&self, way: Way, cancel: &CancellationToken) -> End {
        let Some(number) = self.chunks.first().copied() else {
            return End::complete("nothing to refine".to_owned());
        };
        let refiner = Refiner::new(Arc::clone(&self.job), self.asker.clone());
        let heard = self.heard(number);
        let refined = tokio::select! {
            () = cancel.cancelled() => return End {
                outcome: Outcome::Cancelled,
                message: format!("cancelled: chunk {number} stays as it is"),
                written: 0,
            },
            refined = refiner.refine(number, way, Asked::ByName, heard) => refined,
        };
        match refined {
            Ok(Refined::Proposed(path)) => End::complete(format!(
                "the refined text of chunk {number} waits in {}. `storywright accept {number}` takes it, `storywright \
                 reject {number}` turns it down",
                relative(&path, self.job.story.folder.root())
            )),
            Ok(Refined::Applied) => End {
                written: 1,
                ..End::complete(format!(
                    "chunk {number} was refined; the text that it replaces is in history/"
                ))
            },
            Ok(Refined::Aside) => End::complete(format!(
                "the refined text of chunk {number} is in history/, since you have another revision of it open or \
                 changed"
            )),
            Ok(Refined::Unchanged) => End::complete(format!(
                "chunk {number} stays as it is: the model changed nothing in it"
            )),
            Ok(Refined::NotThere | Refined::NotDue) => {
                End::incomplete(format!("chunk {number} is not complete"))
            }
            Err(error) => {
                self.job.tell_failure(number, "refined", &error).await;
                End::incomplete(format!("chunk {number} was not refined and stays as it is"))
            }
        }
    }

    /// Returns a function that reports the length of a rewrite, in words, at intervals.
    fn heard(&self, number: ChunkNumber) -> impl FnMut(u32) + Send + use<> {
        let of = self.view.chunk(number).map_or(0, |chunk| chunk.words);
        let story_words = started_job::words(&self.view);
        let reporter = Arc::clone(&self.job.reporter);
        let started = Instant::now();
        let mut told = started;
        move |length| {
            if told.elapsed() < TELL_EVERY {
                return;
            }
            told = Instant::now();
            let percent = u64::from(length) * 100 / u64::from(of.max(1));
            let seconds = started.elapsed().as_secs_f64().max(0.001);
            reporter.tell(JobEvent::Progress {
                chunk: number,
                words: length,
                target_words: of,
                story_words,
                percent: u32::try_from(percent.min(99)).unwrap_or(99),
                words_per_second: (f64::from(length) / seconds * 10.0).round() / 10.0,
                elapsed_ms: reporter.elapsed_ms(),
            });
        }
    }

    /// Audits one chunk after the other, until an error that every chunk would meet.
    async fn audit(&self, cancel: &CancellationToken) -> End {
        let auditor = Auditor::new(Arc::clone(&self.job), self.asker.clone());
        let again = match self.is_named {
            true => Again::Always,
            false => Again::WhenAnythingChanged,
        };
        let mut audits = Audits::default();
        for (done, number) in self.chunks.iter().copied().enumerate() {
            let left = &self.chunks[done..];
            if let Some(limit) = self.spent().over_budget(&self.job.settings) {
                return audits.end(Some(&limit), left);
            }
            let audited = tokio::select! {
                () = cancel.cancelled() => return End {
                    outcome: Outcome::Cancelled,
                    ..audits.end(Some("cancelled"), left)
                },
                audited = auditor.audit(number, again) => audited,
            };
            match audited {
                Ok(Audited::Found(found)) => audits.found(number, found),
                Ok(Audited::Known(found)) => {
                    audits.known += 1;
                    audits.found(number, found);
                }
                Ok(Audited::NotThere) => {}
                Err(error) => {
                    self.job.tell_failure(number, "audited", &error).await;
                    if error.is_everywhere() {
                        return audits.end(Some("the audit stopped"), left);
                    }
                    audits.failed.push(number);
                }
            }
        }
        let end = audits.end(None, &[]);
        match self.job.model.kind {
            ProviderKind::Demo => End {
                message: format!("{}: {}", end.message, audit::NO_AUDITOR),
                ..end
            },
            _ => end,
        }
    }

    fn spent(&self) -> Spent {
        self.asker.spent()
    }

    async fn end(&self, end: End) -> Finished {
        let session = self.job.session().clone();
        let view = blocking(move || session.view()).await;
        let view = view.as_ref().unwrap_or(&self.view);
        let end = JobEnd {
            written: end.written,
            spent: self.spent(),
            ..JobEnd::of(view, end.outcome, end.message)
        };
        self.job.end(end).await
    }
}

impl End {
    fn complete(message: String) -> End {
        End {
            outcome: Outcome::Complete,
            message,
            written: 0,
        }
    }

    fn incomplete(message: String) -> End {
        End {
            outcome: Outcome::Incomplete,
            ..End::complete(message)
        }
    }
}

/// The counts of a job's audits.
#[derive(Default)]
struct Audits {
    audited: usize,
    /// The number of chunks about which the same had been asked before.
    known: usize,
    findings: usize,
    /// Chunks with contradictions.
    contradicted: Vec<ChunkNumber>,
    failed: Vec<ChunkNumber>,
}

impl Audits {
    fn found(&mut self, number: ChunkNumber, findings: usize) {
        self.audited += 1;
        self.findings += findings;
        if findings > 0 {
            self.contradicted.push(number);
        }
    }

    /// Makes the result of the job; `stopped` says why the chunks in `left` were not audited.
    fn end(&self, stopped: Option<&str>, left: &[ChunkNumber]) -> End {
        let found = match self.findings {
            0 => "no contradictions".to_owned(),
            1 => format!("1 contradiction, in {}", ids::chunks(&self.contradicted)),
            many => format!(
                "{many} contradictions, in {}",
                ids::chunks(&self.contradicted)
            ),
        };
        let mut message = match self.audited {
            0 => "no chunk was audited".to_owned(),
            1 => format!("1 chunk was audited: {found}"),
            many => format!("{many} chunks were audited: {found}"),
        };
        if self.known > 0 {
            message.push_str(&format!(
                " ({} of them before, and nothing has changed since; name a chunk to have it audited again)",
                self.known
            ));
        }
        if !self.failed.is_empty() {
            message.push_str(&format!("; not audited: {}", ids::chunks(&self.failed)));
        }
        if let Some(stopped) = stopped {
            message = format!(
                "{stopped}: {message}; still to audit: {}. The same command goes on from there",
                ids::chunks(left)
            );
        }
        match stopped.is_none() && self.failed.is_empty() {
            true => End::complete(message),
            false => End::incomplete(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_audit_says_what_was_found_and_what_is_left() {
        let n = ChunkNumber;
        let mut audits = Audits::default();
        assert_eq!(audits.end(None, &[]).message, "no chunk was audited");
        audits.found(n(1), 0);
        assert_eq!(
            audits.end(None, &[]).message,
            "1 chunk was audited: no contradictions"
        );
        audits.found(n(2), 2);
        audits.known = 1;
        let end = audits.end(None, &[]);
        assert_eq!(end.outcome, Outcome::Complete);
        assert!(
            end.message
                .starts_with("2 chunks were audited: 2 contradictions, in chunk 2 (1 of them")
        );
        audits.failed.push(n(3));
        let end = audits.end(Some("cancelled"), &[n(4), n(5), n(6)]);
        assert_eq!(end.outcome, Outcome::Incomplete);
        for part in [
            "cancelled: ",
            "not audited: chunk 3",
            "still to audit: chunks 4 to 6",
        ] {
            assert!(end.message.contains(part), "{}", end.message);
        }
    }
}
