//! Asks the author before a job writes several complete chunks anew; an editor that can't ask shows a
//! warning.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tower_lsp::lsp_types::MessageType;

use super::buffer_stream::LspEditor;
use super::state::State;
use crate::jobs::run::error::JobError;
use crate::jobs::write::prepare::Prepared;

/// The longest wait for an answer; the job has claimed nothing meanwhile.
pub const PATIENCE: Duration = Duration::from_secs(600);

const LEAVE: &str = "Leave it";

/// Asks whether a job may begin. Sets how far it goes, if the author wants more.
///
/// # Errors
/// What would stop the job before it begins.
pub async fn may_begin(
    state: &Arc<State>,
    prepared: &mut Prepared,
    cancel: &CancellationToken,
) -> Result<bool, JobError> {
    if !prepared.may_rewrite_several() {
        return Ok(true);
    }
    let editor = Arc::new(LspEditor::new(Arc::clone(state)));
    let foreseen = prepared.foresee(&state.workshop, editor).await?;
    let (Some(warning), Some(client)) = (foreseen.warning(), state.client()) else {
        return Ok(true);
    };
    let message = format!("Storywright: {warning}");
    if !state.introduction().asks_questions() {
        client.show(MessageType::INFO, message);
        return Ok(true);
    }
    let rewrite = match foreseen.work.rewrites.len() {
        1 => "Rewrite 1 chunk".to_owned(),
        many => format!("Rewrite {many} chunks"),
    };
    let more = foreseen.following.as_ref().map(|more| {
        let count = more.to_write.len();
        format!("Rewrite, and up to {count} that become stale by it")
    });
    let titles = [Some(rewrite.clone()), more.clone(), Some(LEAVE.to_owned())];
    let titles: Vec<String> = titles.into_iter().flatten().collect();
    let answer = tokio::select! {
        () = cancel.cancelled() => return Ok(false),
        answer = client.ask(message.clone(), &titles, PATIENCE) => answer,
    };
    let Ok(answer) = answer else {
        // It can't ask after all; the command itself was the author's.
        client.show(MessageType::INFO, message);
        return Ok(true);
    };
    if answer.is_some() && answer == more {
        prepared.follow();
        return Ok(true);
    }
    Ok(answer == Some(rewrite))
}
