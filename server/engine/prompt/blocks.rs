//! The blocks of a prompt, and what gives way when they do not all fit.

use super::{Block, LeftOut, Part, Prompt, PromptInputs, TooLarge, slices, trigger};
use crate::engine::tokens;
use crate::story::{Beat, Brief, CastEntry, Section, SectionKind};

/// Most words of the text before that are repeated verbatim, and the least before the block
/// is dropped.
pub(super) const TAIL_WORDS: [usize; 3] = [400, 300, 200];

pub(super) fn assemble(inputs: &PromptInputs<'_>) -> Result<Prompt, TooLarge> {
    let brief = inputs.brief;
    let beat = &brief.beats[inputs.beat];
    let contract = contract(brief);
    let facts = facts(brief);
    let rules = rules(brief);
    let task = task(inputs, beat);
    let closing = closing(inputs);
    let fixed: [(&'static str, &str); 5] = [
        ("the contract with the style", &contract),
        ("the facts (premise and setting)", &facts),
        ("the rules", &rules),
        ("the beat", &task),
        ("the closing line", &closing),
    ];
    let mut budget = Budget::new(inputs.context_tokens, &fixed)?;

    // What may be left out, in the order of how much it matters.
    let outline = budget.take("the outline", outline(brief));
    let preceding = budget.take_shrinking("the text before", inputs.preceding);
    let so_far = budget.take_shrinking("what is written of this chunk", inputs.so_far);
    let next = budget.take("the next beat", next(brief, inputs.beat));
    let cast = cast(brief, beat, inputs, &mut budget);
    let background = background(brief, &mut budget);

    let mut held = slices::always(brief);
    held.extend(outline.is_some().then(|| slices::OUTLINE.to_owned()));
    held.extend(next.is_some().then(|| slices::NEXT.to_owned()));
    held.extend(cast.iter().map(|(entry, _)| slices::cast(&entry.name)));
    held.extend(
        background
            .iter()
            .map(|(section, _)| slices::background(&section.title)),
    );
    let mut digests = slices::of_beat(brief, inputs.beat);
    digests.retain(|name, _| held.contains(name));
    digests.insert(
        slices::PRECEDING.to_owned(),
        slices::preceding(inputs.preceding),
    );

    let mut blocks = Vec::new();
    let mut push = |name, part, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            blocks.push(Block { name, part, text });
        }
    };
    let joined = |texts: Vec<String>, with: &str| (!texts.is_empty()).then(|| texts.join(with));
    let background = joined(
        background.into_iter().map(|(_, text)| text).collect(),
        "\n\n",
    );
    let cast = joined(cast.into_iter().map(|(_, text)| text).collect(), "\n");
    push("contract", Part::System, Some(contract));
    push("facts", Part::System, Some(facts));
    push("rules", Part::System, Some(rules));
    push("background", Part::System, background);
    push("outline", Part::System, outline);
    push(
        "cast",
        Part::User,
        cast.map(|cast| format!("# Who is in this part\n{cast}")),
    );
    push(
        "preceding text",
        Part::User,
        preceding.map(|tail| preceding_block(&tail)),
    );
    push("beat", Part::User, Some(task));
    push("next", Part::User, next);
    push("so far", Part::User, so_far.map(|tail| so_far_block(&tail)));
    push("closing", Part::User, Some(closing));
    Ok(Prompt {
        blocks,
        left_out: budget.left_out,
        inputs: digests,
    })
}

/// Room for tokens, given out block by block.
struct Budget {
    left: u32,
    left_out: Vec<LeftOut>,
}

