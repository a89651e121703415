//! The Messages API: Anthropic's own service, and servers that speak its protocol.
//!
//! No assistant prefill (models since Claude 4.6 refuse it), no tools, no sampling
//! parameters but a temperature that the author set.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{Decoder, End, Fault, Progress};
use super::effort;
use super::http::{Failure, Http};
use super::models;
use super::parameters::{RefusedParameters, decimal};
use super::refusal::Refusal;
use super::repeated_text::{SentText, known};
use super::stream::{self, Attempt};
use super::thinking::ThinkFilter;
use super::{
    Endpoint, Event, EventStream, FinishReason, Provider, ProviderError, ProviderKind, Request,
    Usage,
};

/// The current model of the Sonnet class (2026-09-28).
pub const DEFAULT_MODEL: &str = "claude-sonnet-5-5";

/// Most cache marks that one request may have.
const MOST_MARKS: usize = 4;

/// Speaks the Messages API.
pub struct Anthropic {
    http: Http,
    refused: RefusedParameters,
}

impl Anthropic {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ProviderError> {
        Ok(Anthropic {
            http: Http::new(ProviderKind::Anthropic, endpoint)?,
            refused: RefusedParameters::default(),
        })
    }

    fn attempt(&self, request: &Request) -> Attempt {
        let mut optional = Vec::new();
        let mut offer = |name: &'static str, wanted: bool| {
            let sent = wanted && !self.refused.contains(&request.model, name);
            if sent {
                optional.push(name);
            }
            sent
        };
        let temperature = offer("temperature", request.temperature.is_some());
        let vendor = self.http.server.vendor;
        let words = effort::of_anthropic(&request.model, vendor, request.thinking, &self.refused);
        if let Some((name, _)) = &words.thinking {
            offer(name, true);
        }
        let marks = offer("cache_control", true);
        let format = offer("output_config", request.format.is_some());
        offer("effort", words.effort.is_some());

        let mut body = json!({
            "model": request.model,
            "max_tokens": request.max_output_tokens,
            "stream": true,
        });
        if words.thinks {
            // Models that think count both against one limit.
            let room = request.thinking.room();
            body["max_tokens"] = json!(request.max_output_tokens.saturating_add(room));
        }
        if !request.system.trim().is_empty() {
            body["system"] = if marks {
                json!([marked(&request.system)])
            } else {
                json!(request.system)
            };
        }
        let content = if marks {
            marked_parts(&request.user)
        } else {
            json!(request.user.concat())
        };
        body["messages"] = json!([{"role": "user", "content": content}]);
        if temperature {
            body["temperature"] = json!(request.temperature.map(decimal));
        }
        if let Some(shape) = request.format.as_ref().filter(|_| format) {
            body["output_config"]["format"] =
                json!({"type": "json_schema", "schema": *shape.schema});
        }
        if let Some(effort) = words.effort {
            body["output_config"]["effort"] = json!(effort);
        }
        if let Some((_, thinking)) = words.thinking {
            body["thinking"] = thinking;
        }
        Attempt {
            path: "/messages",
            body,
            optional,
        }
    }
}

fn marked(text: &str) -> Value {
    json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}})
}

/// Returns the user message as blocks, each stable one marked as the end of a prefix to cache. The last part
/// changes with every call and gets no mark.
fn marked_parts(parts: &[String]) -> Value {
    // A block must hold more than white space: such a part joins the one before or after.
    let mut blocks: Vec<String> = Vec::new();
    for part in parts {
        match blocks.last_mut() {
            Some(last) if part.trim().is_empty() || last.trim().is_empty() => last.push_str(part),
            _ => blocks.push(part.clone()),
        }
    }
    let stable = blocks.len().saturating_sub(1).min(MOST_MARKS - 1);
    blocks
        .iter()
        .enumerate()
        .map(|(index, text)| {
            if index < stable {
                marked(text)
            } else {
                json!({"type": "text", "text": text})
            }
        })
        .collect()
}

#[async_trait::async_trait]
impl Provider for Anthropic {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Anthropic
    }

    fn ready(&self) -> Result<(), ProviderError> {
        self.http.require_key()
    }

    async fn complete(&self, request: Request) -> Result<EventStream, ProviderError> {
        let own_host = self.http.server.vendor;
        stream::complete(
            &self.http,
            &self.refused,
            Arc::new(request),
            |request| self.attempt(request),
            |request| Messages::new((!own_host).then(|| ThinkFilter::new(&request.model))),
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
        match self.http.get("/models?limit=1").await {
            Ok(_) if self.http.server.has_key => Ok(format!("{name} answers and takes the key.")),
            Ok(_) => Ok(format!("{name} answers.")),
            // A server that speaks the protocol without listing its models.
            Err(Failure::Refused(refusal)) if refusal.is_no_such_path() => {
                Ok(format!("{name} answers; it does not list its models."))
            }
            Err(failure) => Err(self.http.error(failure)),
        }
    }
}

