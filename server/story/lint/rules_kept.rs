//! `rule-renumbered` and `rule-contradicted`: the text names a rule by its number and says
//! something that another rule says, or none, or the opposite.
//!
//! Only what stands in the same sentence as the number is compared, by the words that both
//! have in common; a sentence that says little is passed over. So a rule that is broken
//! without being named is missed: that takes a reader.

use super::super::Rule;
use super::chunk::LintedChunk;
use super::finding::{Finding, Remark};
use super::fold::{self, Key, KeySet};
use super::pack::{Pack, RuleWords};
use super::reading::Reading;
use super::rule_mentions::{self, RuleMention};
use super::story::Story;
use super::word::Word;
use crate::story::text::scripts;
use crate::story::text::sentences;

const RENUMBERED: &str = "rule-renumbered";
const CONTRADICTED: &str = "rule-contradicted";

/// Words that a statement must have before it can be said to fit a rule or not.
const LEAST_WORDS: usize = 3;
/// Mentions of a chunk that are looked at; no story speaks of its rules as often.
const MOST_MENTIONS: usize = 100;

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let Some(words) = &story.pack.rules else {
        return;
    };
    if story.brief.rules.is_empty() {
        return;
    }
    let rules: Vec<(&Rule, Content)> = story
        .brief
        .rules
        .iter()
        .map(|rule| (rule, Content::of(&rule.text, story.pack, words)))
        .collect();
    for chunk in &story.chunks {
        for mention in chunk.facts.rules.iter().take(MOST_MENTIONS) {
            findings.extend(judge(chunk, mention, &rules, story.pack, words));
        }
    }
}

/// The words of a rule or a statement, for comparison.
struct Content {
    stems: KeySet,
    /// How many words two texts must share to be about the same thing; single characters say less.
    least_shared: usize,
    /// How many words forbid or deny.
    negations: usize,
    /// Numbers, each with what is counted.
    counts: Vec<(u32, Key)>,
}

impl Content {
    fn of(text: &str, pack: &Pack, words: &RuleWords) -> Content {
        let reading = Reading::of(text, pack);
        let unspaced = text.chars().any(scripts::is_unspaced);
        let denied = reading
            .words
            .iter()
            .filter(|word| words.negations.contains(&word.key));
        let phrases = words.negation_phrases.find(&reading.words);
        Content {
            least_shared: if unspaced { 3 } else { 2 },
            stems: if unspaced {
                characters(text)
            } else {
                stems(text, &reading.words, pack, words)
            },
            negations: denied.count() + phrases.len(),
            counts: if unspaced {
                counts_unspaced(text)
            } else {
                counts(text, &reading.words, words)
            },
        }
    }

    fn shared(&self, other: &Content) -> usize {
        self.stems.intersection(&other.stems).count()
    }
}

fn stems(text: &str, all: &[Word], pack: &Pack, words: &RuleWords) -> KeySet {
    let says = |word: &&Word| {
        !pack.stop.contains(&word.key)
            && !words.negations.contains(&word.key)
            && !words.noun_keys.contains(&word.key)
            && !words.cardinals.contains_key(&word.key)
            && word.span().len() > 2
    };
    let said = all.iter().filter(says);
    said.map(|word| fold::stem(&text[word.span()])).collect()
}

/// Scripts without blanks: every Han character but numbers, and runs of katakana.
fn characters(text: &str) -> KeySet {
    let characters: Vec<char> = text.chars().collect();
    let kind = |c: &char| match c {
        c if scripts::is_katakana(*c) => 1,
        c if scripts::is_han(*c) && rule_mentions::read_kanji(&c.to_string()).is_none() => 2,
        _ => 0,
    };
    let mut keys = KeySet::default();
    for run in characters.chunk_by(|one, other| kind(one) == kind(other)) {
        match kind(&run[0]) {
            1 if run.len() > 1 => _ = keys.insert(fold::key(&run.iter().collect::<String>())),
            2 => keys.extend(run.iter().map(|c| fold::key(&c.to_string()))),
            _ => {}
        }
    }
    keys
}

fn counts(text: &str, all: &[Word], words: &RuleWords) -> Vec<(u32, Key)> {
    let counted = all.windows(2).filter_map(|pair| {
        let number = rule_mentions::cardinal(text, &pair[0], words)?;
        pair[1]
            .is_joined()
            .then(|| (number, fold::stem(&text[pair[1].span()])))
    });
    counted.collect()
}

fn counts_unspaced(text: &str) -> Vec<(u32, Key)> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut counts = Vec::new();
    let mut start = None;
    for (index, c) in characters {
        let numeric = rule_mentions::read_kanji(&c.to_string()).is_some();
        match start {
            None if numeric => start = Some(index),
            Some(from) if !numeric => {
                let number = rule_mentions::read_kanji(&text[from..index]);
                counts.extend(number.map(|number| (number, fold::key(&c.to_string()))));
                start = None;
            }
            _ => {}
        }
    }
    counts
}

