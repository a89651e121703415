//! Whatever the texts are: no panic, and every span is a piece of its chunk.

use proptest::prelude::*;

use super::super::super::{BeatId, Brief, ChunkNumber};
use super::super::{
    BriefWords, CODES, ChunkFacts, ChunkText, Finding, LintedChunk, lint, lint_facts,
};

const BRIEFS: [&str; 4] = [
    include_str!("../../../../fixtures/manuscripts/en/story.md"),
    include_str!("../../../../fixtures/manuscripts/es/story.md"),
    include_str!("../../../../fixtures/manuscripts/ja/story.md"),
    include_str!("../../../../fixtures/manuscripts/ar/story.md"),
];

/// Bits of prose and of everything that the checks look for.
const PIECES: [&str; 64] = [
    "Nessa",
    "Nesta",
    "Quill",
    "Osric",
    "NESSA",
    "Inés",
    "Julián",
    "三枝",
    "綾",
    "彩",
    "マリヤ",
    "マリア",
    "سلمى",
    "سلمي",
    "النجّار",
    "ياسين",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    ". ",
    "。",
    "؟ ",
    "“",
    "”",
    "\"",
    "«",
    "»",
    "‘",
    "’",
    "—",
    "– ",
    "- ",
    "*",
    "_",
    "**",
    "#",
    "## ",
    "> ",
    "```",
    "~~~",
    "<!--",
    "-->",
    "<think>",
    "[insert",
    "]",
    "rule ",
    "three",
    "3",
    "規則",
    "三",
    "第",
    "章",
    "القاعدة",
    "الثالثة",
    "regla ",
    "tercera",
    "I ",
    "she walks ",
    "'s",
    "let out a breath ",
    "e\u{301}",
    "\u{200d}",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(
        prop_oneof![
            4 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
            1 => "\\PC{0,6}",
            1 => "[a-zA-Z ]{1,12}",
        ],
        0..80,
    );
    prop_oneof![
        4 => pieces.prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn check(findings: &[Finding], texts: &[String]) -> Result<(), TestCaseError> {
    for finding in findings {
        let places = finding
            .related
            .iter()
            .map(|(chunk, span)| (*chunk, span.clone()));
        for (chunk, span) in places.chain([(finding.chunk, finding.span.clone())]) {
            let text = &texts[chunk.0 as usize - 1];
            prop_assert!(text.get(span.clone()).is_some(), "{finding:?} in {text:?}");
        }
        prop_assert!(CODES.contains(&finding.code));
        prop_assert!(!finding.message.is_empty());
    }
    let sorted = findings
        .windows(2)
        .all(|pair| (pair[0].chunk, pair[0].span.start) <= (pair[1].chunk, pair[1].span.start));
    prop_assert!(sorted);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_text_can_be_linted(texts in prop::collection::vec(text(), 0..5), which in 0..4usize) {
        let brief = Brief::parse(BRIEFS[which]);
        let ids: Vec<BeatId> = brief.beats.iter().map(|beat| beat.id.clone()).collect();
        let chunks: Vec<ChunkText<'_>> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| ChunkText {
                number: ChunkNumber(index as u32 + 1),
                beat: &ids[index % ids.len()],
                text,
                target_words: 100,
            })
            .collect();
        let findings = lint(&brief, &chunks);
        check(&findings, &texts)?;
        // In any order, and from facts at hand, it is the same.
        let facts: Vec<ChunkFacts> = texts
            .iter()
            .map(|text| ChunkFacts::of(text, &brief.language))
            .collect();
        let mut linted: Vec<LintedChunk<'_>> = chunks
            .iter()
            .zip(&facts)
            .map(|(chunk, facts)| LintedChunk {
                number: chunk.number,
                beat: chunk.beat,
                target_words: chunk.target_words,
                facts,
            })
            .collect();
        linted.reverse();
        prop_assert_eq!(lint_facts(&brief, &BriefWords::of(&brief), &linted), findings);
    }

    #[test]
    fn any_brief_will_do(brief in text(), texts in prop::collection::vec(text(), 0..3)) {
        let brief = format!("---\nprotagonist: {}\n---\n# Cast\n## {brief}\n# Rules\n1. {brief}", "Nessa");
        let brief = Brief::parse(&brief);
        let nowhere = BeatId(String::new());
        let chunks: Vec<ChunkText<'_>> = texts
            .iter()
            .zip(1..)
            .map(|(text, number)| ChunkText {
                number: ChunkNumber(number),
                beat: &nowhere,
                text,
                target_words: 0,
            })
            .collect();
        check(&lint(&brief, &chunks), &texts)?;
    }
}
