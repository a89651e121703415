//! Reads the size of a context window that was too small, and the tokens that were asked of it, as servers
//! say it.

use serde_json::Value;

/// Tokens of a window, and of what should have gone into it, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::provider) struct Window {
    needed: Option<u64>,
    has: Option<u64>,
}

/// Fewer tokens are no window, but a status or a number in a name.
const SMALLEST: u64 = 256;

/// The least that the setting can be.
const LEAST: u64 = 1_000;

impl Window {
    /// Reads llama.cpp's fields, else the numbers in the words.
    pub fn read(error: &Value, message: &str) -> Window {
        let field = |name: &str| error.get(name).and_then(Value::as_u64);
        let told = Window {
            needed: field("n_prompt_tokens"),
            has: field("n_ctx"),
        };
        match told.has {
            Some(_) => told,
            None => Window::in_words(message),
        }
    }

    /// "prompt is too long: 210000 tokens > 200000 maximum", "maximum context length is 8192 tokens.
    /// However, you requested 9000", "199000 + 4000 > 200000".
    fn in_words(message: &str) -> Window {
        let numbers = numbers(message);
        let named = message.find("context length is").and_then(|at| {
            let mut after = numbers.iter().filter(|(start, _)| *start > at);
            after.next().map(|(_, number)| *number)
        });
        let sum = numbers.windows(2).find_map(|pair| {
            let [(_, first), (at, second)] = pair else {
                return None;
            };
            let before = message.get(..*at)?.trim_end();
            before.ends_with('+').then(|| first.saturating_add(*second))
        });
        let mut all: Vec<u64> = sum
            .into_iter()
            .chain(numbers.iter().map(|it| it.1))
            .collect();
        if sum.is_some() {
            all = [all.first(), all.last()]
                .into_iter()
                .flatten()
                .copied()
                .collect();
        }
        all.truncate(2);
        let has = named.or_else(|| all.iter().copied().min().filter(|_| all.len() == 2));
        let needed = all.into_iter().max();
        Window {
            needed: needed.filter(|needed| has.is_some_and(|has| *needed > has)),
            has,
        }
    }

    /// Returns the error for the author. `asked`: most tokens that the prompt was allowed, and the answer.
    pub fn overflow(&self, said: &str, asked: Option<(u32, u32)>) -> String {
        let (needed, has) = match (self.needed, self.has) {
            (Some(needed), Some(has)) => (needed, has),
            (None, Some(has)) => {
                return format!(
                    "The prompt does not fit into the model's context window, which has {has} \
                     tokens{said}. Lower context_tokens below that, or use a model with a larger window."
                );
            }
            _ => {
                return format!(
                    "The prompt does not fit into the model's context window{said}. Lower \
                     context_tokens, or use a model with a larger window."
                );
            }
        };
        let fitting = asked.and_then(|(prompt, answer)| {
            let room = has.checked_sub(answer.into())?;
            let fitting = u64::from(prompt).saturating_mul(room) / needed;
            Some((prompt, fitting / 100 * 100)).filter(|(_, fitting)| *fitting >= LEAST)
        });
        let to_do = match fitting {
            Some((now, fitting)) => format!(
                "Lower context_tokens from {now} to {fitting}, or use a model with a larger window"
            ),
            None => "Lower context_tokens or chunk_words, or use a model with a larger window"
                .to_owned(),
        };
        format!(
            "The prompt does not fit into the model's context window: it needs {needed} tokens, and the \
             window has {has}{said}. {to_do}."
        )
    }
}

/// Returns the whole numbers of a text that may be tokens, with where they stand.
fn numbers(text: &str) -> Vec<(usize, u64)> {
    let mut numbers = Vec::new();
    let mut at = 0;
    for piece in text.split(|c: char| !c.is_ascii_digit()) {
        let number = piece.parse().ok().filter(|number| *number >= SMALLEST);
        numbers.extend(number.map(|number| (at, number)));
        // What splits may be longer than a byte.
        at += piece.len();
        at += text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
    }
    numbers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_numbers_are_read_from_fields_or_words() {
        let none = Value::Null;
        let fields = json!({"n_prompt_tokens": 9024, "n_ctx": 4096});
        for (error, message, needed, has) in [
            (&fields, "too large by 17", Some(9024), Some(4096)),
            (
                &none,
                "prompt is too long: 210000 tokens > 200000 maximum",
                Some(210_000),
                Some(200_000),
            ),
            (
                &none,
                "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens \
                 (5000 in the messages, 4000 in the completion).",
                Some(9000),
                Some(8192),
            ),
            (
                &none,
                "input length and `max_tokens` exceed context limit: 199000 + 4000 > 200000",
                Some(203_000),
                Some(200_000),
            ),
            (
                &none,
                "The input token count (10000) exceeds the maximum number of tokens allowed (8192)",
                Some(10_000),
                Some(8192),
            ),
            (
                &none,
                "'max_tokens' is too large: 3000. This model's maximum context length is 4096 tokens",
                None,
                Some(4096),
            ),
            (
                &none,
                "the prompt is longer than the context length",
                None,
                None,
            ),
            (&none, "größer als 8192 — zu groß", None, None),
        ] {
            assert_eq!(
                Window::read(error, message),
                Window { needed, has },
                "{message}"
            );
        }
    }

    #[test]
    fn the_setting_to_change_is_told_with_its_value() {
        let window = Window {
            needed: Some(9_024),
            has: Some(4_096),
        };
        assert_eq!(
            window.overflow(" (400)", Some((16_000, 1_000))),
            "The prompt does not fit into the model's context window: it needs 9024 tokens, and the window \
             has 4096 (400). Lower context_tokens from 16000 to 5400, or use a model with a larger window."
        );
        let tiny = window.overflow("", Some((16_000, 4_000)));
        assert!(
            tiny.contains("Lower context_tokens or chunk_words"),
            "{tiny}"
        );
    }
}
