//! Starts a job on chunks; the answer is the job's id.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::command::{Answer, Call};
use crate::jobs::assignment::Assignment;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::error::JobError;
use crate::jobs::run::reporter::cause_chain;
use crate::jobs::run::workshop::{JobRequest, Naming, Scope};
use crate::jobs::write::prepare::Prepared;
use crate::lsp::buffer_stream::LspEditor;
use crate::lsp::jobs;
use crate::lsp::state::State;
use crate::lsp::target::Target;

/// How long a job's start waits for a client that has not told its settings yet.
pub const SETTINGS_PATIENCE: Duration = Duration::from_secs(3);

/// Says what a job is to do with the story that it is about.
pub type ScopeOf = fn(&Arc<State>, &Target, &Arguments) -> Result<Scope, JobError>;

/// Starts a job with the scope that the command has here.
pub async fn run(call: Call, scope_of: ScopeOf) -> Answer {
    begin(&call, move |state, target, arguments, job| {
        let scope = scope_of(state, &target, arguments)?;
        let request = JobRequest {
            job,
            workspace: state.workspace_of(&target.brief),
            brief: target.brief,
            session: target.session,
            naming: Naming::ByPlace,
            scope,
            editor_settings: state.editor_settings(),
            flags: Map::new(),
        };
        let editor = LspEditor::new(Arc::clone(state));
        let prepared = Prepared::new(&state.workshop, request, &editor)?;
        Ok(Assignment::Chunks(Box::new(prepared)))
    })
    .await
}

/// Starts the job that `prepare` makes of the story that a command is about, with the id that it gets. It is listed
/// before it is prepared, which may block, so that no other begins beside it.
pub async fn begin(
    call: &Call,
    prepare: impl FnOnce(&Arc<State>, Target, &Arguments, String) -> Result<Assignment, JobError>
    + Send
    + 'static,
) -> Answer {
    let Call { state, arguments } = call;
    state.wait_for_settings(SETTINGS_PATIENCE).await;
    let target = call.target().await?;
    let id = state.jobs.next_id();
    let listed = jobs::list(state, &id, target.brief.clone());
    let assignment = {
        let (state, arguments, id) = (Arc::clone(state), arguments.clone(), id.clone());
        blocking(move || prepare(&state, target, &arguments, id)).await
    };
    jobs::start(listed, assignment.map_err(|error| cause_chain(&error))?);
    Ok(Value::from(id))
}
