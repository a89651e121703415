//! The server itself: what it can do, its handlers, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, ExecuteCommandOptions, ExecuteCommandParams, FileOperationFilter,
    FileOperationPattern, FileOperationPatternKind, FileOperationRegistrationOptions,
    InitializeParams, InitializeResult, InitializedParams, RenameFilesParams, SaveOptions,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Url, WorkDoneProgressCancelParams,
    WorkDoneProgressOptions, WorkspaceFileOperationsServerCapabilities,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use tower_lsp::{LanguageServer, LspService};

use super::client::EditorClient;
use super::code_actions;
use super::commands;
use super::documents::path_of;
use super::ingress::Ingress;
use super::position::Encoding;
use super::session_commands;
use super::state::{Introduction, State};
use super::transport;
use super::watching;
use crate::engine::environment::Environment;
use crate::signals;
use crate::story::controls::shown;

/// How long jobs may take to save when the client leaves.
const SAVING: Duration = Duration::from_secs(20);
/// How long answers that are under way may take to leave.
const DRAINING: Duration = Duration::from_secs(2);
/// How long the client may take to tell its settings.
const SETTINGS: Duration = Duration::from_secs(2);

/// Serves one client over standard input and output, until it leaves. The exit code.
pub async fn serve(environment: Environment) -> u8 {
    let state = Arc::new(State::new(environment));
    let lifecycle = Arc::clone(&state.lifecycle);
    let (service, socket) = {
        let state = Arc::clone(&state);
        LspService::build(move |client| {
            state.set_client(EditorClient::new(client));
            Backend { state }
        })
        .custom_method("window/workDoneProgress/cancel", Backend::cancel_progress)
        .finish()
    };
    let streams = (tokio::io::stdin(), tokio::io::stdout());
    let service = Ingress::new(service, Arc::clone(&state));
    let serving = transport::serve(streams, socket, service, Arc::clone(&lifecycle));
    let mut serving = tokio::spawn(serving);
    let is_served = tokio::select! {
        () = lifecycle.wait_over() => true,
        signal = signals::next() => {
            lifecycle.note_signal(signal);
            // Who says it again does not want to wait.
            tokio::spawn(async {
                let again = signals::next().await;
                std::process::exit(i32::from(signals::ended_by(again)));
            });
            true
        }
        // Nobody reads what the server says.
        _ = &mut serving => false,
    };
    lifecycle.note_exit();
    state.jobs.finish(SAVING).await;
    state.journals.finish(&state).await;
    if is_served {
        let _ = tokio::time::timeout(DRAINING, serving).await;
    }
    lifecycle.exit_code()
}

struct Backend {
    state: Arc<State>,
}

