//! Sends everything that goes to the client.
//!
//! Notifications leave in the order in which they were given. Requests are made in tasks of
//! their own that are never aborted: an answer to a request that nobody waits for any more
//! would panic the protocol library. Whoever asked waits for a bounded time only; a client
//! that never answers holds nothing up.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tower_lsp::Client;
use tower_lsp::jsonrpc;
use tower_lsp::lsp_types::notification::{LogMessage, Progress, PublishDiagnostics, ShowMessage};
use tower_lsp::lsp_types::request::{
    ApplyWorkspaceEdit, CodeLensRefresh, InlayHintRefreshRequest, RegisterCapability, Request,
    ShowDocument, ShowMessageRequest, WorkDoneProgressCreate, WorkspaceConfiguration,
    WorkspaceDiagnosticRefresh,
};
use tower_lsp::lsp_types::{
    ApplyWorkspaceEditParams, ConfigurationItem, ConfigurationParams, Diagnostic, LogMessageParams,
    MessageActionItem, MessageType, ProgressParams, ProgressParamsValue, PublishDiagnosticsParams,
    Registration, RegistrationParams, ShowDocumentParams, ShowMessageParams,
    ShowMessageRequestParams, Url, WorkDoneProgress, WorkDoneProgressCreateParams, WorkspaceEdit,
};

use crate::story::controls::shown;

/// Talks to the client. Cheap to clone.
#[derive(Clone)]
pub struct EditorClient {
    client: Client,
    outbox: mpsc::UnboundedSender<Outgoing>,
}

enum Outgoing {
    Log(LogMessageParams),
    Show(ShowMessageParams),
    Progress(ProgressParams),
    Diagnostics(PublishDiagnosticsParams),
}

impl Outgoing {
    /// Escapes a message so that an editor may render it: what comes from files, models and servers commands nothing.
    fn shown(mut self) -> Outgoing {
        match &mut self {
            Outgoing::Log(LogMessageParams { message, .. })
            | Outgoing::Show(ShowMessageParams { message, .. }) => show_controls(message),
            Outgoing::Progress(params) => {
                let ProgressParamsValue::WorkDone(progress) = &mut params.value;
                let message = match progress {
                    WorkDoneProgress::Begin(begin) => {
                        show_controls(&mut begin.title);
                        &mut begin.message
                    }
                    WorkDoneProgress::Report(report) => &mut report.message,
                    WorkDoneProgress::End(end) => &mut end.message,
                };
                message.iter_mut().for_each(show_controls);
            }
            Outgoing::Diagnostics(params) => {
                params.diagnostics.iter_mut().for_each(show_controls_in);
            }
        }
        self
    }
}

/// Shows in place what an editor would obey.
pub fn show_controls(text: &mut String) {
    if let Cow::Owned(escaped) = shown(text) {
        *text = escaped;
    }
}

/// Shows in a diagnostic what an editor would obey.
pub fn show_controls_in(diagnostic: &mut Diagnostic) {
    show_controls(&mut diagnostic.message);
    let related = diagnostic.related_information.iter_mut().flatten();
    related.for_each(|related| show_controls(&mut related.message));
}

/// Says why a request brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("the editor did not answer in time")]
    Late,
    #[error("the editor answered with an error: {0}")]
    Refused(String),
}

/// Where a document is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    InTheEditor,
    Outside,
}

/// Asks the client to ask anew for the text of a document: `workspace/textDocumentContent/refresh` (LSP 3.18).
enum RefreshContent {}

#[derive(Serialize, Deserialize)]
struct RefreshContentParams {
    uri: Url,
}

impl Request for RefreshContent {
    type Params = RefreshContentParams;
    type Result = ();
    const METHOD: &'static str = "workspace/textDocumentContent/refresh";
}

impl EditorClient {
    /// Starts to talk to a client. Must be called within a runtime.
    pub fn new(client: Client) -> EditorClient {
        let (outbox, inbox) = mpsc::unbounded_channel();
        tokio::spawn(send_all(client.clone(), inbox));
        EditorClient { client, outbox }
    }

    pub fn log(&self, kind: MessageType, message: impl Into<String>) {
        self.send(Outgoing::Log(LogMessageParams {
            typ: kind,
            message: message.into(),
        }));
    }

    pub fn show(&self, kind: MessageType, message: impl Into<String>) {
        self.send(Outgoing::Show(ShowMessageParams {
            typ: kind,
            message: message.into(),
        }));
    }

    pub fn progress(&self, params: ProgressParams) {
        self.send(Outgoing::Progress(params));
    }

    pub fn publish_diagnostics(&self, params: PublishDiagnosticsParams) {
        self.send(Outgoing::Diagnostics(params));
    }

    fn send(&self, message: Outgoing) {
        let message = message.shown();
        // The outbox only closes when the process ends.
        let _ = self.outbox.send(message);
    }

    /// Asks for a progress token; `Ok` when reports may begin.
    pub async fn create_progress(
        &self,
        params: WorkDoneProgressCreateParams,
        patience: Duration,
    ) -> Result<(), NoAnswer> {
        self.request::<WorkDoneProgressCreate>(params, patience)
            .await
    }

