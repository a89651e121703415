//! Finds what the lint reports in the chunk files of a session, and which of them are stale, partial or
//! failed, with places in the files.
//!
//! The same answer for shell and editor. Reads the files (and the editor's open ones); writes
//! nothing and calls no model.

mod chunk;
mod chunk_states;
mod finding;

use std::path::Path;
use std::sync::Arc;

use chunk::{Chunk, chunk_of};
pub use finding::{
    CONFLICT_COPY, CONTRADICTION, DAMAGED, DISMISSED_UNUSABLE, FAILED, Finding, PARTIAL, Place,
    STALE, SourceText, WITHOUT_BEAT,
};

use super::chunk_files::ChunkFiles;
use super::error::StoryError;
use super::ledger::Ledger;
use super::session_snapshot::SessionSnapshot;
use super::snapshot::StorySnapshot;
use super::story_file::StoryFile;
use crate::session::{self, Audits, ChunkStatus, ChunkView, Disk, Notice, Owners};
use crate::settings::Severities;
use crate::story::chunk_file::{Damage, Fault};
use crate::story::conflict_markers::conflict_problems;
use crate::story::contradiction::{Contradiction, Source, place_in_brief};
use crate::story::dismissed::Dismissed;
use crate::story::lint::{self, BriefWords, LintedChunk};
use crate::story::{Brief, ChunkNumber, Severity, Span};

/// The findings of a session, and the texts that they are about.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The brief, then files with unresolved merge conflicts, then the chunk files in story order.
    pub texts: Vec<SourceText>,
    /// The findings, ordered by text and place.
    pub list: Vec<Finding>,
}

impl Findings {
    /// Returns the brief as the only text, with nothing found.
    fn of_brief(story: &StoryFile) -> Findings {
        Findings {
            texts: vec![SourceText {
                path: story.folder.brief().to_owned(),
                text: story.text.as_str().into(),
                chunk: None,
                is_unfinished: false,
            }],
            list: Vec::new(),
        }
    }

    /// Gives each finding the severity that the author set for its kind, and leaves out what is off.
    fn show_by(&mut self, severities: &Severities) {
        self.list.retain_mut(|found| {
            let shown = severities.shown(found.code, found.severity);
            found.severity = shown.unwrap_or(found.severity);
            shown.is_some()
        });
    }

    /// Leaves out what the author dismissed.
    fn leave_out(&mut self, dismissed: &Dismissed) {
        let Findings { texts, list } = self;
        list.retain(|found| {
            let source = &texts[found.place.text];
            let beat = source.chunk.as_ref().map(|(_, beat)| beat);
            let words = source.text.get(found.place.span.clone());
            !found.may_be_dismissed()
                || !dismissed.covers(found.code, beat, words.unwrap_or_default())
        });
    }
}

/// Finds what there is to report of a story without a written text.
pub(super) fn of_nothing(read: &StorySnapshot) -> Findings {
    let mut findings = Findings::of_brief(&read.story);
    findings.list.extend(of_threads(&Ledger::of(read, None)));
    findings.show_by(&read.settings.severities);
    findings
}

/// Makes a finding in the brief of each problem of the threads that the author lists there.
fn of_threads(ledger: &Ledger) -> impl Iterator<Item = Finding> {
    let problems = ledger.problems.iter();
    problems.map(|problem| Finding {
        place: Place {
            text: 0,
            span: problem.span.clone(),
        },
        severity: problem.severity,
        code: problem.code,
        message: problem.message.clone(),
        related: Vec::new(),
        correction: None,
    })
}

