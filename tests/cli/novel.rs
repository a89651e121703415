//! A model that knows its story by heart: what it writes for a part is fixed, and a
//! continuation goes on from exactly the words that the prompt quotes. So a story that was
//! broken off and continued any number of times can be compared with the one that was not.

use serde_json::json;

use crate::support::model_server::{Recorded, Reply};
use crate::support::prose::prose;

/// Four parts of 150 words. Everything that a prompt may or must not hold has a word of its
/// own to be found by.
pub const BRIEF: &str = r#"---
title: The Lamp
language: en
target_words: 600
chunk_words: 150
pov: first person
tense: past
protagonist: Mara Voss
---

# Premise

Mara keeps a lamp that must never go out. PREMISE-MARK

# Setting

A rock in the sea, in the winter of 1911. SETTING-MARK

# Cast

## Mara Voss
aka: Mara

Counts everything. MARA-MARK

## Ilse Brandt
aka: Ilse

Brings the boat. ILSE-MARK

# Rules

1. The lamp is never out at night. RULE-ONE-MARK
2. Nobody opens the oak door; not even
   in the last part. RULE-TWO-MARK

# Style

Plain and close. STYLE-MARK

# History of the rock

Monks lived here. BACKGROUND-MARK

# Outline

## The Landing {#landing}

Mara comes to the rock. BEAT-ONE-MARK

Enter: A calm day. ENTER-ONE-MARK
Exit: She is alone. EXIT-ONE-MARK

## The Log {#log cast="Mara, Ilse"}

She reads what was written. BEAT-TWO-MARK

<!-- sw: colder, and no rain MARGIN-MARK -->

## The Door {#door}

She finds the oak door. BEAT-THREE-MARK

## The Light {#light}

The lamp burns. BEAT-FOUR-MARK

# Notes

She dies in the end. NOTES-MARK
"#;

/// The length of each part of [`BRIEF`], in words.
pub const PART: usize = 150;

/// The text of every part.
#[derive(Clone)]
pub struct Novel {
    parts: Vec<String>,
}

impl Novel {
    /// A text for each part, of these lengths in words.
    pub fn of(lengths: impl IntoIterator<Item = usize>) -> Novel {
        let parts = lengths.into_iter().zip(1..);
        Novel {
            parts: parts.map(|(words, seed)| prose(words, seed)).collect(),
        }
    }

    /// For [`BRIEF`].
    pub fn short() -> Novel {
        Novel::of([PART; 4])
    }

    /// The text of a part, from 1.
    pub fn part(&self, number: usize) -> &str {
        &self.parts[number - 1]
    }

    /// All parts in one answer, each below its mark.
    pub fn whole(&self) -> String {
        let parts = self.parts.iter().zip(1..);
        let parts = parts.map(|(text, number)| format!("=== PART {number} ===\n\n{text}\n\n"));
        parts.collect()
    }

    /// What is still to be written of the part that a request asks for. As models do, it
    /// begins with a word and not with the space before it, but with a new paragraph where
    /// there is one.
    pub fn rest(&self, request: &Recorded) -> Result<String, String> {
        let user = request.user();
        if is_whole(request) {
            return Ok(self.whole());
        }
        let part = self.part(part_of(&user));
        let Some(so_far) = so_far(&user) else {
            return Ok(part.to_owned());
        };
        let found = part
            .find(so_far)
            .ok_or(format!("this is not of my text: …{so_far}"))?;
        let rest = &part[found + so_far.len()..];
        Ok(rest.trim_start_matches(' ').to_owned())
    }

    /// Answers a request to its end.
    pub fn answer(&self, request: &Recorded) -> Reply {
        self.answer_with(request, |rest| Reply::fragments(tokens(&rest)))
    }

    /// Answers a request with what is made of the rest.
    pub fn answer_with(&self, request: &Recorded, make: impl FnOnce(String) -> Reply) -> Reply {
        match self.rest(request) {
            Ok(rest) => make(rest),
            Err(problem) => Reply::error(400, json!({"error": {"message": problem}})),
        }
    }
}

/// Whether a request asks for the whole story.
pub fn is_whole(request: &Recorded) -> bool {
    request.user().contains("Write the whole story now")
}

/// Which part a prompt asks for, from 1.
pub fn part_of(user: &str) -> usize {
    let (_, after) = user.split_once("# This part: ").expect("a part");
    let (number, _) = after.split_once(' ').expect("a number");
    number.parse().expect("a number")
}

/// The words that an answer has to go on from.
pub fn so_far(user: &str) -> Option<&str> {
    let (_, after) = user.split_once("# Of this part is written already, ending with\n")?;
    let (text, _) = after.rsplit_once("\n\nGo on from exactly")?;
    Some(text)
}

/// A text in pieces as models send them: a few letters each, words cut anywhere.
pub fn tokens(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(5)
        .map(|chunk| chunk.iter().collect())
        .collect()
}
