//! `storywright rewrite`: writes chunks anew, and asks before it is several that are complete.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::candidates;
use super::exit::Exit;
use super::failure::Failure;
use super::job::{dry_run, dry_run_pass, run_prepared, tell_end};
use super::output;
use super::place::{self, workspace};
use super::setting_flags::SettingFlags;
use crate::analysis::selection::{ChunkRef, Selection};
use crate::jobs::run::workshop::{JobRequest, Naming, Reach, Scope, Workshop};
use crate::jobs::write::foresee::Foreseen;
use crate::jobs::write::prepare::Prepared;
use crate::session::NoEditor;
use crate::signals;

#[derive(Args)]
pub struct Rewrite {
    /// The brief, or the folder it is in [default: the current folder]
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub which: Which,
    /// With --chunk and one chunk: what is to be different, such as "colder"; the notes in its margin are left for
    /// another time
    #[arg(long, requires = "chunk", conflicts_with_all = ["from", "stale"])]
    pub note: Option<String>,
    /// With --chunk and one chunk: write this many other texts of it and leave it as it is; `storywright candidates`
    /// compares them, `accept --candidate` takes one
    #[arg(long, requires = "chunk", conflicts_with_all = ["from", "stale"], value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=5))]
    pub candidates: Option<u32>,
    /// With --stale: also what becomes stale by the rewriting itself
    #[arg(long, requires = "stale")]
    pub follow: bool,
    /// Write several complete chunks anew without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Say what would be asked and about what it costs; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The draft to work on [default: the current one]
    #[arg(long)]
    pub session: Option<String>,
    /// Print one JSON event a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Which chunks are written anew.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// These chunks, whoever wrote them: numbers, ranges and beat ids, such as 3 or 1,5-9,lamp
    #[arg(long, value_name = "CHUNKS")]
    pub chunk: Option<String>,
    /// This chunk, by number or beat id, and all after it, but for those that you edited or locked
    #[arg(long, value_name = "CHUNK")]
    pub from: Option<String>,
    /// What is stale, but for chunks that you edited or locked
    #[arg(long)]
    pub stale: bool,
}

pub async fn run(workshop: &Workshop, arguments: Rewrite) -> Result<Exit, Failure> {
    let path = arguments.path.as_deref();
    let which = &arguments.which;
    let reach = match arguments.follow {
        true => Reach::Following,
        false => Reach::Stale,
    };
    let request = JobRequest {
        job: "rewrite".to_owned(),
        brief: place::brief(path)?,
        workspace: workspace(),
        session: place::session(arguments.session.as_deref(), path)?,
        naming: Naming::ByAuthor,
        scope: match (
            which.chunk.as_deref(),
            which.from.as_deref(),
            arguments.note,
        ) {
            (Some(chunk), _, note) if arguments.candidates.is_some() => Scope::Candidates {
                chunk: ChunkRef::parse(chunk),
                count: arguments.candidates.unwrap_or(1),
                note,
            },
            (Some(chunk), _, Some(note)) => Scope::RewriteWithNote {
                chunk: ChunkRef::parse(chunk),
                note,
                answers: None,
            },
            (Some(chunks), ..) => Scope::Rewrite(Selection::parse(chunks)),
            (None, Some(chunk), _) => Scope::RewriteFrom(ChunkRef::parse(chunk)),
            (None, None, _) => Scope::RewriteStale(reach),
        },
        editor_settings: None,
        flags: arguments.settings.values,
    };
    if let Scope::Candidates { chunk, .. } = &request.scope {
        let chunk = chunk.clone();
        if arguments.dry_run {
            return dry_run_pass(workshop, request, arguments.json).await;
        }
        return candidates::write(workshop, request, &chunk, arguments.json).await;
    }
    if arguments.dry_run {
        return dry_run(workshop, request, arguments.json).await;
    }
    let mut prepared = Prepared::new(workshop, request, &NoEditor)?;
    if prepared.may_rewrite_several() {
        let foreseen = prepared.foresee(workshop, Arc::new(NoEditor)).await?;
        if let Some(warning) = foreseen.warning() {
            output::note(&format!("note: {warning}"));
            let can_ask = !arguments.yes && !arguments.json;
            let answer = match can_ask {
                true => ask(&foreseen, reach).await,
                false => None,
            };
            match answer {
                Some(Answer::No) => {
                    output::note("nothing was sent, and nothing changed");
                    return Ok(Exit::Cancelled);
                }
                Some(Answer::Following) => prepared.follow(),
                Some(Answer::Yes) | None => {}
            }
        }
    }
    let finished = run_prepared(workshop, prepared, arguments.json).await?;
    Ok(tell_end(&finished, arguments.json))
}

/// Says what an author wants when several complete chunks would be rewritten.
enum Answer {
    Yes,
    /// And what becomes stale by it.
    Following,
    No,
}

/// Asks where somebody can answer: `None` without a terminal on either side.
async fn ask(foreseen: &Foreseen, reach: Reach) -> Option<Answer> {
    let stdin = std::io::stdin();
    if !(stdin.is_terminal() && std::io::stderr().is_terminal()) {
        return None;
    }
    let may_follow = foreseen.following.is_some() && reach == Reach::Stale;
    let question = match may_follow {
        true => "Write them anew? [y] yes, [a] yes, and what becomes stale by it, [N] no: ",
        false => "Write them anew? [y/N] ",
    };
    let read = tokio::task::spawn_blocking(move || {
        output::ask(question);
        let mut line = String::new();
        // What can't be read is no yes.
        let _ = std::io::stdin().read_line(&mut line);
        line
    });
    let line = tokio::select! {
        biased;
        _ = signals::next() => {
            output::note("");
            // The thread that reads the terminal ends with the process only.
            std::process::exit(i32::from(Exit::Cancelled.code()));
        }
        line = read => line.unwrap_or_default(),
    };
    Some(match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "a" | "all" if may_follow => Answer::Following,
        _ => Answer::No,
    })
}
