//! Shortens names of models for the records.

/// Ends of the names of files that hold a model.
const FILES: [&str; 4] = [".gguf", ".ggml", ".safetensors", ".bin"];

/// Returns the name by which a model is recorded: the last part of a path, since the folders before it belong
/// to one machine.
pub fn recorded_model(model: &str) -> &str {
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
            assert_eq!(recorded_model(model), expected, "{model}");
        }
    }
}
