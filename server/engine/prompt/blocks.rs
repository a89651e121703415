//! The blocks of a prompt, and what gives way when they do not all fit.

use std::collections::BTreeMap;

use super::{Block, LeftOut, Part, Prompt, PromptInputs, TooLarge, trigger};
use crate::engine::tokens;
use crate::story::{Beat, Brief, CastEntry, Digest, SectionKind};

/// Goes into the "template" slice: raise it whenever the fixed words below change what a
/// model is told.
const TEMPLATE_VERSION: &str = "1";

/// Most words of the text before that are repeated verbatim, and the least before the block
/// is dropped.
const TAIL_WORDS: [usize; 3] = [400, 300, 200];

pub(super) fn assemble(inputs: &PromptInputs<'_>) -> Result<Prompt, TooLarge> {
    let brief = inputs.brief;
    let beat = &brief.beats[inputs.beat];
    let mut digests = BTreeMap::new();
    digests.insert("template".to_owned(), Digest::of(TEMPLATE_VERSION));

    let contract = contract(brief, &mut digests);
    let facts = facts(brief, &mut digests);
    let rules = rules(brief, &mut digests);
    let task = task(inputs, beat);
    digests.insert("beat".to_owned(), Digest::of(&beat_slice(beat)));
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
    let outline = budget.take(outline(brief, inputs.beat));
    let preceding = budget.take_shrinking("the text before", inputs.preceding);
    let so_far = budget.take_shrinking("what is written of this chunk", inputs.so_far);
    let next = budget.take(next(brief, inputs.beat));
    let cast = cast(brief, beat, inputs, &mut budget, &mut digests);
    let background = background(brief, &mut budget, &mut digests);

    if let Some(outline) = &outline {
        digests.insert("outline".to_owned(), Digest::of(outline));
    }
    if let Some(next) = &next {
        digests.insert("next beat".to_owned(), Digest::of(next));
    }
    digests.insert(
        "preceding text".to_owned(),
        Digest::of(inputs.preceding_tail()),
    );

    let mut blocks = Vec::new();
    let mut push = |name, part, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            blocks.push(Block { name, part, text });
        }
    };
    push("contract", Part::System, Some(contract));
    push("facts", Part::System, Some(facts));
    push("rules", Part::System, Some(rules));
    push("background", Part::System, background);
    push("outline", Part::System, outline);
    push("cast", Part::User, cast);
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

impl PromptInputs<'_> {
    /// As much of the text before as a prompt may repeat.
    fn preceding_tail(&self) -> &str {
        tail(self.preceding, TAIL_WORDS[0])
    }
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
    fn take(&mut self, (what, text): (String, String)) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let size = tokens::estimate(&text);
        if size > self.left {
            self.left_out.push(LeftOut { what, tokens: size });
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
fn contract(brief: &Brief, digests: &mut BTreeMap<String, Digest>) -> String {
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
        digests.insert("style".to_owned(), Digest::of(&style.text));
        text.push_str("\n\n# How it is written\n");
        text.push_str(&style.text);
    }
    text
}

/// What is true in every part of the story.
fn facts(brief: &Brief, digests: &mut BTreeMap<String, Digest>) -> String {
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
    digests.insert("facts".to_owned(), Digest::of(&text));
    text
}

/// The laws of the story's world, verbatim and with the author's own numbers.
fn rules(brief: &Brief, digests: &mut BTreeMap<String, Digest>) -> String {
    let Some(section) = brief
        .section(SectionKind::Rules)
        .filter(|s| !s.text.is_empty())
    else {
        return String::new();
    };
    for rule in &brief.rules {
        digests.insert(format!("rule {}", rule.number), Digest::of(&rule.text));
    }
    if brief.rules.is_empty() {
        digests.insert("rules".to_owned(), Digest::of(&section.text));
    }
    format!(
        "# Rules of this world (never broken, never renumbered)\n{}",
        section.text
    )
}

/// Sections of the author's own naming, as far as there is room.
fn background(
    brief: &Brief,
    budget: &mut Budget,
    digests: &mut BTreeMap<String, Digest>,
) -> Option<String> {
    let mut parts = Vec::new();
    for section in &brief.sections {
        if section.kind != SectionKind::Background || section.text.is_empty() {
            continue;
        }
        let text = format!("# {}\n{}", section.title, section.text);
        let digest = Digest::of(&text);
        if let Some(text) = budget.take((format!("background “{}”", section.title), text)) {
            digests.insert(format!("background {}", section.title), digest);
            parts.push(text);
        }
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// Who is in the story, and one line a beat for the whole outline.
fn outline(brief: &Brief, _beat: usize) -> (String, String) {
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
    if !brief.cast.is_empty() {
        text.push_str("\n\nNames in it: ");
        let names: Vec<&str> = brief.cast.iter().map(|entry| entry.name.as_str()).collect();
        text.push_str(&names.join(", "));
        text.push('.');
    }
    ("the outline".to_owned(), text)
}

/// What is known of those whom this part names: in its beat, its cast attribute, the text
/// before, or as the protagonist.
fn cast(
    brief: &Brief,
    beat: &Beat,
    inputs: &PromptInputs<'_>,
    budget: &mut Budget,
    digests: &mut BTreeMap<String, Digest>,
) -> Option<String> {
    let called = [
        beat_slice(beat),
        beat.cast.join(", "),
        brief.protagonist.clone().unwrap_or_default(),
        inputs.preceding_tail().to_owned(),
        tail(inputs.so_far, TAIL_WORDS[0]).to_owned(),
    ]
    .join("\n");
    let mut parts = Vec::new();
    for entry in brief
        .cast
        .iter()
        .filter(|entry| trigger::names(&called, entry))
    {
        let text = cast_entry(entry);
        let digest = Digest::of(&text);
        if let Some(text) = budget.take((format!("cast “{}”", entry.name), text)) {
            digests.insert(format!("cast {}", entry.name), digest);
            parts.push(text);
        }
    }
    (!parts.is_empty()).then(|| format!("# Who is in this part\n{}", parts.join("\n")))
}

fn cast_entry(entry: &CastEntry) -> String {
    let aliases = if entry.aliases.is_empty() {
        String::new()
    } else {
        format!(" (also called {})", entry.aliases.join(", "))
    };
    format!("{}{aliases}: {}", entry.name, entry.text)
}

/// All that the author said of a beat.
fn beat_slice(beat: &Beat) -> String {
    let mut text = beat.title.clone();
    for part in [Some(&beat.text), beat.enter.as_ref(), beat.exit.as_ref()]
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
fn next(brief: &Brief, beat: usize) -> (String, String) {
    let text = match brief.beats.get(beat + 1) {
        Some(next) => format!(
            "# Not yet (it belongs to the next part)\n{}: {}",
            next.title,
            head(&next.text, 60)
        ),
        None => "# This is the last part\nBring the story to its end.".to_owned(),
    };
    ("the next beat".to_owned(), text)
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
    let starts: Vec<usize> = word_starts(text);
    let Some(first) = starts.len().checked_sub(words).and_then(|i| starts.get(i)) else {
        return text.trim_start();
    };
    let cut = &text[*first..];
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
