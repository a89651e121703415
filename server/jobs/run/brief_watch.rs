//! Notices changes of the brief or the settings while a job runs.
//!
//! A job writes all of its chunks under one reading of the story, since beats that move, come or go between
//! two chunks would put texts into the wrong places. What it must not do is to pass a change over in
//! silence: it says that the change counts from the next `write` on.

use std::sync::{Arc, Mutex, PoisonError};

use super::workshop::{JobRequest, Workshop};
use crate::analysis::story_file::StoryFile;
use crate::session::Owners;
use crate::settings::Settings;
use crate::story::{Digest, SectionKind};

/// The brief and the settings that a job was started with, and the changes reported since.
pub(crate) struct BriefWatch {
    workshop: Workshop,
    request: JobRequest,
    seen: Mutex<Seen>,
}

#[derive(Clone)]
struct Seen {
    story: Arc<StoryFile>,
    settings: Settings,
}

/// A change of the brief that the running job does not follow, for a warning to the author.
pub(crate) struct Change {
    pub code: &'static str,
    pub message: &'static str,
}

impl BriefWatch {
    pub fn new(
        workshop: &Workshop,
        request: &JobRequest,
        story: &Arc<StoryFile>,
        settings: &Settings,
    ) -> BriefWatch {
        BriefWatch {
            workshop: workshop.clone(),
            request: request.clone(),
            seen: Mutex::new(Seen {
                story: Arc::clone(story),
                settings: settings.clone(),
            }),
        }
    }

    /// Returns the changes since the last look; each is returned once. An unreadable brief counts as
    /// unchanged. Blocks on the file system.
    pub fn look(&self, owners: &dyn Owners) -> Vec<Change> {
        let Some(now) = self.now(owners) else {
            return Vec::new();
        };
        let before = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *seen, now.clone())
        };
        let is_same =
            Arc::ptr_eq(&before.story, &now.story) || told(&before.story) == told(&now.story);
        let brief = (!is_same).then_some(Change {
            code: "brief-changed",
            message: "the brief was changed while this job writes. The job goes on under the brief as it was when it \
                      began; the change counts from the next `write` on, and `status` shows which chunks it makes \
                      stale",
        });
        let settings = (!before.settings.writes_as(&now.settings)).then_some(Change {
            code: "settings-changed",
            message: "the settings were changed while this job writes. They count from the next `write` on",
        });
        brief.into_iter().chain(settings).collect()
    }

    /// Reads brief and settings as they are now. A brief with the same text is not parsed again: it may be
    /// large, and this is called for every chunk.
    fn now(&self, owners: &dyn Owners) -> Option<Seen> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = Arc::clone(&seen.story);
        drop(seen);
        let source = self.request.source();
        if before.stands(owners) {
            let settings = self.workshop.settings_of(&source, &before, owners);
            return Some(Seen {
                story: before,
                settings,
            });
        }
        let read = self.workshop.read_story(&source, owners).ok()?;
        Some(Seen {
            story: Arc::new(read.story),
            settings: read.settings,
        })
    }
}

/// Returns the digest of a brief without private notes and what is only printed: they are no part of the story.
fn told(story: &StoryFile) -> Digest {
    let (brief, text) = (&story.brief, &story.text);
    let first = brief.sections.first();
    let head = first.map_or(text.len(), |section| section.heading_span.start);
    let mut parts = vec![text.get(..head).unwrap_or(text).trim_end()];
    for section in &brief.sections {
        if !matches!(section.kind, SectionKind::Notes | SectionKind::Matter(_)) {
            parts.extend([section.title.as_str(), section.text.trim_end()]);
        }
    }
    Digest::of(&parts.join("\n\u{0}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::jobs::run::workshop::{Naming, Scope};
    use crate::session::{Disk, NoEditor};
    use crate::settings::environment::Environment;

    #[test]
    fn a_brief_that_stands_is_not_parsed_again_and_one_that_does_not_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("story.md");
        let brief = "---\ntitle: Lamp\n---\n# Premise\nA keeper.\n# Outline\n## The Stair\nDown.\n";
        std::fs::write(&path, brief).unwrap();
        let workshop = Workshop::new(Environment::of(&[], None), Disk::real(), "test");
        let request = JobRequest {
            job: "write".to_owned(),
            brief: path.clone(),
            workspace: None,
            session: None,
            naming: Naming::ByAuthor,
            scope: Scope::Remaining,
            editor_settings: None,
            flags: Map::new(),
        };
        let read = workshop.read_story(&request.source(), &NoEditor).unwrap();
        let first = Arc::new(read.story);
        let watch = BriefWatch::new(&workshop, &request, &first, &read.settings);
        let look = || {
            let changes = watch.look(&NoEditor);
            let codes: Vec<&str> = changes.iter().map(|change| change.code).collect();
            let seen = Arc::clone(&watch.seen.lock().unwrap().story);
            (codes, Arc::ptr_eq(&seen, &first))
        };
        assert_eq!(look(), (vec![], true));
        std::fs::write(
            folder.path().join("storywright.toml"),
            "chunk_words = 700\n",
        )
        .unwrap();
        assert_eq!(look(), (vec!["settings-changed"], true));
        assert_eq!(look(), (vec![], true));
        let shown = "chunk_words = 700\ndiagnostics.length = \"off\"\n";
        std::fs::write(folder.path().join("storywright.toml"), shown).unwrap();
        assert_eq!(look(), (vec![], true), "it is no matter of the job");
        std::fs::write(&path, format!("{brief}# Notes\nMine.\n")).unwrap();
        assert_eq!(look(), (vec![], false));
        std::fs::write(&path, brief.replace("Down", "Up")).unwrap();
        assert_eq!(look(), (vec!["brief-changed"], false));
        assert_eq!(look(), (vec![], false));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(look(), (vec![], false));
    }
}
