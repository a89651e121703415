//! Dismisses findings that the author calls no problem, for good: they are kept beside the chunks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::carrying_out::carry_out;
use crate::analysis::findings::{DISMISSED_UNUSABLE, Finding, Findings, Place};
use crate::analysis::snapshot::StorySource;
use crate::analysis::story_sessions;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::Workshop;
use crate::session::{ClientEdit, SessionId, StoryFolder};
use crate::story::dismissed::{Dismissal, words_of};

/// The findings to dismiss, with the story that they are about.
#[derive(Debug, Clone)]
pub struct DismissRequest {
    pub brief: PathBuf,
    pub workspace: Option<PathBuf>,
    pub session: Option<SessionId>,
    pub editor_settings: Option<Value>,
    /// The chunk file in which they stand.
    pub file: PathBuf,
    pub findings: Vec<Named>,
    /// Whether they are no problem in any other chunk either.
    pub everywhere: bool,
}

/// A finding by what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub code: String,
    /// The words that it underlines, with single blanks between them.
    pub words: String,
}

/// The result, as `dismiss --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct DismissedFindings {
    pub session: String,
    pub dismissed: Vec<Named>,
    /// The result as a sentence.
    pub message: String,
}

impl Named {
    /// Names a finding.
    pub fn of(found: &Findings, finding: &Finding) -> Named {
        let text = found.texts.get(finding.place.text);
        let words = text.and_then(|text| text.text.get(finding.place.span.clone()));
        Named {
            code: finding.code.to_owned(),
            words: words_of(words.unwrap_or_default()),
        }
    }

    /// Returns what may be dismissed of a file, with the place of each.
    pub fn all_in<'a>(
        found: &'a Findings,
        file: &'a Path,
    ) -> impl Iterator<Item = (&'a Place, Named)> {
        let of_file = found.list.iter().filter(move |finding| {
            let text = found.texts.get(finding.place.text);
            finding.may_be_dismissed() && text.is_some_and(|text| text.path == file)
        });
        of_file.map(|finding| (&finding.place, Named::of(found, finding)))
    }
}

/// Dismisses findings.
///
/// # Errors
/// As for a job that can't begin, and [`JobError::NoFinding`] where nothing of the kind is found in the file.
pub async fn dismiss(
    workshop: &Workshop,
    request: DismissRequest,
    editor: Arc<dyn Editor>,
) -> Result<DismissedFindings, JobError> {
    let work = move |workshop: &Workshop, editor| in_session(workshop, &request, editor);
    carry_out(workshop, editor, work).await
}

fn in_session(
    workshop: &Workshop,
    request: &DismissRequest,
    editor: Arc<dyn Editor>,
) -> Result<(DismissedFindings, Vec<ClientEdit>), JobError> {
    let source = StorySource {
        brief: &request.brief,
        workspace: request.workspace.as_deref(),
        editor_settings: request.editor_settings.as_ref(),
        flags: None,
    };
    let (story, settings, _) = workshop.read_story(&source, editor.as_ref())?.usable()?;
    let plan = story.plan(&settings);
    let disk = workshop.disk();
    let none = || JobError::NoFinding {
        path: request.file.clone(),
    };
    let located = StoryFolder::locate(&request.file, disk).ok_or_else(none)?;
    story_sessions::known(&story, &located.session, disk)?;
    let look = workshop.look(&source, editor.as_ref());
    let found = look.findings(Some(&located.session))?;
    let mut texts = found.texts.iter();
    let text = texts.find(|text| text.path == request.file);
    let (number, beat) = text.and_then(|text| text.chunk.clone()).ok_or_else(none)?;
    let mut there: Vec<Named> = Named::all_in(&found, &request.file)
        .map(|(_, named)| named)
        .filter(|named| request.findings.contains(named))
        .collect();
    there.dedup();
    if there.is_empty() {
        return Err(none());
    }
    let owners = Arc::clone(&editor);
    let (open, _) = workshop.open_session(&story, Some(&located.session), &plan, owners)?;
    let findings = there.iter().map(|named| Dismissal {
        code: named.code.clone(),
        beat: (!request.everywhere).then(|| beat.clone()),
        words: named.words.clone(),
    });
    let saved = open.session.dismiss(findings.collect())?;
    let mut notices = saved.notices.into_iter();
    if let Some(unusable) = notices.find(|notice| notice.code == DISMISSED_UNUSABLE) {
        return Err(JobError::NotChanged(unusable.message));
    }
    let dismissed = DismissedFindings {
        session: located.session.to_string(),
        message: message(&there, &located.session, request.everywhere, number.0),
        dismissed: there,
    };
    Ok((dismissed, saved.client_edits))
}

/// Returns a sentence about what was dismissed, and how it comes back.
fn message(there: &[Named], session: &SessionId, everywhere: bool, number: u32) -> String {
    let what = match there {
        [one] => format!("“{}” ({})", shortened(&one.words), one.code),
        several => format!("{} findings", several.len()),
    };
    let place = match everywhere {
        true => "in any chunk of this draft".to_owned(),
        false => format!("in chunk {number}"),
    };
    let is = if there.len() == 1 { "is" } else { "are" };
    format!(
        "{what} {is} not called a problem {place} any more; delete the entry in generated/{session}/dismissed.json \
         to see it again"
    )
}

/// Shortens the words of a finding to as much as a message shows.
fn shortened(words: &str) -> String {
    const SHOWN: usize = 40;
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words.to_owned(),
    }
}
