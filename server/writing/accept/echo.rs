//! Finds pieces of the prompt that a model repeats as if they were prose: the beat, a rule, a note.

use std::sync::LazyLock;

use regex::Regex;

use super::check::Check;
use super::cutting::Repair;
use super::wording::{paragraphs, with_white};
use crate::story::leftovers::bare;

/// Headings and labels that the prompt builder makes.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\A\#\ (?:The\ story|Premise|Setting|Cast|Style|Rules|How\ it\ is\ written
        |Rules\ of\ this\ world\b.*|Who\ is\ in\ the\ story|How\ the\ story\ began
        |What\ happened\ lately|How\ things\ stand\ after\ part\b.*|The\ part\ before\b.*
        |What\ the\ story\ said\ before\b.*|The\ whole\ story,\ (?:part\ by\ part|in\ outline)|The\ parts\ around\ this\ one|Who\ is\ in\ this\ part
        |The\ text\ before\ this\ part\ ends\ with|This\ part:.*|Not\ yet\b.*|This\ is\ the\ last\ part
        |Of\ this\ part\ is\ written\ already.*
        |Who\ is\ near\ this\ place|What\ this\ part\ is\ about:.*|The\ text\ before\ this\ place\ ends\ with
        |The\ text\ after\ this\ place\ begins\ with|The\ passage\ as\ it\ stands)\z",
    )
    // Every test of this module compiles it.
    .expect("a well-formed pattern")
});

/// Tells whether a line is a heading of the prompt's.
pub(crate) fn is_prompt_heading(line: &str) -> bool {
    HEADING.is_match(line.trim())
}

/// Takes out paragraphs with the author's words to the model, and headings of the prompt with the text below
/// them.
pub(crate) fn strip(repair: &mut Repair<'_>) {
    let acceptance = repair.acceptance();
    let text = repair.text();
    let mut cuts = Vec::new();
    for range in paragraphs(text) {
        let paragraph = &text[range.clone()];
        let first = paragraph.lines().next().unwrap_or_default();
        let found = if is_prompt_heading(first) {
            Some(Check::PromptEcho)
        } else {
            acceptance
                .echoes
                .find(paragraph)
                .or_else(|| acceptance.echoes.find(bare(paragraph)))
        };
        if let Some(check) = found {
            cuts.push((check, with_white(text, range)));
        }
    }
    repair.cut_each(&cuts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Brief;
    use crate::writing::part_index::PartIndex;
    use crate::writing::prompt::{Ground, Prompt, PromptInputs, Templates};

    /// Who changes a heading of the prompt learns here that acceptance has to know it.
    #[test]
    fn every_heading_of_the_prompt_is_known() {
        let text = include_str!("../../../fixtures/briefs/lamp-keeper/story.md");
        let brief = Brief::parse(text);
        let ground = Ground::of(&brief, &Templates::default());
        let mut found = 0;
        for beat in [0, 1, brief.beats.len() - 1] {
            for so_far in ["", "She went."] {
                let prompt = Prompt::build(&PromptInputs {
                    brief: &brief,
                    templates: &Templates::default(),
                    ground: &ground,
                    beat,
                    target_words: 1500,
                    earlier: &[],
                    index: &PartIndex::default(),
                    preceding: "The lamp went out.",
                    so_far,
                    remaining_words: 1500,
                    notes: &[],
                    limit: crate::writing::tokens::PromptLimit::of(16_000),
                });
                let prompt = prompt.unwrap();
                let headings = prompt.blocks.iter().flat_map(|block| block.text.lines());
                for line in headings.filter(|line| line.starts_with("# ")) {
                    let own = brief.sections.iter().any(|it| line[2..] == it.title);
                    assert!(own || is_prompt_heading(line), "{line}");
                    found += 1;
                }
            }
        }
        assert!(found > 20);
    }
}