    /// Asks for an edit, and waits for the answer as long as it takes: whether the client says
    /// that it applied it. Whether it really happened, only the documents tell. It is sent when
    /// this returns. Only a client that asked for labels gets one: Neovim shows a message for each
    /// edit that has one, several a second while text streams.
    pub fn apply_edit(
        &self,
        edit: WorkspaceEdit,
        label: Option<String>,
    ) -> impl Future<Output = bool> + Send + 'static {
        let params = ApplyWorkspaceEditParams { label, edit };
        let (answer, _) = self.send_request::<ApplyWorkspaceEdit>(params);
        async move { given::<ApplyWorkspaceEdit>(answer.await).is_ok_and(|answer| answer.applied) }
    }

    /// Asks for the editor's `storywright` settings.
    pub async fn configuration(&self, patience: Duration) -> Result<Value, NoAnswer> {
        let params = ConfigurationParams {
            items: vec![ConfigurationItem {
                scope_uri: None,
                section: Some("storywright".to_owned()),
            }],
        };
        let answers = self
            .request::<WorkspaceConfiguration>(params, patience)
            .await?;
        Ok(answers.into_iter().next().unwrap_or(Value::Null))
    }

    /// Asks the author a question with answers to choose from: the title of the one that was
    /// chosen, `None` where the question was closed.
    pub async fn ask(
        &self,
        message: String,
        titles: &[String],
        patience: Duration,
    ) -> Result<Option<String>, NoAnswer> {
        let actions = titles.iter().map(|title| MessageActionItem {
            title: shown(title).into_owned(),
            properties: HashMap::new(),
        });
        let params = ShowMessageRequestParams {
            typ: MessageType::INFO,
            message: shown(&message).into_owned(),
            actions: Some(actions.collect()),
        };
        let chosen = self.request::<ShowMessageRequest>(params, patience).await?;
        let is_chosen = |title: &&String, chosen: &str| shown(title) == chosen;
        Ok(chosen.map(|chosen| {
            let titles = titles.iter();
            let title = titles.clone().find(|title| is_chosen(title, &chosen.title));
            title.map_or(chosen.title, String::clone)
        }))
    }

    /// Asks the client to tell of more, without waiting for it. One that won't tells nothing.
    pub fn register(&self, registration: Registration) {
        let client = self.clone();
        tokio::spawn(async move {
            let params = RegistrationParams {
                registrations: vec![registration],
            };
            let _ = client
                .request::<RegisterCapability>(params, Duration::from_secs(10))
                .await;
        });
    }

    /// Opens a document in the editor, without waiting for it.
    pub fn show_document(&self, url: Url) {
        self.show_in(url, Shown::InTheEditor);
    }

    /// Has the client ask anew for the text of a document that is no file, without waiting for it.
    pub fn refresh_content(&self, uri: Url) {
        let client = self.clone();
        tokio::spawn(async move {
            let params = RefreshContentParams { uri };
            let _ = client
                .request::<RefreshContent>(params, Duration::from_secs(10))
                .await;
        });
    }

    /// Opens a page in a browser, without waiting for it.
    pub fn show_page(&self, url: Url) {
        self.show_in(url, Shown::Outside);
    }

    fn show_in(&self, url: Url, shown: Shown) {
        let client = self.clone();
        tokio::spawn(async move {
            let params = ShowDocumentParams {
                uri: url,
                external: Some(shown == Shown::Outside),
                take_focus: Some(true),
                selection: None,
            };
            let _ = client
                .request::<ShowDocument>(params, Duration::from_secs(10))
                .await;
        });
    }

    /// Has the client ask anew for the code lenses that it shows, without waiting for it.
    pub fn refresh_lenses(&self) {
        self.refresh::<CodeLensRefresh>();
    }

    /// Has the client ask anew for the diagnostics of its documents, without waiting for it.
    pub fn refresh_diagnostics(&self) {
        self.refresh::<WorkspaceDiagnosticRefresh>();
    }

    /// Has the client ask anew for the inlay hints that it shows, without waiting for it.
    pub fn refresh_hints(&self) {
        self.refresh::<InlayHintRefreshRequest>();
    }

    fn refresh<R>(&self)
    where
        R: Request<Params = (), Result = ()> + 'static,
    {
        let client = self.clone();
        tokio::spawn(async move {
            let _ = client.request::<R>((), Duration::from_secs(10)).await;
        });
    }

    async fn request<R>(&self, params: R::Params, patience: Duration) -> Result<R::Result, NoAnswer>
    where
        R: Request + 'static,
        R::Params: Send + 'static,
        R::Result: Send + 'static,
    {
        let (answer, _) = self.send_request::<R>(params);
        match tokio::time::timeout(patience, answer).await {
            Ok(answer) => given::<R>(answer),
            Err(_) => Err(NoAnswer::Late),
        }
    }

    /// Sends a request. Returns the answer, and the task that waits for it.
    fn send_request<R>(&self, params: R::Params) -> (Answer<R>, JoinHandle<()>)
    where
        R: Request + 'static,
        R::Params: Send + 'static,
        R::Result: Send + 'static,
    {
        let (answer_to, answer) = oneshot::channel();
        let client = self.client.clone();
        let waiter = tokio::spawn(async move {
            let result = client.send_request::<R>(params).await;
            // Nobody may be waiting any more.
            let _ = answer_to.send(result);
        });
        (answer, waiter)
    }
}

type Answer<R> = oneshot::Receiver<jsonrpc::Result<<R as Request>::Result>>;

fn given<R: Request>(
    answer: Result<jsonrpc::Result<R::Result>, oneshot::error::RecvError>,
) -> Result<R::Result, NoAnswer> {
    match answer {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) => Err(NoAnswer::Refused(error.message.into_owned())),
        Err(_) => Err(NoAnswer::Late),
    }
}

async fn send_all(client: Client, mut inbox: mpsc::UnboundedReceiver<Outgoing>) {
    while let Some(message) = inbox.recv().await {
        match message {
            Outgoing::Log(params) => client.send_notification::<LogMessage>(params).await,
            Outgoing::Show(params) => client.send_notification::<ShowMessage>(params).await,
            Outgoing::Progress(params) => client.send_notification::<Progress>(params).await,
            Outgoing::Diagnostics(params) => {
                client.send_notification::<PublishDiagnostics>(params).await
            }
        }
    }
}
