//! Selects and orders the blocks of a prompt, and drops the less important ones where they do not all fit.
//!
//! Never cut: contract, facts, rules, beat and closing line. The rest is given room in the
//! order of how much it matters: outline, the end of the text before (at least 200 words),
//! the next beat, the cast of this part, the state of things, summaries, quotes, more of the
//! text before, background.

use std::collections::BTreeSet;

use super::block::{Block, Part, Prompt, TooLarge};
use super::budget::Budget;
use super::earlier::Earlier;
use super::ground::Weighed;
use super::inputs::PromptInputs;
use super::memory::{self, Summary};
use super::named_people::Called;
use super::slices::{Slice, Slices};
use super::tail::{TAIL_WORDS, tail};
use super::{blocks, chunk_blocks, slices};
use crate::story::terms::terms;
use crate::story::{Beat, CastEntry, Digest, Section};
use crate::writing::recall::Quote;
use crate::writing::tokens;

/// Sections of the author's own naming are in every prompt where all of them together take no
/// more than this share of it; else only where the part calls for them.
const BACKGROUND_SHARE: u32 = 8;
/// About what the headings between the blocks take, in bytes.
const HEADINGS: usize = 200;
/// What says which part a quote is from, in bytes.
const QUOTE_MARKS: usize = 18;

pub(crate) fn assemble(inputs: &PromptInputs<'_>) -> Result<Prompt, TooLarge> {
    let brief = inputs.brief;
    let beat = &brief.beats[inputs.beat];
    let (ground, limit) = (inputs.ground, inputs.limit);
    let task = chunk_blocks::task(inputs, beat);
    let closing = chunk_blocks::closing(inputs);
    let weighed = |text: &Weighed| limit.estimator.of(text.weight);
    let fixed: [(&'static str, u32); 5] = [
        ("the contract with the style", weighed(&ground.contract)),
        ("the facts (premise and setting)", weighed(&ground.facts)),
        ("the rules", weighed(&ground.rules)),
        ("the beat", limit.estimate(&task)),
        ("the closing line", limit.estimate(&closing)),
    ];
    let mut budget = Budget::new(limit, &fixed)?;
    let chosen = Chosen::new(inputs, beat, [&task, &closing], &mut budget);
    let digests = chosen.digests(inputs);

    let mut blocks = Vec::new();
    let mut push = |name, part, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            blocks.push(Block { name, part, text });
        }
    };
    push("contract", Part::System, Some(ground.contract.text.clone()));
    push("facts", Part::System, Some(ground.facts.text.clone()));
    push("rules", Part::System, Some(ground.rules.text.clone()));
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
    push("nearby parts", Part::Chapter, chosen.nearby);
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
        chosen.preceding.map(|tail| blocks::preceding_block(&tail)),
    );
    push(
        "so far",
        Part::Closing,
        chosen.so_far.map(|tail| blocks::so_far_block(&tail)),
    );
    push("closing", Part::Closing, Some(closing));
    Ok(Prompt {
        blocks,
        left_out: budget.left_out,
        inputs: digests,
        estimator: inputs.limit.estimator,
    })
}

