//! Whether a long story stays one story: an author-model that knows nothing but the prompt it
//! is sent can only repeat what the prompt told it. The table is printed with `--nocapture`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use storywright::story::state::{ChunkState, Fact};
use storywright::story::{Brief, ChunkNumber, Digest};
use storywright::writing::part_index::PartIndex;
use storywright::writing::prompt::{Earlier, Ground, Prompt, PromptInputs, Templates};
use storywright::writing::tokens;

/// The parts of the two stories: all beats are listed in the prompts of one, chapters in those of the other.
const SHORT: usize = 60;
const LONG: usize = 600;
/// The part with whose prompt later ones are compared.
const EARLY: usize = 15;

/// What each part plants: a thing, and what is true of it from then on.
fn thing(number: usize) -> String {
    const KINDS: [&str; 6] = [
        "compass",
        "ledger",
        "sextant",
        "whistle",
        "lantern",
        "barometer",
    ];
    const SYLLABLES: usize = 65;
    let syllable = |of: usize| {
        let consonant = &"BDFGKLMNPRSTV"[of % 13..=of % 13];
        format!("{consonant}{}", &"aeiou"[of / 13..=of / 13])
    };
    // No two of a story have the same name.
    let first = number % SYLLABLES;
    let second = (number / SYLLABLES + first * 7) % SYLLABLES;
    let name = format!("{}{}n", syllable(first), syllable(second).to_lowercase());
    format!("{name}’s {}", KINDS[number % 6])
}

fn fact(number: usize) -> String {
    format!(
        "{} opened only to the word marker{number:03}.",
        thing(number)
    )
}

/// Which earlier things the beat of a part names: near ones and far ones.
fn named(number: usize) -> BTreeSet<usize> {
    let earlier = [number - 1, number * 2 / 3, number / 3];
    earlier
        .into_iter()
        .filter(|part| (1..number).contains(part))
        .collect()
}

/// What a character does again and again, and the one time when that ends.
const HABIT: &str = "The mate rubbed his right hand and looked away.";
const CHANGE: &str = "The mate lost his right hand in the winch.";

fn brief(chunks: usize) -> Brief {
    let words = chunks * 400;
    let mut text = format!(
        "---\ntitle: The Lamp Keeper\nlanguage: en\ntarget_words: {words}\npov: first person\ntense: past\n\
         protagonist: Mara Voss\n---\n# Premise\nA keeper finds tomorrow in her logbook, and the rock keeps \
         what it is given.\n# Setting\nSkerrow, a rock with a lighthouse, one boat and no harbour; winter of \
         1911.\n# Cast\n## Mara Voss\naka: the keeper\nThe keeper; forty, exact, deaf in one ear.\n## Ilse \
         Brandt\nThe relief; afraid of the stair.\n# Rules\n1. The lamp may not go out.\n2. The log is never \
         wrong.\n3. Nobody leaves the rock by night.\n# Style\nPlain sentences. No similes. What is seen \
         before what is felt.\n# Outline\n",
    );
    for number in 1..=chunks {
        let things: Vec<String> = named(number).into_iter().map(thing).collect();
        text.push_str(&format!(
            "## Part the {number} {{#part-{number}}}\nMara writes up night {number} and comes upon {}. She needs \
             {}.{}\n",
            thing(number),
            if things.is_empty() { "nothing".to_owned() } else { things.join(" and ") },
            if number == chunks { " The mate holds out his right hand." } else { "" }
        ));
    }
    let brief = Brief::parse(&text);
    assert_eq!(brief.problems, [], "{:?}", brief.problems);
    brief
}

/// A chunk of about 400 words of a story of so many chunks: the fact it plants, amid prose that says little.
fn prose(number: usize, chunks: usize) -> String {
    const FILLER: [&str; 8] = [
        "The wind went round and the glass fell.",
        "I trimmed the wick and wrote the hour down.",
        "Below me the sea worked at the landing.",
        "There was salt on the panes again, and I washed them.",
        "Ilse came up with the oil and did not speak.",
        "I counted the steps, as I always did.",
        "A gull stood on the rail and looked in.",
        "Toward morning the rain thinned.",
    ];
    let mut text = String::new();
    for line in 0..50 {
        if line == 9 {
            text.push_str(&fact(number));
            text.push_str("\n\n");
        }
        if line == 30 && (2..=chunks * 2 / 3).contains(&number) {
            text.push_str(&format!("{HABIT} "));
        }
        if line == 30 && number == chunks * 5 / 6 {
            text.push_str(&format!("{CHANGE} "));
        }
        text.push_str(FILLER[(line * 3 + number) % FILLER.len()]);
        text.push_str(if line % 7 == 6 { "\n\n" } else { " " });
    }
    format!("{text}The night was long.")
}

