//! Connects a model: provider, endpoint, key and model name from settings and environment.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;

use super::answering_model::Answering;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::precedence::Precedence;
use crate::jobs::run::reporter::Reporter;
use crate::provider::demo::DemoWriter;
use crate::provider::{
    self, ApiKey, Endpoint, EventStream, Outage, Provider, ProviderError, ProviderErrorKind,
    ProviderKind, Request, Retries, Retry,
};
use crate::session::Session;
use crate::session::recorded_model;
use crate::settings::environment::Environment;
use crate::settings::local_servers;
use crate::settings::local_servers::Offers;
use crate::settings::{Price, ProviderChoice, Role, Settings};
use crate::story::Digest;
use crate::writing::tokens::{PromptLimit, Tokenizers};

/// A connected provider with the name of the model to ask.
#[derive(Clone)]
pub struct ConnectedModel {
    pub provider: Arc<dyn Provider>,
    pub kind: ProviderKind,
    pub name: String,
    /// The order of the calls over this connection.
    pub(crate) precedence: Arc<Precedence>,
    /// The host to which its key is sent unencrypted.
    exposed_at: Option<String>,
    /// The model that its server reports.
    answering: Arc<Answering>,
    /// The token estimates for the models over this connection.
    pub(crate) tokenizers: Arc<Tokenizers>,
}

/// The reason why no model could be connected. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(
        "no model provider is configured, so nothing was written: neither ANTHROPIC_API_KEY nor \
         OPENAI_API_KEY holds a key, and no Ollama answers at {ollama}. Set one of the two, start Ollama, or \
         name a provider in your settings. To try it without a model, use the built-in demo writer: \
         `--provider demo`, in an editor the setting `storywright.provider` = \"demo\"{local}"
    )]
    NoProvider { ollama: String, local: Offers },
    #[error("the key for {provider} can't be had: {message}")]
    Key {
        provider: &'static str,
        message: String,
    },
    #[error("{0}")]
    Address(String),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// The deadline of `api_key_command`, and of a local Ollama's first answer.
const KEY_COMMAND_DEADLINE: Duration = Duration::from_secs(30);
/// The default address of Ollama.
const OLLAMA: &str = "127.0.0.1:11434";
const OLLAMA_DEADLINE: Duration = Duration::from_secs(2);

impl ConnectedModel {
    /// Returns the digest of provider and model, for the records of what a chunk was written with.
    pub fn digest(&self) -> Digest {
        Digest::of(&format!("{}/{}", self.kind.as_str(), self.asked()))
    }

    /// Returns the same connection with another model.
    pub(crate) fn with_model(&self, name: &str) -> ConnectedModel {
        let mut other = self.clone();
        if name != self.name {
            name.clone_into(&mut other.name);
            other.answering = Arc::default();
        }
        other
    }

    /// Begins a completion once the server may be asked. A wait that it asks for holds back all calls over
    /// the connection.
    pub(crate) async fn complete(&self, request: Request) -> Result<EventStream, ProviderError> {
        let hold = self.precedence.hold();
        hold.passed().await;
        let answer = self.provider.complete(request).await;
        let answer = answer.inspect_err(|error| hold.note(error))?;
        let precedence = Arc::clone(&self.precedence);
        let noted = answer.inspect(move |event| {
            if let Err(error) = event {
                precedence.hold().note(error);
            }
        });
        Ok(noted.boxed())
    }

    /// Warns if the key is sent unencrypted.
    pub(crate) fn warn_of_exposed_key(&self, reporter: &Reporter) {
        if let Some(host) = &self.exposed_at {
            reporter.warn(None, "exposed-key", exposed_key(host));
        }
    }

    /// Notes the model that a server says it answers with.
    pub(crate) fn note_answer(&self, said: Option<&str>) {
        self.answering.note(said);
    }

    /// Returns the name of the model that is asked for, as it is recorded.
    pub fn asked(&self) -> &str {
        recorded_model(&self.name)
    }

    /// Returns the name of the model that answers; until a server has said which, the one that is asked for.
    pub fn answers(&self) -> String {
        self.answering
            .name()
            .unwrap_or_else(|| self.asked().to_owned())
    }

    /// Returns the name of the model that is asked for, where another one answers.
    pub fn asked_in_vain(&self) -> Option<String> {
        let asked = self.asked();
        (self.answers() != asked).then(|| asked.to_owned())
    }

    /// Returns the price of the model that answers, else of the one that is asked for.
    pub(crate) fn price(&self, prices: &BTreeMap<String, Price>) -> Option<Price> {
        let answers = self.answers();
        let names = [answers.as_str(), &self.name, self.asked()];
        names.into_iter().find_map(|name| prices.get(name).copied())
    }

    /// Returns what a prompt to its model may have.
    pub(crate) fn limit(&self, settings: &Settings) -> PromptLimit {
        self.limit_of(settings.context_tokens)
    }

    pub(crate) fn limit_of(&self, context_tokens: u32) -> PromptLimit {
        self.tokenizers.limit(&self.name, context_tokens)
    }

