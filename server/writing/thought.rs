//! Measures how much of an answer was reasoning: as the server reports it, else by the text that arrived.

use crate::provider::Event;

/// A token of thinking has about so many characters.
pub(crate) const CHARACTERS_A_TOKEN: usize = 3;

/// The thinking of one call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Thought {
    told: Option<u64>,
    /// Characters that came.
    pub heard: usize,
}

impl Thought {
    /// Adds the reasoning that an event of a stream brings or counts.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Reasoning { characters } => self.heard += characters,
            Event::Thought { tokens } => self.told = Some(*tokens),
            _ => {}
        }
    }

    /// Returns how many tokens of the answer were reasoning.
    pub fn tokens(&self) -> u64 {
        self.told
            .unwrap_or((self.heard / CHARACTERS_A_TOKEN) as u64)
    }
}