impl Backend {
    /// The client's own cancel button; the token names the job.
    async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        if let tower_lsp::lsp_types::NumberOrString::String(token) = params.token
            && let Some(job) = token.strip_prefix("storywright/")
        {
            self.state.jobs.cancel(job);
        }
    }

    /// Asks for the settings where the client can tell them.
    async fn fetch_settings(&self, given: Option<Value>) {
        // A job that is asked for meanwhile waits for the answer.
        let _asking = self.state.expect_settings();
        let can_tell = self.state.introduction().is_some_and(|introduction| {
            let workspace = introduction.capabilities.workspace.as_ref();
            workspace
                .and_then(|workspace| workspace.configuration)
                .unwrap_or(false)
        });
        let told = match self.state.client() {
            Some(client) if can_tell => client.configuration(SETTINGS).await.ok(),
            _ => None,
        };
        // An empty object says nothing: eglot sends one whatever its user has set, lsp-mode
        // answers with one.
        let says_something = |value: &Value| value.as_object().is_some_and(|it| !it.is_empty());
        let told = told.filter(says_something).or(given.filter(says_something));
        self.state.set_editor_settings(told);
        // A model that was chosen elsewhere makes chunks stale.
        watching::settings_changed(&self.state);
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let general = params.capabilities.general.as_ref();
        let offered = general.and_then(|general| general.position_encodings.as_deref());
        let encoding = Encoding::negotiate(offered);
        self.state.documents.set_encoding(encoding);
        let options = params.initialization_options.clone();
        self.state.introduce(Introduction {
            folders: folders(&params),
            initial_settings: options.map(storywright_section),
            client_name: params.client_info.map(|client| client.name),
            capabilities: params.capabilities,
        });
        Ok(InitializeResult {
            capabilities: capabilities(encoding),
            server_info: Some(ServerInfo {
                name: "storywright".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        watching::watch_settings(&self.state);
        self.fetch_settings(None).await;
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    // The ingress has done what these are about; without a handler they would be warned of.
    async fn did_open(&self, _: DidOpenTextDocumentParams) {}

    async fn did_change(&self, _: DidChangeTextDocumentParams) {}

    async fn did_save(&self, _: DidSaveTextDocumentParams) {}

    async fn did_close(&self, _: DidCloseTextDocumentParams) {}

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        let given = Some(params.settings).filter(Value::is_object);
        self.fetch_settings(given.map(storywright_section)).await;
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        watching::settings_changed(&self.state);
    }

    async fn did_rename_files(&self, params: RenameFilesParams) {
        let path = |uri: &str| Url::parse(uri).ok().as_ref().and_then(path_of);
        let renames = params.files.iter();
        let renames = renames.filter_map(|file| Some((path(&file.old_uri)?, path(&file.new_uri)?)));
        session_commands::follow_renames(&self.state, renames.collect()).await;
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let state = Arc::clone(&self.state);
        let mut actions =
            crate::engine::blocking(move || code_actions::list(&state, &params)).await;
        actions.iter_mut().for_each(code_actions::show_title);
        Ok(Some(actions))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        commands::execute(&self.state, &params.command, &params.arguments)
            .await
            .map(Some)
            .map_err(|message| Error {
                code: ErrorCode::ServerError(REQUEST_FAILED),
                message: shown(&message).into_owned().into(),
                data: None,
            })
    }
}

/// `RequestFailed` of LSP 3.17: the request was well-formed, and could not be done.
const REQUEST_FAILED: i64 = -32803;

/// Clients send all settings, or just ours.
fn storywright_section(settings: Value) -> Value {
    match settings.get("storywright") {
        Some(section) => section.clone(),
        None => settings,
    }
}

fn folders(params: &InitializeParams) -> Vec<std::path::PathBuf> {
    let named = params
        .workspace_folders
        .iter()
        .flatten()
        .map(|folder| folder.uri.clone());
    let mut urls: Vec<Url> = named.collect();
    #[allow(deprecated)] // Helix and older clients send the root only.
    if urls.is_empty() {
        urls.extend(params.root_uri.clone());
        let root = params
            .root_path
            .as_deref()
            .and_then(|path| Url::from_file_path(path).ok());
        if urls.is_empty() {
            urls.extend(root);
        }
    }
    urls.iter()
        .filter_map(path_of)
        .map(|path| dunce::canonicalize(&path).unwrap_or(path))
        .collect()
}

/// The files whose renaming the client tells of.
fn renamed_briefs() -> FileOperationRegistrationOptions {
    FileOperationRegistrationOptions {
        filters: vec![FileOperationFilter {
            scheme: Some("file".to_owned()),
            pattern: FileOperationPattern {
                glob: "**/*story.md".to_owned(),
                matches: Some(FileOperationPatternKind::File),
                options: None,
            },
        }],
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(
                    SaveOptions::default(),
                )),
                ..TextDocumentSyncOptions::default()
            },
        )),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR_REWRITE,
            ]),
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::ALL
                .iter()
                .map(|&command| command.to_owned())
                .collect(),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: None,
            }),
            file_operations: Some(WorkspaceFileOperationsServerCapabilities {
                did_rename: Some(renamed_briefs()),
                ..WorkspaceFileOperationsServerCapabilities::default()
            }),
        }),
        ..ServerCapabilities::default()
    }
}
