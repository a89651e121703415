//! Reads and writes audit.json: which chunks were audited, and the contradictions that were found in each.
//!
//! By beat, so that it stays right when chunks move.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Session;
use super::session_file::{self, SessionFile};
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::notice::Notice;
use crate::session::{Owners, Saved};
use crate::story::contradiction::Contradiction;
use crate::story::{BeatId, ChunkNumber, Digest};

/// The version that this code writes.
const VERSION: u32 = 1;

/// The content of audit.json.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Storywright audit")]
pub struct Audits {
    /// Version of this format; 1.
    version: u32,
    /// The audits by beat.
    pub chunks: BTreeMap<BeatId, ChunkAudit>,
}

/// The last audit of a chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChunkAudit {
    /// Digest of the chunk's text.
    pub text_sha256: Digest,
    /// Digest of all that was asked, the chunk's text included.
    pub asked_sha256: Digest,
    #[schemars(with = "String")]
    pub audited: Timestamp,
    pub provider: String,
    pub model: String,
    /// The findings whose quotes were verified.
    pub findings: Vec<Contradiction>,
}

impl Default for Audits {
    fn default() -> Audits {
        Audits {
            version: VERSION,
            chunks: BTreeMap::new(),
        }
    }
}

impl SessionFile for Audits {
    const NAME: &str = "audit.json";
    const VERSION: u32 = VERSION;
    const CODE: &str = "audit-unusable";
    const UNREAD: &str =
        "so no contradictions are shown. The story is not affected; an audit finds them again.";
}

/// Tells what was found in the chunks of a session. Takes no lock, writes nothing and never fails.
pub fn read_audits(
    folder: &StoryFolder,
    id: &SessionId,
    owners: &dyn Owners,
    disk: &Disk,
) -> (Audits, Option<Notice>) {
    session_file::read(folder, id, owners, disk)
}

impl Session {
    /// Tells what was found in the chunks of this session; see [`read_audits`].
    pub fn audits(&self) -> Audits {
        let inner = &self.inner;
        read_audits(&inner.folder, &inner.id, inner.owners.as_ref(), &inner.disk).0
    }

    /// Saves what was found in a chunk, in place of what was found before. A damaged file is
    /// kept beside the new one; one that a later version wrote is left alone, with a notice.
    pub fn save_audit(&self, number: ChunkNumber, audit: ChunkAudit) -> Result<Saved, StoreError> {
        let beat = self.inner.plan[self.inner.index(number)?].beat.clone();
        let unsaved = format!("What was found in chunk {number} was not saved");
        let again = "Audit the chunk again once it is mended.";
        self.change_file(&unsaved, again, |audits: &mut Audits| {
            audits.chunks.insert(beat, audit);
        })
    }
}
