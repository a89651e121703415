//! Reads what a server says when it refuses a call: every vendor's shape, sorted into a kind, and put into
//! words for the author.
//!
//! Pure. Bodies are quoted in part only, and never with a key or a piece of the prompt in it.

mod wait;
mod window;

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::server::{Secrets, Server};
use super::{ProviderError, ProviderErrorKind};
use window::Window;

/// A refusal, as far as its body could be read. Texts are empty where nothing was said.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal {
    pub status: Option<u16>,
    /// The vendor's class of error: `overloaded_error`, `invalid_request_error`.
    pub class: String,
    /// The vendor's code: `insufficient_quota`, `model_not_found`.
    pub code: String,
    /// The request parameter that the vendor names.
    pub parameter: String,
    pub message: String,
    pub retry_after: Option<Duration>,
    /// Whether it names a quota of a whole day.
    pub is_of_a_day: bool,
    pub headers: Vec<(String, String)>,
    /// How large the context window is, and what was asked of it.
    pub window: Window,
}

impl Refusal {
    /// Reads an answer with an error status. `now` is for a `Retry-After` that is a date.
    pub fn from_answer(status: u16, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Self {
        let mut refusal = Refusal::from_text(&String::from_utf8_lossy(body));
        refusal.status = Some(status);
        let in_headers = wait::retry_after(headers, now);
        refusal.retry_after = in_headers.or(refusal.retry_after);
        if status == 429 && refusal.retry_after.is_none() {
            refusal.retry_after = wait::rate_limit_reset(headers, now);
        }
        refusal.headers = telling_headers(headers);
        refusal
    }

    /// Tells whether the server has no such path, rather than an error on it.
    pub fn is_no_such_path(&self) -> bool {
        matches!(self.status, Some(404 | 405 | 501))
    }

    /// Reads an error that may be JSON: a body, or the data of an event that says it is an error.
    pub fn from_text(text: &str) -> Self {
        match serde_json::from_str::<Value>(text) {
            Ok(value) if !value.is_number() => Refusal::from_value(&value),
            _ => {
                let message = plain_text(text);
                Refusal {
                    retry_after: wait::in_words(&message),
                    window: Window::read(&Value::Null, &message),
                    message,
                    ..Refusal::default()
                }
            }
        }
    }

    /// Tells whether a message of a stream says that the server failed. Servers send the field with
    /// nothing in it as well.
    pub fn is_in(value: &Value) -> bool {
        match &value["error"] {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        }
    }

    /// Reads an error that came as JSON: a body, or an event in the middle of a stream.
    ///
    /// Shapes in use: `{"error": {"type", "code", "param", "message"}}` (Anthropic, OpenAI,
    /// llama.cpp), `{"error": "…"}` (Ollama), the same fields at the top (vLLM), `{"detail":
    /// "…"}` or `{"detail": [{"loc", "msg"}]}` (servers made with FastAPI), and any of them
    /// in a list of one (Gemini's compatible endpoint).
    pub fn from_value(value: &Value) -> Self {
        let value = match value {
            Value::Array(list) => list.first().unwrap_or(&Value::Null),
            other => other,
        };
        let inner = value.get("error").unwrap_or(value);
        let text = |name: &str| match inner.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let mut refusal = Refusal {
            class: text("type"),
            code: text("code"),
            parameter: text("param"),
            message: text("message"),
            retry_after: wait::in_body(value),
            is_of_a_day: is_of_a_day(inner),
            ..Refusal::default()
        };
        // A gateway that has already sent 200 can only put the status into the event.
        refusal.status = refusal
            .code
            .parse()
            .ok()
            .filter(|status| (400..600).contains(status));
        if let Value::String(message) = inner {
            refusal.message = message.clone();
        } else if refusal.message.is_empty() {
            refusal.read_detail(inner);
        }
        refusal.window = Window::read(inner, &refusal.message);
        refusal
    }

    fn read_detail(&mut self, value: &Value) {
        match value.get("detail") {
            Some(Value::String(message)) => self.message = message.clone(),
            Some(Value::Array(problems)) => {
                // Only place and message: such entries also repeat the input.
                let said: Vec<String> = problems
                    .iter()
                    .filter_map(|problem| {
                        let message = problem.get("msg")?.as_str()?;
                        let place = problem
                            .get("loc")
                            .and_then(Value::as_array)
                            .and_then(|path| path.last())
                            .and_then(Value::as_str)
                            .unwrap_or_default();
                        Some(format!("{place}: {message}"))
                    })
                    .collect();
                self.message = said.join("; ");
            }
            _ => {}
        }
    }

    /// Sorts the refusal; what is said counts before the status, since vendors disagree
    /// about statuses.
    pub fn kind(&self) -> ProviderErrorKind {
        use ProviderErrorKind::*;
        let said = format!("{} {} {}", self.class, self.code, self.message).to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(phrase));
        if says(CONTEXT_OVERFLOW) || self.status == Some(413) {
            return ContextOverflow;
        }
        if self.is_quota_of_a_minute(&said) {
            return RateLimited;
        }
        if says(OUT_OF_CREDIT) || self.status == Some(402) {
            return OutOfCredit;
        }
        if self.is_about_unknown_model(&said) {
            return UnknownModel;
        }
        if says(&["loading model"]) || matches!(self.status, Some(502 | 503 | 529)) {
            return Unavailable;
        }
        if says(&["requires more system memory"]) {
            return BadRequest;
        }
        match self.class.as_str() {
            "authentication_error" | "permission_error" => return Unauthorized,
            "rate_limit_error" => return RateLimited,
            "overloaded_error" | "api_error" | "timeout_error" | "server_error" => {
                return Overloaded;
            }
            _ => {}
        }
        match self.code.as_str() {
            "invalid_api_key" => return Unauthorized,
            "rate_limit_exceeded" => return RateLimited,
            _ => {}
        }
        match self.status {
            Some(401 | 403) => Unauthorized,
            Some(429) => RateLimited,
            Some(408 | 425 | 500..) => Overloaded,
            Some(_) => BadRequest,
            // In the middle of a stream, from a server that gives no class.
            None => Overloaded,
        }
    }

