//! Which model really answers: servers give other models than the one that was asked for, or the
//! one that they have whatever is asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most characters of a name that a server gives.
const LONGEST: usize = 200;

/// Ends of the names of files that hold a model.
const FILES: [&str; 4] = [".gguf", ".ggml", ".safetensors", ".bin"];

/// The model that answers over one connection, as far as its server has said.
#[derive(Debug, Default)]
pub(super) struct Answering {
    name: Mutex<Option<String>>,
}

impl Answering {
    /// Takes in what a server says of itself at the beginning of an answer.
    pub fn note(&self, said: Option<&str>) {
        let Some(said) = said else { return };
        let said: String = said.chars().filter(|c| !c.is_control()).collect();
        let name = recorded(said.trim());
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

/// The name by which a model is recorded: of a path its last part, since the folders before it
/// are those of a machine.
pub(super) fn recorded(model: &str) -> &str {
    let has_drive = model.as_bytes().get(1) == Some(&b':') && model.contains('\\');
    let is_rooted = model.starts_with(['/', '~', '.', '\\']) || has_drive;
    let lower = model.to_ascii_lowercase();
    let is_path = is_rooted || FILES.iter().any(|end| lower.ends_with(end));
    let last = model
        .trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next();
    match last {
        Some(last) if is_path && !last.is_empty() => last,
        _ => model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_the_last_part_is_recorded() {
        for (model, expected) in [
            ("/srv/models/SmolLM2-135M.gguf", "SmolLM2-135M.gguf"),
            ("models/SmolLM2-135M.gguf", "SmolLM2-135M.gguf"),
            (r"C:\models\Phi.GGUF", "Phi.GGUF"),
            ("~/models/qwen/", "qwen"),
            ("./qwen", "qwen"),
            ("/", "/"),
            ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
            ("hf.co/unsloth/Qwen3:Q4_K_M", "hf.co/unsloth/Qwen3:Q4_K_M"),
            ("llama3.2:latest", "llama3.2:latest"),
            ("", ""),
        ] {
            assert_eq!(recorded(model), expected, "{model}");
        }
    }

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
