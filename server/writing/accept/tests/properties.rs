//! Whatever a model answers: no panic, no loss of the author's text, no second repair, and
//! time in proportion to the text.

use proptest::prelude::*;

use super::super::repair::repair;
use super::super::{Acceptance, Answer, CallEnd, Check, Judgement, Opening, Told, Verdict};
use super::kinds::all;
use super::{BRIEF, STOP};
use crate::provider::FinishReason;
use crate::story::Brief;
use crate::story::text::boundaries;
use crate::writing::prompt::Templates;

/// Bits of everything that is looked for, and of prose.
const PIECES: [&str; 72] = [
    "The lamp went out. ",
    "She came home",
    ".",
    "…",
    "。",
    "「行け」",
    "“Go,” ",
    "he said. ",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "\t",
    "Sure! ",
    "Here is chapter 2:",
    "Certainly!\n\n",
    "Chapter 2",
    "Part 3 of 8",
    "# ",
    "## The Oak Door",
    "**",
    "*",
    "_",
    "```",
    "```markdown\n",
    "~~~\n",
    "---\n",
    "* * *\n",
    "<think>",
    "</think>",
    "<|im_start|>",
    "<|im_end|>",
    "assistant\n",
    "</s>",
    "<s>",
    "[INST]",
    "[/INST]",
    "Assistant: ",
    "User: ",
    "{\"text\": \"",
    "\"}",
    "[",
    "]",
    "(",
    ")",
    "<p>",
    "</p>",
    "<br>",
    "&lt;p&gt;",
    "&amp;",
    "<!--",
    "-->",
    "â€™",
    "Ã©",
    "\u{fffd}",
    "\u{0}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "As an AI language model, I ",
    "I’m sorry, but I can’t help with that. ",
    "Let me know if you want changes",
    "(1500 words)",
    "To be continued",
    "[insert dialogue]",
    "- a point\n",
    "1. a point\n",
    "| a | b |\n",
    "very ",
    "Mara climbs from the boat to the rock and finds that nobody is there to meet her.",
    "The Lamp Keeper\n",
    "# Not yet\n",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(
        prop_oneof![
            5 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
            1 => "\\PC{0,6}",
            2 => "[a-zA-Z ,]{1,16}[.!?]? ",
            1 => prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.repeat(30)),
        ],
        0..60,
    );
    prop_oneof![
        6 => pieces.prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        // A bad answer, cut anywhere, inside a text.
        3 => (0..200usize, 0..2000usize, "[a-z .\n]{0,40}").prop_map(|(which, cut, more)| {
            let kinds = all();
            let answer = &kinds[which % kinds.len()].answer;
            let cut = answer.char_indices().nth(cut).map_or(answer.len(), |(index, _)| index);
            format!("{}{more}{}", &answer[..cut], &answer[cut..])
        }),
    ]
}

fn end() -> impl Strategy<Value = CallEnd> {
    prop::sample::select(vec![
        STOP,
        CallEnd::RanLong,
        CallEnd::Finished(FinishReason::Length),
        CallEnd::Finished(FinishReason::Refusal),
        CallEnd::Finished(FinishReason::Other("odd".to_owned())),
    ])
}

fn judge(
    acceptance: &Acceptance<'_>,
    prose: &str,
    author: usize,
    end: &CallEnd,
    continued: u32,
) -> Judgement {
    acceptance.judge(&Answer {
        prose,
        author,
        judged: author,
        end,
        continued,
        gained: 20,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_answer_is_judged(
        prose in text(),
        earlier in text(),
        author in 0..400usize,
        end in end(),
        continued in 0..8u32,
        target in 0..300u32,
        tag in prop::sample::select(vec!["en", "es", "ja", "ar", "th", "x-elvish"]),
    ) {
        let brief = Brief::parse(&BRIEF.replace("language: en", &format!("language: {tag}")));
        let notes = ["colder, and not the door".to_owned()];
        let acceptance = Acceptance::new(&brief, 1, target, &notes, &Templates::default(), Told::of(&earlier));
        let author = boundaries::floor(&prose, author);
        let once = judge(&acceptance, &prose, author, &end, continued);
        // What may be the author's stays, to the byte.
        prop_assert!(once.prose.starts_with(&prose[..author]), "{once:?}");
        // Nothing is made up: what is there came in the answer.
        prop_assert!(once.prose.len() <= prose.len() + 8 * 64, "{once:?}");
        if let Verdict::Refuse(fault) | Verdict::Continue(fault) = &once.verdict {
            prop_assert!(!fault.what.is_empty());
            prop_assert!(Check::of_code(fault.check.code()).is_some());
        }
        // A second look finds nothing more to take out, in a text that was not made shorter.
        let shortened = [Check::TooLong, Check::CutOff, Check::UnfinishedSentence];
        let is_whole = !once.cuts.iter().any(|cut| shortened.contains(&cut.check));
        if is_whole && !matches!(once.verdict, Verdict::Refuse(_)) {
            let twice = judge(&acceptance, &once.prose, author, &end, continued);
            let cuts: Vec<Check> = twice.cuts.iter().map(|cut| cut.check).collect();
            prop_assert_eq!(&twice.prose, &once.prose, "{:?}", cuts);
            prop_assert!(cuts.is_empty(), "{cuts:?}");
        }
    }

    #[test]
    fn what_is_repaired_needs_no_repair(before in text(), text in text(), earlier in text()) {
        let brief = Brief::parse(BRIEF);
        let told = Told::of(&earlier);
        let acceptance = Acceptance::new(&brief, 1, 100, &[], &Templates::default(), told);
        let once = repair(&acceptance, &before, &text);
        prop_assert!(once.text.len() <= text.len());
        if !once.hopeless {
            let twice = repair(&acceptance, &before, &once.text);
            prop_assert_eq!(&twice.text, &once.text, "{:?}", twice.cuts);
            prop_assert!(twice.cuts.is_empty());
        }
    }

    #[test]
    fn any_opening_comes_to_an_end(text in text(), cut in 0..600usize) {
        let brief = Brief::parse(BRIEF);
        let acceptance = Acceptance::new(&brief, 1, 100, &[], &Templates::default(), Told::default());
        let mut rest = &text[..boundaries::floor(&text, cut)];
        while let Opening::Strip { bytes, .. } = acceptance.opening(rest, false) {
            prop_assert!(bytes > 0 && bytes <= rest.len());
            rest = &rest[bytes..];
        }
    }
}
