//! Every kind of bad answer, and what becomes of it.

use super::super::{CallEnd, Check, Judgement, Verdict};
use super::in_prose::{languages, middles};
use super::no_prose::nothing;
use super::{BRIEF, PROSE, STOP, judged};
use crate::provider::FinishReason;
use crate::story::Brief;

pub(crate) const LIMIT: CallEnd = CallEnd::Finished(FinishReason::Length);

/// What a bad answer becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// Complete, after something was taken out.
    Repaired,
    /// Something was taken out, and it goes on.
    RepairedAndContinued,
    Continued,
    AskedAgain,
    /// Complete as it is, and the author is told.
    AcceptedWithRemark,
}

use Becomes::*;

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    tag: &'static str,
    pub(crate) answer: String,
    end: CallEnd,
    becomes: Becomes,
    pub(crate) check: Check,
    /// What is left of it; [`PROSE`] where nothing else is said.
    left: Option<String>,
}

pub(crate) fn kind(
    name: &'static str,
    answer: impl Into<String>,
    becomes: Becomes,
    check: Check,
) -> Kind {
    Kind {
        name,
        tag: "en",
        answer: answer.into(),
        end: STOP,
        becomes,
        check,
        left: None,
    }
}

impl Kind {
    pub(crate) fn in_language(mut self, tag: &'static str) -> Kind {
        self.tag = tag;
        self
    }

    pub(crate) fn ending(mut self, end: CallEnd) -> Kind {
        self.end = end;
        self
    }

    pub(crate) fn leaves(mut self, text: impl Into<String>) -> Kind {
        self.left = Some(text.into());
        self
    }
}

/// In front of the prose.
fn before(name: &'static str, opening: &str, check: Check) -> Kind {
    kind(name, format!("{opening}{PROSE}"), Repaired, check)
}

/// Behind the prose.
fn behind(name: &'static str, closing: &str, check: Check) -> Kind {
    kind(name, format!("{PROSE}{closing}"), Repaired, check)
}

pub(crate) fn paragraphs() -> (&'static str, &'static str) {
    PROSE.split_once("\n\n").unwrap()
}

pub(crate) fn openings() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (name, text) in [
        ("a preamble", "Sure! Here is chapter 2:\n\n"),
        (
            "a preamble on two lines",
            "Certainly!\n\nHere is the next part of the story:\n\n",
        ),
        ("a preamble in the same line", "Here is part 2: "),
        (
            "a preamble that tells its length",
            "Here’s the continuation of your story in about 100 words:\n\n",
        ),
        (
            "a preamble with a promise",
            "Of course! I’ll continue the story from where it left off.\n\n",
        ),
        ("a preamble in bold", "**Here is the requested scene:**\n\n"),
        (
            "a preamble and a line",
            "Absolutely! Here's the next chapter, written in the first person:\n\n---\n\n",
        ),
        (
            "a preamble, Spanish",
            "¡Claro! Aquí tienes la siguiente parte:\n\n",
        ),
        (
            "a preamble, German",
            "Natürlich! Hier ist die Fortsetzung der Geschichte:\n\n",
        ),
        (
            "a preamble, French",
            "Bien sûr ! Voici la suite de l’histoire :\n\n",
        ),
        ("a preamble, Japanese", "承知しました。以下が続きです。\n\n"),
        ("a preamble, Chinese", "好的，以下是第二章的内容：\n\n"),
        ("a preamble, Arabic", "بالتأكيد! إليك الفصل الثاني:\n\n"),
    ] {
        kinds.push(before(name, text, Check::Preamble));
    }
    for (name, text) in [
        ("a heading", "# The Logbook\n\n"),
        ("a heading of its own making", "## What the Sea Keeps\n\n"),
        ("a chapter number in bold", "**Chapter 2**\n\n"),
        (
            "a chapter number with a title",
            "Chapter Two: The Logbook\n\n",
        ),
        ("a part of so many", "Part 2 of 3\n\n"),
        ("the beat’s title", "The Logbook\n\n"),
        (
            "the story’s title and the beat’s",
            "The Lamp Keeper\n\n*The Logbook*\n\n",
        ),
        (
            "a form that is filled in",
            "Title: The Logbook\nPOV: first person\n\n",
        ),
        ("a chapter number, Spanish", "Capítulo 2: El diario\n\n"),
        ("a chapter number, Japanese", "第二章　日誌\n\n"),
    ] {
        kinds.push(before(name, text, Check::HeadingEcho));
    }
    for (name, text) in [
        (
            "an offer of help",
            "I am ready to assist you with your writing project!\n\n",
        ),
        (
            "a report on the work",
            "I’ve rewritten this part again:\n\n",
        ),
        (
            "what it was given",
            "Original story details:\n- Mara: a keeper\n- Setting: a rock\n\n",
        ),
        (
            "a report on the work, German",
            "Ich habe diesen Teil noch einmal überarbeitet.\n\n",
        ),
        (
            "an offer of help, Japanese",
            "執筆プロジェクトのお手伝いをする準備ができています。\n\n",
        ),
    ] {
        kinds.push(before(name, text, Check::MetaTalk));
    }
    for (name, text) in [
        (
            "front matter",
            "---\ntitle: The Logbook\nchapter: 2\nword_count: 100\n---\n\n",
        ),
        (
            "front matter that is not closed",
            "---\nbeat: logbook\nwords: 100\n\n",
        ),
    ] {
        kinds.push(before(name, text, Check::Metadata));
    }
    kinds.extend([
        before("a scene break in front", "* * *\n\n", Check::StrayRule),
        before("a role in front", "Assistant: ", Check::RolePrefix),
        before("a role on its own line", "**Response**\n\n", Check::RolePrefix),
        before("a token in front", "<|im_start|>assistant\n", Check::TemplateToken),
        before("the channel of a harmony template", "<|channel|>final<|message|>", Check::TemplateToken),
        before("thoughts in front", "<think>\nThe user wants part 2.\n</think>\n\n", Check::LeakedReasoning),
        before("thoughts without opening tag", "So, part 2. She opens the log.\n</think>\n\n", Check::LeakedReasoning),
        before("the beat in front", "She opens the log that Hale has left and reads what he wrote of the day after tomorrow.\n\n", Check::PromptEcho),
        before("the beat with its label", "What happens: She opens the log that Hale has left and reads what he wrote of the day after tomorrow.\n\n", Check::PromptEcho),
        before("rules of the prompt", "# Rules of this world (never broken, never renumbered)\n1. The lamp is never out between dusk and dawn, whatever happens.\n2. Nobody opens the oak door in the cellar, not even in the last part.\n\n", Check::PromptEcho),
        before("a note in the margin", "Colder, and she must not see the door yet.\n\n", Check::NoteEcho),
        before("a note as a comment", "<!-- sw: colder -->\n\n", Check::NoteEcho),
    ]);
    kinds
}

