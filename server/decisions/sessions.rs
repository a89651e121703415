//! Creates drafts of a story, switches between them, adopts them, and moves them along with a renamed brief.

use std::path::Path;
use std::sync::Arc;

use crate::analysis::story_file::StoryFile;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{Workshop, check_no_file};
use crate::session::{Disk, Owners, SessionId, StoreError};
use crate::settings::Settings;
use crate::story::file_names::is_portable;

/// Creates a draft and makes it the current one; without a name it gets the next number. No text is written
/// into it yet. Blocks on the file system.
///
/// # Errors
/// [`JobError::SessionExists`] where something of the name is there.
pub fn create(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    name: Option<&SessionId>,
    owners: Arc<dyn Owners>,
) -> Result<SessionId, JobError> {
    let disk = workshop.disk().within(story.folder.root());
    let generated = story.folder.generated();
    check_no_file(&generated)?;
    disk.make_folder(&generated)?;
    if let Some(name) = name {
        check_new_name(name, &generated, &disk)?;
    }
    // Two that begin a draft at the same moment get one each.
    let id = loop {
        let id = match name {
            Some(name) => name.clone(),
            None => story.folder.untaken_session_id(&story.brief.title, &disk)?,
        };
        if disk.make_new_folder(&story.folder.session_root(&id))? {
            break id;
        }
        if name.is_some() {
            return Err(JobError::SessionExists(id));
        }
    };
    workshop.open_session(story, Some(&id), &story.plan(settings), owners)?;
    story.folder.switch_session(&id, &disk)?;
    Ok(id)
}

/// Refuses a name that is not a valid folder name, and the same folder, on every operating system: drafts are
/// synced.
fn check_new_name(name: &SessionId, generated: &Path, disk: &Disk) -> Result<(), JobError> {
    let id = name.as_str();
    if !is_portable(id) {
        return Err(StoreError::BadSessionId { id: id.to_owned() }.into());
    }
    let is_taken = |there: &str| there.to_lowercase() == id.to_lowercase();
    match disk
        .list(generated)?
        .iter()
        .any(|there| is_taken(&there.name))
    {
        true => Err(JobError::SessionExists(name.clone())),
        false => Ok(()),
    }
}

/// Makes a session the current one, which `write` continues.
///
/// # Errors
/// [`StoreError::NoSession`] where this story has no such session.
pub fn switch(story: &StoryFile, id: &SessionId, disk: &Disk) -> Result<(), JobError> {
    Ok(story.folder.switch_session(id, disk)?)
}

/// Assigns a draft whose brief is gone to this story, and makes it the current one. Without a name it is the
/// draft whose beats are this story's. Blocks on the file system.
///
/// # Errors
/// [`JobError::NothingToAdopt`] where there is none, [`JobError::Adoptable`] where there are
/// several, [`StoreError::NoSession`] where the named one is none whose brief is gone.
pub fn adopt(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    name: Option<&SessionId>,
    owners: Arc<dyn Owners>,
) -> Result<SessionId, JobError> {
    let disk = workshop.disk();
    let plan = story.plan(settings);
    let brief = || story.folder.brief_name().to_owned();
    let mut strays = story.folder.strays(&plan, disk)?;
    strays.retain(|stray| name.map_or(stray.is_likely(), |name| &stray.session == name));
    let id = match (strays.as_slice(), name) {
        ([stray], _) => stray.session.clone(),
        ([], None) => return Err(JobError::NothingToAdopt(brief())),
        ([], Some(name)) => {
            return Err(StoreError::NoSession {
                id: name.to_string(),
                generated: story.folder.generated(),
            }
            .into());
        }
        _ => {
            let brief = brief();
            return Err(JobError::Adoptable { brief, strays });
        }
    };
    let (open, _) = workshop.open_session(story, Some(&id), &plan, owners)?;
    open.session.adopt()?;
    let _ = open.session.update_index();
    story.folder.switch_session(&id, disk)?;
    Ok(id)
}

/// Moves the drafts of a brief that was renamed in its folder to its new name. Blocks on the file system.
///
/// # Errors
/// Where a draft can't be read or written; the others are brought over all the same at the next
/// try, by [`adopt`].
pub fn follow_rename(
    workshop: &Workshop,
    story: &StoryFile,
    settings: &Settings,
    former: &str,
    owners: &Arc<dyn Owners>,
) -> Result<Vec<SessionId>, JobError> {
    let disk = workshop.disk();
    let plan = story.plan(settings);
    let chosen = story.folder.chosen_session(former, disk)?;
    let mut adopted = Vec::new();
    for stray in story.folder.strays(&plan, disk)? {
        if stray.former_brief != former {
            continue;
        }
        let id = stray.session;
        let (open, _) = workshop.open_session(story, Some(&id), &plan, Arc::clone(owners))?;
        open.session.adopt()?;
        let _ = open.session.update_index();
        adopted.push(id);
    }
    if let Some(chosen) = chosen.filter(|chosen| adopted.contains(chosen)) {
        story.folder.switch_session(&chosen, disk)?;
    }
    Ok(adopted)
}
