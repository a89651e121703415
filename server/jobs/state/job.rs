//! Reads chunks as a job of its own: those whose state is missing or outdated, or those that the author
//! names.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Reader, Reading};
use crate::events::job::Outcome;
use crate::events::outcomes::Finished;
use crate::jobs::run::background_calls::Purpose;
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::failure::Failure;
use crate::jobs::run::prepared::Prepared;
use crate::jobs::run::run_summary;
use crate::jobs::run::started_job::JobEnd;
use crate::jobs::run::workshop::{Which, Workshop};
use crate::session::{ChunkStatus, KnownStates, Over, SessionView, Standing, read_states};
use crate::story::ChunkNumber;
use crate::story::ids;

/// The chunks to read, and the reasons why others are not.
struct Plan {
    chunks: Vec<ChunkNumber>,
    over: Over,
    /// The chunks whose state the author wrote, which stay as they are.
    kept: Vec<ChunkNumber>,
}

/// The results of the job.
#[derive(Default)]
struct Results {
    read: usize,
    /// The chunks that were not read, with the reason as far as known.
    left: Vec<ChunkNumber>,
    why: Option<String>,
    cancelled: bool,
}

impl Prepared {
    /// Reads chunks; see [`Which`].
    pub(crate) async fn read_chunks(
        self,
        which: Which,
        context: &Context<'_>,
    ) -> Result<Finished, NotBegun> {
        let (workshop, editor) = (context.workshop, &context.editor);
        let view = self.look(workshop, Arc::clone(editor)).await?;
        let known = self.known(&view, workshop, Arc::clone(editor)).await;
        let named = self.chunk()?;
        let plan = plan(&which, named, &view, &known)?;
        if plan.chunks.is_empty() {
            let end = end_of(&view, Outcome::Complete, nothing_to_read(&plan, named));
            return Ok(end.tell(context.observer.as_ref(), context.since));
        }
        let opened = self.connect(context).await?;
        let started = self.start(context, opened, plan.chunks.clone(), false);
        let started = started.await?;
        for kept in &plan.kept {
            let message = format!(
                "the state of chunk {kept} is as the author wrote it and stays; name the chunk to have it read again"
            );
            started.reporter.warn(Some(*kept), "state-kept", message);
        }
        started.tell_started(Some(&view), plan.chunks.clone());
        let reader = Reader::new(Arc::clone(&started));
        let results = read_all(&reader, &plan, context.cancel).await;
        let spent = reader.spent();
        let outcome = match results {
            Results {
                cancelled: true, ..
            } => Outcome::Cancelled,
            _ if !results.left.is_empty() => Outcome::Incomplete,
            _ => Outcome::Complete,
        };
        let end = JobEnd {
            beside: &[(Purpose::States, spent.clone())],
            spent,
            incomplete: results.left.clone(),
            ..end_of(&view, outcome, message(&results))
        };
        Ok(started.end(end).await)
    }

