//! Reads the settings files: the user's `config.toml`, the workspace's `storywright.toml`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Layer, Origin, SettingsProblem};
use crate::engine::environment::Environment;
use crate::story::Brief;

/// Where the user's own settings are: `STORYWRIGHT_CONFIG`, else `storywright/config.toml` in
/// the platform's configuration folder.
pub fn user_config_path(environment: &Environment) -> Option<PathBuf> {
    match environment.var("STORYWRIGHT_CONFIG") {
        Some(path) => Some(PathBuf::from(path)),
        None => environment
            .config_folder()
            .map(|folder| folder.join("storywright").join("config.toml")),
    }
}

/// All layers for a brief in rising order of rank. A file that can't be read or parsed is a
/// problem, not a reason to go on with half of what the author configured.
///
/// `workspace`: the outermost folder in which a `storywright.toml` may lie; the nearest one
/// from the brief's folder upwards counts.
pub fn load_layers(
    environment: &Environment,
    workspace: Option<&Path>,
    brief_path: &Path,
    brief: Option<&Brief>,
    editor: Option<&Value>,
    flags: &serde_json::Map<String, Value>,
) -> (Vec<Layer>, Vec<SettingsProblem>) {
    let mut layers = Vec::new();
    let mut problems = Vec::new();
    let mut add_file = |origin, path: PathBuf| match read_toml(origin, &path) {
        Ok(Some(layer)) => layers.push(layer),
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    };
    if let Some(path) = user_config_path(environment) {
        add_file(Origin::User, path);
    }
    if let Some(path) = workspace_file(workspace, brief_path) {
        add_file(Origin::Workspace, path);
    }
    if let Some(editor) = editor {
        layers.push(Layer::from_tables(
            Origin::Editor,
            "the editor's settings",
            editor,
        ));
    }
    if let Some(brief) = brief {
        layers.push(front_matter(brief_path, brief));
    }
    layers.push(Layer {
        origin: Origin::Flag,
        place: "the command line".to_owned(),
        values: flags.clone(),
    });
    (layers, problems)
}

/// The front matter's part: a brief's own parser has checked it and shown what is wrong.
fn front_matter(path: &Path, brief: &Brief) -> Layer {
    let mut values = serde_json::Map::new();
    if let Some(words) = brief.chunk_words {
        values.insert("chunk_words".to_owned(), words.into());
    }
    if let Some(words) = brief.target_words {
        values.insert("target_words".to_owned(), words.into());
    }
    Layer {
        origin: Origin::FrontMatter,
        place: path.display().to_string(),
        values,
    }
}

/// The nearest `storywright.toml` from the brief's folder up to `workspace`.
fn workspace_file(workspace: Option<&Path>, brief: &Path) -> Option<PathBuf> {
    let folder = brief.parent()?;
    let top = workspace
        .filter(|workspace| folder.starts_with(workspace))
        .unwrap_or(folder);
    folder
        .ancestors()
        .take_while(|ancestor| ancestor.starts_with(top))
        .map(|ancestor| ancestor.join("storywright.toml"))
        .find(|candidate| candidate.is_file())
}

fn read_toml(origin: Origin, path: &Path) -> Result<Option<Layer>, SettingsProblem> {
    let place = path.display().to_string();
    let problem = |message: String| SettingsProblem {
        origin,
        place: place.clone(),
        name: String::new(),
        message,
        is_error: true,
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(format!("can't be read: {error}"))),
    };
    let tables: Value = toml::from_str(&text)
        .map_err(|error| problem(format!("is not valid TOML: {}", error.to_string().trim())))?;
    Ok(Some(Layer::from_tables(origin, place, &tables)))
}
