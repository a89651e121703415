//! Notices that an author changes the brief or the settings under a running job.
//!
//! A job writes all of its chunks under one reading of the story, since beats that move, come or go between
//! two chunks would put texts into the wrong places. What it must not do is to pass a change over in
//! silence: it says that the change counts from the next `write` on.

use std::sync::{Mutex, PoisonError};

use super::settings::Settings;
use super::snapshot::StorySnapshot;
use super::workshop::{JobRequest, Workshop};
use crate::session::Owners;
use crate::story::{Digest, SectionKind};

/// What a job goes by, and what the author has made of it since.
pub(super) struct BriefWatch {
    workshop: Workshop,
    request: JobRequest,
    seen: Mutex<Seen>,
}

#[derive(Clone, PartialEq)]
struct Seen {
    brief: Digest,
    settings: Settings,
}

/// A change that the author has not been told of.
pub(super) struct Change {
    pub code: &'static str,
    pub message: &'static str,
}

impl BriefWatch {
    pub fn new(workshop: &Workshop, request: &JobRequest, read: &StorySnapshot) -> BriefWatch {
        BriefWatch {
            workshop: workshop.clone(),
            request: request.clone(),
            seen: Mutex::new(Seen::of(read)),
        }
    }

    /// What changed since the last look; each change is told once. A brief that can't be read now is not
    /// judged. Blocks on the file system.
    pub fn look(&self, owners: &dyn Owners) -> Vec<Change> {
        let Ok(read) = self.workshop.read_story(&self.request.source(), owners) else {
            return Vec::new();
        };
        let now = Seen::of(&read);
        let before = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *seen, now.clone())
        };
        let brief = (before.brief != now.brief).then_some(Change {
            code: "brief-changed",
            message: "the brief was changed while this job writes. The job goes on under the brief as it was when it \
                      began; the change counts from the next `write` on, and `status` shows which chunks it makes \
                      stale",
        });
        let settings = (before.settings != now.settings).then_some(Change {
            code: "settings-changed",
            message: "the settings were changed while this job writes. They count from the next `write` on",
        });
        brief.into_iter().chain(settings).collect()
    }
}

impl Seen {
    /// Private notes are no part of the story; everything else may be.
    fn of(read: &StorySnapshot) -> Seen {
        let (brief, text) = (&read.story.brief, &read.story.text);
        let first = brief.sections.first();
        let head = first.map_or(text.len(), |section| section.heading_span.start);
        let mut parts = vec![text.get(..head).unwrap_or(text).trim_end()];
        for section in &brief.sections {
            if section.kind != SectionKind::Notes {
                parts.extend([section.title.as_str(), section.text.trim_end()]);
            }
        }
        Seen {
            brief: Digest::of(&parts.join("\n\u{0}")),
            settings: read.settings.clone(),
        }
    }
}
