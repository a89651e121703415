//! Gives every setting a flag of the command line.

use clap::{Arg, ArgMatches, Args};
use serde_json::{Map, Value};

use crate::settings::{NAMES, flag};

/// Takes a flag for every setting, in kebab case: `--timeouts-idle` is `timeouts.idle`.
pub struct SettingFlags {
    /// By dotted name.
    pub values: Map<String, Value>,
}

impl clap::FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = NAMES
            .iter()
            .filter_map(|setting| {
                let value = matches.get_one::<String>(setting.name)?;
                Some((setting.name.to_owned(), Value::from(value.as_str())))
            })
            .collect();
        Ok(SettingFlags { values })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.values.extend(Self::from_arg_matches(matches)?.values);
        Ok(())
    }
}

impl Args for SettingFlags {
    fn augment_args(command: clap::Command) -> clap::Command {
        NAMES.iter().fold(command, |command, setting| {
            let flag = flag(setting.name).trim_start_matches('-').to_owned();
            command.arg(
                Arg::new(setting.name)
                    .long(flag)
                    .value_name("VALUE")
                    .help(setting.expects)
                    .help_heading("Settings"),
            )
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}
