//! `leftover`: what is no part of a story: marks of a model, talk about the work, headings.
//!
//! A paragraph that is talk about the work is judged as acceptance judges it ([`leftovers`]);
//! besides, phrases of the pack (English ones in every language) make a sentence suspicious,
//! outside speech, where it is not long; polite ones only in the first and the last paragraph.

use super::super::Span;
use super::super::leftovers::{self, Narrator, Place};
use super::blocks::BlockKind;
use super::finding::Remark;
use super::fold;
use super::pack::Pack;
use super::phrases::Phrases;
use super::reading::{Paragraph, Reading};
use super::rule_mentions::read_kanji;
use crate::story::text::sentences;

const CODE: &str = "leftover";
/// The longest sentence that is taken for talk, in characters of scripts without blanks; a
/// word of other scripts counts as three.
const MOST_SAID: usize = 120;

/// Marks that models and their servers wrap text in, those of reasoning among them.
const MARKS: &[&str] = &[
    "<think>",
    "</think>",
    "<thinking>",
    "</thinking>",
    "<reasoning>",
    "</reasoning>",
    "<thought>",
    "</thought>",
    "<seed:think>",
    "</seed:think>",
    "<inner_reasoning>",
    "</inner_reasoning>",
    "<scratchpad>",
    "</scratchpad>",
    "<|think|>",
    "<|/think|>",
    "<|thinking|>",
    "<|/thinking|>",
    "<|start_thinking|>",
    "<|end_thinking|>",
    "<|begin_of_thought|>",
    "<|end_of_thought|>",
    "<|inner_prefix|>",
    "<|inner_suffix|>",
    "<|start_response|>",
    "<|end_response|>",
    "<|begin_of_solution|>",
    "<|end_of_solution|>",
    "<|start|>",
    "<|end|>",
    "<|return|>",
    "<|channel>thought",
    "<channel|>",
    "<unused94>thought",
    "<unused95>",
    "◁think▷",
    "◁/think▷",
    "[THINK]",
    "[/THINK]",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|channel|>",
    "<|message|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "[/INST]",
    "[INST]",
    "<<SYS>>",
    "<</SYS>>",
    "</s>",
    "<|assistant|>",
];

pub(super) fn find(text: &str, reading: &Reading, pack: &Pack) -> Vec<Remark> {
    let mut remarks = marks(text);
    for paragraph in &reading.paragraphs {
        let source = text.get(paragraph.span.clone()).unwrap_or("");
        let span = paragraph.span.clone();
        match paragraph.kind {
            BlockKind::Heading => remarks.push(
                Remark::warning(
                    span,
                    CODE,
                    "A chunk holds prose and nothing else; headings come from the outline. Delete this line.",
                )
                .suggesting(""),
            ),
            BlockKind::Code => remarks.push(fence(text, span)),
            BlockKind::Prose if is_chapter_line(source, pack) => remarks.push(
                Remark::warning(
                    span,
                    CODE,
                    "This line is the heading of a chapter, not prose. Delete it; headings come from the outline.",
                )
                .suggesting(""),
            ),
            BlockKind::Prose | BlockKind::Quoted | BlockKind::Break => {}
        }
    }
    remarks.extend(talk(text, reading, pack));
    remarks.extend(slots(text, reading));
    remarks
}

fn marks(text: &str) -> Vec<Remark> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices(['<', '[', '◁']) {
        let rest = &text[start..];
        let mark = MARKS.iter().find(|mark| {
            let head = rest.get(..mark.len());
            // In brackets prose has words of its own.
            let is_exact = mark.starts_with('[');
            head.is_some_and(|head| match is_exact {
                true => head == **mark,
                false => head.eq_ignore_ascii_case(mark),
            })
        });
        if let Some(mark) = mark {
            let message = format!(
                "`{mark}` is a mark of a model, not prose. Delete it, and what it belongs to."
            );
            let span = start..start + mark.len();
            found.push(Remark::warning(span, CODE, message).suggesting(""));
        }
    }
    found
}

fn fence(text: &str, span: Span) -> Remark {
    let source = text.get(span.clone()).unwrap_or("");
    let inner: Vec<&str> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with(['`', '~']))
        .collect();
    Remark::warning(
        span,
        CODE,
        "This is fenced off as code. Take the lines with the marks away, and keep the prose between them.",
    )
    .suggesting(inner.join("\n"))
}

