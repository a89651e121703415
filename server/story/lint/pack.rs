//! Loads language packs: what the checks know about a language, as data under `packs/`.
//!
//! A language without a pack is linted by what needs none: lengths, repeated passages, left
//! over marks, names in scripts with capitals.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::super::Language;
use super::fold::{self, KeyMap, KeySet};
use super::phrases::Phrases;

const PACKS: [&str; 6] = [
    include_str!("packs/en.toml"),
    include_str!("packs/es.toml"),
    include_str!("packs/fr.toml"),
    include_str!("packs/de.toml"),
    include_str!("packs/ja.toml"),
    include_str!("packs/ar.toml"),
];
const PROFILES: &str = include_str!("packs/profiles.toml");

/// A pack as its file has it. Lists of words are separated by white space.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PackFile {
    language: String,
    stop: String,
    capitals: String,
    titles: String,
    determiners: String,
    abbreviations: String,
    chapters: Vec<String>,
    endings: Vec<String>,
    talk: Vec<String>,
    edges: Vec<String>,
    worn: Vec<String>,
    pov: PovFile,
    tense: TenseFile,
    rules: RulesFile,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PovFile {
    first: String,
    second: String,
    third: String,
    first_phrases: Vec<String>,
    third_phrases: Vec<String>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TenseFile {
    past: String,
    present: String,
    past_acts: String,
    present_acts: String,
    past_endings: Vec<String>,
    past_exceptions: String,
    verbs: String,
    subjects: String,
    third_subjects: String,
    inverters: String,
    between: String,
    past_sentences: Vec<String>,
    present_sentences: Vec<String>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RulesFile {
    nouns: Vec<String>,
    fillers: String,
    cardinals: Vec<String>,
    ordinals: Vec<String>,
    negations: String,
    negation_phrases: Vec<String>,
    of: String,
}

/// Common words of a language, and how it is written.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ProfileFile {
    words: String,
    elides: bool,
    nouns_have_capitals: bool,
    lines_are_paragraphs: bool,
    names_inflect: bool,
}

/// The data of one language.
#[derive(Debug, Default)]
pub(super) struct Pack {
    /// Small words that say nothing about what a text is about.
    pub stop: KeySet,
    /// Words with a capital that are no names of a story: months, peoples, forms of address.
    pub capitals: KeySet,
    /// Titles that stand before a name.
    pub titles: KeySet,
    pub determiners: KeySet,
    /// Abbreviations, after which a full stop ends no sentence.
    pub abbreviations: KeySet,
    /// Words for a part of a book, folded.
    pub chapters: Vec<String>,
    /// Words below the last line of a story.
    pub endings: Vec<String>,
    /// Phrases of a model about itself or its work, anywhere.
    pub talk: Phrases,
    /// Phrases that mean this only in the first or the last paragraph.
    pub edges: Phrases,
    pub worn: Worn,
    pub first_person: KeySet,
    pub second_person: KeySet,
    pub third_person: KeySet,
    pub first_phrases: Phrases,
    pub third_phrases: Phrases,
    pub tense: Option<Tense>,
    pub rules: Option<RuleWords>,
    /// Articles and pronouns melt into the next word: l'homme.
    pub elides: bool,
    pub nouns_have_capitals: bool,
    pub lines_are_paragraphs: bool,
    /// Whether names are inflected by case.
    pub names_inflect: bool,
}

/// Phrases that are used too often everywhere.
#[derive(Debug, Default)]
pub(super) struct Worn {
    pub phrases: Phrases,
    /// The use of each phrase from which on it is reported.
    pub from: Vec<usize>,
}

/// How verbs show when a story happens.
#[derive(Debug)]
pub(super) struct Tense {
    /// Words that are always past; also by their ending, with the least length in letters.
    pub past: KeySet,
    pub past_endings: Vec<(String, usize)>,
    pub past_exceptions: KeySet,
    /// "is", "has": present, but also said of what always holds.
    pub present: KeySet,
    /// Verbs in the present for what a character does.
    pub present_acts: KeySet,
    /// Plain forms of verbs and forms of the third person, where verbs are recognised by their subject.
    pub plain: KeySet,
    pub third: KeySet,
    pub regular_past: KeySet,
    pub subjects: KeySet,
    pub third_subjects: KeySet,
    /// "did", "could": what makes the next verb plain whatever the tense.
    pub inverters: KeySet,
    /// "never", "still": may stand between subject and verb.
    pub between: KeySet,
    /// Endings of sentences, where verbs stand last.
    pub past_sentences: Vec<String>,
    pub present_sentences: Vec<String>,
}

/// How a text speaks of the rules of its world.
#[derive(Debug)]
pub(super) struct RuleWords {
    pub nouns: Vec<String>,
    pub noun_keys: KeySet,
    /// "number": may stand between the word for rule and the number.
    pub fillers: KeySet,
    /// "of": what follows is about other rules than those of the brief.
    pub of: KeySet,
    pub cardinals: KeyMap<u32>,
    pub ordinals: KeyMap<u32>,
    pub negations: KeySet,
    pub negation_phrases: Phrases,
}

/// Common words of many languages, to know a text's language by.
#[derive(Debug)]
pub(super) struct Profiles {
    /// The languages by their bit in the masks of `words`.
    pub languages: Vec<String>,
    /// The languages that have a word, a bit each.
    pub words: KeyMap<u32>,
}

static ALL: LazyLock<HashMap<String, Pack>> = LazyLock::new(read_packs);
static PLAIN: LazyLock<Pack> = LazyLock::new(|| {
    // Models fall into English whatever they are asked for.
    make(&PackFile::default(), &ProfileFile::default(), &english())
});
pub(super) static PROFILES_READ: LazyLock<Profiles> = LazyLock::new(read_profiles);

impl Pack {
    /// Returns the pack of a language, or one that knows nothing.
    pub(super) fn of(language: &Language) -> &'static Pack {
        ALL.get(&language.primary()).unwrap_or(&PLAIN)
    }
}

