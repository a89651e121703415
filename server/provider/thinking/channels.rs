//! Reads channels: a template in which each message names the one it is for.
//!
//! `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…`, OpenAI's
//! "harmony" format. Only what is said on `final`, or on no channel, is prose.

use std::ops::Range;

use super::deltas::{longest_end_that_begins, push_reasoning, push_text};
use crate::provider::Event;

const START: &str = "<|start|>";
const CHANNEL: &str = "<|channel|>";
const MESSAGE: &str = "<|message|>";
const MARKS: [&str; 7] = [
    START,
    CHANNEL,
    MESSAGE,
    "<|constrain|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
];

/// A header is longer only if the mark of the message is missing.
const LONGEST_HEADER: usize = 200;

/// Reads messages from one of their marks on.
#[derive(Debug, Default)]
pub(super) struct Channels {
    part: Part,
    /// The channel of the message that is being read, if it names one.
    channel: Option<String>,
    /// Bytes of its header.
    header: usize,
    /// May be the beginning of a mark.
    held: String,
}

/// The part of a message that comes next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A role or a channel.
    Header,
    Prose,
    Reasoning,
    /// Between two messages.
    #[default]
    Between,
}

impl Channels {
    pub fn push(&mut self, delta: &str, out: &mut Vec<Event>) {
        let text = std::mem::take(&mut self.held) + delta;
        let mut rest = text.as_str();
        while let Some(mark) = find_mark(rest) {
            self.text(&rest[..mark.start], out);
            self.mark(&rest[mark.clone()]);
            rest = &rest[mark.end..];
        }
        let keep = may_be_mark(rest);
        self.text(&rest[..rest.len() - keep], out);
        self.held = rest[rest.len() - keep..].to_owned();
    }

    pub fn finish(mut self, out: &mut Vec<Event>) {
        let held = std::mem::take(&mut self.held);
        self.text(&held, out);
    }

    fn mark(&mut self, mark: &str) {
        match mark {
            START => {
                self.part = Part::Header;
                self.channel = None;
                self.header = 0;
            }
            CHANNEL => {
                self.part = Part::Header;
                self.channel = Some(String::new());
            }
            MESSAGE => {
                let channel = self.channel.as_deref().map_or("final", str::trim);
                self.part = if channel.starts_with("final") {
                    Part::Prose
                } else {
                    Part::Reasoning
                };
            }
            "<|constrain|>" => {}
            _ => {
                self.part = Part::Between;
                self.channel = None;
            }
        }
    }

    fn text(&mut self, text: &str, out: &mut Vec<Event>) {
        match self.part {
            Part::Prose => push_text(text.to_owned(), out),
            Part::Reasoning => push_reasoning(text, out),
            Part::Header => {
                self.header += text.len();
                if let Some(channel) = &mut self.channel {
                    channel.push_str(text);
                }
                if self.header > LONGEST_HEADER {
                    // The mark of its message is missing: what it is can't be told.
                    self.part = Part::Reasoning;
                    push_reasoning(text, out);
                }
            }
            Part::Between => {}
        }
    }
}

/// Returns the first mark in `text`.
pub(super) fn find_mark(text: &str) -> Option<Range<usize>> {
    let marks = MARKS.iter();
    let found = marks.filter_map(|mark| text.find(mark).map(|at| at..at + mark.len()));
    found.min_by_key(|range| range.start)
}

/// Length in bytes of the longest end of `text` that may be the beginning of a mark.
pub(super) fn may_be_mark(text: &str) -> usize {
    let marks = MARKS.iter();
    marks
        .map(|mark| longest_end_that_begins(text, mark))
        .max()
        .unwrap_or(0)
}
