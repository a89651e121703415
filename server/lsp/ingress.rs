//! Sees every message of the client first, in the order of the wire.
//!
//! Documents are changed here, synchronously: after an await, handlers run out of order. A
//! panic in a handler becomes an error answer instead of the end of the process.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::lsp_types::{Position, Url};
use tower_service::Service;

use super::position;
use super::requests::document_sync;
use super::state::State;

/// Wraps the protocol's service.
pub struct Ingress<S> {
    inner: S,
    state: Arc<State>,
}

impl<S> Ingress<S> {
    pub fn new(inner: S, state: Arc<State>) -> Ingress<S> {
        Ingress { inner, state }
    }

    /// Does what has to happen before any later message is looked at.
    fn note(&self, request: &Request) {
        let Some(params) = request.params() else {
            match request.method() {
                "shutdown" => self.state.lifecycle.note_shutdown(),
                "exit" => self.state.lifecycle.note_exit(),
                _ => {}
            }
            return;
        };
        self.note_touch(request.method(), params);
        let state = &self.state;
        match request.method() {
            "initialize" => state.note_capabilities(params),
            "shutdown" => state.lifecycle.note_shutdown(),
            "exit" => state.lifecycle.note_exit(),
            "textDocument/didOpen" => pass(state, params, document_sync::did_open),
            "textDocument/didChange" => pass(state, params, document_sync::did_change),
            "textDocument/didSave" => pass(state, params, document_sync::did_save),
            "textDocument/didClose" => pass(state, params, document_sync::did_close),
            _ => {}
        }
    }

    /// Notes what the client touched last: commands without arguments act on it.
    fn note_touch(&self, method: &str, params: &Value) {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let Some(url) = uri.and_then(|uri| Url::parse(uri).ok()) else {
            return;
        };
        let place = match method {
            "textDocument/didChange" if self.state.is_echo(&url) => return,
            // Neither a tab that goes away nor one of many that are saved is where the author is.
            "textDocument/didClose" | "textDocument/didSave" => return,
            // What editors ask by themselves, of every document that is in sight.
            "textDocument/codeLens"
            | "textDocument/diagnostic"
            | "textDocument/documentLink"
            | "textDocument/documentSymbol"
            | "textDocument/foldingRange"
            | "textDocument/inlayHint"
            | "textDocument/inlineCompletion"
            | "textDocument/semanticTokens/full"
            | "textDocument/semanticTokens/range" => return,
            "textDocument/codeAction" => params.pointer("/range/start"),
            "textDocument/didChange" => {
                let change = params.pointer("/contentChanges/0").and_then(read);
                let encoding = self.state.documents.encoding();
                let end = change.and_then(|change| position::end_of_change(&change, encoding));
                return self.state.touch(url, end);
            }
            _ => params.pointer("/position"),
        };
        self.state.touch(url, place.and_then(read::<Position>));
    }
}

/// Hands the parameters of a notification to what follows it; what can't be read is passed over.
fn pass<P: DeserializeOwned>(state: &Arc<State>, params: &Value, handle: fn(&Arc<State>, P)) {
    if let Some(params) = read(params) {
        handle(state, params);
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

impl<S> Service<Request> for Ingress<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Option<Response>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let id = request.id().cloned();
        let method = request.method().to_owned();
        if let Some(id) = id.clone().filter(|_| method.starts_with("$/")) {
            // The library takes whatever is called so for a notification.
            let answer = Response::from_error(id, Error::method_not_found());
            return futures::future::ready(Ok(Some(answer))).boxed();
        }
        let called = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.note(&request);
            self.inner.call(request)
        }));
        let Ok(future) = called else {
            return futures::future::ready(Ok(answer_panic(id, &method))).boxed();
        };
        let state = Arc::clone(&self.state);
        async move {
            match AssertUnwindSafe(future).catch_unwind().await {
                Ok(response) if method == "initialize" => {
                    Ok(response?.map(|it| announced(&state, it)))
                }
                Ok(response) => response,
                Err(_) => Ok(answer_panic(id, &method)),
            }
        }
        .boxed()
    }
}

/// Adds to the answer to `initialize` what the protocol library has no words for.
fn announced(state: &State, response: Response) -> Response {
    let (id, mut body) = response.into_parts();
    if let Ok(answer) = &mut body {
        state.newer_capabilities().announce(answer);
    }
    Response::from_parts(id, body)
}

