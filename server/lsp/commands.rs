//! The `storywright.*` commands: each validates, starts what it is for, and returns at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp::lsp_types::{MessageType, Url};

use super::jobs::{self, Assignment};
use super::planning::{self, PLAN};
use super::review;
use super::session_commands::{self, ADOPT_SESSION, EXPORT, NEW_SESSION, SWITCH_SESSION};
use super::state::State;
use super::target::{Arguments, Takes, Target, resolve};
use super::version_commands::{self, SHOW_DIFF, SHOW_VERSIONS};
use crate::engine::error::JobError;
use crate::engine::explain::{self, Explanation};
use crate::engine::new_story;
use crate::engine::prepare::Prepared;
use crate::engine::report::cause_chain;
use crate::engine::settings::Settings;
use crate::engine::status::StoryStatus;
use crate::engine::story_file::StoryFile;
use crate::engine::upkeep::{About, Decision, UpkeepRequest, decide};
use crate::engine::workshop::{
    ChapterRef, ChunkRef, JobRequest, Naming, Reach, Scope, Selection, Which,
};
use crate::session::ChunkStatus;
use crate::story::ChunkNumber;

use super::page::LspEditor;

pub const WRITE: &str = "storywright.write";
pub const WRITE_CHUNK: &str = "storywright.writeChunk";
pub const REWRITE_CHUNK: &str = "storywright.rewriteChunk";
pub const REWRITE_FROM: &str = "storywright.rewriteFrom";
pub const REWRITE_STALE: &str = "storywright.rewriteStale";
pub const RESTORE_VERSION: &str = "storywright.restoreVersion";
pub const KEEP: &str = "storywright.keep";
pub const LOCK: &str = "storywright.lock";
pub const UNLOCK: &str = "storywright.unlock";
pub const ACCEPT_REVISION: &str = "storywright.acceptRevision";
pub const REJECT_REVISION: &str = "storywright.rejectRevision";
pub const REFINE: &str = "storywright.refine";
pub const AUDIT: &str = "storywright.audit";
pub const EXTRACT_STATE: &str = "storywright.extractState";
pub const CANCEL: &str = "storywright.cancel";
pub const NEW_STORY: &str = "storywright.newStory";
pub const EXPLAIN: &str = "storywright.explain";
pub const SHOW_STATUS: &str = "storywright.showStatus";

/// All commands, for the server's capabilities.
pub const ALL: [&str; 25] = [
    PLAN,
    WRITE,
    WRITE_CHUNK,
    REWRITE_CHUNK,
    REWRITE_FROM,
    REWRITE_STALE,
    RESTORE_VERSION,
    SHOW_VERSIONS,
    SHOW_DIFF,
    KEEP,
    LOCK,
    UNLOCK,
    ACCEPT_REVISION,
    REJECT_REVISION,
    REFINE,
    AUDIT,
    EXTRACT_STATE,
    CANCEL,
    NEW_STORY,
    EXPORT,
    NEW_SESSION,
    SWITCH_SESSION,
    ADOPT_SESSION,
    SHOW_STATUS,
    EXPLAIN,
];

/// How long a job's start waits for a client that has not told its settings yet.
const SETTINGS_PATIENCE: Duration = Duration::from_secs(3);

