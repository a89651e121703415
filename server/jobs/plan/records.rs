//! Writes the records of a plan.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::analysis::story_file::StoryFile;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::check_no_file;
use crate::session::{Disk, NoEditor, Run, make_work_folder, read_session};
use crate::story::new_beats::NewBeat;

/// Begins the records with a copy of the brief. Blocks on the file system.
pub fn begin(story: &StoryFile, asked: &str, disk: &Disk) -> Result<Run, JobError> {
    let generated = story.folder.generated();
    check_no_file(&generated)?;
    let session = story.folder.current_session(disk)?;
    let disk = disk.within(story.folder.root());
    story.folder.remove_temporaries(&disk);
    let runs = match session {
        Some(id) => story.folder.session_root(&id).join("runs"),
        None => {
            make_work_folder(&story.folder.work(), &disk)?;
            story.folder.bring_over_work(&disk);
            story.folder.plan_records()
        }
    };
    let run = Run::start(&runs, "plan", asked, &disk)?;
    run.artifact("brief_before.md", &story.text)?;
    Ok(run)
}

/// Returns the ids that no new beat may have: a beat with the id of a text whose beat is gone would take over
/// that text. Blocks on the file system.
pub fn taken_ids(story: &StoryFile, disk: &Disk) -> Result<HashSet<String>, JobError> {
    let mut taken = HashSet::new();
    for id in story.folder.sessions(disk)? {
        let language = &story.brief.language;
        let view = read_session(&story.folder, &id, &[], language, &NoEditor, disk)?;
        let beats = view.orphans.into_iter().filter_map(|orphan| orphan.beat);
        taken.extend(beats.map(|beat| beat.0));
    }
    let beats = story.brief.beats.iter();
    taken.extend(beats.map(|beat| beat.id.0.clone()));
    Ok(taken)
}

/// Returns the name and the text of a beat for the run's artifacts.
pub fn artifact(number: u32, beat: &NewBeat) -> (String, String) {
    let mut text = format!("## {}\n\n{}\n", beat.title, beat.text);
    for (label, state) in [("Enter", &beat.enter), ("Exit", &beat.exit)] {
        if let Some(state) = state {
            text.push_str(&format!("\n{label}: {state}\n"));
        }
    }
    (format!("planned_{number:03}.md"), text)
}

/// Returns the path of the records, relative to the story's folder.
pub fn place(story: &StoryFile, run: &Run) -> String {
    let path: PathBuf = run.path().to_owned();
    crate::analysis::status::relative(&path, story.folder.root())
}