impl Budget {
    fn new(limit: u32, fixed: &[(&'static str, &str)]) -> Result<Budget, TooLarge> {
        let sizes = fixed
            .iter()
            .map(|(name, text)| (tokens::estimate(text), *name));
        let total: u32 = sizes.clone().map(|(size, _)| size).sum();
        match limit.checked_sub(total) {
            Some(left) => Ok(Budget {
                left,
                left_out: Vec::new(),
            }),
            None => Err(TooLarge {
                what: sizes.max().map_or("the brief", |(_, name)| name),
                tokens: total,
                limit,
            }),
        }
    }

    /// The text, if there is room for it; noted as left out otherwise.
    fn take(&mut self, what: &str, text: String) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let size = tokens::estimate(&text);
        if size > self.left {
            self.left_out.push(LeftOut {
                what: what.to_owned(),
                tokens: size,
            });
            return None;
        }
        self.left -= size;
        Some(text)
    }

    /// The end of a text, as long as there is room for, down to the least that is of use.
    fn take_shrinking(&mut self, what: &str, text: &str) -> Option<String> {
        let longest = tail(text, TAIL_WORDS[0]);
        for words in TAIL_WORDS {
            let part = tail(text, words);
            let size = tokens::estimate(part);
            if size <= self.left {
                self.left -= size;
                if part.len() < longest.len() {
                    self.left_out.push(LeftOut {
                        what: format!("{what} beyond its last {words} words"),
                        tokens: tokens::estimate(longest) - size,
                    });
                }
                return (!part.is_empty()).then(|| part.to_owned());
            }
        }
        self.left_out.push(LeftOut {
            what: what.to_owned(),
            tokens: tokens::estimate(longest),
        });
        None
    }
}

/// Role, style and what the answer has to look like.
fn contract(brief: &Brief) -> String {
    let mut text = String::from(
        "You are the author of a long story that is written part by part. You write one part at a \
         time, as finished prose of that one story.\n\
         Answer with the prose of the part and nothing else: no title, no heading, no numbering, \
         no preamble, no summary, no remark about the task, no markdown but paragraphs. End the \
         part with a finished sentence. Keep every fact and rule below; never restart the story, \
         never bring in another setting, another protagonist or other rules.\n",
    );
    text.push_str(&format!(
        "Write in the language with the BCP 47 tag {}.",
        brief.language
    ));
    if let Some(style) = brief
        .section(SectionKind::Style)
        .filter(|s| !s.text.is_empty())
    {
        text.push_str("\n\n# How it is written\n");
        text.push_str(&style.text);
    }
    text
}

/// What is true in every part of the story.
pub(super) fn facts(brief: &Brief) -> String {
    let mut text = format!("# The story\nTitle: {}", brief.title);
    for (label, value) in [
        ("Point of view", &brief.pov),
        ("Tense", &brief.tense),
        ("Protagonist", &brief.protagonist),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("\n{label}: {value}"));
        }
    }
    for (kind, heading) in [
        (SectionKind::Premise, "Premise"),
        (SectionKind::Setting, "Setting"),
    ] {
        if let Some(section) = brief.section(kind).filter(|s| !s.text.is_empty()) {
            text.push_str(&format!("\n\n# {heading}\n{}", section.text));
        }
    }
    text
}

/// The laws of the story's world, verbatim and with the author's own numbers.
fn rules(brief: &Brief) -> String {
    let Some(section) = brief
        .section(SectionKind::Rules)
        .filter(|s| !s.text.is_empty())
    else {
        return String::new();
    };
    format!(
        "# Rules of this world (never broken, never renumbered)\n{}",
        section.text
    )
}

/// Sections of the author's own naming, as far as there is room.
fn background<'a>(brief: &'a Brief, budget: &mut Budget) -> Vec<(&'a Section, String)> {
    let sections = brief
        .sections
        .iter()
        .filter(|section| section.kind == SectionKind::Background && !section.text.is_empty());
    sections
        .filter_map(|section| {
            let what = format!("background “{}”", section.title);
            Some((section, budget.take(&what, background_text(section))?))
        })
        .collect()
}

pub(super) fn background_text(section: &Section) -> String {
    format!("# {}\n{}", section.title, section.text)
}

/// One line a beat for the whole outline.
pub(super) fn outline(brief: &Brief) -> String {
    let mut text = String::from("# The whole story, part by part");
    let mut chapter = None;
    for (index, beat) in brief.beats.iter().enumerate() {
        if beat.chapter != chapter {
            chapter.clone_from(&beat.chapter);
            if let Some(chapter) = &chapter {
                text.push_str(&format!("\n{chapter}"));
            }
        }
        text.push_str(&format!("\n{}. {}", index + 1, beat.title));
    }
    text
}

/// What is known of those whom this part names: in its beat, its cast attribute, the text
/// before, or as the protagonist.
fn cast<'a>(
    brief: &'a Brief,
    beat: &Beat,
    inputs: &PromptInputs<'_>,
    budget: &mut Budget,
) -> Vec<(&'a CastEntry, String)> {
    let called = [
        beat_slice(beat),
        beat.cast.join(", "),
        brief.protagonist.clone().unwrap_or_default(),
        tail(inputs.preceding, TAIL_WORDS[0]).to_owned(),
        tail(inputs.so_far, TAIL_WORDS[0]).to_owned(),
    ]
    .join("\n");
    let entries = brief
        .cast
        .iter()
        .filter(|entry| trigger::names(&called, entry));
    entries
        .filter_map(|entry| {
            let what = format!("cast “{}”", entry.name);
            Some((entry, budget.take(&what, cast_entry(entry))?))
        })
        .collect()
}

pub(super) fn cast_entry(entry: &CastEntry) -> String {
    let aliases = if entry.aliases.is_empty() {
        String::new()
    } else {
        format!(" (also called {})", entry.aliases.join(", "))
    };
    format!("{}{aliases}: {}", entry.name, entry.text)
}

