//! Runs a plan from the text: asks about one chunk after the other, and puts what its text proves into the brief.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::staleness::stale;
use super::{TextPlanRequest, TextPlanning};
use crate::events::job::JobEvent;
use crate::events::outcomes::Finished;
use crate::events::plan::PlanEvent;
use crate::jobs::plan::brief_file::check_file;
use crate::jobs::plan::from_text::memory::Memory;
use crate::jobs::plan::growing_brief::{GrowingBrief, PutStop};
use crate::jobs::plan::records;
use crate::jobs::run::background_calls::Asker;
use crate::jobs::run::begin::{Context, NotBegun};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::failure::Failure;
use crate::jobs::run::question::Heard;
use crate::jobs::run::reporter::{Reporter, cause_chain};
use crate::jobs::run::workshop::Workshop;
use crate::provider::{Extension, ProviderKind, Request};
use crate::session::{ChunkView, Disk};
use crate::settings::{Role, Settings};
use crate::story::counted::counted;
use crate::story::{Brief, ChunkNumber};
use crate::writing::plan::from_text::answer::{self, LeftOut, Proven, Told};
use crate::writing::plan::from_text::insertion::{
    Description, Existing, NewRule, described, with_rules,
};
use crate::writing::plan::from_text::prompt::{ANSWER_TOKENS, Question, format};
use crate::writing::seed;

/// The most chunks in a row of which there was no usable answer before the plan ends.
const MOST_REFUSED: u32 = 2;

/// A running plan from the text.
pub(super) struct Job {
    pub planning: TextPlanning,
    pub asker: Asker,
    pub reporter: Arc<Reporter>,
    pub brief: GrowingBrief,
    disk: Disk,
    /// The model's name, by which its answers are known again.
    model: String,
    /// The chunks that were stale before.
    pub stale_before: BTreeSet<ChunkNumber>,
    pub results: Results,
}

/// What came of it so far.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// The chunks whose beats say what their text proves now.
    pub done: Vec<ChunkNumber>,
    /// The titles of the beats that changed.
    pub titles: Vec<String>,
    /// The rules that were added.
    pub rules: Vec<String>,
    /// The number of statements that were left out.
    pub left_out: usize,
    /// The chunks of which nothing is known yet.
    pub left: Vec<ChunkNumber>,
    /// The first failure, as a sentence.
    pub why: Option<String>,
    /// The chunks in a row of which there was no usable answer.
    pub refused: u32,
}

/// The reason why a plan ends early.
pub(super) enum Stop {
    Cancelled,
    /// A message, without its full stop.
    Message(String),
}

/// The reason why nothing of a chunk is known.
enum Unknown {
    Failed(Failure),
    Stopped(PutStop),
    /// A chunk whose beat the author removed meanwhile.
    Gone,
}

impl TextPlanning {
    /// Connects the model and reads the chunks. What is known by then is in the brief, however it ends.
    ///
    /// # Errors
    /// When the job could not begin.
    pub(crate) async fn carry_out(mut self, context: &Context<'_>) -> Result<Finished, NotBegun> {
        let (workshop, editor) = (context.workshop, &context.editor);
        if self.chunks.is_empty() {
            return Ok(self.nothing_to_plan(context));
        }
        let _claim = workshop.claim_outline(self.story.folder.brief())?;
        check_file(&self.story.folder, workshop.disk(), editor.as_ref()).await?;
        let connected = context.connect(&self.settings, &self.warnings, Role::Plan);
        let model = connected.await?;
        if model.kind == ProviderKind::Demo {
            return Err(JobError::DemoReadsNothing.into());
        }
        let _lock = blocking({
            let (workshop, folder) = (workshop.clone(), self.story.folder.clone());
            move || workshop.lock_outline(&folder)
        })
        .await?;
        self = self
            .read_again(workshop, Arc::clone(editor), &model.name)
            .await?;
        if self.chunks.is_empty() {
            return Ok(self.nothing_to_plan(context));
        }
        let asked = format!("plan {} from the text", counted(self.chunks.len(), "beat"));
        let run = blocking({
            let (story, disk, asked) = (self.story.clone(), workshop.disk().clone(), asked.clone());
            move || records::begin(&story, &asked, &disk)
        })
        .await?;
        let reporter = Arc::new(context.reporter(run, &self.warnings, &model));
        let language = &self.story.brief.language;
        model.tokenizers.begin(language, None);
        let asker = Asker::new(&model, Role::Plan, &self.settings, Arc::clone(&reporter));
        let before = stale(workshop, &self.request, &self.view.id, Arc::clone(editor));
        let stale_before = before.await;
        let story = &self.story;
        let mut job = Job {
            brief: GrowingBrief::new(
                story.folder.clone(),
                Arc::clone(editor),
                workshop.disk(),
                &story.text,
                &story.brief,
            ),
            asker: asker.in_the_writing(),
            reporter,
            disk: workshop.disk().clone(),
            model: model.name.clone(),
            stale_before,
            results: Results::default(),
            planning: self,
        };
        job.tell_started(model.kind, model.asked());
        let stop = job.go(context.cancel).await;
        Ok(job.finish(workshop, Arc::clone(editor), &asked, stop).await)
    }

