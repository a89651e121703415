//! `storywright status`: what is written, what is missing, what is stale.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::setting_flags::SettingFlags;
use super::story::usable_look;
use super::{output, place};
use crate::analysis::selection::ChapterRef;
use crate::analysis::stale_reason;
use crate::analysis::status::{ChunkOverview, StoryStatus};
use crate::jobs::run::workshop::Workshop;
use crate::session::{ChunkStatus, StoreError};
use crate::story::counted::counted;
use crate::story::edits::Edit;

#[derive(Args)]
pub struct Status {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    /// The draft to show [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Show how far every draft is
    #[arg(long, conflicts_with = "session")]
    pub all: bool,
    /// Show only what is stale, and why
    #[arg(long, conflicts_with = "all")]
    pub stale: bool,
    /// Show only this chapter, by number or title
    #[arg(long, conflicts_with = "all")]
    pub chapter: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

pub fn run(workshop: &Workshop, arguments: Status) -> Result<Exit, Failure> {
    let flags = &arguments.settings.values;
    let look = usable_look(workshop, arguments.path.as_deref(), flags)?;
    if arguments.all {
        let sessions = look.sessions()?;
        match arguments.json {
            true => output::print_json(&sessions, true),
            false => output::print(&sessions.table()),
        }
        return Ok(Exit::Done);
    }
    let session = place::session(arguments.session.as_deref(), arguments.path.as_deref())?;
    let chapter = arguments.chapter.map(ChapterRef);
    let read = look.story()?;
    let plan = read.story.plan(&read.settings);
    let wanted = chapter.map(|chapter| chapter.resolve(&plan)).transpose()?;
    let mut status = look.compared_status(session.as_ref())?;
    if let (Some(id), None) = (&session, &status.session) {
        return Err(StoreError::NoSession {
            id: id.to_string(),
            generated: read.story.folder.generated(),
        }
        .into());
    }
    let is_shown = |chunk: &ChunkOverview| {
        let is_in_chapter = wanted.as_ref().is_none_or(|it| it.contains(&chunk.number));
        is_in_chapter && (chunk.stale || !arguments.stale)
    };
    if arguments.json {
        status.chunks.retain(is_shown);
        output::print_json(&status, true);
    } else {
        output::print(&table(&status, is_shown));
    }
    // A report that could be made is a success, whatever it says.
    Ok(Exit::Done)
}

fn table(status: &StoryStatus, is_shown: impl Fn(&ChunkOverview) -> bool) -> String {
    let mut lines = vec![status.headline()];
    match &status.session {
        Some(session) => lines.push(format!("session {session}{}", cost(status))),
        None if !status.adoptable.is_empty() => {}
        None => lines.push("nothing is written yet; `storywright write` begins".to_owned()),
    }
    let mut chapter = None;
    for (index, chunk) in status.chunks.iter().enumerate() {
        let heading = match chapter == Some(&chunk.chapter) {
            true => None,
            false => chapter_line(&status.chunks[index..], status.unit),
        };
        chapter = Some(&chunk.chapter);
        let in_chapter = status.chunks[index..].iter();
        let mut in_chapter = in_chapter.take_while(|other| other.chapter == chunk.chapter);
        lines.extend(heading.filter(|_| in_chapter.any(&is_shown)));
        if is_shown(chunk) {
            lines.push(row(chunk));
            lines.extend(chunk.edit.iter().flat_map(diff));
        }
    }
    if !status.chunks.is_empty() && !status.chunks.iter().any(&is_shown) {
        lines.push("nothing of it is stale".to_owned());
    }
    if status.stale().next().is_some() {
        lines.push(
            "stale: `storywright rewrite --stale` writes anew, `storywright keep --all` keeps the text".to_owned(),
        );
    }
    if status.chunks.iter().any(|chunk| chunk.has_revision) {
        lines.push(
            "revisions wait: `storywright accept N` takes one, `storywright reject N` turns it down".to_owned(),
        );
    }
    for notice in &status.notices {
        lines.push(format!("note: {}", notice));
    }
    lines.join("\n")
}

fn cost(status: &StoryStatus) -> String {
    let cost = status.cost.map(|cost| format!(", cost so far {cost:.4}"));
    cost.unwrap_or_default()
}

/// Writes the heading above the rows of a chapter; `None` for chunks that are in none.
fn chapter_line(from: &[ChunkOverview], unit: &str) -> Option<String> {
    let title = from.first()?.chapter.as_ref()?;
    let chunks = from
        .iter()
        .take_while(|chunk| chunk.chapter.as_ref() == Some(title));
    let (mut all, mut complete, mut words, mut target) = (0_usize, 0_usize, 0_u32, 0_u32);
    for chunk in chunks {
        all += 1;
        complete += usize::from(chunk.is_complete());
        words = words.saturating_add(chunk.words);
        target = target.saturating_add(chunk.target_words);
    }
    Some(format!(
        "{title}: {} complete, {words} of {target} {unit}",
        counted(format!("{complete} of {all}"), "chunk")
    ))
}

fn row(chunk: &ChunkOverview) -> String {
    let status = match chunk.status {
        ChunkStatus::Missing => "missing",
        ChunkStatus::Partial => "partial",
        ChunkStatus::Complete => "complete",
        ChunkStatus::Failed => "failed",
    };
    let mut row = format!(
        "{:>4}  {status:<8}  {:>6}/{:<6}  {}  {{#{}}}",
        chunk.number.0, chunk.words, chunk.target_words, chunk.title, chunk.beat
    );
    match &chunk.edit {
        Some(edit) => row.push_str(&format!("  (edited: +{} -{})", edit.added, edit.removed)),
        None if chunk.edited => row.push_str("  (edited)"),
        None => {}
    }
    if chunk.locked {
        row.push_str("  (locked)");
    }
    if chunk.stale {
        row.push_str(&format!(
            "  (stale: {})",
            stale_reason::sentence(&chunk.stale_reasons)
        ));
    }
    if let Some(revision) = &chunk.revision {
        row.push_str(&format!("  (a revision waits: {revision})"));
    }
    if let Some(cost) = chunk.cost {
        row.push_str(&format!("  (cost {cost:.4})"));
    }
    if let Some(error) = &chunk.error {
        row.push_str(&format!("  ({error})"));
    }
    row
}

/// Lists what the author changed, below the row of the chunk.
fn diff(edit: &Edit) -> Vec<String> {
    let more = match edit.more {
        0 => None,
        1 => Some("1 more place".to_owned()),
        more => Some(format!("{more} more places")),
    };
    let lines = edit.diff.iter().cloned().chain(more);
    lines.map(|line| format!("        {line}")).collect()
}
