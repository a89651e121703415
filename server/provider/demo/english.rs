//! Person and tense of English outline sentences.
//!
//! A small grammar, not a parser: it changes a word only where its neighbours make clear
//! what it is, and leaves quoted speech alone.

use super::adapt::{Adapter, Still};
use super::stage::{Character, Gender, Person, Tense};

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

const DETERMINERS: &[&str] = &[
    "the", "a", "an", "his", "her", "my", "your", "our", "their", "its", "these", "those", "no",
    "some", "any", "every", "each", "two", "three", "four", "five", "six", "seven", "several",
    "many", "few", "both", "all", "more", "most", "other", "own",
];
const PREPOSITIONS: &[&str] = &[
    "of", "in", "on", "at", "to", "from", "with", "by", "for", "into", "onto", "over", "under",
    "through", "across", "about", "against", "behind", "beside", "between", "beyond", "near",
    "toward", "towards", "upon", "without", "within", "after", "before", "around", "along",
    "among", "off", "out", "up", "down", "like", "as", "than", "past", "until", "inside",
    "outside", "beneath", "above", "below",
];
const JOINERS: &[&str] = &["and", "but", "then", "or", "nor", "yet"];
const ADVERBS: &[&str] = &[
    "still", "never", "not", "also", "always", "only", "just", "almost", "now", "soon", "often",
    "again", "already", "even", "finally", "once", "alone", "herself", "himself", "both", "too",
];
const AFTER_OBJECT: &[&str] = &[
    "and",
    "but",
    "or",
    "that",
    "who",
    "when",
    "where",
    "while",
    "if",
    "because",
    "so",
    "again",
    "alone",
    "away",
    "back",
    "home",
    "there",
    "here",
    "how",
    "what",
    "why",
    "whether",
    "is",
    "was",
    "not",
    "the",
    "a",
    "an",
    "this",
    "then",
    "anyway",
    "too",
    "first",
    "everything",
    "nothing",
    "something",
];
/// Words that begin a clause.
const CLAUSES: &[&str] = &[
    "and", "but", "or", "that", "while", "when", "as", "because", "who", "which", "if", "until",
    "where", "before", "after", "so", "then", "though", "although",
];
const FINITE: &[&str] = &[
    "is", "are", "was", "were", "has", "had", "does", "did", "can", "could", "will", "would",
    "may", "might", "must", "should", "cannot",
];
const SUBJECT_PRONOUNS: &[&str] = &["he", "she", "it", "who", "that", "which", "this", "what"];
const PLURAL_PRONOUNS: &[&str] = &["they", "we", "you", "i"];

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

    /// "Mara and Ilse" becomes "Ilse and Mara", so that it can end as "Ilse and I".
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

    /// The word before `at` and whether only a space lies between.
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

    /// The word after `at`, if only a space lies between.
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

    /// The word before, adverbs passed over.
    fn before_adverbs(&self, at: usize) -> Option<(usize, bool)> {
        let (mut index, mut close) = self.before(at)?;
        while is_adverb(self.lower(index)) {
            let (earlier, touches) = self.before(index)?;
            close &= touches;
            index = earlier;
        }
        Some((index, close))
    }

    fn find_verbs(&mut self) {
        let mut any = false;
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at).filter(|t| t.kind == Kind::Word) else {
                continue;
            };
            let lower = token.lower.clone();
            let verb = self
                .auxiliary(at, &lower)
                .or_else(|| self.third_person(at, &lower, any))
                .or_else(|| self.plural(at, &lower));
            any |= verb.is_some();
            if let Some(token) = self.tokens.get_mut(at) {
                token.verb = verb;
            }
        }
    }

    fn auxiliary(&self, at: usize, lower: &str) -> Option<Verb> {
        let previous = self.before_adverbs(at).map_or("", |(p, _)| self.lower(p));
        let next = self.after(at).map_or("", |n| self.lower(n));
        const MODALS: &[&str] = &[
            "to",
            "will",
            "would",
            "can",
            "could",
            "may",
            "might",
            "must",
            "should",
            "cannot",
            "don’t",
            "doesn’t",
            "didn’t",
            "won’t",
            "can’t",
            "couldn’t",
            "wouldn’t",
        ];
        let after_modal = MODALS.contains(&previous);
        let (past, base) = match lower {
            "is" | "am" => ("was", "be"),
            "are" => ("were", "be"),
            "has" => ("had", "have"),
            "have" if !after_modal => ("had", "have"),
            "does" => ("did", "do"),
            "do" if !after_modal && (next == "not" || PLURAL_PRONOUNS.contains(&previous)) => {
                ("did", "do")
            }
            "can" if !DETERMINERS.contains(&previous) => ("could", "can"),
            "cannot" => ("could not", "cannot"),
            "will" if !DETERMINERS.contains(&previous) => ("would", "will"),
            "may" => ("might", "may"),
            "must" if next != "not" && next != "have" => ("had to", "must"),
            "isn’t" => ("wasn’t", "isn’t"),
            "aren’t" => ("weren’t", "aren’t"),
            "doesn’t" => ("didn’t", "don’t"),
            "don’t" => ("didn’t", "don’t"),
            "hasn’t" | "haven’t" => ("hadn’t", "haven’t"),
            "can’t" => ("couldn’t", "can’t"),
            "won’t" => ("wouldn’t", "won’t"),
            _ => return None,
        };
        Some(Verb::new(past, base))
    }

    fn third_person(&self, at: usize, lower: &str, any: bool) -> Option<Verb> {
        if !lower.ends_with('s') || lower.ends_with("ss") || lower.contains('’') {
            return None;
        }
        let verbs = &self.adapter.pack.verbs;
        let (previous, close) = match self.before_adverbs(at) {
            Some(before) => before,
            None if self.follows_speech(at) => (at, false),
            None => return None,
        };
        let word = self.lower(previous);
        let after_subject = close && (self.is_name(previous) || SUBJECT_PRONOUNS.contains(&word));
        let known = verbs.base_of_third(lower);
        let noun_place = close && (DETERMINERS.contains(&word) || PREPOSITIONS.contains(&word));
        let is_verb = match known {
            Some(base) if verbs.is_noun_too(base) => {
                after_subject
                    || (any && JOINERS.contains(&word) && self.takes_an_object(at))
                    || (close && !noun_place && self.is_only_verb(at))
                    || self.follows_speech(at)
            }
            Some(_) => !noun_place,
            None => after_subject && lower.len() > 3,
        };
        let past = verbs.past_of_third(lower);
        is_verb.then(|| Verb::new(&past, &verbs.base_of(lower)))
    }

    /// Whether the clause of `at` has no other verb, nor one right behind that would make
    /// this word its plural subject.
    fn is_only_verb(&self, at: usize) -> bool {
        let verbs = &self.adapter.pack.verbs;
        let ends_clause = |token: &&Token| match token.kind {
            Kind::Gap => token.text != " ",
            Kind::Word => CLAUSES.contains(&token.lower.as_str()),
            Kind::Quoted | Kind::Name(_) => false,
        };
        let is_verb = |token: &Token| {
            let third = verbs.base_of_third(&token.lower);
            token.verb.is_some()
                || FINITE.contains(&token.lower.as_str())
                || third.is_some_and(|base| !verbs.is_noun_too(base))
        };
        let leads = self
            .after(at)
            .is_some_and(|next| verbs.past_of(self.lower(next)).is_some());
        let after = self.tokens.iter().skip(at + 1);
        let before = self.tokens.iter().take(at).rev();
        !leads
            && !after.take_while(|token| !ends_clause(token)).any(is_verb)
            && !before.take_while(|token| !ends_clause(token)).any(is_verb)
    }

    /// "…,” says Ilse."
    fn follows_speech(&self, at: usize) -> bool {
        let quoted = at
            .checked_sub(2)
            .and_then(|before| self.tokens.get(before))
            .is_some_and(|token| token.kind == Kind::Quoted);
        quoted && self.after(at).is_some_and(|next| self.is_name(next))
    }

    /// Whether an article or a possessive stands one to three words before.
    fn closes_noun_phrase(&self, at: usize) -> bool {
        let mut word = at;
        for _ in 0..3 {
            match self.before(word) {
                Some((earlier, true)) if self.opens_noun(earlier) => return true,
                Some((earlier, true)) => word = earlier,
                _ => return false,
            }
        }
        false
    }

    /// Whether a noun phrase follows: after an article, a number or a possessive.
    fn opens_noun(&self, at: usize) -> bool {
        let possessive = |token: &Token| token.possessive || token.lower.ends_with("’s");
        DETERMINERS.contains(&self.lower(at)) || self.tokens.get(at).is_some_and(possessive)
    }

    /// Whether what follows is what follows a verb rather than a noun.
    fn takes_an_object(&self, at: usize) -> bool {
        self.after(at).is_some_and(|next| {
            let word = self.lower(next);
            self.is_name(next)
                || DETERMINERS.contains(&word)
                || PREPOSITIONS.contains(&word) && word != "of"
                || ["him", "it", "them", "me", "us", "back", "that"].contains(&word)
                || word.ends_with("ly")
        })
    }

    /// "They climb", "Jonas and Ilse climb", and what is joined to it.
    fn plural(&self, at: usize, lower: &str) -> Option<Verb> {
        let past = self.adapter.pack.verbs.past_of(lower)?;
        let (previous, close) = self.before_adverbs(at)?;
        let word = self.lower(previous);
        let couple = self.is_name(previous)
            && self
                .before(previous)
                .is_some_and(|(and, _)| self.lower(and) == "and");
        let subject = close && (couple || PLURAL_PRONOUNS.contains(&word));
        let nouns = close
            && word.len() > 3
            && word.ends_with('s')
            && self.closes_noun_phrase(previous)
            && self.is_only_verb(at);
        let joined = JOINERS.contains(&word)
            && !self.adapter.pack.verbs.is_noun_too(lower)
            && self
                .tokens
                .iter()
                .take(at)
                .rev()
                .find_map(|t| t.verb.as_ref())
                .is_some_and(|verb| verb.plural);
        (subject || nouns || joined).then(|| Verb {
            plural: true,
            ..Verb::new(past, lower)
        })
    }

    /// Settles which words mean the viewpoint character, and whose verb is whose.
    fn find_subjects(&mut self) {
        let mut of_viewpoint = false;
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at) else {
                continue;
            };
            let is_viewpoint = match token.kind {
                Kind::Name(who) => {
                    if self.shares_pronoun(who) {
                        self.latest = who;
                    }
                    who.is_none()
                }
                Kind::Word => {
                    // Somebody else's verb has not its own subject as its object.
                    let object = ["her", "him"].contains(&token.lower.as_str())
                        && (!of_viewpoint || self.follows_other_subject(at))
                        && !self.owns_what_follows(at);
                    self.is_viewpoint_pronoun(&token.lower) && (self.latest.is_none() || object)
                }
                Kind::Gap | Kind::Quoted => false,
            };
            if token.verb.is_some() {
                of_viewpoint = self.has_viewpoint_subject(at, of_viewpoint);
            }
            if let Some(token) = self.tokens.get_mut(at) {
                token.is_viewpoint = is_viewpoint;
                if let Some(verb) = &mut token.verb {
                    verb.of_viewpoint = of_viewpoint && !verb.plural;
                }
            }
        }
    }

    /// Whether the last name before `at` is somebody else's, at the head of a clause.
    fn follows_other_subject(&self, at: usize) -> bool {
        let is_name = |index: &usize| self.is_name(*index);
        let Some(name) = (0..at).rev().find(is_name) else {
            return false;
        };
        let somebody_else = self
            .tokens
            .get(name)
            .is_some_and(|token| token.kind != Kind::Name(None));
        let heads_clause = self
            .before(name)
            .is_none_or(|(word, close)| !close || CLAUSES.contains(&self.lower(word)));
        somebody_else && heads_clause
    }

    fn has_viewpoint_subject(&self, at: usize, inherited: bool) -> bool {
        let Some((previous, close)) = self.before_adverbs(at) else {
            return inherited;
        };
        let Some(token) = self.tokens.get(previous) else {
            return inherited;
        };
        if JOINERS.contains(&token.lower.as_str()) || (!close && !token.is_viewpoint) {
            return inherited;
        }
        let coupled = self
            .before(previous)
            .is_some_and(|(and, _)| self.lower(and) == "and")
            && matches!(token.kind, Kind::Name(_));
        let subject_form = matches!(token.kind, Kind::Name(_)) && !token.possessive
            || ["he", "she"].contains(&token.lower.as_str());
        token.is_viewpoint && subject_form && !coupled
    }

    fn shares_pronoun(&self, who: Option<usize>) -> bool {
        let gender = self.adapter.viewpoint.gender;
        who.and_then(|index| self.adapter.cast.get(index))
            .is_none_or(|other| other.gender == gender)
    }

    fn is_viewpoint_pronoun(&self, lower: &str) -> bool {
        match self.adapter.viewpoint.gender {
            Gender::Feminine => ["she", "her", "hers", "herself"].contains(&lower),
            Gender::Masculine => ["he", "him", "his", "himself"].contains(&lower),
            Gender::Unknown => false,
        }
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

    fn owns_what_follows(&self, at: usize) -> bool {
        self.after(at).is_some_and(|next| {
            let word = self.lower(next);
            !(AFTER_OBJECT.contains(&word)
                || PREPOSITIONS.contains(&word)
                || DETERMINERS.contains(&word) && word != "own" && word != "other"
                || is_adverb(word) && word != "only" && word != "even"
                || self.is_name(next))
        })
    }

    fn is_subject(&self, at: usize) -> bool {
        let mut next = self.after(at);
        while let Some(index) = next.filter(|index| is_adverb(self.lower(*index))) {
            next = self.after(index);
        }
        let has_verb = |index: usize| self.tokens.get(index).is_some_and(|t| t.verb.is_some());
        if next.is_some_and(has_verb) {
            return true;
        }
        match self.before(at) {
            None => true,
            Some((previous, close)) => {
                let word = self.lower(previous);
                !close && !has_verb(previous) && !PREPOSITIONS.contains(&word)
            }
        }
    }
}

