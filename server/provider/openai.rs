//! Chat completions: OpenAI's own service, and the many servers that speak its protocol
//! (llama.cpp, vLLM, LM Studio, OpenRouter and so on).
//!
//! The dialects differ in parameters and in how a stream ends; this file takes all of them.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Decoder, End, Fault, Progress};
use super::effort;
use super::http::{Failure, Http};
use super::models;
use super::parameters::{RefusedParameters, decimal, generation};
use super::refusal::Refusal;
use super::repeated_text::{SentText, known};
use super::stream::{self, Attempt};
use super::thinking::ThinkFilter;
use super::{
    Endpoint, Event, EventStream, FinishReason, Provider, ProviderError, ProviderKind, Request,
    Usage,
};

/// The current general model for natural writing (2026-10-26); it speaks chat completions.
pub const DEFAULT_MODEL: &str = "gpt-6.1-terra";

/// Speaks chat completions.
pub struct Openai {
    http: Http,
    refused: RefusedParameters,
}

impl Openai {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ProviderError> {
        Ok(Openai {
            http: Http::new(ProviderKind::Openai, endpoint)?,
            refused: RefusedParameters::default(),
        })
    }

    fn attempt(&self, request: &Request) -> Attempt {
        let vendor = self.http.server.vendor;
        let reasons = vendor && is_reasoning_model(&request.model);
        let mut optional = Vec::new();
        let mut offer = |name: &'static str, wanted: bool| {
            let sent = wanted && !self.refused.contains(&request.model, name);
            if sent {
                optional.push(name);
            }
            sent
        };
        let temperature = offer("temperature", request.temperature.is_some());
        let seed = offer("seed", request.seed.is_some());
        let stream_options = offer("stream_options", true);
        let (model, wanted) = (&request.model, request.thinking);
        let effort = effort::of_openai(model, vendor, reasons, wanted, &self.refused);
        if let Some((name, _)) = effort {
            offer(name, true);
        }
        let cache_key = offer("prompt_cache_key", vendor);
        let format = offer("response_format", request.format.is_some());
        let limit = self.limit_name(request);
        optional.push(limit);

        let mut messages = Vec::new();
        if !request.system.trim().is_empty() {
            messages.push(json!({"role": "system", "content": request.system}));
        }
        messages.push(json!({"role": "user", "content": request.user.concat()}));
        let mut body = json!({
            "model": request.model,
            "stream": true,
            "messages": messages,
        });
        body[limit] = if reasons {
            json!(
                request
                    .max_output_tokens
                    .saturating_add(request.thinking.room())
            )
        } else {
            json!(request.max_output_tokens)
        };
        if temperature {
            body["temperature"] = json!(request.temperature.map(decimal));
        }
        if seed {
            body["seed"] = json!(request.seed);
        }
        if stream_options {
            body["stream_options"] = json!({"include_usage": true});
        }
        if let Some((_, effort)) = effort {
            body["reasoning_effort"] = json!(effort);
        }
        if cache_key {
            body["prompt_cache_key"] = json!(cache_key_of(request));
        }
        if let Some(shape) = request.format.as_ref().filter(|_| format) {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": {"name": shape.name, "strict": true, "schema": *shape.schema},
            });
        }
        Attempt {
            path: "/chat/completions",
            body,
            optional,
        }
    }

    /// Picks the name of the token limit: the vendor's newer models refuse the old name, most other servers
    /// know only that; whichever is refused, the other one is tried.
    fn limit_name(&self, request: &Request) -> &'static str {
        const NAMES: [&str; 2] = ["max_completion_tokens", "max_tokens"];
        let [mut first, mut second] = NAMES;
        if !self.http.server.vendor {
            std::mem::swap(&mut first, &mut second);
        }
        let refused = |name| self.refused.contains(&request.model, name);
        if refused(first) && !refused(second) {
            second
        } else {
            first
        }
    }
}

/// Tells whether the vendor's model reasons before it answers: o1 and later, GPT-5 and later, but
/// not the models made for chat.
fn is_reasoning_model(model: &str) -> bool {
    let of_the_o_line = model
        .strip_prefix('o')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let recent = generation(model, "gpt-").is_some_and(|number| number >= 5);
    of_the_o_line || (recent && !model.contains("chat"))
}

/// Makes a key that is the same for all calls with the same system prompt, and tells nothing about it.
fn cache_key_of(request: &Request) -> String {
    let digest = Sha256::digest(request.system.as_bytes());
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("storywright-{hex}")
}

