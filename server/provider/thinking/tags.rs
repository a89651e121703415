//! Recognises the tags that models wrap their reasoning in, and how an answer may begin.

use std::ops::Range;

use super::channels;

/// Pairs of tags that are not `<NAME>` and `</NAME>`. In lower case.
const TAGS: &[(&str, &str)] = &[
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|think|>", "<|/think|>"),
    ("<|channel>thought", "<channel|>"),
    ("<unused94>thought", "<unused95>"),
    ("◁think▷", "◁/think▷"),
];

/// Tags in brackets, which prose has too: recognised only in this spelling.
const BRACKETS: (&str, &str) = ("[THINK]", "[/THINK]");

/// Parts of names by which a tag holds reasoning. Vendors make up names (`<seed:think>`,
/// `<thought>`, `<inner_reasoning>`).
const NAMES: &[&str] = &[
    "think",
    "thought",
    "reason",
    "scratchpad",
    "reflection",
    "analysis",
];

/// Most bytes of a tag's name.
const LONGEST_NAME: usize = 32;

/// Tags around the answer that may follow the reasoning.
pub(super) const ANSWERS: &[(&str, &str)] = &[
    ("<answer>", "</answer>"),
    ("<response>", "</response>"),
    ("<output>", "</output>"),
    ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
];

/// The beginning of a completion. Lengths are in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// A tag of so many bytes; `close` ends what it opens, in lower case.
    Tag {
        close: String,
        length: usize,
    },
    /// A closing tag.
    Closing {
        length: usize,
    },
    /// A mark of channels.
    Channels,
    /// The name of a channel for reasoning, with its marks dropped.
    Bare {
        length: usize,
    },
    /// The name of the channel for the answer, with its marks dropped.
    BareFinal {
        length: usize,
    },
    /// Too little has come to tell.
    Undecided,
    Prose,
}

/// Looks at the beginning of a completion, white space before it left out.
pub(super) fn beginning(begun: &str) -> Beginning {
    if begun.is_empty() {
        return Beginning::Undecided;
    }
    if channels::find_mark(begun).is_some_and(|mark| mark.start == 0) {
        return Beginning::Channels;
    }
    let lower = begun.to_ascii_lowercase();
    let brackets = BRACKETS.1.to_ascii_lowercase();
    if begun.starts_with(BRACKETS.0) {
        let length = BRACKETS.0.len();
        return Beginning::Tag {
            close: brackets,
            length,
        };
    }
    if begun.starts_with(BRACKETS.1) {
        return Beginning::Closing {
            length: brackets.len(),
        };
    }
    for (open, close) in TAGS {
        if lower.starts_with(open) {
            let close = (*close).to_owned();
            return Beginning::Tag {
                close,
                length: open.len(),
            };
        }
        if lower.starts_with(close) {
            return Beginning::Closing {
                length: close.len(),
            };
        }
    }
    let pairs = TAGS.iter().chain([&BRACKETS]);
    let may_be_known = pairs
        .flat_map(|(open, close)| [open, close])
        .any(|tag| tag.starts_with(begun) || tag.starts_with(lower.as_str()));
    if may_be_known || channels::may_be_mark(begun) == begun.len() {
        return Beginning::Undecided;
    }
    match named(&lower) {
        Some(Named::Whole {
            is_closing: true,
            length,
            ..
        }) => Beginning::Closing { length },
        Some(Named::Whole { name, length, .. }) => Beginning::Tag {
            close: format!("</{name}>"),
            length,
        },
        Some(Named::Half) => Beginning::Undecided,
        None => bare(begun),
    }
}

/// Reads names of channels before a word that follows without a blank, as no prose begins.
fn bare(begun: &str) -> Beginning {
    for name in ["analysis", "commentary", "final"] {
        if name.starts_with(begun) {
            return Beginning::Undecided;
        }
        let Some(rest) = begun.strip_prefix(name) else {
            continue;
        };
        let length = name.len();
        let is_word = |c: char| c.is_uppercase() || matches!(c, '"' | '“' | '«' | '„' | '‘');
        let is_reasoning = name != "final" && rest.starts_with(char::is_alphanumeric);
        return match (rest.starts_with(is_word) || is_reasoning, name) {
            (true, "final") => Beginning::BareFinal { length },
            (true, _) => Beginning::Bare { length },
            (false, _) => Beginning::Prose,
        };
    }
    Beginning::Prose
}

enum Named<'a> {
    Whole {
        name: &'a str,
        is_closing: bool,
        length: usize,
    },
    /// The beginning of a tag.
    Half,
}

/// Returns a tag `<NAME>` or `</NAME>` at the beginning of `lower`, whose name is one of reasoning.
fn named(lower: &str) -> Option<Named<'_>> {
    let inner = lower.strip_prefix('<')?;
    let is_closing = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
    let length = inner.find(|c| !is_part(c)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(length);
    if length > LONGEST_NAME {
        return None;
    }
    if rest.is_empty() {
        return Some(Named::Half);
    }
    let is_reasoning = NAMES.iter().any(|hint| name.contains(hint));
    (is_reasoning && rest.starts_with('>')).then_some(Named::Whole {
        name,
        is_closing,
        length: 1 + usize::from(is_closing) + length + 1,
    })
}

/// Returns the first closing tag in `text`, whichever it is.
pub(super) fn find_closing(text: &str) -> Option<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let known = TAGS
        .iter()
        .filter_map(|(_, close)| lower.find(close).map(|at| at..at + close.len()));
    let brackets = text.find(BRACKETS.1).map(|at| at..at + BRACKETS.1.len());
    let by_name = lower
        .match_indices("</")
        .find_map(|(at, _)| match named(&lower[at..])? {
            Named::Whole { length, .. } => Some(at..at + length),
            Named::Half => None,
        });
    known
        .chain(brackets)
        .chain(by_name)
        .min_by_key(|range| range.start)
}

/// Length in bytes of the longest end of `text` that may be the beginning of a closing tag.
pub(super) fn may_be_closing(text: &str) -> usize {
    let Some(at) = text.rfind(['<', '[', '◁']) else {
        return 0;
    };
    let length = text.len() - at;
    let is_ended = text[at..].contains(['>', ']', '▷']);
    if is_ended || length > LONGEST_NAME + 3 {
        0
    } else {
        length
    }
}