fn closings() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (name, text) in [
        (
            "an offer",
            "\n\nLet me know if you’d like me to continue with the next part!",
        ),
        ("a question", "\n\nWould you like me to continue?"),
        (
            "a hope",
            "\n\nI hope this chapter captures what you had in mind.",
        ),
        ("a word count", "\n\n[Word count: 1500]"),
        ("a word count in the next line", "\n(1,502 words)"),
        ("to be continued", "\n\n*To be continued…*"),
        ("end of chapter", "\n\n[End of Chapter 2]"),
        (
            "the scene goes on, in brackets",
            "\n\n[The scene continues in the next part]",
        ),
        ("the end, too early", "\n\nTHE END"),
        (
            "what comes next",
            "\n\nIn the next chapter, Mara will hear the first knock.",
        ),
        (
            "a note of the author",
            "\n\n**Author’s note:** I kept the scene short to fit the word count.",
        ),
        (
            "a summary",
            "\n\n### Summary\n\n- Mara lands.\n- She lights the lamp.",
        ),
        (
            "two of them",
            "\n\n(Word count: 100)\n\nLet me know if you want any changes!",
        ),
        (
            "an offer, Spanish",
            "\n\n¿Quieres que continúe con el siguiente capítulo?",
        ),
        (
            "an offer, German",
            "\n\nSoll ich die Geschichte fortsetzen?",
        ),
        ("an offer, French", "\n\nSouhaitez-vous que je continue ?"),
        ("a count, Japanese", "\n\n（文字数：約1500字）"),
        ("to be continued, Japanese", "\n\n（続く）"),
        ("an offer, Arabic", "\n\nهل تريد أن أكمل القصة؟"),
    ] {
        kinds.push(behind(name, text, Check::Postamble));
    }
    for (name, text) in [
        (
            "a cast list",
            "\n\nCharacters:\n- Mara: the keeper of the lamp\n- Ilse: her friend with the boat",
        ),
        (
            "details, Spanish",
            "\n\nDetalles de la historia original:\n- Mara: la farera",
        ),
        (
            "a report behind",
            "\n\nI've rewritten this part again, with your brief in mind.",
        ),
        (
            "an offer behind",
            "\n\nI'm here to help you with your story!",
        ),
    ] {
        kinds.push(behind(name, text, Check::MetaTalk));
    }
    for (name, text) in [
        (
            "a fence of JSON",
            "\n\n```json\n{\"summary\": \"Mara lands.\"}\n```",
        ),
        (
            "JSON without a fence",
            "\n\n{\"word_count\": 100, \"next_beat\": \"door\"}",
        ),
        (
            "a fence of YAML",
            "\n\n```\nword_count: 100\ntone: cold\n```",
        ),
    ] {
        kinds.push(behind(name, text, Check::Metadata));
    }
    kinds.push(behind(
        "a script of a page",
        "\n\n<script>alert(1)</script>",
        Check::Markup,
    ));
    kinds.push(behind(
        "a picture",
        "\n\n![lamp](https://example.org/l.png)",
        Check::Markup,
    ));
    kinds.extend([
        behind("a scene break behind", "\n\n---", Check::StrayRule),
        behind("the next heading", "\n\n## The Oak Door", Check::NextPart),
        behind(
            "the next part",
            "\n\n**Chapter 3**\n\nThree knocks came from below, and then one.",
            Check::NextPart,
        ),
        behind(
            "the next part by its title",
            "\n\n# The Oak Door\n\nThree knocks came.",
            Check::NextPart,
        ),
        behind(
            "the next beat",
            "\n\nSomebody knocks from the other side of the door, three times, and then once.",
            Check::PromptEcho,
        ),
        behind(
            "“not yet” of the prompt",
            "\n\n# Not yet (it belongs to the next part)\nThe Oak Door: Somebody knocks.",
            Check::PromptEcho,
        ),
        behind("a token behind", "<|im_end|>", Check::TemplateToken),
        behind("the end of a sequence", "</s>", Check::TemplateToken),
        behind(
            "another turn",
            "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nGo on.",
            Check::TemplateToken,
        ),
        behind(
            "both sides of a talk",
            "\n\nUser: Thank you! Go on.\n\nAssistant: Of course.",
            Check::TemplateToken,
        ),
        behind(
            "thoughts that never end",
            "\n\n<think>\nNow I should check the length",
            Check::LeakedReasoning,
        ),
        behind(
            "a refusal to go on",
            "\n\nI’m sorry, but I can’t continue this scene.",
            Check::LateRefusal,
        ),
        behind(
            "a refusal to go on, as an AI",
            "\n\nAs an AI language model, I can’t write what happens next.",
            Check::LateRefusal,
        ),
    ]);
    kinds
}