fn is_adverb(word: &str) -> bool {
    ADVERBS.contains(&word) || word.ends_with("ly") && word.len() > 4
}

/// With a capital at its first letter, if `wanted`.
pub fn capitalised(text: &str, wanted: bool) -> String {
    let start = text.find(char::is_alphanumeric).filter(|_| wanted);
    let Some((before, rest)) = start.and_then(|at| text.split_at_checked(at)) else {
        return text.to_owned();
    };
    let mut letters = rest.chars();
    let first = letters.next().map(char::to_uppercase);
    let first: String = first.into_iter().flatten().collect();
    format!("{before}{first}{}", letters.as_str())
}

/// Kind, length in bytes and whether it is a possessive, of the token that `rest` begins with.
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

/// The longest name of the cast that `rest` begins with.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::demo::pack::Pack;

    fn people() -> Vec<Character> {
        let person = |full: &str, name: &str, gender| Character {
            full: full.to_owned(),
            name: name.to_owned(),
            gender,
        };
        vec![
            person("Mara Voss", "Mara", Gender::Feminine),
            person("Ilse", "Ilse", Gender::Feminine),
            person("Jonas", "Jonas", Gender::Masculine),
        ]
    }

    fn adapted(sentence: &str, person: Person, tense: Tense, still: Still) -> String {
        let cast = people();
        let pack = Pack::of("en").unwrap();
        let adapter = Adapter::new(pack, person, tense, &cast[0], &cast);
        adapt(&adapter, &[sentence.to_owned()], still).concat()
    }

    #[test]
    fn tells_an_outline_in_the_first_person_and_the_past() {
        for (outline, story) in [
            (
                "Mara climbs the stairs and finds the logbook open.",
                "I climbed the stairs and found the logbook open.",
            ),
            (
                "Ilse tells Mara that the lamp is broken.",
                "Ilse told me that the lamp was broken.",
            ),
            (
                "Mara’s hands shake, and she cannot hold her cup.",
                "My hands shook, and I could not hold my cup.",
            ),
            ("Mara and Jonas row out.", "Jonas and I rowed out."),
            ("Jonas asks her to stay.", "Jonas asked me to stay."),
            (
                "Mara knows that Ilse lied to her.",
                "I knew that Ilse lied to me.",
            ),
            (
                "Mara is alone; the lamp burns low.",
                "I was alone; the lamp burned low.",
            ),
            (
                "The stone steps lead down to the water.",
                "The stone steps led down to the water.",
            ),
            ("Jonas does not see Mara.", "Jonas did not see me."),
            (
                "Mara hides the book under her coat and waits.",
                "I hid the book under my coat and waited.",
            ),
            ("The crew has drowned.", "The crew had drowned."),
            (
                "Jonas lets himself in and hangs his coat on the hook.",
                "Jonas let himself in and hung his coat on the hook.",
            ),
            ("“Mara knows,” says Ilse.", "“Mara knows,” said Ilse."),
            (
                "A storm. No boats for weeks.",
                "A storm. No boats for weeks.",
            ),
            (
                "They reach the harbor and find it empty.",
                "They reached the harbor and found it empty.",
            ),
            ("Mara unscrews the lens.", "I unscrewed the lens."),
            ("Ilse sends Mara away.", "Ilse sent me away."),
            ("Behind Mara a door opens.", "Behind me a door opened."),
        ] {
            assert_eq!(
                adapted(outline, Person::First, Tense::Past, Still::No),
                story
            );
        }
    }

    #[test]
    fn tells_an_outline_in_other_persons_and_tenses() {
        let outline = "Mara climbs the stairs and finds her lamp dark; she is not afraid.";
        for (person, tense, story) in [
            (
                Person::First,
                Tense::Present,
                "I climb the stairs and find my lamp dark; I am not afraid.",
            ),
            (
                Person::Third,
                Tense::Past,
                "Mara climbed the stairs and found her lamp dark; she was not afraid.",
            ),
            (Person::Third, Tense::Present, outline),
            (
                Person::Second,
                Tense::Past,
                "You climbed the stairs and found your lamp dark; you were not afraid.",
            ),
        ] {
            assert_eq!(adapted(outline, person, tense, Still::No), story);
        }
    }

    #[test]
    fn a_lasting_state_is_still_so() {
        for (outline, story) in [
            ("Mara is alone.", "I was still alone."),
            ("Jonas has the key.", "Jonas still had the key."),
            ("Ilse does not know.", "Ilse still did not know."),
        ] {
            assert_eq!(
                adapted(outline, Person::First, Tense::Past, Still::Yes),
                story
            );
        }
    }
}
