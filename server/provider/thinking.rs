//! Separates reasoning from the answer that a model writes it into, in the marks of its own template.
//!
//! Servers that know their model's template take it out themselves; others pass it through:
//! as tags (`<think>…</think>`), as channels (`<|channel|>analysis<|message|>…`), or as channels
//! whose marks were dropped (`analysis…assistantfinal…`). Reasoning in tags comes first or not at
//! all, so for these only the start of a completion is looked at: prose that mentions a tag later
//! stays as it is. The marks of channels never stand in prose, so they count anywhere.
//!
//! What does not end is reasoning to the end: no prose rather than the wrong one.

mod channels;
mod deltas;
mod tags;

use channels::Channels;
use deltas::{longest_end_that_begins, push_reasoning, push_text};
use tags::Beginning;

use super::Event;

/// Most bytes of a completion without opening tag that are held back while its closing tag
/// is waited for.
const LONGEST_HELD: usize = 32 * 1024;

/// What is left of the marks before a model's answer where a server drops marks.
const BARE_FINAL: &str = "assistantfinal";

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
    /// At the start: only white space and perhaps the beginning of a tag so far.
    Start {
        held: String,
    },
    /// After an opening tag. `tail` may be the beginning of `close`.
    Inside {
        close: String,
        tail: String,
    },
    /// Reasoning without opening tag, or prose: the closing tag will tell.
    /// Up to `seen` (a byte offset) it holds no closing tag, and was counted.
    Undecided {
        held: String,
        seen: usize,
    },
    /// After the closing tag: the white space before the prose is the template's, and so is a tag
    /// that opens the answer, of which `held` may be the beginning.
    /// `close` is known once it has come.
    After {
        held: String,
        close: Option<&'static str>,
    },
    /// `held` may be the beginning of a mark, or of the tag that closes the answer.
    Prose {
        held: String,
        close: Option<&'static str>,
    },
    Channels(Channels),
}

impl State {
    fn prose() -> State {
        State::Prose {
            held: String::new(),
            close: None,
        }
    }

    fn after() -> State {
        State::After {
            held: String::new(),
            close: None,
        }
    }
}

impl ThinkFilter {
    /// Makes the filter for a model, whose name tells whether reasoning without an opening tag is to be
    /// expected.
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

    /// Notes that the server reports reasoning apart from the text: from here on all text is prose.
    pub fn server_separates(&mut self, out: &mut Vec<Event>) {
        if self.starts_inside {
            self.starts_inside = false;
            if let State::Undecided { held, .. } = &mut self.state {
                push_text(std::mem::take(held), out);
                self.state = State::prose();
            }
        }
    }

    /// Takes a delta, appends what is known by now.
    pub fn push(&mut self, delta: &str, out: &mut Vec<Event>) {
        let mut rest = delta.to_owned();
        while !rest.is_empty() {
            let state = std::mem::replace(&mut self.state, State::prose());
            (self.state, rest) = self.step(state, rest, out);
        }
    }

    /// Ends the completion: what was held back is prose after all.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        match std::mem::replace(&mut self.state, State::prose()) {
            State::Start { held }
            | State::Undecided { held, .. }
            | State::After { held, .. }
            | State::Prose { held, .. } => push_text(held, out),
            State::Inside { tail, .. } => push_reasoning(&tail, out),
            State::Channels(channels) => channels.finish(out),
        }
    }

    /// Advances one state over `delta`; returns the next state, and the rest of the delta.
    fn step(&self, state: State, delta: String, out: &mut Vec<Event>) -> (State, String) {
        match state {
            State::Start { held } => self.start(held + &delta),
            State::Inside { close, tail } => inside(close, tail + &delta, out),
            State::Undecided { held, seen } => undecided(held + &delta, seen, out),
            State::After { held, close } => after(held + &delta, close),
            State::Prose { held, close } => prose(held + &delta, close, out),
            State::Channels(mut channels) => {
                channels.push(&delta, out);
                (State::Channels(channels), String::new())
            }
        }
    }

    fn start(&self, held: String) -> (State, String) {
        let begun = held.trim_start();
        let inside = |close: String, length: usize| {
            let tail = String::new();
            (State::Inside { close, tail }, begun[length..].to_owned())
        };
        match tags::beginning(begun) {
            Beginning::Tag { close, length } => return inside(close, length),
            // A template that opens and closes the reasoning itself leaves the closing tag.
            Beginning::Closing { length } => return (State::after(), begun[length..].to_owned()),
            Beginning::Channels => {
                return (State::Channels(Channels::default()), begun.to_owned());
            }
            Beginning::Bare { length } => return inside(BARE_FINAL.to_owned(), length),
            Beginning::BareFinal { length } => return (State::prose(), begun[length..].to_owned()),
            Beginning::Undecided if held.len() < LONGEST_HELD => {
                return (State::Start { held }, String::new());
            }
            Beginning::Undecided | Beginning::Prose => {}
        }
        if self.starts_inside {
            let undecided = State::Undecided {
                held: String::new(),
                seen: 0,
            };
            (undecided, held)
        } else {
            (State::prose(), held)
        }
    }
}