    /// Reads brief and chunks again once the outline is locked for this job.
    async fn read_again(
        self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
        model: &str,
    ) -> Result<TextPlanning, JobError> {
        let (workshop, request): (Workshop, TextPlanRequest) =
            (workshop.clone(), self.request.clone());
        let model = model.to_owned();
        let (settings, warnings) = (self.settings, self.warnings);
        blocking(move || {
            let owners: &dyn Editor = editor.as_ref();
            let mut now = TextPlanning::new(&workshop, request, owners)?;
            now.chunks = now.due(Some(&model))?;
            // The model is one of the settings that were read first.
            Ok(TextPlanning {
                settings,
                warnings,
                ..now
            })
        })
        .await
    }
}

impl Job {
    pub fn settings(&self) -> &Settings {
        &self.planning.settings
    }

    fn tell_started(&self, provider: ProviderKind, model: &str) {
        let story = &self.planning.story;
        let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
        self.reporter.tell(JobEvent::Plan(PlanEvent::Started {
            job: self.planning.request.job.clone(),
            story: story.brief.title.clone(),
            run: records::place(story, self.reporter.run()),
            provider: provider.as_str(),
            model: model.to_owned(),
            beats: count(story.brief.beats.len()),
            to_plan: count(self.planning.chunks.len()),
            from_text: true,
            target_words: None,
        }));
    }

