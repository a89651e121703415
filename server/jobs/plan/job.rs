//! Runs a plan as a job: makes calls until all beats are there, or no more can be had.

use std::collections::HashSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::brief_file::check_file;
use super::growing_brief::{GrowingBrief, Put, PutStop};
use super::{Count, Planning, records};
use crate::analysis::story_file::StoryFile;
use crate::events::job::{JobEvent, Outcome};
use crate::events::outcomes::Finished;
use crate::events::plan::PlanEvent;
use crate::jobs::run::background_calls::Spent;
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::connected_model::ConnectedModel;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::reporter::{Reporter, cause_chain, causes, millis};
use crate::jobs::run::workshop::Workshop;
use crate::jobs::run::{demo_scene, measuring};
use crate::provider::demo::scene::{Outline, Task};
use crate::provider::{Extension, GiveUp, ProviderError, Request, Retries, Retry, Usage};
use crate::settings::{Role, Settings};
use crate::story::counted::counted;
use crate::story::new_beats::NewBeat;
use crate::story::{BeatId, Brief};
use crate::writing::accept::once_more;
use crate::writing::plan::prompt::{Prompt, Wanted};
use crate::writing::plan::size;
use crate::writing::seed;

/// The most beats that one call asks for; an answer of this length suits every model.
pub(crate) const PER_CALL: u32 = 12;
/// The tokens allowed for a beat of an answer, with room to spare.
const BEAT_TOKENS: u32 = 500;
/// The factor by which later calls have more room after an answer was cut off; applied once more at the end.
const RAISE: u32 = 3;
pub(crate) const MOST_RAISED: u32 = 9;
/// The most answers in a row without a beat before the plan ends.
const MOST_EMPTY: u32 = 2;

/// The end of a call. The good beats of it are in the brief.
pub enum CallEnd {
    /// A complete answer, or one with all beats that were asked for.
    Ended {
        /// The number of beats that it brought.
        planned: u32,
        /// The fault of the other beats, or of the whole answer.
        wrong: Option<String>,
        answer: String,
    },
    /// An answer that the limit of the call ended.
    CutOff {
        limit: u32,
        planned: u32,
    },
    Failed {
        error: ProviderError,
        planned: u32,
    },
    Cancelled,
    /// A brief into which no more can be put.
    Stopped(PutStop),
}

/// A running plan.
pub struct Job {
    pub(crate) story: StoryFile,
    pub(crate) settings: Settings,
    pub(crate) model: ConnectedModel,
    pub(crate) growing_brief: GrowingBrief,
    pub(crate) reporter: Reporter,
    /// The ids of earlier beats for which there are texts.
    pub(crate) taken: HashSet<String>,
    pub(crate) usage: Usage,
    count: Count,
    /// The length of a part, in words (characters for CJK).
    words: u32,
    pub(crate) titles: Vec<String>,
    /// The author's beats behind which the new ones belong, where the model does not say.
    slots: Vec<Option<BeatId>>,
    /// The new beats.
    pub(crate) fresh: HashSet<BeatId>,
    retries: Retries,
    empty: u32,
    /// The factor by which answers have more room than usual, since one was cut off.
    pub(crate) raised: u32,
}

/// The reason why a plan ends early.
pub(crate) enum Stop {
    Cancelled,
    /// A message, without its full stop.
    Message(String),
}

