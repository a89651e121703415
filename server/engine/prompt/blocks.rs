//! The blocks of a prompt, and what gives way when they do not all fit.
//!
//! Never cut: contract, facts, rules, beat and closing line. The rest is given room in the
//! order of how much it matters: outline, the end of the text before (at least 200 words),
//! the next beat, the cast of this part, the state of things, summaries, quotes, more of the
//! text before, background.

use super::budget::Budget;
use super::memory::{self, Earlier, Summary};
use super::tail::{head, tail};
use super::templates::{self, Templates};
use super::{Block, Part, Prompt, PromptInputs, TooLarge, slices, trigger};
use crate::engine::tokens;
use crate::story::recall::Quote;
use crate::story::terms::terms;
use crate::story::{Beat, Brief, CastEntry, Digest, Section, SectionKind};

/// Most words of the text before that are repeated verbatim, and the least before the block
/// is dropped.
pub(super) const TAIL_WORDS: [usize; 3] = [400, 300, 200];
/// Sections of the author's own naming are in every prompt where all of them together take no
/// more than this share of it; else only where the part calls for them.
const BACKGROUND_SHARE: u32 = 8;

pub(super) fn assemble(inputs: &PromptInputs<'_>) -> Result<Prompt, TooLarge> {
    let brief = inputs.brief;
    let beat = &brief.beats[inputs.beat];
    let contract = contract(brief, inputs.templates);
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
    let chosen = Chosen::new(
        inputs,
        beat,
        [&contract, &facts, &rules],
        [&task, &closing],
        &mut budget,
    );
    let digests = chosen.digests(inputs);

    let mut blocks = Vec::new();
    let mut push = |name, part, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            blocks.push(Block { name, part, text });
        }
    };
    push("contract", Part::System, Some(contract));
    push("facts", Part::System, Some(facts));
    push("rules", Part::System, Some(rules));
    push(
        "background",
        Part::System,
        joined(&chosen.background, "\n\n"),
    );
    push("roster", Part::System, chosen.roster);
    push("outline", Part::System, chosen.outline);
    push(
        "opening",
        Part::Sealed,
        lines("# How the story began", &chosen.sealed),
    );
    push(
        "summaries",
        Part::User,
        lines("# What happened lately", &chosen.latest),
    );
    push(
        "state",
        Part::User,
        chosen
            .state
            .map(|(after, text)| format!("# How things stand after part {}\n{text}", after.number)),
    );
    push("quotes", Part::User, quotes_block(&chosen.quotes));
    push(
        "cast",
        Part::User,
        joined(&chosen.cast, "\n").map(|it| format!("# Who is in this part\n{it}")),
    );
    push(
        "more background",
        Part::User,
        joined(&chosen.more_background, "\n\n"),
    );
    push("beat", Part::User, Some(task));
    push("next", Part::User, chosen.next);
    push("previous", Part::User, chosen.previous);
    push(
        "preceding text",
        Part::User,
        chosen.preceding.map(|tail| preceding_block(&tail)),
    );
    push(
        "so far",
        Part::Closing,
        chosen.so_far.map(|tail| so_far_block(&tail)),
    );
    push("closing", Part::Closing, Some(closing));
    Ok(Prompt {
        blocks,
        left_out: budget.left_out,
        inputs: digests,
    })
}

