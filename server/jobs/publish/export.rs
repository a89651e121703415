//! Exports a story: the session's ZIP, or the story as one file.

use std::path::Path;

use serde::Serialize;

use crate::analysis::error::StoryError;
use crate::analysis::story_file::StoryFile;
use crate::analysis::story_sessions;
use crate::jobs::run::error::JobError;
use crate::session::{self, Disk, Exported, Owners, SessionId};
use crate::settings::Settings;
use crate::story::counted::counted;
use crate::story::title_page::TitlePage;

/// The format of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The session and the brief, as a ZIP.
    #[default]
    Zip,
    /// The complete part of the story, as one markdown file.
    Md,
}

/// The result of an export, as `export --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    pub file: String,
    pub session: String,
    pub format: Format,
    pub files: usize,
    pub bytes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// Exports a session; without `wanted` the current one. Blocks on the file system.
///
/// # Errors
/// Where there is no such session, the target is taken, or the disk refused.
pub fn export(
    story: &StoryFile,
    settings: &Settings,
    wanted: Option<&SessionId>,
    format: Format,
    target: Option<&Path>,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<ExportReport, JobError> {
    // Without an outline the story would be empty; the ZIP takes the files as they are.
    if format == Format::Md {
        story.check_merged()?;
    }
    let id = match wanted {
        Some(id) => story_sessions::known(story, id, disk).map(|()| id.clone())?,
        None => story
            .folder
            .current_session(disk)?
            .ok_or(StoryError::NothingWritten("export"))?,
    };
    let exported = match format {
        Format::Zip => session::export_zip(&story.folder, &id, target, disk)?,
        Format::Md => session::export_markdown(
            &story.folder,
            &id,
            &TitlePage::of(&story.brief, &story.text),
            &story.plan(settings),
            &story.brief.language,
            target,
            owners,
            disk,
        )?,
    };
    Ok(report(&id, format, exported))
}

fn report(id: &SessionId, format: Format, exported: Exported) -> ExportReport {
    ExportReport {
        file: exported.path.display().to_string(),
        session: id.to_string(),
        format,
        files: exported.files,
        bytes: exported.bytes,
        notices: exported.notices,
    }
}

impl ExportReport {
    /// Returns a sentence with the path of the export, and any warnings.
    pub fn message(&self) -> String {
        let what = match self.format {
            Format::Zip => format!(
                "{}, {}, read back and sound",
                counted(self.files, "file"),
                counted(self.bytes, "byte")
            ),
            Format::Md => counted(self.bytes, "byte"),
        };
        format!(
            "session {} is exported to {} ({what})",
            self.session, self.file
        )
    }
}
