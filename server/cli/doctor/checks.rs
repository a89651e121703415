//! Checks everything that writing needs, and reports what is in order and what to fix.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::analysis::snapshot::{StorySnapshot, StorySource};
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{Workshop, check_no_file};
use crate::provider::local::LocalServer;
use crate::provider::{Provider, ProviderKind};
use crate::session::{Disk, NoEditor, ReadFiles, StoreError, StoryFolder};
use crate::settings::connection::{Connection, asked_port, connect_provider, exposed_key};
use crate::settings::environment::Environment;
use crate::settings::local_servers;
use crate::settings::local_servers::Offer;
use crate::settings::{
    Role, Settings, SettingsProblem, SettingsSources, load_layers, user_config_path,
};
use crate::story::counted::counted;
use crate::writing::tokens::Tokenizers;

/// The result of one check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: CheckState,
    /// The finding and, where it is not in order, what to do.
    pub message: String,
    /// The model server on this computer that the check is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Offer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    Ok,
    Warning,
    Error,
}

/// Runs all checks. Makes no call that costs anything.
pub async fn examine(
    workshop: &Workshop,
    brief: Option<&Path>,
    workspace: Option<&Path>,
    flags: &Map<String, Value>,
) -> Vec<Check> {
    let mut checks = vec![check(
        "version",
        CheckState::Ok,
        format!("storywright {}", env!("CARGO_PKG_VERSION")),
    )];
    checks.push(match user_config_path(workshop.environment()) {
        Some(path) if path.is_file() => check("config", CheckState::Ok, path.display().to_string()),
        Some(path) => check(
            "config",
            CheckState::Ok,
            format!("none at {} (defaults are in force)", path.display()),
        ),
        None => check(
            "config",
            CheckState::Warning,
            "this platform has no configuration folder".to_owned(),
        ),
    });
    let (settings, problems) = match brief {
        Some(path) => {
            let (workshop, path) = (workshop.clone(), path.to_owned());
            let (workspace, flags) = (workspace.map(Path::to_owned), flags.clone());
            let found =
                blocking(move || story_checks(&workshop, &path, workspace.as_deref(), &flags))
                    .await;
            checks.extend(found.checks);
            (found.settings, found.problems)
        }
        None => without_story(workshop, workspace, flags),
    };
    for problem in problems {
        let state = if problem.is_error {
            CheckState::Error
        } else {
            CheckState::Warning
        };
        checks.push(check("settings", state, problem.to_string()));
    }
    let (provider, in_force, exposed_at) = provider_check(&settings, workshop.environment()).await;
    let is_ok = provider.state == CheckState::Ok;
    checks.push(provider);
    let exposed = exposed_at.map(|host| check("key", CheckState::Warning, exposed_key(&host)));
    checks.extend(exposed);
    checks.extend(local_checks(&settings, workshop.environment(), in_force, is_ok).await);
    checks
}

/// Checks the provider in force; reports which one it is as far as known, and whether its key can be read on
/// its way.
async fn provider_check(
    settings: &Settings,
    environment: &Environment,
) -> (Check, Option<ProviderKind>, Option<String>) {
    let failed = |error: String| check("provider", CheckState::Error, error);
    let Connection {
        kind,
        provider,
        exposed_at,
    } = match connect_provider(settings, environment).await {
        Ok(connected) => connected,
        Err(error) => return (failed(error.to_string()), None, None),
    };
    let found = match provider.probe().await {
        Ok(message) => {
            let window = window(provider.as_ref(), settings).await;
            let message = format!("{}: {message}{window}", kind.as_str());
            check("provider", CheckState::Ok, message)
        }
        Err(error) => failed(error.to_string()),
    };
    (found, Some(kind), exposed_at)
}

/// Looks for model servers on this computer that are not in force. One at the address in force is reported
/// only where it answers in another protocol than it was asked in.
async fn local_checks(
    settings: &Settings,
    environment: &Environment,
    in_force: Option<ProviderKind>,
    is_ok: bool,
) -> Vec<Check> {
    let kind = in_force.unwrap_or(ProviderKind::Ollama);
    let asked = asked_port(kind, settings, environment);
    let found = local_servers::offers(environment, asked.filter(|_| !is_ok)).await;
    let is_known =
        |server: &LocalServer| asked == Some(server.port) && (is_ok || server.kind == kind);
    let told = found.into_iter().filter(|(server, _)| !is_known(server));
    let mut checks: Vec<Check> = told
        .map(|(_, offer)| Check {
            server: Some(offer.clone()),
            ..check("local", CheckState::Ok, offer.to_string())
        })
        .collect();
    let ports = environment.local_ports();
    if checks.is_empty() && !is_ok && !ports.is_empty() {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let message = format!(
            "no model server answers on this machine (127.0.0.1, ports {})",
            ports.join(", ")
        );
        checks.push(check("local", CheckState::Warning, message));
    }
    checks
}

