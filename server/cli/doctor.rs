//! `storywright doctor`: is everything there that writing needs?

use super::args::Doctor;
use super::{Exit, Failure, output, workspace};
use crate::engine::doctor::{CheckState, examine};
use crate::engine::workshop::Workshop;

pub async fn run(workshop: &Workshop, arguments: Doctor) -> Result<Exit, Failure> {
    // Without a brief here there is still the provider to look at.
    let brief = match &arguments.path {
        Some(_) => Some(super::brief(arguments.path.as_deref())?),
        None => super::brief(None).ok(),
    };
    let workspace = workspace();
    let checks = examine(
        workshop,
        brief.as_deref(),
        workspace.as_deref(),
        &arguments.settings.values,
    )
    .await;
    if arguments.json {
        output::print_json(&checks, true);
    } else {
        for check in &checks {
            let state = match check.state {
                CheckState::Ok => "ok",
                CheckState::Warning => "warning",
                CheckState::Error => "error",
            };
            output::print(&format!("{state:<8} {:<9} {}", check.name, check.message));
        }
    }
    let failed = checks.iter().any(|check| check.state == CheckState::Error);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
