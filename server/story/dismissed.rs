//! Defines what an author dismissed: findings that are no problem, by what they are about and not by where it stands.
//!
//! Pure. A dismissal holds while the words that the finding underlines are the same; when they change it is a new
//! finding.

use serde::{Deserialize, Serialize};

use super::BeatId;

/// The version of the format that this code writes.
pub const VERSION: u32 = 1;

/// The findings that an author dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissed {
    /// Version of this format; 1.
    version: u32,
    findings: Vec<Dismissal>,
}

/// A finding that is no problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissal {
    /// The finding's code.
    pub code: String,
    /// The beat of the chunk in which it is no problem; `None`: in any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beat: Option<BeatId>,
    /// The words that it underlines, with single blanks between them.
    pub words: String,
}

impl Default for Dismissed {
    fn default() -> Dismissed {
        Dismissed {
            version: VERSION,
            findings: Vec::new(),
        }
    }
}

impl Dismissed {
    /// Adds a dismissal, unless there is one that covers it.
    pub fn add(&mut self, dismissal: Dismissal) {
        let beat = dismissal.beat.as_ref();
        if !self.covers(&dismissal.code, beat, &dismissal.words) {
            self.findings.push(dismissal);
        }
    }

    /// Tells whether nothing is dismissed.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Tells whether a finding is dismissed, by its code, the beat of its chunk and the words that it underlines.
    pub fn covers(&self, code: &str, beat: Option<&BeatId>, words: &str) -> bool {
        let mut about = self.findings.iter().filter(|it| it.code == code);
        about.any(|it| {
            (it.beat.is_none() || it.beat.as_ref() == beat)
                && it.words.split_whitespace().eq(words.split_whitespace())
        })
    }
}

/// Puts the words that a finding underlines into the form in which they are kept.
pub fn words_of(underlined: &str) -> String {
    underlined.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dismissal_holds_for_its_words_in_its_chunk() {
        let (storm, dawn) = (BeatId("storm".to_owned()), BeatId("dawn".to_owned()));
        let mut dismissed = Dismissed::default();
        let one = Dismissal {
            code: "unknown-name".to_owned(),
            beat: Some(storm.clone()),
            words: words_of("Old\n  Peder"),
        };
        dismissed.add(one.clone());
        dismissed.add(one.clone());
        assert_eq!(dismissed.findings, std::slice::from_ref(&one));
        assert!(dismissed.covers("unknown-name", Some(&storm), "Old Peder"));
        for (code, beat, words) in [
            ("unknown-name", &dawn, "Old Peder"),
            ("unknown-name", &storm, "Old Pedro"),
            ("name-drift", &storm, "Old Peder"),
        ] {
            assert!(!dismissed.covers(code, Some(beat), words), "{code} {words}");
        }
        dismissed.add(Dismissal { beat: None, ..one });
        assert!(dismissed.covers("unknown-name", Some(&dawn), "Old Peder"));
        assert_eq!(dismissed.findings.len(), 2);
    }
}
