//! Describes the model servers on this machine for the author: a sentence, the command, the settings.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::argument::as_argument;
use super::environment::Environment;
use crate::provider::local::{LocalServer, LocalState, look, visible};
use crate::provider::{self, ProviderKind};
use crate::settings::user_config_path;

/// Most models that a sentence names.
const NAMED: usize = 5;

/// The variable for a key, where a server wants one: any name will do.
const KEY_VARIABLE: &str = "LOCAL_API_KEY";

/// A model server on this machine, and how to use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// `127.0.0.1:1234`
    pub address: String,
    /// The program that listens there unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<&'static str>,
    pub state: OfferState,
    /// The protocol that it speaks.
    pub provider: &'static str,
    pub base_url: String,
    /// The models that can write.
    pub models: Vec<String>,
    /// A command line that writes with it.
    pub command: String,
    /// Lines of a settings file that have it used.
    pub settings: String,
    /// The author's own settings file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferState {
    Ready,
    NeedsKey,
    Loading,
}

/// The servers that were found when no provider was configured, for the end of that message.
#[derive(Debug, Clone, Default)]
pub struct Offers(pub Vec<Offer>);

/// Asks the ports of the environment, and one more, which models they offer.
pub async fn offers(environment: &Environment, one_more: Option<u16>) -> Vec<(LocalServer, Offer)> {
    let mut ports = environment.local_ports().to_vec();
    ports.extend(one_more.filter(|port| !ports.contains(port)));
    let config = user_config_path(environment);
    let found = look(&ports).await.into_iter();
    found
        .map(|server| {
            let offer = Offer::new(&server, config.clone());
            (server, offer)
        })
        .collect()
}

impl Offer {
    fn new(server: &LocalServer, settings_file: Option<PathBuf>) -> Offer {
        let address = format!("127.0.0.1:{}", server.port);
        let base_url = match server.kind {
            ProviderKind::Openai => format!("http://{address}/v1"),
            _ => format!("http://{address}"),
        };
        let (state, models) = match &server.state {
            LocalState::Ready(models) => (OfferState::Ready, models.clone()),
            LocalState::NeedsKey => (OfferState::NeedsKey, Vec::new()),
            LocalState::Loading => (OfferState::Loading, Vec::new()),
        };
        let mut values = vec![
            ("provider", server.kind.as_str().to_owned()),
            ("base_url", base_url.clone()),
        ];
        if state == OfferState::NeedsKey {
            values.push(("api_key_env", KEY_VARIABLE.to_owned()));
        }
        let model = models.iter().find(|name| is_copied_as_it_is(name));
        values.extend(model.map(|name| ("model", name.clone())));
        let mut command = "storywright write".to_owned();
        let mut settings = Vec::new();
        for (name, value) in &values {
            let flag = crate::settings::flag(name);
            command.push_str(&format!(" {flag} {}", as_argument(value)));
            settings.push(format!("{name} = {}", toml::Value::from(value.as_str())));
        }
        Offer {
            address,
            usual: server.usual(),
            state,
            provider: server.kind.as_str(),
            base_url,
            models,
            command,
            settings: settings.join("\n"),
            settings_file,
        }
    }

    /// Lists the command line that has it used, and the lines for the settings file.
    pub fn lines(&self) -> Vec<String> {
        let place = match &self.settings_file {
            Some(path) => path.display().to_string(),
            None => "your config.toml".to_owned(),
        };
        let mut lines = vec![self.command.clone(), format!("or for good, in {place}:")];
        lines.extend(self.settings.lines().map(str::to_owned));
        lines
    }
}