fn wrappings() -> Vec<Kind> {
    let (first, second) = paragraphs();
    let json = serde_json::json!({"chapter": 2, "title": "The Logbook", "text": PROSE}).to_string();
    let broken = json[..json.len() - 40].to_owned();
    let read_wrongly = |c: char| match c {
        '’' => "â€™".to_owned(),
        '—' => "â€\u{201d}".to_owned(),
        '“' => "â€œ".to_owned(),
        '”' => "â€\u{9d}".to_owned(),
        c => c.to_string(),
    };
    let typographic = format!("{PROSE} She didn’t — “no.”");
    let mojibake: String = typographic.chars().map(read_wrongly).collect();
    vec![
        kind(
            "a fence around it",
            format!("```markdown\n{PROSE}\n```"),
            Repaired,
            Check::CodeFence,
        ),
        kind(
            "a fence that is not closed",
            format!("```\n{PROSE}"),
            Repaired,
            Check::CodeFence,
        ),
        kind(
            "a fence, and talk behind it",
            format!(
                "Here is the next part:\n\n```\n{PROSE}\n```\n\nLet me know if you want changes."
            ),
            Repaired,
            Check::CodeFence,
        ),
        kind("JSON around it", json, Repaired, Check::JsonWrapper),
        kind(
            "JSON that breaks off",
            broken,
            AskedAgain,
            Check::JsonWrapper,
        ),
        kind(
            "a web page",
            format!("<p>{first}</p>\n<p>{second}</p>"),
            Repaired,
            Check::Markup,
        ),
        kind(
            "control characters",
            format!("\u{0}{}\u{8}", PROSE.replace(" lamp", "\u{1b} lamp")),
            Repaired,
            Check::ControlCharacters,
        ),
        kind(
            "another encoding",
            mojibake,
            Repaired,
            Check::BrokenCharacters,
        )
        .leaves(format!("{PROSE} She didn’t — “no.”")),
        kind(
            "lost letters",
            PROSE.replace(" the", " th\u{fffd}"),
            AskedAgain,
            Check::BrokenCharacters,
        ),
        kind(
            "one lost letter",
            PROSE.replace("wetted", "wett\u{fffd}d"),
            AcceptedWithRemark,
            Check::BrokenCharacters,
        )
        .leaves(PROSE.replace("wetted", "wett\u{fffd}d")),
    ]
}

