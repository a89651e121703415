//! Reasoning that a model writes into its answer, as `<think>…</think>`.
//!
//! Servers that know their model's template take it out themselves; others pass it through.
//! Reasoning comes first or not at all, so only the start of a completion is looked at:
//! prose that mentions the tag later stays as it is.

use super::Event;

/// Pairs of tags that models wrap their reasoning in.
const TAGS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
];

/// Most bytes of a completion without opening tag that are held back while its closing tag
/// is waited for.
const LONGEST_HELD: usize = 32 * 1024;

/// Turns the text deltas of one completion into `Text` and `Reasoning`.
#[derive(Debug)]
pub(super) struct ThinkFilter {
    state: State,
    /// The model is known to start inside its reasoning, since its template has the opening
    /// tag in the prompt already.
    starts_inside: bool,
}

#[derive(Debug)]
enum State {
    /// Nothing but white space and perhaps the beginning of a tag so far.
    Start {
        held: String,
    },
    /// After an opening tag. `tail` may be the beginning of `close`.
    Inside {
        close: &'static str,
        tail: String,
    },
    /// Reasoning without opening tag, or prose: the closing tag will tell.
    /// Up to `seen` (a byte offset) it holds no closing tag, and was counted.
    Undecided {
        held: String,
        seen: usize,
    },
    /// After the closing tag: the white space before the prose is the template's.
    After,
    Prose,
}

impl ThinkFilter {
    /// `model` tells whether reasoning without an opening tag is to be expected.
    pub fn new(model: &str) -> Self {
        let model = model.to_lowercase();
        let starts_inside = ["-r1", "qwq", "thinking", "reasoning", "reasoner"]
            .iter()
            .any(|hint| model.contains(hint));
        ThinkFilter {
            state: State::Start {
                held: String::new(),
            },
            starts_inside,
        }
    }

    /// The server reports reasoning apart from the text: from here on all text is prose.
    pub fn server_separates(&mut self, out: &mut Vec<Event>) {
        if self.starts_inside {
            self.starts_inside = false;
            if let State::Undecided { held, .. } = &mut self.state {
                push_text(std::mem::take(held), out);
                self.state = State::Prose;
            }
        }
    }

    /// Takes a delta, appends what is known by now.
    pub fn push(&mut self, delta: &str, out: &mut Vec<Event>) {
        let mut rest = delta.to_owned();
        while !rest.is_empty() {
            let state = std::mem::replace(&mut self.state, State::Prose);
            (self.state, rest) = self.step(state, rest, out);
        }
    }

    /// At the end of the completion: what was held back is prose after all.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        match std::mem::replace(&mut self.state, State::Prose) {
            State::Start { held } | State::Undecided { held, .. } => push_text(held, out),
            State::Inside { tail, .. } => push_reasoning(&tail, out),
            State::After | State::Prose => {}
        }
    }

    /// One state's share of `delta`; the next state, and what is left for it.
    fn step(&self, state: State, delta: String, out: &mut Vec<Event>) -> (State, String) {
        match state {
            State::Start { held } => self.start(held + &delta),
            State::Inside { close, tail } => inside(close, tail + &delta, out),
            State::Undecided { held, seen } => undecided(held + &delta, seen, out),
            State::After => match delta.trim_start() {
                "" => (State::After, String::new()),
                prose => (State::Prose, prose.to_owned()),
            },
            State::Prose => {
                push_text(delta, out);
                (State::Prose, String::new())
            }
        }
    }

    fn start(&self, held: String) -> (State, String) {
        let begun = held.trim_start();
        for (open, close) in TAGS {
            if let Some(rest) = begun.strip_prefix(open) {
                let tail = String::new();
                return (State::Inside { close, tail }, rest.to_owned());
            }
            // A template that opens and closes the reasoning itself leaves the closing tag.
            if let Some(rest) = begun.strip_prefix(close) {
                return (State::After, rest.to_owned());
            }
        }
        let may_be_tag = TAGS
            .iter()
            .any(|(open, close)| open.starts_with(begun) || close.starts_with(begun));
        if may_be_tag && held.len() < LONGEST_HELD {
            (State::Start { held }, String::new())
        } else if self.starts_inside {
            let undecided = State::Undecided {
                held: String::new(),
                seen: 0,
            };
            (undecided, held)
        } else {
            (State::Prose, held)
        }
    }
}

fn inside(close: &'static str, text: String, out: &mut Vec<Event>) -> (State, String) {
    if let Some(at) = text.find(close) {
        push_reasoning(&text[..at], out);
        return (State::After, text[at + close.len()..].to_owned());
    }
    let keep = longest_end_that_begins(&text, close);
    push_reasoning(&text[..text.len() - keep], out);
    let tail = text[text.len() - keep..].to_owned();
    (State::Inside { close, tail }, String::new())
}