    /// Tells whether a server calls a limit of the rate, which is lifted soon, a quota.
    fn is_quota_of_a_minute(&self, said: &str) -> bool {
        let is_final = self.is_of_a_day || said.contains("insufficient_quota");
        let is_short = self.retry_after.is_some() || said.contains("per minute");
        self.status == Some(429) && is_short && !is_final
    }

    fn is_about_unknown_model(&self, said: &str) -> bool {
        let unknown = ["not found", "not_found", "does not exist", "no such model"];
        said.contains("model_not_found")
            || said.contains("not a valid model")
            || said.contains("not a chat model")
            || said.contains("invalid model name")
            || (matches!(self.status, Some(400 | 403 | 404))
                && said.contains("model")
                && unknown.iter().any(|phrase| said.contains(phrase)))
    }

    /// Makes the error for the author. `model` is the one that was asked for.
    pub fn into_error(self, server: &Server, model: &str, secrets: &Secrets) -> ProviderError {
        let kind = self.kind();
        let said = self.in_brackets(secrets);
        let message = match kind {
            ProviderErrorKind::Unauthorized => self.unauthorized(server, &said),
            ProviderErrorKind::OutOfCredit => format!(
                "{} says that the credit or quota is used up{said}. Add credit or raise the \
                 limit with the vendor, then run the same command again.",
                server.name()
            ),
            ProviderErrorKind::UnknownModel => server.unknown_model(&secrets.quote(model), &said),
            ProviderErrorKind::ContextOverflow => self.window.overflow(&said, secrets.asked()),
            ProviderErrorKind::RateLimited => {
                let wait = match self.retry_after {
                    Some(wait) => format!(" and for a wait of {} s", wait.as_secs_f64().ceil()),
                    None => String::new(),
                };
                format!("{} asks for fewer calls{wait}{said}.", server.name())
            }
            ProviderErrorKind::Overloaded | ProviderErrorKind::Unavailable => format!(
                "{} could not answer for now{said}. The same call may succeed later.",
                server.name()
            ),
            _ if self.status == Some(404) => format!(
                "{} does not know the address that the {} protocol uses{said}. Check base_url \
                 and provider.",
                server.name(),
                server.kind.as_str()
            ),
            _ => format!("{} refused the request{said}.", server.name()),
        };
        ProviderError {
            kind,
            message,
            status: self.status,
            retry_after: self.retry_after,
            headers: self.headers,
            source: None,
        }
    }

