//! What the process was started with: variables and folders, taken once and passed down, so
//! that a test can hold them still.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The environment of a process.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, String>,
    config_folder: Option<PathBuf>,
}

impl Environment {
    /// That of this process. Variables that are not Unicode are left out.
    pub fn of_process() -> Environment {
        Environment {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            config_folder: dirs::config_dir(),
        }
    }

    /// An environment of just these variables.
    pub fn of(variables: &[(&str, &str)], config_folder: Option<&Path>) -> Environment {
        Environment {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            config_folder: config_folder.map(Path::to_owned),
        }
    }

    /// A variable that is set and not blank.
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
