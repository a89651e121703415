//! Finds sentences of the story so far about the things that a beat names.
//!
//! Needs no model: a sentence is found by the terms that it shares with the beat. What is
//! quoted is verbatim, so it can't be wrong; rare terms tell more than common ones.

mod choice;
mod index;
mod quote;

pub use index::{Index, Source, TextId};
pub use quote::{Quote, sentences};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::ChunkNumber;
    use crate::story::state::Fact;

    /// Recalls from chunks with these texts and noted facts, numbered from 1.
    fn recall_with(wanted: &str, chunks: &[(&str, Vec<Fact>)]) -> Vec<Quote> {
        let mut index = Index::default();
        let sources: Vec<Source<'_>> = chunks
            .iter()
            .zip(1..)
            .map(|((text, facts), number)| Source {
                chunk: ChunkNumber(number),
                text,
                taken: index.take(text),
                facts,
                taken_facts: (!facts.is_empty()).then(|| index.take_facts(facts)),
            })
            .collect();
        index.recall(wanted, &sources)
    }

    fn recall<T: AsRef<str>>(wanted: &str, texts: &[T]) -> Vec<Quote> {
        let chunks: Vec<(&str, Vec<Fact>)> = texts
            .iter()
            .map(|text| (text.as_ref(), Vec::new()))
            .collect();
        recall_with(wanted, &chunks)
    }

    fn texts(quotes: &[Quote]) -> Vec<&str> {
        quotes.iter().map(|quote| quote.text.as_str()).collect()
    }

    #[test]
    fn finds_what_was_said_of_a_thing() {
        let chunks = [
            "Mara woke. The brass compass pointed to the drowned bell.",
            "Mara slept. It rained.",
            "Mara ate. The gulls were loud.",
            "Mara read. Nothing moved.",
        ];
        let quotes = recall("Mara takes the compass out", &chunks);
        assert_eq!(
            texts(&quotes),
            ["The brass compass pointed to the drowned bell."]
        );
        assert_eq!(quotes[0].chunk, ChunkNumber(1));
        assert!(recall("", &chunks).is_empty());
        assert!(recall::<&str>("compass", &[]).is_empty());
    }

    #[test]
    fn each_thing_is_recalled_before_any_is_recalled_at_length() {
        let often = "The lantern swung. The lantern hissed. A lantern fell. Lanterns burned. \
                     Nobody had a lantern. One lantern more.";
        let mut chunks = vec![often, "The key was under the stair."];
        chunks.extend((3..10).map(|_| "The rain and the wind went on."));
        let quotes = recall("She carries the lantern and the key", &chunks);
        let place = texts(&quotes).iter().position(|text| text.contains("key"));
        assert!(place.is_some_and(|place| place < 4), "{quotes:?}");
    }

    #[test]
    fn a_noted_fact_comes_first_and_once() {
        let fact = |subject: &str, quote: &str| Fact {
            subject: subject.to_owned(),
            fact: String::new(),
            quote: quote.to_owned(),
        };
        let quotes = recall_with(
            "Ilse comes",
            &[(
                "Ilse limped. Ilse had lost the sight of one eye at sea.",
                vec![fact("Ilse", "had lost the sight of one eye")],
            )],
        );
        assert_eq!(
            texts(&quotes),
            ["had lost the sight of one eye", "Ilse limped."]
        );
    }

    #[test]
    fn works_without_spaces_between_words() {
        let quotes = recall(
            "春子は羅針盤を開く",
            &[
                "春子は真鍮の羅針盤を見つけた。雨が降っていた。",
                "波は高い。",
            ],
        );
        assert_eq!(texts(&quotes), ["春子は真鍮の羅針盤を見つけた。"]);
    }

    /// A story in which Joren rubs his hand in every part from 2 to `habit`, each time with words of its own, and
    /// loses it in part `lost`; of `parts` parts.
    fn story_of_a_hand(parts: usize, habit: usize, lost: usize) -> Vec<String> {
        let places = [
            "stove", "window", "door", "boat", "ladder", "barrel", "gate",
        ];
        (1..=parts)
            .map(|part| {
                let place = places[part % places.len()];
                let mut text = format!("The wind was in the {part}th quarter. Nobody came up. ");
                if (2..=habit).contains(&part) {
                    text.push_str(&format!("He rubbed his right hand at the {place}. "));
                }
                if part == lost {
                    text.push_str("Joren lost his right hand to the winch. ");
                }
                text.push_str("The sea went on below.");
                text
            })
            .collect()
    }

    #[test]
    fn a_change_comes_before_what_was_said_again_and_again() {
        for [parts, habit, lost] in [[59, 40, 50], [59, 50, 30], [599, 400, 500], [599, 500, 3]] {
            let story = story_of_a_hand(parts, habit, lost);
            let quotes = recall("A letter that the right hand signs", &story);
            let found = texts(&quotes);
            let of_change = "Joren lost his right hand to the winch.";
            assert_eq!(found.first(), Some(&of_change), "{parts} {habit} {lost}");
            let rubbed = found.iter().filter(|text| text.contains("rubbed"));
            assert!(rubbed.count() <= 2, "{found:?}");
        }
    }

    #[test]
    fn the_latest_of_equals_comes_first_and_then_what_was_said_first() {
        let mut chunks = vec!["It rained all the day long."; 30];
        for (part, text) in [
            (2, "A brass compass hung there."),
            (9, "She sold the compass again."),
            (20, "Ilse broke the compass."),
            (25, "Nobody mends a compass now."),
        ] {
            chunks[part] = text;
        }
        let quotes = recall("the compass", &chunks);
        assert_eq!(
            texts(&quotes),
            [
                "Nobody mends a compass now.",
                "A brass compass hung there.",
                "Ilse broke the compass.",
                "She sold the compass again.",
            ]
        );
    }

    #[test]
    fn what_says_nothing_new_is_quoted_once() {
        let mut chunks = vec!["It rained all the day long."; 30];
        for (part, text) in [
            (2, "The old ledger lay open on the desk by the door."),
            (3, "The old ledger lay open on the desk by the stair."),
            (4, "The ledger was stolen."),
        ] {
            chunks[part] = text;
        }
        let quotes = recall("the ledger", &chunks);
        assert_eq!(
            texts(&quotes),
            [
                "The ledger was stolen.",
                "The old ledger lay open on the desk by the door."
            ]
        );
    }

    #[test]
    fn rare_terms_come_before_common_ones() {
        let mut chunks: Vec<String> = (0..40)
            .map(|part| format!("The lantern of night {part} burned. Rain came {part} times."))
            .collect();
        chunks[7].push_str(" A sextant lay in the sand.");
        let chunks: Vec<String> = (0..20)
            .map(|_| "It rained all day long.".to_owned())
            .chain(chunks)
            .chain((0..20).map(|_| "The sea was flat.".to_owned()))
            .collect();
        let quotes = recall("the lantern, the sextant", &chunks);
        assert_eq!(quotes[0].text, "A sextant lay in the sand.");
    }

    #[test]
    fn a_person_of_every_chunk_calls_for_nothing() {
        let chunks: Vec<String> = (0..26)
            .map(|part| {
                let of = char::from(b'a' + part);
                format!("Mara went to {of}gate{of} and saw {of}boat{of} there.")
            })
            .collect();
        assert_eq!(recall("Mara sleeps", &chunks), []);
    }
}
