//! Checks what was extracted from a chunk against the text of the chunk.
//!
//! A model may leave out, mix up or make up. A quote has to be in the chunk to the letter; any
//! other statement has to be made of the chunk's own words, and may name nobody and nothing
//! that neither the chunk nor the brief's cast names.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use super::{CharacterState, ChunkState, Fact, Threads};
use crate::story::CastEntry;
use crate::story::text::quote::{is_telling, plain, trim_marks};
use crate::story::text::scripts::is_han_or_kana;
use crate::story::text::terms::terms;
use crate::story::text::white_space::on_one_line;

/// The most characters that are kept of a quote.
const LONGEST_QUOTE: usize = 400;
/// The share of a statement's terms that have to be the chunk's, in per cent.
const GROUNDED: usize = 60;
/// Most entries of each list, and most characters of each statement: nonsense has no end.
const MOST: usize = 24;
const LONGEST: usize = 600;

impl ChunkState {
    /// Returns the part of the state that the chunk supports.
    pub fn verified(&self, prose: &str, cast: &[CastEntry]) -> ChunkState {
        let text = Source::new(prose, cast);
        ChunkState {
            summary: text.summary(&self.summary),
            time: self.time.as_deref().and_then(|time| text.statement(time)),
            characters: text.characters(&self.characters),
            facts: text.facts(&self.facts),
            threads: Threads {
                opened: text.statements(&self.threads.opened),
                closed: text.closed(&self.threads.closed),
            },
        }
    }
}

/// A chunk's text, read once.
struct Source<'a> {
    plain: String,
    terms: BTreeSet<String>,
    names: BTreeSet<String>,
    cast: &'a [CastEntry],
}

