//! Finds the characters that a text names: by the whole name, by an alias, or by a part of the name that says
//! who is meant. The one idea of names for prompts, staleness and lint.
//!
//! A word that has a capital in the name has one in the text: "the Visitor" is somebody, "a
//! visitor" is not. An occurrence inside a longer name of somebody else is not counted: "Mrs.
//! Adair" is not her husband.

mod rewritten;
mod small_words;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::language::Language;
use super::scripts::{is_hangul, is_unspaced};
use crate::story::Span;
use crate::story::brief::CastEntry;
use rewritten::{Rewritten, composed};
use small_words::{HONORIFICS, KOREAN_ENDINGS, Place, says_nothing};

/// The separators between the parts of a name in unspaced scripts.
const DOTS: [char; 7] = [' ', '\u{3000}', '・', '·', '＝', '=', '•'];

/// The ways in which a text may name the entries of a cast.
#[derive(Debug, Clone, Default)]
pub struct CastNames {
    ways: Vec<Way>,
    /// Ways of whole words, by the first of them in lower case.
    by_word: HashMap<String, Vec<usize>>,
    /// Ways in scripts without blanks.
    unspaced: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Way {
    entry: usize,
    /// The words in lower case where the script has blanks; else the one run of characters.
    words: Vec<NameWord>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NameWord {
    text: String,
    has_capital: bool,
}

/// A character's name at a place of a text.
#[derive(Debug)]
struct Occurrence {
    entry: usize,
    place: Range<usize>,
}

/// A place of a text that names a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The index into the cast.
    pub entry: usize,
    /// The name alone, in bytes: no `'s`, no ending that a script writes onto it.
    pub span: Span,
}

impl CastNames {
    pub fn of(cast: &[CastEntry], language: &Language) -> CastNames {
        let mut names = CastNames::default();
        for (entry, character) in cast.iter().enumerate() {
            let parts = telling_parts(&character.name, language);
            let whole = std::iter::once(&character.name).chain(&character.aliases);
            let whole = whole.map(String::as_str);
            for name in whole.chain(parts.iter().map(String::as_str)) {
                names.add(entry, name);
            }
        }
        names
    }

    /// Collects the ways in which a text may use one name, whole.
    pub fn of_name(name: &str) -> CastNames {
        let mut names = CastNames::default();
        names.add(0, name);
        names
    }

    fn add(&mut self, entry: usize, name: &str) {
        let name = composed(name);
        let at = self.ways.len();
        if name.chars().any(is_unspaced) {
            let text: String = name.split(DOTS).collect();
            self.unspaced.push(at);
            let has_capital = false;
            let words = vec![NameWord { text, has_capital }];
            self.ways.push(Way { entry, words });
            return;
        }
        let words: Vec<NameWord> = name.unicode_words().map(NameWord::of).collect();
        let Some(first) = words.first() else {
            return;
        };
        self.by_word.entry(first.text.clone()).or_default().push(at);
        self.ways.push(Way { entry, words });
    }

    /// Finds the entries that a text names, as indices into the cast.
    pub fn named_in(&self, text: &str) -> BTreeSet<usize> {
        let found = self.occurrences(&composed(text));
        let is_inside = |inner: &Occurrence, outer: &Occurrence| {
            inner.entry != outer.entry
                && outer.place.start <= inner.place.start
                && inner.place.end <= outer.place.end
                && inner.place.len() < outer.place.len()
        };
        let counts = |one: &&Occurrence| !found.iter().any(|other| is_inside(one, other));
        found.iter().filter(counts).map(|one| one.entry).collect()
    }

    /// Finds where a text names the entries, in its order and by the longest name that stands there. A name
    /// that several entries share is a mention of each.
    pub fn mentions_in(&self, text: &str) -> Vec<Mention> {
        let composed = Rewritten::composed(text);
        let mut found = self.occurrences(&composed.text);
        found.sort_by_key(|one| (one.place.start, Reverse(one.place.end), one.entry));
        let mut mentions: Vec<Mention> = Vec::new();
        let mut last = 0..0;
        for Occurrence { entry, place } in found {
            let is_shared = place == last && mentions.last().is_some_and(|it| it.entry != entry);
            if place.start >= last.end || is_shared {
                let span = composed.in_source(&place);
                mentions.push(Mention { entry, span });
                last = place;
            }
        }
        mentions
    }