/// Runs a command. The answer of one that starts a job is the job's id.
///
/// # Errors
/// A sentence for the author.
pub async fn execute(state: &Arc<State>, command: &str, values: &[Value]) -> Result<Value, String> {
    state.journals.settled().await;
    if matches!(
        command,
        EXPORT | NEW_SESSION | SWITCH_SESSION | ADOPT_SESSION
    ) {
        return session_commands::execute(state, command, values).await;
    }
    if matches!(command, SHOW_VERSIONS | SHOW_DIFF) {
        return version_commands::execute(state, command, values).await;
    }
    let takes = match command {
        PLAN | WRITE | REWRITE_STALE | CANCEL | SHOW_STATUS => Takes::Place,
        NEW_STORY => Takes::Title,
        _ => Takes::Chunk,
    };
    let arguments = Arguments::read(values, takes)?;
    if arguments.note.is_some() && command != REWRITE_CHUNK {
        return Err(format!("this command takes no note; {REWRITE_CHUNK} does"));
    }
    match command {
        WRITE | WRITE_CHUNK | REWRITE_CHUNK | REWRITE_FROM | REWRITE_STALE | EXTRACT_STATE
        | REFINE | AUDIT => start_job(state, &arguments, command).await,
        PLAN => planning::plan(state, &arguments, SETTINGS_PATIENCE).await,
        RESTORE_VERSION => upkeep(state, &arguments, Decision::Restore(arguments.version)).await,
        KEEP => upkeep(state, &arguments, Decision::Keep).await,
        LOCK => upkeep(state, &arguments, Decision::Lock).await,
        UNLOCK => upkeep(state, &arguments, Decision::Unlock).await,
        ACCEPT_REVISION => upkeep(state, &arguments, Decision::AcceptRevision).await,
        REJECT_REVISION => upkeep(state, &arguments, Decision::RejectRevision).await,
        CANCEL => cancel(state, &arguments),
        NEW_STORY => new_story(state, arguments).await,
        SHOW_STATUS => show_status(state, &arguments).await,
        EXPLAIN => explain(state, &arguments).await,
        _ => Err(format!("there is no command {command}")),
    }
}

async fn start_job(
    state: &Arc<State>,
    arguments: &Arguments,
    command: &str,
) -> Result<Value, String> {
    state.wait_for_settings(SETTINGS_PATIENCE).await;
    let mut target = {
        let (state, arguments) = (Arc::clone(state), arguments.clone());
        unblocked(move || resolve(&state, &arguments)).await?
    };
    // In a brief, the beat that the cursor happens to be in names no chunk to read.
    let names_chunk = matches!(target.chunk, Some(ChunkRef::Number(_)));
    if command == EXTRACT_STATE && arguments.chunk.is_none() && !names_chunk {
        target.chunk = None;
    }
    let id = state.jobs.next_id();
    let listed = jobs::list(state, &id, target.brief.clone());
    let prepared = {
        let (state, command, id) = (Arc::clone(state), command.to_owned(), id.clone());
        let arguments = arguments.clone();
        unblocked(move || prepare(&state, target, &arguments, &command, id)).await
    };
    let prepared = prepared.map_err(|error| cause_chain(&error))?;
    jobs::start(listed, Assignment::Chunks(Box::new(prepared)));
    Ok(Value::from(id))
}

fn prepare(
    state: &Arc<State>,
    target: Target,
    arguments: &Arguments,
    command: &str,
    id: String,
) -> Result<Prepared, JobError> {
    let editor = LspEditor::new(Arc::clone(state));
    let named = || target.chunk.clone().ok_or(JobError::NoChunkNamed);
    let scope = match command {
        WRITE_CHUNK => Scope::Chunks(Selection::from(match target.chunk.clone() {
            Some(chunk) => chunk,
            None => next_chunk(state, &target)?,
        })),
        REWRITE_CHUNK => match arguments.note.clone() {
            Some(note) => Scope::RewriteWithNote {
                chunk: named()?,
                note,
            },
            None => Scope::Rewrite(named()?.into()),
        },
        REWRITE_FROM => Scope::RewriteFrom(named()?),
        REWRITE_STALE => Scope::RewriteStale(Reach::Stale),
        REFINE => Scope::Refine {
            chunk: named()?,
            apply: false,
        },
        AUDIT => Scope::Audit(target.chunk.clone()),
        EXTRACT_STATE => Scope::Read(Which {
            again: target.chunk.is_some(),
            chunk: target.chunk.clone(),
        }),
        _ => match (arguments.to.clone(), arguments.chapter.clone()) {
            (Some(last), _) => Scope::UpTo(last),
            (None, Some(chapter)) => Scope::Chapter(ChapterRef(chapter)),
            (None, None) => Scope::Remaining,
        },
    };
    let request = JobRequest {
        job: id,
        workspace: state.workspace_of(&target.brief),
        brief: target.brief,
        session: target.session,
        naming: Naming::ByPlace,
        scope,
        editor_settings: state.editor_settings(),
        flags: serde_json::Map::new(),
    };
    Prepared::new(&state.workshop, request, &editor)
}

