//! Person and tense of English outline sentences.
//!
//! A small grammar, not a parser: it changes a word only where its neighbours make clear
//! what it is, and leaves quoted speech alone.

mod finite;
mod small_words;
mod subjects;
#[cfg(test)]
mod tests;

use small_words::is_adverb;

use super::adapter::{Adapter, Still};
use super::character::{Character, Person, Tense};
use super::polish::capitalised;

/// Adapts sentences that follow each other: a pronoun may mean who was named before.
pub fn adapt(adapter: &Adapter, sentences: &[String], still: Still) -> Vec<String> {
    let mut latest = None;
    sentences
        .iter()
        .map(|sentence| {
            let mut line = Line::read(adapter, sentence, latest);
            line.order_the_viewpoint_last();
            line.find_verbs();
            line.find_subjects();
            latest = line.latest;
            line.write(still)
        })
        .collect()
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Space and marks between words.
    Gap,
    Quoted,
    Word,
    /// Somebody of the cast, by index; `None` for the viewpoint character.
    Name(Option<usize>),
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    lower: String,
    kind: Kind,
    possessive: bool,
    verb: Option<Verb>,
    /// This word is or stands for the viewpoint character.
    is_viewpoint: bool,
}

#[derive(Debug, Clone)]
struct Verb {
    past: String,
    base: String,
    plural: bool,
    /// The subject is the viewpoint character alone.
    of_viewpoint: bool,
}

impl Verb {
    fn new(past: &str, base: &str) -> Verb {
        Verb {
            past: past.to_owned(),
            base: base.to_owned(),
            plural: false,
            of_viewpoint: false,
        }
    }
}

struct Line<'a> {
    adapter: &'a Adapter<'a>,
    tokens: Vec<Token>,
    /// Who was named last among those who share the viewpoint's pronoun; `None`: the
    /// viewpoint character.
    latest: Option<usize>,
}

impl<'a> Line<'a> {
    fn read(adapter: &'a Adapter<'a>, sentence: &str, latest: Option<usize>) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        let mut rest = sentence;
        while let Some(c) = rest.chars().next() {
            let (kind, length, possessive) = next_token(adapter, rest, c, tokens.last());
            let (text, after) = rest.split_at(length);
            let glued = kind == Kind::Gap && tokens.last().is_some_and(|t| t.kind == Kind::Gap);
            match tokens.last_mut() {
                Some(last) if glued => last.text.push_str(text),
                _ => tokens.push(Token {
                    text: text.to_owned(),
                    lower: text.to_lowercase(),
                    kind,
                    possessive,
                    verb: None,
                    is_viewpoint: false,
                }),
            }
            rest = after;
        }
        Line {
            adapter,
            tokens,
            latest,
        }
    }

    /// Orders the viewpoint last: "Mara and Ilse" becomes "Ilse and Mara", so that it can end as "Ilse and
    /// I".
    fn order_the_viewpoint_last(&mut self) {
        if self.adapter.person == Person::Third {
            return;
        }
        for at in 4..self.tokens.len() {
            let is = |back: usize| self.tokens.get(at - back).map(|token| &token.kind);
            let joined = self.tokens.get(at - 2).is_some_and(|t| t.lower == "and");
            if is(4) == Some(&Kind::Name(None))
                && joined
                && matches!(is(0), Some(Kind::Name(Some(_))))
                && !self
                    .tokens
                    .iter()
                    .skip(at - 4)
                    .take(5)
                    .any(|t| t.possessive)
            {
                self.tokens.swap(at - 4, at);
            }
        }
    }

    /// Returns the word before `at` and whether only a space lies between.
    fn before(&self, at: usize) -> Option<(usize, bool)> {
        let mut close = true;
        for index in (0..at).rev() {
            let token = self.tokens.get(index)?;
            match token.kind {
                Kind::Gap => close &= token.text == " ",
                Kind::Quoted => close = false,
                Kind::Word | Kind::Name(_) => return Some((index, close)),
            }
        }
        None
    }

    /// Returns the word after `at`, if only a space lies between.
    fn after(&self, at: usize) -> Option<usize> {
        let gap = self.tokens.get(at + 1)?;
        let next = self.tokens.get(at + 2)?;
        let word = matches!(next.kind, Kind::Word | Kind::Name(_));
        (gap.text == " " && word).then_some(at + 2)
    }

    fn lower(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.lower)
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|t| matches!(t.kind, Kind::Name(_)) && !t.possessive)
    }

    /// Returns the word before, adverbs passed over.
    fn before_adverbs(&self, at: usize) -> Option<(usize, bool)> {
        let (mut index, mut close) = self.before(at)?;
        while is_adverb(self.lower(index)) {
            let (earlier, touches) = self.before(index)?;
            close &= touches;
            index = earlier;
        }
        Some((index, close))
    }

    fn write(&self, still: Still) -> String {
        let mut text = String::new();
        let has_still = self.tokens.iter().any(|token| token.lower == "still");
        let mut still_due = still == Still::Yes && !has_still;
        for (at, token) in self.tokens.iter().enumerate() {
            let mut word = self.word(at, token);
            if let Some(verb) = token.verb.as_ref().filter(|_| still_due) {
                let after = ["be", "can", "will"].contains(&verb.base.as_str());
                word = if after {
                    format!("{word} still")
                } else {
                    format!("still {word}")
                };
                still_due = false;
            }
            let capital = token.text.starts_with(char::is_uppercase);
            if capital && (token.kind == Kind::Word || token.is_viewpoint) {
                word = capitalised(&word, at == 0 || token.kind == Kind::Word);
            }
            text.push_str(&word);
        }
        capitalised(&text, true)
    }

    fn word(&self, at: usize, token: &Token) -> String {
        let adapter = self.adapter;
        let told = adapter.person != Person::Third;
        if token.is_viewpoint && told {
            let forms = match adapter.person {
                Person::Second => adapter.pack.pronouns.second.as_ref(),
                _ => Some(&adapter.pack.pronouns.first),
            };
            let [subject, object, possessive, independent, reflexive] =
                forms.unwrap_or(&adapter.pack.pronouns.first);
            let form = match token.lower.as_str() {
                "she" | "he" => subject,
                "herself" | "himself" => reflexive,
                "hers" => independent,
                "her" | "his" if self.owns_what_follows(at) => possessive,
                "his" => independent,
                "her" | "him" => object,
                _ if token.possessive => possessive,
                _ if self.is_subject(at) => subject,
                _ => object,
            };
            return form.clone();
        }
        let Some(verb) = &token.verb else {
            return token.text.clone();
        };
        let second = adapter.person == Person::Second && verb.of_viewpoint;
        match (adapter.tense, verb.past.as_str(), verb.base.as_str()) {
            (Tense::Past, "was", _) if second => "were".to_owned(),
            (Tense::Past, past, _) => past.to_owned(),
            (Tense::Present, _, "be") if second => "are".to_owned(),
            (Tense::Present, _, "be") if told && verb.of_viewpoint => "am".to_owned(),
            (Tense::Present, _, base) if told && verb.of_viewpoint => base.to_owned(),
            (Tense::Present, ..) => token.text.clone(),
        }
    }
}

