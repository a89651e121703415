//! Finds where a text names a rule by its number: "rule three", "la tercera regla", 規則三.

use super::super::Span;
use super::pack::{Pack, RuleWords};
use super::reading::Reading;
use super::word::Word;
use crate::story::text::numbers::digit;
use crate::story::text::scripts;
use crate::story::text::sentences;

/// A rule that is named by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleMention {
    pub number: u32,
    /// Bytes of the number alone.
    pub number_span: Span,
    /// The whole mention.
    pub span: Span,
    /// The sentence of the mention.
    pub sentence: Span,
}

pub(super) fn find(text: &str, reading: &Reading, pack: &Pack) -> Vec<RuleMention> {
    let Some(rules) = &pack.rules else {
        return Vec::new();
    };
    let mut mentions = if rules
        .nouns
        .iter()
        .any(|noun| noun.chars().any(scripts::is_unspaced))
    {
        unspaced(text, rules)
    } else {
        spaced(text, &reading.words, rules)
    };
    // What stands in code, a heading or a comment is not said by the story.
    let paragraphs = &reading.paragraphs;
    mentions.retain(|mention| {
        let begun = paragraphs.partition_point(|p| p.span.start <= mention.span.start);
        let above = begun.checked_sub(1).and_then(|last| paragraphs.get(last));
        above.is_some_and(|p| p.kind.has_words() && p.span.contains(&mention.span.start))
    });
    mentions
}

fn spaced(text: &str, words: &[Word], rules: &RuleWords) -> Vec<RuleMention> {
    let mut mentions = Vec::new();
    for (nth, word) in words.iter().enumerate() {
        if !rules.noun_keys.contains(&word.key) {
            continue;
        }
        let Some((number, place)) = number_beside(text, words, nth, rules) else {
            continue;
        };
        // "The first rule of sailing" is about other rules.
        let last = nth.max(place);
        let of = words.get(last + 1).filter(|word| word.is_joined());
        if of.is_some_and(|word| rules.of.contains(&word.key)) {
            continue;
        }
        let first = nth.min(place);
        mentions.push(RuleMention {
            number,
            number_span: words[place].span(),
            span: words[first].span().start..words[last].span().end,
            sentence: sentences::around(text, words[first].span().start),
        });
    }
    mentions
}

/// Returns the number before or behind the word for rule, with its place among the words.
fn number_beside(
    text: &str,
    words: &[Word],
    nth: usize,
    rules: &RuleWords,
) -> Option<(u32, usize)> {
    let mut after = nth + 1;
    if words
        .get(after)
        .is_some_and(|word| rules.fillers.contains(&word.key))
    {
        after += 1;
    }
    if let Some(word) = words
        .get(after)
        .filter(|word| word.is_joined() || after > nth + 1)
    {
        let ordinal = rules.ordinals.get(&word.key).copied();
        if let Some(number) = cardinal(text, word, rules).or(ordinal) {
            return Some((number, after));
        }
    }
    let before = nth.checked_sub(1)?;
    if !words[nth].is_joined() {
        return None;
    }
    let number = rules.ordinals.get(&words[before].key)?;
    Some((*number, before))
}

/// Returns a whole number in words or digits.
pub(super) fn cardinal(text: &str, word: &Word, rules: &RuleWords) -> Option<u32> {
    rules
        .cardinals
        .get(&word.key)
        .copied()
        .or_else(|| read_digits(text.get(word.span())?))
}

fn read_digits(text: &str) -> Option<u32> {
    let short = text.chars().count() <= 6;
    let digits: Option<Vec<u32>> = text.chars().map(digit).collect();
    let digits = digits.filter(|digits| short && !digits.is_empty())?;
    Some(digits.iter().fold(0, |number, digit| number * 10 + digit))
}