impl Planning {
    /// Connects the model and plans. The beats that came are in the brief, however it ends.
    ///
    /// # Errors
    /// When the job could not begin.
    pub(crate) async fn carry_out(mut self, context: &Context<'_>) -> Result<Finished, NotBegun> {
        let (workshop, editor) = (context.workshop, &context.editor);
        if self.count.missing() == 0 {
            return Ok(self.nothing_to_plan(context));
        }
        let _claim = workshop.claim_outline(self.story.folder.brief())?;
        check_file(&self.story.folder, workshop.disk(), editor.as_ref()).await?;
        let connected = context.connect(&self.settings, &self.warnings, Role::Plan);
        let model = connected.await?;
        let _lock = blocking({
            let (workshop, folder) = (workshop.clone(), self.story.folder.clone());
            move || workshop.lock_outline(&folder)
        })
        .await?;
        self = self.read_again(workshop, Arc::clone(editor)).await?;
        if self.count.missing() == 0 {
            return Ok(self.nothing_to_plan(context));
        }
        let asked = self.asked();
        let (run, taken) = blocking({
            let (story, disk, asked) = (self.story.clone(), workshop.disk().clone(), asked.clone());
            move || {
                let taken = records::taken_ids(&story, &disk)?;
                Ok::<_, JobError>((records::begin(&story, &asked, &disk)?, taken))
            }
        })
        .await?;
        let words = self.part_words();
        let beats = &self.story.brief.beats;
        let slots = size::spread(&self.story.brief, self.count.missing());
        let slots = slots.into_iter().map(|at| Some(beats.get(at?)?.id.clone()));
        let slots: Vec<Option<BeatId>> = slots.collect();
        let Planning {
            request,
            story,
            settings,
            count,
            warnings,
        } = self;
        let retries = retries(&settings);
        let mut job = Job {
            growing_brief: GrowingBrief::new(
                story.folder.clone(),
                Arc::clone(editor),
                workshop.disk(),
                &story.text,
                &story.brief,
            ),
            reporter: context.reporter(run, &warnings, &model),
            story,
            settings,
            model,
            taken,
            usage: Usage::default(),
            count,
            words,
            titles: Vec::new(),
            slots,
            fresh: HashSet::new(),
            retries,
            empty: 0,
            raised: 1,
        };
        job.model.tokenizers.begin(&job.story.brief.language, None);
        job.tell_started(request.job);
        let stop = job.plan(context.cancel).await;
        Ok(job.finish(&asked, stop).await)
    }

