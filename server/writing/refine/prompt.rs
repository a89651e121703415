//! Builds the prompt of a refining call. Pure.

use std::ops::Range;

use super::passages::passages;
use crate::story::comments::without_comments;
use crate::story::margin_notes::placed_notes;
use crate::story::{Language, words};
use crate::writing::prompt::{Part, Prompt};
use crate::writing::tokens::PromptLimit;

/// Blocks of the prompt that the chunk was written with which are never left out, and those that
/// are there where there is room, the most needed first.
const NEEDED: [&str; 2] = ["cast", "beat"];
const WANTED: [&str; 3] = ["preceding text", "state", "quotes"];
/// Most tokens of text that one call rewrites: models' answers have limits.
const MOST_AT_ONCE: u32 = 6_000;
/// The least that is worth a call, in tokens.
const LEAST_AT_ONCE: u32 = 150;
/// Words of the passage before that are repeated, and about their tokens.
const BEFORE_WORDS: usize = 80;
const BEFORE_TOKENS: u32 = 250;

/// The calls that rewrite one chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Calls {
    pub system: String,
    /// The text without comments.
    pub text: String,
    /// The passage that each call rewrites, in bytes of the text.
    pub passages: Vec<Range<usize>>,
    /// The text of the prompt except the passage.
    about: String,
    language: Language,
}

impl Calls {
    /// Returns the calls for a chunk file's `prose`, where `drafted` is the prompt with which it would be
    /// written. Margin notes in the prose are asked for; other comments are not sent.
    ///
    /// # Errors
    /// Why the chunk can't be rewritten: what belongs to it leaves no room for its text.
    pub fn new(
        drafted: &Prompt,
        prose: &str,
        language: &Language,
        limit: PromptLimit,
    ) -> Result<Calls, String> {
        let text = without_comments(prose).trim().to_owned();
        let system = drafted.system();
        let user = || drafted.blocks.iter().filter(|it| it.part == Part::User);
        let size_of = |name: &str| -> u32 {
            let blocks = user().filter(|block| block.name == name);
            blocks.map(|it| limit.estimate(&it.text) + 2).sum()
        };
        let notes = notes(prose);
        let closing = limit.estimate(&closing(u32::MAX, language, (1, 2)));
        let asked = notes.as_deref().map_or(0, |notes| limit.estimate(notes));
        let needed: u32 = NEEDED.iter().map(|name| size_of(name)).sum();
        let fixed = limit.estimate(&system) + needed + asked + closing + 60;
        let room = limit.tokens.saturating_sub(fixed);
        let size = limit.estimate(&text);
        let passages = match size <= room.min(MOST_AT_ONCE) {
            true => Some(std::iter::once(0..text.len()).collect()),
            false => Some(room.saturating_sub(BEFORE_TOKENS).min(MOST_AT_ONCE))
                .filter(|room| *room >= LEAST_AT_ONCE)
                .and_then(|tokens| passages(&text, PromptLimit { tokens, ..limit })),
        };
        let Some(passages) = passages else {
            return Err(format!(
                "what belongs to it leaves too little room for its text in {} tokens (context_tokens)",
                limit.tokens
            ));
        };
        let largest = passages
            .iter()
            .map(|range| limit.estimate(&text[range.clone()]))
            .max();
        let mut room = room.saturating_sub(largest.unwrap_or(0) + BEFORE_TOKENS);
        let mut held = NEEDED.to_vec();
        for name in WANTED {
            if let Some(left) = room.checked_sub(size_of(name)) {
                room = left;
                held.push(name);
            }
        }
        let blocks = user().filter(|block| held.contains(&block.name));
        let about: Vec<String> = blocks.map(|it| it.text.clone()).chain(notes).collect();
        Ok(Calls {
            system,
            passages,
            about: about.join("\n\n"),
            language: language.clone(),
            text,
        })
    }

    /// Returns the user message of one call; `before` is the rewritten passage before.
    pub fn user(&self, call: usize, before: &str) -> Vec<String> {
        let passage = &self.text[self.passages[call].clone()];
        let of = (call + 1, self.passages.len());
        let mut part = String::new();
        if call > 0 {
            let end = words::last(before, BEFORE_WORDS).map_or(before, |at| &before[at..]);
            part.push_str(&format!(
                "# The passage before, as it was rewritten, ends with\n{}\n\n",
                end.trim()
            ));
        }
        let heading = match of {
            (_, 1) => "# The text of this part as it stands".to_owned(),
            (number, all) => format!("# Passage {number} of {all} of this part as it stands"),
        };
        let length = words::count(passage, &self.language);
        part.push_str(&format!(
            "{heading}\n{passage}\n\n{}",
            closing(length, &self.language, of)
        ));
        let about = format!("{}\n\n", self.about);
        [about, part]
            .into_iter()
            .filter(|part| !part.trim().is_empty())
            .collect()
    }
}

