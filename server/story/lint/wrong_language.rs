//! `wrong-language`: a chunk or a long paragraph that is not in the story's language.
//!
//! By script, and between languages of the Latin script by their commonest small words.
//!
//! Limits: languages of the same script are only told apart where both have a profile (or
//! from English); related ones without profiles are not. Short paragraphs may be in any
//! language, and so may what somebody says: foreign speech is information.

use super::super::{Language, Span};
use super::blocks::BlockKind;
use super::finding::Remark;
use super::pack::{PROFILES_READ, Pack};
use super::reading::{Paragraph, Reading};
use super::word::Word;
use crate::story::text::scripts::{self, Letters, Script};
use crate::story::text::sentences;

const CODE: &str = "wrong-language";

/// A paragraph is judged from so many words on, or so many letters of another script.
const LEAST_WORDS: usize = 20;
const LEAST_LETTERS: usize = 40;

pub(super) fn find(text: &str, reading: &Reading, language: &Language) -> Vec<Remark> {
    let foreign: Vec<(&Paragraph, Foreign)> = reading
        .prose()
        .filter_map(|paragraph| Some((paragraph, judge(text, reading, paragraph, language)?)))
        .collect();
    let Some((first, kind)) = foreign.first() else {
        // Mixed into paragraphs that are not foreign as a whole.
        let message = |foreign: Foreign| {
            format!(
                "Here the text is {}, and the story's language is `{language}`. Rewrite it, unless it is meant so.",
                foreign.name(),
            )
        };
        let found = other_script(text, reading, language).into_iter();
        return found
            .map(|(span, foreign)| Remark::warning(span, CODE, message(foreign)))
            .collect();
    };
    let length = |paragraph: &Paragraph| paragraph.span.len();
    let all: usize = reading.prose().map(length).sum();
    let wrong: usize = foreign.iter().map(|(paragraph, _)| length(paragraph)).sum();
    if wrong * 3 >= all * 2 {
        let message = format!(
            "This chunk is {}, and the story's language is `{language}`. Rewrite it, or correct `language` in the brief.",
            kind.name(),
        );
        let span = sentences::first_sentence(text, &first.span);
        return vec![Remark::warning(span, CODE, message)];
    }
    let told = foreign.iter();
    told.map(|(paragraph, kind)| remark(reading, paragraph, kind, language))
        .collect()
}

fn remark(reading: &Reading, paragraph: &Paragraph, kind: &Foreign, language: &Language) -> Remark {
    let message = format!(
        "This paragraph is {}, and the story's language is `{language}`. Rewrite it, unless it is meant so.",
        kind.name(),
    );
    let words = reading.words_of(paragraph);
    let spoken = words.iter().filter(|word| !word.is_narrated()).count();
    if spoken * 2 > words.len() {
        Remark::information(paragraph.span.clone(), CODE, message)
    } else {
        Remark::warning(paragraph.span.clone(), CODE, message)
    }
}

/// Returns what a text is instead of `language`, taken as a whole: `in English`, `written in Arabic script`;
/// `None` where most of it is in that language, or not enough is known.
pub fn foreign(text: &str, language: &Language) -> Option<String> {
    /// The most characters of a name in a text without one letter of the language.
    const MOST_OF_NAME: usize = 8;
    let letters = Letters::of(text);
    let expected = scripts::expected(language)?;
    if letters.count(expected) == 0 && letters.weight() > MOST_OF_NAME {
        return letters.main().map(|script| Foreign::Script(script).name());
    }
    if letters.all() < LEAST_LETTERS {
        return None;
    }
    let found = if letters.count(expected) * 3 < letters.all() {
        letters.main().map(Foreign::Script)
    } else if let Some(other) = between_chinese_and_japanese(&letters, language) {
        Some(other)
    } else if expected == [Script::Latin] {
        let words = Reading::of(text, Pack::of(language)).words;
        let enough = words.len() >= LEAST_WORDS;
        enough.then(|| by_small_words(&words, &language.primary()))?
    } else {
        None
    };
    found.map(|foreign| foreign.name())
}

/// Guesses the language of a text of which nothing else is known; `None` where too little tells it.
pub fn language_of(text: &str) -> Option<Language> {
    const OTHER: &str = "de";
    let letters = Letters::of(text);
    let tag = match letters.main()? {
        Script::Latin => {
            let words = Reading::of(text, Pack::of(&Language::default())).words;
            let other = by_small_words(&words, "en").or_else(|| by_small_words(&words, OTHER));
            match other? {
                Foreign::Language(tag) => tag,
                Foreign::Script(_) => return None,
            }
        }
        Script::Kana => "ja".to_owned(),
        // Japanese hardly goes without kana for long.
        Script::Han if letters.count(&[Script::Kana]) * 20 >= letters.all() => "ja".to_owned(),
        Script::Han => "zh".to_owned(),
        Script::Hangul => "ko".to_owned(),
        Script::Thai => "th".to_owned(),
        _ => return None,
    };
    Language::parse(&tag)
}