    fn unauthorized(&self, server: &Server, said: &str) -> String {
        let name = server.name();
        let check = server.where_the_key_is_set();
        if !server.has_key {
            format!("{name} wants a key, and none is set{said}. Set {check}.")
        } else if self.status == Some(403) {
            format!("{name} does not allow this to the key{said}. Check the rights of {check}.")
        } else {
            format!("{name} refused the key{said}. Check {check}.")
        }
    }

    /// Returns ` (401, invalid x-api-key)`, or nothing.
    fn in_brackets(&self, secrets: &Secrets) -> String {
        let said = if self.message.is_empty() {
            &self.class
        } else {
            &self.message
        };
        let said = secrets.quote(said);
        let said = said.trim_end_matches('.');
        match (self.status, said.is_empty()) {
            (Some(status), true) => format!(" ({status})"),
            (Some(status), false) => format!(" ({status}, {said})"),
            (None, true) => String::new(),
            (None, false) => format!(" ({said})"),
        }
    }
}

/// Phrases of servers where prompt and completion do not fit, in lower case.
const CONTEXT_OVERFLOW: &[&str] = &[
    "context_length_exceeded",
    "exceed_context_size",
    "prompt is too long",
    "prompt too long",
    "maximum context length",
    "exceed context limit",
    "exceeds the context length",
    "longer than the context length",
    "exceeded max context length",
    "exceeds the available context size",
    "exceeds the context window",
    "exceed the context window",
    "greater than the context length",
    "context size has been exceeded",
    "request_too_large",
];

/// Phrases of servers where there is no money left, in lower case.
const OUT_OF_CREDIT: &[&str] = &[
    "insufficient_quota",
    "insufficient quota",
    "exceeded your current quota",
    "billing_error",
    "billing_hard_limit",
    "billing_not_active",
    "credit balance is too low",
    "insufficient credits",
    "insufficient balance",
    "specified api usage limits",
];

/// Reads a body that is no JSON: a sentence, or the title of a proxy's error page.
fn plain_text(body: &str) -> String {
    let lower = body.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        let length = lower[start..].find("</title>")?;
        body.get(start..start + length)
    });
    match title {
        Some(title) => title.trim().to_owned(),
        None if lower.contains("<html") => String::new(),
        None => body.trim().to_owned(),
    }
}

/// Tells whether an error names a quota of a whole day, as Gemini's do (`quotaId`).
fn is_of_a_day(error: &Value) -> bool {
    let details = error.get("details").and_then(Value::as_array);
    let mut violations = details
        .into_iter()
        .flatten()
        .filter_map(|detail| detail.get("violations")?.as_array())
        .flatten();
    violations.any(|violation| {
        let quota = violation.get("quotaId").and_then(Value::as_str);
        quota.is_some_and(|quota| quota.contains("PerDay"))
    })
}

/// Keeps the headers that help to trace a failure; none of them holds a credential.
fn telling_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    const LONGEST: usize = 200;
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            name.ends_with("request-id")
                || name.contains("ratelimit")
                || matches!(name, "retry-after" | "retry-after-ms" | "cf-ray" | "server")
        })
        .filter_map(|(name, value)| {
            let value: String = value.to_str().ok()?.chars().take(LONGEST).collect();
            Some((name.as_str().to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests;
