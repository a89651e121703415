//! What holds for any text whatever.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::super::{Brief, Language, SizeDefaults, Span, plan_sizes};
use super::fixtures::GOOD;
use crate::story::text::margin_notes::{margin_notes, without_comments};
use crate::story::text::slug::{beat_slug, file_slug};
use crate::story::text::words::{count, last};

/// Returns every span that a brief holds.
fn spans(brief: &Brief) -> Vec<Span> {
    let mut spans: Vec<Span> = brief
        .problems
        .iter()
        .map(|problem| problem.span.clone())
        .collect();
    for entry in brief
        .front_matter
        .iter()
        .flat_map(|front_matter| &front_matter.entries)
    {
        spans.extend([entry.key_span.clone(), entry.value_span.clone()]);
    }
    spans.extend(
        brief
            .front_matter
            .iter()
            .map(|front_matter| front_matter.span.clone()),
    );
    for section in &brief.sections {
        spans.extend([section.heading_span.clone(), section.span.clone()]);
    }
    for entry in &brief.cast {
        spans.extend([entry.name_span.clone(), entry.span.clone()]);
    }
    spans.extend(brief.rules.iter().map(|rule| rule.span.clone()));
    for chapter in &brief.chapters {
        spans.extend([chapter.heading_span.clone(), chapter.span.clone()]);
    }
    for beat in &brief.beats {
        spans.extend([
            beat.heading_span.clone(),
            beat.id_span.clone(),
            beat.span.clone(),
        ]);
        spans.extend(beat.cast_spans.iter().cloned());
        spans.extend(beat.after_spans.iter().cloned());
        spans.extend(beat.words_span.clone());
        spans.extend(beat.notes.iter().map(|note| note.span.clone()));
        assert_eq!(beat.cast.len(), beat.cast_spans.len());
        assert_eq!(beat.after.len(), beat.after_spans.len());
    }
    spans
}

