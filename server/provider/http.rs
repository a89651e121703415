//! Sends HTTP requests to a model server: deadlines, no redirects, a key in its one header.
//!
//! Never logs a body, and never sends anything to a host other than the one it was made for.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};

use super::base_url::{host_and_port, is_loopback, is_vendor, normalise_base_url, vendor_root};
use super::refusal::Refusal;
use super::server::{Secrets, Server};
use super::{
    Deadlines, Endpoint, ProviderError, ProviderErrorKind, ProviderKind, deadlines, unpack,
};

const USER_AGENT: &str = concat!("storywright/", env!("CARGO_PKG_VERSION"));

/// Names the version of its protocol that Anthropic is asked for.
///
/// That of 2023 is the newest that takes a temperature where the model does; the one of 2026-10-21
/// refuses it always. Compatible servers know this one.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Most bytes of an answer that is not a stream: an error, a list of models.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// Longest wait for the rest of an error's body.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// Longest wait for an answer that needs no model: a list of models.
const LIST_WAIT: Duration = Duration::from_secs(30);

/// The connection of a provider to its server.
pub(super) struct Http {
    client: Client,
    root: String,
    pub server: Server,
    pub loopback: bool,
    pub secrets: Secrets,
    pub deadlines: Deadlines,
    /// Whether the server has answered anything yet.
    has_answered: AtomicBool,
    /// Whether the author knows that this server sends what can't be read.
    pub told_unread: Arc<AtomicBool>,
}

/// A call that brought no answer to go on with.
pub(super) enum Failure {
    /// The server answered, and its answer is no.
    Refused(Box<Refusal>),
    Failed(ProviderError),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Failure::Failed(error)
    }
}

impl Http {
    pub fn new(kind: ProviderKind, endpoint: &Endpoint) -> Result<Self, ProviderError> {
        let bad = |message: String| ProviderError::new(ProviderErrorKind::BadRequest, message);
        let root = match &endpoint.base_url {
            Some(given) => normalise_base_url(kind, given).map_err(bad)?,
            None => vendor_root(kind).to_owned(),
        };
        let url = Url::parse(&root).map_err(|problem| bad(format!("base_url: {problem}.")))?;
        let server = Server {
            kind,
            host: host_and_port(&url),
            vendor: is_vendor(kind, &url),
            has_key: endpoint.api_key.is_some(),
        };
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(default_headers(&server, endpoint)?)
            .connect_timeout(endpoint.deadlines.connect)
            .redirect(redirect::Policy::none());
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        if url.scheme() == "http" {
            // Reading the system's certificates takes longer than all the rest.
            builder = builder.tls_built_in_root_certs(false);
        }
        let client = builder.build().map_err(|problem| {
            ProviderError::new(
                ProviderErrorKind::Unreachable,
                "No TLS connection can be made: the system's certificates could not be read.",
            )
            .because(problem)
        })?;
        Ok(Http {
            client,
            root,
            loopback: is_loopback(&url),
            server,
            secrets: Secrets::of_key(endpoint.api_key.clone()),
            deadlines: endpoint.deadlines,
            has_answered: AtomicBool::new(false),
            told_unread: Arc::default(),
        })
    }

    /// Gives an error before any call where the vendor is known to want a key and none is set.
    pub fn require_key(&self) -> Result<(), ProviderError> {
        if self.server.vendor && !self.server.has_key {
            return Err(ProviderError::new(
                ProviderErrorKind::Unauthorized,
                format!(
                    "{} needs a key, and none is set; nothing was sent. Set {}.",
                    self.server.name(),
                    self.server.where_the_key_is_set()
                ),
            ));
        }
        Ok(())
    }

