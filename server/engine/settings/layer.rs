//! One source of settings, and how layers become [`Settings`].

use serde_json::{Map, Value};

use super::names;
use super::{ProviderChoice, Settings};
use crate::provider::ProviderKind;

/// Where a layer comes from; later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    User,
    Workspace,
    Editor,
    FrontMatter,
    Flag,
}

impl Origin {
    /// Whether it belongs to the user alone, so that it may choose endpoints and keys.
    pub fn is_trusted(self) -> bool {
        matches!(self, Origin::User | Origin::Editor | Origin::Flag)
    }

    /// How a setting's name is written there.
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
    /// Where it was read, for messages: a path, "the editor's settings", "the command line".
    pub place: String,
    pub values: Map<String, Value>,
}

/// A setting that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct SettingsProblem {
    pub origin: Origin,
    pub place: String,
    pub name: String,
    pub message: String,
    /// Whether it names a value that makes no sense (else: a name that is not known or not
    /// allowed there, which is ignored).
    pub is_error: bool,
}

/// The flag of a setting: `--timeouts-idle` is `timeouts.idle`.
pub fn flag(name: &str) -> String {
    format!("--{}", name.replace(['_', '.'], "-"))
}

impl Layer {
    /// A layer of nested tables: `{"timeouts": {"idle": 30}}` and `{"timeouts.idle": 30}` are
    /// the same. Nulls count as not set.
    pub fn from_tables(origin: Origin, place: impl Into<String>, tables: &Value) -> Layer {
        let mut values = Map::new();
        if let Value::Object(map) = tables {
            flatten("", map, &mut values);
        }
        Layer {
            origin,
            place: place.into(),
            values,
        }
    }
}

fn flatten(prefix: &str, map: &Map<String, Value>, into: &mut Map<String, Value>) {
    for (key, value) in map {
        let name = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        let is_group = matches!(name.as_str(), "models" | "timeouts" | "demo" | "prices");
        match value {
            Value::Null => {}
            Value::Object(inner) if is_group => flatten(&name, inner, into),
            other => {
                into.insert(name, other.clone());
            }
        }
    }
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
        let problem = |message: String, is_error: bool| SettingsProblem {
            origin: layer.origin,
            place: layer.place.clone(),
            name: name.to_owned(),
            message,
            is_error,
        };
        let is_price = name.starts_with("prices.");
        let Some(setting) = names::find(name) else {
            if is_price {
                return self.set(name, value).ok_or_else(|| {
                    problem(
                        format!("`{name}` expects a table such as {{ input = 3.0, output = 15.0 }}, a million tokens"),
                        true,
                    )
                });
            }
            let hint = match names::suggestion(name) {
                Some(known) => format!(" Did you mean `{known}`?"),
                None => String::new(),
            };
            return Err(problem(
                format!("there is no setting `{name}`.{hint}"),
                false,
            ));
        };
        if setting.trusted_only && !layer.origin.is_trusted() {
            return Err(problem(
                format!(
                    "`{name}` is ignored here: a workspace must not choose where keys and prompts go. \
                     Put it into your own config.toml, your editor's user settings or on the command line."
                ),
                false,
            ));
        }
        self.set(name, value).ok_or_else(|| {
            problem(
                format!(
                    "`{}` expects {}, not {value}",
                    layer.origin.spelling(name),
                    setting.expects
                ),
                true,
            )
        })
    }
}

/// For which provider an endpoint and its key were configured. They are used with no other:
/// a key must not reach a host that is not its provider's because a workspace, or a flag,
/// names another provider.
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
                name: (*name).to_owned(),
                message: format!(
                    "`{name}` was set for provider `{owner}` and is not used for `{}`.",
                    settings.provider
                ),
                is_error: false,
            });
        }
    }
}
