//! Asks a server for the size of a model's context window.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::http::Http;

/// How long the answer is waited for: nothing hangs on it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The fields of lists of models with the window: llama.cpp (the window in force), vLLM, others.
const OF_LISTS: [&str; 4] = [
    "/meta/n_ctx",
    "/max_model_len",
    "/context_length",
    "/context_window",
];

/// Asks a server that is not the vendor's own for the window of a model, in tokens; `None` where it does
/// not tell.
pub(super) async fn of_server(http: &Http, model: &str) -> Option<u32> {
    if http.server.vendor {
        return None;
    }
    let list = timeout(PATIENCE, http.get("/models")).await.ok()?.ok()?;
    of_list(&list, model)
}

/// Asks Ollama for the largest window that a model can have, in tokens.
pub(super) async fn of_ollama(http: &Http, model: &str) -> Option<u32> {
    let asked = json!({"model": model});
    let asking = http.post_for_json("/api/show", &asked, Instant::now());
    of_details(&timeout(PATIENCE, asking).await.ok()?.ok()?)
}

fn of_list(list: &Value, model: &str) -> Option<u32> {
    let models = list["data"].as_array()?;
    let named = models.iter().find(|it| it["id"] == model);
    // llama.cpp serves one model, whatever name it is asked by.
    let only = models.first().filter(|_| models.len() == 1);
    let told = named.or(only)?;
    OF_LISTS
        .iter()
        .find_map(|place| tokens(told.pointer(place)?))
}

fn of_details(details: &Value) -> Option<u32> {
    let facts = details["model_info"].as_object()?;
    let length = facts
        .iter()
        .find(|(name, _)| name.ends_with(".context_length"));
    tokens(length?.1)
}

fn tokens(value: &Value) -> Option<u32> {
    let tokens = value.as_u64().filter(|tokens| *tokens > 0)?;
    u32::try_from(tokens).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_tell_windows_in_several_ways() {
        let list = |data: Value| json!({"object": "list", "data": data});
        for (list, expected) in [
            (
                list(json!([{"id": "m", "meta": {"n_ctx": 2048, "n_ctx_train": 8192}}])),
                Some(2_048),
            ),
            (
                list(json!([{"id": "/models/x.gguf", "meta": {"n_ctx": 4096}}])),
                Some(4_096),
            ),
            (
                list(json!([{"id": "m", "max_model_len": 32768}, {"id": "n"}])),
                Some(32_768),
            ),
            (
                list(
                    json!([{"id": "n", "context_length": 9}, {"id": "m", "context_length": 8000}]),
                ),
                Some(8_000),
            ),
            (
                list(json!([{"id": "n", "max_model_len": 9}, {"id": "o"}])),
                None,
            ),
            (list(json!([{"id": "m", "meta": null}])), None),
            (list(json!([{"id": "m", "max_model_len": 0}])), None),
            (list(json!([])), None),
            (json!({"models": []}), None),
        ] {
            assert_eq!(of_list(&list, "m"), expected, "{list}");
        }
        let details = json!({"model_info": {"general.architecture": "gemma3", "gemma3.context_length": 131072}});
        assert_eq!(of_details(&details), Some(131_072));
        assert_eq!(of_details(&json!({"model_info": {}})), None);
    }
}
