//! Connects a model: provider, endpoint, key and model name from settings and environment.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;

use super::answering_model::Answering;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::reporter::Reporter;
use crate::provider::precedence::Precedence;
use crate::provider::{
    EventStream, Outage, Provider, ProviderError, ProviderErrorKind, ProviderKind, Request,
    Retries, Retry,
};
use crate::session::Session;
use crate::settings::connection::{
    ConnectError, Connection, asked_port, connect_provider, exposed_key,
};
use crate::settings::environment::Environment;
use crate::settings::local_servers;
use crate::settings::local_servers::Offers;
use crate::settings::model_name::recorded_model;
use crate::settings::{Price, Role, Settings};
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
    pub(crate) fn of(provider: Arc<dyn Provider>, longest: std::time::Duration) -> ConnectedModel {
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
