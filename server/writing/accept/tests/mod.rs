mod again;
mod good;
mod in_prose;
mod kinds;
mod no_prose;
mod properties;
mod streaming;

use std::sync::{Arc, Mutex};

use super::{Acceptance, Answer, CallEnd, Judgement, Runs, Told};
use crate::provider::FinishReason;
use crate::story::{Brief, words};
use crate::writing::prompt::Templates;

/// A story of three parts, each of a hundred words.
const BRIEF: &str = r#"---
title: The Lamp Keeper
language: en
---
# Premise
Mara keeps a lamp on a rock in the sea, and the logbook is written up to the day after tomorrow.
# Setting
A rock eleven miles off the coast, in the winter of 1911.
# Rules
1. The lamp is never out between dusk and dawn, whatever happens.
2. Nobody opens the oak door in the cellar, not even in the last part.
# Outline
## The Landing {#landing}
Mara climbs from the boat to the rock and finds that nobody is there to meet her.
Enter: A calm day, and Ilse at the oars of the relief boat.
Exit: She is alone on the rock with the key in her pocket.
## The Logbook {#logbook}
She opens the log that Hale has left and reads what he wrote of the day after tomorrow.
## The Oak Door {#door}
Somebody knocks from the other side of the door, three times, and then once.
"#;

/// A hundred words, nine sentences, two paragraphs.
const PROSE: &str = "The boat put me down on the slab and drew off again before I had counted my bags. \
There were four of them, and the swell had wetted two. Ilse waved from the oars; she laughed, as she does when a \
thing is not funny. Then there was only the rock, and the tower on it.\n\n\
I climbed the ladder with the key between my teeth. Nobody came to the door. I said my name into the dark of the \
stair, twice, and it went up a hundred and sixty steps and came back to me changed. So I lit the lamp.";

const STOP: CallEnd = CallEnd::Finished(FinishReason::Stop);

/// Takes the texts of the chunks before, in story order.
fn told(earlier: &[&str]) -> Told {
    let mut runs = Runs::default();
    let before = earlier.iter().map(|text| runs.take(text)).collect();
    let last = earlier.last().copied().unwrap_or_default();
    Told::of(last).with(Arc::new(Mutex::new(runs)), before)
}

/// Judges an answer for the second part of a brief, as the first of its chunk.
fn judged(
    brief: &Brief,
    target_words: u32,
    notes: &[String],
    earlier: &[&str],
    text: &str,
    end: &CallEnd,
) -> Judgement {
    let acceptance = Acceptance::new(
        brief,
        1.min(brief.beats.len().saturating_sub(1)),
        target_words,
        notes,
        &Templates::default(),
        told(earlier),
    );
    acceptance.judge(&Answer {
        prose: text,
        author: 0,
        judged: 0,
        end,
        continued: 0,
        gained: words::count(text, &brief.language),
    })
}