/// Returns kind, length in bytes and whether it is a possessive, of the token that `rest` begins with.
fn next_token(
    adapter: &Adapter,
    rest: &str,
    first: char,
    last: Option<&Token>,
) -> (Kind, usize, bool) {
    if first == '“' {
        let length = rest.find('”').map_or(rest.len(), |at| at + '”'.len_utf8());
        return (Kind::Quoted, length, false);
    }
    if !first.is_alphanumeric() {
        return (Kind::Gap, first.len_utf8(), false);
    }
    if last.is_none_or(|token| token.kind == Kind::Gap)
        && let Some((who, length)) = name_at(adapter, rest)
    {
        let after = rest.get(length..).unwrap_or_default();
        let suffix = ["’s", "'s", "’"]
            .into_iter()
            .find(|suffix| after.starts_with(suffix))
            .map_or(0, str::len);
        return (Kind::Name(who), length + suffix, suffix > 0);
    }
    let inside = |c: char| c.is_alphanumeric() || "’'-".contains(c);
    let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or(rest);
    let bare = word.trim_end_matches(['’', '\'', '-']);
    (Kind::Word, bare.len().max(first.len_utf8()), false)
}

/// Returns the longest name of the cast that `rest` begins with.
fn name_at(adapter: &Adapter, rest: &str) -> Option<(Option<usize>, usize)> {
    let viewpoint = std::iter::once((None, adapter.viewpoint));
    let cast = adapter.cast.iter().enumerate();
    let others = cast.map(|(index, character)| (Some(index), character));
    let fits = |name: &String| {
        let end = rest.strip_prefix(name.as_str())?;
        (!name.is_empty() && !end.starts_with(char::is_alphanumeric)).then_some(name.len())
    };
    let longest = |character: &Character| {
        [&character.full, &character.name]
            .into_iter()
            .filter_map(fits)
            .max()
    };
    viewpoint
        .chain(others.filter(|(_, other)| other.full != adapter.viewpoint.full))
        .filter_map(|(who, character)| Some((who, longest(character)?)))
        .max_by_key(|(_, length)| *length)
}
