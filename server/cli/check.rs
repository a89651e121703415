//! `storywright check`: the diagnostics of a brief, its settings and the chunks of its current draft, for
//! people and for CI. Errors fail it, and what `--fail-on` names; only a brief, its settings and templates,
//! and chunk files that are damaged can have errors.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use super::place::{brief, workspace};
use crate::analysis::error::StoryError;
use crate::analysis::findings;
use crate::analysis::placed_problem::PlacedProblem;
use crate::analysis::selection::ChunkRef;
use crate::analysis::snapshot::StorySource;
use crate::analysis::snapshots::Look;
use crate::decisions::dismiss::Named;
use crate::jobs::run::workshop::Workshop;
use crate::session::{NoEditor, SessionId, StoryFolder};
use crate::story::{Severity, Span};

/// Holds one diagnostic as `--json` prints it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Row {
    file: String,
    range: Range,
    severity: Severity,
    code: &'static str,
    message: String,
}

/// Says where a diagnostic is, as in the language server protocol: lines and UTF-16 code units from 0, the end excluded.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Position {
    line: usize,
    character: usize,
}

#[derive(Args)]
pub struct Check {
    /// Briefs, or folders they are in [default: the current folder]
    pub paths: Vec<PathBuf>,
    /// What makes the exit code 1 besides errors: nothing, warnings, or stale chunks
    #[arg(long, value_enum, default_value = "error", value_name = "WHAT")]
    pub fail_on: FailOn,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Names what fails a check; errors always do.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    Error,
    Warning,
    Stale,
}

pub fn run(workshop: &Workshop, arguments: Check) -> Result<Exit, Failure> {
    let paths: Vec<Option<PathBuf>> = match arguments.paths.is_empty() {
        true => vec![None],
        false => arguments.paths.into_iter().map(Some).collect(),
    };
    let mut rows = Vec::new();
    let mut unreadable = Vec::new();
    let here = Here::now();
    for path in paths {
        let look = look(workshop, &brief(path.as_deref())?);
        let problems = look.story()?.problems();
        rows.extend(problems.iter().map(|placed| row(placed, &here)));
        match of_session(&look, None, &here) {
            Ok(found) => rows.extend(found.into_iter().map(|(_, row)| row)),
            Err(error) => unreadable.push(error),
        }
    }
    // Briefs beside each other share their settings, and what is wrong with them.
    let mut told = HashSet::new();
    rows.retain(|row| told.insert(row.clone()));
    let failed = rows.iter().any(|row| arguments.fail_on.is_met_by(row));
    if arguments.json {
        output::print_json(&rows, true);
    } else {
        let lines = rows.iter().map(line).chain([summary(&rows)]);
        output::print(&lines.collect::<Vec<_>>().join("\n"));
    }
    // What could be looked at was told; what could not is a failure of its own.
    if let Some(error) = unreadable.into_iter().next() {
        return Err(error.into());
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

impl FailOn {
    fn is_met_by(self, row: &Row) -> bool {
        match (self, row.severity) {
            (_, Severity::Error) => true,
            (FailOn::Warning, Severity::Warning) => true,
            (FailOn::Stale, _) => row.code == findings::STALE,
            _ => false,
        }
    }
}

fn look<'a>(workshop: &'a Workshop, brief: &Path) -> Look<'a> {
    let workspace = workspace();
    let source = StorySource::of_files(brief, workspace.as_deref());
    workshop.look(&source, &NoEditor)
}

fn row(placed: &PlacedProblem, here: &Here) -> Row {
    let problem = &placed.problem;
    Row {
        file: here.shown(&placed.path),
        range: range(&placed.text, &problem.span),
        severity: problem.severity,
        code: problem.code,
        message: problem.message.clone(),
    }
}

/// The current folder by all of its names.
struct Here(Vec<PathBuf>);

impl Here {
    fn now() -> Here {
        let here = std::env::current_dir().ok();
        let resolved = here
            .as_deref()
            .and_then(|here| dunce::canonicalize(here).ok());
        Here([here, resolved].into_iter().flatten().collect())
    }

    /// Shows a path as one writes it from the current folder: so it can be clicked on in a terminal, and CI finds
    /// it in the repository. One that shares nothing with that folder is shown whole.
    fn shown(&self, path: &Path) -> String {
        let from = self.0.iter();
        let relative = from.filter_map(|from| output::relative_path(path, from));
        let shortest = relative.min_by_key(|path| path.components().count());
        shortest
            .unwrap_or_else(|| path.to_owned())
            .display()
            .to_string()
    }
}