impl<'a> Source<'a> {
    fn new(prose: &str, cast: &'a [CastEntry]) -> Source<'a> {
        let mut names = terms(prose);
        for entry in cast {
            names.extend(terms(&entry.name));
            names.extend(entry.aliases.iter().flat_map(|alias| terms(alias)));
        }
        Source {
            plain: plain(prose),
            terms: terms(prose),
            names,
            cast,
        }
    }

    fn facts(&self, facts: &[Fact]) -> Vec<Fact> {
        let verified = facts.iter().filter_map(|fact| {
            Some(Fact {
                quote: self.quote(&fact.quote)?,
                subject: self.subject(&fact.subject),
                fact: self.statement(&fact.fact).unwrap_or_default(),
            })
        });
        verified.take(MOST).collect()
    }

    /// Returns a quote that the chunk has, without marks around it that the chunk does not have.
    fn quote(&self, quote: &str) -> Option<String> {
        [quote.trim(), trim_marks(quote)]
            .into_iter()
            .find_map(|quote| {
                let found = plain(quote);
                let is_there = is_telling(&found)
                    && found.chars().count() <= LONGEST_QUOTE
                    && self.plain.contains(&found);
                is_there.then(|| clean(quote))
            })
    }

    /// Returns a subject that the chunk names; empty otherwise.
    fn subject(&self, subject: &str) -> String {
        let subject = clean(subject);
        if self.names_only_known(&subject) && !terms(&subject).is_disjoint(&self.names) {
            subject
        } else {
            String::new()
        }
    }

    fn characters(&self, characters: &[CharacterState]) -> Vec<CharacterState> {
        let is_there = |character: &&CharacterState| {
            self.plain.contains(&plain(character.name.trim())) && !character.name.trim().is_empty()
                || self.cast.iter().any(|entry| {
                    entry.name == character.name && !terms(&entry.name).is_disjoint(&self.terms)
                })
        };
        let statement = |text: &Option<String>| text.as_deref().and_then(|it| self.statement(it));
        characters
            .iter()
            .filter(is_there)
            .take(MOST)
            .map(|character| CharacterState {
                name: clean(&character.name),
                place: statement(&character.place),
                condition: statement(&character.condition),
                knows: self.statements(&character.knows),
                holds: self.statements(&character.holds),
            })
            .collect()
    }

    fn statements(&self, statements: &[String]) -> Vec<String> {
        let kept = statements.iter().filter_map(|it| self.statement(it));
        kept.take(MOST).collect()
    }

    /// Returns the closed threads whose names are known; they have the words in which they were opened, which
    /// need not be the chunk's.
    fn closed(&self, threads: &[String]) -> Vec<String> {
        let threads = threads.iter().map(|it| clean(it));
        let known = threads.filter(|it| !it.is_empty() && self.names_only_known(it));
        known.take(MOST).collect()
    }

    /// Returns the sentences of a summary that the chunk bears out.
    fn summary(&self, summary: &str) -> String {
        let sentences = summary.split_sentence_bounds().take(MOST);
        let kept: Vec<String> = sentences.filter_map(|it| self.statement(it)).collect();
        let glue = if summary.chars().any(is_han_or_kana) {
            ""
        } else {
            " "
        };
        kept.join(glue)
    }

    fn statement(&self, statement: &str) -> Option<String> {
        let statement = clean(statement);
        let said = terms(&statement);
        let known = said
            .iter()
            .filter(|term| self.terms.contains(*term))
            .count();
        let is_grounded = !said.is_empty()
            && known * 100 >= said.len() * GROUNDED
            && self.names_only_known(&statement);
        is_grounded.then_some(statement)
    }

    /// Tells whether all that looks like a name or number in a statement is known. The first word of
    /// a sentence has its capital from there.
    fn names_only_known(&self, statement: &str) -> bool {
        let words = statement.unicode_words().skip(1);
        let mut named =
            words.filter(|word| word.chars().any(|c| c.is_uppercase() || c.is_numeric()));
        named.all(|word| terms(word).iter().all(|term| self.names.contains(term)))
    }
}

/// Returns a text on one line, bounded, without what would read as a heading or a comment.
fn clean(text: &str) -> String {
    let line = on_one_line(text);
    let line = line.trim_start_matches(['#', '>', '-', '*', ' ']);
    line.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "Mara hid the brass key under the third stair.\n\n“Nobody must know,” she \
                         told Ilse, and the rain went on until dawn.";

    #[test]
    fn what_the_chunk_does_not_bear_out_is_dropped() {
        let character = |name: &str, place: &str| CharacterState {
            name: name.to_owned(),
            place: Some(place.to_owned()),
            ..CharacterState::default()
        };
        let fact = |quote: &str| Fact {
            subject: "Mara".to_owned(),
            fact: "Mara is dead".to_owned(),
            quote: quote.to_owned(),
        };
        let told = ChunkState {
            summary:
                "Mara hid a brass key under the stair. Doctor Bellweather burned the museum down. \
                      She told Ilse that nobody must know."
                    .to_owned(),
            time: Some("dawn".to_owned()),
            characters: vec![
                character("Mara", "the third stair"),
                character("Mara", "a museum in Vienna"),
                character("Bellweather", "the stair"),
            ],
            facts: vec![
                fact("Mara hid the brass key"),
                fact("Mara was dead at last"),
            ],
            threads: Threads {
                opened: vec![
                    "Who must know of the key?".to_owned(),
                    "Will Jonas come home?".to_owned(),
                ],
                closed: vec![
                    "Where did the letter go?".to_owned(),
                    "Did old Bellweather burn it?".to_owned(),
                ],
            },
        };
        let kept = told.verified(PROSE, &[]);
        assert_eq!(
            kept.summary,
            "Mara hid a brass key under the stair. She told Ilse that nobody must know."
        );
        assert_eq!(kept.time.as_deref(), Some("dawn"));
        let places: Vec<_> = kept
            .characters
            .iter()
            .map(|it| it.place.as_deref())
            .collect();
        assert_eq!(places, [Some("the third stair"), None]);
        assert_eq!(kept.facts.len(), 1);
        assert_eq!(kept.facts[0].fact, "", "its claim is not in the chunk");
        assert_eq!(kept.threads.opened, ["Who must know of the key?"]);
        assert_eq!(kept.threads.closed, ["Where did the letter go?"]);
        assert_eq!(kept.verified(PROSE, &[]), kept);
    }
}
