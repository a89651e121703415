//! Remembers parameters that a model refuses.
//!
//! Which model takes which parameter changes with every release, and a 400 that names one
//! is the only reliable word on it. Such a call is made again without the parameter, the
//! author is told once, and it is not sent to that model again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::ProviderErrorKind;
use super::refusal::Refusal;

/// The parameters that each model refused, for as long as the provider lives.
#[derive(Debug, Default)]
pub(super) struct RefusedParameters {
    seen: Mutex<HashSet<(String, &'static str)>>,
}

impl RefusedParameters {
    pub fn contains(&self, model: &str, parameter: &'static str) -> bool {
        self.lock().contains(&(model.to_owned(), parameter))
    }

    pub fn insert(&self, model: &str, parameter: &'static str) {
        self.lock().insert((model.to_owned(), parameter));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<(String, &'static str)>> {
        // A set is whole after any panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parameters that ask for an answer of a certain shape, one a protocol.
const FORMATS: [&str; 3] = ["response_format", "output_config", "format"];

/// Finds which of the parameters that were `sent` the refusal is about, if it is about one.
pub(super) fn refused(refusal: &Refusal, sent: &[&'static str]) -> Option<&'static str> {
    let names_a_mistake = matches!(refusal.status, Some(400 | 422))
        && refusal.kind() == ProviderErrorKind::BadRequest;
    if !names_a_mistake {
        // Servers that can't build a grammar of a schema call that a failure of their own.
        return sent.iter().copied().find(|name| {
            FORMATS.contains(name)
                && spoken(name)
                    .iter()
                    .any(|word| position_of_word(&refusal.message, word).is_some())
        });
    }
    let is_named = |name: &&&'static str| spoken(name).contains(&refusal.parameter.as_str());
    if let Some(named) = sent.iter().find(is_named) {
        return Some(named);
    }
    // What is wrong there is the effort, not the other things of that parameter.
    let message = refusal.message.replace("output_config.effort", "effort");
    // The first that is named: what follows is often the parameter to use instead.
    sent.iter()
        .filter_map(|name| {
            let words = spoken(name).iter();
            let at = words
                .filter_map(|word| position_of_word(&message, word))
                .min()?;
            Some((at, *name))
        })
        .min()
        .map(|(_, name)| name)
}

/// Lists the words by which servers speak of a parameter.
fn spoken<'a>(name: &'a &'static str) -> &'a [&'static str] {
    match *name {
        // "… does not support thinking"
        "think" => &["think", "thinking"],
        "think_level" => &["think", "thinking"],
        "thinking_off" => &["thinking"],
        "reasoning_off" => &["reasoning_effort", "reasoning"],
        "response_format" => &["response_format", "json_schema", "grammar", "JSON schema"],
        "output_config" => &[
            "output_config",
            "output_format",
            "json_schema",
            "structured output",
            "structured outputs",
            "Structured outputs",
        ],
        "format" => &["format", "grammar", "schema"],
        _ => std::slice::from_ref(name),
    }
}

fn position_of_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .find(|(at, _)| {
            !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
        })
        .map(|(at, _)| at)
}

/// Writes the notice for a parameter that was left out.
pub(super) fn notice(model: &str, parameter: &str) -> String {
    let model: String = model
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect();
    match parameter {
        "max_tokens" | "max_completion_tokens" => {
            format!("The model {model} does not take {parameter}; its other name was used.")
        }
        "temperature" | "seed" => format!(
            "The model {model} does not take {parameter}; it was left out, so the setting has \
             no effect."
        ),
        "thinking_off" | "reasoning_off" => format!(
            "The model {model} does not let its thinking be turned off; it thinks as little as it can."
        ),
        "think_level" => format!(
            "The model {model} knows no levels of thinking; it thinks as much as it does by itself."
        ),
        _ => format!("The model {model} does not take {parameter}; it was left out."),
    }
}

/// Writes a setting as the author did: 0.7 rather than the nearest f32, 0.699999988….
pub(super) fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// Reads the generation that a vendor's model name begins with: 5 for `claude-sonnet-5-5`, 6 for
/// `gpt-6.1-terra`, 4 for `gpt-4o`. `None` for other names.
pub(super) fn generation(model: &str, prefix: &str) -> Option<u32> {
    let rest = model.strip_prefix(prefix)?;
    let digits = rest
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| !digits.is_empty())?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str, parameter: &str) -> Refusal {
        Refusal {
            status: Some(400),
            class: "invalid_request_error".into(),
            parameter: parameter.into(),
            message: message.into(),
            ..Refusal::default()
        }
    }

    #[test]
    fn the_refused_parameter_is_found_in_the_vendors_words() {
        let all = &[
            "temperature",
            "thinking",
            "max_tokens",
            "seed",
            "stream_options",
            "response_format",
            "output_config",
        ];
        let table = [
            (
                "`temperature` is deprecated for this model.",
                "",
                Some("temperature"),
            ),
            (
                "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode",
                "",
                Some("temperature"),
            ),
            (
                "adaptive thinking is not supported on this model",
                "",
                Some("thinking"),
            ),
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                 'max_completion_tokens' instead.",
                "max_tokens",
                Some("max_tokens"),
            ),
            (
                "Unrecognized request argument supplied: stream_options",
                "",
                Some("stream_options"),
            ),
            ("Unknown field", "seed", Some("seed")),
            ("max_completion_tokens is odd", "", None),
            ("messages: at least one message is required", "", None),
            (
                "Invalid parameter: 'response_format' of type 'json_schema' is not supported with \
                 this model.",
                "response_format",
                Some("response_format"),
            ),
            (
                "output_config.format: structured outputs are not supported on this model",
                "",
                Some("output_config"),
            ),
            (
                "Failed to initialize samplers: failed to parse grammar",
                "",
                Some("response_format"),
            ),
            (
                "input length and `max_tokens` exceed context limit: 199000 + 4000 > 200000",
                "",
                None,
            ),
        ];
        for (message, parameter, expected) in table {
            assert_eq!(
                refused(&refusal(message, parameter), all),
                expected,
                "{message}"
            );
        }
        assert_eq!(
            refused(&refusal("temperature", ""), &["seed"]),
            None,
            "not sent"
        );
        let mut elsewhere = refusal("temperature", "");
        elsewhere.status = Some(500);
        assert_eq!(
            refused(&elsewhere, all),
            None,
            "not a mistake of the request"
        );
        elsewhere.message =
            "response_format type must be one of \"text\" or \"json_object\"".into();
        assert_eq!(refused(&elsewhere, all), Some("response_format"));
    }

    #[test]
    fn decimals_stay_as_they_were_written() {
        for (value, expected) in [(0.7, "0.7"), (1.0, "1.0"), (0.0, "0.0"), (1.25, "1.25")] {
            assert_eq!(serde_json::json!(decimal(value)).to_string(), expected);
        }
    }

    #[test]
    fn generations_are_read_from_names() {
        for (model, prefix, expected) in [
            ("claude-sonnet-5-5", "claude-", Some(5)),
            ("claude-haiku-4-5-20251001", "claude-", Some(4)),
            ("claude-3-5-sonnet-20241022", "claude-", Some(3)),
            ("gpt-6.1-terra", "gpt-", Some(6)),
            ("gpt-4o", "gpt-", Some(4)),
            ("chat-latest", "gpt-", None),
            ("llama3.2", "claude-", None),
        ] {
            assert_eq!(generation(model, prefix), expected, "{model}");
        }
    }
}