#[async_trait::async_trait]
impl Provider for Openai {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Openai
    }

    fn ready(&self) -> Result<(), ProviderError> {
        self.http.require_key()
    }

    async fn complete(&self, request: Request) -> Result<EventStream, ProviderError> {
        stream::complete(
            &self.http,
            &self.refused,
            Arc::new(request),
            |request| self.attempt(request),
            |request| Chunks::new(ThinkFilter::new(&request.model)),
        )
        .await
    }

    async fn default_model(&self) -> Result<String, ProviderError> {
        if self.http.server.vendor {
            return Ok(DEFAULT_MODEL.to_owned());
        }
        models::first(&self.http, "/models").await
    }

    async fn offers(&self, model: &str) -> bool {
        models::offers(&self.http, "/models", model).await
    }

    async fn window(&self, model: &str) -> Option<u32> {
        super::window::of_server(&self.http, model).await
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        let name = self.http.server.name();
        match models::list(&self.http, "/models").await {
            Ok(_) if self.http.server.has_key => Ok(format!("{name} answers and takes the key.")),
            Ok(models) => Ok(match models.as_slice() {
                [] => format!("{name} answers; it lists no model."),
                [only] => format!("{name} answers; it has the model {}.", clip(only)),
                many => format!("{name} answers; it has {} models.", many.len()),
            }),
            Err(Failure::Refused(refusal)) if refusal.is_no_such_path() => {
                Ok(format!("{name} answers; it does not list its models."))
            }
            Err(failure) => Err(self.http.error(failure)),
        }
    }
}

fn clip(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// Reads the chunks of one completion.
pub(super) struct Chunks {
    filter: ThinkFilter,
    sent: SentText,
    started: bool,
    finish: Option<FinishReason>,
    /// The model refused in the field made for that.
    refused: bool,
}

impl Chunks {
    pub fn new(filter: ThinkFilter) -> Self {
        Chunks {
            filter,
            sent: SentText::default(),
            started: false,
            finish: None,
            refused: false,
        }
    }

    fn choice(&mut self, choice: &Value, out: &mut Vec<Event>) -> Result<(), Fault> {
        if Refusal::is_in(choice) {
            return Err(Fault::refused(choice));
        }
        let had_text = !self.sent.is_empty();
        let reason = choice["finish_reason"].as_str().filter(|r| !r.is_empty());
        let with_end = reason.is_some() || self.finish.is_some();
        self.reasoning_of(&choice["delta"], out);
        let text = text_of(&choice["delta"]["content"]);
        let fresh = self.sent.delta(&text, with_end);
        self.text(fresh, out);
        let message = &choice["message"];
        if message.is_object() && self.sent.is_empty() {
            self.reasoning_of(message, out);
        }
        let text = text_of(&message["content"]);
        let fresh = self.sent.whole(&text);
        self.text(fresh, out);
        for part in [&choice["delta"], message] {
            self.refused |= part["refusal"]
                .as_str()
                .is_some_and(|text| !text.is_empty());
        }
        match reason {
            Some("error") => return Err(Fault::refused(&Value::Null)),
            Some(reason) => self.finish = Some(finish_reason(reason)),
            // What ended was the reasoning.
            None if !had_text && !self.sent.is_empty() => self.finish = None,
            None => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str, out: &mut Vec<Event>) {
        if !text.is_empty() {
            self.filter.push(text, out);
        }
    }

    fn reasoning_of(&mut self, message: &Value, out: &mut Vec<Event>) {
        // Several names for the same thing; a server may send more than one.
        let named = REASONING
            .iter()
            .find_map(|name| message[*name].as_str().filter(|text| !text.is_empty()));
        let parts = message["content"].as_array().into_iter().flatten();
        let in_parts = parts.map(thinking_in).sum::<usize>();
        let characters = in_parts + named.map_or(0, |text| text.chars().count());
        if characters > 0 {
            self.filter.server_separates(out);
            out.push(Event::Reasoning { characters });
        }
    }
}

/// The fields that servers put a model's reasoning into.
pub(super) const REASONING: [&str; 5] = [
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "thought",
];

/// Reads the text of a message's content: a string, or typed parts as Mistral's reasoning models send
/// them. The first chunk has null here.
fn text_of(content: &Value) -> Cow<'_, str> {
    match content {
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(parts) => parts
            .iter()
            .filter(|part| part["type"] == "text")
            .filter_map(|part| part["text"].as_str())
            .collect::<String>()
            .into(),
        _ => Cow::Borrowed(""),
    }
}

/// Counts the characters of the reasoning in a typed part.
fn thinking_in(part: &Value) -> usize {
    if part["type"] != "thinking" {
        return 0;
    }
    match &part["thinking"] {
        Value::String(text) => text.chars().count(),
        inner => inner
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|inner| inner["text"].as_str())
            .map(|text| text.chars().count())
            .sum(),
    }
}

impl Decoder for Chunks {
    fn take(&mut self, chunk: &Value, out: &mut Vec<Event>) -> Result<Progress, Fault> {
        if Refusal::is_in(chunk) || is_bare_error(chunk) {
            return Err(Fault::refused(chunk));
        }
        let has_choice = chunk["choices"]
            .as_array()
            .is_some_and(|choices| !choices.is_empty());
        let names_itself = ["usage", "object", "id", "model"];
        if !has_choice && names_itself.iter().all(|name| chunk.get(name).is_none()) {
            return Err(Fault::Garbage);
        }
        if !self.started {
            self.started = true;
            let model = chunk["model"].as_str().map(str::to_owned);
            out.push(Event::Started { model });
        }
        if let Some(usage) = usage(&chunk["usage"]) {
            out.push(Event::Usage(usage));
        }
        let details = &chunk["usage"]["completion_tokens_details"];
        let thought = known(details["reasoning_tokens"].as_u64());
        out.extend(thought.map(|tokens| Event::Thought { tokens }));
        // Empty in the chunk that brings the usage.
        let choices = chunk["choices"].as_array();
        for choice in choices.into_iter().flatten() {
            if choice["index"].as_u64().unwrap_or(0) == 0 {
                self.choice(choice, out)?;
            }
        }
        Ok(match self.finish {
            Some(_) => Progress::Finishing,
            None => Progress::Going,
        })
    }

