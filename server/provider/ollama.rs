//! Speaks Ollama's native API, so that the size of the context window can be asked for and a prompt that was
//! cut is noticed. (Its OpenAI-compatible endpoint can do neither.)

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{Decoder, End, Fault, Progress};
use super::effort;
use super::http::Http;
use super::openai::REASONING;
use super::parameters::{RefusedParameters, decimal};
use super::refusal::Refusal;
use super::repeated_text::{SentText, known};
use super::stream::{self, Attempt};
use super::thinking::ThinkFilter;
use super::{
    Endpoint, Event, EventStream, FinishReason, Provider, ProviderError, ProviderErrorKind,
    ProviderKind, Request, Usage,
};

/// The window is asked for in steps of this many tokens: another size makes Ollama load the
/// model anew, which a few tokens more or less must not.
const WINDOW_STEP: u32 = 4_096;

/// A token has fewer characters than this on average in any language (in English it has the most, 4.6; in bytes
/// Tamil has twelve); a prompt of which fewer tokens were read than this gives has been cut.
const MOST_CHARACTERS_A_TOKEN: usize = 8;

/// Speaks Ollama's API.
pub struct Ollama {
    http: Http,
    refused: RefusedParameters,
}

impl Ollama {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ProviderError> {
        Ok(Ollama {
            http: Http::new(ProviderKind::Ollama, endpoint)?,
            refused: RefusedParameters::default(),
        })
    }

    async fn installed(&self) -> Result<Vec<Installed>, ProviderError> {
        let list = self.http.get("/api/tags").await;
        let list = list.map_err(|failure| self.http.error(failure))?;
        installed(&list).ok_or_else(|| self.http.protocol_error("no list of models"))
    }
}

/// Reads `/api/tags`; `None` where it is no list of models.
fn installed(list: &Value) -> Option<Vec<Installed>> {
    let models = list["models"].as_array()?;
    Some(models.iter().filter_map(Installed::read).collect())
}

/// Reads the names of the models that can write out of `/api/tags`; `None` where it is no list of models.
pub(super) fn newest_first(list: &Value) -> Option<Vec<String>> {
    let mut models = installed(list)?;
    models.sort_by_key(|model| std::cmp::Reverse(model.modified));
    Some(models.into_iter().map(|model| model.name).collect())
}

/// A model of `/api/tags` that can write.
struct Installed {
    name: String,
    modified: jiff::Timestamp,
}

impl Installed {
    fn read(model: &Value) -> Option<Self> {
        let name = model["name"].as_str().or(model["model"].as_str())?;
        let family = model["details"]["family"].as_str().unwrap_or_default();
        if name.contains("embed") || family.contains("bert") {
            return None;
        }
        let modified = model["modified_at"]
            .as_str()
            .and_then(|date| date.parse().ok())
            .unwrap_or(jiff::Timestamp::MIN);
        Some(Installed {
            name: name.to_owned(),
            modified,
        })
    }
}

fn attempt(request: &Request, refused: &RefusedParameters) -> Attempt {
    let mut messages = Vec::new();
    if !request.system.trim().is_empty() {
        messages.push(json!({"role": "system", "content": request.system}));
    }
    messages.push(json!({"role": "user", "content": request.user.concat()}));
    let mut options = json!({
        "num_ctx": window(request),
        "num_predict": request.max_output_tokens,
    });
    if let Some(temperature) = request.temperature {
        options["temperature"] = json!(decimal(temperature));
    }
    if let Some(seed) = request.seed {
        options["seed"] = json!(seed);
    }
    let mut body = json!({
        "model": request.model,
        "messages": messages,
        "stream": true,
        // A prompt that does not fit is an error rather than a story without its facts, and
        // a full window an end rather than a forgotten beginning. Versions that do not know
        // the two ignore them.
        "truncate": false,
        "shift": false,
        "options": options,
    });
    let mut optional = Vec::new();
    if let Some((name, think)) = effort::of_ollama(&request.model, request.thinking, refused) {
        body["think"] = think;
        optional.push(name);
    }
    if let Some(shape) = &request.format
        && !refused.contains(&request.model, "format")
    {
        body["format"] = json!(*shape.schema);
        optional.push("format");
    }
    Attempt {
        path: "/api/chat",
        body,
        optional,
    }
}

fn window(request: &Request) -> u32 {
    let needed = request.context_tokens.max(1);
    needed.div_ceil(WINDOW_STEP).saturating_mul(WINDOW_STEP)
}

