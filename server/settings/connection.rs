//! Connects a provider: which one, where it is and with which key, out of settings and environment. Nothing is sent
//! but a look whether a local Ollama answers.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use super::environment::Environment;
use super::local_servers::{self, Offers};
use super::{ProviderChoice, Settings};
use crate::provider::demo::DemoWriter;
use crate::provider::{self, ApiKey, Endpoint, Provider, ProviderError, ProviderKind};

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