/// Reads the events of one message.
pub(super) struct Messages {
    /// For servers that may pass a local model's tags through.
    filter: Option<ThinkFilter>,
    sent: SentText,
    started: bool,
    input: Input,
    finish: Option<FinishReason>,
}

/// The three counters that make up the prompt; later events repeat them or leave them out.
#[derive(Default)]
struct Input {
    uncached: Option<u64>,
    read: Option<u64>,
    written: Option<u64>,
}

impl Messages {
    pub fn new(filter: Option<ThinkFilter>) -> Self {
        Messages {
            filter,
            sent: SentText::default(),
            started: false,
            input: Input::default(),
            finish: None,
        }
    }

    /// Gives out the text of a delta.
    fn text(&mut self, text: &Value, out: &mut Vec<Event>) {
        let had_text = !self.sent.is_empty();
        let text = text.as_str().unwrap_or_default();
        let fresh = self.sent.delta(text, self.finish.is_some());
        self.push(fresh, out);
        if !had_text && !self.sent.is_empty() {
            // What ended before was the thinking.
            self.finish = None;
        }
    }

    /// Reads a message that is there as a whole: an answer that is no stream, or one that is repeated at its
    /// end.
    fn whole(&mut self, message: &Value, out: &mut Vec<Event>) {
        let blocks = message["content"].as_array().into_iter().flatten();
        let mut text = String::new();
        for block in blocks {
            match block["type"].as_str() {
                Some("text") => text.push_str(block["text"].as_str().unwrap_or_default()),
                Some("thinking") if self.sent.is_empty() => self.thinking(&block["thinking"], out),
                _ => {}
            }
        }
        let fresh = self.sent.whole(&text);
        self.push(fresh, out);
        if let Some(reason) = message["stop_reason"].as_str() {
            self.finish = Some(finish_reason(reason));
        }
    }

    fn push(&mut self, text: &str, out: &mut Vec<Event>) {
        match &mut self.filter {
            _ if text.is_empty() => {}
            Some(filter) => filter.push(text, out),
            None => out.push(Event::Text(text.to_owned())),
        }
    }

    fn thinking(&mut self, thinking: &Value, out: &mut Vec<Event>) {
        let characters = thinking.as_str().unwrap_or_default().chars().count();
        if characters > 0 {
            if let Some(filter) = &mut self.filter {
                filter.server_separates(out);
            }
            out.push(Event::Reasoning { characters });
        }
    }

    fn delta(&mut self, delta: &Value, out: &mut Vec<Event>) {
        match delta["type"].as_str() {
            Some("text_delta") => self.text(&delta["text"], out),
            Some("thinking_delta") => self.thinking(&delta["thinking"], out),
            // Signatures of thinking, tool input, citations: not for us.
            _ => {}
        }
    }

    fn usage(&mut self, usage: &Value, out: &mut Vec<Event>) {
        let number = |name: &str| usage.get(name).and_then(Value::as_u64);
        let thought = known(usage["output_tokens_details"]["thinking_tokens"].as_u64());
        // Proxies that do not know yet, or no more, say 0: it takes back nothing that was told.
        let later = |name: &str, before: Option<u64>| {
            let told = number(name);
            known(told).or(before).or(told)
        };
        let input = &mut self.input;
        input.uncached = later("input_tokens", input.uncached);
        input.read = later("cache_read_input_tokens", input.read);
        input.written = later("cache_creation_input_tokens", input.written);
        let parts = [input.uncached, input.read, input.written];
        let sum = parts.iter().flatten().copied().reduce(u64::saturating_add);
        let input_tokens = known(sum);
        let usage = Usage {
            input_tokens,
            cached_tokens: input.read.filter(|_| input_tokens.is_some()),
            output_tokens: known(number("output_tokens")),
        };
        if usage != Usage::default() {
            out.push(Event::Usage(usage));
        }
        out.extend(thought.map(|tokens| Event::Thought { tokens }));
    }
}

