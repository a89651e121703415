//! Looks which chunks are stale, before and after the brief says more.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::TextPlanRequest;
use crate::analysis::snapshot::StorySource;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::workshop::Workshop;
use crate::session::SessionId;
use crate::story::ChunkNumber;

/// Lists the chunks of a session that are stale as the brief is now.
pub(super) async fn stale(
    workshop: &Workshop,
    request: &TextPlanRequest,
    session: &SessionId,
    editor: Arc<dyn Editor>,
) -> BTreeSet<ChunkNumber> {
    let (workshop, request, session) = (workshop.clone(), request.clone(), session.clone());
    blocking(move || {
        let source = StorySource {
            brief: &request.brief,
            workspace: request.workspace.as_deref(),
            editor_settings: request.editor_settings.as_ref(),
            // Those of this command say who plans; who drafts, as `status` sees it, is no matter of theirs.
            flags: None,
        };
        let owners: &dyn Editor = editor.as_ref();
        let status = workshop.look(&source, owners).status(Some(&session));
        let stale = status.iter().flat_map(|status| status.stale());
        stale.map(|chunk| chunk.number).collect()
    })
    .await
}