    /// Returns the chunks that [`Prepared::read_chunks`] would read.
    ///
    /// # Errors
    /// [`JobError::NotComplete`] for a chunk that is named and of which there is no whole text.
    pub(crate) async fn to_read(
        &self,
        which: &Which,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Vec<ChunkNumber>, JobError> {
        let view = self.look(workshop, Arc::clone(&editor)).await?;
        let known = self.known(&view, workshop, editor).await;
        Ok(plan(which, self.chunk()?, &view, &known)?.chunks)
    }

    /// Returns the states of a session's chunks. Takes no lock.
    async fn known(
        &self,
        view: &SessionView,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> KnownStates {
        let (story, view, disk) = (self.story.clone(), view.clone(), workshop.disk().clone());
        blocking(move || {
            let owners: &dyn Editor = editor.as_ref();
            let (folder, cast) = (&story.folder, &story.brief.cast);
            read_states(folder, &view.id, &view, cast, owners, &disk)
        })
        .await
    }
}

/// Makes the end of the job; chunks that are not written yet are none that such a job leaves undone.
fn end_of(view: &SessionView, outcome: Outcome, message: String) -> JobEnd<'static> {
    JobEnd {
        incomplete: Vec::new(),
        ..JobEnd::of(view, outcome, message)
    }
}

/// Returns the chunks to read.
///
/// # Errors
/// [`JobError::NotComplete`] for a chunk that is named and of which there is no whole text.
fn plan(
    which: &Which,
    named: Option<ChunkNumber>,
    view: &SessionView,
    known: &KnownStates,
) -> Result<Plan, JobError> {
    let over = match which.again {
        true => Over::Anything,
        false => Over::Extracted,
    };
    let mut plan = Plan {
        chunks: Vec::new(),
        over,
        kept: Vec::new(),
    };
    if let Some(number) = named {
        let chunk = view.chunk(number);
        if chunk.is_none_or(|chunk| chunk.status != ChunkStatus::Complete) {
            return Err(JobError::NotComplete { number });
        }
        let standing = known.standing(number);
        match standing {
            _ if which.again => plan.chunks.push(number),
            None | Some(Standing::Outdated) => plan.chunks.push(number),
            Some(Standing::Edited | Standing::Unusable) => plan.kept.push(number),
            Some(Standing::Current) => {}
        }
        return Ok(plan);
    }
    if !which.again {
        plan.chunks = known.to_extract(view);
        return Ok(plan);
    }
    for chunk in &view.chunks {
        match known.standing(chunk.number) {
            _ if chunk.status != ChunkStatus::Complete => {}
            Some(Standing::Edited) => plan.kept.push(chunk.number),
            _ => plan.chunks.push(chunk.number),
        }
    }
    Ok(plan)
}

fn nothing_to_read(plan: &Plan, named: Option<ChunkNumber>) -> String {
    match (named, plan.kept.is_empty()) {
        (Some(number), true) => format!(
            "nothing to read: the state of chunk {number} is known. `storywright state --chunk {number} --rebuild` \
             reads it again"
        ),
        (Some(number), false) => format!(
            "nothing was read: the state of chunk {number} is as the author left it. `storywright state --chunk \
             {number} --rebuild` reads it again and keeps the old one in history/"
        ),
        (None, _) => "nothing to read: the state of every complete chunk is known".to_owned(),
    }
}

/// Reads one chunk after the other, until an error that every chunk would meet.
async fn read_all(reader: &Reader, plan: &Plan, cancel: &CancellationToken) -> Results {
    let mut results = Results::default();
    let all = plan.chunks.len();
    for (done, number) in plan.chunks.iter().copied().enumerate() {
        let percent = u32::try_from((done + 1) * 100 / all.max(1)).unwrap_or(100);
        let outcome = tokio::select! {
            () = cancel.cancelled() => {
                results.cancelled = true;
                results.left.extend(&plan.chunks[done..]);
                return results;
            }
            outcome = reader.read(number, plan.over, Some(percent)) => outcome,
        };
        match outcome {
            Ok(Reading::Saved | Reading::Known) => results.read += 1,
            Ok(Reading::LeftAlone | Reading::NotThere) => {}
            Err(failure) => {
                reader.record(number, &failure).await;
                let message = format!("the state of chunk {number} could not be read: {failure}");
                reader
                    .reporter()
                    .warn(Some(number), "state-failed", message.as_str());
                results.why.get_or_insert(message);
                results.left.push(number);
                if ends_reading(&failure) {
                    results.left.extend(&plan.chunks[done + 1..]);
                    return results;
                }
            }
        }
    }
    results
}

/// Tells whether a failure ends the reading: a server that could not be reached twice in a row will hardly be
/// for the next chunk.
fn ends_reading(failure: &Failure) -> bool {
    failure.is_everywhere() || matches!(failure, Failure::Provider(_))
}

fn message(results: &Results) -> String {
    let read = match results.read {
        0 => "no chunk was read".to_owned(),
        1 => "1 chunk was read".to_owned(),
        many => format!("{many} chunks were read"),
    };
    let left = ids::chunks(&results.left);
    match (&results.why, results.left.is_empty()) {
        (None, true) => read,
        (None, false) => {
            format!(
                "cancelled: {read}; still to read: {left}. The same command goes on from there."
            )
        }
        (Some(why), _) => format!(
            "{why}{} {}; still to read: {left}. The story is not affected; the same command tries again.",
            if why.ends_with(['.', '?', '!']) {
                ""
            } else {
                "."
            },
            run_summary::capitalised(&read),
        ),
    }
}