/// Names the language or script of a foreign passage inside a text: narrated, so that it is neither speech
/// nor a letter, a quotation or a line in italics; `None` where there is none.
pub fn foreign_passage(text: &str, language: &Language) -> Option<String> {
    let reading = Reading::of(text, Pack::of(language));
    passage(text, &reading, language).map(|(_, foreign)| foreign.name())
}

/// Finds the first narrated passage in another language.
fn passage(text: &str, reading: &Reading, language: &Language) -> Option<(Span, Foreign)> {
    other_script(text, reading, language).or_else(|| other_words(text, reading, language))
}

/// Finds letters of another script in quantity, in stretches that are longer than a name.
fn other_script(text: &str, reading: &Reading, language: &Language) -> Option<(Span, Foreign)> {
    /// Weights: a character of Chinese counts as three letters.
    const LONGEST_NAME: usize = 24;
    const QUANTITY: usize = 100;
    let expected = scripts::expected(language)?;
    let mut told: Option<Span> = None;
    let mut letters = Letters::default();
    for (paragraph, set_apart) in with_set_apart(text, reading) {
        if set_apart {
            continue;
        }
        for run in scripts::runs(text, narrated(reading, paragraph), expected) {
            let inside = Letters::of(text.get(run.clone()).unwrap_or_default());
            if inside.weight() > LONGEST_NAME {
                letters.add(&inside);
                told.get_or_insert(run);
            }
        }
    }
    let script = letters.main()?;
    (letters.weight() >= QUANTITY).then_some((told?, Foreign::Script(script)))
}

/// Returns the narrated words of a paragraph, each as its bytes.
fn narrated<'a>(reading: &'a Reading, paragraph: &Paragraph) -> impl Iterator<Item = Span> + 'a {
    let words = reading.words_of(paragraph).iter();
    words.filter(|word| word.is_narrated()).map(Word::span)
}

/// Finds neighbouring paragraphs of the same script in another language.
fn other_words(text: &str, reading: &Reading, language: &Language) -> Option<(Span, Foreign)> {
    const LEAST: usize = 40;
    let mut sum = 0;
    let mut first: Option<Span> = None;
    for (paragraph, set_apart) in with_set_apart(text, reading) {
        let words = reading.words_of(paragraph);
        let told = words.iter().filter(|word| word.is_narrated()).count();
        let foreign = (!set_apart && told * 2 > words.len())
            .then(|| judge(text, reading, paragraph, language))
            .flatten();
        let Some(foreign @ Foreign::Language(_)) = foreign else {
            (sum, first) = (0, None);
            continue;
        };
        sum += words.len();
        let span = first.get_or_insert_with(|| paragraph.span.clone());
        if sum >= LEAST {
            return Some((span.clone(), foreign));
        }
    }
    None
}

/// Returns the paragraphs that tell the story, each with whether it is set apart from the narration: a text
/// in the story, after a colon or under a salutation, up to the next scene break.
fn with_set_apart<'a>(
    text: &'a str,
    reading: &'a Reading,
) -> impl Iterator<Item = (&'a Paragraph, bool)> {
    const MOST_IN_SALUTATION: usize = 6;
    let mut letter = false;
    reading.paragraphs.iter().filter_map(move |paragraph| {
        if paragraph.kind != BlockKind::Prose {
            letter = false;
            return None;
        }
        let source = text.get(paragraph.span.clone()).unwrap_or_default();
        let apart = letter || source.starts_with(['>', '*', '_', '“', '"', '«', '„', '「', '『']);
        let first = source.lines().next().unwrap_or_default();
        let salutes = first.ends_with([',', '，', '!', '،'])
            && first.split_whitespace().count() <= MOST_IN_SALUTATION
            && !first.contains(['.', '“', '"', '«', '„']);
        letter |= salutes || source.ends_with([':', '：']);
        Some((paragraph, apart || letter && salutes))
    })
}

/// The language or script of a foreign paragraph.
#[derive(Debug)]
enum Foreign {
    Script(Script),
    /// A language by its tag.
    Language(String),
}

impl Foreign {
    /// Names the language or script, to complete a sentence that begins "This is".
    fn name(&self) -> String {
        match self {
            Foreign::Script(script) => format!("written in {}", script.name()),
            Foreign::Language(tag) => match tag.as_str() {
                "en" => "in English".to_owned(),
                "es" => "in Spanish".to_owned(),
                "fr" => "in French".to_owned(),
                "de" => "in German".to_owned(),
                "it" => "in Italian".to_owned(),
                "pt" => "in Portuguese".to_owned(),
                "nl" => "in Dutch".to_owned(),
                "zh" => "in Chinese".to_owned(),
                "ja" => "in Japanese".to_owned(),
                tag => format!("in another language (`{tag}`)"),
            },
        }
    }
}