    /// Tells whether a text names anybody.
    pub fn is_in(&self, text: &str) -> bool {
        !self.occurrences(&composed(text)).is_empty()
    }

    fn occurrences(&self, text: &str) -> Vec<Occurrence> {
        let mut found = Vec::new();
        if !self.by_word.is_empty() {
            let words: Vec<(usize, &str)> = text.unicode_word_indices().collect();
            for (at, (_, word)) in words.iter().enumerate() {
                for (_, form) in forms(word) {
                    let ways = self.by_word.get(&form.to_lowercase()).into_iter().flatten();
                    let ways = ways.map(|way| &self.ways[*way]);
                    found.extend(ways.filter_map(|way| {
                        let place = way.place_at(&words[at..])?;
                        let entry = way.entry;
                        Some(Occurrence { entry, place })
                    }));
                }
            }
        }
        if self.unspaced.is_empty() {
            return found;
        }
        let run = Rewritten::without(text, &DOTS);
        for way in self.unspaced.iter().map(|way| &self.ways[*way]) {
            let name = way.words.first().map_or("", |word| word.text.as_str());
            if !name.is_empty() {
                let places = run.text.match_indices(name);
                found.extend(places.map(|(at, name)| Occurrence {
                    entry: way.entry,
                    place: run.in_source(&(at..at + name.len())),
                }));
            }
        }
        found
    }
}

impl Way {
    /// Finds the name at the first of `words`, each with its place in the text: from the form of its first
    /// word to that of its last.
    fn place_at(&self, words: &[(usize, &str)]) -> Option<Range<usize>> {
        if words.len() < self.words.len() {
            return None;
        }
        let mut place: Option<Range<usize>> = None;
        for (own, (at, word)) in self.words.iter().zip(words) {
            let (within, form) = forms(word).find(|(_, form)| own.is(form))?;
            let start = at + within;
            let first = place.map_or(start, |place| place.start);
            place = Some(first..start + form.len());
        }
        place
    }
}

impl NameWord {
    fn of(word: &str) -> NameWord {
        NameWord {
            text: word.to_lowercase(),
            has_capital: has_capital(word),
        }
    }

    fn is(&self, word: &str) -> bool {
        (!self.has_capital || has_capital(word)) && word.to_lowercase() == self.text
    }
}

/// Splits a name into its parts, where its script has dots between them for blanks.
pub fn split_unspaced(name: &str) -> impl Iterator<Item = &str> {
    name.split(DOTS).filter(|part| !part.is_empty())
}

/// Finds the parts of a name by which a person may be called: no articles, particles, titles and words that
/// are in every text.
pub fn telling_parts(name: &str, language: &Language) -> Vec<String> {
    let name = composed(name);
    let primary = language.primary();
    let parts: Vec<&str> = match name.chars().any(is_unspaced) {
        true => split_unspaced(&name).collect(),
        false => name.split_whitespace().collect(),
    };
    let several = parts.len() > 1;
    let last = parts.len().saturating_sub(1);
    let mut telling = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let place = Place {
            is_first: at == 0,
            is_last: at == last,
        };
        let called = without_honorific(part);
        let is_new = several || called.len() < part.len();
        if is_new && tells(called, place, &primary) {
            telling.push(called.to_owned());
        }
    }
    telling
}