/// Returns what the author asks for in the margin of the text, each with its place.
fn notes(prose: &str) -> Option<String> {
    let notes = placed_notes(prose);
    let lines: Vec<String> = notes
        .iter()
        .map(|note| match note.behind.is_empty() {
            true => format!("At the beginning: {}", note.text),
            false => format!("After “{}”: {}", note.behind, note.text),
        })
        .collect();
    (!lines.is_empty()).then(|| {
        format!(
            "# What the author asks for in the margin\n{}",
            lines.join("\n")
        )
    })
}

fn closing(length: u32, language: &Language, of: (usize, usize)) -> String {
    let (what, only) = match of {
        (_, 1) => ("text", "the whole rewritten text of this part"),
        _ => ("passage", "the rewritten passage"),
    };
    format!(
        "Rewrite this {what} as better prose. The same things happen in the same order, to the same people, by \
         the same names, in the same places, in the same point of view and tense; whatever is said, shown or \
         found in it still is. Nothing is added that another part would have to know of. Do all that the \
         author asks for. Sharpen what is vague, cut what is worn, wordy or said twice, vary what is \
         monotonous, and leave what is good as it is. Keep its length: about {length} {}. Answer with {only} \
         and nothing else.",
        language.unit()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Brief;
    use crate::writing::part_index::PartIndex;
    use crate::writing::prompt::{Ground, PromptInputs, Templates};
    use crate::writing::tokens::estimate;

    const BRIEF: &str = "---\ntitle: Lamp\n---\n# Premise\nA keeper.\n# Rules\n1. The lamp may not go out.\n# Cast\n\
                         ## Mara Voss\nTired.\n# Outline\n## The Stair\nMara Voss goes down.\n";

    fn calls(prose: &str, context_tokens: u32) -> Result<Calls, String> {
        let brief = Brief::parse(BRIEF);
        let templates = Templates::default();
        let drafted = Prompt::build(&PromptInputs {
            brief: &brief,
            templates: &templates,
            ground: &Ground::of(&brief, &templates),
            beat: 0,
            target_words: 500,
            earlier: &[],
            index: &PartIndex::default(),
            preceding: "",
            so_far: "",
            remaining_words: 500,
            notes: &["colder".to_owned()],
            limit: PromptLimit::of(16_000),
        })
        .unwrap();
        let limit = PromptLimit::of(context_tokens);
        let calls = Calls::new(&drafted, prose, &brief.language, limit)?;
        assert_eq!(calls.system, drafted.system(), "the same prefix");
        Ok(calls)
    }

    fn tokens_of(calls: &Calls, call: usize) -> u32 {
        let before = "word ".repeat(500);
        let user = calls.user(call, &before).concat();
        estimate(&calls.system) + estimate(&user)
    }

    #[test]
    fn one_call_has_all_that_the_text_must_keep_to() {
        let prose = "Mara went down. <!-- sw: slower here --> It was dark.\n\n<!-- mine alone -->She stood.\n";
        let calls = calls(prose, 16_000).unwrap();
        assert_eq!(calls.passages.len(), 1);
        assert!(calls.system.contains("1. The lamp may not go out."));
        let user = calls.user(0, "").concat();
        for part in [
            "Mara Voss: Tired.",
            "Mara Voss goes down.",
            "The author asks: colder",
            "After “Mara went down.”: slower here",
            "# The text of this part as it stands\nMara went down.",
            "about 8 words",
        ] {
            assert!(user.contains(part), "{part}:\n{user}");
        }
        assert!(
            !user.contains("mine alone") && !user.contains("<!--"),
            "{user}"
        );
    }

    #[test]
    fn a_text_that_is_too_long_goes_in_passages() {
        let paragraph = |number: u32| format!("Paragraph {number}. {}", "word ".repeat(70).trim());
        let prose: Vec<String> = (1..=30).map(paragraph).collect();
        let prose = prose.join("\n\n");
        let few = calls(&prose, 2_500).unwrap();
        assert!(few.passages.len() > 1);
        for call in 0..few.passages.len() {
            assert!(tokens_of(&few, call) <= 2_500, "{}", tokens_of(&few, call));
        }
        let second = few.user(1, "It was the end of the first.").concat();
        assert!(second.contains("It was the end of the first."));
        assert!(second.contains(&format!("# Passage 2 of {}", few.passages.len())));
        for (prose, context_tokens) in [(prose.as_str(), 900), (&"word ".repeat(5_000), 2_500)] {
            let why = calls(prose, context_tokens).unwrap_err();
            assert!(why.contains("too little room"), "{why}");
        }
    }
}