    /// Reads one chunk after the other; returns the reason if it ends before the last.
    async fn go(&mut self, cancel: &CancellationToken) -> Option<Stop> {
        let chunks = self.planning.chunks.clone();
        for (at, number) in chunks.iter().enumerate() {
            let left = &chunks[at..];
            if let Some(limit) = self.asker.spent().over_budget(self.settings()) {
                self.results.left.extend(left);
                return Some(Stop::Message(limit));
            }
            let Some(chunk) = self.planning.view.chunk(*number).cloned() else {
                continue;
            };
            let told = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    self.results.left.extend(left);
                    return Some(Stop::Cancelled);
                }
                told = self.told(&chunk) => told,
            };
            // What is paid goes into the brief, also where the job is cancelled now.
            let put = match told {
                Ok(told) => self.put(&chunk, &told).await,
                Err(unknown) => Err(unknown),
            };
            match put {
                Ok(()) => self.results.refused = 0,
                Err(Unknown::Gone) => {}
                Err(Unknown::Stopped(stop)) => {
                    self.results.left.extend(left);
                    let report = format!("# {}\n", cause_chain(&stop));
                    self.reporter
                        .keep_error(Some(*number), "stopped", report)
                        .await;
                    return Some(Stop::Message(stop.to_string()));
                }
                Err(Unknown::Failed(failure)) => {
                    let ends = self.note_failure(&chunk, &failure).await;
                    self.results.left.push(*number);
                    if let Some(why) = ends {
                        self.results.left.extend(&chunks[at + 1..]);
                        return Some(Stop::Message(why));
                    }
                }
            }
        }
        None
    }

    /// Records and tells a failure; returns a reason where the next chunk would hardly fare better.
    async fn note_failure(&mut self, chunk: &ChunkView, failure: &Failure) -> Option<String> {
        let (number, why) = (chunk.number, failure.to_string());
        let why = why.trim_end_matches('.');
        self.reporter.log_error(number, "not planned from", failure);
        let mut report = format!(
            "# Chunk {number} was not planned from\n\n{}\n",
            cause_chain(failure)
        );
        let mut place = String::new();
        if let Some(answer) = failure.answer() {
            report.push_str(&format!("\n## The model's answer\n\n{answer}\n"));
            let run = records::place(&self.planning.story, self.reporter.run());
            place = format!(". What came is in errors/ of {run}");
        }
        let name = format!("chunk_{:02}_not_planned", number.0);
        self.reporter.keep_error(Some(number), name, report).await;
        let message = format!("the beat “{}” stays as it is: {why}{place}", chunk.title);
        self.reporter.warn(Some(number), "not-planned", message);
        self.results
            .why
            .get_or_insert_with(|| format!("chunk {number}: {why}"));
        if let Failure::Refused { .. } = failure {
            self.results.refused += 1;
        }
        let is_hopeless = failure.is_everywhere() || matches!(failure, Failure::Provider(_));
        match self.results.refused >= MOST_REFUSED {
            true => Some(format!("{why}, and for the chunk before it was no better")),
            false => is_hopeless.then(|| why.to_owned()),
        }
    }

    /// Returns what the model says of a chunk: what it said before, else what it answers now.
    async fn told(&mut self, chunk: &ChunkView) -> Result<Told, Unknown> {
        let is_named = self.planning.request.chunk.is_some();
        let waiting = self.planning.memory.waiting(chunk, &self.model);
        if let Some(told) = waiting.filter(|_| !is_named) {
            return Ok(told);
        }
        let text = self.brief.read().await.map_err(Unknown::Stopped)?;
        let brief = Brief::parse(&text);
        let index = brief.beats.iter().position(|beat| beat.id == chunk.beat);
        let index = index.ok_or(Unknown::Gone)?;
        let question = Question::new(&brief, index, &chunk.text, self.asker.limit());
        let question = question.map_err(|why| Unknown::Failed(Failure::TooLarge(why)))?;
        let request = |asked| self.request(&question, &brief, asked);
        let understand = |answer: &str| {
            let Some(told) = answer::read(answer) else {
                return Heard::Not("has no JSON object in it that tells of the chunk");
            };
            if answer::foreign(&told, &brief).is_some() {
                return Heard::Not("is in another language than the story");
            }
            match answer::proven(&told, &chunk.text, &brief).is_empty() {
                // That nothing stands is believed at the second time.
                true => Heard::Doubtful(told),
                false => Heard::Taken(told),
            }
        };
        let (told, _) = self
            .asker
            .ask_for(request, understand)
            .await
            .map_err(Unknown::Failed)?;
        self.planning.memory.keep(chunk, &self.model, &told);
        self.remember().await;
        Ok(told)
    }

    fn request(&self, question: &Question, brief: &Brief, asked: u32) -> Request {
        let (settings, model) = (self.settings(), &self.asker.model);
        let language = &brief.language;
        let room = model
            .tokenizers
            .answer_room(&model.name, ANSWER_TOKENS, language);
        Request {
            model: model.name.clone(),
            system: question.system.clone(),
            user: question.user.clone(),
            max_output_tokens: room,
            prompt_tokens: settings.context_tokens,
            context_tokens: settings.context_tokens,
            // That of the settings is for prose.
            temperature: None,
            seed: seed::of_call(settings.seed, asked, None),
            thinking: settings.thinking_for(Role::Plan),
            // Some servers take a shape and then keep the model from answering.
            format: (asked == 0).then(format),
            extension: Extension::default(),
        }
    }

    /// Puts what stands of an answer into the brief.
    async fn put(&mut self, chunk: &ChunkView, told: &Told) -> Result<(), Unknown> {
        let text = self.brief.read().await.map_err(Unknown::Stopped)?;
        let before = Brief::parse(&text);
        let proven = answer::proven(told, &chunk.text, &before);
        self.keep_artifact(chunk, &proven).await;
        let existing = self.planning.existing();
        let Some(beat) = before.beat(&chunk.beat) else {
            return Err(Unknown::Gone);
        };
        // A statement that would not be used is no loss.
        let is_wanted = |left: &LeftOut| match left.what {
            "the beat" => existing == Existing::IsReplaced || beat.text.is_empty(),
            "its Enter" => existing == Existing::IsReplaced || beat.enter.is_none(),
            "its Exit" => existing == Existing::IsReplaced || beat.exit.is_none(),
            _ => true,
        };
        let left_out: Vec<&LeftOut> = proven.left_out.iter().filter(|it| is_wanted(it)).collect();
        self.tell_left_out(chunk, &left_out);
        let line = |quoted: &Option<answer::Quoted>| quoted.as_ref().map(|it| it.text.clone());
        let description = Description {
            text: line(&proven.beat),
            enter: line(&proven.enter),
            exit: line(&proven.exit),
        };
        let id = chunk.beat.clone();
        let change =
            |text: &str, brief: &Brief| described(text, brief, &id, &description, existing);
        let put = self.brief.change(change).await;
        let has_changed = self.is_in(chunk, put, "its beat")?;
        let rules = proven.rules.iter().map(|rule| NewRule {
            text: rule.text.clone(),
            quote: rule.quote.clone(),
            chunk: chunk.number.0,
        });
        let rules: Vec<NewRule> = rules.collect();
        let change = |text: &str, brief: &Brief| with_rules(text, brief, &rules);
        let put = self.brief.change(change).await;
        if self.is_in(chunk, put, "its rules")? {
            self.results
                .rules
                .extend(rules.into_iter().map(|rule| rule.text));
        }
        if has_changed {
            self.results.titles.push(chunk.title.clone());
        }
        self.results.done.push(chunk.number);
        self.planning
            .memory
            .note_done(chunk, existing == Existing::IsReplaced);
        self.remember().await;
        self.tell_saved(chunk);
        Ok(())
    }

    /// Tells whether a change is in the brief; one that has no place there is told and left out.
    fn is_in(
        &mut self,
        chunk: &ChunkView,
        put: Result<bool, PutStop>,
        what: &str,
    ) -> Result<bool, Unknown> {
        match put {
            Ok(has_changed) => Ok(has_changed),
            Err(PutStop::NoPlace(_)) => {
                let message = format!(
                    "{what} can't be put into the outline without changing what the rest of the brief means; it is in \
                     artifacts/ of the run"
                );
                self.results.left_out += 1;
                self.reporter.warn(Some(chunk.number), "left-out", message);
                Ok(false)
            }
            Err(stop) => Err(Unknown::Stopped(stop)),
        }
    }

    fn tell_left_out(&mut self, chunk: &ChunkView, left_out: &[&LeftOut]) {
        self.results.left_out += left_out.len();
        for left in left_out {
            let message = format!(
                "{} is left out, “{}”: {}",
                left.what, left.said.text, left.why
            );
            self.reporter.warn(Some(chunk.number), "left-out", message);
        }
    }

    fn tell_saved(&self, chunk: &ChunkView) {
        let (done, all) = (self.results.done.len(), self.planning.chunks.len());
        self.reporter.tell(JobEvent::Plan(PlanEvent::BeatSaved {
            beat: chunk.beat.clone(),
            title: chunk.title.clone(),
            number: chunk.number.0 as usize,
            file: self.planning.story.folder.brief_name().to_owned(),
            percent: u32::try_from(done * 100 / all.max(1)).unwrap_or(100),
            elapsed_ms: self.reporter.elapsed_ms(),
        }));
    }

    /// Saves what stands of an answer, with its quotes, in the run's artifacts.
    async fn keep_artifact(&self, chunk: &ChunkView, proven: &Proven) {
        let mut text = format!("# Chunk {}: {}\n", chunk.number, chunk.title);
        let one = [
            ("Beat", &proven.beat),
            ("Enter", &proven.enter),
            ("Exit", &proven.exit),
        ];
        let one = one
            .into_iter()
            .filter_map(|(what, said)| Some((what, said.as_ref()?)));
        let rules = proven.rules.iter().map(|rule| ("Rule", rule));
        for (what, said) in one.chain(rules) {
            text.push_str(&format!("\n{what}: {}\n\n> {}\n", said.text, said.quote));
        }
        for left in &proven.left_out {
            let (what, said, why) = (left.what, &left.said.text, &left.why);
            text.push_str(&format!("\nLeft out, {what}: {said}\n({why})\n"));
        }
        let (run, name) = (
            self.reporter.run().clone(),
            format!("chunk_{:02}.md", chunk.number.0),
        );
        let kept = blocking(move || run.artifact(&name, &text)).await;
        if let Err(error) = kept {
            self.reporter
                .warn(Some(chunk.number), "record", error.to_string());
        }
    }

    /// Saves what was answered; a failure costs no more than asking again later.
    pub async fn remember(&self) {
        let (memory, disk): (Memory, Disk) = (self.planning.memory.clone(), self.disk.clone());
        let (folder, id) = (
            self.planning.story.folder.clone(),
            self.planning.view.id.clone(),
        );
        let kept = blocking(move || memory.write(&folder, &id, &disk)).await;
        if let Err(error) = kept {
            self.reporter.warn_once("record", error.to_string());
        }
    }
}
