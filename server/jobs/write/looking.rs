//! Finds out what a job has to do before it begins. Changes nothing, so that a job that is cancelled
//! meanwhile ends at once, however large the story is.

use std::sync::Arc;

use crate::analysis::error::StoryError;
use crate::analysis::status::StoryStatus;
use crate::jobs::passes::during_job::Left;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::prepared::Prepared;
use crate::jobs::run::workshop::{Scope, Workshop};
use crate::provider::ProviderKind;
use crate::session::{SessionView, read_audits, read_session};
use crate::settings::{ProviderChoice, Refine, Switch};
use crate::story::ChunkNumber;
use crate::writing::schedule::Order;

/// The work that a job has.
pub(crate) enum Found {
    Work(Left),
    Nothing(Box<StoryStatus>),
}

impl Prepared {
    /// Fails where the job may not do what was asked or could not end; else returns its work.
    pub(crate) async fn find_work(
        &self,
        workshop: &Workshop,
        editor: &Arc<dyn Editor>,
    ) -> Result<Found, JobError> {
        let left = self.left(workshop, Arc::clone(editor)).await?;
        if left.is_empty()
            && let Some(status) = self.complete(workshop, Arc::clone(editor)).await?
        {
            return Ok(Found::Nothing(Box::new(status)));
        }
        self.check_conflicts(workshop, Arc::clone(editor)).await?;
        self.check_lineup(workshop, Arc::clone(editor)).await?;
        // What every chunk needs of the brief takes as long as that is large.
        let story = Arc::clone(&self.story);
        blocking(move || {
            story.ground();
            story.yardstick();
        })
        .await;
        Ok(Found::Work(left))
    }