fn judge(
    text: &str,
    reading: &Reading,
    paragraph: &Paragraph,
    language: &Language,
) -> Option<Foreign> {
    let words = reading.words_of(paragraph);
    let scripts = scripts::expected(language)?;
    let letters = Letters::of(text.get(paragraph.span.clone())?);
    if letters.all() >= LEAST_LETTERS {
        if letters.count(scripts) * 2 < letters.all() {
            return letters.main().map(Foreign::Script);
        }
        if let Some(foreign) = between_chinese_and_japanese(&letters, language) {
            return Some(foreign);
        }
    }
    let latin = scripts == [Script::Latin] && words.len() >= LEAST_WORDS;
    latin.then(|| by_small_words(words, &language.primary()))?
}

/// Tells Chinese and Japanese apart: Japanese hardly goes without kana for long, and Chinese has none.
fn between_chinese_and_japanese(letters: &Letters, language: &Language) -> Option<Foreign> {
    let kana = letters.count(&[Script::Kana]);
    let han = letters.count(&[Script::Han]);
    match language.primary().as_str() {
        "ja" if kana * 20 < han && han >= LEAST_LETTERS => Some(Foreign::Language("zh".to_owned())),
        "zh" if kana * 4 > han => Some(Foreign::Language("ja".to_owned())),
        _ => None,
    }
}

