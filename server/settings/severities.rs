//! Holds how findings are shown: the severity that the author gives to each kind of them.
//!
//! It is about showing alone. An error of a brief stops writing, whatever it is shown as.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::story::Severity;

/// The words that a kind of finding may be set to.
pub(crate) const EXPECTS: &str = "error, warning, information, hint or off";

/// How the findings of one code are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Off,
    As(Severity),
}

/// The severities that the author set, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Severities(BTreeMap<&'static str, Shown>);

impl Severities {
    /// Returns the severity to show a finding with that has this one by itself; `None` where it is not shown.
    pub fn shown(&self, code: &str, own: Severity) -> Option<Severity> {
        match self.0.get(code) {
            None => Some(own),
            Some(Shown::Off) => None,
            Some(Shown::As(severity)) => Some(*severity),
        }
    }

    /// Sets how a code is shown; `None` for a value that is none of the words.
    pub(super) fn set(&mut self, code: &'static str, value: &Value) -> Option<()> {
        let shown = match value {
            // Some dialects read a bare `off` as a truth value.
            Value::Bool(false) => Shown::Off,
            Value::String(word) if word == "off" => Shown::Off,
            word => Shown::As(serde_json::from_value(word.clone()).ok()?),
        };
        self.0.insert(code, shown);
        Some(())
    }
}