fn profile_files() -> HashMap<String, ProfileFile> {
    // The file is a part of the program, and a test reads it.
    toml::from_str(PROFILES).expect("the profiles are well-formed")
}

fn pack_files() -> Vec<PackFile> {
    let read = |text: &&str| {
        // The files are a part of the program, and a test reads every one.
        toml::from_str(text).expect("the packs are well-formed")
    };
    PACKS.iter().map(read).collect()
}

fn english() -> PackFile {
    let is_english = |file: &PackFile| file.language == "en";
    pack_files()
        .into_iter()
        .find(is_english)
        .unwrap_or_default()
}

fn read_packs() -> HashMap<String, Pack> {
    let profiles = profile_files();
    let files = pack_files();
    let english = english();
    let mut packs: HashMap<String, Pack> = HashMap::new();
    for file in &files {
        let profile = profiles.get(&file.language).cloned().unwrap_or_default();
        packs.insert(file.language.clone(), make(file, &profile, &english));
    }
    for (language, profile) in &profiles {
        packs
            .entry(language.clone())
            .or_insert_with(|| make(&PackFile::default(), profile, &english));
    }
    packs
}

fn read_profiles() -> Profiles {
    let mut files: Vec<(String, ProfileFile)> = profile_files().into_iter().collect();
    files.retain(|(_, profile)| !profile.words.trim().is_empty());
    files.sort_by(|one, other| one.0.cmp(&other.0));
    let mut words: KeyMap<u32> = KeyMap::default();
    for (index, (_, profile)) in files.iter().enumerate() {
        for word in profile.words.split_whitespace() {
            *words.entry(fold::key(word)).or_default() |= 1 << index;
        }
    }
    Profiles {
        languages: files.into_iter().map(|(language, _)| language).collect(),
        words,
    }
}

fn make(file: &PackFile, profile: &ProfileFile, english: &PackFile) -> Pack {
    let own = file.language != english.language;
    let with_english = |own_list: &[String], list: &[String]| {
        let more = if own { list } else { &[] };
        Phrases::new(own_list.iter().chain(more).map(String::as_str))
    };
    let mut stop = fold::keys(&file.stop);
    stop.extend(fold::keys(&profile.words));
    let mut chapters = file.chapters.clone();
    if own {
        chapters.extend(english.chapters.iter().cloned());
    }
    Pack {
        stop,
        capitals: fold::keys(&file.capitals),
        titles: fold::keys(&file.titles),
        determiners: fold::keys(&file.determiners),
        abbreviations: fold::keys(&file.abbreviations),
        chapters,
        endings: file.endings.clone(),
        talk: with_english(&file.talk, &english.talk),
        edges: with_english(&file.edges, &english.edges),
        worn: make_worn(&file.worn),
        first_person: fold::keys(&file.pov.first),
        second_person: fold::keys(&file.pov.second),
        third_person: fold::keys(&file.pov.third),
        first_phrases: Phrases::new(file.pov.first_phrases.iter().map(String::as_str)),
        third_phrases: Phrases::new(file.pov.third_phrases.iter().map(String::as_str)),
        tense: make_tense(&file.tense),
        rules: make_rules(&file.rules),
        elides: profile.elides,
        nouns_have_capitals: profile.nouns_have_capitals,
        lines_are_paragraphs: profile.lines_are_paragraphs,
        names_inflect: profile.names_inflect,
    }
}