/// Finds what there is to report about the chunks of a session.
///
/// # Errors
/// Where a file of the session can't be read.
pub(super) fn of_session(
    snapshot: &SessionSnapshot,
    owners: &dyn Owners,
    disk: &Disk,
    memory: &mut ChunkFiles,
) -> Result<Findings, StoryError> {
    let (story, id, written) = (&snapshot.read.story, &snapshot.session, &snapshot.written);
    let mut findings = Findings::of_brief(story);
    let merged = &mut memory.merged;
    for unmerged in session::unmerged_files(&story.folder, id, owners, disk, merged)? {
        let text = findings.texts.len();
        let marks = conflict_problems(&unmerged.text).into_iter();
        findings.list.extend(marks.map(|mark| Finding {
            place: Place {
                text,
                span: mark.span,
            },
            severity: mark.severity,
            code: mark.code,
            message: mark.message,
            related: Vec::new(),
            correction: None,
        }));
        findings.texts.push(SourceText {
            path: unmerged.path,
            text: unmerged.text.into(),
            chunk: None,
            is_unfinished: false,
        });
    }
    let is_read =
        |view: &&ChunkView| view.status != ChunkStatus::Missing && view.conflict.is_none();
    let views: Vec<&ChunkView> = written.view.chunks.iter().filter(is_read).collect();
    let paths: Vec<&Path> = views.iter().map(|view| view.path.as_path()).collect();
    let files = memory.read(&paths, &story.brief.language, owners, disk)?;
    let mut chunks = Vec::new();
    for (view, file) in views.into_iter().zip(files) {
        // Without a file the text lies in a journal only; there is nothing to point at.
        let Some(file) = file else {
            continue;
        };
        let text = findings.texts.len();
        let damage = file.damage.iter();
        findings.list.extend(damage.map(|it| damaged(it, text)));
        findings.texts.push(SourceText {
            path: view.path.clone(),
            text: Arc::clone(&file.text),
            chunk: Some((view.number, view.beat.clone())),
            is_unfinished: matches!(view.status, ChunkStatus::Partial | ChunkStatus::Failed),
        });
        chunks.push(Chunk { view, text, file });
    }
    let unclosed = chunks.iter().flat_map(Chunk::unclosed_comments);
    findings.list.extend(unclosed);
    memory.words = memory.words.changed_to(&story.brief);
    let linted = linted(&story.brief, &memory.words, &chunks, &findings.texts);
    findings.list.extend(linted);
    let states = chunk_states::find(snapshot, &chunks, &findings.texts);
    findings.list.extend(states);
    findings
        .list
        .extend(copies(&written.view.notices, &findings.texts[0].text));
    let (audits, _) = session::read_audits(&story.folder, id, owners, disk);
    findings
        .list
        .extend(contradictions(story, &audits, &chunks));
    let (dismissed, notice) = session::read_dismissed(&story.folder, id, owners, disk);
    if !dismissed.is_empty() {
        findings.leave_out(&dismissed);
    }
    let of_file = notice.as_ref().map(|notice| unusable(notice, &story.text));
    findings.list.extend(of_file);
    let ledger = Ledger::of(&snapshot.read, Some(snapshot));
    findings.list.extend(of_threads(&ledger));
    findings.show_by(&snapshot.read.settings.severities);
    findings
        .list
        .sort_by_key(|found| (found.place.text, found.place.span.start, found.code));
    Ok(findings)
}

// ---------------------------------------------------------------- the lint

