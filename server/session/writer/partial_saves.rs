//! Lists the digests of the partial texts that jobs have saved of a chunk. Where a job was killed, they tell
//! its text from one that the author has typed in since.
//!
//! The list lies in `.work/`, and its first line is the time at which the text was begun: one of another
//! text says nothing.

use super::{Cache, Inner};
use crate::session::disk::log::Log;
use crate::session::error::StoreError;
use crate::session::manifest::record::{ChunkStatus, Origin};
use crate::session::view::ChunkView;
use crate::session::work;
use crate::story::{Digest, chunk_file};

impl Inner {
    /// Notes a text that is saved next as the text of a partial chunk, unless the author's words are in it.
    pub(super) fn note_partial(&self, cache: &mut Cache, index: usize, prose: &str) {
        let known = cache.known.get(&self.plan[index].number);
        if known.is_some_and(|known| known.is_mixed) {
            return;
        }
        let list = match cache.partial_saves.remove(&index) {
            Some(list) => Ok(Some((list, String::new()))),
            None => self.begin_list(cache, index),
        };
        let noted = list.transpose().map(|list| {
            let (mut list, head) = list?;
            let line = format!("{head}{}\n", chunk_file::digest(prose).0);
            // Not synced: what a power cut takes away here leaves a text that counts as the author's.
            list.append(line.as_bytes()).map(|()| list)
        });
        match noted {
            Some(Ok(list)) => drop(cache.partial_saves.insert(index, list)),
            // A list that lacks a text would make it the author's.
            Some(Err(_)) => self.drop_partials(cache, index),
            None => {}
        }
    }

    /// Opens the list of a chunk; with it what it has to begin with, where it is new. `None` where it is not
    /// known when the chunk was begun.
    fn begin_list(&self, cache: &Cache, index: usize) -> Result<Option<(Log, String)>, StoreError> {
        let planned = &self.plan[index];
        let record = cache.manifest.record(&planned.beat);
        let Some(begun) = record.and_then(|record| record.begun.as_ref()) else {
            return Ok(None);
        };
        let path = self.paths.partial_saves(&planned.beat);
        let there = self.disk.read_text(&path)?;
        let mut head = begun.at.to_string();
        if there.as_ref().and_then(|there| there.lines().next()) == Some(&head) {
            head.clear();
        } else {
            let known = cache.known.get(&planned.number);
            // The text may stay as it was handed out.
            let handed = known.and_then(|known| known.handed.as_ref());
            let handed = handed.map_or("", |digest| &digest.0);
            head = format!("{head}\n{handed}\n");
            match there {
                Some(_) => self.disk.remove(&path)?,
                None => work::make_work_folder(&self.paths.work(), &self.disk)?,
            }
        }
        Ok(Some((self.disk.open_log(&path)?, head)))
    }

    /// Removes the list of a chunk.
    pub(super) fn drop_partials(&self, cache: &mut Cache, index: usize) {
        cache.partial_saves.remove(&index);
        let path = self.paths.partial_saves(&self.plan[index].beat);
        // One that stays is of a text that was ended.
        let _ = self.disk.drop_name(&path);
    }

    /// Tells whether the author has put words into a text that is not whole, as far as that is known.
    pub(super) fn is_mixed(&self, chunk: &ChunkView) -> Result<bool, StoreError> {
        let begun = chunk.record.as_ref().and_then(|it| it.begun.as_ref());
        let (Some(begun), false) = (begun, chunk.text.trim().is_empty()) else {
            return Ok(false);
        };
        match chunk.status {
            _ if chunk.origin.is_some_and(Origin::is_authors) => return Ok(true),
            ChunkStatus::Partial => {}
            _ => return Ok(false),
        }
        if begun.generated_sha256.as_ref() == Some(&chunk.digest) {
            return Ok(false);
        }
        let text = self
            .disk
            .read_text(&self.paths.partial_saves(&chunk.beat))?
            .unwrap_or_default();
        let mut lines = text.lines();
        let is_of_it = lines.next() == Some(&begun.at.to_string());
        let is_listed = lines.any(|line| Digest::from(line.to_owned()) == chunk.digest);
        Ok(match is_of_it {
            true => !is_listed,
            false => begun.generated_sha256.is_some(),
        })
    }
}
