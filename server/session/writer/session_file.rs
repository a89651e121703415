//! Reads and writes the JSON files of a session that are about its texts and never in their way: one that can't be
//! read is a notice, and counts as empty.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Session;
use crate::session::disk::Disk;
use crate::session::error::StoreError;
use crate::session::layout::{SessionId, StoryFolder};
use crate::session::manifest;
use crate::session::notice::Notice;
use crate::session::{ClientEdit, Owners, Saved};

/// The content of such a file.
pub(super) trait SessionFile: Default + Serialize + DeserializeOwned {
    const NAME: &str;
    /// The version of the format that this code writes.
    const VERSION: u32;
    /// The code of the notice about a file that can't be used.
    const CODE: &str;
    /// What follows where it can't be read.
    const UNREAD: &str;
}

/// The reason why a file can't be changed by this release.
enum Damage {
    /// "is damaged (…)"
    Unreadable(String),
    /// A later Storywright wrote it.
    Newer(u64),
}

/// Reads a file of a session. Takes no lock, writes nothing and never fails.
pub(super) fn read<T: SessionFile>(
    folder: &StoryFolder,
    id: &SessionId,
    owners: &dyn Owners,
    disk: &Disk,
) -> (T, Option<Notice>) {
    let path = folder.session_root(id).join(T::NAME);
    let text = disk
        .ensure_inside(&folder.session_root(id), folder.root())
        .and_then(|()| crate::session::read_text(&path, owners, disk));
    let why = match text.map(|text| text.map_or_else(|| Ok(T::default()), |it| parse(&it))) {
        Ok(Ok(content)) => return (content, None),
        Ok(Err(Damage::Unreadable(why))) => why,
        Ok(Err(Damage::Newer(version))) => {
            format!("has version {version} of its format, which is newer than this Storywright")
        }
        Err(error) => format!("can't be read ({error})"),
    };
    let notice = Notice {
        code: T::CODE,
        message: format!("{} {why}, {}", path.display(), T::UNREAD),
    };
    (T::default(), Some(notice))
}

impl Session {
    /// Changes a file of this session. A damaged one is kept beside the new one; one that a later version wrote is
    /// left alone, with a notice that begins with `unsaved` and ends with `again`.
    pub(super) fn change_file<T: SessionFile>(
        &self,
        unsaved: &str,
        again: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<Saved, StoreError> {
        let inner = &self.inner;
        let mut cache = inner.lock_cache();
        inner.finish_pending(&mut cache)?;
        let path = inner.paths.root.join(T::NAME);
        let in_editor = inner
            .is_open(&path)
            .then(|| inner.owners.open_text(&path).unwrap_or_default());
        let there = crate::session::read_text(&path, inner.owners.as_ref(), &inner.disk)?;
        let mut content = match there.as_deref().map(parse::<T>) {
            None => T::default(),
            Some(Ok(content)) => content,
            Some(Err(damage)) => {
                if matches!(damage, Damage::Newer(_)) || in_editor.is_some() {
                    cache.owed.notices.push(Notice {
                        code: T::CODE,
                        message: format!(
                            "{unsaved}: {} is of a newer Storywright, or open and unfinished. It is left as it is. \
                             {again}",
                            path.display()
                        ),
                    });
                    return Ok(std::mem::take(&mut cache.owed));
                }
                let aside = manifest::kept_aside(&path, &inner.disk)?;
                inner.disk.rename_file(&path, &aside)?;
                T::default()
            }
        };
        change(&mut content);
        let text = render(&content);
        match in_editor {
            Some(base) => cache.owe(ClientEdit { path, text, base }),
            None => inner.disk.write(&path, text.as_bytes())?,
        }
        Ok(std::mem::take(&mut cache.owed))
    }
}

fn render(content: &impl Serialize) -> String {
    // Strings, numbers and lists always serialise.
    let mut text = serde_json::to_string_pretty(content).unwrap_or_default();
    text.push('\n');
    text
}

fn parse<T: SessionFile>(text: &str) -> Result<T, Damage> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(T::default());
    }
    let damaged = |error: serde_json::Error| Damage::Unreadable(format!("is damaged ({error})"));
    let value: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
    let version = value["version"].as_u64().unwrap_or(0);
    if version > u64::from(T::VERSION) {
        return Err(Damage::Newer(version));
    }
    serde_json::from_value(value).map_err(damaged)
}