    /// Reads the brief again once the outline is locked for this job: the missing beats may have been added
    /// meanwhile.
    async fn read_again(
        self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Planning, JobError> {
        let (workshop, request) = (workshop.clone(), self.request.clone());
        let now = blocking(move || {
            let owners: &dyn Editor = editor.as_ref();
            Planning::new(&workshop, request, owners)
        });
        let now = now.await?;
        // The writer is one of the settings that were read first.
        Ok(Planning {
            story: now.story,
            count: now.count,
            ..self
        })
    }

    fn asked(&self) -> String {
        format!(
            "plan {} beside {}",
            counted(self.count.missing(), "beat"),
            match self.count.there {
                1 => "the one that is there".to_owned(),
                there => format!("the {there} that are there"),
            }
        )
    }

    /// Ends the job without asking a model, since no beats are missing.
    fn nothing_to_plan(&self, context: &Context<'_>) -> Finished {
        let Count { there, wanted } = self.count;
        let why = match (self.request.beats, self.settings.target_words) {
            (Some(_), _) => format!("{wanted} were asked for"),
            (None, target) => format!(
                "enough for {} {} in parts of about {}",
                target.unwrap_or_default(),
                self.story.brief.language.unit(),
                self.settings.chunk_words
            ),
        };
        let there_are = counted(there, "beat");
        let message = format!("nothing to plan: the outline has {there_are}, {why}");
        context.observer.event(&JobEvent::Plan(PlanEvent::Finished {
            outcome: Outcome::Complete,
            planned: 0,
            missing: 0,
            beats: there,
            rules: None,
            usage: Usage::default(),
            cost: None,
            message: message.clone(),
            elapsed_ms: millis(context.since.elapsed()),
        }));
        Finished {
            outcome: Outcome::Complete,
            message,
        }
    }
}

impl Job {
    pub(crate) fn planned(&self) -> u32 {
        u32::try_from(self.titles.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn to_plan(&self) -> u32 {
        self.count.missing()
    }

    pub(crate) fn left(&self) -> u32 {
        self.to_plan().saturating_sub(self.planned())
    }

    pub(crate) fn percent(&self) -> u32 {
        self.planned().saturating_mul(100) / self.to_plan().max(1)
    }

    fn tell_started(&self, job: String) {
        self.reporter.tell(JobEvent::Plan(PlanEvent::Started {
            job,
            story: self.story.brief.title.clone(),
            run: records::place(&self.story, self.reporter.run()),
            provider: self.model.kind.as_str(),
            model: self.model.asked().to_owned(),
            beats: self.count.there,
            to_plan: self.to_plan(),
            from_text: false,
            target_words: self.settings.target_words,
        }));
    }

    pub(crate) fn note_planned(&mut self, beat: &NewBeat, put: &Put) {
        self.titles.push(beat.title.clone());
        self.fresh.insert(beat.id.clone());
        self.story.put(&put.text, &put.brief);
        let at = put.brief.beats.iter().position(|it| it.id == beat.id);
        self.reporter.tell(JobEvent::Plan(PlanEvent::BeatSaved {
            beat: beat.id.clone(),
            title: beat.title.clone(),
            number: at.map_or(0, |at| at + 1),
            file: self.story.folder.brief_name().to_owned(),
            percent: self.percent(),
            elapsed_ms: self.reporter.elapsed_ms(),
        }));
    }

    /// Makes one call after the other; returns the reason if beats are still missing.
    async fn plan(&mut self, cancel: &CancellationToken) -> Option<Stop> {
        while self.left() > 0 {
            if let Some(why) = self.over_budget() {
                return Some(Stop::Message(why));
            }
            let text = match self.growing_brief.read().await {
                Ok(text) => text,
                Err(stop) => return Some(self.stopped(stop).await),
            };
            let brief = Brief::parse(&text);
            let parts = self.left().min(PER_CALL);
            let wanted = Wanted {
                parts,
                missing: self.left(),
                total: self.count.wanted,
                words: self.words,
            };
            let again = if self.empty == 0 { "" } else { once_more::LINE };
            let (templates, limit) = (&self.story.templates, self.model.limit(&self.settings));
            let limit = once_more::room(limit, again);
            let prompt = match Prompt::build(&brief, &text, templates, wanted, limit) {
                Ok(prompt) => prompt,
                Err(_) if self.measure(&brief, &text, wanted, cancel).await => continue,
                Err(too_large) => return Some(Stop::Message(too_large.to_string())),
            };
            let gaps = self.gaps(&brief, parts);
            let mut request = self.request(&brief, prompt, gaps.clone());
            once_more::end(&mut request.user, again);
            let end = self.call(request, &brief, gaps, cancel).await;
            if let Some(stop) = self.after(end, cancel).await {
                return Some(stop);
            }
        }
        None
    }

    /// Has the model count a sample of a prompt that seems too large by the first estimate; returns whether
    /// its way of counting is known now.
    async fn measure(
        &mut self,
        brief: &Brief,
        text: &str,
        wanted: Wanted,
        cancel: &CancellationToken,
    ) -> bool {
        let Some(limit) = measuring::benefit_of_doubt(&self.model, &self.settings) else {
            return false;
        };
        let Ok(prompt) = Prompt::build(brief, text, &self.story.templates, wanted, limit) else {
            return false;
        };
        let sample = measuring::first_characters(&prompt.system);
        let took = tokio::select! {
            () = cancel.cancelled() => return false,
            took = measuring::measure(&self.model, &self.settings, sample) => took,
        };
        self.usage = self.usage.plus(took);
        let price = self.settings.prices.get(&self.model.name);
        let cost = price.map(|price| price.of(&took));
        self.reporter
            .note_spent(Role::Plan, &self.model.name, took, cost);
        self.model.tokenizers.knows(&self.model.name)
    }

    /// Returns the beats behind which the next new ones go where the answer does not say: behind those that
    /// are already in the same gap.
    fn gaps(&self, brief: &Brief, parts: u32) -> Vec<Option<usize>> {
        let is_new = |at: usize| {
            let beat = brief.beats.get(at);
            beat.is_some_and(|beat| self.fresh.contains(&beat.id))
        };
        let slots = self.slots.iter().skip(self.titles.len());
        let gaps = slots.take(parts as usize).map(|slot| {
            let anchor = slot.as_ref();
            let anchor = anchor.and_then(|id| brief.beats.iter().position(|beat| beat.id == *id));
            let first = anchor.map_or(0, |at| at + 1);
            let next = (first..).find(|at| !is_new(*at)).unwrap_or(first);
            next.checked_sub(1)
        });
        gaps.collect()
    }

    fn request(&self, brief: &Brief, prompt: Prompt, gaps: Vec<Option<usize>>) -> Request {
        let parts = u32::try_from(gaps.len()).unwrap_or(u32::MAX);
        let mut scene = demo_scene::story(brief, self.settings.demo_seed());
        scene.task = Task::Plan(Outline {
            beats: brief
                .beats
                .iter()
                .map(|beat| (beat.title.clone(), beat.exit.clone()))
                .collect(),
            gaps,
        });
        let in_english = parts.saturating_mul(BEAT_TOKENS).saturating_add(500);
        let (tokenizers, model) = (&self.model.tokenizers, &self.model.name);
        let room = tokenizers.answer_room(model, in_english, &brief.language);
        let request = Request {
            model: model.clone(),
            system: prompt.system,
            user: prompt.user,
            max_output_tokens: room.saturating_mul(self.raised),
            prompt_tokens: self.settings.context_tokens,
            context_tokens: self.settings.context_tokens,
            temperature: self.settings.temperature,
            seed: seed::of_call(self.settings.seed, self.empty, None),
            thinking: self.settings.thinking_for(Role::Plan),
            format: None,
            extension: Extension::new(Arc::new(scene)),
        };
        self.model.in_window(request, self.settings.context_tokens)
    }

    /// Handles the end of a call; returns a reason where there is no further one.
    async fn after(&mut self, end: CallEnd, cancel: &CancellationToken) -> Option<Stop> {
        match end {
            CallEnd::Cancelled => Some(Stop::Cancelled),
            CallEnd::Stopped(stop) => Some(self.stopped(stop).await),
            CallEnd::Failed { error, planned } => {
                // What brought something is no failure in a row.
                if planned > 0 {
                    self.retries = retries(&self.settings);
                }
                self.wait(&error, cancel).await
            }
            CallEnd::CutOff { limit, planned } => {
                self.retries = retries(&self.settings);
                if planned > 0 {
                    self.empty = 0;
                }
                if self.raised == 1 {
                    let message = format!(
                        "an answer was longer than the {limit} tokens that its call was allowed; what it has whole is kept, \
                         and later calls are allowed {RAISE} times as many"
                    );
                    self.reporter.warn(None, "output-limit", message);
                }
                self.raised = self.raised.saturating_mul(RAISE);
                None
            }
            CallEnd::Ended {
                planned,
                wrong,
                answer,
            } => {
                self.retries = retries(&self.settings);
                if planned > 0 {
                    self.empty = 0;
                    return None;
                }
                self.empty += 1;
                let wrong = wrong.unwrap_or_else(|| "has no beats in it".to_owned());
                let wrong = match wrong.split_once(' ') {
                    Some(("was" | "is" | "has" | "had", _)) => {
                        format!("the model's answer {wrong}")
                    }
                    _ => wrong,
                };
                self.reporter
                    .keep_error(None, "refused_plan", format!("# {wrong}\n\n{answer}\n"))
                    .await;
                let attempts = self.settings.attempts.clamp(1, MOST_EMPTY);
                if self.empty >= attempts {
                    let times = match self.empty {
                        1 => "",
                        _ => ", and the one before it was no better",
                    };
                    return Some(Stop::Message(format!(
                        "{wrong}{times}. What came is in errors/ of {}",
                        records::place(&self.story, self.reporter.run())
                    )));
                }
                let message = format!("{wrong}; it is asked once more");
                self.reporter.warn(None, "refused-plan", message);
                None
            }
        }
    }

    /// Waits before the next call, or returns the reason why there is none.
    async fn wait(&mut self, error: &ProviderError, cancel: &CancellationToken) -> Option<Stop> {
        let attempts = self.settings.attempts;
        let now = tokio::time::Instant::now();
        let (wait, patience) = match self.retries.failed(error, now, fastrand::f64) {
            Retry::After(wait) => (wait, None),
            Retry::Outage(outage) => (outage.wait, Some(outage.patience)),
            Retry::GiveUp(reason) => {
                self.reporter
                    .keep_error(None, "failed_call", format!("# {}\n", cause_chain(error)))
                    .await;
                return Some(Stop::Message(match reason {
                    GiveUp::Pointless => error.to_string(),
                    reason => format!("{error} {reason}"),
                }));
            }
        };
        self.reporter.tell(JobEvent::Plan(PlanEvent::Retry {
            planned: self.planned(),
            attempt: self.retries.failures().max(1),
            attempts,
            wait_ms: millis(wait),
            patience_ms: patience.map(millis),
            message: error.to_string(),
            causes: causes(error),
            elapsed_ms: self.reporter.elapsed_ms(),
        }));
        tokio::select! {
            () = cancel.cancelled() => Some(Stop::Cancelled),
            () = tokio::time::sleep(wait) => None,
        }
    }

    async fn stopped(&self, stop: PutStop) -> Stop {
        self.reporter
            .keep_error(None, "stopped", format!("# {}\n", cause_chain(&stop)))
            .await;
        Stop::Message(stop.to_string())
    }

    pub(crate) fn cost(&self) -> Option<f64> {
        let price = self.model.price(&self.settings.prices)?;
        Some(price.of(&self.usage))
    }

    fn over_budget(&self) -> Option<String> {
        let spent = Spent {
            usage: self.usage,
            cost: self.cost(),
            ..Spent::default()
        };
        spent.over_budget(&self.settings)
    }
}

/// Makes the counter of failures in a row.
fn retries(settings: &Settings) -> Retries {
    Retries::new(settings.attempts, settings.outage)
}