/// The optional blocks that are in the prompt.
struct Chosen<'a> {
    outline: Option<String>,
    /// The beats near this one, where the outline does not list them.
    nearby: Option<String>,
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
        varying: [&String; 2],
        budget: &mut Budget,
    ) -> Chosen<'a> {
        let (brief, ground) = (inputs.brief, inputs.ground);
        let outline = budget.take_weighed("the outline", &ground.outline);
        let nearby = ground.nearby(brief, inputs.beat);
        let nearby = nearby.and_then(|text| budget.take("the list of the parts nearby", text));
        let [_, _, least] = TAIL_WORDS;
        let ends = [inputs.preceding, inputs.so_far].map(|text| budget.estimate(tail(text, least)));
        let reserved = budget.reserve(ends.iter().sum());
        let next = budget.take(
            "the next beat",
            blocks::next(brief, inputs.beat, inputs.templates),
        );
        let previous = chunk_blocks::previous(inputs)
            .and_then(|text| budget.take("the planned end of the part before", text));
        let cast = cast(inputs, beat, budget);
        let roster = budget.take_weighed("the list of the cast", &ground.roster);
        let (background, more_background) = background(inputs, beat, budget);
        let called = Called::by(brief, ground, Some(beat), &[]);
        let state = memory::state(inputs.earlier, inputs.index, &called);
        let state = state
            .and_then(|(chunk, text)| Some((chunk, budget.take("the state of things", text)?)));
        let sealed = memory::opening(inputs.earlier, budget);

        // Two prompts in a row are to share half of their bytes, so that a cache is worth it:
        // the latest summaries, quotes and the text before give way to that.
        let stable = [&ground.contract, &ground.facts, &ground.rules];
        let stable = stable.iter().map(|it| it.text.len()).sum::<usize>()
            + length([&outline, &roster, &nearby])
            + background.iter().map(|(_, text)| text.len()).sum::<usize>()
            + sealed.iter().map(|it| it.line.len()).sum::<usize>();
        let mut varying = varying.iter().map(|it| it.len()).sum::<usize>()
            + length([&next, &previous])
            + state.as_ref().map_or(0, |(_, text)| text.len())
            + cast.iter().map(|(_, text)| text.len()).sum::<usize>()
            + [inputs.preceding, inputs.so_far]
                .iter()
                .map(|text| tail(text, least).len())
                .sum::<usize>()
            + HEADINGS;
        // A little less, since not every byte is counted.
        let stable = stable - stable / 20;
        let room = |varying: usize| tokens::of_bytes(stable.saturating_sub(varying));
        let latest = memory::latest(inputs.earlier, room(varying) / 2, budget);
        varying += latest.iter().map(|it| it.line.len()).sum::<usize>();
        let shown = [inputs.preceding, inputs.so_far]
            .map(|text| tail(text, least))
            .join("\n");
        let wanted = chunk_blocks::wanted(inputs, beat);
        let told = (inputs.earlier, inputs.index);
        let quotes = memory::quotes(told, &wanted, &shown, room(varying), budget);
        varying += quotes
            .iter()
            .map(|it| it.text.len() + QUOTE_MARKS)
            .sum::<usize>();
        budget.release(reserved);
        let so_far = take_end(
            budget,
            "what is written of this chunk",
            inputs.so_far,
            usize::MAX,
        );
        // The least of it is counted already.
        let room = stable.saturating_sub(varying) + tail(inputs.preceding, least).len();
        let preceding = take_end(budget, "the text before", inputs.preceding, room);
        Chosen {
            outline,
            nearby,
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

    /// Returns the digest of each input slice that the prompt holds.
    fn digests(&self, inputs: &PromptInputs<'_>) -> Slices {
        let mut held = BTreeSet::new();
        held.extend(self.next.iter().map(|_| Slice::NextBeat));
        held.extend(self.previous.iter().map(|_| Slice::PreviousBeat));
        let cast = self.cast.iter();
        held.extend(cast.map(|(entry, _)| Slice::Cast(entry.name.clone())));
        let background = self.background.iter().chain(&self.more_background);
        held.extend(background.map(|(section, _)| Slice::Background(section.title.clone())));
        let (ground, beat, templates) = (inputs.ground, inputs.beat, inputs.templates);
        let mut digests = ground.of_beat(inputs.brief, beat, templates, &held);
        let preceding = self.preceding.as_deref().unwrap_or_default();
        digests.insert(Slice::Preceding, Digest::of(preceding));
        for summary in self.sealed.iter().chain(&self.latest) {
            let slice = Slice::Summary(summary.beat.clone());
            digests.insert(slice, Digest::of(&summary.text));
        }
        if let Some((after, text)) = &self.state {
            digests.insert(Slice::State(after.beat.clone()), Digest::of(text));
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

fn length<const N: usize>(texts: [&Option<String>; N]) -> usize {
    texts
        .iter()
        .filter_map(|it| it.as_ref())
        .map(String::len)
        .sum()
}

fn joined<T>(entries: &[(T, String)], glue: &str) -> Option<String> {
    let texts: Vec<&str> = entries.iter().map(|(_, text)| text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(glue))
}

fn lines(heading: &str, summaries: &[Summary]) -> Option<String> {
    let lines: Vec<&str> = summaries.iter().map(|it| it.line.as_str()).collect();
    (!lines.is_empty()).then(|| format!("{heading}\n{}", lines.join("\n")))
}

/// Builds the block of quotes, verbatim, so that the model can hold on to them.
fn quotes_block(quotes: &[Quote]) -> Option<String> {
    let mut text = "# What the story said before, word for word".to_owned();
    for quote in quotes {
        text.push_str(&format!("\nPart {}: “{}”", quote.chunk, quote.text));
    }
    (!quotes.is_empty()).then_some(text)
}

/// Returns the end of a text, as long as it may be: at least 200 words where there is room for them at all,
/// more while it stays within `bytes`.
fn take_end(budget: &mut Budget, what: &str, text: &str, bytes: usize) -> Option<String> {
    let [longest, _, least] = TAIL_WORDS;
    for words in TAIL_WORDS {
        let end = tail(text, words);
        let size = budget.estimate(end);
        if budget.has_room(size) && (end.len() <= bytes || words == least) {
            budget.spend(size);
            return (!end.is_empty()).then(|| end.to_owned());
        }
    }
    let size = budget.estimate(tail(text, longest));
    budget.leave_out(what, size, "there was no room");
    None
}

type Told<'a> = Vec<(&'a Section, String)>;

/// Returns the background sections: those of every prompt, and those of this one only.
fn background<'a>(
    inputs: &PromptInputs<'a>,
    beat: &Beat,
    budget: &mut Budget,
) -> (Told<'a>, Told<'a>) {
    let known = &inputs.ground.background;
    let sizes = known.iter().map(|known| budget.estimate_of(known.weight));
    let size = sizes.fold(0, u32::saturating_add);
    let of_all = size <= inputs.limit.tokens / BACKGROUND_SHARE;
    let called = terms(&chunk_blocks::wanted(inputs, beat));
    let told = known.iter().filter_map(|known| {
        let section = inputs.brief.sections.get(known.section)?;
        let what = format!("background “{}”", section.title);
        let size = budget.estimate_of(known.weight);
        if !of_all && known.terms.is_disjoint(&called) {
            budget.leave_out(&what, size, "this part does not name it");
            return None;
        }
        let text = budget.take_of(&what, size, || blocks::background_text(section))?;
        Some((section, text))
    });
    let told = told.collect();
    if of_all {
        (told, Vec::new())
    } else {
        (Vec::new(), told)
    }
}

/// Returns the cast entries of the people that this part names: in its beat, its cast attribute, the text
/// before, or as the protagonist.
fn cast<'a>(
    inputs: &PromptInputs<'a>,
    beat: &Beat,
    budget: &mut Budget,
) -> Vec<(&'a CastEntry, String)> {
    let brief = inputs.brief;
    let shown = [inputs.preceding, inputs.so_far].map(|text| tail(text, TAIL_WORDS[0]));
    let called = Called::by(brief, inputs.ground, Some(beat), &shown);
    let entries = called.entries();
    entries
        .filter_map(|index| brief.cast.get(index))
        .filter_map(|entry| {
            let what = format!("cast “{}”", entry.name);
            Some((entry, budget.take(&what, blocks::cast_entry(entry))?))
        })
        .collect()
}