/// Tells whether a paragraph is a heading of a chapter: `Chapter 3: The Logbook`, `**Chapter Three**`, 第三章: a
/// short line that begins with the word for a part of a book and its number, or is nothing but a title in
/// bold.
fn is_chapter_line(paragraph: &str, pack: &Pack) -> bool {
    const MOST: usize = 80;
    let bare = paragraph
        .trim_matches(|c: char| matches!(c, '*' | '_' | '#' | '=' | '-') || c.is_whitespace());
    if bare.is_empty() || bare.chars().count() > MOST || bare.contains('\n') {
        return false;
    }
    let marked = bare.len() < paragraph.trim().len() && paragraph.trim().starts_with("**");
    let ends = bare.ends_with(['.', '!', '?', '。', '”', '"', '؟']);
    if marked && paragraph.trim().ends_with("**") && !ends && bare.split_whitespace().count() <= 10
    {
        return true;
    }
    if bare.starts_with('第') {
        return is_numbered_part(bare, pack);
    }
    let mut words = bare
        .split([' ', '\u{a0}', ':', '.', '—', '–', '：'])
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("");
    let names_part = pack
        .chapters
        .iter()
        .any(|part| fold::key(part) == fold::key(first));
    let capital = first.starts_with(|c: char| c.is_uppercase() || fold::is_arabic(&c.to_string()));
    let Some(number) = words.next() else {
        return names_part && capital && !ends;
    };
    names_part && capital && is_numeral(number, pack) && (!ends || words.next().is_none())
}

fn is_numbered_part(line: &str, pack: &Pack) -> bool {
    let number: String = line
        .chars()
        .skip(1)
        .take_while(|c| read_kanji(&c.to_string()).is_some())
        .collect();
    let rest = &line['第'.len_utf8() + number.len()..];
    let part = pack
        .chapters
        .iter()
        .find_map(|part| rest.strip_prefix(part.as_str()));
    let alone = part.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with([' ', '　', '：', ':', '「', '『', '―', '—'])
    });
    !number.is_empty() && alone
}

fn is_numeral(word: &str, pack: &Pack) -> bool {
    let digits = word.chars().all(char::is_numeric);
    let roman = word
        .chars()
        .all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C'));
    let named = pack.rules.as_ref().is_some_and(|rules| {
        let key = fold::key(word);
        rules.cardinals.contains_key(&key) || rules.ordinals.contains_key(&key)
    });
    digits || roman || named
}

fn talk(text: &str, reading: &Reading, pack: &Pack) -> Vec<Remark> {
    let last = reading.prose().count().saturating_sub(1);
    let mut spans: Vec<Span> = Vec::new();
    for (nth, paragraph) in reading.prose().enumerate() {
        if let Some(span) = about_work(text, paragraph, nth, last) {
            spans.push(span);
            continue;
        }
        spans.extend(said(text, reading, paragraph, &pack.talk));
        if nth == 0 || nth == last {
            spans.extend(said(text, reading, paragraph, &pack.edges));
        }
    }
    spans.sort_by_key(|span| (span.start, span.end));
    // One sentence may say it twice.
    spans.dedup_by(|later, earlier| {
        let same = later.start < earlier.end;
        earlier.end = earlier.end.max(if same { later.end } else { 0 });
        same
    });
    let message = "This is talk about the work, not the story. Delete it.";
    let remark = |span| Remark::warning(span, CODE, message).suggesting("");
    spans.into_iter().map(remark).collect()
}

/// Returns a paragraph that is about the model or the work, with the list that it may name.
fn about_work(text: &str, paragraph: &Paragraph, nth: usize, last: usize) -> Option<Span> {
    let is_talk =
        |place| leftovers::judge(text, paragraph.span.clone(), place, Narrator::Person).is_some();
    let found = (nth == 0 && is_talk(Place::First))
        || (nth == last && is_talk(Place::Last))
        || is_talk(Place::Middle);
    let list = leftovers::form(text, paragraph.span.start).unwrap_or(0);
    found.then(|| paragraph.span.start..paragraph.span.end.max(list))
}

/// Returns the sentences of a paragraph that hold one of the phrases, outside speech.
fn said(text: &str, reading: &Reading, paragraph: &Paragraph, phrases: &Phrases) -> Vec<Span> {
    let words = reading.words_of(paragraph);
    // A narrator's period of sixty words may well hold such a phrase.
    let is_short = |span: &Span| {
        let within = words
            .iter()
            .filter(|word| span.contains(&word.span().start));
        within
            .map(|word| if word.is_unspaced() { 1 } else { 3 })
            .sum::<usize>()
            <= MOST_SAID
    };
    let hits = phrases.find(words).into_iter();
    hits.filter_map(|hit| {
        let (first, last) = (words.get(hit.words.start)?, words.get(hit.words.end - 1)?);
        let start = sentences::around(text, first.span().start).start;
        let end = sentences::around(text, last.span().start).end;
        let span = start..end.max(last.span().end);
        (!first.is_spoken() && is_short(&span)).then_some(span)
    })
    .collect()
}

