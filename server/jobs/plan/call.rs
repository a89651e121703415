//! Makes one call of a plan: takes beats out of the answer while it arrives, and puts each complete one into
//! the brief.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::growing_brief::{Put, PutStop};
use super::job::{CallEnd, Job, MOST_RAISED};
use super::records;
use crate::events::job::JobEvent;
use crate::events::plan::PlanEvent;
use crate::jobs::run::blocking::blocking;
use crate::provider::{Event, FinishReason, ProviderError, ProviderErrorKind, Request, Usage};
use crate::settings::Role;
use crate::story::new_beats::NewBeat;
use crate::story::{BeatId, Brief, words};
use crate::writing::plan::check;
use crate::writing::plan::check::Kind;
use crate::writing::plan::reader::{Piece, Reader, Told};
use crate::writing::thought::Thought;
use crate::writing::tokens;
use crate::writing::tokens::{Answered, Weight, is_own_limit};

/// The shortest time between two reports of progress.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// The duration of a call after which the author is told how far it is.
const SLOW_CALL: Duration = Duration::from_secs(300);
/// The longest wait for the end of an answer whose beats are all there, and the bytes that may still come
/// until then.
const END_PATIENCE: Duration = Duration::from_secs(3);
const MOST_MORE: usize = 600;
/// The most bytes for each beat of an answer; a longer answer is taken to have no end.
const LONGEST_BEAT: usize = 12 * 1024;

/// An answer that is arriving.
struct Answer<'a> {
    job: &'a mut Job,
    /// The beats of the brief by their numbers in the prompt.
    numbered: Vec<BeatId>,
    /// The gaps into which beats go until the answer names another.
    gaps: Vec<Option<usize>>,
    /// The beat of the prompt that the answer named last, by index.
    named: Option<usize>,
    /// The last new beat of each gap.
    ends: HashMap<Option<usize>, BeatId>,
    /// The ids of the beats of this answer.
    told_now: HashSet<BeatId>,
    parts: u32,
    planned: u32,
    wrong: Option<String>,
    /// Whether the answer is in a language other than the story's.
    foreign: bool,
    text: String,
    /// The most tokens that the answer may have.
    limit: u32,
    /// Whether the provider has reported the end.
    ended: bool,
    usage_before: Usage,
    usage: Usage,
    thought: Thought,
    started: Instant,
    told: Instant,
}

impl Job {
    /// Makes one call for `parts` beats. `brief` is the one that the request was made from.
    pub async fn call(
        &mut self,
        request: Request,
        brief: &Brief,
        gaps: Vec<Option<usize>>,
        cancel: &CancellationToken,
    ) -> CallEnd {
        let parts = u32::try_from(gaps.len()).unwrap_or(u32::MAX);
        let usage_before = self.usage;
        let model = self.model.clone();
        let (asked, limit) = (Weight::of_request(&request), request.max_output_tokens);
        let mut answer = Answer {
            numbered: brief.beats.iter().map(|beat| beat.id.clone()).collect(),
            gaps,
            named: None,
            ends: HashMap::new(),
            told_now: HashSet::new(),
            parts,
            planned: 0,
            wrong: None,
            foreign: false,
            text: String::new(),
            limit,
            ended: false,
            usage_before,
            usage: Usage::default(),
            thought: Thought::default(),
            started: Instant::now(),
            told: Instant::now(),
            job: self,
        };
        let stream = tokio::select! {
            () = cancel.cancelled() => return CallEnd::Cancelled,
            stream = model.complete(request) => stream,
        };
        let end = match stream {
            Ok(stream) => answer.listen(stream, cancel).await,
            Err(error) => CallEnd::Failed { error, planned: 0 },
        };
        let (ended, thought, text) = (answer.ended, answer.thought, answer.text);
        let (tokenizers, model) = (&self.model.tokenizers, &self.model.name);
        if ended {
            let usage = self.usage.since(usage_before);
            let text = (thought.tokens() == 0).then_some(text.as_str());
            tokenizers.note(
                model,
                &Answered {
                    asked,
                    usage,
                    text,
                    words: 0,
                },
            );
        } else {
            let estimator = tokenizers.estimator(model);
            let (asked, heard) = (estimator.of(asked), estimator.estimate(&text));
            self.usage = tokens::with_unreported(self.usage, usage_before, asked, heard);
        }
        self.reporter.note_thought(&thought);
        let took = self.usage.since(usage_before);
        let price = self.model.price(&self.settings.prices);
        let cost = price.map(|price| price.of(&took));
        self.reporter
            .note_spent(Role::Plan, &self.model.answers(), took, cost);
        end
    }
}

