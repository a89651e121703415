//! Translates the level of thinking into each protocol's parameters.
//!
//! Which model takes which of them differs and changes with every release: what is sent here is
//! what the vendors' documentation says today, and what is refused is left out ([`RefusedParameters`]).
//!
//! Anthropic: `output_config.effort`, and `thinking.type` (`adaptive`; to think not at all
//! `between_tools` for Sonnet 5.5, `disabled` for others; Opus 5.5, Fable and Mythos always think;
//! models before 4.6 take `enabled` with a budget). OpenAI: `reasoning_effort`, with `none` from
//! GPT-5.1 on and `minimal` for GPT-5. Ollama: `think`, a truth value or a level.

use serde_json::{Value, json};

use super::message::Thinking;
use super::parameters::{RefusedParameters, generation};

impl Thinking {
    /// Names the level in the words that the protocols share.
    fn level(self) -> Option<&'static str> {
        match self {
            Thinking::Auto | Thinking::Off => None,
            _ => Some(self.as_str()),
        }
    }

    /// Gives room for thinking on top of what the text may have, in tokens, where a limit bounds both
    /// together.
    pub(super) fn room(self) -> u32 {
        match self {
            Thinking::Off => 2_048,
            Thinking::Low => 4_096,
            Thinking::Auto | Thinking::Medium => 8_192,
            Thinking::High => 24_576,
        }
    }
}

/// The parameter that is sent, and the name by which it is known if it is refused.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Words {
    pub thinking: Option<(&'static str, Value)>,
    pub effort: Option<&'static str>,
    /// Whether the model thinks, so that its limit needs room for that.
    pub thinks: bool,
}

/// Chooses the words of the Messages API.
pub(super) fn of_anthropic(
    model: &str,
    is_vendor: bool,
    wanted: Thinking,
    refused: &RefusedParameters,
) -> Words {
    let is_refused = |name| refused.contains(model, name);
    // Without it thinking is silent: nothing would come for minutes, and the deadlines
    // could not tell a model that thinks from one that hangs.
    let adaptive = || json!({"type": "adaptive", "display": "summarized"});
    let effort = |level: Option<&'static str>| level.filter(|_| !is_refused("effort"));
    if !is_vendor {
        let off = (wanted == Thinking::Off).then(|| json!({"type": "disabled"}));
        return Words {
            thinking: off
                .map(|off| ("thinking_off", off))
                .filter(|(name, _)| !is_refused(name)),
            effort: effort(wanted.level()),
            thinks: false,
        };
    }
    let version = version(model);
    // From 5 on they think unless they are told not to, before that only where they are told to.
    let by_itself = version.is_some_and(|version| version >= (5, 0));
    let takes_adaptive = version.is_some_and(|version| version >= (4, 6));
    let thinking = match wanted {
        Thinking::Auto if by_itself => Some(("thinking", adaptive())),
        Thinking::Auto => None,
        Thinking::Off if !by_itself => None,
        Thinking::Off if is_refused("thinking_off") || always_thinks(model, version) => {
            Some(("thinking", adaptive()))
        }
        Thinking::Off if model.contains("sonnet") && version >= Some((5, 5)) => {
            Some(("thinking_off", json!({"type": "between_tools"})))
        }
        Thinking::Off => Some(("thinking_off", json!({"type": "disabled"}))),
        _ if takes_adaptive => Some(("thinking", adaptive())),
        _ if version >= Some((3, 7)) => {
            let budget = wanted.room();
            Some((
                "thinking",
                json!({"type": "enabled", "budget_tokens": budget}),
            ))
        }
        _ => None,
    };
    let thinking = thinking.filter(|(name, _)| !is_refused(name));
    let is_off = thinking
        .as_ref()
        .is_some_and(|(name, _)| *name == "thinking_off");
    let level = match wanted {
        // As little as it can.
        Thinking::Off if by_itself && !is_off => Some("low"),
        _ => wanted.level().filter(|_| takes_adaptive),
    };
    Words {
        thinks: !is_off && (by_itself || thinking.is_some()),
        thinking,
        effort: effort(level),
    }
}

/// Chooses the words of chat completions. `reasons`: the vendor's model is known to reason.
pub(super) fn of_openai(
    model: &str,
    is_vendor: bool,
    reasons: bool,
    wanted: Thinking,
    refused: &RefusedParameters,
) -> Option<(&'static str, &'static str)> {
    let (name, level) = match wanted {
        // Reasoning is not streamed here, so that much of it looks like a server that hangs;
        // prose gains little from it.
        Thinking::Auto if reasons => ("reasoning_effort", "low"),
        Thinking::Auto => return None,
        Thinking::Off if is_vendor && !reasons => return None,
        Thinking::Off if refused.contains(model, "reasoning_off") => ("reasoning_effort", "low"),
        Thinking::Off if !is_vendor => ("reasoning_off", "none"),
        Thinking::Off if generation(model, "gpt-").is_none() => ("reasoning_effort", "low"),
        Thinking::Off if model == "gpt-5" || model.starts_with("gpt-5-") => {
            ("reasoning_off", "minimal")
        }
        Thinking::Off => ("reasoning_off", "none"),
        Thinking::Low => ("reasoning_effort", "low"),
        Thinking::Medium => ("reasoning_effort", "medium"),
        Thinking::High => ("reasoning_effort", "high"),
    };
    (!refused.contains(model, name)).then_some((name, level))
}

