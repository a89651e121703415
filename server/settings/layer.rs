//! One source of settings, and how layers become [`Settings`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::codes::{self, INVALID, NOT_ALLOWED, NOT_USED, UNKNOWN};
use super::names;
use super::severities::EXPECTS;
use super::{ProviderChoice, Settings};
use crate::provider::ProviderKind;
use crate::story::Span;

/// The origin of a layer; later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    User,
    Workspace,
    Editor,
    FrontMatter,
    Flag,
}

impl Origin {
    /// Tells whether it belongs to the user alone, so that it may choose endpoints and keys.
    pub fn is_trusted(self) -> bool {
        matches!(self, Origin::User | Origin::Editor | Origin::Flag)
    }

    /// Returns a setting's name in the spelling of this origin.
    fn spelling(self, name: &str) -> String {
        match self {
            Origin::Flag => flag(name),
            Origin::Editor => format!("storywright.{name}"),
            Origin::User | Origin::Workspace | Origin::FrontMatter => name.to_owned(),
        }
    }
}

/// Settings by dotted name, as one source has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    pub origin: Origin,
    /// The source for messages: a path, "the editor's settings", "the command line".
    pub place: String,
    pub values: Map<String, Value>,
    /// The file that the layer was read from; `None` for the editor and the command line.
    pub file: Option<LayerFile>,
}

/// The text of a layer, and where each of its settings stands.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerFile {
    pub path: PathBuf,
    pub text: Arc<str>,
    /// The place of each setting by its dotted name: the key where there is one, else the value; in bytes of
    /// the text.
    pub spans: BTreeMap<String, Span>,
}

/// A stretch of a settings file or of a front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub path: PathBuf,
    pub text: Arc<str>,
    /// The span in bytes of the text.
    pub span: Span,
}

/// A setting that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", placed(place, spot.as_deref()))]
pub struct SettingsProblem {
    pub origin: Origin,
    pub place: String,
    /// The place of the setting, if it is in a file.
    pub spot: Option<Box<Spot>>,
    /// The setting; empty for a file that can't be read.
    pub name: String,
    /// Stable kebab-case name of the kind of problem.
    pub code: &'static str,
    pub message: String,
    /// Whether it names a value that makes no sense (else: a name that is not known or not
    /// allowed there, which is ignored).
    pub is_error: bool,
}

/// Adds the line number, from 1, to a place where it is known.
fn placed(place: &str, spot: Option<&Spot>) -> String {
    match spot {
        Some(spot) => {
            let before = spot.text.get(..spot.span.start).unwrap_or(&spot.text);
            format!("{place}:{}", before.matches('\n').count() + 1)
        }
        None => place.to_owned(),
    }
}

/// Returns the flag of a setting: `--timeouts-idle` is `timeouts.idle`.
pub fn flag(name: &str) -> String {
    format!("--{}", name.replace(['_', '.'], "-"))
}

impl Layer {
    /// Makes a layer of nested tables: `{"timeouts": {"idle": 30}}` and `{"timeouts.idle": 30}` are the same.
    /// Nulls count as not set.
    pub fn from_tables(origin: Origin, place: impl Into<String>, tables: &Value) -> Layer {
        let mut values = Map::new();
        if let Value::Object(map) = tables {
            flatten("", map, &mut values);
        }
        Layer {
            origin,
            place: place.into(),
            values,
            file: None,
        }
    }

    /// Finds where a setting stands, for messages: `storywright.toml:3`, "the command line".
    pub fn place_of(&self, name: &str) -> String {
        placed(&self.place, self.spot(name).as_ref())
    }

    fn spot(&self, name: &str) -> Option<Spot> {
        let file = self.file.as_ref()?;
        let span = file.spans.get(name)?;
        Some(Spot {
            path: file.path.clone(),
            text: Arc::clone(&file.text),
            span: span.clone(),
        })
    }
}

fn flatten(prefix: &str, map: &Map<String, Value>, into: &mut Map<String, Value>) {
    for (key, value) in map {
        let name = dotted(prefix, key);
        match value {
            Value::Null => {}
            Value::Object(inner) if is_group(&name) => flatten(&name, inner, into),
            other => {
                into.insert(name, other.clone());
            }
        }
    }
}

/// Returns the name of a key below a prefix.
pub(crate) fn dotted(prefix: &str, key: &str) -> String {
    match prefix {
        "" => key.to_owned(),
        // As a table it holds the value for all roles as well.
        "thinking" if key == "default" => prefix.to_owned(),
        _ => format!("{prefix}.{key}"),
    }
}