/// Answers a request whose handler panicked; a notification gets no answer.
fn answer_panic(id: Option<Id>, method: &str) -> Option<Response> {
    tracing::error!("the handler of {method} panicked");
    let id = id?;
    Some(Response::from_error(
        id,
        Error {
            code: ErrorCode::InternalError,
            message: format!(
                "Storywright failed in {method}. That is a bug; nothing on disk is affected, and the server goes on."
            )
            .into(),
            data: None,
        },
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tower_lsp::lsp_types::{
        DidSaveTextDocumentParams, Hover, HoverParams, InitializeParams, InitializeResult,
    };
    use tower_lsp::{LanguageServer, LspService};

    use super::super::transport;
    use super::*;

    /// Panics while it is called, or while its answer is made.
    struct Panics {
        at_once: bool,
    }

    impl Service<Request> for Panics {
        type Response = Option<Response>;
        type Error = String;
        type Future = BoxFuture<'static, Result<Option<Response>, String>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request) -> Self::Future {
            assert!(!self.at_once, "forced");
            async { panic!("forced") }.boxed()
        }
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_answer() {
        for at_once in [true, false] {
            let state = Arc::new(State::for_tests());
            let mut ingress = Ingress::new(Panics { at_once }, Arc::clone(&state));
            let request = Request::build("textDocument/hover")
                .id(7)
                .params(json!({}))
                .finish();
            let response = ingress.call(request).await.unwrap().unwrap();
            assert_eq!(response.id(), &Id::Number(7));
            assert!(response.is_error());
            let notification = Request::build("textDocument/didSave")
                .params(json!({}))
                .finish();
            assert_eq!(ingress.call(notification).await.unwrap(), None);
        }
    }

    /// A server that stumbles.
    struct Clumsy;

    #[tower_lsp::async_trait]
    impl LanguageServer for Clumsy {
        async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult, Error> {
            Ok(InitializeResult::default())
        }

        async fn hover(&self, _: HoverParams) -> Result<Option<Hover>, Error> {
            panic!("forced")
        }

        async fn did_save(&self, _: DidSaveTextDocumentParams) {
            panic!("forced")
        }

        async fn shutdown(&self) -> Result<(), Error> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_server_goes_on_after_a_panic() {
        let document = json!({"uri": "file:///nowhere/story.md"});
        let start = json!({"line": 0, "character": 0});
        let messages = [
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}),
            json!({"jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": {"textDocument": document, "position": start}}),
            json!({"jsonrpc": "2.0", "method": "textDocument/didSave", "params": {"textDocument": document}}),
            json!({"jsonrpc": "2.0", "id": 3, "method": "textDocument/hover", "params": {"textDocument": document, "position": start}}),
            json!({"jsonrpc": "2.0", "id": 4, "method": "shutdown"}),
        ];
        let (client, server) = tokio::io::duplex(1 << 16);
        let streams = tokio::io::split(server);
        let (service, socket) = LspService::new(|_| Clumsy);
        let state = Arc::new(State::for_tests());
        let lifecycle = Arc::clone(&state.lifecycle);
        let ingress = Ingress::new(service, state);
        let serving = transport::serve(streams, socket, ingress, lifecycle);
        let serving = tokio::spawn(serving);
        let (mut answers, mut requests) = tokio::io::split(client);
        let mut text = String::new();
        for (nth, message) in messages.iter().enumerate() {
            let body = message.to_string();
            let message = format!("Content-Length: {}\r\n\r\n{body}", body.len());
            requests.write_all(message.as_bytes()).await.unwrap();
            // Nothing is served before the first answer.
            while nth == 0 && !text.contains("\"id\":1") {
                let mut some = [0; 1024];
                let length = answers.read(&mut some).await.unwrap();
                assert!(length > 0, "{text}");
                text.push_str(&String::from_utf8_lossy(&some[..length]));
            }
        }
        requests.shutdown().await.unwrap();
        serving.await.unwrap();
        answers.read_to_string(&mut text).await.unwrap();
        let mut answers: Vec<Value> = text
            .split("Content-Length: ")
            .filter_map(|part| serde_json::from_str(part.split_once("\r\n\r\n")?.1).ok())
            .collect();
        answers.sort_by_key(|answer| answer["id"].as_i64());
        let failed: Vec<bool> = answers
            .iter()
            .map(|answer| !answer["error"].is_null())
            .collect();
        assert_eq!(failed, [false, true, true, false], "{text}");
    }

    #[tokio::test]
    async fn documents_change_in_the_order_of_the_wire() {
        let state = Arc::new(State::for_tests());
        let mut ingress = Ingress::new(Panics { at_once: false }, Arc::clone(&state));
        let uri = "file:///nowhere/story.md";
        let message = |method: &'static str, params| Request::build(method).params(params).finish();
        // The futures are never run: what counts has happened before.
        drop(ingress.call(message(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "markdown", "version": 1, "text": "ab"}}),
        )));
        drop(ingress.call(message(
            "textDocument/didChange",
            json!({
                "textDocument": {"uri": uri, "version": 2},
                "contentChanges": [{"range": {"start": {"line": 0, "character": 1}, "end": {"line": 0, "character": 1}}, "text": "X"}]
            }),
        )));
        let snapshot = state.documents.get(&Url::parse(uri).unwrap()).unwrap();
        assert_eq!((snapshot.text().as_str(), snapshot.version), ("aXb", 2));
        let asked = |method: &'static str, uri: &str, line: u32| {
            let position = json!({"line": line, "character": 0});
            message(
                method,
                json!({"textDocument": {"uri": uri}, "position": position}),
            )
        };
        // Where the author is, and what an editor asks of a document beside that.
        let elsewhere = "file:///nowhere/else.md";
        drop(ingress.call(asked("textDocument/hover", uri, 7)));
        drop(ingress.call(asked("textDocument/codeLens", elsewhere, 0)));
        let touched = state.last_touched().unwrap();
        assert_eq!(touched.url.as_str(), uri);
        assert_eq!(touched.position.map(|position| position.line), Some(7));
        drop(ingress.call(Request::build("exit").finish()));
        assert!(state.lifecycle.is_over());
    }
}