/// All that callers rely on.
fn assert_sound(text: &str) {
    let brief = Brief::parse(text);
    for span in spans(&brief) {
        assert!(text.get(span.clone()).is_some(), "{span:?} in {text:?}");
    }
    let mut ids: Vec<&str> = brief.beats.iter().map(|beat| beat.id.as_str()).collect();
    assert!(ids.iter().all(|id| !id.is_empty()), "{text:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), brief.beats.len(), "ids are unique: {text:?}");
    let ends: Vec<_> = brief.beats.iter().map(|beat| beat.span.clone()).collect();
    assert!(
        ends.windows(2).all(|pair| pair[0].end <= pair[1].start),
        "{text:?}"
    );
    assert!(
        brief.cast.iter().all(|entry| !entry.name.is_empty()),
        "{text:?}"
    );
    let sizes = plan_sizes(&brief, SizeDefaults::default());
    assert_eq!(sizes.len(), brief.beats.len());
    assert!(sizes.iter().all(|size| *size > 0));
}

/// Pieces that mean something to one of the parsers.
fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "---\n",
        "\n---\n",
        "...\n",
        "title: ",
        "target_words: ",
        "language: ja\n",
        "# Outline\n",
        "# Cast\n",
        "# Rules\n",
        "# Notes\n",
        "## ",
        "### ",
        "#### ",
        "#",
        "{#a",
        "}",
        "{",
        " words=",
        " cast=\"",
        "\"",
        "“",
        "’",
        " after=a",
        "=",
        "<!-- sw: ",
        "<!--",
        "-->",
        "Enter: ",
        "Exit：",
        "aka: ",
        "1. ",
        "2) ",
        "٣. ",
        "３、",
        "- ",
        "> ",
        "```\n",
        "`",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\u{feff}",
        "\u{0}",
        "===\n",
        "[a](b)",
        "&amp;",
        "\\",
        "*",
        "_",
        "&x ",
        "*x",
        "!!str ",
        "? ",
        ": ",
        ", ",
        "é",
        "e\u{301}",
        "漢字",
        "ベ",
        "\u{200d}",
        "🌊",
        "ا",
        "İ",
        "ǆ",
        "|",
        ">-\n",
        "[",
        "]",
        "<div>",
        "\u{2028}",
        "\u{85}",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}", 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed(text in any::<String>()) {
        assert_sound(&text);
    }

    #[test]
    fn any_pieces_are_parsed(pieces in prop::collection::vec(fragment(), 0..60)) {
        assert_sound(&pieces.concat());
        assert_sound(&format!("---\n{}\n---\n# Outline\n## A\n", pieces.concat()));
        assert_sound(&format!("---\ntitle: S\n---\n# Outline\n## A\n## {}\n", pieces.concat()));
    }

    /// A good brief in which something was deleted, doubled or put in.
    #[test]
    fn a_damaged_brief_is_parsed(
        which in 0..GOOD.len(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        piece in fragment(),
    ) {
        let text = GOOD[which].1;
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let (from, to) = (*from.get(&places), *to.get(&places));
        assert_sound(&format!("{}{piece}{}", &text[..from], &text[to..]));
    }

    #[test]
    fn notes_are_found_in_any_text(pieces in prop::collection::vec(fragment(), 0..30)) {
        let text = pieces.concat();
        for note in margin_notes(&text) {
            prop_assert!(text[note.span].starts_with("<!--"));
        }
        without_comments(&text);
    }

    /// The quick ways of counting find what Unicode's rules find.
    #[test]
    fn words_are_counted_by_unicode(text in "[a-c1-2 .,;:'_’‘“—…éſΣήяӁ\\-\n\u{301}\u{200d}漢カア\u{fb4b}]{0,40}") {
        let english = Language::default();
        prop_assert_eq!(count(&text, &english) as usize, text.unicode_words().count(), "{:?}", text);
    }

    /// Reading from the end tells the same last words as reading from the start.
    #[test]
    fn the_last_words_are_those_of_unicode(
        text in "([a-c1-2 .,;:'_’‘“—…éſΣӁ\\-\t\r\n\u{301}\u{200d}漢カא\"😀🇩🇪\u{fb4b}\u{85}\u{2028}]|[a-c]{1,4} ){0,60}",
        words in 1usize..30,
    ) {
        let starts: Vec<usize> = text.unicode_word_indices().map(|(at, _)| at).collect();
        let first = starts.len().checked_sub(words).map(|at| starts[at]);
        prop_assert_eq!(last(&text, words), first, "{:?}", text);
    }

    #[test]
    fn characters_are_counted_by_unicode(text in "[a-c「」。漢かカ\u{3099}\u{301}\u{200d}\u{fe0f}👩🇯🇵각ᆨᄀ\u{600}　]{0,30}") {
        let japanese = Language::parse("ja").expect("a tag");
        let expected = text.graphemes(true).filter(|cluster| cluster.chars().any(|c| !c.is_whitespace())).count();
        prop_assert_eq!(count(&text, &japanese) as usize, expected, "{:?}", text);
    }

    #[test]
    fn a_slug_is_its_own_slug(heading in "\\PC{0,20}") {
        let slug = beat_slug(&heading);
        prop_assert_eq!(beat_slug(&slug), slug.clone());
        prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        let file = file_slug(&heading);
        prop_assert!(file.len() <= 60 && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    }

    #[test]
    fn sizes_add_up_and_are_even(words in prop::collection::vec(prop::option::of(50u32..3000), 1..40), free in 0u32..40_000) {
        let beats: String = words.iter().map(|words| match words {
            Some(words) => format!("## B {{words={words}}}\n"),
            None => "## B\n".to_owned(),
        }).collect();
        let own: u32 = words.iter().flatten().sum();
        let open = words.iter().filter(|words| words.is_none()).count() as u32;
        let target = own + free.max(open).max(1);
        let brief = Brief::parse(&format!("---\ntarget_words: {target}\n---\n# Outline\n{beats}"));
        let sizes = plan_sizes(&brief, SizeDefaults::default());
        for (size, words) in sizes.iter().zip(&words) {
            prop_assert!(words.is_none_or(|words| words == *size));
        }
        if open > 0 {
            prop_assert_eq!(sizes.iter().sum::<u32>(), target);
            let shares: Vec<u32> = sizes.iter().zip(&words).filter(|(_, words)| words.is_none()).map(|(size, _)| *size).collect();
            let (least, most) = (shares.iter().min().expect("one"), shares.iter().max().expect("one"));
            prop_assert!(most - least <= 1);
        }
    }
}

/// Texts that are built to take long or to go deep.
#[test]
fn hostile_texts_are_parsed() {
    let bomb: String = (b'b'..b'z')
        .map(|c| {
            let (this, before) = (c as char, (c - 1) as char);
            format!(
                "{this}: &{this} [*{before},*{before},*{before},*{before},*{before},*{before}]\n"
            )
        })
        .collect();
    let texts = [
        format!("---\na: &a [x,x,x]\n{bomb}---\n# Outline\n## A\n"),
        format!("---\ntitle: {}\n---\n", "[".repeat(30_000)),
        format!("---\n{}\n---\n", "- ".repeat(30_000)),
        format!("---\n{}\n---\n", "? ".repeat(30_000)),
        format!("---\n{}\n---\n", "{a: ".repeat(15_000)),
        format!("---\n{}\n---\n", "a:\n".repeat(20_000)),
        format!("---\n{}", "a: b\n\n".repeat(20_000)),
        "---\n".repeat(50_000),
        format!("# Outline\n{}", "## A {#a after=a}\nEnter:\n".repeat(3000)),
        format!("# Outline\n## A {}\n", "{#".repeat(50_000)),
        format!("# Outline\n## A {{cast=\"{}\n", "a,".repeat(50_000)),
        format!("# Outline\n## A {{{}}}\n", "a= ".repeat(20_000)),
        format!("# Rules\n{}", "1. a\n".repeat(20_000)),
        format!("# Rules\n{}", "## a\n1. a\n".repeat(10_000)),
        format!("# Cast\n{}", "## a\naka: a, b\n".repeat(5000)),
        "<!--".repeat(50_000),
        "<!-- sw: a -->\n".repeat(10_000),
        "<!-- sw: a --> x ".repeat(10_000),
        "> ".repeat(20_000),
        "[".repeat(50_000),
        "# Outlien\n".repeat(10_000),
        chain(2000),
    ];
    for text in texts {
        let begun = std::time::Instant::now();
        assert_sound(&text);
        let shown: String = text.chars().take(40).collect();
        // Far more than any of them takes, even in a debug build on a busy machine; what is
        // not linear takes minutes.
        assert!(
            begun.elapsed().as_secs() < 20,
            "{shown:?} took {:?}",
            begun.elapsed()
        );
    }
}

/// Beats that wait for each other in one long circle.
fn chain(length: usize) -> String {
    let beats: String = (0..length)
        .map(|beat| format!("## B{beat} {{after=b{}}}\nW.\n", (beat + 1) % length))
        .collect();
    format!("# Outline\n{beats}")
}