/// Finds mentions of rules in unspaced scripts: 規則三, 規則の三, 第三の規則, 三番目の規則, ルール３.
fn unspaced(text: &str, rules: &RuleWords) -> Vec<RuleMention> {
    let mut mentions = Vec::new();
    for noun in &rules.nouns {
        for (index, found) in text.match_indices(noun.as_str()) {
            let end = index + found.len();
            let Some((number, span)) =
                number_behind(text, end).or_else(|| number_ahead(text, index))
            else {
                continue;
            };
            mentions.push(RuleMention {
                number,
                span: span.start.min(index)..span.end.max(end),
                number_span: span,
                sentence: sentences::around(text, index),
            });
        }
    }
    mentions.sort_by_key(|mention| mention.span.start);
    mentions
}

fn number_behind(text: &str, end: usize) -> Option<(u32, Span)> {
    let rest = &text[end..];
    let number = rest.strip_prefix('の').unwrap_or(rest);
    let number = number.strip_prefix('第').unwrap_or(number);
    let start = text.len() - number.len();
    let length = number.find(|c| !is_number(c)).unwrap_or(number.len());
    let value = read_kanji(&number[..length])?;
    // 規則の一つ is one of several, 規則三十 would be read as far as it goes.
    let counted = number[length..].starts_with(['つ', '人', '日', '年', '部']);
    (!counted).then_some((value, start..start + length))
}

fn number_ahead(text: &str, noun: usize) -> Option<(u32, Span)> {
    let before = &text[..noun];
    let ordinal = before.strip_suffix('の').unwrap_or(before);
    let number = ["番目", "つ目", "番", "つめ", ""]
        .iter()
        .find_map(|mark| ordinal.strip_suffix(mark))?;
    let length: usize = number
        .chars()
        .rev()
        .take(8)
        .take_while(|c| is_number(*c))
        .map(char::len_utf8)
        .sum();
    let start = number.len() - length;
    let marked = number.len() < ordinal.len() || number[..start].ends_with('第');
    let value = read_kanji(&number[start..])?;
    marked.then_some((value, start..number.len()))
}

fn is_number(c: char) -> bool {
    digit(c).is_some() || "一二三四五六七八九十百".contains(c)
}

/// Reads a number up to 999, in digits or kanji.
pub(super) fn read_kanji(text: &str) -> Option<u32> {
    if text.is_empty() || text.chars().count() > 7 {
        return None;
    }
    if let Some(number) = read_digits(text) {
        return Some(number);
    }
    let mut sum = 0;
    let mut open = 0;
    for c in text.chars() {
        let place = "一二三四五六七八九".chars().position(|digit| digit == c);
        match (c, place) {
            ('十', _) => {
                sum += open.max(1) * 10;
                open = 0;
            }
            ('百', _) => {
                sum += open.max(1) * 100;
                open = 0;
            }
            (_, Some(place)) => open = u32::try_from(place).ok()? + 1,
            _ => return None,
        }
    }
    Some(sum + open)
}

#[cfg(test)]
mod tests {
    use super::super::super::Language;
    use super::*;

    #[test]
    fn rules_are_named_by_number() {
        for (tag, text, expected) in [
            ("en", "Remember rule three.", "3:three"),
            ("en", "The third rule says so.", "3:third"),
            ("en", "Rule number 12, then rule 3", "12:12 3:3"),
            ("en", "The first rule of sailing. A rule. Three rules.", ""),
            ("es", "La tercera regla y la regla 4", "3:tercera 4:4"),
            (
                "ja",
                "規則三と第二の規則、三番目の規則、規則の一つ",
                "3:三 2:二 3:三",
            ),
            ("ja", "規則十二", "12:十二"),
            ("ar", "تقول القاعدة الثالثة", "3:الثالثة"),
            ("de", "Regel drei", ""),
        ] {
            let language = Language::parse(tag).unwrap();
            let pack = Pack::of(&language);
            let mentions = find(text, &Reading::of(text, pack), pack);
            let shown: Vec<String> = mentions
                .iter()
                .map(|mention| format!("{}:{}", mention.number, &text[mention.number_span.clone()]))
                .collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        }
    }
}
