//! Estimates what a job is going to write and at what cost, before anything is sent: for `--dry-run`, and for
//! the question before complete chunks are written anew.
//!
//! An estimate: how often a chunk is called for, and how much of a prompt a cache has, is known
//! only afterwards.

use std::sync::Arc;

use serde::Serialize;

use super::looking::Found;
use super::prepare::Prepared;
use crate::analysis::explain::is_one_call;
use crate::analysis::lineup::{Kept, Lineup};
use crate::analysis::written::{Call, Written, margin_notes, still_wanted};
use crate::jobs::passes::during_job::Left;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{Reach, Scope, Workshop};
use crate::session::{ChunkStatus, ChunkView};
use crate::settings::calls::Calls;
use crate::settings::{Refine, Role, Settings, Switch};
use crate::story::ChunkNumber;
use crate::story::ids::chunks;
use crate::writing::schedule::Treatment;
use crate::writing::tokens::{PromptLimit, Tokenizers};

/// The words of the first paragraph of a chunk.
const OPENING_WORDS: u32 = 100;

/// The last words of every dry run.
pub(crate) const NOTHING_SENT: &str = "nothing was sent, and nothing changed";

/// The foreseen work of a job, as `write --dry-run --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct Foreseen {
    pub story: String,
    #[serde(flatten)]
    pub work: Work,
    /// The chunks that may become stale by the rewriting; they are rewritten only where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<Work>,
    /// The chunks in reach that stay as they are, since the author edited or locked them.
    pub kept: Vec<KeptChunk>,
    /// The unit of lengths: "words" or "characters".
    #[serde(skip)]
    pub unit: &'static str,
}

/// A chunk that stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct KeptChunk {
    pub chunk: ChunkNumber,
    pub reason: &'static str,
}

/// The chunks to write, and the estimated calls.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Work {
    pub to_write: Vec<ChunkNumber>,
    /// The complete chunks among them, which are written anew.
    pub rewrites: Vec<ChunkNumber>,
    /// The chunks whose beginning is fitted to the text before them.
    pub seams: Vec<ChunkNumber>,
    /// The chunks that earlier jobs left to be refined or audited.
    pub left: Vec<ChunkNumber>,
    /// The length to be written, in words (characters for CJK).
    pub words: u32,
    #[serde(flatten)]
    pub calls: Calls,
}

impl Prepared {
    /// Estimates the work of the job. Sends nothing, writes nothing.
    ///
    /// # Errors
    /// What would stop the job before it begins.
    pub async fn foresee(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Foreseen, JobError> {
        let left = match self.find_work(workshop, &editor).await? {
            Found::Work(left) => left,
            Found::Nothing(_) => Left::default(),
        };
        let written = self.written(workshop, editor).await?;
        let lineup = self.lineup(&written)?;
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let disk = workshop.disk().clone();
        let follows = matches!(self.request.scope, Scope::RewriteStale(_));
        let seen = blocking(move || -> Result<Foreseen, JobError> {
            let (tokenizers, model) = written.tokenizers(&story, &settings, &disk);
            let estimate = Estimate {
                story: &story,
                settings: &settings,
                written: &written,
                tokenizers,
                model,
            };
            let following = follows.then(|| following(&lineup, &written.view.chunks));
            let following = following.filter(|following| !following.tasks.is_empty());
            let kept = lineup.kept.iter().map(|(chunk, kept)| KeptChunk {
                chunk: *chunk,
                reason: match kept {
                    Kept::Edited => "edited",
                    Kept::Locked => "locked",
                },
            });
            Ok(Foreseen {
                story: story.brief.title.clone(),
                work: estimate.of(&lineup, left)?,
                following: following
                    .map(|more| estimate.of(&more, Left::default()))
                    .transpose()?,
                kept: kept.collect(),
                unit: story.brief.language.unit(),
            })
        })
        .await?;
        Ok(seen)
    }

    /// Tells whether the author is asked before the job begins, since it may write several complete chunks
    /// anew.
    pub fn may_rewrite_several(&self) -> bool {
        match &self.request.scope {
            Scope::RewriteFrom(_) | Scope::RewriteStale(_) => true,
            Scope::Rewrite(chunks) => chunks.single().is_none(),
            _ => false,
        }
    }

    /// Adds the chunks that become stale by the rewriting to those that are rewritten.
    pub fn follow(&mut self) {
        if let Scope::RewriteStale(reach) = &mut self.request.scope {
            *reach = Reach::Following;
        }
    }
}

/// Returns the chunks that the rewriting makes stale one after the other: each follows the one before it, up
/// to a text that stays or is not there yet.
fn following(lineup: &Lineup, chunks: &[ChunkView]) -> Lineup {
    let is_lined_up = |number| lineup.tasks.iter().any(|task| task.number == number);
    let mut more = Lineup::default();
    let mut changes = false;
    for chunk in chunks {
        let stays = Kept::of(chunk).is_some() || chunk.status != ChunkStatus::Complete;
        changes = match is_lined_up(chunk.number) {
            true => true,
            false => changes && !stays,
        };
        if changes && !is_lined_up(chunk.number) {
            more.add(chunk.number, Treatment::Rewrite);
        }
    }
    more
}

struct Estimate<'a> {
    story: &'a crate::analysis::story_file::StoryFile,
    settings: &'a Settings,
    written: &'a Written,
    tokenizers: Tokenizers,
    model: String,
}

