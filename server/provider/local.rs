//! Finds model servers on this machine: what answers on loopback, and with which models.
//!
//! Looking changes nothing and tells nothing: only 127.0.0.1 is asked, only for lists of models, only
//! with GET, and no key is sent. Nothing that is found is used by itself.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use tokio::time::timeout;

use super::http::{Failure, Http};
use super::refusal::Refusal;
use super::server::is_invisible;
use super::{Deadlines, Endpoint, ProviderKind, models, ollama};

/// The ports of model servers for local use, with their programs.
pub const USUAL_PORTS: [(u16, &str); 7] = [
    (11434, "Ollama"),
    (1234, "LM Studio"),
    (8080, "llama.cpp"),
    (5001, "KoboldCpp"),
    (1337, "Jan"),
    (8000, "vLLM"),
    (5000, "text-generation-webui"),
];

/// How long a connection on loopback is waited for. (A closed port of Windows takes two seconds to say so.)
const CONNECT: Duration = Duration::from_millis(300);

/// How long a port may take in all.
const PATIENCE: Duration = Duration::from_secs(1);

/// Most models of one server, and most bytes of a name: what is longer is no name.
const MOST_MODELS: usize = 100;
const LONGEST_NAME: usize = 200;

/// A model server that answers on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalServer {
    pub port: u16,
    /// The protocol that it speaks.
    pub kind: ProviderKind,
    pub state: LocalState,
}

/// The answer of a server on this machine that was asked for its models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalState {
    /// The models that can write, the one to use first; none where none is loaded.
    Ready(Vec<String>),
    NeedsKey,
    /// The server loads a model.
    Loading,
}

impl LocalServer {
    /// Names the program that listens on its port unless told otherwise.
    pub fn usual(&self) -> Option<&'static str> {
        usual(self.port)
    }
}

fn usual(port: u16) -> Option<&'static str> {
    let known = USUAL_PORTS.iter().find(|(known, _)| *known == port);
    known.map(|(_, name)| *name)
}

/// Asks all these ports of 127.0.0.1 at the same time, for at most a second. What is no model server is left
/// out; the others come in the order of their ports.
pub async fn look(ports: &[u16]) -> Vec<LocalServer> {
    let looking = ports.iter().map(|port| timeout(PATIENCE, ask(*port)));
    let found = join_all(looking).await;
    found
        .into_iter()
        .filter_map(|found| found.ok().flatten())
        .collect()
}

async fn ask(port: u16) -> Option<LocalServer> {
    // Several servers imitate Ollama's lists beside their own protocol.
    let kinds = match usual(port) {
        Some("Ollama") | None => [ProviderKind::Ollama, ProviderKind::Openai],
        Some(_) => [ProviderKind::Openai, ProviderKind::Ollama],
    };
    for kind in kinds {
        if let Some(state) = ask_as(kind, port).await {
            return Some(LocalServer { port, kind, state });
        }
    }
    None
}

async fn ask_as(kind: ProviderKind, port: u16) -> Option<LocalState> {
    let endpoint = Endpoint {
        base_url: Some(format!("http://127.0.0.1:{port}")),
        api_key: None,
        deadlines: Deadlines {
            connect: CONNECT,
            ..Deadlines::default()
        },
    };
    let http = Http::new(kind, &endpoint).ok()?;
    let path = match kind {
        ProviderKind::Ollama => "/api/tags",
        _ => "/models",
    };
    match http.get(path).await {
        Ok(list) => names(kind, &list).map(LocalState::Ready),
        Err(Failure::Refused(refusal)) if kind == ProviderKind::Openai => refused(&refusal),
        Err(_) => None,
    }
}

/// Lists the models of an answer; `None` where it is no list of models.
fn names(kind: ProviderKind, list: &Value) -> Option<Vec<String>> {
    let names = match kind {
        // llama.cpp answers with both lists, and does not speak the rest of the protocol.
        ProviderKind::Ollama if list.get("data").is_some() => None,
        ProviderKind::Ollama => ollama::newest_first(list),
        _ => models::of_list(list).map(|names| names.filter(|it| models::can_write(it)).collect()),
    };
    let mut names = names?;
    names.retain(|name: &String| !name.is_empty() && name.len() <= LONGEST_NAME);
    names.truncate(MOST_MODELS);
    Some(names)
}

fn refused(refusal: &Refusal) -> Option<LocalState> {
    match refusal.status? {
        401 => Some(LocalState::NeedsKey),
        503 if refusal.message.to_lowercase().contains("loading") => Some(LocalState::Loading),
        _ => None,
    }
}

/// Escapes the characters of a server's name for a model that would not be seen.
pub fn visible(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        match c.is_control() || is_invisible(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_of_models_are_told_from_all_else() {
        use ProviderKind::{Ollama, Openai};
        let named = |id: &str| json!({"object": "list", "data": [{"id": id}]});
        for (kind, list, expected) in [
            (Openai, named("a"), Some(vec!["a"])),
            (
                Openai,
                json!({"data": [{"id": "a"}, {"id": "text-EMBED-b"}, {"id": "c"}]}),
                Some(vec!["a", "c"]),
            ),
            (Openai, named(&"n".repeat(201)), Some(vec![])),
            (Openai, json!({"object": "list", "data": []}), Some(vec![])),
            (Openai, json!({"data": []}), None),
            (Openai, json!({"data": [{"id": 7}]}), None),
            (Openai, json!({"data": "x"}), None),
            (Openai, json!(["a"]), None),
            (
                Ollama,
                json!({"models": [
                    {"name": "old", "modified_at": "2026-01-02T03:04:05Z"},
                    {"name": "new", "modified_at": "2026-10-02T03:04:05Z"},
                    {"name": "nomic-embed-text"},
                ]}),
                Some(vec!["new", "old"]),
            ),
            (Ollama, json!({"models": []}), Some(vec![])),
            (Ollama, json!({"models": [{"name": "a"}], "data": []}), None),
            (Ollama, json!({"models": {}}), None),
        ] {
            let expected =
                expected.map(|names: Vec<&str>| names.into_iter().map(str::to_owned).collect());
            assert_eq!(names(kind, &list), expected, "{list}");
        }
        let many: Vec<Value> = (0..1000).map(|n| json!({"id": n.to_string()})).collect();
        let kept = names(Openai, &json!({"data": many})).map(|names| names.len());
        assert_eq!(kept, Some(MOST_MODELS));
    }

    #[test]
    fn a_name_is_shown_as_it_is() {
        assert_eq!(visible("gemma-3 (模型)"), "gemma-3 (模型)");
        assert_eq!(visible("a\u{1b}[2J\nb\u{202e}"), "a\\u{1b}[2J\\nb\\u{202e}");
    }
}