    /// Returns the end of a job with nothing left to write, which asks no model.
    async fn complete(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Option<StoryStatus>, JobError> {
        if !matches!(
            self.request.scope,
            Scope::Remaining | Scope::Chunks(_) | Scope::UpTo(_) | Scope::Chapter(_)
        ) {
            return Ok(None);
        }
        let (workshop, request) = (workshop.clone(), self.request.clone());
        let status = blocking(move || {
            let look = workshop.look(&request.source(), editor.as_ref());
            look.status(request.session.as_ref())
        })
        .await?;
        let is_complete = match self.named()? {
            Some(numbers) => status
                .to_write()
                .all(|chunk| !numbers.contains(&chunk.number)),
            None => status.to_write().next().is_none() && !self.has_seams(&status),
        };
        Ok(is_complete.then(|| StoryStatus::clone(&status)))
    }

    /// Finds the complete chunks that the settings want refined or audited and that were not yet. A job that writes
    /// what remains ends when these are done too.
    async fn left(&self, workshop: &Workshop, editor: Arc<dyn Editor>) -> Result<Left, JobError> {
        let settings = &self.settings;
        let is_off = settings.refine == Refine::Off && settings.audit == Switch::Off;
        if is_off || !matches!(self.request.scope, Scope::Remaining) {
            return Ok(Left::default());
        }
        let Some(view) = self.view(workshop, Arc::clone(&editor)).await? else {
            return Ok(Left::default());
        };
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let disk = workshop.disk().clone();
        let left = move || {
            let owners: &dyn Editor = editor.as_ref();
            let (audits, _) = read_audits(&story.folder, &view.id, owners, &disk);
            Left::of(&view, &audits, &settings)
        };
        Ok(blocking(left).await)
    }

    /// Reads the session. Takes no lock.
    pub(crate) async fn look(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<SessionView, JobError> {
        let view = self.view(workshop, editor).await?;
        Ok(view.ok_or(StoryError::NothingWritten(self.work().as_str()))?)
    }

    /// Reads the session; returns `None` where nothing is written yet.
    async fn view(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<Option<SessionView>, JobError> {
        let (story, plan) = (self.story.clone(), self.plan.clone());
        let (wanted, disk) = (self.request.session.clone(), workshop.disk().clone());
        blocking(move || {
            let session = match wanted {
                Some(id) => Some(id),
                None => story.folder.current_session(&disk)?,
            };
            let Some(id) = session else {
                return Ok(None);
            };
            let language = &story.brief.language;
            let owners: &dyn Editor = editor.as_ref();
            let view = read_session(&story.folder, &id, &plan, language, owners, &disk)?;
            Ok(Some(view))
        })
        .await
    }

    /// Tells whether there are seams to close, and a model that can.
    fn has_seams(&self, status: &StoryStatus) -> bool {
        let demo = ProviderChoice::Fixed(ProviderKind::Demo);
        status.open_seams > 0 && self.settings.provider != demo
    }

    /// Refuses to write a chunk of which only a sync tool's copies are left: its text was paid for.
    async fn check_conflicts(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<(), JobError> {
        let Some(view) = self.view(workshop, editor).await? else {
            return Ok(());
        };
        let named = self.named()?;
        let is_written =
            |number: &ChunkNumber| named.as_ref().is_none_or(|named| named.contains(number));
        let mut chunks = view.chunks.into_iter();
        match chunks.find(|chunk| !chunk.in_conflict.is_empty() && is_written(&chunk.number)) {
            Some(chunk) => Err(JobError::InConflict {
                number: chunk.number,
                chunk: chunk.path,
                copies: chunk.in_conflict,
            }),
            None => Ok(()),
        }
    }

    /// Fails where the job may not do what was asked or could not end, before anything is opened, sent or written.
    async fn check_lineup(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<(), JobError> {
        let is_serial = self.settings.order == Order::Serial;
        if is_serial && self.named()?.is_none() {
            return Ok(());
        }
        let written = self.written(workshop, editor).await?;
        let lineup = self.lineup(&written)?;
        match is_serial {
            true => Ok(()),
            false => self.schedule(&lineup, &written.view).map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use async_trait::async_trait;
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::events::job::{JobEvent, Observer, Outcome};
    use crate::jobs::run::begin::{Context, NotBegun};
    use crate::jobs::run::editor::{BufferStop, BufferStream, StreamTarget};
    use crate::jobs::run::workshop::{JobRequest, Naming};
    use crate::session::{ClientEdit, Disk, NoEditor, Owner, Owners};
    use crate::settings::environment::Environment;

    const BRIEF: &str = "---\ntitle: Lamp\ntarget_words: 300\n---\n# Premise\nA keeper.\n# Outline\n## The Stair\n\
                         Mara goes down.\n## The Storm\nIt comes.\n## The Morning\nIt is gone.\n";
    /// The longest wait of these tests.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// An editor that, once it is `stuck`, answers no request for the brief until it is released: a brief
    /// that takes any time to be read.
    struct Slow {
        brief: PathBuf,
        stuck: AtomicBool,
        cancel: CancellationToken,
        gate: Mutex<Receiver<()>>,
    }

    impl Owners for Slow {
        fn owner(&self, _path: &Path) -> Owner {
            Owner::Server
        }

        fn open_text(&self, path: &Path) -> Option<String> {
            if path == self.brief && self.stuck.load(Ordering::SeqCst) {
                self.cancel.cancel();
                let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
                // Also when the sender is gone.
                let _ = gate.recv();
            }
            None
        }
    }

    #[async_trait]
    impl Editor for Slow {
        fn stream(&self, chunk: &StreamTarget<'_>) -> Box<dyn BufferStream> {
            NoEditor.stream(chunk)
        }

        async fn replace(&self, edit: &ClientEdit) -> Result<(), BufferStop> {
            NoEditor.replace(edit).await
        }
    }

    /// An observer that makes the editor stuck when a chunk is saved, if `after_a_chunk` is set.
    struct Watcher {
        editor: Arc<Slow>,
        after_a_chunk: bool,
        saved: Mutex<u32>,
    }

    impl Observer for Watcher {
        fn event(&self, event: &JobEvent) {
            if let JobEvent::ChunkSaved { .. } = event {
                *self.saved.lock().unwrap() += 1;
                let stuck = &self.editor.stuck;
                stuck.fetch_or(self.after_a_chunk, Ordering::SeqCst);
            }
        }
    }

    /// Cancels a job while the brief is read; returns how it ends, and how many chunks it saved.
    fn cancelled(after_a_chunk: bool) -> (Outcome, u32) {
        let folder = tempfile::tempdir().unwrap();
        let brief = folder.path().join("story.md");
        std::fs::write(&brief, BRIEF).unwrap();
        let brief = std::fs::canonicalize(brief).unwrap();
        let (let_go, gate): (Sender<()>, _) = channel();
        let cancel = CancellationToken::new();
        let editor = Arc::new(Slow {
            brief: brief.clone(),
            stuck: AtomicBool::new(false),
            cancel: cancel.clone(),
            gate: Mutex::new(gate),
        });
        let flags = json!({"provider": "demo"});
        let request = JobRequest {
            job: "write".to_owned(),
            brief,
            workspace: None,
            session: None,
            naming: Naming::ByAuthor,
            scope: Scope::Remaining,
            editor_settings: None,
            flags: flags.as_object().cloned().unwrap(),
        };
        let workshop = Workshop::new(Environment::of(&[], None), Disk::real(), "test");
        let prepared = Prepared::new(&workshop, request, editor.as_ref()).unwrap();
        editor.stuck.store(!after_a_chunk, Ordering::SeqCst);
        let watcher = Arc::new(Watcher {
            editor: Arc::clone(&editor),
            after_a_chunk,
            saved: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let observer: Arc<dyn Observer> = Arc::clone(&watcher) as _;
        let finished = runtime.block_on(async {
            let context = Context::new(&workshop, editor, observer, &cancel);
            let job = prepared.carry_out(&context);
            tokio::time::timeout(PATIENCE, job)
                .await
                .map(NotBegun::as_end)
        });
        // The runtime waits for whoever is still looking.
        drop(let_go);
        let finished = finished.expect("the job waits for nobody").unwrap();
        let saved = *watcher.saved.lock().unwrap();
        (finished.outcome, saved)
    }

    #[test]
    fn a_cancel_waits_for_nobody_who_looks_at_a_large_brief() {
        assert_eq!(cancelled(false), (Outcome::Cancelled, 0), "at the start");
        assert_eq!(cancelled(true), (Outcome::Cancelled, 1), "between chunks");
    }
}