/// Where no chunk is named: the first that is not complete, else the first.
fn next_chunk(state: &Arc<State>, target: &Target) -> Result<ChunkRef, JobError> {
    let status = status(state, target)?;
    let next = status
        .chunks
        .iter()
        .find(|chunk| chunk.status != ChunkStatus::Complete);
    let number = next.map_or(ChunkNumber(1), |chunk| chunk.number);
    Ok(ChunkRef::Number(number))
}

/// A decision about one chunk; the answer is a sentence about what was done.
async fn upkeep(
    state: &Arc<State>,
    arguments: &Arguments,
    decision: Decision,
) -> Result<Value, String> {
    let target = {
        let (state, arguments) = (Arc::clone(state), arguments.clone());
        unblocked(move || resolve(&state, &arguments)).await?
    };
    let about = match (arguments.all, target.chunk.clone()) {
        (true, _) => About::All,
        (false, Some(chunk)) => About::Named(chunk.into()),
        (false, None) => return Err(JobError::NoChunkNamed.to_string()),
    };
    let request = UpkeepRequest {
        workspace: state.workspace_of(&target.brief),
        brief: target.brief.clone(),
        session: target.session,
        about,
        decision,
        editor_settings: state.editor_settings(),
    };
    let editor = Arc::new(LspEditor::new(Arc::clone(state)));
    let done = decide(&state.workshop, request, editor)
        .await
        .map_err(|error| error.to_string())?;
    review::note_brief(state, &target.brief);
    if let Some(refused) = done.failed.first() {
        return Err(refused.message.clone());
    }
    if let Some(client) = state.client() {
        let message = format!("Storywright: {}", done.message);
        client.show(MessageType::INFO, message);
    }
    Ok(Value::from(done.message))
}

fn cancel(state: &Arc<State>, arguments: &Arguments) -> Result<Value, String> {
    if let Some(job) = &arguments.job {
        return match state.jobs.cancel(job) {
            true => Ok(json!([job])),
            false => Err(format!("{job} is not running")),
        };
    }
    // Nothing may stand in the way of a cancel: what can't be found out is left out.
    let brief: Option<PathBuf> = resolve(state, arguments).ok().map(|target| target.brief);
    let mut cancelled = match &brief {
        Some(brief) => state.jobs.cancel_of(Some(brief)),
        None => Vec::new(),
    };
    if cancelled.is_empty() && arguments.uri.is_none() {
        cancelled = state.jobs.cancel_of(None);
    }
    if cancelled.is_empty()
        && let Some(client) = state.client()
    {
        client.show(MessageType::INFO, "Storywright: nothing is being written");
    }
    Ok(json!(cancelled))
}

async fn new_story(state: &Arc<State>, arguments: Arguments) -> Result<Value, String> {
    let title = arguments
        .title
        .clone()
        .unwrap_or_else(|| "Untitled".to_owned());
    let created = {
        let state = Arc::clone(state);
        unblocked(move || {
            let folder = story_folder(&state, &arguments)?;
            new_story::create(&folder, &title).map_err(|error| error.to_string())
        })
        .await?
    };
    let url =
        Url::from_file_path(&created).map_err(|()| format!("{} has no URI", created.display()))?;
    if let Some(client) = state.client() {
        if can_show_documents(state) {
            client.show_document(url.clone());
        }
        let name = created
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        client.show(
            MessageType::INFO,
            format!("Storywright: a new brief is in {name}"),
        );
    }
    Ok(json!({ "uri": url }))
}