    fn end(&mut self, end: End, out: &mut Vec<Event>) -> Result<(), Fault> {
        let mut reason = match (self.finish.take(), end) {
            (Some(reason), _) => reason,
            (None, End::Mark) => FinishReason::Stop,
            (None, End::Bytes) => return Err(Fault::Cut),
        };
        if self.refused && reason == FinishReason::Stop {
            reason = FinishReason::Refusal;
        }
        self.filter.finish(out);
        out.push(Event::Finished(reason));
        Ok(())
    }
}

/// Recognises an error of vLLM, which has its fields at the top.
fn is_bare_error(chunk: &Value) -> bool {
    chunk["object"] == "error"
}

fn usage(usage: &Value) -> Option<Usage> {
    let input_tokens = known(usage["prompt_tokens"].as_u64());
    let cached = usage["prompt_tokens_details"]["cached_tokens"].as_u64();
    let usage = Usage {
        input_tokens,
        cached_tokens: cached
            .or(usage["prompt_cache_hit_tokens"].as_u64())
            .filter(|_| input_tokens.is_some()),
        output_tokens: known(usage["completion_tokens"].as_u64()),
    };
    (usage != Usage::default()).then_some(usage)
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "stop" | "eos" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "model_length" => FinishReason::ContextFull,
        "content_filter" | "refusal" => FinishReason::Refusal,
        other => FinishReason::Other(other.chars().take(64).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ApiKey, Deadlines};
    use super::*;

    fn provider(base_url: Option<&str>) -> Openai {
        Openai::new(&Endpoint {
            base_url: base_url.map(str::to_owned),
            api_key: Some(ApiKey::new("k")),
            deadlines: Deadlines::default(),
        })
        .expect("a provider")
    }

    fn request(model: &str) -> Request {
        Request {
            model: model.into(),
            system: "Write.".into(),
            user: vec!["Facts. ".into(), "Beat.".into()],
            max_output_tokens: 1_000,
            prompt_tokens: 1,
            context_tokens: 1,
            temperature: Some(0.5),
            seed: Some(7),
            thinking: Default::default(),
            format: None,
            extension: Default::default(),
        }
    }

    #[test]
    fn the_vendor_gets_its_own_parameters() {
        let body = provider(None).attempt(&request(DEFAULT_MODEL)).body;
        assert_eq!(
            body,
            json!({
                "model": "gpt-6.1-terra",
                "stream": true,
                "messages": [
                    {"role": "system", "content": "Write."},
                    {"role": "user", "content": "Facts. Beat."},
                ],
                "max_completion_tokens": 9_192,
                "temperature": 0.5,
                "seed": 7,
                "stream_options": {"include_usage": true},
                "reasoning_effort": "low",
                "prompt_cache_key": cache_key_of(&request("")),
            })
        );
        let older = provider(None).attempt(&request("gpt-4o")).body;
        assert_eq!(older["max_completion_tokens"], 1_000);
        assert_eq!(older.get("reasoning_effort"), None);
    }

    #[test]
    fn other_servers_get_what_all_of_them_know() {
        let attempt = provider(Some("127.0.0.1:8080")).attempt(&request("m"));
        let names: Vec<&str> = attempt
            .body
            .as_object()
            .map(|body| body.keys().map(String::as_str).collect())
            .unwrap_or_default();
        assert_eq!(
            names,
            [
                "model",
                "stream",
                "messages",
                "max_tokens",
                "temperature",
                "seed",
                "stream_options"
            ]
        );
    }

    #[test]
    fn the_limit_has_two_names_and_no_third() {
        let provider = provider(Some("127.0.0.1:8080"));
        let request = request("m");
        assert_eq!(provider.limit_name(&request), "max_tokens");
        provider.refused.insert("m", "max_tokens");
        assert_eq!(provider.limit_name(&request), "max_completion_tokens");
        provider.refused.insert("m", "max_completion_tokens");
        assert_eq!(provider.limit_name(&request), "max_tokens");
    }

    #[test]
    fn reasoning_models_are_known_by_name() {
        for (model, expected) in [
            ("gpt-6.1-terra", true),
            ("gpt-5", true),
            ("o3-mini", true),
            ("gpt-5-chat-latest", false),
            ("chat-latest", false),
            ("gpt-4.1", false),
            ("omni", false),
        ] {
            assert_eq!(is_reasoning_model(model), expected, "{model}");
        }
    }
}