impl Estimate<'_> {
    fn of(&self, lineup: &Lineup, left: Left) -> Result<Work, JobError> {
        let view = &self.written.view;
        let mut work = Work {
            rewrites: lineup.rewrites(view).map(|chunk| chunk.number).collect(),
            ..Work::default()
        };
        let mut calls = Calls::none();
        let one_call = lineup.tasks.len() == view.chunks.len()
            && is_one_call(self.written, self.story, self.settings);
        for task in &lineup.tasks {
            let Some(chunk) = view.chunk(task.number) else {
                continue;
            };
            let wanted = match task.treatment {
                Treatment::GoOn if chunk.status == ChunkStatus::Complete => continue,
                Treatment::GoOn => chunk.target_words.saturating_sub(chunk.words),
                Treatment::Rewrite => chunk.target_words,
            };
            work.to_write.push(task.number);
            work.words = work.words.saturating_add(wanted);
            let prose = u64::from(self.of_words(wanted));
            if !one_call {
                let prompt = self.prompt(chunk, task.treatment)?;
                calls.add(self.settings, Role::Draft, prompt, prose);
            }
            self.add_passes(&mut calls, prose);
        }
        if one_call {
            let prompt = self.written.whole_prompt(self.story, self.limit())?;
            let prose = u64::from(self.of_words(work.words));
            let prompt = u64::from(prompt.tokens());
            calls.add(self.settings, Role::Draft, prompt, prose);
        }
        work.seams = lineup.seams(&self.story.brief, view, self.settings);
        for chunk in work.seams.iter().filter_map(|number| view.chunk(*number)) {
            let prompt = self.prompt(chunk, Treatment::Rewrite)?;
            let opening = u64::from(self.of_words(OPENING_WORDS.min(chunk.target_words)));
            calls.add(self.settings, Role::Draft, prompt, opening);
        }
        let left = left.without(&work.to_write);
        work.left = left.chunks();
        for (role, numbers) in [(Role::Refine, left.to_refine), (Role::Audit, left.to_audit)] {
            for chunk in numbers.iter().filter_map(|number| view.chunk(*number)) {
                let prose = u64::from(self.of_words(chunk.words));
                calls.add_pass(self.settings, role, prose);
            }
        }
        work.calls = calls.known();
        Ok(work)
    }

    fn of_words(&self, words: u32) -> u32 {
        let language = &self.story.brief.language;
        self.tokenizers.of_words(&self.model, words, language)
    }

    fn limit(&self) -> PromptLimit {
        self.tokenizers
            .limit(&self.model, self.settings.context_tokens)
    }

    /// Returns the estimated tokens of a chunk's prompt.
    fn prompt(&self, chunk: &ChunkView, treatment: Treatment) -> Result<u64, JobError> {
        let index = (chunk.number.0 as usize).saturating_sub(1);
        let before = index.checked_sub(1);
        let before = before.and_then(|before| self.written.view.chunks.get(before));
        let so_far = match treatment {
            Treatment::GoOn => chunk.text.trim_end(),
            Treatment::Rewrite => "",
        };
        let call = Call {
            so_far,
            preceding: before.map_or("", |before| before.text.as_str()),
            notes: &margin_notes(&self.story.brief, chunk.number),
            words: still_wanted(chunk, so_far, &self.story.brief.language),
        };
        let prompt = self
            .written
            .prompt(self.story, self.limit(), chunk, &call)?;
        Ok(u64::from(prompt.tokens()))
    }

    /// Adds the calls that follow a chunk of so many tokens, by the settings.
    fn add_passes(&self, calls: &mut Calls, prose: u64) {
        if self.settings.state == Switch::On {
            calls.add_pass(self.settings, Role::State, prose);
        }
        if self.settings.refine != Refine::Off {
            calls.add_pass(self.settings, Role::Refine, prose);
        }
        if self.settings.audit == Switch::On {
            calls.add_pass(self.settings, Role::Audit, prose);
        }
    }
}