/// Shows what audits found that still stands, in all chunks or in one.
pub(super) fn show_contradictions(
    workshop: &Workshop,
    brief: &Path,
    session: Option<&SessionId>,
    chunk: Option<&ChunkRef>,
    json: bool,
) -> Result<(), Failure> {
    let look = look(workshop, brief);
    let read = look.story()?;
    let wanted = chunk.map(|chunk| chunk.resolve(&read.story.plan(&read.settings)));
    let wanted = wanted.transpose()?;
    let is_wanted = |path: &Path| {
        wanted.is_none()
            || StoryFolder::locate(path, workshop.disk()).and_then(|it| it.chunk) == wanted
    };
    let rows: Vec<Row> = of_session(&look, session, &Here::now())?
        .into_iter()
        .filter(|(path, row)| row.code == findings::CONTRADICTION && is_wanted(path))
        .map(|(_, row)| row)
        .collect();
    match json {
        true => output::print_json(&rows, true),
        false => rows.iter().for_each(|row| output::print(&line(row))),
    }
    Ok(())
}

/// A place of a file, as `check` prints it.
pub(super) struct Place {
    /// The file, absolute and without links.
    pub file: PathBuf,
    /// The line, from 1.
    line: usize,
    /// The column in UTF-16 code units, from 1.
    column: Option<usize>,
}

impl Place {
    /// Reads a place; `None` where a text is none, or there is no such file.
    pub fn parse(text: &str) -> Option<Place> {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        let (before, last) = text.rsplit_once(':')?;
        let last = number(last)?;
        let with_column = before
            .rsplit_once(':')
            .and_then(|(file, line)| Some((file, number(line)?)));
        let (file, line, column) = match with_column {
            Some((file, line)) => (file, line, Some(last)),
            None => (before, last, None),
        };
        let file = dunce::canonicalize(output::native(Path::new(file))).ok()?;
        Some(Place { file, line, column })
    }
}

/// Names the findings that begin at a place of a chunk file and may be dismissed.
pub(super) fn dismissible_at(
    workshop: &Workshop,
    brief: &Path,
    place: &Place,
) -> Result<Vec<Named>, Failure> {
    let Some(located) = StoryFolder::locate(&place.file, workshop.disk()) else {
        return Ok(Vec::new());
    };
    let found = look(workshop, brief).findings(Some(&located.session))?;
    let here = |at: &findings::Place| {
        let start = position(&found.texts[at.text].text, at.span.start);
        start.line + 1 == place.line
            && place
                .column
                .is_none_or(|column| start.character + 1 == column)
    };
    let all = Named::all_in(&found, &place.file);
    Ok(all
        .filter(|(at, _)| here(at))
        .map(|(_, named)| named)
        .collect())
}

fn of_session(
    look: &Look<'_>,
    session: Option<&SessionId>,
    here: &Here,
) -> Result<Vec<(PathBuf, Row)>, StoryError> {
    let found = look.findings(session)?;
    let files: Vec<String> = found
        .texts
        .iter()
        .map(|text| here.shown(&text.path))
        .collect();
    let rows = found.list.iter().filter_map(|finding| {
        let source = found.texts.get(finding.place.text)?;
        let row = Row {
            file: files.get(finding.place.text)?.clone(),
            range: range(&source.text, &finding.place.span),
            severity: finding.severity,
            code: finding.code,
            message: finding.message.clone(),
        };
        Some((source.path.clone(), row))
    });
    Ok(rows.collect())
}

fn range(text: &str, span: &Span) -> Range {
    Range {
        start: position(text, span.start),
        end: position(text, span.end),
    }
}

/// Lines end at LF, CRLF and CR. A byte order mark is no part of what an editor shows.
fn position(text: &str, offset: usize) -> Position {
    let bare = text.trim_start_matches('\u{feff}');
    let offset = offset.saturating_sub(text.len() - bare.len());
    let before = bare.get(..offset).unwrap_or(bare);
    let mut line = 0;
    let mut line_start = 0;
    let mut bytes = before.bytes().enumerate().peekable();
    while let Some((index, byte)) = bytes.next() {
        let ends =
            byte == b'\n' || (byte == b'\r' && bytes.peek().is_none_or(|(_, next)| *next != b'\n'));
        if ends {
            line += 1;
            line_start = index + 1;
        }
    }
    Position {
        line,
        character: before[line_start..].encode_utf16().count(),
    }
}

fn line(row: &Row) -> String {
    let severity = match row.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
        Severity::Hint => "hint",
    };
    let start = &row.range.start;
    format!(
        "{}:{}:{}: {severity}: {} [{}]",
        row.file,
        start.line + 1,
        start.character + 1,
        row.message,
        row.code
    )
}

fn summary(rows: &[Row]) -> String {
    let count = |severity, name| {
        let count = rows.iter().filter(|row| row.severity == severity).count();
        match (count, severity) {
            // A number of pieces of information has no short name.
            (0, Severity::Information) => None,
            (_, Severity::Information) => Some(format!("{count} for information")),
            (1, _) => Some(format!("1 {name}")),
            _ => Some(format!("{count} {name}s")),
        }
    };
    let counts = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Information, "information"),
        count(Severity::Hint, "hint"),
    ];
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