fn tells(part: &str, place: Place, language: &str) -> bool {
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    if part.chars().any(is_unspaced) {
        return letters >= 2;
    }
    let small = |word: &str| says_nothing(&word.to_lowercase(), place, language);
    let mut words = part.unicode_words().filter(|word| !small(word)).peekable();
    let is_there = words.peek().is_some();
    let mut words = words.filter(|word| word.chars().count() >= 2);
    let is_named = words.any(|word| word.chars().any(char::is_uppercase) || !is_cased(word));
    // In scripts without capitals a short word may be anything; in Hangul it is a given name.
    let is_short_name = is_cased(part) || part.chars().any(is_hangul);
    is_there && is_named && (letters >= 3 || is_short_name && letters >= 2)
}

/// Lists a word of a text in the forms in which it may be a name, each with its place in the word: by itself,
/// without what an apostrophe joins to it, without what some scripts write onto it.
fn forms(word: &str) -> impl Iterator<Item = (usize, &str)> {
    let halves = word
        .split_once('\'')
        .filter(|(before, after)| !before.is_empty() && !after.is_empty());
    // The first and, in "O'Brien's", the last.
    let bare = halves.map(|(before, _)| (0, before));
    let owner = word
        .rsplit_once('\'')
        .filter(|(before, _)| before.contains('\''))
        .map(|(before, _)| (0, before));
    let elided = halves.map(|(before, after)| (before.len() + 1, after));
    let arabic = word
        .strip_prefix(['و', 'ف', 'ب', 'ل', 'ك'])
        .map(|rest| (word.len() - rest.len(), rest));
    let korean = KOREAN_ENDINGS
        .iter()
        .filter(|_| word.chars().any(is_hangul))
        .filter_map(|ending| Some((0, word.strip_suffix(ending)?)));
    let forms = std::iter::once((0, word))
        .chain(owner)
        .chain(bare)
        .chain(elided)
        .chain(arabic)
        .chain(korean);
    forms.filter(|(_, form)| !form.is_empty())
}

fn without_honorific(part: &str) -> &str {
    let bare = HONORIFICS.iter().find_map(|end| part.strip_suffix(end));
    bare.filter(|bare| bare.chars().count() >= 2)
        .unwrap_or(part)
}

fn has_capital(word: &str) -> bool {
    let first = word.chars().find(|c| c.is_alphabetic());
    first.is_some_and(|c| c.is_uppercase() || c.to_lowercase().next() != Some(c))
}

