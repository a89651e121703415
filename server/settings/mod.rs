//! Defines the settings: each has one name everywhere and comes from six layers, of which later ones win.
//!
//! A workspace can come from anybody: names that choose an endpoint, a key or a command are
//! taken from trusted layers only (the user's own file, the editor, flags), and they stay with
//! the provider that they were set for.

pub mod argument;
pub mod calls;
pub mod codes;
pub mod connection;
pub mod environment;
mod layer;
mod load;
pub mod local_servers;
pub mod model_name;
mod names;
mod severities;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use layer::{Layer, LayerFile, Origin, SettingsProblem, Spot, flag};
pub use load::{SettingsSources, load_layers, user_config_path};
pub use names::{NAMES, SettingName};
pub use severities::Severities;

use crate::provider::{Deadlines, ProviderKind, Thinking};
use crate::writing::schedule::Order;

/// All settings in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub provider: ProviderChoice,
    pub model: Option<String>,
    /// A model a role, where it differs from `model`.
    pub models: BTreeMap<Role, String>,
    pub base_url: Option<String>,
    /// Name of the environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// A shell command that prints the key.
    pub api_key_command: Option<String>,
    /// Words (characters for CJK) of one chunk; 50 to 20,000.
    pub chunk_words: u32,
    /// Words (characters for CJK) of the story.
    pub target_words: Option<u32>,
    pub mode: Mode,
    pub single_call_words: u32,
    pub order: Order,
    /// Number of calls at the same time; 1 to 16.
    pub parallel: u32,
    pub state: Switch,
    pub refine: Refine,
    pub audit: Switch,
    /// Most tokens of one prompt; at least 1,000.
    pub context_tokens: u32,
    pub temperature: Option<f32>,
    pub deadlines: Deadlines,
    /// How long a server is waited for that limits the rate, loads a model or restarts.
    pub outage: Duration,
    /// Failed calls a chunk before it is given up; 1 to 20.
    pub attempts: u32,
    /// Most output tokens of a job.
    pub max_output_tokens: Option<u64>,
    /// Most cost of a job, in the currency of `prices`.
    pub max_cost: Option<f64>,
    pub prices: BTreeMap<String, Price>,
    /// How hard models think, and a role each where that differs.
    pub thinking: Thinking,
    pub thinking_of: BTreeMap<Role, Thinking>,
    /// The seed that makes calls repeatable, where a server can do that; `None`: none is sent.
    pub seed: Option<u64>,
    /// Pace of the demo writer in words a second; `None`: as fast as it can.
    pub demo_words_per_second: Option<f64>,
    /// How findings are shown.
    pub severities: Severities,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            provider: ProviderChoice::Auto,
            model: None,
            models: BTreeMap::new(),
            base_url: None,
            api_key_env: None,
            api_key_command: None,
            chunk_words: 1500,
            target_words: None,
            mode: Mode::Auto,
            single_call_words: 12_000,
            order: Order::Serial,
            parallel: 1,
            state: Switch::On,
            refine: Refine::Off,
            audit: Switch::Off,
            context_tokens: 16_000,
            temperature: None,
            deadlines: Deadlines::default(),
            outage: Duration::from_secs(600),
            attempts: 5,
            max_output_tokens: None,
            max_cost: None,
            prices: BTreeMap::new(),
            thinking: Thinking::Auto,
            thinking_of: BTreeMap::new(),
            seed: None,
            demo_words_per_second: None,
            severities: Severities::default(),
        }
    }
}

impl Settings {
    /// Returns the model that a role uses, if any setting names one.
    pub fn model_for(&self, role: Role) -> Option<&str> {
        self.models
            .get(&role)
            .or(self.model.as_ref())
            .map(String::as_str)
    }

    /// Returns how hard the model of a role is to think.
    pub fn thinking_for(&self, role: Role) -> Thinking {
        self.thinking_of
            .get(&role)
            .copied()
            .unwrap_or(self.thinking)
    }

    /// Tells whether jobs do the same by both: how findings are shown is nothing to them.
    pub fn writes_as(&self, other: &Settings) -> bool {
        let other = Settings {
            severities: self.severities.clone(),
            ..other.clone()
        };
        *self == other
    }

    /// Returns the seed for the demo writer, which always has one.
    pub fn demo_seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// Returns the settings that a manifest may keep: nothing that names a place, a key or a command.
    pub fn public(&self) -> serde_json::Value {
        serde_json::json!({
            "provider": self.provider.to_string(),
            "model": self.model,
            "chunk_words": self.chunk_words,
            "target_words": self.target_words,
            "mode": self.mode,
            "order": self.order,
            "parallel": self.parallel,
            "state": self.state,
            "refine": self.refine,
            "audit": self.audit,
            "context_tokens": self.context_tokens,
            "temperature": self.temperature,
            "thinking": self.thinking,
            "attempts": self.attempts,
            "seed": self.seed,
        })
    }
}

/// The provider asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderChoice {
    /// The provider whose key the environment has, else a running Ollama.
    Auto,
    Fixed(ProviderKind),
}

impl fmt::Display for ProviderChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProviderChoice::Auto => f.write_str("auto"),
            ProviderChoice::Fixed(kind) => f.write_str(kind.as_str()),
        }
    }
}

/// The purpose of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Draft,
    Plan,
    State,
    Refine,
    Audit,
}

impl Role {
    /// Returns the name of the role as settings write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Draft => "draft",
            Role::Plan => "plan",
            Role::State => "state",
            Role::Refine => "refine",
            Role::Audit => "audit",
        }
    }
}

/// How many calls a story takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Auto,
    Single,
    Chunked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    Off,
    On,
}

/// The refining of a chunk after it is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Refine {
    Off,
    Propose,
    Apply,
}

/// Prices of a model a million tokens, in the author's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    pub input: f64,
    /// The price of input tokens that came from a cache; `input` where it is not set.
    pub cached: Option<f64>,
    pub output: f64,
}

impl Price {
    /// Returns what a call cost.
    pub fn of(&self, usage: &crate::provider::Usage) -> f64 {
        let input = usage.input_tokens.unwrap_or(0) as f64;
        let cached = (usage.cached_tokens.unwrap_or(0) as f64).min(input);
        let output = usage.output_tokens.unwrap_or(0) as f64;
        let cached_price = self.cached.unwrap_or(self.input);
        ((input - cached) * self.input + cached * cached_price + output * self.output) / 1e6
    }
}
