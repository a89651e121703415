//! Whether a long story stays one story: an author-model that knows nothing but the prompt it
//! is sent can only repeat what the prompt told it. The table is printed with `--nocapture`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use storywright::story::state::{ChunkState, Fact};
use storywright::story::{Brief, ChunkNumber};
use storywright::writing::prompt::{Earlier, Ground, Prompt, PromptInputs, Templates};
use storywright::writing::tokens;

const CHUNKS: usize = 60;

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
    let syllables = [
        "Bran", "Cel", "Dor", "Fen", "Gal", "Hest", "Ilm", "Jor", "Kel", "Lun",
    ];
    let name = format!(
        "{}{}",
        syllables[number % 10],
        syllables[(number / 10 + number % 7) % 10].to_lowercase()
    );
    format!("{name}’s {}", KINDS[number % 6])
}

fn fact(number: usize) -> String {
    format!(
        "{} opened only to the word marker{number:02}.",
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

fn brief() -> Brief {
    let mut text = String::from(
        "---\ntitle: The Lamp Keeper\nlanguage: en\ntarget_words: 24000\npov: first person\ntense: past\n\
         protagonist: Mara Voss\n---\n# Premise\nA keeper finds tomorrow in her logbook, and the rock keeps \
         what it is given.\n# Setting\nSkerrow, a rock with a lighthouse, one boat and no harbour; winter of \
         1911.\n# Cast\n## Mara Voss\naka: the keeper\nThe keeper; forty, exact, deaf in one ear.\n## Ilse \
         Brandt\nThe relief; afraid of the stair.\n# Rules\n1. The lamp may not go out.\n2. The log is never \
         wrong.\n3. Nobody leaves the rock by night.\n# Style\nPlain sentences. No similes. What is seen \
         before what is felt.\n# Outline\n",
    );
    for number in 1..=CHUNKS {
        let things: Vec<String> = named(number).into_iter().map(thing).collect();
        text.push_str(&format!(
            "## Part the {number} {{#part-{number}}}\nMara writes up night {number} and comes upon {}. She needs \
             {}.\n",
            thing(number),
            if things.is_empty() { "nothing".to_owned() } else { things.join(" and ") }
        ));
    }
    let brief = Brief::parse(&text);
    assert_eq!(brief.problems, [], "{:?}", brief.problems);
    brief
}

/// A chunk of about 400 words: the fact it plants, amid prose that says little.
fn prose(number: usize, repeated: &str) -> String {
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
        text.push_str(FILLER[(line * 3 + number) % FILLER.len()]);
        text.push_str(if line % 7 == 6 { "\n\n" } else { " " });
    }
    format!("{text}{repeated}")
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
    sizes: Vec<u32>,
    prompts: Vec<String>,
}

impl Outcome {
    fn recall(&self) -> f64 {
        100.0 * self.recalled as f64 / self.asked as f64
    }
}

/// The story as our prompts write it, with states or without; worked out once.
fn ours(state: bool) -> &'static Outcome {
    static WRITTEN: [OnceLock<Outcome>; 2] = [OnceLock::new(), OnceLock::new()];
    WRITTEN[usize::from(state)].get_or_init(|| write(&brief(), Builder::Ours { state }))
}

/// Writes the story with an author-model that repeats the markers it was sent, no others.
fn write(brief: &Brief, builder: Builder) -> Outcome {
    let states: Vec<ChunkState> = (1..=CHUNKS).map(state).collect();
    let mut texts: Vec<String> = Vec::new();
    let mut outcome = Outcome::default();
    for number in 1..=CHUNKS {
        let prompt = prompt(brief, builder, &texts, &states, number);
        for thing in named(number) {
            outcome.asked += 1;
            outcome.recalled += usize::from(prompt.contains(&format!("marker{thing:02}")));
        }
        outcome.sizes.push(tokens::estimate(&prompt));
        outcome.prompts.push(prompt);
        // It says nothing that it does not know, so nothing is handed on by its prose.
        texts.push(prose(number, "The night was long."));
    }
    outcome
}

fn prompt(
    brief: &Brief,
    builder: Builder,
    texts: &[String],
    states: &[ChunkState],
    number: usize,
) -> String {
    let beat = &brief.beats[number - 1];
    match builder {
        Builder::Ours { state } => {
            let earlier: Vec<Earlier<'_>> = texts
                .iter()
                .enumerate()
                .map(|(index, text)| Earlier {
                    number: ChunkNumber(index as u32 + 1),
                    beat: &brief.beats[index].id,
                    title: &brief.beats[index].title,
                    text,
                    // That of the part before is still being read when this one begins.
                    state: (state && index + 2 < number).then(|| &states[index]),
                })
                .collect();
            built(brief, &earlier, number)
        }
        Builder::LastChunkOnly => format!(
            "{}\n{}\nContinue.",
            texts.last().map_or("", String::as_str),
            beat.text
        ),
        Builder::EverythingSoFar => format!("{}\n{}\nContinue.", texts.join("\n\n"), beat.text),
    }
}

fn built(brief: &Brief, earlier: &[Earlier<'_>], number: usize) -> String {
    let templates = Templates::default();
    let prompt = Prompt::build(&PromptInputs {
        brief,
        templates: &templates,
        ground: &Ground::of(brief, &templates),
        beat: number - 1,
        target_words: 400,
        earlier,
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
    let last_only = write(&brief(), Builder::LastChunkOnly);
    let everything = write(&brief(), Builder::EverythingSoFar);
    let rows = [
        (Builder::Ours { state: true }, ours(true)),
        (Builder::Ours { state: false }, ours(false)),
        (Builder::LastChunkOnly, &last_only),
        (Builder::EverythingSoFar, &everything),
    ];
    for (builder, outcome) in &rows {
        let (early, late) = (outcome.sizes[14], outcome.sizes[59]);
        println!(
            "{:<28} {:>7.1}% {:>12} {:>12} {:>12.3} {:>14}",
            format!("{builder:?}"),
            outcome.recall(),
            early,
            late,
            f64::from(late) / f64::from(early),
            outcome.sizes.iter().sum::<u32>()
        );
    }
    for (builder, outcome) in &rows {
        if let Builder::Ours { .. } = builder {
            assert_eq!(outcome.recalled, outcome.asked, "{builder:?}");
            let early = f64::from(outcome.sizes[14]);
            let largest = outcome.sizes[14..]
                .iter()
                .max()
                .copied()
                .unwrap_or_default();
            assert!(f64::from(outcome.sizes[59]) <= early * 1.05, "{builder:?}");
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
    assert!(ours(true).sizes.iter().sum::<u32>() * 2 < everything.sizes.iter().sum::<u32>());
}

#[test]
fn two_prompts_in_a_row_share_at_least_half_their_bytes() {
    for state in [true, false] {
        let prompts = &ours(state).prompts;
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
fn the_same_inputs_give_the_same_bytes() {
    let (brief, states) = (brief(), (1..=CHUNKS).map(state).collect::<Vec<_>>());
    let texts: Vec<String> = (1..CHUNKS)
        .map(|number| prose(number, "The night was long."))
        .collect();
    for number in [1, 2, 15, CHUNKS] {
        let builder = Builder::Ours { state: true };
        let again = prompt(&brief, builder, &texts[..number - 1], &states, number);
        assert_eq!(again, ours(true).prompts[number - 1]);
    }
}