    /// Returns the request with the model's window, and with an answer limited to the room beside the prompt.
    pub(crate) fn in_window(&self, mut request: Request, context_tokens: u32) -> Request {
        let limit = self.tokenizers.limit(&request.model, context_tokens);
        let room = self.tokenizers.answer_room_in_window(&limit, &request);
        request.max_output_tokens = request.max_output_tokens.min(room);
        request.prompt_tokens = context_tokens;
        request.context_tokens = self.tokenizers.window(&limit, &request);
        request
    }

    /// Saves the token estimates for later jobs of the session. A failure is ignored: they learn again.
    pub(crate) async fn keep_tokenizers(&self, session: &Session) {
        if let Some(kept) = self.tokenizers.changed() {
            let session = session.clone();
            let written = blocking(move || session.keep_tokenizers(&kept)).await;
            if let Err(error) = written {
                tracing::debug!("what was learned of tokens is not kept: {error}");
            }
        }
    }

    /// Connects the model of a role. `waiting` is given a sentence whenever the server is waited for.
    pub async fn connect(
        settings: &Settings,
        environment: &Environment,
        role: Role,
        waiting: &(dyn Fn(String) + Send + Sync),
    ) -> Result<ConnectedModel, ConnectError> {
        let Connection {
            kind,
            provider,
            exposed_at,
        } = match connect_provider(settings, environment).await {
            Err(ConnectError::NoProvider { ollama, .. }) => {
                let asked = asked_port(ProviderKind::Ollama, settings, environment);
                let found = local_servers::offers(environment, asked).await;
                let local = Offers(found.into_iter().map(|(_, offer)| offer).collect());
                return Err(ConnectError::NoProvider { ollama, local });
            }
            connected => connected?,
        };
        provider.ready()?;
        let model = match settings.model_for(role) {
            Some(model) => model.to_owned(),
            None => default_model(provider.as_ref(), settings, waiting).await?,
        };
        let tokenizers = Tokenizers::default();
        if let Some(window) = provider.window(&model).await {
            tokenizers.note_served(&model, window);
        }
        Ok(ConnectedModel {
            provider,
            kind,
            name: model,
            exposed_at,
            precedence: Arc::new(Precedence::new(settings.outage)),
            answering: Arc::default(),
            tokenizers: Arc::new(tokenizers),
        })
    }
}

#[cfg(test)]
impl ConnectedModel {
    /// Makes a connected model for a test, with a server that is waited for no longer than `longest`.
    pub(crate) fn of(provider: Arc<dyn Provider>, longest: Duration) -> ConnectedModel {
        ConnectedModel {
            kind: provider.kind(),
            provider,
            name: "m".to_owned(),
            exposed_at: None,
            precedence: Arc::new(Precedence::new(longest)),
            answering: Arc::default(),
            tokenizers: Arc::default(),
        }
    }
}

/// Returns a sentence that a server is waited for, and for how long.
pub fn waits_for_server(error: &ProviderError, outage: &Outage) -> String {
    format!(
        "{error} It is asked again for up to {} s (timeouts.outage)",
        outage.patience.as_secs()
    )
}

/// Asks the server for its default model, again while it loads or restarts. One that can't be reached at all
/// is not waited for.
async fn default_model(
    provider: &dyn Provider,
    settings: &Settings,
    waiting: &(dyn Fn(String) + Send + Sync),
) -> Result<String, ProviderError> {
    let mut retries = Retries::new(settings.attempts, settings.outage);
    loop {
        let error = match provider.default_model().await {
            Err(error) if error.kind != ProviderErrorKind::Unreachable => error,
            found => return found,
        };
        let now = tokio::time::Instant::now();
        match retries.failed(&error, now, fastrand::f64) {
            Retry::After(wait) => tokio::time::sleep(wait).await,
            Retry::Outage(outage) => {
                if outage.number == 1 {
                    waiting(waits_for_server(&error, &outage));
                }
                tokio::time::sleep(outage.wait).await;
            }
            Retry::GiveUp(_) => return Err(error),
        }
    }
}

/// Returns a sentence that a key can be read on its way.
pub fn exposed_key(host: &str) -> String {
    format!(
        "the key is sent to {host} over plain http, so that whoever is on the way can read it. Use an address with \
         https, or a tunnel that ends on this machine"
    )
}

/// A provider that was found.
pub struct Connection {
    pub kind: ProviderKind,
    pub provider: Arc<dyn Provider>,
    /// The host to which a key is sent over plain http, where it is another computer.
    pub exposed_at: Option<String>,
}

impl Connection {
    fn open(kind: ProviderKind, endpoint: Endpoint) -> Result<Connection, ConnectError> {
        let has_key = endpoint.api_key.is_some();
        let url = endpoint.base_url.as_deref().filter(|_| has_key);
        Ok(Connection {
            kind,
            exposed_at: url.and_then(provider::exposed_host),
            provider: provider::connect(kind, endpoint)?,
        })
    }
}