/// What is in the prompt beside what is never cut.
struct Chosen<'a> {
    outline: Option<String>,
    roster: Option<String>,
    background: Vec<(&'a Section, String)>,
    more_background: Vec<(&'a Section, String)>,
    next: Option<String>,
    previous: Option<String>,
    cast: Vec<(&'a CastEntry, String)>,
    state: Option<(Earlier<'a>, String)>,
    sealed: Vec<Summary>,
    latest: Vec<Summary>,
    quotes: Vec<Quote>,
    preceding: Option<String>,
    so_far: Option<String>,
}

impl<'a> Chosen<'a> {
    fn new(
        inputs: &PromptInputs<'a>,
        beat: &Beat,
        stable: [&String; 3],
        varying: [&String; 2],
        budget: &mut Budget,
    ) -> Chosen<'a> {
        let brief = inputs.brief;
        let outline = budget.take("the outline", outline(brief));
        let [_, _, least] = TAIL_WORDS;
        let ends =
            [inputs.preceding, inputs.so_far].map(|text| tokens::estimate(tail(text, least)));
        let reserved = budget.reserve(ends.iter().sum());
        let next = budget.take("the next beat", next(brief, inputs.beat, inputs.templates));
        let previous = previous(inputs)
            .and_then(|text| budget.take("the planned end of the part before", text));
        let cast = cast(brief, beat, inputs, budget);
        let roster = budget.take("the list of the cast", roster(brief));
        let (background, more_background) = background(inputs, beat, budget);
        let state = memory::state(inputs.earlier).and_then(|(chunk, state)| {
            let text = memory::state_text(&state, &called(beat, brief), brief);
            Some((chunk, budget.take("the state of things", text)?))
        });
        let (sealed, latest) = memory::summaries(inputs.earlier, budget);

        // Two prompts in a row are to share half of their bytes, so that a cache is worth it:
        // quotes and the text before give way to that.
        let length = |texts: &[&Option<String>]| {
            texts
                .iter()
                .filter_map(|it| it.as_ref())
                .map(String::len)
                .sum::<usize>()
        };
        let stable = stable.iter().map(|it| it.len()).sum::<usize>()
            + length(&[&outline, &roster])
            + background.iter().map(|(_, text)| text.len()).sum::<usize>()
            + sealed.iter().map(|it| it.line.len()).sum::<usize>();
        let mut varying = varying.iter().map(|it| it.len()).sum::<usize>()
            + length(&[&next, &previous])
            + state.as_ref().map_or(0, |(_, text)| text.len())
            + cast.iter().map(|(_, text)| text.len()).sum::<usize>()
            + latest.iter().map(|it| it.line.len()).sum::<usize>();
        let shown = [inputs.preceding, inputs.so_far]
            .map(|text| tail(text, TAIL_WORDS[0]))
            .join("\n");
        let room = tokens::of_bytes(stable.saturating_sub(varying)) / 2;
        let quotes = memory::quotes(inputs.earlier, &wanted(inputs, beat), &shown, room, budget);
        varying += quotes.iter().map(|it| it.text.len()).sum::<usize>();
        budget.release(reserved);
        let so_far = take_end(
            budget,
            "what is written of this chunk",
            inputs.so_far,
            usize::MAX,
        );
        let room = stable.saturating_sub(varying);
        let preceding = take_end(budget, "the text before", inputs.preceding, room);
        Chosen {
            outline,
            roster,
            background,
            more_background,
            next,
            previous,
            cast,
            state,
            sealed,
            latest,
            quotes,
            preceding,
            so_far,
        }
    }

    /// The digest of each input slice that the prompt holds.
    fn digests(&self, inputs: &PromptInputs<'_>) -> std::collections::BTreeMap<String, Digest> {
        let brief = inputs.brief;
        let mut held = slices::always(brief);
        let mut hold = |is_held: bool, name: &str| held.extend(is_held.then(|| name.to_owned()));
        hold(self.outline.is_some(), slices::OUTLINE);
        hold(self.next.is_some(), slices::NEXT);
        hold(self.previous.is_some(), slices::PREVIOUS);
        held.extend(self.cast.iter().map(|(entry, _)| slices::cast(&entry.name)));
        let background = self.background.iter().chain(&self.more_background);
        held.extend(background.map(|(section, _)| slices::background(&section.title)));
        let mut digests = slices::of_beat(brief, inputs.beat, inputs.templates);
        digests.retain(|name, _| held.contains(name));
        let preceding = self.preceding.as_deref().unwrap_or_default();
        digests.insert(slices::PRECEDING.to_owned(), Digest::of(preceding));
        for summary in self.sealed.iter().chain(&self.latest) {
            digests.insert(slices::summary(&summary.beat), Digest::of(&summary.text));
        }
        if let Some((after, text)) = &self.state {
            digests.insert(slices::state(after.beat), Digest::of(text));
        }
        for quote in &self.quotes {
            let source = inputs
                .earlier
                .iter()
                .find(|part| part.number == quote.chunk);
            digests.extend(source.map(|source| slices::quote(source.beat, &quote.text)));
        }
        digests
    }
}

fn joined<T>(entries: &[(T, String)], glue: &str) -> Option<String> {
    let texts: Vec<&str> = entries.iter().map(|(_, text)| text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(glue))
}

fn lines(heading: &str, summaries: &[Summary]) -> Option<String> {
    let lines: Vec<&str> = summaries.iter().map(|it| it.line.as_str()).collect();
    (!lines.is_empty()).then(|| format!("{heading}\n{}", lines.join("\n")))
}

/// Verbatim, so that it can be held on to.
fn quotes_block(quotes: &[Quote]) -> Option<String> {
    let mut text = "# What the story said before, word for word".to_owned();
    for quote in quotes {
        text.push_str(&format!("\nPart {}: “{}”", quote.chunk, quote.text));
    }
    (!quotes.is_empty()).then_some(text)
}

/// The end of a text, as long as it may be: at least 200 words where there is room for them at
/// all, more while it stays within `bytes`.
fn take_end(budget: &mut Budget, what: &str, text: &str, bytes: usize) -> Option<String> {
    let [longest, _, least] = TAIL_WORDS;
    for words in TAIL_WORDS {
        let end = tail(text, words);
        let size = tokens::estimate(end);
        if budget.has_room(size) && (end.len() <= bytes || words == least) {
            budget.spend(size);
            return (!end.is_empty()).then(|| end.to_owned());
        }
    }
    let size = tokens::estimate(tail(text, longest));
    budget.leave_out(what, size, "there was no room");
    None
}

/// Role, style and what the answer has to look like.
fn contract(brief: &Brief, templates: &Templates) -> String {
    let values = [
        ("language", brief.language.as_str()),
        ("title", &brief.title),
    ];
    let mut text = templates.fill(templates::CONTRACT, &values);
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

type Told<'a> = Vec<(&'a Section, String)>;

/// Sections of the author's own naming: those of every prompt, and those of this one only.
fn background<'a>(
    inputs: &PromptInputs<'a>,
    beat: &Beat,
    budget: &mut Budget,
) -> (Told<'a>, Told<'a>) {
    let sections = inputs.brief.sections.iter();
    let sections: Told<'a> = sections
        .filter(|section| section.kind == SectionKind::Background && !section.text.is_empty())
        .map(|section| (section, background_text(section)))
        .collect();
    let size: u32 = sections
        .iter()
        .map(|(_, text)| tokens::estimate(text))
        .sum();
    let of_all = size <= inputs.context_tokens / BACKGROUND_SHARE;
    let called = terms(&wanted(inputs, beat));
    let told = sections.into_iter().filter_map(|(section, text)| {
        let what = format!("background “{}”", section.title);
        if !of_all && terms(&section.title).is_disjoint(&called) {
            budget.leave_out(&what, tokens::estimate(&text), "this part does not name it");
            return None;
        }
        Some((section, budget.take(&what, text)?))
    });
    let told = told.collect();
    if of_all {
        (told, Vec::new())
    } else {
        (Vec::new(), told)
    }
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

/// The names of the whole cast. What is known of each is told where it is needed; the list
/// itself makes no chunk stale.
fn roster(brief: &Brief) -> String {
    if brief.cast.is_empty() {
        return String::new();
    }
    let names: Vec<String> = brief.cast.iter().map(cast_name).collect();
    format!("# Who is in the story\n{}", names.join(", "))
}

fn cast_name(entry: &CastEntry) -> String {
    if entry.aliases.is_empty() {
        entry.name.clone()
    } else {
        format!("{} (also called {})", entry.name, entry.aliases.join(", "))
    }
}

/// Whom and what the part is about.
pub(super) fn called(beat: &Beat, brief: &Brief) -> String {
    let protagonist = brief.protagonist.as_deref().unwrap_or_default();
    [&beat_slice(beat), &beat.cast.join(", "), protagonist].join("\n")
}

/// What the part asks to be recalled.
fn wanted(inputs: &PromptInputs<'_>, beat: &Beat) -> String {
    [
        beat_slice(beat),
        beat.cast.join(", "),
        inputs.notes.join("\n"),
    ]
    .join("\n")
}

/// What is known of those whom this part names: in its beat, its cast attribute, the text
/// before, or as the protagonist.
fn cast<'a>(
    brief: &'a Brief,
    beat: &Beat,
    inputs: &PromptInputs<'_>,
    budget: &mut Budget,
) -> Vec<(&'a CastEntry, String)> {
    let named = [
        &called(beat, brief),
        tail(inputs.preceding, TAIL_WORDS[0]),
        tail(inputs.so_far, TAIL_WORDS[0]),
    ]
    .join("\n");
    let entries = brief.cast.iter();
    entries
        .filter(|entry| trigger::names(&named, entry))
        .filter_map(|entry| {
            let what = format!("cast “{}”", entry.name);
            Some((entry, budget.take(&what, cast_entry(entry))?))
        })
        .collect()
}

pub(super) fn cast_entry(entry: &CastEntry) -> String {
    format!("{}: {}", cast_name(entry), entry.text)
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
pub(super) fn next(brief: &Brief, beat: usize, templates: &Templates) -> String {
    match brief.beats.get(beat + 1) {
        Some(next) => format!(
            "# Not yet (it belongs to the next part)\n{}: {}",
            next.title,
            head(&next.text, 60)
        ),
        None => templates.fill(
            templates::LAST_PART,
            &[
                ("number", &(beat + 1).to_string()),
                ("total", &brief.beats.len().to_string()),
                ("title", &brief.title),
            ],
        ),
    }
}

/// How the part before ends by plan; told where its text is not there.
fn previous(inputs: &PromptInputs<'_>) -> Option<String> {
    let is_known = !inputs.preceding.is_empty();
    let before = inputs.beat.checked_sub(1).filter(|_| !is_known)?;
    Some(previous_block(inputs.brief.beats.get(before)?))
}

pub(super) fn previous_block(before: &Beat) -> String {
    let mut text = format!(
        "# The part before (its text is not there yet)\n{}",
        before.title
    );
    if let Some(exit) = &before.exit {
        text.push_str(&format!("\nAt its end: {exit}"));
    } else if !before.text.is_empty() {
        text.push_str(&format!(": {}", head(&before.text, 60)));
    }
    text
}

fn preceding_block(tail: &str) -> String {
    format!("# The text before this part ends with\n{tail}")
}

fn so_far_block(tail: &str) -> String {
    format!("# Of this part is written already, ending with\n{tail}")
}

/// What to do now.
fn closing(inputs: &PromptInputs<'_>) -> String {
    let brief = inputs.brief;
    let name = match inputs.so_far.is_empty() {
        true => templates::CLOSING,
        false => templates::CONTINUING,
    };
    let [words, number, total] = [
        inputs.remaining_words as usize,
        inputs.beat + 1,
        brief.beats.len(),
    ]
    .map(|it| it.to_string());
    let values = [
        ("words", words.as_str()),
        ("unit", brief.language.unit()),
        ("number", &number),
        ("total", &total),
        ("title", &brief.title),
    ];
    inputs.templates.fill(name, &values)
}