fn linted(
    brief: &Brief,
    words: &BriefWords,
    chunks: &[Chunk<'_>],
    texts: &[SourceText],
) -> Vec<Finding> {
    let linted: Vec<LintedChunk<'_>> = chunks
        .iter()
        .map(|chunk| LintedChunk {
            number: chunk.view.number,
            beat: &chunk.view.beat,
            // What is not whole yet is not held to its length.
            target_words: match chunk.is_complete() {
                true => chunk.view.target_words,
                false => 0,
            },
            facts: &chunk.file.facts,
        })
        .collect();
    let of = |number: ChunkNumber| chunk_of(chunks, number);
    let found = lint::lint_facts(brief, words, &linted).into_iter();
    found
        .filter_map(|found| {
            let chunk = of(found.chunk)?;
            let unfinished = found.code == lint::UNFINISHED_SENTENCE;
            if unfinished && !chunk.is_complete() {
                return None;
            }
            let place = chunk.place(&found.span);
            let text = &texts[chunk.text].text;
            let correction = found.suggestion.map(|new| match new.is_empty() {
                true => (cut(text, &place.span), new),
                false => (place.span.clone(), new),
            });
            let in_brief = found.in_brief.map(|span| Place { text: 0, span });
            let in_chunks = found.related.iter();
            let in_chunks =
                in_chunks.filter_map(|(number, span)| Some((of(*number)?.place(span), "here")));
            let related = in_brief.map(|place| (place, "the brief"));
            Some(Finding {
                place,
                severity: found.severity,
                code: found.code,
                message: found.message,
                related: related.into_iter().chain(in_chunks).collect(),
                correction,
            })
        })
        .collect()
}

/// Returns the span to delete with a span: the blank lines below whole lines, and one of the two blanks
/// around a part of one.
fn cut(text: &str, span: &Span) -> Span {
    let before = text.get(..span.start).unwrap_or("");
    let after = text.get(span.end..).unwrap_or("");
    let at_line_start = before.is_empty() || before.ends_with(['\n', '\r']);
    let line_rest = after.trim_start_matches([' ', '\t']);
    let is_line_end = line_rest.is_empty() || line_rest.starts_with(['\n', '\r']);
    match (at_line_start, is_line_end) {
        (true, true) => span.start..text.len() - after.trim_start().len(),
        (true, false) => span.start..text.len() - line_rest.len(),
        (false, true) => before.trim_end_matches([' ', '\t']).len()..span.end,
        (false, false) if before.ends_with(' ') && after.starts_with(' ') => {
            span.start..span.end + 1
        }
        (false, false) => span.clone(),
    }
}

// ---------------------------------------------------------------- the front matter

fn damaged(damage: &Damage, text: usize) -> Finding {
    let fault = match &damage.fault {
        Fault::Opening => {
            "The first line of a chunk file is `---`, and nothing else stands above or in it."
                .to_owned()
        }
        Fault::Closing => "The front matter ends with a line `---` before the prose.".to_owned(),
        Fault::Line => "This line does not belong in the front matter.".to_owned(),
        Fault::UnknownStatus(word) => {
            format!("The status \"{word}\" is neither `partial` nor `complete`.")
        }
        Fault::NoStatus => {
            "The front matter does not say `status: partial` or `status: complete`.".to_owned()
        }
        Fault::Twice(key) => format!("`{key}` stands in the front matter twice."),
    };
    Finding {
        place: Place {
            text,
            span: damage.span.clone(),
        },
        severity: Severity::Error,
        code: DAMAGED,
        message: format!(
            "{fault} Unless it is known to be whole, the chunk counts as partial. Put the line right."
        ),
        related: Vec::new(),
        correction: None,
    }
}

// ---------------------------------------------------------------- the audit

/// Returns the contradictions of audits whose quotes are both still in their places.
fn contradictions(story: &StoryFile, audits: &Audits, chunks: &[Chunk<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for chunk in chunks {
        let audit = audits.chunks.get(&chunk.view.beat);
        let told = audit.map_or(&[][..], |audit| audit.findings.as_slice());
        found.extend(
            told.iter()
                .filter_map(|told| contradiction(story, told, chunk, chunks)),
        );
    }
    found
}

fn contradiction(
    story: &StoryFile,
    told: &Contradiction,
    chunk: &Chunk<'_>,
    chunks: &[Chunk<'_>],
) -> Option<Finding> {
    let place = chunk.place_of_quote(&told.quote)?;
    let (other, name, label) = match &told.source {
        Source::Brief => {
            let span = place_in_brief(&story.brief, &story.text, &told.said)?;
            (Place { text: 0, span }, "the brief".to_owned(), "the brief")
        }
        Source::Chunk(beat) => {
            let earlier = chunks.iter().find(|it| &it.view.beat == beat)?;
            let said = earlier.place_of_quote(&told.said)?;
            let name = format!("chunk {}", earlier.view.number);
            (said, name, "an earlier chunk")
        }
    };
    let said = told.said.trim_end_matches('.');
    Some(Finding {
        place,
        severity: Severity::Warning,
        code: CONTRADICTION,
        message: format!("This contradicts {name}, which says “{said}”. {}", told.why)
            .trim_end()
            .to_owned(),
        related: vec![(other, label)],
        correction: None,
    })
}

/// Returns the finding that a file beside the chunks can't be used, at the first line of the brief.
fn unusable(notice: &Notice, brief: &str) -> Finding {
    Finding {
        place: Place {
            text: 0,
            span: 0..brief.lines().next().map_or(0, str::len),
        },
        severity: Severity::Warning,
        code: DISMISSED_UNUSABLE,
        message: notice.message.clone(),
        related: Vec::new(),
        correction: None,
    }
}

/// Returns findings about files that are no chunks though they seem so, at the first line of the brief.
fn copies(notices: &[Notice], brief: &str) -> Vec<Finding> {
    let found = notices.iter().filter_map(|notice| {
        Some(Finding {
            place: Place {
                text: 0,
                span: 0..brief.lines().next().map_or(0, str::len),
            },
            severity: Severity::Warning,
            code: match notice.code {
                CONFLICT_COPY | "chunk-copy" | "chunk-conflict" => CONFLICT_COPY,
                WITHOUT_BEAT => WITHOUT_BEAT,
                _ => return None,
            },
            message: notice.message.clone(),
            related: Vec::new(),
            correction: None,
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_leaves_no_hole() {
        for (text, word, left) in [
            ("A heading\n\nThe lamp.\n", "A heading", "The lamp.\n"),
            ("One.\r\n\r\nTwo\r\n\r\nThree.", "Two", "One.\r\n\r\nThree."),
            (
                "Sure! Here it is. The lamp.",
                "Sure! Here it is.",
                "The lamp.",
            ),
            ("The lamp. Word count. It.", "Word count.", "The lamp. It."),
            ("The lamp. (Word count)\n", "(Word count)", "The lamp.\n"),
            ("The lamp<think>.", "<think>", "The lamp."),
            ("灯台。続く。", "続く。", "灯台。"),
        ] {
            let start = text.find(word).unwrap();
            let mut made = text.to_owned();
            made.replace_range(cut(text, &(start..start + word.len())), "");
            assert_eq!(made, left, "{text:?}");
        }
    }
}
