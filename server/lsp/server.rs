//! Serves a client: lists the requests that it answers, and ends it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{
    CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams,
    CompletionResponse, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, DocumentDiagnosticParams, DocumentDiagnosticReportResult,
    DocumentHighlight, DocumentHighlightParams, DocumentLink, DocumentLinkParams,
    DocumentSymbolParams, DocumentSymbolResponse, ExecuteCommandParams, FoldingRange,
    FoldingRangeParams, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams,
    InitializeParams, InitializeResult, InitializedParams, InlayHint, InlayHintParams, Location,
    PrepareRenameResponse, ReferenceParams, RenameFilesParams, RenameParams, SelectionRange,
    SelectionRangeParams, SemanticTokensParams, SemanticTokensRangeParams,
    SemanticTokensRangeResult, SemanticTokensResult, SymbolInformation, TextDocumentPositionParams,
    WorkDoneProgressCancelParams, WorkspaceEdit, WorkspaceSymbolParams,
};
use tower_lsp::{LanguageServer, LspService};

use super::client::EditorClient;
use super::ingress::Ingress;
use super::state::State;
use super::{journals, requests, transport};
use crate::settings::environment::Environment;
use crate::signals;

/// How long jobs may take to save when the client leaves.
const SAVING: Duration = Duration::from_secs(20);
/// How long answers that are under way may take to leave.
const DRAINING: Duration = Duration::from_secs(2);

/// Serves one client over standard input and output, until it leaves. Returns the exit code.
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
        .custom_method(
            "workspace/textDocumentContent",
            Backend::text_document_content,
        )
        .custom_method("textDocument/inlineCompletion", Backend::inline_completion)
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
    journals::finish(&state).await;
    if is_served {
        let _ = tokio::time::timeout(DRAINING, serving).await;
    }
    lifecycle.exit_code()
}

struct Backend {
    state: Arc<State>,
}

impl Backend {
    async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        requests::cancel_progress::handle(&self.state, params);
    }

    async fn inline_completion(
        &self,
        params: requests::inline_completion::Params,
    ) -> Result<requests::inline_completion::Offered> {
        Ok(requests::inline_completion::handle(&self.state, params).await)
    }

    async fn text_document_content(
        &self,
        params: requests::text_document_content::Params,
    ) -> Result<requests::text_document_content::Content> {
        requests::text_document_content::handle(&self.state, params).await
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        Ok(requests::initialize::handle(&self.state, params))
    }

    async fn initialized(&self, _: InitializedParams) {
        requests::initialized::handle(&self.state).await;
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
        requests::did_change_configuration::handle(&self.state, params).await;
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        requests::did_change_watched_files::handle(&self.state);
    }

    async fn did_rename_files(&self, params: RenameFilesParams) {
        requests::did_rename_files::handle(&self.state, params).await;
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let actions = requests::code_action::handle(&self.state, params).await;
        Ok(Some(actions))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        requests::execute_command::handle(&self.state, params).await
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        Ok(requests::diagnostic::handle(&self.state, params).await)
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        Ok(requests::document_symbol::handle(&self.state, params).await)
    }

    async fn symbol(
        &self,
        params: WorkspaceSymbolParams,
    ) -> Result<Option<Vec<SymbolInformation>>> {
        Ok(requests::workspace_symbol::handle(&self.state, params).await)
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        Ok(requests::definition::handle(&self.state, params).await)
    }

    async fn prepare_rename(
        &self,
        params: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        Ok(requests::rename::prepare(&self.state, params).await)
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        requests::rename::handle(&self.state, params).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        Ok(requests::references::handle(&self.state, params).await)
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        Ok(requests::document_highlight::handle(&self.state, params).await)
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        Ok(requests::hover::handle(&self.state, params).await)
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        Ok(requests::folding_range::handle(&self.state, params).await)
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        Ok(requests::document_link::handle(&self.state, params).await)
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        Ok(requests::code_lens::handle(&self.state, params).await)
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        Ok(requests::inlay_hint::handle(&self.state, params).await)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        Ok(requests::completion::handle(&self.state, params).await)
    }

    async fn selection_range(
        &self,
        params: SelectionRangeParams,
    ) -> Result<Option<Vec<SelectionRange>>> {
        Ok(requests::selection_range::handle(&self.state, params).await)
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let url = params.text_document.uri;
        let tokens = requests::semantic_tokens::handle(&self.state, url, None).await;
        Ok(tokens.map(SemanticTokensResult::Tokens))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let (url, range) = (params.text_document.uri, Some(params.range));
        let tokens = requests::semantic_tokens::handle(&self.state, url, range).await;
        Ok(tokens.map(SemanticTokensRangeResult::Tokens))
    }
}