/// All that the author said of a beat.
pub(super) fn beat_slice(beat: &Beat) -> String {
    let mut text = beat.title.clone();
    for part in [
        Some(&beat.text),
        beat.enter.as_ref(),
        beat.exit.as_ref(),
        beat.chapter_text.as_ref(),
    ]
    .into_iter()
    .flatten()
    .filter(|part| !part.is_empty())
    {
        text.push('\n');
        text.push_str(part);
    }
    text
}

/// This part: what happens in it, from which state to which.
fn task(inputs: &PromptInputs<'_>, beat: &Beat) -> String {
    let number = inputs.beat + 1;
    let total = inputs.brief.beats.len();
    let mut text = format!("# This part: {number} of {total}, “{}”", beat.title);
    if let Some(chapter) = beat.chapter_text.as_ref().filter(|text| !text.is_empty()) {
        text.push_str(&format!("\nThe chapter that it is in: {chapter}"));
    }
    if !beat.text.is_empty() {
        text.push_str(&format!("\nWhat happens: {}", beat.text));
    }
    if let Some(enter) = &beat.enter {
        text.push_str(&format!("\nAt its start: {enter}"));
    }
    if let Some(exit) = &beat.exit {
        text.push_str(&format!("\nAt its end: {exit}"));
    }
    for note in inputs.notes {
        text.push_str(&format!("\nThe author asks: {note}"));
    }
    text
}

/// The part after this one, so that it is not told too early.
pub(super) fn next(brief: &Brief, beat: usize) -> String {
    match brief.beats.get(beat + 1) {
        Some(next) => format!(
            "# Not yet (it belongs to the next part)\n{}: {}",
            next.title,
            head(&next.text, 60)
        ),
        None => "# This is the last part\nBring the story to its end.".to_owned(),
    }
}

fn preceding_block(tail: &str) -> String {
    format!("# The text before this part ends with\n{tail}")
}

fn so_far_block(tail: &str) -> String {
    format!("# Of this part is written already, ending with\n{tail}")
}

/// What to do now.
fn closing(inputs: &PromptInputs<'_>) -> String {
    let unit = inputs.brief.language.unit();
    let words = inputs.remaining_words;
    if inputs.so_far.is_empty() {
        format!("Write this part now, in about {words} {unit}.")
    } else {
        format!(
            "Go on from exactly where the written text stops, even in the middle of a sentence, \
             without repeating any of it. Write about {words} {unit} more, to the end of this part."
        )
    }
}

/// The last `words` words of a text, from a sentence's or at least a word's beginning.
pub(super) fn tail(text: &str, words: usize) -> &str {
    let text = text.trim_end();
    // The end is enough for nearly every text; a long one need not be cut into words as a whole.
    let mut window = (words * 16).max(1);
    let first = loop {
        let from = floor_boundary(text, text.len().saturating_sub(window));
        // At a line end, where a word is sure to end too.
        let from = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let starts = word_starts(&text[from..]);
        match starts.len().checked_sub(words).and_then(|i| starts.get(i)) {
            Some(start) => break from + start,
            None if from == 0 => return text.trim_start(),
            None => window *= 2,
        }
    };
    let cut = &text[first..];
    // A sentence that begins within the first quarter is a better start than half of one.
    match sentence_start(&cut[..floor_boundary(cut, cut.len() / 4)]) {
        Some(offset) => &cut[offset..],
        None => cut,
    }
}

/// The first `words` words of a text.
fn head(text: &str, words: usize) -> &str {
    match word_starts(text).get(words) {
        Some(end) => text[..*end].trim_end(),
        None => text.trim_end(),
    }
}

/// Where words begin; in scripts without spaces every second character stands for one.
fn word_starts(text: &str) -> Vec<usize> {
    use unicode_segmentation::UnicodeSegmentation;
    text.unicode_word_indices()
        .map(|(start, _)| start)
        .collect()
}

fn sentence_start(text: &str) -> Option<usize> {
    use unicode_segmentation::UnicodeSegmentation;
    text.split_sentence_bound_indices()
        .nth(1)
        .map(|(start, _)| start)
}

fn floor_boundary(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looking at the end alone tells the same words as looking at all of a text.
    #[test]
    fn the_tail_is_that_of_the_whole_text() {
        let paragraph = "Mara’s lamp went out at 3.50, “again”. 彼女は灯をともした。 It hissed on.";
        for line_end in ["\n\n", "\r\n", " ", ".\n"] {
            let text = [paragraph; 60].join(line_end);
            for words in [1, 7, 200, 400, 100_000] {
                let starts = word_starts(&text);
                let whole = match starts.len().checked_sub(words) {
                    Some(at) => &text[starts[at]..],
                    None => &text,
                };
                let cut = tail(&text, words);
                assert!(whole.ends_with(cut), "{words} {line_end:?}");
                assert!(whole.len() - cut.len() <= whole.len() / 4 + 4);
            }
        }
    }
}