fn lengths() -> Vec<Kind> {
    let end = PROSE.find(", twice").unwrap_or(0);
    let stray = format!("{}.\n\nAnd then Mara", &PROSE[..end]);
    let (first, second) = paragraphs();
    let half = first.to_owned();
    let cut = &PROSE[..PROSE.len() - 40];
    let trimmed = cut[..cut.rfind("dark of").unwrap()].rfind('.').unwrap();
    vec![
        kind("too short", half.clone(), Continued, Check::TooShort).leaves(half),
        kind(
            "cut off early by the limit",
            &PROSE[..300],
            Continued,
            Check::TooShort,
        )
        .ending(LIMIT)
        .leaves(&PROSE[..300]),
        kind(
            "cut off near the end by the limit",
            cut,
            Repaired,
            Check::CutOff,
        )
        .ending(LIMIT)
        .leaves(&PROSE[..=trimmed]),
        kind(
            "unfinished at its end",
            format!("{PROSE} And then she"),
            Repaired,
            Check::UnfinishedSentence,
        ),
        kind(
            "a stray beginning behind the last paragraph",
            stray.clone(),
            Continued,
            Check::UnfinishedSentence,
        )
        .leaves(stray),
        kind(
            "a stray beginning when all is told",
            format!("{PROSE}\n\nAnd then Mara"),
            Repaired,
            Check::UnfinishedSentence,
        ),
        kind(
            "unfinished for long",
            format!(
                "{first} {}",
                "and then the sea and then the stone ".repeat(2) + &second.replace(['.', ','], "")
            ),
            Continued,
            Check::UnfinishedSentence,
        )
        .leaves(format!(
            "{first} {}",
            "and then the sea and then the stone ".repeat(2) + &second.replace(['.', ','], "")
        )),
    ]
}

pub(crate) fn all() -> Vec<Kind> {
    let mut kinds = nothing();
    kinds.extend(openings());
    kinds.extend(closings());
    kinds.extend(wrappings());
    kinds.extend(middles());
    kinds.extend(languages());
    kinds.extend(lengths());
    kinds
}

fn of(judgement: &Judgement) -> (Becomes, Option<Check>, String) {
    let taken = judgement.cuts.iter().max_by_key(|cut| cut.text.len());
    let cut = taken.map(|cut| cut.check);
    let told = || {
        let messages: Vec<String> = judgement
            .cuts
            .iter()
            .filter_map(|cut| cut.message())
            .collect();
        messages.join("; ")
    };
    match (&judgement.verdict, cut) {
        (Verdict::Refuse(fault), _) => (AskedAgain, Some(fault.check), fault.given_up()),
        (Verdict::Continue(fault), None) => (Continued, Some(fault.check), fault.what.clone()),
        (Verdict::Continue(_), cut) => (RepairedAndContinued, cut, told()),
        (Verdict::Accept, Some(cut)) => (Repaired, Some(cut), told()),
        (Verdict::Accept, None) => {
            let remark = judgement.remarks.first();
            let told = remark.map_or_else(String::new, |remark| remark.accepted());
            (AcceptedWithRemark, remark.map(|remark| remark.check), told)
        }
    }
}

#[test]
fn every_kind_of_bad_answer_becomes_what_it_should() {
    let notes = ["colder, and she must not see the door yet".to_owned()];
    let kinds = all();
    println!("| kind | check | becomes | what the author is told |\n|---|---|---|---|");
    let mut wrong = Vec::new();
    for kind in &kinds {
        let brief =
            Brief::parse(&BRIEF.replace("language: en", &format!("language: {}", kind.tag)));
        let judgement = judged(&brief, 100, &notes, &[], &kind.answer, &kind.end);
        let (becomes, check, told) = of(&judgement);
        let code = check.map_or("none", Check::code);
        println!("| {} | {code} | {becomes:?} | {told} |", kind.name);
        let has_check =
            check == Some(kind.check) || judgement.cuts.iter().any(|cut| cut.check == kind.check);
        let left = kind.left.as_deref().unwrap_or(PROSE);
        let is_left = kind.becomes == AskedAgain
            || kind.name.contains("a word again")
            || judgement.prose == left;
        if becomes != kind.becomes || !has_check || !is_left {
            wrong.push(format!(
                "{}: {becomes:?} {code}, should be {:?} {}\n{:?}",
                kind.name,
                kind.becomes,
                kind.check.code(),
                judgement
            ));
        }
    }
    println!("{} kinds", kinds.len());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(kinds.len() >= 25);
    // Every check has its kind, but for those that need more than one call.
    let elsewhere = [Check::CopiedText, Check::TooLong];
    for check in Check::ALL {
        let shown = kinds.iter().any(|kind| kind.check == check);
        assert!(shown || elsewhere.contains(&check), "{}", check.code());
    }
}