/// Reads lines such as `3 let out a breath`: the use from which on it is reported, and the phrase.
fn make_worn(lines: &[String]) -> Worn {
    let parts: Vec<(&str, &str)> = lines
        .iter()
        .filter_map(|line| line.split_once(' '))
        .collect();
    Worn {
        phrases: Phrases::new(parts.iter().map(|(_, phrase)| *phrase)),
        from: parts
            .iter()
            .map(|(from, _)| from.parse().unwrap_or(2))
            .collect(),
    }
}

fn make_tense(file: &TenseFile) -> Option<Tense> {
    let endings = file.past_endings.iter().filter_map(|line| {
        let (ending, least) = line.split_once(' ')?;
        Some((ending.to_owned(), least.parse().ok()?))
    });
    let verbs: Vec<&str> = file.verbs.split_whitespace().collect();
    let tense = Tense {
        past: fold::keys(&format!("{} {}", file.past, file.past_acts)),
        past_endings: endings.collect(),
        past_exceptions: fold::keys(&file.past_exceptions),
        present: fold::keys(&file.present),
        present_acts: fold::keys(&file.present_acts),
        plain: verbs.iter().map(|verb| fold::key(verb)).collect(),
        third: verbs.iter().map(|verb| fold::key(&third(verb))).collect(),
        regular_past: verbs.iter().map(|verb| fold::key(&past(verb))).collect(),
        subjects: fold::keys(&file.subjects),
        third_subjects: fold::keys(&file.third_subjects),
        inverters: fold::keys(&file.inverters),
        between: fold::keys(&file.between),
        past_sentences: file.past_sentences.clone(),
        present_sentences: file.present_sentences.clone(),
    };
    let empty = tense.past.is_empty() && tense.past_sentences.is_empty();
    (!empty).then_some(tense)
}

/// Forms the third person of an English verb: walks, passes, carries.
fn third(verb: &str) -> String {
    match verb.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh", "o"]
            .iter()
            .any(|end| verb.ends_with(end)) =>
        {
            format!("{verb}es")
        }
        _ => format!("{verb}s"),
    }
}

/// Forms the past tense of an English verb: walked, carried, closed. Wrong for irregular verbs, whose past
/// stands in the pack.
fn past(verb: &str) -> String {
    match verb.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ied"),
        _ if verb.ends_with('e') => format!("{verb}d"),
        _ => format!("{verb}ed"),
    }
}

fn make_rules(file: &RulesFile) -> Option<RuleWords> {
    // `third|3rd`: several forms of one number; `30:thirty`: out of turn.
    let numbers = |words: &[String]| {
        let numbered = words.iter().zip(1..).map(|(forms, place)| {
            let named = forms.split_once(':');
            let named = named.and_then(|(number, forms)| Some((forms, number.parse().ok()?)));
            named.unwrap_or((forms.as_str(), place))
        });
        numbered
            .flat_map(|(forms, number)| forms.split('|').map(move |form| (fold::key(form), number)))
            .collect::<KeyMap<u32>>()
    };
    (!file.nouns.is_empty()).then(|| RuleWords {
        noun_keys: file.nouns.iter().map(|noun| fold::key(noun)).collect(),
        nouns: file.nouns.clone(),
        fillers: fold::keys(&file.fillers),
        of: fold::keys(&file.of),
        cardinals: numbers(&file.cardinals),
        ordinals: numbers(&file.ordinals),
        negations: fold::keys(&file.negations),
        negation_phrases: Phrases::new(file.negation_phrases.iter().map(String::as_str)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_is_read_and_says_where_it_is_from() {
        assert_eq!(pack_files().len(), PACKS.len());
        for text in PACKS.iter().chain([&PROFILES]) {
            let head: Vec<&str> = text.lines().take_while(|l| l.starts_with('#')).collect();
            let head = head.join(" ");
            assert!(
                head.contains("Storywright") && head.contains("MIT"),
                "{head}"
            );
        }
        let languages = &PROFILES_READ.languages;
        assert!(
            languages.len() >= 10 && languages.len() <= 32,
            "{languages:?}"
        );
        for tag in ["en", "es", "ja", "ar"] {
            let pack = Pack::of(&Language::parse(tag).unwrap());
            assert!(pack.worn.from.len() >= 15, "{tag}");
            assert!(pack.rules.is_some(), "{tag}");
        }
    }

    #[test]
    fn verbs_are_inflected() {
        for (verb, now, then) in [
            ("walk", "walks", "walked"),
            ("carry", "carries", "carried"),
            ("push", "pushes", "pushed"),
            ("close", "closes", "closed"),
            ("stay", "stays", "stayed"),
        ] {
            assert_eq!((third(verb), past(verb)), (now.to_owned(), then.to_owned()));
        }
    }
}
