//! Refines a chunk: a second pass rewrites its prose, and must tell the same events.
//!
//! The chunk is complete and saved before, and stays as it is unless the author wants it replaced
//! unasked: a rewrite waits in revisions/. Nothing is taken that loses people, things or a fifth
//! of the length, and never is a story rewritten as a whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::analysis::written::{Asks, Call, Written, margin_notes};
use crate::events::job::{JobEvent, RefineResult};
use crate::jobs::run::background_calls::{Asker, Spent};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::failure::Failure;
use crate::jobs::run::reporter::millis;
use crate::jobs::run::started_job::StartedJob;
use crate::provider::demo::scene::Task;
use crate::provider::{Request, Usage};
use crate::session::{ChunkStatus, ChunkView, Origin, Proposed, Revision};
use crate::story::state::ChunkState;
use crate::story::{ChunkNumber, words};
use crate::writing::prompt::slices;
use crate::writing::prompt::slices::Slice;
use crate::writing::refine::judge::Original;
use crate::writing::refine::passages;
use crate::writing::refine::prompt::Calls;

/// The reason for a replacement, for history and changelog.
const WHY: &str = "the text was refined";

/// The use of a rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Waits as a revision for the author's yes or no.
    Propose,
    /// Replaces the chunk's text.
    Apply,
}

/// The origin of the wish to refine a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The author, naming it.
    ByName,
    /// The settings: it is refined if that [is due](is_due).
    BySettings,
}

/// Tells whether a chunk is to be refined unasked: its text was generated, and neither refined yet nor kept
/// or locked by the author.
pub fn is_due(chunk: &ChunkView) -> bool {
    let refined = chunk
        .record
        .as_ref()
        .and_then(|it| it.refined_sha256.as_ref());
    chunk.status == ChunkStatus::Complete
        && chunk.origin == Some(Origin::Generated)
        && !chunk.locked
        && refined != Some(&chunk.digest)
}

/// The result of refining a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refined {
    /// The file of the rewrite, which waits for the author.
    Proposed(PathBuf),
    Applied,
    /// A rewrite that is in history only, since the author has opened or changed another revision.
    Aside,
    /// A rewrite that is the same text.
    Unchanged,
    /// A chunk that is not complete.
    NotThere,
    /// A chunk that was refined before, or is the author's.
    NotDue,
}

/// The refiner of one session's chunks, for one job.
pub struct Refiner {
    job: Arc<StartedJob>,
    asker: Asker,
}

/// A chunk with the text that its rewrite is compared with.
struct Chunk {
    view: ChunkView,
    known: Option<ChunkState>,
    /// What the author asks for in the margin, of the beat and of the text.
    asks: Asks,
    calls: Calls,
}

impl Refiner {
    pub fn new(job: Arc<StartedJob>, asker: Asker) -> Refiner {
        Refiner { job, asker }
    }

    pub fn spent(&self) -> Spent {
        self.asker.spent()
    }

    /// Refines a chunk. `heard` receives the length of the rewrite so far, in words (characters for CJK), as
    /// more of it comes.
    ///
    /// # Errors
    /// Why there is no rewrite; the chunk is then as it was. Dropped, the call ends.
    pub async fn refine(
        &self,
        number: ChunkNumber,
        way: Way,
        asked: Asked,
        mut heard: impl FnMut(u32) + Send,
    ) -> Result<Refined, Failure> {
        let began = Instant::now();
        let Some(chunk) = self.chunk(number).await? else {
            return Ok(Refined::NotThere);
        };
        if asked == Asked::BySettings && !is_due(&chunk.view) {
            return Ok(Refined::NotDue);
        }
        let mut usage = Usage::default();
        let rewritten = self.rewrite(&chunk, &mut usage, &mut heard).await;
        if let Err(Failure::Refused { .. }) = rewritten {
            // It was paid for, and the next write would get no other.
            self.note(&chunk).await?;
        }
        let prose = rewritten?;
        // Nobody asked to have the author's own comments taken away.
        let own = chunk.asks.left > 0 && asked == Asked::BySettings;
        let way = if own { Way::Propose } else { way };
        let refined = self.save(&chunk, prose.clone(), way).await?;
        self.asker.count_chunk();
        let result = match &refined {
            Refined::Proposed(_) => RefineResult::Proposed,
            Refined::Applied => RefineResult::Applied,
            Refined::Aside => RefineResult::Aside,
            Refined::Unchanged | Refined::NotThere | Refined::NotDue => RefineResult::Unchanged,
        };
        self.job.reporter.tell(JobEvent::ChunkRefined {
            chunk: number,
            beat: chunk.view.beat.clone(),
            result,
            words: words::count(&prose, &self.job.story.brief.language),
            refine_ms: millis(began.elapsed()),
            usage,
            elapsed_ms: self.job.reporter.elapsed_ms(),
        });
        Ok(refined)
    }

