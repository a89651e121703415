//! `storywright check`: the diagnostics of a brief, for people and for CI.

use std::path::PathBuf;

use serde::Serialize;

use super::args::Check;
use super::{Exit, Failure, brief, output};
use crate::engine::story_file::StoryFile;
use crate::session::NoEditor;
use crate::story::{Problem, Severity};

/// One diagnostic as `--json` prints it.
#[derive(Serialize)]
struct Row {
    file: String,
    range: Range,
    severity: Severity,
    code: &'static str,
    message: String,
}

/// As in the language server protocol: lines and UTF-16 code units from 0, the end excluded.
#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    character: usize,
}

pub fn run(arguments: Check) -> Result<Exit, Failure> {
    let paths: Vec<Option<PathBuf>> = match arguments.paths.is_empty() {
        true => vec![None],
        false => arguments.paths.into_iter().map(Some).collect(),
    };
    let mut rows = Vec::new();
    for path in paths {
        let story = StoryFile::read(&brief(path.as_deref())?, &NoEditor)?;
        let file = story.folder.brief().display().to_string();
        rows.extend(
            story
                .brief
                .problems
                .iter()
                .map(|problem| row(&file, &story.text, problem)),
        );
    }
    let failed = rows.iter().any(|row| row.severity == Severity::Error);
    if arguments.json {
        output::print_json(&rows, true);
    } else {
        for row in &rows {
            output::print(&line(row));
        }
        output::print(&summary(&rows));
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn row(file: &str, text: &str, problem: &Problem) -> Row {
    Row {
        file: file.to_owned(),
        range: Range {
            start: position(text, problem.span.start),
            end: position(text, problem.span.end),
        },
        severity: problem.severity,
        code: problem.code,
        message: problem.message.clone(),
    }
}

/// Lines end at LF, CRLF and CR.
fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
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
        format!("{count} {name}{}", if count == 1 { "" } else { "s" })
    };
    [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Hint, "hint"),
    ]
    .join(", ")
}
