//! Builds the prompt of a story that is written in one answer: the same facts, and all beats in order.
//!
//! Nothing gives way in it: what does not fit is written one call a beat.

use super::block::{Block, Part, Prompt, TooLarge};
use super::blocks;
use super::budget::Budget;
use super::templates::{self, Templates};
use crate::story::{Brief, SectionKind};
use crate::writing::single::mark;
use crate::writing::tokens::PromptLimit;

/// The inputs of the prompt of a whole story.
#[derive(Debug, Clone, Copy)]
pub struct WholeStory<'a> {
    pub brief: &'a Brief,
    pub templates: &'a Templates,
    /// One a beat, in their order.
    pub parts: &'a [PlannedPart],
    /// Most tokens that the prompt may have.
    pub limit: PromptLimit,
}

/// What one part of a whole story is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPart {
    /// In words (characters for CJK).
    pub words: u32,
    /// The author's wishes, from margin notes; may be empty.
    pub notes: Vec<String>,
}

pub(crate) fn assemble(story: &WholeStory<'_>) -> Result<Prompt, TooLarge> {
    let (brief, templates) = (story.brief, story.templates);
    let (system, user) = (Part::System, Part::User);
    let texts = [
        (
            "contract",
            "the contract with the style",
            system,
            blocks::contract(brief, templates),
        ),
        (
            "facts",
            "the facts (premise and setting)",
            system,
            blocks::facts(brief),
        ),
        ("rules", "the rules", system, blocks::rules(brief)),
        ("background", "the background", system, background(brief)),
        ("cast", "the cast", system, cast(brief)),
        ("beats", "the beats", user, beats(story)),
        ("closing", "the closing line", Part::Closing, closing(story)),
    ];
    let sizes = texts
        .each_ref()
        .map(|(_, what, _, text)| (*what, story.limit.estimate(text)));
    Budget::new(story.limit, &sizes)?;
    let blocks = texts.into_iter().filter(|(_, _, _, text)| !text.is_empty());
    Ok(Prompt {
        blocks: blocks
            .map(|(name, _, part, text)| Block { name, part, text })
            .collect(),
        left_out: Vec::new(),
        inputs: Default::default(),
        estimator: story.limit.estimator,
    })
}

fn background(brief: &Brief) -> String {
    let sections = brief.sections.iter();
    let told = sections.filter(|it| it.kind == SectionKind::Background && !it.text.is_empty());
    let texts: Vec<String> = told.map(blocks::background_text).collect();
    texts.join("\n\n")
}

fn cast(brief: &Brief) -> String {
    let entries: Vec<String> = brief.cast.iter().map(blocks::cast_entry).collect();
    match entries.is_empty() {
        true => String::new(),
        false => format!("# Who is in the story\n{}", entries.join("\n")),
    }
}

fn beats(story: &WholeStory<'_>) -> String {
    let (brief, unit) = (story.brief, story.brief.language.unit());
    let mut chapter = None;
    let beats = brief.beats.iter().zip(story.parts).enumerate();
    let told = beats.map(|(index, (beat, part))| {
        let heading = format!(
            "# Part {} of {}, “{}” (about {} {unit})",
            index + 1,
            brief.beats.len(),
            beat.title,
            part.words
        );
        let plan = blocks::plan(heading, beat, &part.notes);
        if beat.chapter == chapter {
            return plan;
        }
        chapter.clone_from(&beat.chapter);
        match &beat.chapter {
            Some(chapter) => format!("Chapter “{chapter}”\n\n{plan}"),
            None => plan,
        }
    });
    told.collect::<Vec<_>>().join("\n\n")
}

fn closing(story: &WholeStory<'_>) -> String {
    let brief = story.brief;
    let words: u32 = story.parts.iter().map(|part| part.words).sum();
    let total = u32::try_from(brief.beats.len()).unwrap_or(u32::MAX);
    let values = [
        ("words", words.to_string()),
        ("unit", brief.language.unit().to_owned()),
        ("first_mark", mark::line(1)),
        ("last_mark", mark::line(total)),
        ("total", total.to_string()),
        ("title", brief.title.clone()),
    ];
    let values = values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    story.templates.fill(templates::WHOLE_STORY, &values)
}