/// Tells whether the settings of a name are those in its table.
pub(crate) fn is_group(name: &str) -> bool {
    matches!(
        name,
        "models" | "thinking" | "timeouts" | "demo" | "prices" | "diagnostics"
    )
}

impl Settings {
    /// Settings from layers in rising order of rank. What is not taken becomes a problem.
    pub fn from_layers(layers: &[Layer]) -> (Settings, Vec<SettingsProblem>) {
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        let mut endpoint = EndpointOwner::default();
        let mut provider_origin = Origin::User;
        for layer in layers {
            for (name, value) in &layer.values {
                if let Err(problem) = settings.take(layer, name, value) {
                    problems.push(problem);
                } else if name == "provider" {
                    provider_origin = layer.origin;
                }
            }
            if layer.origin.is_trusted() {
                endpoint.note(layer, settings.provider);
            }
        }
        endpoint.drop_foreign(&mut settings, provider_origin, &mut problems);
        (settings, problems)
    }

    fn take(&mut self, layer: &Layer, name: &str, value: &Value) -> Result<(), SettingsProblem> {
        let problem = |code: &'static str, message: String| SettingsProblem {
            origin: layer.origin,
            place: layer.place.clone(),
            spot: layer.spot(name).map(Box::new),
            name: name.to_owned(),
            code,
            message,
            is_error: code == INVALID,
        };
        let Some(setting) = names::find(name) else {
            return match expected_of_open_name(name) {
                Some(expected) => self
                    .set(name, value)
                    .ok_or_else(|| problem(INVALID, format!("`{name}` expects {expected}"))),
                None => Err(problem(UNKNOWN, unknown(name))),
            };
        };
        if setting.trusted_only && !layer.origin.is_trusted() {
            return Err(problem(
                NOT_ALLOWED,
                format!(
                    "`{name}` is ignored here: a workspace must not choose where keys and prompts go. \
                     Put it into your own config.toml, your editor's user settings or on the command line."
                ),
            ));
        }
        self.set(name, value).ok_or_else(|| {
            problem(
                INVALID,
                format!(
                    "`{}` expects {}, not {value}",
                    layer.origin.spelling(name),
                    setting.expects
                ),
            )
        })
    }
}

/// Returns what a setting expects whose name is partly the author's; `None` for any other.
fn expected_of_open_name(name: &str) -> Option<String> {
    if name.starts_with("prices.") {
        let table = "a table such as { input = 3.0, output = 15.0 }, a million tokens";
        return Some(table.to_owned());
    }
    if name == "diagnostics" {
        return Some(format!("a table of codes, each with {EXPECTS}"));
    }
    codes::known(name.strip_prefix("diagnostics.")?)?;
    Some(EXPECTS.to_owned())
}

/// Says that there is no setting of a name, and which one is probably meant.
fn unknown(name: &str) -> String {
    let (what, name, near) = match name.strip_prefix("diagnostics.") {
        Some(code) => ("no finding has the code", code, codes::near(code)),
        None => ("there is no setting", name, names::suggestion(name)),
    };
    let hint = near.map(|known| format!(" Did you mean `{known}`?"));
    format!("{what} `{name}`.{}", hint.unwrap_or_default())
}

/// The provider for which an endpoint and its key were configured. They are used with no other: a key must
/// not reach a host that is not its provider's because a workspace, or a flag, names another provider.
#[derive(Default)]
struct EndpointOwner {
    owners: Vec<(&'static str, ProviderChoice)>,
}

impl EndpointOwner {
    fn note(&mut self, layer: &Layer, provider: ProviderChoice) {
        for name in ["base_url", "api_key_env", "api_key_command"] {
            if layer.values.contains_key(name) {
                self.owners.retain(|(known, _)| *known != name);
                self.owners.push((name, provider));
            }
        }
    }

    fn drop_foreign(
        &self,
        settings: &mut Settings,
        provider_origin: Origin,
        problems: &mut Vec<SettingsProblem>,
    ) {
        for (name, owner) in &self.owners {
            let fits = match owner {
                ProviderChoice::Auto => provider_origin.is_trusted(),
                fixed => *fixed == settings.provider,
            };
            if fits || settings.provider == ProviderChoice::Fixed(ProviderKind::Demo) {
                continue;
            }
            match *name {
                "base_url" => settings.base_url = None,
                "api_key_env" => settings.api_key_env = None,
                _ => settings.api_key_command = None,
            }
            problems.push(SettingsProblem {
                origin: provider_origin,
                place: "settings".to_owned(),
                spot: None,
                name: (*name).to_owned(),
                code: NOT_USED,
                message: format!(
                    "`{name}` was set for provider `{owner}` and is not used for `{}`.",
                    settings.provider
                ),
                is_error: false,
            });
        }
    }
}
