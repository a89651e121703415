//! Reads the settings files: the user's `config.toml`, the workspace's `storywright.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::codes::UNREADABLE;
use super::layer::{dotted, is_group};
use super::{Layer, LayerFile, Origin, SettingsProblem, Spot};
use crate::session::{Owners, ReadFiles, read_file};
use crate::settings::environment::Environment;
use crate::story::encoding::{self, NotText};
use crate::story::{Brief, Span};

/// Finds where the user's own settings are: `STORYWRIGHT_CONFIG`, else `storywright/config.toml` in the
/// platform's configuration folder.
pub fn user_config_path(environment: &Environment) -> Option<PathBuf> {
    match environment.var("STORYWRIGHT_CONFIG") {
        Some(path) => Some(PathBuf::from(path)),
        None => environment
            .config_folder()
            .map(|folder| folder.join("storywright").join("config.toml")),
    }
}

/// The sources of settings.
#[derive(Debug, Clone, Copy)]
pub struct SettingsSources<'a> {
    /// The outermost folder in which a `storywright.toml` may lie; the nearest one from the brief's folder
    /// upwards counts.
    pub workspace: Option<&'a Path>,
    pub brief_path: &'a Path,
    /// The brief and its text.
    pub brief: Option<(&'a Brief, &'a str)>,
    /// The `storywright` section of the editor's settings.
    pub editor: Option<&'a Value>,
    pub flags: &'a serde_json::Map<String, Value>,
}

/// Loads all layers of settings for a brief in rising order of rank, open files from the editor.
///
/// A file that can't be read or parsed is a problem, not a reason to go on with half of what the author
/// configured.
pub fn load_layers(
    environment: &Environment,
    sources: &SettingsSources<'_>,
    owners: &dyn Owners,
    noted: &ReadFiles,
) -> (Vec<Layer>, Vec<SettingsProblem>) {
    let mut layers = Vec::new();
    let mut problems = Vec::new();
    let mut add_file = |origin, path: PathBuf| match read_toml(origin, &path, owners) {
        Ok(Some(layer)) => layers.push(layer),
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    };
    if let Some(path) = user_config_path(environment) {
        noted.note(&path);
        add_file(Origin::User, path);
    }
    if let Some(path) = workspace_file(sources.workspace, sources.brief_path, noted) {
        add_file(Origin::Workspace, path);
    }
    if let Some(editor) = sources.editor {
        layers.push(Layer::from_tables(
            Origin::Editor,
            "the editor's settings",
            editor,
        ));
    }
    if let Some((brief, text)) = sources.brief {
        layers.push(front_matter(sources.brief_path, brief, text));
    }
    layers.push(Layer {
        origin: Origin::Flag,
        place: "the command line".to_owned(),
        values: sources.flags.clone(),
        file: None,
    });
    (layers, problems)
}

/// Makes the layer of the brief's front matter.
fn front_matter(path: &Path, brief: &Brief, text: &str) -> Layer {
    let mut values = serde_json::Map::new();
    let mut spans = BTreeMap::new();
    let lengths = [
        ("chunk_words", brief.chunk_words),
        ("target_words", brief.target_words),
    ];
    for (name, words) in lengths {
        let Some(words) = words else { continue };
        values.insert(name.to_owned(), words.into());
        let entry = brief.front_matter.as_ref().and_then(|it| it.entry(name));
        if let Some(entry) = entry {
            spans.insert(name.to_owned(), entry.value_span.clone());
        }
    }
    Layer {
        origin: Origin::FrontMatter,
        place: path.display().to_string(),
        values,
        file: Some(LayerFile {
            path: path.to_owned(),
            text: text.into(),
            spans,
        }),
    }
}

/// Finds the nearest `storywright.toml` from the brief's folder up to `workspace`.
fn workspace_file(workspace: Option<&Path>, brief: &Path, noted: &ReadFiles) -> Option<PathBuf> {
    let folder = brief.parent()?;
    let top = workspace
        .filter(|workspace| folder.starts_with(workspace))
        .unwrap_or(folder);
    folder
        .ancestors()
        .take_while(|ancestor| ancestor.starts_with(top))
        .map(|ancestor| ancestor.join("storywright.toml"))
        .inspect(|candidate| noted.note(candidate))
        // Whatever has that name: what is no file is told when it is read.
        .find(|candidate| candidate.exists())
}

fn read_toml(
    origin: Origin,
    path: &Path,
    owners: &dyn Owners,
) -> Result<Option<Layer>, SettingsProblem> {
    let place = path.display().to_string();
    let problem = |text: &str, span: Span, message: String| SettingsProblem {
        origin,
        place: place.clone(),
        spot: Some(Box::new(Spot {
            path: path.to_owned(),
            text: text.into(),
            span,
        })),
        name: String::new(),
        code: UNREADABLE,
        message,
        is_error: true,
    };
    let text = match owners.open_text(path) {
        Some(text) => text,
        // How a shell's user says that there are no settings.
        None if path == Path::new("/dev/null") => return Ok(None),
        None => match read_file(path).map(encoding::decode) {
            Ok(Ok(text)) => text,
            Ok(Err(NotText { text, span, why })) => {
                return Err(problem(&text, span, why.to_string()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(problem("", 0..0, format!("can't be read: {error}"))),
        },
    };
    // Editors on Windows put one in front; TOML has none.
    let bare = text.trim_start_matches('\u{feff}');
    let mark = text.len() - bare.len();
    let tables: Value = toml::from_str(bare).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().trim();
        let message = format!("This is not valid TOML: {message}");
        problem(&text, span.start + mark..span.end + mark, message)
    })?;
    let mut spans = BTreeMap::new();
    if let Ok(table) = DeTable::parse(bare) {
        note_spans("", table.get_ref(), mark, &mut spans);
    }
    let file = LayerFile {
        path: path.to_owned(),
        text: text.as_str().into(),
        spans,
    };
    Ok(Some(Layer {
        file: Some(file),
        ..Layer::from_tables(origin, place, &tables)
    }))
}

/// Where each setting of a table stands, by its dotted name; `mark` bytes come before the table.
fn note_spans(prefix: &str, table: &DeTable<'_>, mark: usize, spans: &mut BTreeMap<String, Span>) {
    for (key, value) in table {
        let name = dotted(prefix, key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) if is_group(&name) => note_spans(&name, inner, mark, spans),
            _ => {
                let span = key.span();
                spans.insert(name, span.start + mark..span.end + mark);
            }
        }
    }
}