impl Decoder for Messages {
    fn take(&mut self, event: &Value, out: &mut Vec<Event>) -> Result<Progress, Fault> {
        let kind = event["type"].as_str().unwrap_or_default();
        if kind == "error" || Refusal::is_in(event) {
            return Err(Fault::refused(event));
        }
        if kind.is_empty() {
            return Err(Fault::Garbage);
        }
        if !self.started && kind != "ping" {
            self.started = true;
            let model = event["message"]["model"].as_str();
            let model = model.or(event["model"].as_str()).map(str::to_owned);
            out.push(Event::Started { model });
        }
        match kind {
            "message_start" => self.usage(&event["message"]["usage"], out),
            "content_block_start" => self.text(&event["content_block"]["text"], out),
            "content_block_delta" => self.delta(&event["delta"], out),
            "message_delta" => {
                if let Some(reason) = event["delta"]["stop_reason"].as_str() {
                    self.finish = Some(finish_reason(reason));
                }
                self.usage(&event["usage"], out);
            }
            "message_stop" => {
                self.whole(&event["message"], out);
                return self.end(End::Mark, out).map(|()| Progress::Done);
            }
            "message" => {
                self.whole(event, out);
                self.usage(&event["usage"], out);
                return self.end(End::Mark, out).map(|()| Progress::Done);
            }
            // Pings, and whatever is added later: the versioning policy asks to pass over it.
            _ => {}
        }
        Ok(match self.finish {
            Some(_) => Progress::Finishing,
            None => Progress::Going,
        })
    }

    fn end(&mut self, end: End, out: &mut Vec<Event>) -> Result<(), Fault> {
        let reason = match (self.finish.take(), end) {
            (Some(reason), _) => reason,
            (None, End::Mark) => FinishReason::Stop,
            (None, End::Bytes) => return Err(Fault::Cut),
        };
        if let Some(filter) = &mut self.filter {
            filter.finish(out);
        }
        out.push(Event::Finished(reason));
        Ok(())
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" => FinishReason::Length,
        "model_context_window_exceeded" => FinishReason::ContextFull,
        "refusal" => FinishReason::Refusal,
        other => FinishReason::Other(other.chars().take(64).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ApiKey, Deadlines};
    use super::*;

    fn provider(base_url: Option<&str>) -> Anthropic {
        Anthropic::new(&Endpoint {
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
            user: ["Facts", "Cast", "\n", "Summaries", "Beat"]
                .map(String::from)
                .into(),
            max_output_tokens: 1_000,
            prompt_tokens: 1,
            context_tokens: 1,
            temperature: Some(0.5),
            seed: Some(1),
            thinking: Default::default(),
            format: None,
            extension: Default::default(),
        }
    }

    #[test]
    fn the_vendor_gets_cache_marks_and_room_for_thinking() {
        let body = provider(None).attempt(&request(DEFAULT_MODEL)).body;
        let mark = json!({"type": "ephemeral"});
        assert_eq!(
            body,
            json!({
                "model": "claude-sonnet-5-5",
                "max_tokens": 9_192,
                "stream": true,
                "system": [{"type": "text", "text": "Write.", "cache_control": mark}],
                "messages": [{"role": "user", "content": [
                    {"type": "text", "text": "Facts", "cache_control": mark},
                    {"type": "text", "text": "Cast\n", "cache_control": mark},
                    {"type": "text", "text": "Summaries", "cache_control": mark},
                    {"type": "text", "text": "Beat"},
                ]}],
                "temperature": 0.5,
                "thinking": {"type": "adaptive", "display": "summarized"},
            })
        );
    }

    #[test]
    fn other_servers_and_older_models_get_less() {
        let older = provider(None).attempt(&request("claude-haiku-4-5")).body;
        assert_eq!(older["max_tokens"], 1_000);
        assert_eq!(older.get("thinking"), None);

        let local = provider(Some("127.0.0.1:8080"))
            .attempt(&request(DEFAULT_MODEL))
            .body;
        assert_eq!(local["system"][0]["text"], "Write.");
        assert_eq!(local.get("thinking"), None);
    }

    #[test]
    fn what_a_model_refused_is_not_sent_to_it_again() {
        let provider = provider(None);
        provider.refused.insert(DEFAULT_MODEL, "temperature");
        provider.refused.insert(DEFAULT_MODEL, "cache_control");
        let attempt = provider.attempt(&request(DEFAULT_MODEL));
        assert_eq!(attempt.optional, ["thinking"]);
        assert_eq!(attempt.body.get("temperature"), None);
        assert!(!attempt.body.to_string().contains("cache_control"));
        let other = provider.attempt(&request("claude-opus-5-5"));
        assert_eq!(other.optional, ["temperature", "thinking", "cache_control"]);
    }
}