    /// Sends `body` to `path` under the root. Returns once the head of a good answer is
    /// there, at the latest when the first token is due (counted from `started`).
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        started: Instant,
    ) -> Result<Response, Failure> {
        self.require_key()?;
        let due = self.deadlines.first_token.min(self.deadlines.call);
        let sending = self.client.post(self.url(path)).json(body).send();
        let response = timeout_at(deadlines::after(started, due), sending)
            .await
            .map_err(|_| deadlines::before_first_token(&self.deadlines))?
            .map_err(|problem| self.connection_error(problem))?;
        self.accept(response).await
    }

    /// Sends `body` to `path` under the root, for an answer that needs no model and is no stream.
    pub async fn post_for_json(
        &self,
        path: &str,
        body: &Value,
        started: Instant,
    ) -> Result<Value, Failure> {
        let response = self.post(path, body, started).await?;
        let body = read_body(response, LIST_WAIT).await;
        serde_json::from_slice(&body).map_err(|_| self.protocol_error("no JSON").into())
    }

    /// Fetches `path` under the root as JSON.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.require_key()?;
        let sending = self.client.get(self.url(path)).send();
        let response = timeout(LIST_WAIT, sending)
            .await
            .map_err(|_| self.slow_answer())?
            .map_err(|problem| self.connection_error(problem))?;
        let response = self.accept(response).await?;
        let body = read_body(response, LIST_WAIT).await;
        serde_json::from_slice(&body).map_err(|_| self.protocol_error("no JSON").into())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    async fn accept(&self, response: Response) -> Result<Response, Failure> {
        self.has_answered.store(true, Ordering::Relaxed);
        let status = response.status();
        if status.is_redirection() {
            return Err(self.redirected(&response).into());
        }
        if !status.is_success() {
            let headers = response.headers().clone();
            let body = read_body(response, BODY_WAIT).await;
            let now = SystemTime::now();
            let refusal = Refusal::from_answer(status.as_u16(), &headers, &body, now);
            return Err(Failure::Refused(Box::new(refusal)));
        }
        let content_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if content_type.starts_with("text/html") {
            return Err(self.protocol_error("a web page").into());
        }
        Ok(response)
    }

    fn redirected(&self, response: &Response) -> ProviderError {
        let target = response
            .headers()
            .get(reqwest::header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|target| response.url().join(target).ok())
            .map(|target| format!(" to {}", self.secrets.quote(&host_and_port(&target))))
            .unwrap_or_default();
        let mut error = ProviderError::new(
            ProviderErrorKind::BadRequest,
            format!(
                "{} redirects{target} ({}). Redirects are not followed, and nothing was sent \
                 there. If the new place is right, set base_url to it.",
                self.server.name(),
                response.status().as_u16()
            ),
        );
        error.status = Some(response.status().as_u16());
        error
    }

    /// Puts a failure into words, for a request that holds no prompt.
    pub fn error(&self, failure: Failure) -> ProviderError {
        match failure {
            Failure::Refused(refusal) => refusal.into_error(&self.server, "", &self.secrets),
            Failure::Failed(error) => error,
        }
    }

    /// Makes the error for an answer that is not of the protocol, but `what`.
    pub fn protocol_error(&self, what: &str) -> ProviderError {
        ProviderError::new(
            ProviderErrorKind::Protocol,
            format!(
                "{} sent {what}, which is not the {} protocol. Check base_url and provider.",
                self.server.name(),
                self.server.kind.as_str()
            ),
        )
    }

    fn slow_answer(&self) -> ProviderError {
        ProviderError::new(
            ProviderErrorKind::Deadline,
            format!(
                "{} did not answer within {}.",
                self.server.name(),
                deadlines::in_words(LIST_WAIT)
            ),
        )
    }

    fn connection_error(&self, problem: reqwest::Error) -> ProviderError {
        // The URL is in our own words already.
        let problem = problem.without_url();
        let host = &self.server.host;
        let (kind, message) = if problem.is_connect() && self.has_answered.load(Ordering::Relaxed) {
            let reason = self.secrets.quote(&innermost(&problem));
            (
                ProviderErrorKind::Unavailable,
                format!("No connection to {host} any more: {reason}. It answered before."),
            )
        } else if problem.is_connect() && problem.is_timeout() {
            let limit = deadlines::in_words(self.deadlines.connect);
            (
                ProviderErrorKind::Unreachable,
                format!("No connection to {host} within {limit} (timeouts.connect)."),
            )
        } else if problem.is_connect() {
            let reason = self.secrets.quote(&innermost(&problem));
            (
                ProviderErrorKind::Unreachable,
                format!("No connection to {host}: {reason}. {}", self.hint()),
            )
        } else if problem.is_builder() {
            (
                ProviderErrorKind::BadRequest,
                format!("The request to {host} could not be made; check base_url."),
            )
        } else {
            (
                ProviderErrorKind::Broken,
                format!("The connection to {host} broke before an answer came."),
            )
        };
        ProviderError::new(kind, message).because(problem)
    }

    fn hint(&self) -> &'static str {
        match (self.server.kind, self.loopback) {
            (ProviderKind::Ollama, true) => "Is Ollama running? `ollama serve` starts it.",
            (_, true) => "Is the server running, and is the port right?",
            (_, false) => "Is the network up, and is base_url right?",
        }
    }
}

fn default_headers(server: &Server, endpoint: &Endpoint) -> Result<HeaderMap, ProviderError> {
    let mut headers = HeaderMap::new();
    // Without it a server may compress as it likes (RFC 9110, section 12.5.3).
    headers.insert(
        reqwest::header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    if server.kind == ProviderKind::Anthropic {
        headers.insert(
            "anthropic-version",
            HeaderValue::from_static(ANTHROPIC_VERSION),
        );
    }
    if let Some(key) = &endpoint.api_key {
        let (name, value) = match server.kind {
            ProviderKind::Anthropic => (
                HeaderName::from_static("x-api-key"),
                key.reveal().to_owned(),
            ),
            _ => (
                reqwest::header::AUTHORIZATION,
                format!("Bearer {}", key.reveal()),
            ),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| {
            ProviderError::new(
                ProviderErrorKind::Unauthorized,
                format!(
                    "The key for {} holds characters that no key has, such as a line break; \
                     nothing was sent. Check {}.",
                    server.name(),
                    server.where_the_key_is_set()
                ),
            )
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Reads the body, as far as it comes in time and within bounds.
async fn read_body(response: Response, longest_wait: Duration) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        let mut stream = response.bytes_stream();
        while let Some(Ok(bytes)) = stream.next().await {
            let room = LONGEST_BODY - body.len();
            body.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if body.len() == LONGEST_BODY {
                break;
            }
        }
    };
    // What came until then is still worth reading.
    let _ = timeout(longest_wait, reading).await;
    unpack::whole(body, LONGEST_BODY)
}

/// Finds the innermost cause of an error, which says more than "error sending request".
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let said = cause.to_string();
    match said.find(" (os error") {
        // Windows ends its sentences, and this one goes on.
        Some(end) => said[..end].trim_end_matches('.').to_lowercase(),
        None => said,
    }
}