/// Chooses the words of Ollama's API. Models that think do so by default, and spend the limit of the
/// answer on it before the first word.
pub(super) fn of_ollama(
    model: &str,
    wanted: Thinking,
    refused: &RefusedParameters,
) -> Option<(&'static str, Value)> {
    let is_refused = |name| refused.contains(model, name);
    let level = wanted.level().filter(|_| !is_refused("think_level"));
    let words = match level {
        Some(level) => ("think_level", json!(level)),
        None => ("think", json!(wanted.level().is_some())),
    };
    Some(words).filter(|(name, _)| !is_refused(name))
}

/// Tells whether a model refuses not to think.
fn always_thinks(model: &str, version: Option<(u32, u32)>) -> bool {
    let is_of = |family| model.contains(family);
    is_of("fable") || is_of("mythos") || (is_of("opus") && version >= Some((5, 5)))
}

/// Reads the version in a model's name: (5, 5) for `claude-sonnet-5-5`, (5, 0) for `claude-opus-5`,
/// (4, 5) for `claude-haiku-4-5-20251001`.
fn version(model: &str) -> Option<(u32, u32)> {
    let rest = model.strip_prefix("claude-")?;
    let mut numbers = rest
        .split('-')
        .skip_while(|part| part.parse::<u32>().is_err())
        .map_while(|part| part.parse::<u32>().ok())
        // A date is none.
        .take_while(|number| *number < 1_000);
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anthropic(model: &str, wanted: Thinking, refused: &[&'static str]) -> (String, String) {
        let known = RefusedParameters::default();
        for name in refused {
            known.insert(model, name);
        }
        let words = of_anthropic(model, true, wanted, &known);
        let kind = words.thinking.map_or(String::new(), |(_, value)| {
            value["type"].as_str().unwrap_or_default().to_owned()
        });
        (kind, words.effort.unwrap_or_default().to_owned())
    }

    #[test]
    fn each_of_anthropics_models_is_asked_in_its_own_words() {
        use Thinking::*;
        for (model, wanted, refused, kind, effort) in [
            ("claude-sonnet-5-5", Auto, &[][..], "adaptive", ""),
            ("claude-sonnet-5-5", Off, &[], "between_tools", ""),
            ("claude-sonnet-5-5", Medium, &[], "adaptive", "medium"),
            ("claude-sonnet-5", Off, &[], "disabled", ""),
            ("claude-haiku-5-5", Off, &[], "disabled", ""),
            ("claude-opus-5", Off, &[], "disabled", ""),
            ("claude-opus-5-5", Off, &[], "adaptive", "low"),
            ("claude-fable-5-1", Off, &[], "adaptive", "low"),
            ("claude-next-9", Off, &["thinking_off"], "adaptive", "low"),
            (
                "claude-next-9",
                Off,
                &["thinking_off", "thinking"],
                "",
                "low",
            ),
            ("claude-next-9", High, &["effort"], "adaptive", ""),
            ("claude-opus-4-6", High, &[], "adaptive", "high"),
            ("claude-opus-4-6", Auto, &[], "", ""),
            ("claude-opus-4-6", Off, &[], "", ""),
            ("claude-haiku-4-5-20251001", Low, &[], "enabled", ""),
            ("claude-3-5-haiku-20241022", High, &[], "", ""),
        ] {
            let expected = (kind.to_owned(), effort.to_owned());
            assert_eq!(
                anthropic(model, wanted, refused),
                expected,
                "{model} {wanted:?}"
            );
        }
    }

    #[test]
    fn openai_and_ollama_are_asked_in_theirs() {
        use Thinking::*;
        let known = RefusedParameters::default();
        known.insert("gpt-old", "reasoning_off");
        for (model, vendor, reasons, wanted, expected) in [
            ("gpt-6.1-terra", true, true, Auto, Some("low")),
            ("gpt-6.1-terra", true, true, Off, Some("none")),
            ("gpt-5.1", true, true, Off, Some("none")),
            ("gpt-5-mini", true, true, Off, Some("minimal")),
            ("o3", true, true, Off, Some("low")),
            ("gpt-old", true, true, Off, Some("low")),
            ("gpt-4o", true, false, Auto, None),
            ("gpt-4o", true, false, Off, None),
            ("qwen3", false, false, Auto, None),
            ("qwen3", false, false, Off, Some("none")),
            ("qwen3", false, false, High, Some("high")),
        ] {
            let words = of_openai(model, vendor, reasons, wanted, &known);
            assert_eq!(words.map(|words| words.1), expected, "{model} {wanted:?}");
        }
        known.insert("llama", "think_level");
        for (model, wanted, expected) in [
            ("qwen3", Auto, json!(false)),
            ("qwen3", Off, json!(false)),
            ("gpt-oss", Low, json!("low")),
            ("llama", High, json!(true)),
        ] {
            let words = of_ollama(model, wanted, &known).map(|words| words.1);
            assert_eq!(words, Some(expected), "{model} {wanted:?}");
        }
        known.insert("llama", "think");
        assert_eq!(of_ollama("llama", High, &known), None);
    }
}