fn is_cased(word: &str) -> bool {
    word.chars().any(|c| c.is_uppercase() || c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> CastEntry {
        let (name, aliases) = name.split_once(" / ").unwrap_or((name, ""));
        CastEntry {
            name: name.to_owned(),
            aliases: aliases
                .split(", ")
                .filter(|alias| !alias.is_empty())
                .map(str::to_owned)
                .collect(),
            text: String::new(),
            name_span: 0..0,
            span: 0..0,
        }
    }

    /// Whom of the cast a text names, by index.
    fn named(language: &str, cast: &[&str], text: &str) -> Vec<usize> {
        let cast: Vec<CastEntry> = cast.iter().map(|name| entry(name)).collect();
        let language = Language::parse(language).unwrap();
        let names = CastNames::of(&cast, &language);
        names.named_in(text).into_iter().collect()
    }

    #[test]
    fn a_name_counts_whole_as_an_alias_or_by_a_part_that_tells() {
        let rows: &[(&str, &str, &str, bool)] = &[
            ("en", "Mara Voss / the keeper", "Mara lit the lamp.", true),
            ("en", "Mara Voss / the keeper", "MARA'S lamp", true),
            ("en", "Mara Voss / the keeper", "It was Mara’s.", true),
            ("en", "Mara Voss / the keeper", "Old Voss said no.", true),
            ("en", "Mara Voss / the keeper", "The keeper came.", true),
            ("en", "Mara Voss / the keeper", "A keeper came.", false),
            ("en", "Mara Voss / the keeper", "Marathon", false),
            ("en", "Mara Voss / the keeper", "mara and voss", false),
            ("en", "Mara Voss", "", false),
            // Articles, titles and common words.
            (
                "en",
                "The Visitor",
                "The lamp went out in the night.",
                false,
            ),
            ("en", "The Visitor", "She had a visitor.", false),
            ("en", "The Visitor", "It was the Visitor.", true),
            ("en", "Old Peder", "An old boat. Old nets.", false),
            ("en", "Old Peder", "Peder came.", true),
            ("en", "Mrs. Adair", "Mrs. Voss and Mrs Lund.", false),
            ("en", "Mrs. Adair", "mrs adair", false),
            ("en", "Mrs. Adair", "Mrs Adair sat down.", true),
            ("en", "Mrs. Adair", "Adair's hat", true),
            ("en", "Grace Young", "Young enough. Ms Young left.", true),
            ("en", "Grace Young", "Grace was said.", true),
            ("en", "Grace Young", "She had grace and was young.", false),
            ("en", "Will", "Will you come? Will came.", true),
            ("en", "Will", "He will come.", false),
            ("en", "King Thomas II", "The King slept.", false),
            ("en", "King Thomas II", "Thomas slept.", true),
            ("en", "Jean-Luc Picard", "Jean-Luc laughed.", true),
            ("en", "Jean-Luc Picard", "Jean laughed.", false),
            ("en", "Seán O'Brien", "O’Brien and O'Brien's", true),
            ("en", "O'Brien", "O’Brien’s", true),
            ("en", "Zoe\u{308} Lund", "Zo\u{eb} ran.", true),
            // Particles.
            ("en", "Vincent van Gogh", "A van stopped. Van doors.", false),
            ("en", "Robert De Niro", "De facto.", false),
            ("en", "Al Pacino", "Al smiled.", true),
            (
                "en",
                "Harun al-Rashid",
                "Rashid is far; al-Rashid is near.",
                true,
            ),
            ("nl", "Abraham van Helsing", "Van alles. De man.", false),
            ("nl", "Abraham van Helsing", "Helsing kwam.", true),
            ("de", "Frau Holle", "Frau Berger und die alte Frau.", false),
            ("de", "Frau Holle", "Bei Holle schneit es.", true),
            ("de", "Wolf von Ahn", "Von dort kam er.", false),
            ("de", "Die Alte", "Die Lampe ging aus.", false),
            (
                "es",
                "Don Diego de la Vega",
                "La casa de don Pedro. Don Pedro. De noche.",
                false,
            ),
            ("es", "Señora Ruiz", "La Señora Vega y la señora.", false),
            ("es", "Señora Ruiz", "Ruiz llegó.", true),
            ("fr", "Le Vieux Marin", "Le soir. Le vieux port.", false),
            (
                "fr",
                "Anna Lemaire",
                "Ce soir d’Anna, qu'Anna aimait.",
                true,
            ),
            ("fr", "Étienne d'Artagnan", "D'Artagnan rit.", true),
            ("tr", "Ayşe Hanım", "Zeynep Hanım geldi.", false),
            ("tr", "Ayşe Hanım", "Ayşe'nin evi", true),
            ("ru", "Доктор Вера Ильина", "Доктор Кац ушёл.", false),
            ("ru", "Доктор Вера Ильина", "Вера ушла.", true),
            ("ru", "Доктор Вера Ильина", "Её вера крепка.", false),
            ("pl", "Pan Adam", "Pan Jan wyszedł.", false),
            ("el", "Κυρία Άννα", "Η Άννα έφυγε.", true),
            // Scripts without capitals.
            ("ar", "هند بنت عتبة", "كانت بنت صغيرة.", false),
            ("ar", "هند بنت عتبة", "وهند في البيت", true),
            ("ar", "السيدة ليلى", "جاءت السيدة مريم.", false),
            ("ar", "السيدة ليلى", "جاءت ليلى.", true),
            ("he", "דוד בן ישי", "בן הזקן", false),
            ("hi", "श्री राम कुमार", "श्री मोहन आए।", false),
            ("hi", "श्री राम कुमार", "कुमार आए।", true),
            ("ko", "김 철수", "철수는 웃었다.", true),
            ("ko", "철수", "철수에게 말했다.", true),
            ("ko", "철수", "철수네가 아니다", false),
            // Scripts without blanks.
            ("ja", "春子", "その夜、春子は灯をともした。", true),
            ("ja", "春子", "その夜、秋子は灯をともした。", false),
            ("ja", "田中さん", "田中は笑った。鈴木さんも。", true),
            ("ja", "田中さん", "鈴木さんが来た。", false),
            ("ja", "メアリー・スミス", "スミスは黙った。", true),
            ("ja", "メアリー・スミス", "メアリー スミスは黙った。", true),
            ("zh", "王小姐", "李小姐笑了。", false),
            ("zh", "王小姐", "王小姐笑了。", true),
            ("th", "สมชาย", "แล้วสมชายก็มา", true),
            ("th", "สมชาย", "แล้วเธอก็มา", false),
        ];
        let wrong: Vec<String> = rows
            .iter()
            .filter(|(language, name, text, expected)| {
                named(language, &[name], text).is_empty() == *expected
            })
            .map(|(language, name, text, _)| format!("{language}: {name} in {text:?}"))
            .collect();
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn a_longer_name_of_somebody_else_is_not_counted_for_both() {
        let adairs = ["Mr. Adair", "Mrs. Adair"];
        assert_eq!(named("en", &adairs, "Mrs. Adair sat down."), [1]);
        assert_eq!(named("en", &adairs, "The Adair house."), [0, 1]);
        let vosses = ["Mara Voss", "Old Voss"];
        assert_eq!(named("en", &vosses, "Mara Voss came."), [0]);
        assert_eq!(named("en", &vosses, "Mara Voss and Voss came."), [0, 1]);
        assert_eq!(named("ja", &["春", "春子"], "春子が来た。"), [1]);
    }

    #[test]
    fn mentions_have_the_place_of_the_name_alone() {
        for (language, cast, text, expected) in [
            (
                "en",
                &["Mara Voss / the keeper"][..],
                "“Mara’s lamp,” said the keeper; Mara Voss's.",
                "0 Mara, 0 the keeper, 0 Mara Voss",
            ),
            (
                "en",
                &["Mr. Adair", "Mrs. Adair"],
                "Mrs. Adair of the Adair house",
                "1 Mrs. Adair, 0 Adair, 1 Adair",
            ),
            (
                "en",
                &["Mara Voss", "Old Voss"],
                "Mara Voss and Voss",
                "0 Mara Voss, 0 Voss, 1 Voss",
            ),
            (
                "en",
                &["Zoë Lund"],
                "Zoe\u{308}’s é Zoë",
                "0 Zoe\u{308}, 0 Zoë",
            ),
            ("fr", &["Anna Lemaire"], "d’Anna, qu'Anna", "0 Anna, 0 Anna"),
            ("ko", &["철수"], "그날 철수는 웃었다.", "0 철수"),
            ("ar", &["هند بنت عتبة"], "وهند في", "0 هند"),
            (
                "ja",
                &["メアリー・スミス", "春子"],
                "“春子”とメアリー スミスは",
                "1 春子, 0 メアリー スミス",
            ),
            ("ja", &["春", "春子"], "春子が来た。春も。", "1 春子, 0 春"),
            ("en", &[], "Mara", ""),
        ] {
            let cast: Vec<CastEntry> = cast.iter().map(|name| entry(name)).collect();
            let names = CastNames::of(&cast, &Language::parse(language).unwrap());
            let found = names.mentions_in(text);
            let found = found
                .iter()
                .map(|it| format!("{} {}", it.entry, &text[it.span.clone()]));
            assert_eq!(found.collect::<Vec<_>>().join(", "), expected, "{text}");
        }
    }

    #[test]
    fn one_name_is_looked_for_as_a_whole() {
        let names = CastNames::of_name("The harbour master");
        assert!(names.is_in("Then the harbour master, The Harbour Master"));
        assert!(!CastNames::of_name("Ida").is_in("Idaho and Friday"));
        assert!(!CastNames::of_name("").is_in("anything"));
    }
}
