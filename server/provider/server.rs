//! Names the server of a call for the author, and keeps key and prompt out of messages.

use std::sync::Arc;

use super::{ApiKey, ProviderKind, Request};
use crate::story::text::white_space::on_one_line;

/// A model server, for messages.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub kind: ProviderKind,
    /// `127.0.0.1:8080`
    pub host: String,
    /// The vendor's own service, rather than a server that speaks its protocol.
    pub vendor: bool,
    pub has_key: bool,
}

impl Server {
    /// Names the server: `Anthropic`, `Ollama at 127.0.0.1:11434`, `The server at 127.0.0.1:8080`.
    pub fn name(&self) -> String {
        match (self.kind, self.vendor) {
            (ProviderKind::Anthropic, true) => "Anthropic".to_owned(),
            (ProviderKind::Openai, true) => "OpenAI".to_owned(),
            (ProviderKind::Ollama, _) => format!("Ollama at {}", self.host),
            _ => format!("The server at {}", self.host),
        }
    }

    /// Says what to check or set, to be put after "Check" or "Set".
    pub fn where_the_key_is_set(&self) -> String {
        let elsewhere = "api_key_env or api_key_command in your user settings";
        match (self.kind, self.vendor) {
            (ProviderKind::Anthropic, true) => format!("ANTHROPIC_API_KEY, or {elsewhere}"),
            (ProviderKind::Openai, true) => format!("OPENAI_API_KEY, or {elsewhere}"),
            _ => elsewhere.to_owned(),
        }
    }

    pub fn unknown_model(&self, model: &str, said: &str) -> String {
        let name = self.name();
        match self.kind {
            ProviderKind::Ollama => format!(
                "{name} has no model `{model}`{said}. Fetch it with `ollama pull {model}`, or \
                 set `model` to one of `ollama list`."
            ),
            _ => {
                format!("{name} knows no model `{model}`{said}. Set `model` to one that it offers.")
            }
        }
    }
}

/// The texts that messages must not repeat: the key and the prompt.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    key: Option<ApiKey>,
    request: Option<Arc<Request>>,
}

/// Most characters that a message quotes of what a server said.
const LONGEST_QUOTE: usize = 300;

/// A quote that shares this many characters with the prompt is taken to repeat it.
const REPEATS: usize = 32;

impl Secrets {
    pub fn of_key(key: Option<ApiKey>) -> Self {
        Secrets { key, request: None }
    }

    pub fn with_request(&self, request: Arc<Request>) -> Self {
        Secrets {
            key: self.key.clone(),
            request: Some(request),
        }
    }

    /// Returns the most tokens that the prompt was allowed, and the answer.
    pub fn asked(&self) -> Option<(u32, u32)> {
        let request = self.request.as_ref()?;
        Some((request.prompt_tokens, request.max_output_tokens))
    }

    /// Quotes what may be shown of `said`: one line without control characters, at most 300
    /// characters, no key, and nothing at all if it repeats the prompt.
    pub fn quote(&self, said: &str) -> String {
        let mut line = String::new();
        // Bounded before anything else: a hostile server may have sent a megabyte.
        for c in said.chars().take(4 * LONGEST_QUOTE) {
            if c.is_whitespace() {
                if !line.ends_with(' ') && !line.is_empty() {
                    line.push(' ');
                }
            } else if !c.is_control() && !is_invisible(c) {
                line.push(c);
            }
        }
        if let Some(key) = &self.key
            && !key.reveal().is_empty()
        {
            line = line.replace(key.reveal(), "…");
        }
        let line = without_key_like_words(line.trim());
        if self.repeats_prompt(&line) {
            return "its words are left out, since they repeat the prompt".to_owned();
        }
        if line.chars().count() > LONGEST_QUOTE {
            let mut short: String = line.chars().take(LONGEST_QUOTE - 1).collect();
            short.push('…');
            return short;
        }
        line
    }

    fn repeats_prompt(&self, line: &str) -> bool {
        let Some(request) = &self.request else {
            return false;
        };
        let characters: Vec<char> = line.chars().collect();
        let parts = std::iter::once(&request.system).chain(&request.user);
        let prompts: Vec<String> = parts.map(|part| on_one_line(part)).collect();
        characters.windows(REPEATS).any(|window| {
            let piece: String = window.iter().collect();
            prompts.iter().any(|prompt| prompt.contains(&piece))
        })
    }
}

/// Marks that turn the direction of text round, or take no room: they could disguise a
/// message in a terminal.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Vendors repeat a refused key in part (`sk-ab…yz`); not even that is shown.
fn without_key_like_words(line: &str) -> String {
    line.split(' ')
        .map(|word| match word.find("sk-") {
            Some(0) => "…",
            Some(at) if !word[..at].ends_with(char::is_alphanumeric) => "…",
            _ => word,
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let request = Request {
            model: "m".into(),
            system: "You write fiction.".into(),
            user: vec!["Mara climbed the stairs\nof the old lighthouse, counting.".into()],
            max_output_tokens: 1,
            prompt_tokens: 1,
            context_tokens: 1,
            temperature: None,
            seed: None,
            thinking: Default::default(),
            format: None,
            extension: Default::default(),
        };
        Secrets::of_key(Some(ApiKey::new("hunter2-key"))).with_request(Arc::new(request))
    }

    #[test]
    fn a_quote_shows_no_key_and_no_prompt() {
        let table = [
            ("plain words", "plain words"),
            (" two\r\n lines\t\u{7} ", "two lines"),
            ("\u{1b}[31mred\u{202e}", "[31mred"),
            ("key hunter2-key is bad", "key … is bad"),
            (
                "Incorrect API key provided: sk-abc***xyz. Look",
                "Incorrect API key provided: … Look",
            ),
            ("token 'sk-ant-api03-x'", "token …"),
            ("a task-force", "a task-force"),
            (
                "climbed the stairs of the old",
                "climbed the stairs of the old",
            ),
            (
                "input: Mara climbed the stairs of the old lighthouse",
                "its words are left out, since they repeat the prompt",
            ),
        ];
        for (said, expected) in table {
            assert_eq!(secrets().quote(said), expected, "{said:?}");
        }
    }

    #[test]
    fn a_quote_is_short() {
        let quoted = secrets().quote(&"語".repeat(100_000));
        assert_eq!(quoted.chars().count(), 300);
        assert!(quoted.ends_with('…'));
    }
}