fn state(number: usize) -> ChunkState {
    ChunkState {
        summary: format!(
            "Mara wrote up night {number}, with Ilse on the stair and the lamp burning, and came upon {}.",
            thing(number)
        ),
        facts: vec![Fact {
            subject: thing(number),
            fact: String::new(),
            quote: fact(number),
        }],
        ..ChunkState::default()
    }
}

/// What a prompt is made of: ours, and the two that fail.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Builder {
    Ours { state: bool },
    LastChunkOnly,
    EverythingSoFar,
}

#[derive(Default)]
struct Outcome {
    asked: usize,
    recalled: usize,
    /// By the number of the part.
    sizes: BTreeMap<usize, u32>,
    prompts: BTreeMap<usize, String>,
}

impl Outcome {
    /// The size of the largest prompt from the early one on.
    fn largest(&self) -> u32 {
        let late = self.sizes.range(EARLY..).map(|(_, size)| *size);
        late.max().unwrap_or_default()
    }

    fn recall(&self) -> f64 {
        100.0 * self.recalled as f64 / self.asked as f64
    }
}

/// The short story as our prompts write it, with states or without; worked out once.
fn ours(state: bool) -> &'static Outcome {
    static WRITTEN: [OnceLock<Outcome>; 2] = [OnceLock::new(), OnceLock::new()];
    WRITTEN[usize::from(state)].get_or_init(|| write(&brief(SHORT), Builder::Ours { state }))
}

/// The long story as our prompts write it, with states or without; worked out once.
fn ours_long(state: bool) -> &'static Outcome {
    static WRITTEN: [OnceLock<Outcome>; 2] = [OnceLock::new(), OnceLock::new()];
    WRITTEN[usize::from(state)].get_or_init(|| write(&brief(LONG), Builder::Ours { state }))
}

/// The texts of a story, as far as they are written, with what is known of them.
#[derive(Default)]
struct Parts {
    texts: Vec<String>,
    digests: Vec<Digest>,
    states: Vec<Arc<ChunkState>>,
    index: PartIndex,
}

impl Parts {
    fn add(&mut self, text: String) {
        self.digests.push(Digest::of(&text));
        self.texts.push(text);
        self.states.push(Arc::new(state(self.texts.len())));
    }
}

/// Writes the story with an author-model that repeats the markers it was sent, no others.
fn write(brief: &Brief, builder: Builder) -> Outcome {
    let chunks = brief.beats.len();
    let (templates, mut parts) = (Templates::default(), Parts::default());
    let ground = Ground::of(brief, &templates);
    let mut outcome = Outcome::default();
    for number in 1..=chunks {
        // Of the long story not all prompts are looked at.
        if chunks == LONG && number > EARLY && number % 25 != 0 {
            parts.add(prose(number, chunks));
            continue;
        }
        let prompt = match builder {
            Builder::Ours { state } => built(brief, &templates, &ground, &parts, state),
            Builder::LastChunkOnly => {
                let last = parts.texts.last().map_or("", String::as_str);
                format!("{last}\n{}\nContinue.", brief.beats[number - 1].text)
            }
            Builder::EverythingSoFar => {
                let told = parts.texts.join("\n\n");
                format!("{told}\n{}\nContinue.", brief.beats[number - 1].text)
            }
        };
        for thing in named(number) {
            outcome.asked += 1;
            outcome.recalled += usize::from(prompt.contains(&format!("marker{thing:03}")));
        }
        outcome.sizes.insert(number, tokens::estimate(&prompt));
        outcome.prompts.insert(number, prompt);
        // It says nothing that it does not know, so nothing is handed on by its prose.
        parts.add(prose(number, chunks));
    }
    outcome
}

/// The prompt of the part after those that are written.
fn built(
    brief: &Brief,
    templates: &Templates,
    ground: &Ground,
    parts: &Parts,
    state: bool,
) -> String {
    let written = parts.texts.len();
    let earlier: Vec<Earlier<'_>> = (0..written)
        .map(|index| Earlier {
            number: ChunkNumber(index as u32 + 1),
            beat: &brief.beats[index].id,
            title: &brief.beats[index].title,
            text: &parts.texts[index],
            digest: &parts.digests[index],
            // That of the part before is still being read when this one begins.
            state: (state && index + 1 < written).then(|| &parts.states[index]),
        })
        .collect();
    let prompt = Prompt::build(&PromptInputs {
        brief,
        templates,
        ground,
        beat: written,
        target_words: 400,
        earlier: &earlier,
        index: &parts.index,
        preceding: earlier.last().map_or("", |part| part.text),
        so_far: "",
        remaining_words: 400,
        notes: &[],
        limit: tokens::PromptLimit::of(16_000),
    })
    .unwrap();
    format!("{}\n\n{}", prompt.system(), prompt.user().concat())
}

