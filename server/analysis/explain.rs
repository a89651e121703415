//! Shows the exact prompt of a chunk, block by block, with what was left out and why. Sends nothing.

use serde::Serialize;

use super::error::StoryError;
use super::mode;
use super::session_snapshot::SessionSnapshot;
use super::story_file::StoryFile;
use super::written::{Asks, Call, Written, still_wanted};
use crate::analysis::selection::ChunkRef;
use crate::session::{ChunkStatus, ChunkView, Disk};
use crate::settings::Settings;
use crate::story::{BeatId, ChunkNumber};
use crate::writing::prompt::{Part, Prompt};
use crate::writing::schedule::in_force;
use crate::writing::tokens;

/// The prompt that would be sent for a chunk now.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Whether it is the prompt of the whole story in one call, which begins with this chunk.
    pub whole_story: bool,
    pub chunk: ChunkNumber,
    pub beat: BeatId,
    pub title: String,
    /// The tokens of the whole prompt, by estimate.
    pub tokens: u32,
    /// The most tokens that the prompt may have.
    pub context_tokens: u32,
    pub blocks: Vec<ExplainedBlock>,
    pub left_out: Vec<ExplainedGap>,
}

/// A block of the prompt, in the order in which it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedBlock {
    pub name: &'static str,
    /// The name of its stability in caches: "system", "sealed", "chapter", "chunk" or "call".
    pub part: &'static str,
    /// The tokens, by estimate.
    pub tokens: u32,
    pub bytes: usize,
    pub text: String,
}

/// A part that did not fit into the prompt.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedGap {
    pub what: String,
    /// The tokens, by estimate.
    pub tokens: u32,
    pub why: &'static str,
}

impl Explanation {
    /// Returns the prompt with which `write` would continue a chunk, or `rewrite` write it anew where it is
    /// complete. Without a chunk, the prompt of the first one that is not complete.
    ///
    /// # Errors
    /// A brief with errors, a chunk that there is none of, a session that can't be read, or
    /// [`StoryError::TooLarge`] where the prompt does not fit.
    pub(super) fn of_session(
        snapshot: &SessionSnapshot,
        chunk: Option<&ChunkRef>,
        disk: &Disk,
    ) -> Result<Explanation, StoryError> {
        let (story, settings) = (&snapshot.read.story, &snapshot.read.settings);
        let (plan, written) = (&snapshot.plan, &snapshot.written);
        story.check()?;
        let number = match chunk {
            Some(chunk) => chunk.resolve(plan)?,
            None => next_chunk(written),
        };
        let chunks = &written.view.chunks;
        let index = (number.0 as usize).saturating_sub(1);
        let Some(mut view) = chunks.get(index).cloned() else {
            let chunks = chunks.len();
            return Err(StoryError::NoSuchChunk { number, chunks });
        };
        view.target_words = written.target(&story.brief, &view);
        let before = index.checked_sub(1).and_then(|before| chunks.get(before));
        let so_far = match view.status {
            ChunkStatus::Complete => "",
            _ => view.text.trim_end(),
        };
        // A complete chunk would be rewritten.
        let replaced = (view.status == ChunkStatus::Complete).then(|| view.source());
        let asks = Asks::of(&story.brief, &view, replaced, None);
        let call = Call {
            so_far,
            preceding: before.map_or("", |before| before.text.as_str()),
            notes: &asks.sent,
            words: still_wanted(&view, so_far, &story.brief.language),
        };
        let (tokenizers, model) = written.tokenizers(story, settings, disk);
        let limit = tokenizers.limit(&model, settings.context_tokens);
        let whole = match chunk {
            Some(_) => None,
            // One that does not fit is not sent either.
            None => is_one_call(written, story, settings)
                .then(|| written.whole_prompt(story, limit).ok())
                .flatten(),
        };
        let whole_story = whole.is_some();
        let prompt = match whole {
            Some(prompt) => prompt,
            None => written.prompt(story, limit, &view, &call)?,
        };
        let explanation = Explanation::of(prompt, &view, settings.context_tokens);
        Ok(Explanation {
            whole_story,
            ..explanation
        })
    }

    fn of(prompt: Prompt, chunk: &ChunkView, context_tokens: u32) -> Explanation {
        let (tokens, estimator) = (prompt.tokens(), prompt.estimator);
        let blocks = prompt.blocks.into_iter();
        let left_out = prompt.left_out.into_iter();
        Explanation {
            whole_story: false,
            chunk: chunk.number,
            beat: chunk.beat.clone(),
            title: chunk.title.clone(),
            tokens,
            context_tokens,
            blocks: blocks
                .map(|block| ExplainedBlock {
                    name: block.name,
                    part: part_name(block.part),
                    tokens: estimator.estimate(&block.text),
                    bytes: block.text.len(),
                    text: block.text,
                })
                .collect(),
            left_out: left_out
                .map(|gap| ExplainedGap {
                    what: gap.what,
                    tokens: gap.tokens,
                    why: gap.why,
                })
                .collect(),
        }
    }

    /// Returns a line for people.
    pub fn headline(&self) -> String {
        let what = match self.whole_story {
            true => "the whole story in one call".to_owned(),
            false => format!("chunk {} “{}”", self.chunk, self.title),
        };
        format!(
            "the prompt of {what}: about {} of {} tokens in {} blocks, {} left out",
            self.tokens,
            self.context_tokens,
            self.blocks.len(),
            self.left_out.len()
        )
    }

    /// Returns the whole explanation as markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "<!-- {} -->\n\n| block | part | tokens | bytes |\n|---|---|---|---|\n",
            self.headline()
        );
        for block in &self.blocks {
            text.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                block.name, block.part, block.tokens, block.bytes
            ));
        }
        for gap in &self.left_out {
            text.push_str(&format!(
                "\nLeft out: {}, about {} tokens: {}.\n",
                gap.what, gap.tokens, gap.why
            ));
        }
        for block in &self.blocks {
            text.push_str(&format!(
                "\n<!-- {} ({}, about {} tokens) -->\n{}\n",
                block.name, block.part, block.tokens, block.text
            ));
        }
        text
    }
}

/// Tells whether the author asked for one call, and the next job makes it. The choice of `auto` depends on
/// the model that answers then.
pub(crate) fn is_one_call(written: &Written, story: &StoryFile, settings: &Settings) -> bool {
    let chunks = &written.view.chunks;
    let words = chunks.iter().map(|chunk| chunk.target_words).sum();
    let facts = mode::Facts {
        settings,
        order: in_force(settings.order, &story.brief),
        is_fresh: chunks
            .iter()
            .all(|chunk| chunk.status == ChunkStatus::Missing),
        parts: chunks.len(),
        words,
        tokens: tokens::of_words(words, &story.brief.language),
        output_limit: None,
        pace: None,
    };
    mode::choose(&facts) == mode::Choice::OneCall
}

fn next_chunk(written: &Written) -> ChunkNumber {
    let mut chunks = written.view.chunks.iter();
    let next = chunks.find(|chunk| chunk.status != ChunkStatus::Complete);
    next.map_or(ChunkNumber(1), |chunk| chunk.number)
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::System => "system",
        Part::Sealed => "sealed",
        Part::Chapter => "chapter",
        Part::User => "chunk",
        Part::Closing => "call",
    }
}
