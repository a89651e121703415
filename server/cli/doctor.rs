//! `storywright doctor`: is everything there that writing needs?

mod checks;

use std::path::PathBuf;

use clap::Args;

use self::checks::{CheckState, examine};
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::place::{brief, workspace};
use super::setting_flags::SettingFlags;
use crate::jobs::run::workshop::Workshop;
use crate::settings::argument::as_argument;
use crate::settings::local_servers::Offer;

#[derive(Args)]
pub struct Doctor {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

pub async fn run(workshop: &Workshop, arguments: Doctor) -> Result<Exit, Failure> {
    // Without a brief here there is still the provider to look at.
    let story = match &arguments.path {
        Some(_) => Some(brief(arguments.path.as_deref())?),
        None => brief(None).ok(),
    };
    let workspace = workspace();
    let mut checks = examine(
        workshop,
        story.as_deref(),
        workspace.as_deref(),
        &arguments.settings.values,
    )
    .await;
    if let Some(path) = &arguments.path {
        let path = as_argument(&path.display().to_string());
        for server in checks.iter_mut().filter_map(|check| check.server.as_mut()) {
            server.command = format!("{} {path}", server.command);
        }
    }
    if arguments.json {
        output::print_json(&checks, true);
    } else {
        for check in &checks {
            let state = match check.state {
                CheckState::Ok => "ok",
                CheckState::Warning => "warning",
                CheckState::Error => "error",
            };
            let to_use_it = if check.server.is_some() {
                " To use it:"
            } else {
                ""
            };
            output::print(&format!(
                "{state:<8} {:<9} {}{to_use_it}",
                check.name, check.message
            ));
            for line in check.server.iter().flat_map(Offer::lines) {
                output::print(&format!("{:19}{line}", ""));
            }
        }
    }
    let failed = checks.iter().any(|check| check.state == CheckState::Error);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
