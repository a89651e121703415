//! Notes which model really answers: some servers answer with another model than the one that was asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::settings::model_name::recorded_model;

/// The most characters of a model name that a server reports.
const LONGEST: usize = 200;

/// The name of the model that answers over one connection, as far as its server has reported it.
#[derive(Debug, Default)]
pub(crate) struct Answering {
    name: Mutex<Option<String>>,
}

impl Answering {
    /// Notes the model name that a server reports at the beginning of an answer.
    pub fn note(&self, said: Option<&str>) {
        let Some(said) = said else { return };
        let said: String = said.chars().filter(|c| !c.is_control()).collect();
        let name = recorded_model(said.trim());
        if !name.is_empty() {
            *self.lock() = Some(name.chars().take(LONGEST).collect());
        }
    }

    pub fn name(&self) -> Option<String> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        // A name is whole after any panic.
        self.name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_last_counts_and_silence_does_not() {
        let answering = Answering::default();
        answering.note(None);
        answering.note(Some(" \u{7}"));
        assert_eq!(answering.name(), None);
        answering.note(Some("/srv/a.gguf"));
        answering.note(Some("b\n"));
        answering.note(None);
        assert_eq!(answering.name().as_deref(), Some("b"));
    }
}