#[test]
fn facts_of_every_part_are_in_later_prompts_that_need_them() {
    println!(
        "{:<28} {:>8} {:>12} {:>12} {:>12} {:>14}",
        "prompt", "recall", "tokens at 15", "at 60", "60 : 15", "whole story"
    );
    let last_only = write(&brief(SHORT), Builder::LastChunkOnly);
    let everything = write(&brief(SHORT), Builder::EverythingSoFar);
    let rows = [
        (Builder::Ours { state: true }, ours(true)),
        (Builder::Ours { state: false }, ours(false)),
        (Builder::LastChunkOnly, &last_only),
        (Builder::EverythingSoFar, &everything),
    ];
    for (builder, outcome) in &rows {
        let (early, late) = (outcome.sizes[&EARLY], outcome.sizes[&SHORT]);
        println!(
            "{:<28} {:>7.1}% {:>12} {:>12} {:>12.3} {:>14}",
            format!("{builder:?}"),
            outcome.recall(),
            early,
            late,
            f64::from(late) / f64::from(early),
            outcome.sizes.values().sum::<u32>()
        );
    }
    for (builder, outcome) in &rows {
        if let Builder::Ours { .. } = builder {
            assert_eq!(outcome.recalled, outcome.asked, "{builder:?}");
            let early = f64::from(outcome.sizes[&EARLY]);
            let largest = outcome.largest();
            assert!(
                f64::from(outcome.sizes[&SHORT]) <= early * 1.05,
                "{builder:?}"
            );
            assert!(
                f64::from(largest) <= early * 1.10,
                "{builder:?}: {largest} against {early}"
            );
        }
    }
    assert!(
        last_only.recalled < last_only.asked / 2,
        "the test would find what was lost"
    );
    assert!(ours(true).sizes.values().sum::<u32>() * 2 < everything.sizes.values().sum::<u32>());
}

#[test]
fn two_prompts_in_a_row_share_at_least_half_their_bytes() {
    for state in [true, false] {
        let prompts: Vec<&String> = ours(state).prompts.values().collect();
        let mut least = 1.0_f64;
        for pair in prompts.windows(2) {
            let shared = pair[0]
                .bytes()
                .zip(pair[1].bytes())
                .take_while(|(a, b)| a == b)
                .count();
            least = least.min(shared as f64 / pair[1].len() as f64);
        }
        println!(
            "state {state}: the least that two prompts in a row share: {:.1} %",
            least * 100.0
        );
        assert!(least >= 0.5, "{least}");
    }
}

#[test]
fn a_story_of_six_hundred_parts_is_told_as_much_in_no_more() {
    for state in [true, false] {
        let outcome = ours_long(state);
        let (early, late) = (outcome.sizes[&EARLY], outcome.sizes[&LONG]);
        println!(
            "state {state}: {:.1} % recalled, {early} tokens at 15, {late} at {LONG}",
            outcome.recall()
        );
        assert_eq!(outcome.recalled, outcome.asked, "state {state}");
        let largest = outcome.largest();
        assert!(f64::from(largest) <= f64::from(early) * 1.10);
    }
}

#[test]
fn a_change_is_told_though_what_was_before_was_said_again_and_again() {
    for state in [true, false] {
        for outcome in [ours(state), ours_long(state)] {
            let prompt = outcome.prompts.values().next_back().unwrap();
            assert!(prompt.contains(CHANGE), "state {state}: {prompt}");
            assert!(
                prompt.matches(HABIT).count() <= 2,
                "state {state}: {prompt}"
            );
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (brief, templates) = (brief(SHORT), Templates::default());
    let ground = Ground::of(&brief, &templates);
    for number in [1, 2, EARLY, SHORT] {
        // Read by an index that has seen no other part.
        let mut parts = Parts::default();
        for written in 1..number {
            parts.add(prose(written, SHORT));
        }
        let again = built(&brief, &templates, &ground, &parts, true);
        assert_eq!(again, ours(true).prompts[&number]);
    }
}