fn inside(close: String, text: String, out: &mut Vec<Event>) -> (State, String) {
    // Tags are written in any case.
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.find(&close) {
        push_reasoning(&text[..at], out);
        return (State::after(), text[at + close.len()..].to_owned());
    }
    let keep = longest_end_that_begins(&lower, &close);
    push_reasoning(&text[..text.len() - keep], out);
    let tail = text[text.len() - keep..].to_owned();
    (State::Inside { close, tail }, String::new())
}

fn undecided(held: String, seen: usize, out: &mut Vec<Event>) -> (State, String) {
    let new = &held[seen..];
    if let Some(close) = tags::find_closing(new) {
        push_reasoning(&new[..close.start], out);
        return (State::after(), new[close.end..].to_owned());
    }
    if held.len() > LONGEST_HELD {
        return (State::prose(), held);
    }
    // The count is a sign of life for the deadlines, whatever the text turns out to be.
    let keep = tags::may_be_closing(new);
    push_reasoning(&new[..new.len() - keep], out);
    let seen = held.len() - keep;
    (State::Undecided { held, seen }, String::new())
}

fn after(text: String, close: Option<&'static str>) -> (State, String) {
    let begun = text.trim_start().to_owned();
    let held = String::new();
    if begun.is_empty() {
        return (State::After { held, close }, String::new());
    }
    if close.is_some() {
        return (State::Prose { held, close }, begun);
    }
    for (open, close) in tags::ANSWERS {
        if let Some(rest) = begun.strip_prefix(open) {
            let close = Some(*close);
            return (State::After { held, close }, rest.to_owned());
        }
    }
    if tags::ANSWERS
        .iter()
        .any(|(open, _)| open.starts_with(&begun))
    {
        return (State::After { held: begun, close }, String::new());
    }
    (State::prose(), begun)
}

fn prose(text: String, close: Option<&'static str>, out: &mut Vec<Event>) -> (State, String) {
    let mark = channels::find_mark(&text);
    let end = close.and_then(|close| text.find(close).map(|at| (at, close)));
    match (mark, end) {
        (Some(mark), _) if end.is_none_or(|(at, _)| mark.start < at) => {
            push_text(text[..mark.start].to_owned(), out);
            let channels = State::Channels(Channels::default());
            (channels, text[mark.start..].to_owned())
        }
        (_, Some((at, close))) => {
            push_text(text[..at].to_owned(), out);
            (State::prose(), text[at + close.len()..].to_owned())
        }
        _ => {
            let keep = channels::may_be_mark(&text)
                .max(close.map_or(0, |close| longest_end_that_begins(&text, close)));
            push_text(text[..text.len() - keep].to_owned(), out);
            let held = text[text.len() - keep..].to_owned();
            (State::Prose { held, close }, String::new())
        }
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
            (plain, "<THINK>a</Think>b", "b", 1),
            (plain, "[THINK]plan[/THINK]Prose", "Prose", 4),
            (plain, "[Thinking of home] she", "[Thinking of home] she", 0),
            (plain, "<thought>plan</thought>Prose", "Prose", 4),
            (plain, "<seed:think>plan</seed:think>Prose", "Prose", 4),
            (plain, "◁think▷plan◁/think▷Prose", "Prose", 4),
            (
                plain,
                "<|START_THINKING|>plan<|END_THINKING|><|START_RESPONSE|>Prose<|END_RESPONSE|>",
                "Prose",
                4,
            ),
            (
                plain,
                "<inner_reasoning>plan</inner_reasoning>Prose",
                "Prose",
                4,
            ),
            (
                plain,
                "<think>plan</think>\n<answer>\nProse < more</answer>\n",
                "Prose < more\n",
                4,
            ),
            (plain, "</seed:think>Prose", "Prose", 0),
            (plain, "<em>Prose</em>", "<em>Prose</em>", 0),
            (
                plain,
                "<|channel|>analysis<|message|>Plan.<|end|><|start|>assistant<|channel|>final<|message|>A < b.",
                "A < b.",
                5,
            ),
            (
                plain,
                "<|start|>assistant<|channel|>commentary<|message|>Plan.<|end|><|start|>assistant<|channel|>final<|message|>A.<|return|>",
                "A.",
                5,
            ),
            (plain, "<|channel|>final<|message|>A.<|end|>", "A.", 0),
            (plain, "<|message|>A.", "A.", 0),
            (plain, "<|channel|>analysis<|message|>Never ends", "", 10),
            (plain, "Prose.<|end|>", "Prose.", 0),
            (
                plain,
                "Prose.<|end|><|start|>assistant<|channel|>analysis<|message|>Hm.",
                "Prose.",
                3,
            ),
            (
                plain,
                "Prose <|im_end|> and 3 <| 4",
                "Prose <|im_end|> and 3 <| 4",
                0,
            ),
            (
                plain,
                "analysisWe plan.assistantfinalThe lamp.",
                "The lamp.",
                8,
            ),
            (plain, "analysisWe plan.assistantfinal“Go.”", "“Go.”", 8),
            (plain, "analysisWe never end.", "", 13),
            (plain, "finalThe lamp.", "The lamp.", 0),
            (
                plain,
                "analysis of the log, and",
                "analysis of the log, and",
                0,
            ),
            (plain, "finally the lamp", "finally the lamp", 0),
            (plain, "final", "final", 0),
            ("deepseek-r1", "Plan.[/THINK]Prose", "Prose", 5),
            ("deepseek-r1", "Plan.</seed:think>Prose", "Prose", 5),
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
