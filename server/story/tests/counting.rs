//! Words, sizes, slugs and languages.

use super::super::{Language, SizeDefaults, beat_count, plan_sizes};
use super::parse;
use crate::story::text::slug::{beat_slug, file_slug};
use crate::story::text::words::count;

fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a language tag")
}

#[test]
fn words_and_characters() {
    let cases = [
        ("en", "", 0),
        ("en", "The lamp was out.", 4),
        (
            "en",
            "Don't — or “don’t” — touch 3.14 or 1,000 things, A.M.",
            9,
        ),
        ("en", "**bold** and _thin_ and `code`", 5),
        ("en", "One.\n\n---\n\n* * *\n\n***\n\nTwo.", 2),
        ("en", "# The Storm\n> It came.\n\n- a\n- b", 6),
        (
            "en",
            "[the harbour](https://example.org/a_b.html) was shut",
            4,
        ),
        ("en", "She <!-- sw: colder, please --> waited.", 2),
        ("en", "She <!-- is writing still", 1),
        ("en", "well-known mother-in-law", 5),
        ("en", "snow\u{a0}white", 2),
        ("es", "¿Qué pasó? —Nada —dijo él—. ¡Adiós!", 6),
        ("fr", "L’été d’Aude n’est qu’un rêve.", 5),
        ("ar", "في البَلدةِ القديمة، ثلاثةُ أبواب.", 5),
        ("hi", "समुद्र शांत था।", 3),
        ("ko", "등대 아래", 4),
        ("ja", "灯台の下で、澪は待った。", 12),
        ("ja", "**灯台**の下\n\n---\n\n# 駅\n「澪　です」", 10),
        ("ja", "か\u{3099}く", 2),
        ("zh-Hant", "燈塔 1911 年", 7),
        ("zh-Latn", "dēngtǎ zài nàlǐ", 3),
        ("th", "ประภาคาร", 8),
        ("th", "น้ำ", 1),
        ("vi", "Ngọn hải đăng", 3),
    ];
    for (tag, text, expected) in cases {
        assert_eq!(count(text, &language(tag)), expected, "{tag}: {text}");
    }
}

#[test]
fn languages() {
    for tag in [
        "en",
        "pt-BR",
        "zh-Hant-TW",
        "de-CH-1996",
        "tlh",
        "x-elvish",
        " es ",
    ] {
        assert!(
            Language::parse(tag).is_some_and(|language| language.is_known()),
            "{tag}"
        );
    }
    for tag in [
        "",
        "english",
        "pt_BR",
        "e",
        "日本語",
        "en us",
        "-",
        "en--us",
    ] {
        assert!(Language::parse(tag).is_none(), "{tag}");
    }
    for tag in ["jp", "xx", "cn"] {
        assert!(
            Language::parse(tag).is_some_and(|language| !language.is_known()),
            "{tag}"
        );
    }
    let characters: Vec<&str> = ["en", "ja", "ja-Latn", "ZH-tw", "ko", "th", "ar", "yue"]
        .into_iter()
        .filter(|tag| language(tag).counts_characters())
        .collect();
    assert_eq!(characters, ["ja", "ZH-tw", "ko", "th", "yue"]);
}

#[test]
fn slugs_of_beats() {
    let cases = [
        ("The Logbook", "the-logbook"),
        ("  Mara's  End -- or (not)?  ", "maras-end-or-not"),
        ("Mara’s End", "maras-end"),
        ("ÉTÉ 1911", "été-1911"),
        ("e\u{301}te\u{301}", "été"),
        ("Straße", "straße"),
        ("İstanbul", "i\u{307}stanbul"),
        ("समुद्र की रात", "समुद्र-की-रात"),
        ("البَلدةُ القديمة", "البَلدةُ-القديمة"),
        ("می\u{200c}خواهم", "میخواهم"),
        ("灯台の下、二時", "灯台の下-二時"),
        ("น้ำขึ้น", "น้ำขึ้น"),
        ("🌊", ""),
        ("🌊 Storm 🌊", "storm"),
        ("---", ""),
        ("log_book", "log-book"),
    ];
    for (heading, expected) in cases {
        assert_eq!(beat_slug(heading), expected, "{heading}");
    }
}

#[test]
fn slugs_of_files() {
    let long = "The Long and Winding Title of a Story that Nobody Would Ever Type in Full";
    let cases = [
        ("The Lamp Keeper", "the-lamp-keeper"),
        ("El Niño", "el-nino"),
        ("灯台", "deng-tai"),
        ("🌊", "ocean"),
        ("…", "story"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con"),
        (
            long,
            "the-long-and-winding-title-of-a-story-that-nobody-would-ever",
        ),
    ];
    for (title, expected) in cases {
        assert_eq!(file_slug(title), expected, "{title}");
    }
    assert_eq!(file_slug(&"a".repeat(99)).len(), 60);
}

#[test]
fn sizes() {
    let brief = |target: &str, words: &[Option<u32>]| {
        let beats: String = words
            .iter()
            .enumerate()
            .map(|(nth, words)| match words {
                Some(words) => format!("## B{nth} {{words={words}}}\n"),
                None => format!("## B{nth}\n"),
            })
            .collect();
        parse(&format!("---\n{target}\n---\n# Outline\n{beats}"))
    };
    let defaults = SizeDefaults {
        target_words: None,
        chunk_words: 700,
    };
    let free = [None; 3];
    assert_eq!(
        plan_sizes(&brief("title: S", &free), defaults),
        [700, 700, 700]
    );
    assert_eq!(
        plan_sizes(&brief("chunk_words: 900", &free), defaults),
        [900, 900, 900]
    );
    assert_eq!(
        plan_sizes(&brief("target_words: 1000", &free), defaults),
        [333, 333, 334]
    );
    let with_target = SizeDefaults {
        target_words: Some(600),
        ..defaults
    };
    assert_eq!(
        plan_sizes(&brief("title: S", &free), with_target),
        [200, 200, 200]
    );
    let mixed = [None, Some(600), None];
    assert_eq!(
        plan_sizes(&brief("target_words: 1001", &mixed), defaults),
        [200, 600, 201]
    );
    assert_eq!(
        plan_sizes(&brief("target_words: 500", &mixed), defaults),
        [1, 600, 1]
    );
    assert_eq!(
        plan_sizes(&brief("target_words: 500", &[Some(9)]), defaults),
        [9]
    );
    assert!(plan_sizes(&brief("target_words: 500", &[]), defaults).is_empty());
}

#[test]
fn beat_counts() {
    let cases = [
        (12_000, 1500, 8),
        (16_700, 1500, 11),
        (16_500, 1500, 11),
        (2250, 1500, 2),
        (2249, 1500, 1),
        (100, 1500, 1),
        (0, 0, 1),
        (u32::MAX, 1, u32::MAX),
    ];
    for (target, chunk_words, expected) in cases {
        assert_eq!(
            beat_count(target, chunk_words),
            expected,
            "{target} / {chunk_words}"
        );
    }
}
/// The hand-made classes, character by character, against the library's rules.
#[test]
fn plain_characters_join_and_part_as_unicode_says() {
    use unicode_segmentation::UnicodeSegmentation;
    let english = Language::default();
    for c in ('\0'..='\u{2100}').filter(|c| !matches!(c, '<' | '-' | ']' | '>')) {
        for text in [
            format!("a{c}b"),
            format!("1{c}2"),
            format!("{c}"),
            format!("a{c}"),
            format!("_{c}_"),
        ] {
            assert_eq!(
                count(&text, &english) as usize,
                text.unicode_words().count(),
                "{text:?}"
            );
        }
    }
}