/// Says what answers there, and with which models: "127.0.0.1:1234 (LM Studio's port) answers with 1 model: gemma".
impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)?;
        if let Some(usual) = self.usual {
            write!(f, " ({usual}'s port)")?;
        }
        match (self.state, self.models.len()) {
            (OfferState::NeedsKey, _) => write!(
                f,
                " answers and wants a key: put it into a variable such as {KEY_VARIABLE}."
            ),
            (OfferState::Loading, _) => f.write_str(" answers and still loads its model."),
            (OfferState::Ready, 0) => f.write_str(" answers with no model; load one there first."),
            (OfferState::Ready, many) => {
                let unit = if many == 1 { "model" } else { "models" };
                let named = self.models.iter().take(NAMED).map(|it| visible(it));
                let named: Vec<String> = named.collect();
                write!(f, " answers with {many} {unit}: {}", named.join(", "))?;
                match many.saturating_sub(NAMED) {
                    0 => f.write_str("."),
                    more => write!(f, " and {more} more."),
                }
            }
        }
    }
}

impl fmt::Display for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for offer in &self.0 {
            write!(f, "\n{offer} To use it:")?;
            for line in offer.lines() {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

/// Tells whether a name can stand unchanged in a command line and in a settings file, quoted where needed.
fn is_copied_as_it_is(name: &str) -> bool {
    // No quote of cmd.exe or PowerShell holds them.
    let is_expanded = |c: char| cfg!(windows) && "\"%$`".contains(c);
    visible(name) == name && !name.starts_with('-') && !name.contains(is_expanded)
}

/// Finds the port that a base URL names, where it is one of this machine.
pub fn port_of(base_url: &str, kind: ProviderKind) -> Option<u16> {
    let url = provider::normalise_base_url(kind, base_url).ok()?;
    provider::loopback_port(&url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(port: u16, kind: ProviderKind, state: LocalState) -> Offer {
        Offer::new(
            &LocalServer { port, kind, state },
            Some(PathBuf::from("config.toml")),
        )
    }

    fn ready(names: &[&str]) -> LocalState {
        LocalState::Ready(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn what_answers_is_said_with_the_line_to_use_it() {
        let of = |port, kind, state| Offers(vec![offer(port, kind, state)]).to_string();
        use ProviderKind::{Ollama, Openai};
        let said = [
            of(1234, Openai, ready(&["google/gemma-3"])),
            of(11434, Ollama, ready(&["a", "b", "c", "d", "e", "f", "g"])),
            of(9999, Openai, ready(&[])),
            of(1337, Openai, LocalState::NeedsKey),
            of(8080, Openai, LocalState::Loading),
        ];
        insta::assert_snapshot!(said.concat());
    }

    #[test]
    #[cfg(unix)]
    fn a_hostile_name_is_shown_escaped_and_never_copied() {
        let bad = "x\u{1b}[2J\n; rm -rf ~";
        let told = offer(
            1234,
            ProviderKind::Openai,
            ready(&[bad, "-x", "it's $(me) \"2\""]),
        );
        let said = told.to_string();
        assert!(
            said.contains("3 models: x\\u{1b}[2J\\n; rm -rf ~, -x, it's $(me) \"2\"."),
            "{said}"
        );
        let model = r#"--model 'it'\''s $(me) "2"'"#;
        assert!(told.command.ends_with(model), "{}", told.command);
        let settings: toml::Table = told.settings.parse().expect("TOML");
        assert_eq!(settings["model"].as_str(), Some("it's $(me) \"2\""));
        let none = offer(1234, ProviderKind::Openai, ready(&[bad]));
        assert!(!none.command.contains("--model"), "{}", none.command);
    }

    #[test]
    fn a_port_counts_only_on_this_machine() {
        for (url, expected) in [
            ("localhost:1234", Some(1234)),
            ("http://127.0.0.1:8080/v1", Some(8080)),
            ("http://10.0.0.2:1234", None),
            ("ftp://127.0.0.1", None),
        ] {
            assert_eq!(port_of(url, ProviderKind::Openai), expected, "{url}");
        }
        assert_eq!(port_of("0.0.0.0", ProviderKind::Ollama), Some(11434));
    }
}
