//! Ends a plan from the text: reports its result and writes its records.

use std::sync::Arc;

use super::TextPlanning;
use super::job::{Job, Results, Stop};
use super::staleness::stale;
use crate::events::job::{JobEvent, Outcome};
use crate::events::outcomes::Finished;
use crate::events::plan::PlanEvent;
use crate::events::plan_summary::PlanSummary;
use crate::jobs::run::begin::Context;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::reporter::millis;
use crate::jobs::run::run_summary;
use crate::jobs::run::workshop::Workshop;
use crate::provider::Usage;
use crate::story::ChunkNumber;
use crate::story::counted::counted;
use crate::story::ids;

impl TextPlanning {
    /// Ends the job without asking a model, since every beat says what its text does.
    pub(super) fn nothing_to_plan(&self, context: &Context<'_>) -> Finished {
        let lacking = self.view.chunks.iter().filter(|chunk| {
            let beat = self.story.brief.beat(&chunk.beat);
            beat.is_some_and(super::lacks_something) && self.memory.is_done(chunk, None)
        });
        let lacking: Vec<ChunkNumber> = lacking.map(|chunk| chunk.number).collect();
        let why = match lacking.is_empty() {
            true => "every beat that has a text says what happens, Enter and Exit".to_owned(),
            false => format!(
                "what the beats of {} are missing was asked for and could not be proven by their text. Name a chunk to \
                 have it asked again",
                ids::chunks(&lacking)
            ),
        };
        let message = format!("nothing to plan: {why}");
        context.observer.event(&JobEvent::Plan(PlanEvent::Finished {
            outcome: Outcome::Complete,
            planned: 0,
            missing: 0,
            beats: u32::try_from(self.story.brief.beats.len()).unwrap_or(u32::MAX),
            rules: Some(0),
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
    /// Reports the result and keeps it in the run's records.
    pub(super) async fn finish(
        mut self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
        asked: &str,
        stop: Option<Stop>,
    ) -> Finished {
        let outcome = match &stop {
            Some(Stop::Cancelled) => Outcome::Cancelled,
            Some(Stop::Message(_)) => Outcome::Incomplete,
            None if !self.results.left.is_empty() => Outcome::Incomplete,
            None => Outcome::Complete,
        };
        if outcome == Outcome::Complete {
            self.planning.memory.end_overwriting();
            self.remember().await;
        }
        let (request, session) = (&self.planning.request, &self.planning.view.id);
        let now = stale(workshop, request, session, editor).await;
        let fresh: Vec<ChunkNumber> = now.difference(&self.stale_before).copied().collect();
        let name = self.planning.story.folder.brief_name();
        let place = match self.brief.is_open() {
            true => format!("{name}, which is not saved yet"),
            false => name.to_owned(),
        };
        let message = message(&self.results, stop, &place, &fresh);
        let spent = self.asker.spent();
        let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
        let summary = PlanSummary {
            story: &self.planning.story.brief.title,
            asked,
            provider: self.asker.model.kind.as_str(),
            model: &self.asker.model.answers(),
            outcome,
            message: &message,
            heading: "Beats from the text",
            titles: &self.results.titles,
            rules: &self.results.rules,
            usage: spent.usage,
            cost: spent.cost,
            seconds: self.reporter.elapsed().as_secs_f64(),
        }
        .markdown();
        self.reporter.finish_run(summary).await;
        self.reporter.tell(JobEvent::Plan(PlanEvent::Finished {
            outcome,
            planned: count(self.results.titles.len()),
            missing: count(self.results.left.len()),
            beats: count(self.planning.story.brief.beats.len()),
            rules: Some(count(self.results.rules.len())),
            usage: spent.usage,
            cost: spent.cost,
            message: message.clone(),
            elapsed_ms: self.reporter.elapsed_ms(),
        }));
        Finished { outcome, message }
    }
}

/// Returns a message with the result, what is safe, and what to do next.
fn message(results: &Results, stop: Option<Stop>, place: &str, fresh: &[ChunkNumber]) -> String {
    let rules = match results.rules.len() {
        0 => String::new(),
        many => format!(" and {}", counted(many, "rule")),
    };
    let mut planned = match (results.titles.len(), results.rules.len()) {
        (0, 0) => "nothing was added to the brief".to_owned(),
        (0, many) => format!("{} from the text in {place}", counted(many, "new rule")),
        (beats, _) => format!("{}{rules} from the text in {place}", counted(beats, "beat")),
    };
    if results.left_out > 0 {
        planned.push_str(&format!(
            "; {} left out, which the text does not prove",
            match results.left_out {
                1 => "1 statement was".to_owned(),
                many => format!("{many} statements were"),
            }
        ));
    }
    if !fresh.is_empty() {
        let (count, keep) = match fresh.len() {
            1 => ("counts", "marks it as it is"),
            _ => ("count", "marks them as they are"),
        };
        planned.push_str(&format!(
            ". {} {count} as stale now, since the brief says more than when that was written: `storywright keep` {keep}",
            run_summary::capitalised(&ids::chunks(fresh))
        ));
    }
    let left = ids::chunks(&results.left);
    let ended = |why: &str| match why.ends_with(['.', '?', '!']) {
        true => why.to_owned(),
        false => format!("{why}."),
    };
    let go_on = "The same command goes on from there.";
    match stop {
        None if results.left.is_empty() => {
            format!("{planned}. Change what you like; the chunks stay as they are")
        }
        None => {
            let why = results.why.as_deref().unwrap_or_default();
            let planned = run_summary::capitalised(&planned);
            let why = ended(why);
            format!("{why} {planned}; still to read: {left}. The same command tries again.")
        }
        Some(Stop::Cancelled) => format!("cancelled: {planned}; still to read: {left}. {go_on}"),
        Some(Stop::Message(why)) => format!(
            "{} {}; still to read: {left}. {go_on}",
            ended(&why),
            run_summary::capitalised(&planned)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_says_what_is_there_what_fell_and_what_is_left() {
        let mut results = Results {
            titles: vec!["A".to_owned(), "B".to_owned()],
            rules: vec!["r".to_owned()],
            left_out: 1,
            ..Results::default()
        };
        assert_eq!(
            message(&results, None, "story.md", &[]),
            "2 beats and 1 rule from the text in story.md; 1 statement was left out, which the text does not prove. Change what \
             you like; the chunks stay as they are"
        );
        results.left = vec![ChunkNumber(3), ChunkNumber(4)];
        let stop = Stop::Message("the budget is used up".to_owned());
        let text = message(&results, Some(stop), "story.md", &[ChunkNumber(1)]);
        for part in [
            "the budget is used up. 2 beats and",
            "Chunk 1 counts as stale now",
            "still to read: chunks 3, 4. The same command goes on",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let nothing = Results::default();
        assert!(
            message(&nothing, Some(Stop::Cancelled), "s", &[])
                .starts_with("cancelled: nothing was")
        );
    }
}