/// Returns a sentence with the size of the model's window; an empty one where that is not known.
async fn window(provider: &dyn Provider, settings: &Settings) -> String {
    let model = match settings.model_for(Role::Draft) {
        Some(model) => model.to_owned(),
        None => provider.default_model().await.unwrap_or_default(),
    };
    let Some(window) = provider.window(&model).await else {
        return String::new();
    };
    let context_tokens = settings.context_tokens;
    let tokenizers = Tokenizers::default();
    tokenizers.note_served(&model, window);
    match tokenizers.limit(&model, context_tokens).tokens {
        limit if limit < context_tokens => format!(
            " {model} has a window of {window} tokens, so prompts hold {limit} at most (context_tokens is \
             {context_tokens})."
        ),
        _ => format!(" {model} has a window of {window} tokens."),
    }
}

struct StoryChecks {
    checks: Vec<Check>,
    settings: Settings,
    problems: Vec<SettingsProblem>,
}

fn story_checks(
    workshop: &Workshop,
    path: &Path,
    workspace: Option<&Path>,
    flags: &Map<String, Value>,
) -> StoryChecks {
    let mut checks = Vec::new();
    let source = StorySource {
        flags: Some(flags),
        ..StorySource::of_files(path, workspace)
    };
    let StorySnapshot {
        story,
        settings,
        settings_problems,
    } = match workshop.read_story(&source, &NoEditor) {
        Ok(read) => read,
        Err(error) => {
            checks.push(check("brief", CheckState::Error, error.to_string()));
            let (settings, problems) = without_story(workshop, workspace, flags);
            return StoryChecks {
                checks,
                settings,
                problems,
            };
        }
    };
    let errors = story.brief.errors().count();
    checks.push(if errors == 0 {
        let beats = story.brief.beats.len();
        check(
            "brief",
            CheckState::Ok,
            format!(
                "{}: {}",
                story.folder.brief().display(),
                counted(beats, "beat")
            ),
        )
    } else {
        check(
            "brief",
            CheckState::Error,
            format!(
                "{} has {}; `storywright check` shows {}",
                story.folder.brief().display(),
                counted(errors, "error"),
                if errors == 1 { "it" } else { "them" }
            ),
        )
    });
    checks.push(match probe_folders(workshop.disk(), &story.folder) {
        Ok(()) => check(
            "folder",
            CheckState::Ok,
            format!("{} can be written", story.folder.root().display()),
        ),
        Err(error) => check("folder", CheckState::Error, error.to_string()),
    });
    StoryChecks {
        checks,
        settings,
        problems: settings_problems,
    }
}

/// Tries to write into the story's folder, and into `generated/` below it.
fn probe_folders(disk: &Disk, folder: &StoryFolder) -> Result<(), JobError> {
    probe(disk, folder.root())?;
    let generated = folder.generated();
    check_no_file(&generated)?;
    let Some(resolved) = disk.resolve(&generated)? else {
        return Ok(());
    };
    if !resolved.starts_with(folder.root()) {
        return Err(StoreError::Outside {
            path: generated,
            root: folder.root().to_owned(),
        }
        .into());
    }
    Ok(probe(disk, &generated)?)
}

/// Writes a file into the folder and removes it again.
fn probe(disk: &Disk, folder: &Path) -> Result<(), StoreError> {
    let file = folder.join(format!(".storywright-probe-{}", std::process::id()));
    disk.write(&file, b"")?;
    disk.remove(&file)
}

fn without_story(
    workshop: &Workshop,
    workspace: Option<&Path>,
    flags: &Map<String, Value>,
) -> (Settings, Vec<SettingsProblem>) {
    // Only its folder matters: that is where a workspace's settings are looked for.
    let place = workspace.unwrap_or(Path::new(".")).join("story.md");
    let sources = SettingsSources {
        workspace,
        brief_path: &place,
        brief: None,
        editor: None,
        flags,
    };
    let (layers, mut problems) = load_layers(
        workshop.environment(),
        &sources,
        &NoEditor,
        &ReadFiles::default(),
    );
    let (settings, more) = Settings::from_layers(&layers);
    problems.extend(more);
    (settings, problems)
}

fn check(name: &'static str, state: CheckState, message: String) -> Check {
    Check {
        name,
        state,
        message,
        server: None,
    }
}
