//! `unfinished-sentence`: a chunk that breaks off before its last sentence ends.
//!
//! A dash before a closing quotation mark is somebody who is interrupted, and a finished
//! sentence; a dash that ends the narration may be meant, so that it is only information.

use super::blocks::BlockKind;
use super::dialogue::is_dash;
use super::finding::Remark;
use super::fold;
use super::pack::Pack;
use super::reading::Reading;
use crate::story::text::scripts;
use crate::story::text::sentences::{self, is_closing, is_finished};

/// The code of the check; public, since it is dropped for a chunk that is not complete.
pub const CODE: &str = "unfinished-sentence";

pub(super) fn find(text: &str, reading: &Reading, pack: &Pack) -> Option<Remark> {
    let told = |kind: BlockKind| !matches!(kind, BlockKind::Break);
    let last = reading.paragraphs.iter().rev().find(|p| told(p.kind))?;
    if !last.kind.has_words() || last.words.is_empty() {
        return None;
    }
    let words = last.words.clone();
    let end = reading.words.get(words.end.checked_sub(1)?)?.span();
    // What is only a comment behind the last word does not matter.
    let marks = text.get(end.end..last.span.end)?;
    let marks = marks.split("<!--").next().unwrap_or(marks).trim_end();
    let marks = ["'s", "’s", "'S", "’S"]
        .iter()
        .find_map(|ending| marks.strip_prefix(ending))
        .unwrap_or(marks);
    if is_end_mark(text.get(last.span.clone())?, pack) || is_finished(marks) {
        return None;
    }
    let sentence = sentences::around(text, end.start);
    let bare = marks.trim_end_matches(is_closing);
    if bare.ends_with(is_dash) || bare.ends_with(':') || bare.ends_with('：') {
        return Some(Remark::information(
            sentence,
            CODE,
            "This chunk ends in the middle of a sentence. If that is meant, leave it.",
        ));
    }
    Some(Remark::warning(
        sentence,
        CODE,
        "The last sentence of this chunk is not finished. Finish it, or cut it.",
    ))
}

/// Tells whether a paragraph is an end mark of the language, such as "The End", which needs no full stop.
fn is_end_mark(paragraph: &str, pack: &Pack) -> bool {
    let bare = paragraph.trim_matches(|c: char| !c.is_alphanumeric() && !scripts::is_unspaced(c));
    let bare = fold::folded(bare);
    pack.endings.iter().any(|ending| {
        let ending = ending.trim_matches(|c: char| !c.is_alphanumeric());
        fold::folded(ending) == bare
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Language;
    use super::*;

    #[test]
    fn sentences_end() {
        for (tag, text, finished) in [
            ("en", "The lamp went out.", true),
            ("en", "“But I—”", true),
            ("en", "*It was over.*", true),
            ("en", "The lamp.\n\n* * *", true),
            ("en", "It was over.\n\nThe End", true),
            ("en", "The lamp. <!-- sw: colder -->", true),
            ("en", "The lamp went", false),
            ("en", "And then—", false),
            ("en", "It was Mara's", false),
            ("ja", "彼女は扉を開けた。", true),
            ("ja", "「行け」", true),
            ("ja", "彼女は扉を", false),
            ("ar", "هل انتهى الأمر؟", true),
            ("ar", "وفي آخر الليل كانت", false),
            ("en", "", true),
        ] {
            let language = Language::parse(tag).unwrap();
            let pack = Pack::of(&language);
            let found = find(text, &Reading::of(text, pack), pack);
            assert_eq!(found.is_none(), finished, "{text}");
        }
    }
}
