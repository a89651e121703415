//! Captures the variables and folders that the process was started with, once, so that a test can hold them
//! still.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::provider::local::USUAL_PORTS;

/// The ports of 127.0.0.1 at which model servers are looked for; without a number in it, none are.
const LOCAL_PORTS: &str = "STORYWRIGHT_LOCAL_PORTS";

/// The environment of a process.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, String>,
    config_folder: Option<PathBuf>,
    local_ports: Vec<u16>,
}

impl Environment {
    /// Reads the environment of this process. Variables that are not Unicode are left out.
    pub fn of_process() -> Environment {
        let variables: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let local_ports = match variables.get(LOCAL_PORTS) {
            Some(ports) => numbers(ports),
            None => USUAL_PORTS.map(|(port, _)| port).to_vec(),
        };
        Environment {
            variables,
            config_folder: dirs::config_dir(),
            local_ports,
        }
    }

    /// Returns an environment of just these variables; no model server is looked for in it.
    pub fn of(variables: &[(&str, &str)], config_folder: Option<&Path>) -> Environment {
        Environment {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            config_folder: config_folder.map(Path::to_owned),
            local_ports: Vec::new(),
        }
    }

    /// Returns this environment with other ports at which model servers are looked for.
    pub fn with_local_ports(self, ports: &[u16]) -> Environment {
        Environment {
            local_ports: ports.to_vec(),
            ..self
        }
    }

    /// Returns the ports of 127.0.0.1 at which model servers are looked for.
    pub fn local_ports(&self) -> &[u16] {
        &self.local_ports
    }

    /// Returns the value of a variable that is set and not blank.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn config_folder(&self) -> Option<&Path> {
        self.config_folder.as_deref()
    }
}

/// Returns the numbers in a text, separated by anything else.
fn numbers(text: &str) -> Vec<u16> {
    let parts = text.split(|c: char| !c.is_ascii_digit());
    parts.filter_map(|part| part.parse::<u16>().ok()).collect()
}
