//! Puts beats and their words into the brief, one after the other: into the editor where it is open, else into the
//! file.
//!
//! It reads the brief anew before each insertion. Where the author changed the place in the meantime it
//! stops, and no text is lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::{BufferStop, Editor};
use crate::session::{ClientEdit, Disk, StoreError, StoryFolder};
use crate::story::new_beats::{Grown, NewBeat, NoPlace, insert};
use crate::story::{Beat, BeatId, Brief};

/// The longest wait for an editor to take one beat while the author types.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(150);

/// The brief into which beats are inserted.
pub struct GrowingBrief {
    folder: StoryFolder,
    editor: Arc<dyn Editor>,
    disk: Disk,
    /// The source of each beat at the last look.
    seen: HashMap<BeatId, String>,
    /// The order of the beats at the last look.
    order: Vec<BeatId>,
}

/// The result of inserting a beat.
#[derive(Debug, Clone)]
pub struct Put {
    pub text: String,
    pub brief: Brief,
}

/// The reason why a beat could not be inserted. The brief has not changed.
#[derive(Debug, thiserror::Error)]
pub enum PutStop {
    #[error(
        "{0} was changed at the place where the next beat was to go, so planning stopped there. Your text is untouched"
    )]
    Changed(String),
    #[error("{0} is not UTF-8 text, so nothing was put into it. Save it as UTF-8")]
    NotText(String),
    #[error("the editor did not take the next beat into {0}")]
    Unresponsive(String),
    /// A beat that can't be inserted there.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GrowingBrief {
    /// Makes it from the brief's `text` when planning begins.
    pub fn new(
        folder: StoryFolder,
        editor: Arc<dyn Editor>,
        disk: &Disk,
        text: &str,
        brief: &Brief,
    ) -> GrowingBrief {
        let mut grown = GrowingBrief {
            disk: disk.within(folder.root()),
            folder,
            editor,
            seen: HashMap::new(),
            order: Vec::new(),
        };
        grown.note(text, brief);
        grown
    }

    fn name(&self) -> String {
        self.folder.brief_name().to_owned()
    }

    /// Tells whether the brief is open in the editor.
    pub fn is_open(&self) -> bool {
        self.editor.open_text(self.folder.brief()).is_some()
    }

    /// Returns the present text of the brief.
    pub async fn read(&self) -> Result<String, PutStop> {
        if let Some(text) = self.editor.open_text(self.folder.brief()) {
            return Ok(text);
        }
        let (disk, path) = (self.disk.clone(), self.folder.brief().to_owned());
        let bytes = blocking(move || disk.read_linked(&path)).await?;
        String::from_utf8(bytes.unwrap_or_default()).map_err(|_| PutStop::NotText(self.name()))
    }

    /// Inserts a beat behind another one, or before all. When this returns, the brief is synced to disk or
    /// shown by the editor.
    pub async fn put(&mut self, after: Option<&BeatId>, beat: &NewBeat) -> Result<Put, PutStop> {
        let deadline = Instant::now() + PATIENCE;
        let path = self.folder.brief().to_owned();
        // The beat as it was put there.
        let mut ours = None;
        loop {
            let text = self.read().await?;
            let brief = Brief::parse(&text);
            if brief.beats.iter().any(|known| known.id == beat.id) {
                // The editor may tell of it together with an edit of the author's in it.
                self.seen.extend(ours.map(|ours| (beat.id.clone(), ours)));
                self.note(&text, &brief);
                return Ok(Put { text, brief });
            }
            let at = self.place(&text, &brief, after)?;
            let grown = insert(&text, &brief, at, beat)?;
            if self.is_open() {
                let mut put = grown.brief.beats.iter();
                ours = put
                    .find(|it| it.id == beat.id)
                    .map(|it| source(&grown.text, it));
                let edit = ClientEdit {
                    path: path.clone(),
                    text: grown.text,
                    base: text,
                };
                match self.editor.replace(&edit).await {
                    Ok(()) => {}
                    // The author typed meanwhile: perhaps elsewhere.
                    Err(BufferStop::AuthorEdited | BufferStop::Unresponsive) => {
                        tokio::time::sleep(PAUSE).await;
                    }
                    Err(BufferStop::CannotEdit(_)) => {
                        return Err(PutStop::Unresponsive(self.name()));
                    }
                }
                if Instant::now() >= deadline && !self.shows(&beat.id).await? {
                    return Err(PutStop::Unresponsive(self.name()));
                }
                continue;
            }
            let Grown { text, brief, .. } = grown;
            let (disk, bytes) = (self.disk.clone(), text.clone().into_bytes());
            let file = path.clone();
            blocking(move || disk.write(&file, &bytes)).await?;
            self.note(&text, &brief);
            return Ok(Put { text, brief });
        }
    }

    /// Changes the brief to what `changed` makes of it, until that has nothing to change; returns whether it had.
    /// When this returns, the brief is synced to disk or shown by the editor.
    pub async fn change(
        &mut self,
        changed: impl Fn(&str, &Brief) -> Result<Option<String>, NoPlace>,
    ) -> Result<bool, PutStop> {
        let deadline = Instant::now() + PATIENCE;
        let path = self.folder.brief().to_owned();
        let mut has_changed = false;
        loop {
            let base = self.read().await?;
            let brief = Brief::parse(&base);
            let Some(text) = changed(&base, &brief)? else {
                return Ok(has_changed);
            };
            if !self.is_open() {
                let disk = self.disk.clone();
                blocking(move || disk.write(&path, text.as_bytes())).await?;
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Err(PutStop::Unresponsive(self.name()));
            }
            has_changed = true;
            let edit = ClientEdit {
                path: path.clone(),
                text,
                base,
            };
            match self.editor.replace(&edit).await {
                Ok(()) => {}
                // The author typed meanwhile: perhaps elsewhere.
                Err(BufferStop::AuthorEdited | BufferStop::Unresponsive) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(BufferStop::CannotEdit(_)) => {
                    return Err(PutStop::Unresponsive(self.name()));
                }
            }
        }
    }

    async fn shows(&self, id: &BeatId) -> Result<bool, PutStop> {
        let brief = Brief::parse(&self.read().await?);
        Ok(brief.beats.iter().any(|beat| beat.id == *id))
    }

    /// Returns the index of the beat to insert behind, if it is unchanged.
    fn place(
        &self,
        text: &str,
        brief: &Brief,
        after: Option<&BeatId>,
    ) -> Result<Option<usize>, PutStop> {
        let changed = || PutStop::Changed(self.name());
        let at = match after {
            None => None,
            Some(id) => {
                let at = brief.beats.iter().position(|beat| beat.id == *id);
                let at = at.ok_or_else(changed)?;
                if self.seen.get(id) != Some(&source(text, &brief.beats[at])) {
                    return Err(changed());
                }
                Some(at)
            }
        };
        let next = brief.beats.get(at.map_or(0, |at| at + 1));
        let known = match after {
            None => self.order.first(),
            Some(id) => {
                let known = self.order.iter().position(|known| known == id);
                known.and_then(|known| self.order.get(known + 1))
            }
        };
        match next.map(|beat| &beat.id) == known {
            true => Ok(at),
            false => Err(changed()),
        }
    }

    fn note(&mut self, text: &str, brief: &Brief) {
        for beat in &brief.beats {
            // What the author changed since stays noted as it was.
            let seen = self.seen.entry(beat.id.clone());
            seen.or_insert_with(|| source(text, beat));
        }
        self.order = brief.beats.iter().map(|beat| beat.id.clone()).collect();
    }
}

/// Returns the source of a beat with plain line ends.
fn source(text: &str, beat: &Beat) -> String {
    let source = text.get(beat.span.clone()).unwrap_or_default();
    let lines: Vec<&str> = source.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}
