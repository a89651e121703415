//! Ends a plan: reports its result and writes its records.

use super::job::{Job, Stop};
use crate::events::job::{JobEvent, Outcome};
use crate::events::outcomes::Finished;
use crate::events::plan::PlanEvent;
use crate::events::plan_summary::PlanSummary;
use crate::jobs::run::run_summary;
use crate::provider::ProviderKind;
use crate::story::counted::counted;
use crate::story::{Brief, ChunkNumber};
use crate::writing::contract;

impl Job {
    /// Reports the result and keeps it in the run's records.
    pub(crate) async fn finish(self, asked: &str, stop: Option<Stop>) -> Finished {
        self.warn_of_seams().await;
        let outcome = match stop {
            None => Outcome::Complete,
            Some(Stop::Cancelled) => Outcome::Cancelled,
            Some(Stop::Message(_)) => Outcome::Incomplete,
        };
        let message = self.message(stop);
        let beats = u32::try_from(self.story.brief.beats.len()).unwrap_or(u32::MAX);
        let (usage, cost) = (self.usage, self.cost());
        let summary = PlanSummary {
            story: &self.story.brief.title,
            asked,
            provider: self.model.kind.as_str(),
            model: &self.model.answers(),
            outcome,
            message: &message,
            heading: "New beats",
            titles: &self.titles,
            rules: &[],
            usage,
            cost,
            seconds: self.reporter.elapsed().as_secs_f64(),
        }
        .markdown();
        self.reporter.finish_run(summary).await;
        self.reporter.tell(JobEvent::Plan(PlanEvent::Finished {
            outcome,
            planned: self.planned(),
            missing: self.left(),
            beats,
            rules: None,
            usage,
            cost,
            message: message.clone(),
            elapsed_ms: self.reporter.elapsed_ms(),
        }));
        Finished { outcome, message }
    }

    /// Warns of new beats that do not take up what the beat before them left.
    async fn warn_of_seams(&self) {
        let Ok(text) = self.growing_brief.read().await else {
            return;
        };
        let brief = Brief::parse(&text);
        let is_new = |at: usize| {
            let beat = brief.beats.get(at);
            beat.is_some_and(|beat| self.fresh.contains(&beat.id))
        };
        let numbers = (1..brief.beats.len()).filter(|at| is_new(*at) || is_new(at - 1));
        let chunks = numbers.filter_map(|at| Some(ChunkNumber(u32::try_from(at + 1).ok()?)));
        let apart = contract::check(&brief, &text, chunks).apart;
        let Some(first) = apart.first() else { return };
        let others = match apart.len() {
            1 => String::new(),
            2 => ". It is the same at 1 other place".to_owned(),
            n => format!(". It is the same at {} other places", n - 1),
        };
        let message = format!(
            "{}:{}: the Exit of “{}” and the Enter of “{}” have no word in common{others}",
            self.story.folder.brief_name(),
            first.line,
            first.earlier,
            first.later
        );
        self.reporter.warn(None, "contract", message);
    }

    /// Returns a message with the result, what is safe, and what to do next.
    fn message(&self, stop: Option<Stop>) -> String {
        let name = self.story.folder.brief_name();
        let is_open = self.growing_brief.is_open();
        let place = match is_open {
            true => format!("{name}, which is not saved yet"),
            false => name.to_owned(),
        };
        let demo = match self.model.kind {
            ProviderKind::Demo => " by the demo writer, without a model",
            _ => "",
        };
        let planned = match self.planned() {
            0 => "no beat was planned".to_owned(),
            1 => format!("1 beat was planned{demo}, and is in {place}"),
            n => format!("{n} beats were planned{demo}, and are in {place}"),
        };
        let left = match self.left() {
            1 => "1 beat is missing".to_owned(),
            n => format!("{n} beats are missing"),
        };
        let go_on = "The same command goes on from there.";
        match stop {
            None => format!(
                "{planned}. The outline has {} now; change what you like, then write the story",
                counted(self.story.brief.beats.len(), "beat")
            ),
            Some(Stop::Cancelled) => format!("cancelled: {planned}; {left}. {go_on}"),
            Some(Stop::Message(why)) => format!(
                "{}. {}; {left}. {go_on}",
                why.trim_end_matches('.'),
                run_summary::capitalised(&planned)
            ),
        }
    }
}
