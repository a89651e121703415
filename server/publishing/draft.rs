//! Reads a draft together as a book.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::analysis::error::StoryError;
use crate::analysis::story_file::StoryFile;
use crate::analysis::story_sessions;
use crate::book::{Book, Cover, Edition, Picture};
use crate::jobs::run::error::JobError;
use crate::session::{ChunkStatus, Disk, Owners, SessionId, SessionView, StoreError, read_session};
use crate::settings::Settings;
use crate::story::BeatId;
use crate::story::counted::counted;

/// A draft as a book, and what an author has to know of it.
pub struct DraftBook {
    pub session: SessionId,
    pub book: Book,
    pub notices: Vec<String>,
}

/// The largest cover, in bytes.
const MOST_COVER: u64 = 32 << 20;

/// The names that the picture of a cover has, beside the brief.
const COVERS: [&str; 3] = ["cover.jpg", "cover.jpeg", "cover.png"];

/// Finds the session that is meant; without `wanted` the current one. `doing` is what is to be done with it.
///
/// # Errors
/// Where there is no such session.
pub fn session_of(
    story: &StoryFile,
    wanted: Option<&SessionId>,
    doing: &'static str,
    disk: &Disk,
) -> Result<SessionId, JobError> {
    match wanted {
        Some(id) => Ok(story_sessions::known(story, id, disk).map(|()| id.clone())?),
        None => {
            let current = story.folder.current_session(disk)?;
            Ok(current.ok_or(StoryError::NothingWritten(doing))?)
        }
    }
}

/// Reads the complete chunks of a session together as a book. Blocks on the file system.
///
/// # Errors
/// Where the session can't be read.
pub fn book_of(
    story: &StoryFile,
    settings: &Settings,
    id: SessionId,
    owners: &dyn Owners,
    disk: &Disk,
) -> Result<DraftBook, JobError> {
    let plan = story.plan(settings);
    let view = read_session(
        &story.folder,
        &id,
        &plan,
        &story.brief.language,
        owners,
        disk,
    )?;
    let (cover, mut notices) = cover(story, disk)?;
    notices.extend(incomplete(&view));
    let edition = Edition {
        draft: id.to_string(),
        modified: modified(&view),
        cover,
    };
    let complete = view
        .chunks
        .iter()
        .filter(|chunk| chunk.status == ChunkStatus::Complete);
    let texts: HashMap<&BeatId, _> = complete
        .map(|chunk| (&chunk.beat, (chunk.number, chunk.text.clone())))
        .collect();
    let book = Book::of(&story.brief, &story.text, edition, |beat| {
        texts.get(beat).cloned()
    });
    Ok(DraftBook {
        session: id,
        book,
        notices,
    })
}

fn incomplete(view: &SessionView) -> Option<String> {
    let all = view.chunks.len();
    let complete = view
        .chunks
        .iter()
        .filter(|chunk| chunk.status == ChunkStatus::Complete)
        .count();
    (complete < all).then(|| {
        let (verb, these) = if complete == 1 {
            ("is", "that is")
        } else {
            ("are", "these are")
        };
        let chunks = counted(format!("{complete} of {all}"), "chunk");
        format!("{chunks} {verb} complete, and only {these} in it")
    })
}

/// Returns the time of the newest text, to the second: the same draft is the same book at any time.
fn modified(view: &SessionView) -> String {
    let records = view.chunks.iter().filter_map(|chunk| chunk.record.as_ref());
    let newest = records.filter_map(|record| record.finished).max();
    let time = newest.unwrap_or(view.manifest.created);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads the picture beside the brief, if there is one.
fn cover(story: &StoryFile, disk: &Disk) -> Result<(Option<Cover>, Vec<String>), StoreError> {
    let paths = COVERS.iter().map(|name| story.folder.root().join(name));
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        if disk.metadata(&path)?.is_some() {
            found.push(path);
        }
    }
    let Some(path) = found.first() else {
        return Ok((None, Vec::new()));
    };
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let is_large = disk
        .metadata(path)?
        .is_some_and(|it| it.length > MOST_COVER);
    let bytes = match is_large {
        true => None,
        false => disk.read_linked(path)?,
    };
    let picture = bytes.as_deref().and_then(Picture::of);
    Ok(match (picture, bytes) {
        (Some(picture), Some(bytes)) => (Some(Cover { picture, bytes }), Vec::new()),
        _ => (
            None,
            vec![format!(
                "{name} is neither a JPEG nor a PNG of at most 32 MB, so the book has no cover"
            )],
        ),
    })
}
