//! `storywright plan`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::args::Plan;
use super::progress::{self, Display};
use super::write::{cancel_on_signal, exit, show_foreseen};
use super::{Exit, Failure, brief, output, workspace};
use crate::engine::events::{Observer, Outcome};
use crate::engine::plan::{PlanRequest, Planning};
use crate::engine::workshop::Workshop;
use crate::session::NoEditor;

pub async fn run(workshop: &Workshop, arguments: Plan) -> Result<Exit, Failure> {
    let request = PlanRequest {
        job: "plan".to_owned(),
        brief: brief(arguments.path.as_deref())?,
        workspace: workspace(),
        beats: arguments.beats,
        editor_settings: None,
        flags: arguments.settings.values,
    };
    let planning = Planning::new(workshop, request, &NoEditor)?;
    if arguments.dry_run {
        return Ok(show_foreseen(&planning.foresee(), arguments.json));
    }
    let display: Arc<dyn Display> = progress::display(arguments.json);
    let cancel = CancellationToken::new();
    cancel_on_signal(cancel.clone());
    let observer: Arc<dyn Observer> = Arc::clone(&display).as_observer();
    let finished = planning
        .run(workshop, Arc::new(NoEditor), observer, &cancel)
        .await;
    display.close();
    let finished = finished?;
    if !arguments.json && finished.outcome == Outcome::Complete {
        output::print(&finished.message);
    }
    Ok(exit(&finished))
}