impl Answer<'_> {
    fn is_complete(&self) -> bool {
        self.planned >= self.parts
    }

    async fn listen(
        &mut self,
        mut stream: crate::provider::EventStream,
        cancel: &CancellationToken,
    ) -> CallEnd {
        let mut reader = Reader::default();
        let slow = tokio::time::sleep(SLOW_CALL);
        tokio::pin!(slow);
        let mut told_slow = false;
        let mut cut_off = false;
        let whole = loop {
            let event = tokio::select! {
                biased;
                () = cancel.cancelled() => return CallEnd::Cancelled,
                () = &mut slow, if !told_slow => {
                    told_slow = true;
                    self.tell_slow();
                    continue;
                }
                event = stream.next() => event,
            };
            let event = event.unwrap_or_else(|| {
                Err(ProviderError::new(
                    ProviderErrorKind::Broken,
                    "The answer broke off before its end.",
                ))
            });
            match event {
                Ok(Event::Text(text)) => {
                    self.text.push_str(&text);
                    if let Err(stop) = self.take(reader.push(&text)).await {
                        return CallEnd::Stopped(stop);
                    }
                    self.tell_progress();
                    if self.is_complete() || self.foreign || self.has_no_end() {
                        break false;
                    }
                }
                Ok(Event::Usage(usage)) => {
                    self.usage.update(usage);
                    self.job.usage = self.usage_before.plus(self.usage);
                }
                Ok(Event::Notice(message)) => self.job.reporter.warn(None, "provider", message),
                Ok(Event::Started { model }) => self.job.model.note_answer(model.as_deref()),
                Ok(event @ (Event::Reasoning { .. } | Event::Thought { .. })) => {
                    self.thought.note(&event);
                }
                Ok(Event::Finished(FinishReason::Refusal)) => {
                    self.ended = true;
                    self.wrong.get_or_insert_with(|| "was a refusal".to_owned());
                    break false;
                }
                Ok(Event::Finished(reason)) => {
                    self.ended = true;
                    cut_off = self.is_own_limit(&reason);
                    break reason == FinishReason::Stop;
                }
                Err(error) => {
                    let planned = self.planned;
                    return CallEnd::Failed { error, planned };
                }
            }
        };
        if let Err(stop) = self.take(reader.end(whole)).await {
            return CallEnd::Stopped(stop);
        }
        if !self.ended {
            self.hear_usage(&mut stream).await;
        }
        if cut_off && !self.is_complete() {
            let (limit, planned) = (self.limit, self.planned);
            return CallEnd::CutOff { limit, planned };
        }
        CallEnd::Ended {
            planned: self.planned,
            wrong: self.wrong.take(),
            answer: self.text.clone(),
        }
    }

    /// Tells whether the answer was ended by the limit of its call, which can still be raised.
    fn is_own_limit(&self, reason: &FinishReason) -> bool {
        let model = &self.job.model;
        let heard = model.tokenizers.estimator(&model.name).estimate(&self.text);
        let told = self.usage.output_tokens;
        self.job.raised < MOST_RAISED && is_own_limit(reason, self.limit, told, heard)
    }

    /// Waits a moment for the usage, which a server reports at the end of an answer whose beats are all
    /// there.
    async fn hear_usage(&mut self, stream: &mut crate::provider::EventStream) {
        let mut more = 0;
        let end = async {
            while let Some(Ok(event)) = stream.next().await {
                match event {
                    Event::Usage(usage) => self.usage.update(usage),
                    Event::Text(text) => more += text.len(),
                    Event::Finished(_) => {
                        self.ended = true;
                        return;
                    }
                    _ => {}
                }
                if more > MOST_MORE {
                    return;
                }
            }
        };
        // What is not told by then is estimated.
        let _ = tokio::time::timeout(END_PATIENCE, end).await;
        self.job.usage = self.usage_before.plus(self.usage);
    }

    fn has_no_end(&mut self) -> bool {
        let most = LONGEST_BEAT.saturating_mul(self.parts as usize + 2);
        if self.text.len() > most {
            self.wrong.get_or_insert_with(|| "had no end".to_owned());
        }
        self.text.len() > most
    }

    async fn take(&mut self, pieces: Vec<Piece>) -> Result<(), PutStop> {
        for piece in pieces {
            if self.is_complete() {
                return Ok(());
            }
            match piece {
                Piece::Existing(number) => self.name(number.checked_sub(1)),
                Piece::Beat(told) => self.take_beat(told).await?,
            }
        }
        Ok(())
    }

    /// Makes new beats go behind this one from now on; never backwards.
    fn name(&mut self, index: Option<usize>) {
        let index = index.filter(|index| *index < self.numbered.len());
        self.named = self.named.max(index);
    }

    async fn take_beat(&mut self, told: Told) -> Result<(), PutStop> {
        let text = self.job.growing_brief.read().await?;
        let brief = Brief::parse(&text);
        match check::judge(&told, &brief, &self.told_now) {
            Kind::New => {}
            Kind::Existing(at) => {
                let id = &brief.beats[at].id;
                self.name(self.numbered.iter().position(|known| known == id));
                return Ok(());
            }
            Kind::Bad(why) => {
                let message = format!("a beat of the answer is left out: {why}");
                self.leave_out(&told, message).await;
                return Ok(());
            }
            Kind::Foreign(what) => {
                let message = format!(
                    "is {what}, and the story's language is `{}`",
                    brief.language.as_str()
                );
                self.foreign = true;
                self.wrong.get_or_insert(message);
                return Ok(());
            }
        }
        let gap = match self.named {
            Some(index) => Some(index),
            None => self.gaps.get(self.planned as usize).copied().flatten(),
        };
        let before = gap.and_then(|index| self.numbered.get(index));
        let after = self.ends.get(&gap).or(before).cloned();
        match self.put(&brief, after.as_ref(), &told).await {
            Ok((beat, put)) => {
                self.ends.insert(gap, beat.id.clone());
                self.told_now.insert(beat.id.clone());
                self.planned += 1;
                self.job.note_planned(&beat, &put);
                Ok(())
            }
            Err(PutStop::NoPlace(why)) => {
                let message = format!("“{}” is left out: {why}", told.title);
                self.leave_out(&told, message).await;
                Ok(())
            }
            Err(stop) => Err(stop),
        }
    }

    /// Saves a beat in the run's records, since it was paid for, then puts it into the brief.
    async fn put(
        &mut self,
        brief: &Brief,
        after: Option<&BeatId>,
        told: &Told,
    ) -> Result<(NewBeat, Put), PutStop> {
        let at = after.and_then(|id| brief.beats.iter().position(|beat| beat.id == *id));
        let number = at.map_or(1, |at| at + 2);
        let mut taken = self.job.taken.clone();
        taken.extend(brief.beats.iter().map(|beat| beat.id.0.clone()));
        let carried = || brief.beats.get(at?)?.exit.clone();
        let mut beat = NewBeat {
            id: check::id(&told.title, number, &taken),
            title: told.title.clone(),
            text: told.text.clone(),
            // How the beat before it ends is how this one begins.
            enter: told.enter.clone().or_else(carried),
            exit: told.exit.clone(),
        };
        self.job.keep(&beat).await;
        let first = self.job.growing_brief.put(after, &beat).await;
        let Err(PutStop::NoPlace(_)) = first else {
            return first.map(|put| (beat, put));
        };
        // An `after=` of the author's may wait for a beat of that name.
        taken.insert(beat.id.0.clone());
        beat.id = check::id(&told.title, number, &taken);
        let put = self.job.growing_brief.put(after, &beat).await?;
        Ok((beat, put))
    }

    async fn leave_out(&mut self, told: &Told, message: String) {
        self.job.reporter.warn(None, "left-out", message.as_str());
        let report = format!(
            "# {message}\n\n## {}\n\n{}\n\nEnter: {}\nExit: {}\n",
            told.title,
            told.text,
            told.enter.as_deref().unwrap_or("–"),
            told.exit.as_deref().unwrap_or("–")
        );
        self.wrong.get_or_insert(message);
        let reporter = &self.job.reporter;
        reporter.keep_error(None, "left_out", report).await;
    }

    fn tell_progress(&mut self) {
        if self.told.elapsed() < TELL_EVERY {
            return;
        }
        self.told = Instant::now();
        let words = words::count(&self.text, &self.job.story.brief.language);
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let event = PlanEvent::Progress {
            planned: self.job.planned(),
            to_plan: self.job.to_plan(),
            words,
            percent: self.job.percent(),
            words_per_second: f64::from(words) / seconds,
            unit: self.job.story.brief.language.unit(),
            elapsed_ms: self.job.reporter.elapsed_ms(),
        };
        self.job.reporter.tell(JobEvent::Plan(event));
    }

    fn tell_slow(&self) {
        let deadline = self.job.settings.deadlines.call.as_secs();
        let message = format!(
            "this call has taken {} s; {} planned and saved. At {deadline} s it is ended, and another one \
             asks for the rest",
            SLOW_CALL.as_secs(),
            match self.job.planned() {
                1 => "1 beat is".to_owned(),
                many => format!("{many} beats are"),
            }
        );
        self.job.reporter.warn(None, "slow-call", message);
    }
}

impl Job {
    /// Saves a beat in the run's artifacts; a failure is reported and changes nothing else.
    async fn keep(&self, beat: &NewBeat) {
        let (name, text) = records::artifact(self.planned() + 1, beat);
        let run = self.reporter.run().clone();
        let kept = blocking(move || run.artifact(&name, &text)).await;
        if let Err(error) = kept {
            self.reporter.warn(None, "record", error.to_string());
        }
    }
}
