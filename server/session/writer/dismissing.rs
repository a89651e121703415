//! Reads and writes dismissed.json: the findings that the author calls no problem.

use super::Session;
use super::session_file::{self, SessionFile};
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::notice::Notice;
use crate::session::{Owners, Saved};
use crate::story::dismissed::{Dismissal, Dismissed, VERSION};

impl SessionFile for Dismissed {
    const NAME: &str = "dismissed.json";
    const VERSION: u32 = VERSION;
    const CODE: &str = "dismissed-unusable";
    const UNREAD: &str =
        "so what was dismissed there is shown again. Put the file right, or delete it.";
}

/// Tells what was dismissed in a session. Takes no lock, writes nothing and never fails.
pub fn read_dismissed(
    folder: &StoryFolder,
    id: &SessionId,
    owners: &dyn Owners,
    disk: &Disk,
) -> (Dismissed, Option<Notice>) {
    session_file::read(folder, id, owners, disk)
}

impl Session {
    /// Dismisses findings from now on. A damaged file is kept beside the new one; one that a later version wrote is
    /// left alone, with a notice.
    pub fn dismiss(&self, findings: Vec<Dismissal>) -> Result<Saved, StoreError> {
        let unsaved = "Nothing was dismissed";
        let again = "Dismiss it again once the file is mended.";
        self.change_file(unsaved, again, |dismissed: &mut Dismissed| {
            findings.into_iter().for_each(|one| dismissed.add(one));
        })
    }
}