fn judge(
    chunk: &LintedChunk<'_>,
    mention: &RuleMention,
    rules: &[(&Rule, Content)],
    pack: &Pack,
    words: &RuleWords,
) -> Option<Finding> {
    let said = statement(chunk, mention);
    let said = Content::of(&said, pack, words);
    let own = rules.iter().find(|(rule, _)| rule.number == mention.number);
    let best = rules
        .iter()
        .filter(|(rule, _)| rule.number != mention.number)
        .max_by_key(|(_, content)| said.shared(content))
        .filter(|(_, content)| said.shared(content) >= said.least_shared);
    let Some((rule, content)) = own else {
        return Some(no_such_rule(
            chunk,
            mention,
            rules,
            best.map(|(rule, _)| *rule),
        ));
    };
    let shared = said.shared(content);
    if let Some((other, other_content)) = best
        && said.shared(other_content) > 2 * shared
        && said.shared(other_content) * 5 >= said.stems.len() * 2
    {
        let message = format!(
            "This is what rule {} says, not rule {}: “{}”. Give it its own number.",
            other.number,
            mention.number,
            sentences::quoted(&other.text),
        );
        let remark = Remark::warning(mention.number_span.clone(), RENUMBERED, message);
        return Some(Finding {
            in_brief: Some(other.span.clone()),
            ..renumbered(chunk, remark, mention, other.number).in_chunk(chunk.number)
        });
    }
    let message = if shared >= said.least_shared {
        opposite(&said, content)?
    } else if shared == 0 && said.stems.len() > LEAST_WORDS && is_stated(chunk, mention) {
        "says something else"
    } else {
        return None;
    };
    let message = format!(
        "Rule {} {message} in the brief: “{}”. Bring the two together, or leave the number out.",
        mention.number,
        sentences::quoted(&rule.text),
    );
    let remark = Remark::warning(mention.sentence.clone(), CONTRADICTED, message);
    Some(Finding {
        in_brief: Some(rule.span.clone()),
        ..remark.in_chunk(chunk.number)
    })
}

/// Returns how a statement that is about the right rule contradicts it.
fn opposite(said: &Content, rule: &Content) -> Option<&'static str> {
    let other_number = said.counts.iter().any(|(number, of)| {
        let mut same = rule
            .counts
            .iter()
            .filter(|(_, counted)| counted == of)
            .peekable();
        same.peek().is_some() && same.all(|(counted, _)| counted != number)
    });
    let most = said.shared(rule) * 2 >= said.stems.len() && said.shared(rule) >= LEAST_WORDS;
    let denies = (said.negations == 0) != (rule.negations == 0);
    match () {
        () if other_number => Some("has another number"),
        () if most && denies => Some("says the opposite"),
        () => None,
    }
}

/// Returns the sentence without the mention itself, and without who says it.
fn statement(chunk: &LintedChunk<'_>, mention: &RuleMention) -> String {
    let before = mention.sentence.start..mention.span.start.max(mention.sentence.start);
    let before = chunk.slice(&before);
    let before = before
        .rsplit([':', '：', '“', '"', '«', '「', '『', '„', '—'])
        .next()
        .unwrap_or(before);
    let after = mention.span.end..mention.sentence.end.max(mention.span.end);
    format!("{before} … {}", chunk.slice(&after))
}

/// Tells whether the sentence states the rule, rather than that a character thinks of it: a colon follows the
/// number.
fn is_stated(chunk: &LintedChunk<'_>, mention: &RuleMention) -> bool {
    let rest = mention.span.end..mention.sentence.end.max(mention.span.end);
    let rest = chunk.slice(&rest).trim_start_matches(['*', '_', '”', '"']);
    rest.trim_start().starts_with([':', '：'])
}

fn no_such_rule(
    chunk: &LintedChunk<'_>,
    mention: &RuleMention,
    rules: &[(&Rule, Content)],
    meant: Option<&Rule>,
) -> Finding {
    let span = mention.number_span.clone();
    let remark = match meant {
        Some(rule) => {
            let message = format!(
                "There is no rule {}; this is what rule {} says: “{}”. Give it its own number.",
                mention.number,
                rule.number,
                sentences::quoted(&rule.text),
            );
            let remark = Remark::warning(span, RENUMBERED, message);
            renumbered(chunk, remark, mention, rule.number)
        }
        None => {
            let most = rules.iter().map(|(rule, _)| rule.number).max().unwrap_or(0);
            let message = format!(
                "The brief has no rule {}; its last is {most}. Add it there, or give it the right number.",
                mention.number,
            );
            Remark::information(span, RENUMBERED, message)
        }
    };
    Finding {
        in_brief: meant.map(|rule| rule.span.clone()),
        ..remark.in_chunk(chunk.number)
    }
}

/// Returns the right number in digits, where the text has digits.
fn renumbered(
    chunk: &LintedChunk<'_>,
    remark: Remark,
    mention: &RuleMention,
    number: u32,
) -> Remark {
    let written = chunk.slice(&mention.number_span);
    if written.chars().all(|c| c.is_ascii_digit()) {
        remark.suggesting(number.to_string())
    } else {
        remark
    }
}
