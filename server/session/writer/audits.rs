//! Reads and writes audit.json: which chunks were audited, and the contradictions that were found in each.
//!
//! By beat, so that it stays right when chunks move. It is about the texts and never in their
//! way: one that can't be read is a notice, and counts as empty.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Session;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::manifest;
use crate::session::notice::Notice;
use crate::session::{ClientEdit, Owners, Saved};
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

/// The reason why audit.json can't be changed by this release.
enum Damage {
    /// "is damaged (…)"
    Unreadable(String),
    /// A later Storywright wrote it.
    Newer(u64),
}

/// Tells what was found in the chunks of a session. Takes no lock, writes nothing and never fails.
pub fn read_audits(
    folder: &StoryFolder,
    id: &SessionId,
    owners: &dyn Owners,
    disk: &Disk,
) -> (Audits, Option<Notice>) {
    let path = path(&folder.session_root(id));
    let text = disk
        .ensure_inside(&folder.session_root(id), folder.root())
        .and_then(|()| crate::session::read_text(&path, owners, disk));
    let why = match text.map(|text| text.map_or_else(|| Ok(Audits::default()), |it| parse(&it))) {
        Ok(Ok(audits)) => return (audits, None),
        Ok(Err(Damage::Unreadable(why))) => why,
        Ok(Err(Damage::Newer(version))) => {
            format!("has version {version} of its format, which is newer than this Storywright")
        }
        Err(error) => format!("can't be read ({error})"),
    };
    let message = format!(
        "{} {why}, so no contradictions are shown. The story is not affected; an audit finds them again.",
        path.display()
    );
    let notice = Notice {
        code: "audit-unusable",
        message,
    };
    (Audits::default(), Some(notice))
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
        let inner = &self.inner;
        let index = inner.index(number)?;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let path = path(&inner.paths.root);
        let in_editor = inner
            .is_open(&path)
            .then(|| inner.owners.open_text(&path).unwrap_or_default());
        let there = crate::session::read_text(&path, inner.owners.as_ref(), &inner.disk)?;
        let mut audits = match there.as_deref().map(parse) {
            None => Audits::default(),
            Some(Ok(audits)) => audits,
            Some(Err(damage)) => {
                if matches!(damage, Damage::Newer(_)) || in_editor.is_some() {
                    cache.owed.notices.push(Notice {
                        code: "audit-unusable",
                        message: format!(
                            "What was found in chunk {number} was not saved: {} is of a newer Storywright, or open \
                             and unfinished. It is left as it is. Audit the chunk again once it is mended.",
                            path.display()
                        ),
                    });
                    return Ok(std::mem::take(&mut cache.owed));
                }
                let aside = manifest::kept_aside(&path, &inner.disk)?;
                inner.disk.rename_file(&path, &aside)?;
                Audits::default()
            }
        };
        audits.chunks.insert(inner.plan[index].beat.clone(), audit);
        let text = render(&audits);
        match in_editor {
            Some(base) => cache.owe(ClientEdit { path, text, base }),
            None => inner.disk.write(&path, text.as_bytes())?,
        }
        Ok(std::mem::take(&mut cache.owed))
    }
}

fn path(root: &std::path::Path) -> PathBuf {
    root.join("audit.json")
}

fn render(audits: &Audits) -> String {
    // Strings, numbers and lists always serialise.
    let mut text = serde_json::to_string_pretty(audits).unwrap_or_default();
    text.push('\n');
    text
}

fn parse(text: &str) -> Result<Audits, Damage> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Audits::default());
    }
    let damaged = |error: serde_json::Error| Damage::Unreadable(format!("is damaged ({error})"));
    let value: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
    let version = value["version"].as_u64().unwrap_or(0);
    if version > u64::from(VERSION) {
        return Err(Damage::Newer(version));
    }
    serde_json::from_value(value).map_err(damaged)
}