fn undecided(held: String, seen: usize, out: &mut Vec<Event>) -> (State, String) {
    let new = &held[seen..];
    let close = TAGS
        .iter()
        .filter_map(|(_, close)| new.find(close).map(|at| (at, close.len())))
        .min();
    if let Some((at, length)) = close {
        push_reasoning(&new[..at], out);
        return (State::After, new[at + length..].to_owned());
    }
    if held.len() > LONGEST_HELD {
        return (State::Prose, held);
    }
    // The count is a sign of life for the deadlines, whatever the text turns out to be.
    let keep = TAGS
        .iter()
        .map(|(_, close)| longest_end_that_begins(new, close))
        .max()
        .unwrap_or(0);
    push_reasoning(&new[..new.len() - keep], out);
    let seen = held.len() - keep;
    (State::Undecided { held, seen }, String::new())
}

/// Length in bytes of the longest end of `text` with which `tag` begins.
fn longest_end_that_begins(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|&length| text.ends_with(&tag[..length]))
        .unwrap_or(0)
}

fn push_text(text: String, out: &mut Vec<Event>) {
    if !text.is_empty() {
        out.push(Event::Text(text));
    }
}

fn push_reasoning(text: &str, out: &mut Vec<Event>) {
    let characters = text.chars().count();
    if characters > 0 {
        out.push(Event::Reasoning { characters });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prose and number of characters of reasoning.
    fn filter<'a>(model: &str, deltas: impl IntoIterator<Item = &'a str>) -> (String, usize) {
        let mut filter = ThinkFilter::new(model);
        let mut out = Vec::new();
        for delta in deltas {
            filter.push(delta, &mut out);
        }
        filter.finish(&mut out);
        let mut prose = String::new();
        let mut reasoning = 0;
        for event in out {
            match event {
                Event::Text(text) => prose.push_str(&text),
                Event::Reasoning { characters } => reasoning += characters,
                other => panic!("{other:?}"),
            }
        }
        (prose, reasoning)
    }

    #[test]
    fn reasoning_is_counted_and_prose_kept() {
        let plain = "gemma3";
        let table = [
            (plain, "The lamp went out.", "The lamp went out.", 0),
            (plain, "<think>Hm.</think>\n\nThe lamp.", "The lamp.", 3),
            (plain, "\n\n <think>Grüße</think>The lamp.", "The lamp.", 5),
            (plain, "<thinking>a</thinking> b", "b", 1),
            (plain, "<think></think>\n\nProse", "Prose", 0),
            (plain, "</think>\n\nThe lamp.", "The lamp.", 0),
            (plain, "\n</think>The lamp.", "The lamp.", 0),
            (plain, "<think>never ends", "", 10),
            (plain, "<think>a < b </thin k></think>c", "c", 15),
            (
                plain,
                "She wrote <think>no</think>.",
                "She wrote <think>no</think>.",
                0,
            ),
            (
                plain,
                "<think>x</think>He said </think>.",
                "He said </think>.",
                1,
            ),
            (plain, "<thin ice", "<thin ice", 0),
            (plain, "<", "<", 0),
            (plain, "", "", 0),
            (plain, "  Indented.", "  Indented.", 0),
            (
                "deepseek-r1:8b",
                "Okay, so.</think>\n\nThe lamp.",
                "The lamp.",
                9,
            ),
            ("QwQ-32B", "No tag at all.", "No tag at all.", 14),
            ("qwq", "<think>a</think>b</think>", "b</think>", 1),
        ];
        for (model, whole, prose, reasoning) in table {
            let expected = (prose.to_owned(), reasoning);
            assert_eq!(filter(model, [whole]), expected, "{whole:?} at once");
            let letters: Vec<String> = whole.chars().map(String::from).collect();
            let letters = letters.iter().map(String::as_str);
            assert_eq!(filter(model, letters), expected, "{whole:?} by letters");
            for (cut, _) in whole.char_indices() {
                let (a, b) = whole.split_at(cut);
                assert_eq!(filter(model, [a, b]), expected, "{whole:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn little_is_held_back() {
        let mut filter = ThinkFilter::new("gemma3");
        let mut out = Vec::new();
        filter.push("T", &mut out);
        assert_eq!(out, [Event::Text("T".into())]);

        let prose = "word ".repeat(10_000);
        let mut filter = ThinkFilter::new("qwq");
        let mut out = Vec::new();
        filter.push(&prose, &mut out);
        assert_eq!(out, [Event::Text(prose)]);
    }

    #[test]
    fn a_server_that_separates_reasoning_is_believed() {
        let mut filter = ThinkFilter::new("deepseek-r1");
        let mut out = Vec::new();
        filter.server_separates(&mut out);
        filter.push("The lamp.", &mut out);
        assert_eq!(out, [Event::Text("The lamp.".into())]);
    }
}
