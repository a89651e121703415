//! Keeps the texts of chunk files between two looks at a session.
//!
//! A file is known by its mark, as git knows it, and is read again when that has changed or might change
//! unnoticed. This serves looking only: before a file is replaced, the file itself is read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chunk_text::ChunkText;
use crate::session::disk::{Disk, Mark};
use crate::session::error::StoreError;

/// The texts of chunk files as they were read last.
#[derive(Debug, Default)]
pub(crate) struct ReadTexts {
    texts: HashMap<PathBuf, (Mark, Arc<ChunkText>)>,
}

impl ReadTexts {
    /// Returns the text of a chunk file; `None` where the file does not exist.
    pub(crate) fn get(
        &mut self,
        path: &Path,
        disk: &Disk,
    ) -> Result<Option<Arc<ChunkText>>, StoreError> {
        let mark = disk.mark(path)?;
        if let Some((known, text)) = self.texts.get(path)
            && known.is_same_file_as(&mark)
        {
            return Ok(Some(Arc::clone(text)));
        }
        let Some(text) = disk.read_text(path)? else {
            self.texts.remove(path);
            return Ok(None);
        };
        let text = Arc::new(ChunkText::parse(&text));
        let kept = (mark, Arc::clone(&text));
        self.texts.insert(path.to_owned(), kept);
        Ok(Some(text))
    }
}