#[async_trait::async_trait]
impl Provider for Ollama {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Ollama
    }

    async fn complete(&self, request: Request) -> Result<EventStream, ProviderError> {
        stream::complete(
            &self.http,
            &self.refused,
            Arc::new(request),
            |request| attempt(request, &self.refused),
            Lines::new,
        )
        .await
    }

    async fn default_model(&self) -> Result<String, ProviderError> {
        let newest = self
            .installed()
            .await?
            .into_iter()
            .max_by_key(|model| model.modified);
        newest.map(|model| model.name).ok_or_else(|| {
            ProviderError::new(
                ProviderErrorKind::UnknownModel,
                format!(
                    "{} has no model. Fetch one with `ollama pull`, or set `model`.",
                    self.http.server.name()
                ),
            )
        })
    }

    async fn window(&self, model: &str) -> Option<u32> {
        super::window::of_ollama(&self.http, model).await
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        let name = self.http.server.name();
        Ok(match self.installed().await?.len() {
            0 => format!("{name} answers; it has no model yet (`ollama pull` fetches one)."),
            1 => format!("{name} answers; it has 1 model."),
            many => format!("{name} answers; it has {many} models."),
        })
    }
}

/// Reads the lines of one completion.
pub(super) struct Lines {
    filter: ThinkFilter,
    sent: SentText,
    started: bool,
    window: u64,
    /// Most tokens that the answer was to have.
    limit: u64,
    prompt_characters: usize,
}

impl Lines {
    pub fn new(request: &Request) -> Self {
        let texts = request.user.iter().chain([&request.system]);
        Lines {
            filter: ThinkFilter::new(&request.model),
            sent: SentText::default(),
            started: false,
            window: window(request).into(),
            limit: request.max_output_tokens.into(),
            prompt_characters: texts.map(|text| text.chars().count()).sum(),
        }
    }

    fn message(&mut self, message: &Value, is_last: bool, out: &mut Vec<Event>) {
        let thinking = REASONING
            .iter()
            .find_map(|name| message[*name].as_str().filter(|text| !text.is_empty()));
        if let Some(thinking) = thinking {
            self.filter.server_separates(out);
            out.push(Event::Reasoning {
                characters: thinking.chars().count(),
            });
        }
        let text = message["content"].as_str().unwrap_or_default();
        let fresh = self.sent.delta(text, is_last);
        if !fresh.is_empty() {
            self.filter.push(fresh, out);
        }
    }

    fn last(&mut self, line: &Value, out: &mut Vec<Event>) {
        self.filter.finish(out);
        let usage = Usage {
            input_tokens: known(line["prompt_eval_count"].as_u64()),
            cached_tokens: None,
            output_tokens: known(line["eval_count"].as_u64()),
        };
        if usage != Usage::default() {
            out.push(Event::Usage(usage));
        }
        out.extend(self.cut_prompt(usage.input_tokens).map(Event::Notice));
        out.push(Event::Finished(self.reason(line, usage)));
    }

    fn reason(&self, line: &Value, usage: Usage) -> FinishReason {
        let written = usage.output_tokens.unwrap_or(0);
        let used = usage.input_tokens.unwrap_or(0).saturating_add(written);
        match line["done_reason"].as_str() {
            // Proxies say that of every answer.
            None | Some("stop" | "") if written >= self.limit => FinishReason::Length,
            None | Some("stop" | "") => FinishReason::Stop,
            Some("length") if used >= self.window => FinishReason::ContextFull,
            Some("length") => FinishReason::Length,
            // `load` and `unload` answer an empty prompt.
            Some(other) => FinishReason::Other(other.chars().take(64).collect()),
        }
    }

    /// Says to the author if fewer tokens were read than the prompt must have.
    fn cut_prompt(&self, read: Option<u64>) -> Option<String> {
        let read = read.filter(|read| *read > 0)?;
        let least = (self.prompt_characters / MOST_CHARACTERS_A_TOKEN) as u64;
        (read < least || read >= self.window).then(|| {
            format!(
                "Ollama read only {read} tokens of the prompt: it was cut to fit the model's \
                 window, so the model may not have seen the facts. Lower context_tokens, or \
                 use a model with a larger window."
            )
        })
    }
}

impl Decoder for Lines {
    fn take(&mut self, line: &Value, out: &mut Vec<Event>) -> Result<Progress, Fault> {
        let is_last = line["done"].as_bool() == Some(true);
        let has_failed = Refusal::is_in(line) || (is_last && line["done_reason"] == "error");
        let of_the_protocol = ["message", "done", "model"];
        if !has_failed && of_the_protocol.iter().all(|name| line.get(name).is_none()) {
            return Err(Fault::Garbage);
        }
        if !self.started && !has_failed {
            self.started = true;
            let model = line["model"].as_str().map(str::to_owned);
            out.push(Event::Started { model });
        }
        self.message(&line["message"], is_last, out);
        if has_failed {
            return Err(Fault::refused(&json!({"error": line["error"]})));
        }
        if is_last {
            self.last(line, out);
            return Ok(Progress::Done);
        }
        Ok(Progress::Going)
    }

    fn end(&mut self, end: End, out: &mut Vec<Event>) -> Result<(), Fault> {
        if end == End::Bytes {
            return Err(Fault::Cut);
        }
        self.last(&Value::Null, out);
        Ok(())
    }
}
