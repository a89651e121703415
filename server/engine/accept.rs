//! Whether a draft may become a complete chunk: checks that need no model.
//!
//! A draft is repaired (trimmed, continued) before it is refused; nothing here throws text
//! away, the caller keeps what was refused.

use unicode_segmentation::UnicodeSegmentation;

use crate::provider::FinishReason;
use crate::story::{Language, words};

/// How a call ended, as far as acceptance is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// The provider's own word.
    Finished(FinishReason),
    /// We stopped it, since it had gone far beyond its length.
    RanLong,
}

/// What becomes of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is complete with this much of it, in bytes (all, or up to its last finished sentence).
    Accept { keep: usize },
    /// It goes on: too short, cut off by a limit, or an unfinished sentence.
    Continue { why: String },
    /// This answer is no prose of the story.
    Refuse { why: String },
}

/// Shares of the target between which a length is as asked.
const SHORT: f64 = 0.8;
const LEAST: f64 = 0.5;
/// Shares of the target beyond which a running call is stopped at the end of a sentence, and
/// at once.
const LONG: f64 = 1.5;
const FAR_TOO_LONG: f64 = 2.0;

/// Judges a chunk's whole prose after a call. `continued` says how many calls have already
/// gone on from an earlier one without a fault; after that, less is asked of the length.
pub fn judge(
    prose: &str,
    target_words: u32,
    language: &Language,
    end: &CallEnd,
    continued: u32,
) -> Verdict {
    let length = words::count(prose, language);
    let share = f64::from(length) / f64::from(target_words.max(1));
    if length == 0 {
        return Verdict::Refuse {
            why: empty_answer(end),
        };
    }
    if let CallEnd::Finished(FinishReason::Refusal) = end {
        return Verdict::Refuse {
            why: "the model refused to write it".to_owned(),
        };
    }
    let whole = finished_end(prose);
    let cut_off = matches!(
        end,
        CallEnd::Finished(FinishReason::Length | FinishReason::ContextFull)
    );
    let goes_on = continued < MOST_CONTINUED;
    if share < SHORT && goes_on {
        return Verdict::Continue {
            why: format!("{length} of {target_words} {} so far", language.unit()),
        };
    }
    if share < LEAST {
        return Verdict::Refuse {
            why: format!(
                "it came to {length} of {target_words} {}, less than half",
                language.unit()
            ),
        };
    }
    match whole {
        Some(keep) if trailing_words(prose, keep, language) <= MOST_TRIMMED => {
            Verdict::Accept { keep }
        }
        _ if goes_on && !matches!(end, CallEnd::RanLong) => Verdict::Continue {
            why: if cut_off {
                "the output limit cut it off".to_owned()
            } else {
                "its last sentence is not finished".to_owned()
            },
        },
        Some(keep) if keep * 2 > prose.len() => Verdict::Accept { keep },
        _ => Verdict::Accept {
            keep: prose.trim_end().len(),
        },
    }
}

/// Calls that may go on from one another without a fault.
const MOST_CONTINUED: u32 = 6;
/// Words of an unfinished last sentence that may be trimmed away.
const MOST_TRIMMED: u32 = 40;

/// Whether a running call has gone so far beyond its target that it is stopped.
pub fn runs_long(length: u32, target_words: u32) -> bool {
    f64::from(length) > f64::from(target_words) * LONG + 50.0
}

/// Whether it has gone so far that it is stopped even in the middle of a sentence: a model
/// that repeats itself may never end one.
pub fn runs_away(length: u32, target_words: u32) -> bool {
    f64::from(length) > f64::from(target_words) * FAR_TOO_LONG + 50.0
}

fn empty_answer(end: &CallEnd) -> String {
    match end {
        CallEnd::Finished(FinishReason::Refusal) => "the model refused to write it".to_owned(),
        CallEnd::Finished(FinishReason::ContextFull) => {
            "the model's context window was full before it wrote a word".to_owned()
        }
        CallEnd::Finished(FinishReason::Length) => {
            "the model used up its output limit before it wrote a word".to_owned()
        }
        CallEnd::Finished(_) | CallEnd::RanLong => "the model answered without a word".to_owned(),
    }
}

fn trailing_words(prose: &str, keep: usize, language: &Language) -> u32 {
    words::count(&prose[keep..], language)
}

/// Where the last finished sentence ends, in bytes; `None` when there is none.
pub fn finished_end(prose: &str) -> Option<usize> {
    let trimmed = prose.trim_end();
    if is_finished(trimmed) {
        return Some(trimmed.len());
    }
    let mut end = None;
    for (start, sentence) in trimmed.split_sentence_bound_indices() {
        let sentence = sentence.trim_end();
        if is_finished(sentence) {
            end = Some(start + sentence.len());
        }
    }
    end
}

/// Whether a text ends like a finished sentence: with a full stop of any script, also before
/// closing quotes, brackets or emphasis.
pub fn is_finished(text: &str) -> bool {
    text.trim_end()
        .chars()
        .rev()
        .find(|c| !is_closing(*c))
        .is_some_and(is_full_stop)
}

fn is_full_stop(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '。'
            | '！'
            | '？'
            | '．'
            | '｡'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '።'
            | '׃'
            | '։'
            | '។'
            | '။'
            | '‽'
            | '⁈'
            | '⁉'
            | '‼'
    )
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '»'
            | '«'
            | '›'
            | '“'
            | ')'
            | ']'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '*'
            | '_'
            | '—'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_finished_sentences_of_many_scripts() {
        for (text, finished) in [
            ("The lamp went out.", true),
            ("“Go!”", true),
            ("*It was over.*", true),
            ("The lamp went", false),
            ("彼女は扉を開けた。", true),
            ("「行け。」", true),
            ("彼女は扉を", false),
            ("هل انتهى الأمر؟", true),
            ("Se acabó.", true),
            ("„Geh.“", true),
            ("", false),
        ] {
            assert_eq!(is_finished(text), finished, "{text}");
        }
    }

    #[test]
    fn judges_by_length_and_end() {
        let language = Language::default();
        let stop = CallEnd::Finished(FinishReason::Stop);
        let length = CallEnd::Finished(FinishReason::Length);
        let sentence = "The lamp went out again. ";
        let of = |words: usize| sentence.repeat(words / 5);
        let accept = |prose: &str, end: &CallEnd, continued| {
            matches!(
                judge(prose, 100, &language, end, continued),
                Verdict::Accept { .. }
            )
        };
        assert!(accept(&of(100), &stop, 0));
        assert!(accept(&of(80), &stop, 0));
        assert!(!accept(&of(75), &stop, 0));
        assert!(accept(&of(75), &stop, MOST_CONTINUED));
        assert!(matches!(
            judge(&of(45), 100, &language, &stop, MOST_CONTINUED),
            Verdict::Refuse { .. }
        ));
        assert!(matches!(
            judge("", 100, &language, &stop, 0),
            Verdict::Refuse { .. }
        ));
        // A cut-off last sentence is trimmed where enough is there.
        let cut = format!("{}And then the", of(100));
        assert_eq!(
            judge(&cut, 100, &language, &length, 0),
            Verdict::Accept {
                keep: of(100).trim_end().len()
            }
        );
    }
}