    /// Returns the chunk with the requests that rewrite it; `None` where it is not complete.
    async fn chunk(&self, number: ChunkNumber) -> Result<Option<Chunk>, Failure> {
        let (session, story) = (self.job.session().clone(), Arc::clone(&self.job.story));
        let settings = Arc::clone(&self.job.settings);
        let (limit, known) = (self.asker.limit(), Arc::clone(&self.job.index));
        blocking(move || {
            let written = Written::of_session(&session, &story, &settings)?.with_index(&known);
            let chunks = &written.view.chunks;
            let index = chunks.iter().position(|chunk| chunk.number == number);
            let Some(index) = index.filter(|at| chunks[*at].status == ChunkStatus::Complete) else {
                return Ok(None);
            };
            let before = index
                .checked_sub(1)
                .map(|before| chunks[before].text.as_str());
            // Read through here, where that holds nobody up.
            story.yardstick();
            let notes = margin_notes(&story.brief, number);
            let view = &chunks[index];
            let call = Call::whole(view, before.unwrap_or_default(), &notes);
            let drafted = written
                .prompt(&story, limit, view, &call)
                .map_err(|error| Failure::TooLarge(error.to_string()))?;
            let asks = Asks::of(&story.brief, view, Some(view.source()), None);
            let language = &story.brief.language;
            let calls =
                Calls::new(&drafted, view.source(), language, limit).map_err(Failure::TooLarge)?;
            Ok(Some(Chunk {
                calls,
                asks,
                known: written.states[index].as_deref().cloned(),
                view: view.clone(),
            }))
        })
        .await
    }

    /// Returns the rewritten prose, once it has passed all checks.
    async fn rewrite(
        &self,
        chunk: &Chunk,
        usage: &mut Usage,
        heard: &mut (impl FnMut(u32) + Send),
    ) -> Result<String, Failure> {
        let brief = &self.job.story.brief;
        let calls = &chunk.calls;
        let original = Original {
            brief,
            beat: (chunk.view.number.0 as usize).saturating_sub(1),
            yardstick: self.job.story.yardstick(),
            notes: &chunk.asks.notes,
            text: &calls.text,
            known: chunk.known.as_ref(),
        };
        let mut passages: Vec<String> = Vec::new();
        let mut done = 0;
        for (call, range) in calls.passages.iter().enumerate() {
            let passage = &calls.text[range.clone()];
            let before = passages.last().map_or("", String::as_str);
            let request = self.request(chunk, call, before);
            let language = &brief.language;
            let answer = self
                .asker
                .ask(&request, |text| heard(done + words::count(text, language)))
                .await?;
            *usage = usage.plus(answer.usage);
            let judged = original.passage(passage, &answer.text, &answer.finish);
            let prose = judged.map_err(|why| Failure::refused(why, answer.text))?;
            done += words::count(&prose, language);
            passages.push(prose);
        }
        let prose = passages::put_together(&calls.text, &calls.passages, &passages);
        match original.whole(&prose) {
            Ok(()) => Ok(prose),
            Err(why) => Err(Failure::refused(why, prose)),
        }
    }

    fn request(&self, chunk: &Chunk, call: usize, before: &str) -> Request {
        let calls = &chunk.calls;
        let passage = &calls.text[calls.passages[call].clone()];
        let (model, language) = (&self.asker.model, &self.job.brief().language);
        let length = words::count(passage, language).max(50);
        let asked = model.tokenizers.of_words(&model.name, length, language);
        let room = asked.saturating_add(asked / 2).saturating_add(256);
        let task = Task::Refine(passage.to_owned());
        let asks = (calls.system.as_str(), calls.user(call, before));
        self.job.request(&self.asker, &chunk.view, task, asks, room)
    }

    /// Records that the text of a chunk was refined.
    async fn note(&self, chunk: &Chunk) -> Result<(), Failure> {
        let session = self.job.session().clone();
        let (number, of) = (chunk.view.number, chunk.view.digest.clone());
        Ok(blocking(move || session.note_refined(number, &of)).await?)
    }

    async fn save(&self, chunk: &Chunk, prose: String, way: Way) -> Result<Refined, Failure> {
        if prose.trim() == chunk.calls.text.trim() {
            self.note(chunk).await?;
            return Ok(Refined::Unchanged);
        }
        let number = chunk.view.number;
        let revision = Revision {
            number,
            of: chunk.view.digest.clone(),
            prose,
        };
        if way == Way::Apply {
            let (session, revision) = (self.job.session().clone(), revision.clone());
            let (then, now) = (&chunk.view.text, &revision.prose);
            let next = (slices::preceding(then), slices::preceding(now));
            let saved = blocking(move || {
                session.revise_chunk(&revision, WHY, (&Slice::Preceding.name(), &next))
            });
            if let Some(saved) = saved.await? {
                self.job.bring_to_editor(number, saved).await;
                if let Some(message) = chunk.asks.message(number) {
                    self.job.reporter.warn(Some(number), "notes", message);
                }
                return Ok(Refined::Applied);
            }
            self.job.reporter.warn(
                Some(number),
                "author-edited",
                format!(
                    "chunk {number} was changed while it was refined, so its text stays; the refined text of \
                     before waits as a revision"
                ),
            );
        }
        let session = self.job.session().clone();
        Ok(
            match blocking(move || session.propose_revision(&revision)).await? {
                Proposed::Waits(path) => Refined::Proposed(path),
                Proposed::Aside(_) => {
                    self.note(chunk).await?;
                    self.job.reporter.warn(
                        Some(number),
                        "revision-kept",
                        format!(
                            "a revision of chunk {number} waits that you have opened or changed; it stays, and \
                             the new one is in history/"
                        ),
                    );
                    Refined::Aside
                }
            },
        )
    }
}