/// Connects the provider in force.
pub async fn connect_provider(
    settings: &Settings,
    environment: &Environment,
) -> Result<Connection, ConnectError> {
    let kind = match settings.provider {
        ProviderChoice::Fixed(kind) => kind,
        ProviderChoice::Auto if environment.var("ANTHROPIC_API_KEY").is_some() => {
            ProviderKind::Anthropic
        }
        ProviderChoice::Auto if environment.var("OPENAI_API_KEY").is_some() => ProviderKind::Openai,
        ProviderChoice::Auto => return running_ollama(settings, environment).await,
    };
    if kind == ProviderKind::Demo {
        return Ok(Connection {
            kind,
            provider: Arc::new(demo(settings)),
            exposed_at: None,
        });
    }
    let endpoint = endpoint(kind, settings, environment).await?;
    Connection::open(kind, endpoint)
}

fn demo(settings: &Settings) -> DemoWriter {
    DemoWriter {
        words_per_second: settings.demo_words_per_second,
    }
}

async fn running_ollama(
    settings: &Settings,
    environment: &Environment,
) -> Result<Connection, ConnectError> {
    let endpoint = endpoint(ProviderKind::Ollama, settings, environment).await?;
    let place = endpoint.base_url.as_deref().map_or_else(
        || OLLAMA.to_owned(),
        |url| url.trim_start_matches("http://").to_owned(),
    );
    let ollama = Connection::open(ProviderKind::Ollama, endpoint)?;
    match tokio::time::timeout(OLLAMA_DEADLINE, ollama.provider.probe()).await {
        Ok(Ok(_)) => Ok(ollama),
        Ok(Err(_)) | Err(_) => Err(ConnectError::NoProvider {
            ollama: place,
            local: Offers::default(),
        }),
    }
}

/// Returns the port of this computer at which a provider is asked, if it is there.
pub fn asked_port(
    kind: ProviderKind,
    settings: &Settings,
    environment: &Environment,
) -> Option<u16> {
    match address(kind, settings, environment) {
        Some(url) => local_servers::port_of(&url, kind),
        None => local_servers::port_of(OLLAMA, kind).filter(|_| kind == ProviderKind::Ollama),
    }
}

/// Returns the address that was set for a provider, as it was written.
fn address(kind: ProviderKind, settings: &Settings, environment: &Environment) -> Option<String> {
    let variable = match kind {
        ProviderKind::Anthropic => "ANTHROPIC_BASE_URL",
        ProviderKind::Openai => "OPENAI_BASE_URL",
        ProviderKind::Ollama => "OLLAMA_HOST",
        ProviderKind::Demo => return None,
    };
    let set = settings.base_url.as_deref();
    set.or_else(|| environment.var(variable)).map(str::to_owned)
}

/// Returns the endpoint of a provider with its key. Only trusted settings and the provider's own variables
/// count.
pub async fn endpoint(
    kind: ProviderKind,
    settings: &Settings,
    environment: &Environment,
) -> Result<Endpoint, ConnectError> {
    let key_variable = match kind {
        ProviderKind::Anthropic => Some("ANTHROPIC_API_KEY"),
        ProviderKind::Openai => Some("OPENAI_API_KEY"),
        ProviderKind::Ollama | ProviderKind::Demo => None,
    };
    let base_url = address(kind, settings, environment)
        .map(|url| provider::normalise_base_url(kind, &url))
        .transpose()
        .map_err(ConnectError::Address)?;
    let key_error = |message: String| ConnectError::Key {
        provider: kind.as_str(),
        message,
    };
    let api_key = if let Some(command) = &settings.api_key_command {
        Some(run_key_command(command).await.map_err(key_error)?)
    } else if let Some(variable) = &settings.api_key_env {
        let key = environment
            .var(variable)
            .ok_or_else(|| key_error(format!("api_key_env names {variable}, which is not set")))?;
        Some(key.trim().to_owned())
    } else {
        key_variable
            .and_then(|variable| environment.var(variable))
            .map(|key| key.trim().to_owned())
    };
    Ok(Endpoint {
        base_url,
        api_key: api_key.map(ApiKey::new),
        deadlines: settings.deadlines,
    })
}

/// Returns a command line for the system's own shell.
#[cfg(not(windows))]
fn shell(command: &str) -> tokio::process::Command {
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-c", command]);
    shell
}

/// Returns a command line for the system's own shell, which takes it as it stands: `cmd` knows no quotes that
/// are escaped.
#[cfg(windows)]
fn shell(command: &str) -> tokio::process::Command {
    let mut shell = tokio::process::Command::new("cmd");
    shell
        .args(["/D", "/S", "/C"])
        .raw_arg(format!("\"{command}\""));
    shell
}

/// Runs the user's own command for a key; its output is the key, its errors stay its own.
async fn run_key_command(command: &str) -> Result<String, String> {
    let mut shell = shell(command);
    shell
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(KEY_COMMAND_DEADLINE, shell.output())
        .await
        .map_err(|_| "api_key_command did not end within 30 s".to_owned())?
        .map_err(|error| format!("api_key_command could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("api_key_command failed ({})", output.status));
    }
    let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if key.is_empty() {
        return Err("api_key_command printed nothing".to_owned());
    }
    Ok(key)
}