impl Work {
    /// Returns a phrase such as `chunks 2, 4 to 5 (450 words; 6 calls, about 5200 tokens in and 1400 out, at
    /// a cost of about 0.0123)`.
    fn sentence(&self, unit: &str) -> String {
        format!(
            "{} ({} {unit}; {})",
            chunks(&self.to_write),
            self.words,
            self.calls.sentence()
        )
    }
}

impl Foreseen {
    /// Returns the text of a dry run.
    pub fn message(&self) -> String {
        let mut lines = Vec::new();
        let work = &self.work;
        lines.push(match (work.to_write.is_empty(), work.calls.count) {
            (true, 0) => "there is nothing to write".to_owned(),
            (true, _) => format!("would write no chunk ({})", work.calls.sentence()),
            (false, _) => format!("would write {}", work.sentence(self.unit)),
        });
        if !self.work.rewrites.is_empty() {
            lines.push(format!(
                "complete, and written anew: {}",
                chunks(&self.work.rewrites)
            ));
        }
        if !work.seams.is_empty() {
            lines.push(format!(
                "beginnings fitted to the text before them afterwards: {}",
                chunks(&work.seams)
            ));
        }
        if !work.left.is_empty() {
            lines.push(format!(
                "refined or audited, since earlier jobs left it: {}",
                chunks(&work.left)
            ));
        }
        lines.extend(self.kept_words());
        lines.extend(self.following_words());
        lines.push(NOTHING_SENT.to_owned());
        lines.join("\n")
    }

    /// Returns the warning before several complete chunks are written anew; `None` for one at most.
    pub fn warning(&self) -> Option<String> {
        if self.work.rewrites.len() < 2 && self.following.is_none() {
            return None;
        }
        if self.work.rewrites.is_empty() {
            return None;
        }
        let complete = match self.work.rewrites.len() {
            1 => "1 complete chunk is".to_owned(),
            many => format!("{many} complete chunks are"),
        };
        let mut lines = vec![format!(
            "{complete} written anew; what they replace is kept in history/. All in all: {}",
            self.work.sentence(self.unit)
        )];
        lines.extend(self.kept_words());
        lines.extend(self.following_words());
        Some(lines.join("\n"))
    }

    fn kept_words(&self) -> Option<String> {
        let of = |reason| {
            let kept = self.kept.iter().filter(|kept| kept.reason == reason);
            let numbers: Vec<ChunkNumber> = kept.map(|kept| kept.chunk).collect();
            (!numbers.is_empty()).then(|| format!("{reason}: {}", chunks(&numbers)))
        };
        let kept: Vec<String> = ["edited", "locked"].into_iter().filter_map(of).collect();
        (!kept.is_empty()).then(|| format!("left as it is ({})", kept.join("; ")))
    }

    fn following_words(&self) -> Option<String> {
        let following = self.following.as_ref()?;
        Some(format!(
            "may become stale by that, since the text before it changes: {}",
            following.sentence(self.unit)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writing::schedule::Task;

    #[test]
    fn what_a_rewriting_costs_is_said_in_one_sentence() {
        let work = Work {
            to_write: vec![ChunkNumber(2), ChunkNumber(3)],
            rewrites: vec![ChunkNumber(2), ChunkNumber(3)],
            words: 300,
            calls: Calls {
                count: 4,
                input_tokens: 5200,
                output_tokens: 1400,
                cost: Some(0.0123),
            },
            ..Work::default()
        };
        assert_eq!(
            work.sentence("words"),
            "chunks 2, 3 (300 words; 4 calls, about 5200 tokens in and 1400 out, at a cost of about 0.0123)"
        );
    }

    #[test]
    fn a_lineup_of_nothing_is_followed_by_nothing() {
        let mut lineup = Lineup::default();
        assert!(following(&lineup, &[]).tasks.is_empty());
        lineup.tasks.push(Task {
            number: ChunkNumber(1),
            treatment: Treatment::Rewrite,
        });
        assert!(following(&lineup, &[]).tasks.is_empty());
    }
}