/// Where a new brief goes: the folder that was named, that of the last touched document, or
/// the workspace. Never inside generated/.
fn story_folder(state: &State, arguments: &Arguments) -> Result<PathBuf, String> {
    let touched = arguments
        .uri
        .clone()
        .or_else(|| state.last_touched().map(|touched| touched.url));
    if let Some(path) = touched.as_ref().and_then(super::documents::path_of) {
        let folder = if path.is_dir() {
            Some(path.as_path())
        } else {
            path.parent()
        };
        if let Some(folder) = folder {
            let outside = folder
                .ancestors()
                .find(|ancestor| ancestor.file_name().is_some_and(|name| name == "generated"));
            return Ok(outside
                .and_then(|generated| generated.parent())
                .unwrap_or(folder)
                .to_owned());
        }
    }
    let folders = state
        .introduction()
        .map_or(&[][..], |introduction| &introduction.folders);
    let first = folders.first().cloned();
    first.ok_or_else(|| "open a folder first, so that the brief has a place".to_owned())
}

async fn show_status(state: &Arc<State>, arguments: &Arguments) -> Result<Value, String> {
    let status = {
        let (state, arguments) = (Arc::clone(state), arguments.clone());
        unblocked(move || {
            let target = resolve(&state, &arguments)?;
            status(&state, &target).map_err(|error| cause_chain(&error))
        })
        .await?
    };
    if let Some(client) = state.client() {
        client.show(
            MessageType::INFO,
            format!("Storywright: {}", status.summary()),
        );
    }
    serde_json::to_value(&status).map_err(|error| error.to_string())
}

/// Shows the prompt of a chunk as a document; the answer is the same as data.
async fn explain(state: &Arc<State>, arguments: &Arguments) -> Result<Value, String> {
    let (explanation, path) = {
        let (state, arguments) = (Arc::clone(state), arguments.clone());
        unblocked(move || {
            let target = resolve(&state, &arguments)?;
            let (story, settings) = story(&state, &target).map_err(|error| cause_chain(&error))?;
            let explanation = Explanation::read(
                &story,
                &settings,
                target.session.as_ref(),
                target.chunk.as_ref(),
                state.as_ref(),
                state.workshop.disk(),
            );
            let explanation = explanation.map_err(|error| error.to_string())?;
            let session = target.session.as_ref();
            let path = explain::save(&explanation, &story, session, state.workshop.disk());
            Ok::<_, String>((explanation, path.map_err(|error| error.to_string())?))
        })
        .await?
    };
    if let (Some(client), Ok(url)) = (state.client(), Url::from_file_path(&path)) {
        client.show(
            MessageType::INFO,
            format!("Storywright: {}", explanation.headline()),
        );
        if can_show_documents(state) {
            client.show_document(url);
        }
    }
    serde_json::to_value(&explanation).map_err(|error| error.to_string())
}

pub fn can_show_documents(state: &State) -> bool {
    state.introduction().is_some_and(|introduction| {
        let window = introduction.capabilities.window.as_ref();
        window
            .and_then(|window| window.show_document.as_ref())
            .is_some_and(|show| show.support)
    })
}

/// The brief of a target as it stands, with the settings in force.
fn story(state: &Arc<State>, target: &Target) -> Result<(StoryFile, Settings), JobError> {
    story_at(state, &target.brief)
}

/// A brief as it stands, with the settings in force.
pub fn story_at(state: &Arc<State>, brief: &Path) -> Result<(StoryFile, Settings), JobError> {
    let read = state.read_story(brief, state.as_ref())?;
    Ok((read.story, read.settings))
}

/// The state of the story that a target is in.
pub fn status(state: &Arc<State>, target: &Target) -> Result<StoryStatus, JobError> {
    let read = state.read_story(&target.brief, state.as_ref())?;
    let mut status = StoryStatus::read(
        &read.story,
        &read.settings,
        target.session.as_ref(),
        state.as_ref(),
        state.workshop.disk(),
    )?;
    let problems = read.settings_problems.iter();
    status.notices.extend(problems.map(ToString::to_string));
    Ok(status)
}

/// Runs what asks the file system where it holds no other message up.
pub async fn unblocked<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    crate::engine::blocking(work).await
}
