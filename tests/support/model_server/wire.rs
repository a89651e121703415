//! How a completion looks in each protocol.

use serde_json::{Value, json};

use super::{Finish, Protocol, Recorded};

/// How a completion looks in a protocol.
pub(super) struct Wire<'a> {
    pub protocol: Protocol,
    pub request: &'a Recorded,
    /// As the server calls it.
    pub model: &'a str,
}

/// Of the prompt, of them from a cache, and of the completion.
pub(super) type Tokens = (u64, u64, u64);

impl Wire<'_> {
    pub fn content_type(&self) -> &'static str {
        match self.protocol {
            Protocol::Ollama => "application/x-ndjson",
            _ => "text/event-stream",
        }
    }

    pub fn event(&self, name: &str, data: &str) -> String {
        match self.protocol {
            Protocol::Anthropic => format!("event: {name}\ndata: {data}\n\n"),
            Protocol::Openai => format!("data: {data}\n\n"),
            Protocol::Ollama => format!("{data}\n"),
        }
    }

    fn anthropic(&self, event: Value) -> String {
        let name = event["type"].as_str().unwrap_or_default().to_owned();
        self.event(&name, &event.to_string())
    }

    fn openai(&self, delta: Value, finish: Value) -> String {
        let chunk = json!({
            "id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_795_334_482,
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        self.event("", &chunk.to_string())
    }

    fn ollama(&self, message: Value) -> String {
        let line = json!({
            "model": self.model, "created_at": "2026-11-22T12:00:00Z",
            "message": message, "done": false,
        });
        self.event("", &line.to_string())
    }

    pub fn start(&self, (input, cached, output): Tokens) -> String {
        match self.protocol {
            Protocol::Anthropic => {
                let usage = json!({
                    "input_tokens": input - cached, "cache_read_input_tokens": cached,
                    "cache_creation_input_tokens": 0, "output_tokens": output.min(1),
                });
                let message = json!({
                    "id": "msg_scripted", "type": "message", "role": "assistant", "content": [],
                    "model": self.model, "stop_reason": null, "usage": usage,
                });
                self.anthropic(json!({"type": "message_start", "message": message}))
                    + &self.anthropic(json!({"type": "ping"}))
                    + &self.anthropic(json!({
                        "type": "content_block_start", "index": 0,
                        "content_block": {"type": "text", "text": ""},
                    }))
            }
            Protocol::Openai => {
                self.openai(json!({"role": "assistant", "content": null}), Value::Null)
            }
            Protocol::Ollama => String::new(),
        }
    }

    pub fn text(&self, text: &str) -> String {
        match self.protocol {
            Protocol::Anthropic => self.anthropic(json!({
                "type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": text},
            })),
            Protocol::Openai => self.openai(json!({"content": text}), Value::Null),
            Protocol::Ollama => self.ollama(json!({"role": "assistant", "content": text})),
        }
    }

    pub fn reasoning(&self, text: &str) -> String {
        match self.protocol {
            Protocol::Anthropic => self.anthropic(json!({
                "type": "content_block_delta", "index": 0,
                "delta": {"type": "thinking_delta", "thinking": text},
            })),
            Protocol::Openai => self.openai(json!({"reasoning_content": text}), Value::Null),
            Protocol::Ollama => {
                self.ollama(json!({"role": "assistant", "content": "", "thinking": text}))
            }
        }
    }

    pub fn end(&self, finish: &Finish, tokens: Tokens, end_mark: bool) -> String {
        let reason = self.reason(finish);
        let (input, cached, output) = tokens;
        match self.protocol {
            Protocol::Anthropic => {
                let mut end = self.anthropic(json!({"type": "content_block_stop", "index": 0}))
                    + &self.anthropic(json!({
                        "type": "message_delta",
                        "delta": {"stop_reason": reason, "stop_sequence": null},
                        "usage": {"output_tokens": output},
                    }));
                if end_mark {
                    end += &self.anthropic(json!({"type": "message_stop"}));
                }
                end
            }
            Protocol::Openai => {
                let mut end = self.openai(json!({}), json!(reason));
                if self.request.body["stream_options"]["include_usage"] == json!(true) {
                    let usage = json!({
                        "prompt_tokens": input, "completion_tokens": output,
                        "total_tokens": input + output,
                        "prompt_tokens_details": {"cached_tokens": cached},
                    });
                    let chunk = json!({
                        "id": "chatcmpl-scripted", "object": "chat.completion.chunk",
                        "model": self.model, "choices": [], "usage": usage,
                    });
                    end += &self.event("", &chunk.to_string());
                }
                if end_mark {
                    end += &self.event("", "[DONE]");
                }
                end
            }
            Protocol::Ollama => {
                let line = json!({
                    "model": self.model, "created_at": "2026-11-22T12:00:00Z",
                    "message": {"role": "assistant", "content": ""}, "done": end_mark,
                    "done_reason": reason, "prompt_eval_count": input, "eval_count": output,
                });
                self.event("", &line.to_string())
            }
        }
    }

    fn reason(&self, finish: &Finish) -> String {
        let [anthropic, openai, ollama] = match finish {
            Finish::Stop => ["end_turn", "stop", "stop"],
            Finish::Length => ["max_tokens", "length", "length"],
            Finish::Refusal => ["refusal", "content_filter", "refusal"],
            Finish::ContextFull => ["model_context_window_exceeded", "model_length", "length"],
            Finish::Other(other) => [other.as_str(); 3],
        };
        let reason = match self.protocol {
            Protocol::Anthropic => anthropic,
            Protocol::Openai => openai,
            Protocol::Ollama => ollama,
        };
        reason.to_owned()
    }

    pub fn overloaded(&self) -> String {
        let error = json!({"type": "overloaded_error", "message": "Overloaded"});
        match self.protocol {
            Protocol::Anthropic => self.anthropic(json!({"type": "error", "error": error})),
            Protocol::Openai => self.event("", &json!({"error": error}).to_string()),
            Protocol::Ollama => {
                self.event("", r#"{"error": "model runner has unexpectedly stopped"}"#)
            }
        }
    }
}