/// Returns the language of a paragraph by its small words, if it has far more of them than of the language
/// `own`.
fn by_small_words(words: &[Word], own: &str) -> Option<Foreign> {
    let profiles = &*PROFILES_READ;
    let place = |tag: &str| {
        profiles
            .languages
            .iter()
            .position(|language| language == tag)
    };
    let own_place = place(own);
    let masks = words
        .iter()
        .filter_map(|word| profiles.words.get(&word.key).copied());
    let masks: Vec<u32> = masks.collect();
    let is_in = |mask: u32, place: usize| mask & (1 << place) != 0;
    // A word that both languages have tells neither: English dialogue is full of the Polish words i, to, do and no.
    let counts: Vec<usize> = (0..profiles.languages.len())
        .map(|place| {
            let telling = |mask: &&u32| {
                is_in(**mask, place) && own_place.is_none_or(|own| !is_in(**mask, own))
            };
            masks.iter().filter(telling).count()
        })
        .collect();
    let candidates: Span = match (own_place, place("en")) {
        (Some(_), _) => 0..counts.len(),
        // Nothing is known of the language but that it is not English.
        (None, Some(english)) => english..english + 1,
        (None, None) => 0..0,
    };
    let best = candidates.max_by_key(|index| counts[*index])?;
    let own_count = own_place.map_or(0, |own| {
        let telling = |mask: &&u32| is_in(**mask, own) && !is_in(**mask, best);
        masks.iter().filter(telling).count()
    });
    let share = if own_place.is_some() { 4 } else { 3 };
    let plenty = counts[best] * share >= words.len() && counts[best] >= 5;
    let far_more = counts[best] * 10 >= own_count * 22 + 10;
    (plenty && far_more).then(|| Foreign::Language(profiles.languages[best].clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "She took the lamp from the wall and went down the stairs, and all the way down she counted the steps, because it was the only thing that she could do.";
    const SPANISH: &str = "Tomó la lámpara de la pared y bajó por la escalera, y durante toda la bajada contó los peldaños, porque era lo único que podía hacer a esas horas de la noche.";
    const SWEDISH: &str = "Hon tog lampan från väggen och gick nedför trappan, och hela vägen ned räknade hon stegen, för det var det enda som hon kunde göra vid den tiden på natten.";
    const JAPANESE: &str = "彼女は壁からランプを取り、階段を下りていった。下りるあいだずっと段を数えていた。ほかにできることがなかったからである。";
    const CHINESE: &str = "她从墙上取下灯，走下楼梯，一路数着台阶，因为在夜里的那个时候她只能做这一件事情。灯光在石墙上晃动，海浪的声音从下面传上来，越来越近。";

    #[test]
    fn a_language_is_guessed_where_enough_tells_it() {
        for (text, tag) in [
            (ENGLISH, Some("en")),
            (SPANISH, Some("es")),
            // Nothing is known of its small words.
            (SWEDISH, None),
            (JAPANESE, Some("ja")),
            (CHINESE, Some("zh")),
            ("Mara.", None),
            ("", None),
        ] {
            let guessed = language_of(text);
            assert_eq!(guessed.as_ref().map(Language::as_str), tag, "{text}");
        }
    }

    #[test]
    fn languages_are_told_apart() {
        for (tag, text, foreign) in [
            ("en", ENGLISH, false),
            ("es", SPANISH, false),
            ("sv", SWEDISH, false),
            ("ja", JAPANESE, false),
            ("zh", CHINESE, false),
            ("en", SPANISH, true),
            ("es", ENGLISH, true),
            ("sv", ENGLISH, true),
            ("ja", ENGLISH, true),
            ("ja", CHINESE, true),
            ("zh", JAPANESE, true),
            ("ar", ENGLISH, true),
            ("x-elvish", ENGLISH, false),
        ] {
            let language = Language::parse(tag).unwrap();
            let reading = Reading::of(text, Pack::of(&language));
            let found = find(text, &reading, &language);
            assert_eq!(!found.is_empty(), foreign, "{tag} {text}");
            let whole = super::foreign(text, &language);
            assert_eq!(whole.is_some(), foreign, "{tag} {text}");
        }
    }

    #[test]
    fn what_people_say_is_in_their_language() {
        const SAID: &str = "“No, no, no. To do a thing I do, I go on. So do I. To me, no. To a man I owe, I do. A pan, a ten, a jar. I do so.”";
        const POLISH: &str = "Wziął lampę ze ściany i zszedł po schodach, a przez całą drogę w dół liczył stopnie, bo to było jedyne, co mógł zrobić o tej porze, i nie myślał o niej ani o tym, że ona już się nie odezwie.";
        for (tag, text, foreign) in [
            ("en", SAID, false),
            ("en", POLISH, true),
            ("pl", POLISH, false),
            ("pl", ENGLISH, true),
        ] {
            let language = Language::parse(tag).unwrap();
            let reading = Reading::of(text, Pack::of(&language));
            let found = find(text, &reading, &language);
            assert_eq!(!found.is_empty(), foreign, "{tag} {text}");
        }
    }

    #[test]
    fn a_passage_in_another_language_is_known() {
        let german = "Sie nahm die Lampe von der Wand und ging die Treppe hinunter, und auf dem ganzen Weg zählte sie die Stufen, weil es das Einzige war, was sie um diese Stunde der Nacht noch tun konnte. Unten stand die Tür offen, und der Wind kam vom Meer herein und roch nach Salz und nach Tang.";
        for (tag, text, foreign) in [
            ("en", format!("{ENGLISH}\n\n{CHINESE}\n\n{ENGLISH}"), true),
            ("en", format!("{ENGLISH} {CHINESE} {ENGLISH}"), true),
            ("en", format!("{ENGLISH}\n\n{german}\n\n{ENGLISH}"), true),
            ("en", "好的，我会继续写。".to_owned(), true),
            ("en", "她取下灯。".to_owned(), true),
            // Said, quoted, written by somebody.
            ("en", format!("{ENGLISH}\n\n“{german}”\n\n{ENGLISH}"), false),
            ("en", format!("{ENGLISH}\n\n> {german}\n\n{ENGLISH}"), false),
            ("en", format!("{ENGLISH}\n\n*{german}*\n\n{ENGLISH}"), false),
            (
                "en",
                format!("{ENGLISH} The letter said:\n\n{german}\n\n{ENGLISH}"),
                false,
            ),
            (
                "en",
                format!("{ENGLISH}\n\nLiebe Mara,\n\n{german}\n\nDein Hale\n\n{ENGLISH}"),
                false,
            ),
            (
                "en",
                format!("{ENGLISH}\n\n“{CHINESE}”\n\n{ENGLISH}"),
                false,
            ),
            // Names.
            (
                "en",
                format!("{ENGLISH} 春子 laughed. {ENGLISH} 春子 and Мария Петровна went home. ")
                    .repeat(20),
                false,
            ),
            ("en", "Μαρία".to_owned(), false),
            ("ja", JAPANESE.to_owned(), false),
            (
                "ja",
                format!("{JAPANESE}NHKのアナウンサーがGood morningと言った。"),
                false,
            ),
            ("x-elvish", CHINESE.to_owned(), false),
        ] {
            let language = Language::parse(tag).unwrap();
            let told =
                super::foreign(&text, &language).or_else(|| foreign_passage(&text, &language));
            assert_eq!(told.is_some(), foreign, "{tag} {told:?} {text}");
        }
    }

    #[test]
    fn a_paragraph_among_others_is_marked() {
        let language = Language::default();
        let text = format!("{ENGLISH}\n\n{ENGLISH}\n\n{SPANISH}");
        let reading = Reading::of(&text, Pack::of(&language));
        let found = find(&text, &reading, &language);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].span.clone()], SPANISH);
    }
}
