//! `textDocument/diagnostic`: what was found in an open document, for a client that asks for it.

use std::sync::Arc;
use std::time::Duration;

use tower_lsp::lsp_types::{
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    FullDocumentDiagnosticReport, RelatedFullDocumentDiagnosticReport,
    RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport,
};

use crate::lsp::reports::Answer;
use crate::lsp::state::State;
use crate::lsp::{diagnostics, review};

/// How long a look is waited for. What comes later is told by asking the client to ask again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers once what changed before was looked at.
pub async fn handle(
    state: &Arc<State>,
    params: DocumentDiagnosticParams,
) -> DocumentDiagnosticReportResult {
    let url = params.text_document.uri;
    if state.documents.get(&url).is_some() {
        diagnostics::take_over(state, &url);
    }
    let _ = tokio::time::timeout(PATIENCE, state.review_queue.all_looked_at()).await;
    let before = params.previous_result_id.as_deref();
    let answer = match state.documents.get(&url) {
        Some(open) => state.reports.answer(&url, open.version, before),
        // It was closed meanwhile: nothing is kept of it.
        None => Answer::Full(String::new(), Vec::new()),
    };
    review::tell_of_outdated(state);
    let report = match answer {
        Answer::Full(id, items) => {
            DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
                related_documents: None,
                full_document_diagnostic_report: FullDocumentDiagnosticReport {
                    result_id: (!id.is_empty()).then_some(id),
                    items,
                },
            })
        }
        Answer::Unchanged(result_id) => {
            DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
                related_documents: None,
                unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport {
                    result_id,
                },
            })
        }
    };
    DocumentDiagnosticReportResult::Report(report)
}