/// Finds places that were to be filled in: `[insert name]`, `[TODO: …]`.
fn slots(text: &str, reading: &Reading) -> Vec<Remark> {
    const WORDS: [&str; 7] = [
        "insert",
        "todo",
        "placeholder",
        "continued",
        "continue",
        "scene break",
        "name here",
    ];
    let mut remarks = Vec::new();
    for paragraph in reading.prose() {
        let source = text.get(paragraph.span.clone()).unwrap_or("");
        for (open, _) in source.match_indices('[') {
            let rest = &source[open..];
            let close = rest.char_indices().take(80).find(|(_, c)| *c == ']');
            let Some((close, _)) = close else { continue };
            let inside = rest[1..close].to_lowercase();
            if WORDS.iter().any(|word| inside.starts_with(word)) {
                let start = paragraph.span.start + open;
                let message =
                    "Something was to be filled in here. Write it, or delete the brackets.";
                remarks.push(Remark::warning(start..start + close + 1, CODE, message));
            }
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::super::super::Language;
    use super::*;

    fn found(tag: &str, text: &str) -> Vec<String> {
        let language = Language::parse(tag).unwrap();
        let pack = Pack::of(&language);
        let remarks = find(text, &Reading::of(text, pack), pack);
        remarks
            .iter()
            .map(|remark| text[remark.span.clone()].to_owned())
            .collect()
    }

    #[test]
    fn what_a_model_leaves_behind_is_found() {
        for (tag, text, expected) in [
            ("en", "# The Relief\n\nShe went.", "# The Relief"),
            ("en", "**The Relief**\n\nShe went.", "**The Relief**"),
            (
                "en",
                "Chapter 3: The Logbook\n\nShe went.",
                "Chapter 3: The Logbook",
            ),
            ("en", "Chapter Three\n\nShe went.", "Chapter Three"),
            ("es", "Capítulo 2\n\nSe fue.", "Capítulo 2"),
            ("ja", "第三章　駅\n\n澪は行った。", "第三章　駅"),
            ("ar", "الفصل الثالث\n\nذهبت ليلى.", "الفصل الثالث"),
            ("en", "<think>plan</think> She went.", "<think>|</think>"),
            ("en", "[THINK]plan[/THINK] She went.", "[THINK]|[/THINK]"),
            ("en", "She said [think] and went.", ""),
            (
                "en",
                "<|START_THINKING|>plan<|END_THINKING|> She went.",
                "<|START_THINKING|>|<|END_THINKING|>",
            ),
            ("en", "◁think▷plan◁/think▷ She went.", "◁think▷|◁/think▷"),
            (
                "en",
                "<|channel|>analysis<|message|>plan<|end|> She went.",
                "<|channel|>|<|message|>|<|end|>",
            ),
            ("en", "```\nShe went.\n```", "```\nShe went.\n```"),
            (
                "en",
                "As an AI, I can’t do that.",
                "As an AI, I can’t do that.",
            ),
            (
                "en",
                "Sure, here is the scene.\n\nShe went.",
                "Sure, here is the scene.",
            ),
            (
                "es",
                "Certainly! Here is the next part:\n\nSe fue.",
                "Certainly! Here is the next part:",
            ),
            ("en", "She went.\n\n(Word count: 500)", "(Word count: 500)"),
            ("en", "She met [insert name] there.", "[insert name]"),
        ] {
            assert_eq!(found(tag, text).join("|"), expected, "{text}");
        }
    }

    #[test]
    fn prose_is_left_alone() {
        for (tag, text) in [
            (
                "en",
                "Part of her wanted to go. Chapter and verse, she knew it.",
            ),
            ("en", "“As an AI,” said the box, “I have no hands.”"),
            ("en", "“Let me know if you go,” she said."),
            (
                "en",
                "Act two of the evening began at nine, when the lamp went out.",
            ),
            ("en", "She said **no**."),
            ("ja", "第三章を読み終えた澪は、本を閉じた。"),
            ("en", "He wrote [sic] behind it."),
            (
                "es",
                "Y así, con la pluma en la mano y la vela a punto de apagarse, pensando en todo lo que pasó aquella noche en la venta y en lo que cada uno dijo y calló después, como queda dicho al fin del capítulo pasado, volvió a sentarse junto a la lumbre sin decir nada a nadie.",
            ),
        ] {
            assert_eq!(found(tag, text), [] as [&str; 0], "{text}");
        }
    }
}
