//! Writes the records of a plan.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::analysis::story_file::StoryFile;
use crate::events::job::Outcome;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::check_no_file;
use crate::provider::Usage;
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

/// The data of a plan's summary.
pub struct Summary<'a> {
    pub story: &'a str,
    pub asked: &'a str,
    pub provider: &'a str,
    pub model: &'a str,
    pub outcome: Outcome,
    pub message: &'a str,
    /// What the titles are.
    pub heading: &'a str,
    pub titles: &'a [String],
    pub rules: &'a [String],
    pub usage: Usage,
    pub cost: Option<f64>,
    pub seconds: f64,
}

impl Summary<'_> {
    /// Returns the text of the run's `summary.md`.
    pub fn markdown(&self) -> String {
        let outcome = match self.outcome {
            Outcome::Complete => "planned",
            Outcome::Incomplete => "not all planned",
            Outcome::Cancelled => "cancelled",
        };
        let count = |tokens: Option<u64>| {
            tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string())
        };
        let mut text = format!(
            "# {}: {outcome}\n\n{}\n\n- Asked for: {}\n- Planned by: {}/{}\n- Time: {:.1} s\n- Tokens: {} in, {} out\n",
            self.story,
            self.message,
            self.asked,
            self.provider,
            self.model,
            self.seconds,
            count(self.usage.input_tokens),
            count(self.usage.output_tokens),
        );
        if let Some(cost) = self.cost {
            text.push_str(&format!("- Cost: {cost:.4}\n"));
        }
        if !self.titles.is_empty() {
            text.push_str(&format!("\n## {}\n\n", self.heading));
        }
        for title in self.titles {
            text.push_str(&format!("- {title}\n"));
        }
        if !self.rules.is_empty() {
            text.push_str("\n## New rules\n\n");
        }
        for rule in self.rules {
            text.push_str(&format!("- {rule}\n"));
        }
        text
    }
}

/// Returns the path of the records, relative to the story's folder.
pub fn place(story: &StoryFile, run: &Run) -> String {
    let path: PathBuf = run.path().to_owned();
    crate::analysis::status::relative(&path, story.folder.root())
}
