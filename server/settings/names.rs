//! The names of all settings, and how each value is read.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::codes;
use super::{ProviderChoice, Role, Settings};
use crate::provider::ProviderKind;

/// One setting: its name, and where it may be set.
#[derive(Debug, Clone, Copy)]
pub struct SettingName {
    /// Dotted, snake case: `timeouts.first_token`.
    pub name: &'static str,
    /// Whether it chooses an endpoint, a key or a command, so that no file of a workspace may
    /// set it.
    pub trusted_only: bool,
    /// The form of a value, for help and messages.
    pub expects: &'static str,
}

const fn open(name: &'static str, expects: &'static str) -> SettingName {
    SettingName {
        name,
        trusted_only: false,
        expects,
    }
}

const fn trusted(name: &'static str, expects: &'static str) -> SettingName {
    SettingName {
        name,
        trusted_only: true,
        expects,
    }
}

const THINKING: &str = "auto, off, low, medium or high";

/// Every setting but the `prices.*` and the `diagnostics.*`, in the order of the documentation.
pub const NAMES: &[SettingName] = &[
    open("provider", "auto, anthropic, openai, ollama or demo"),
    open("model", "the name of a model"),
    open("models.draft", "the name of a model"),
    open("models.plan", "the name of a model"),
    open("models.state", "the name of a model"),
    open("models.refine", "the name of a model"),
    open("models.audit", "the name of a model"),
    trusted("base_url", "an http or https address"),
    trusted("api_key_env", "the name of an environment variable"),
    trusted("api_key_command", "a command that prints the key"),
    open("chunk_words", "a whole number from 50 to 20000"),
    open("target_words", "a whole number from 50 to 10000000"),
    open("mode", "auto, single or chunked"),
    open("single_call_words", "a whole number from 1 to 1000000"),
    open("order", "serial, chapters or all"),
    open("parallel", "a whole number from 1 to 16"),
    open("state", "off or on"),
    open("refine", "off, propose or apply"),
    open("audit", "off or on"),
    open("context_tokens", "a whole number from 1000 to 10000000"),
    open("temperature", "a number from 0 to 2"),
    open("thinking", THINKING),
    open("thinking.draft", THINKING),
    open("thinking.plan", THINKING),
    open("thinking.state", THINKING),
    open("thinking.refine", THINKING),
    open("thinking.audit", THINKING),
    open("timeouts.connect", "seconds, more than 0"),
    open("timeouts.first_token", "seconds, more than 0"),
    open("timeouts.idle", "seconds, more than 0"),
    open("timeouts.call", "seconds, more than 0"),
    open("timeouts.outage", "seconds, more than 0"),
    open("attempts", "a whole number from 1 to 20"),
    open("max_output_tokens", "a whole number of at least 1"),
    open("max_cost", "a number of at least 0"),
    open("seed", "a whole number of at least 0"),
    open(
        "demo.words_per_second",
        "a number of at least 0; 0 is as fast as it can",
    ),
];

/// Returns the setting of a name.
pub(crate) fn find(name: &str) -> Option<&'static SettingName> {
    NAMES.iter().find(|setting| setting.name == name)
}

/// Returns the known name that `name` was probably meant to be.
pub(crate) fn suggestion(name: &str) -> Option<&'static str> {
    NAMES
        .iter()
        .map(|setting| {
            (
                strsim::damerau_levenshtein(name, setting.name),
                setting.name,
            )
        })
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .map(|(_, known)| known)
}

