//! Knows how much text the vendors' models write in one answer, by their names.
//!
//! Careful rather than current: a limit that is too low costs a call, one that is too high a
//! refusal. What is not known here is learned from a refusal or from where an answer ends.

use super::ProviderKind;
use super::parameters::generation;

/// Finds the most tokens of text that one answer of a model may be asked for, room for reasoning not
/// counted. `None` where nothing is known.
pub fn output_limit(kind: ProviderKind, model: &str) -> Option<u32> {
    let limits: &[(&str, u32)] = match kind {
        ProviderKind::Anthropic => &[
            ("claude-3-7", 64_000),
            ("claude-3-5", 8_192),
            ("claude-3", 4_096),
        ],
        ProviderKind::Openai => &[
            ("gpt-4.1", 32_768),
            ("gpt-4o", 16_384),
            ("gpt-4", 4_096),
            ("gpt-3", 4_096),
        ],
        ProviderKind::Ollama | ProviderKind::Demo => return None,
    };
    if let Some((_, limit)) = limits.iter().find(|(name, _)| model.starts_with(name)) {
        return Some(*limit);
    }
    match kind {
        // 32,000 and more, of which the thinking takes its part.
        ProviderKind::Anthropic => generation(model, "claude-").filter(|it| *it >= 4),
        _ => generation(model, "gpt-").filter(|it| *it >= 5),
    }
    .map(|_| 23_800)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_name() {
        for (kind, model, expected) in [
            (ProviderKind::Anthropic, "claude-sonnet-5-5", Some(23_800)),
            (
                ProviderKind::Anthropic,
                "claude-3-5-haiku-20241022",
                Some(8_192),
            ),
            (
                ProviderKind::Anthropic,
                "claude-3-opus-20240229",
                Some(4_096),
            ),
            (ProviderKind::Anthropic, "gpt-4o", None),
            (ProviderKind::Openai, "gpt-6.1-terra", Some(23_800)),
            (ProviderKind::Openai, "gpt-4o-mini", Some(16_384)),
            (ProviderKind::Openai, "gpt-4-turbo", Some(4_096)),
            (ProviderKind::Openai, "qwen3-8b", None),
            (ProviderKind::Openai, "", None),
            (ProviderKind::Ollama, "gpt-oss:20b", None),
            (ProviderKind::Demo, "demo", None),
        ] {
            assert_eq!(output_limit(kind, model), expected, "{model}");
        }
    }
}