impl Settings {
    /// Sets one setting. `None` when the value is not what the setting expects.
    pub(crate) fn set(&mut self, name: &str, value: &Value) -> Option<()> {
        if let Some(model) = name.strip_prefix("prices.") {
            let price = serde_json::from_value(value.clone()).ok()?;
            self.prices.insert(model.to_owned(), price);
            return Some(());
        }
        if let Some(code) = name.strip_prefix("diagnostics.") {
            return self.severities.set(codes::known(code)?, value);
        }
        match name {
            "provider" => self.provider = provider(value)?,
            "model" => self.model = Some(text(value)?),
            "models.draft" => self.set_model(Role::Draft, value)?,
            "models.plan" => self.set_model(Role::Plan, value)?,
            "models.state" => self.set_model(Role::State, value)?,
            "models.refine" => self.set_model(Role::Refine, value)?,
            "models.audit" => self.set_model(Role::Audit, value)?,
            "base_url" => self.base_url = Some(address(value)?),
            "api_key_env" => self.api_key_env = Some(text(value)?),
            "api_key_command" => self.api_key_command = Some(text(value)?),
            "chunk_words" => self.chunk_words = whole(value, 50, 20_000)?,
            "target_words" => self.target_words = Some(whole(value, 50, 10_000_000)?),
            "mode" => self.mode = word(value)?,
            "single_call_words" => self.single_call_words = whole(value, 1, 1_000_000)?,
            "order" => self.order = word(value)?,
            "parallel" => self.parallel = whole(value, 1, 16)?,
            "state" => self.state = word(value)?,
            "refine" => self.refine = word(value)?,
            "audit" => self.audit = word(value)?,
            "context_tokens" => self.context_tokens = whole(value, 1_000, 10_000_000)?,
            "temperature" => self.temperature = Some(number(value, 0.0, 2.0)? as f32),
            "thinking" => self.thinking = word(value)?,
            "thinking.draft" => self.set_thinking(Role::Draft, value)?,
            "thinking.plan" => self.set_thinking(Role::Plan, value)?,
            "thinking.state" => self.set_thinking(Role::State, value)?,
            "thinking.refine" => self.set_thinking(Role::Refine, value)?,
            "thinking.audit" => self.set_thinking(Role::Audit, value)?,
            "timeouts.connect" => self.deadlines.connect = seconds(value)?,
            "timeouts.first_token" => self.deadlines.first_token = seconds(value)?,
            "timeouts.idle" => self.deadlines.idle = seconds(value)?,
            "timeouts.call" => self.deadlines.call = seconds(value)?,
            "timeouts.outage" => self.outage = seconds(value)?,
            "attempts" => self.attempts = whole(value, 1, 20)?,
            "max_output_tokens" => self.max_output_tokens = Some(integer(value, 1, u64::MAX)?),
            "max_cost" => self.max_cost = Some(number(value, 0.0, f64::MAX)?),
            "seed" => self.seed = Some(integer(value, 0, u64::MAX)?),
            "demo.words_per_second" => {
                let pace = number(value, 0.0, 1e9)?;
                self.demo_words_per_second = (pace > 0.0).then_some(pace);
            }
            _ => return None,
        }
        Some(())
    }

    fn set_thinking(&mut self, role: Role, value: &Value) -> Option<()> {
        self.thinking_of.insert(role, word(value)?);
        Some(())
    }

    fn set_model(&mut self, role: Role, value: &Value) -> Option<()> {
        self.models.insert(role, text(value)?);
        Some(())
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn provider(value: &Value) -> Option<ProviderChoice> {
    match value.as_str()? {
        "auto" => Some(ProviderChoice::Auto),
        _ => word::<ProviderKind>(value).map(ProviderChoice::Fixed),
    }
}

/// Reads one of the words of an enum. YAML and TOML read a bare `off` or `on` as a truth value in some
/// dialects, so these are taken as well.
fn word<T: DeserializeOwned>(value: &Value) -> Option<T> {
    let value = match value {
        Value::Bool(false) => Value::from("off"),
        Value::Bool(true) => Value::from("on"),
        other => other.clone(),
    };
    serde_json::from_value(value).ok()
}

fn address(value: &Value) -> Option<String> {
    let address = text(value)?;
    let url = reqwest::Url::parse(&address).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(address)
}

/// Reads a whole number between `least` and `most`; editors and flags may send it as text.
fn integer(value: &Value, least: u64, most: u64) -> Option<u64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        // Some clients know one kind of number only, and send 3.0.
        Value::Number(number) => number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|n| n.fract() == 0.0 && *n >= 0.0 && *n < 9e15)
                .map(|n| n as u64)
        })?,
        _ => return None,
    };
    (least..=most).contains(&number).then_some(number)
}

fn whole(value: &Value, least: u32, most: u32) -> Option<u32> {
    integer(value, least.into(), most.into()).and_then(|number| u32::try_from(number).ok())
}

fn number(value: &Value, least: f64, most: f64) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    (number >= least && number <= most).then_some(number)
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = number(value, 0.0, 1e7)?;
    (seconds > 0.0).then(|| Duration::from_secs_f64(seconds))
}
