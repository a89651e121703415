//! Estimates the calls of refining, auditing, reading or planning before anything is sent, for `--dry-run`.

use std::sync::Arc;

use serde::Serialize;

use super::audit;
use crate::jobs::plan;
use crate::jobs::plan::Planning;
use crate::jobs::plan::from_text::TextPlanning;
use crate::jobs::run::blocking::blocking;
use crate::jobs::run::editor::Editor;
use crate::jobs::run::error::JobError;
use crate::jobs::run::workshop::{Scope, Workshop};
use crate::jobs::write::foresee::NOTHING_SENT;
use crate::jobs::write::prepare::Prepared;
use crate::session::read_audits;
use crate::settings::Role;
use crate::settings::calls::Calls;
use crate::story::ChunkNumber;
use crate::story::ids::chunks;
use crate::writing::tokens;

/// The average number of tokens of a beat in the answer to a planning call.
const PLANNED_BEAT: u64 = 150;

/// What a job that writes no chunks is going to ask, as `--dry-run --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct ForeseenPass {
    pub story: String,
    /// "refine", "audit", "read" or "plan".
    pub work: &'static str,
    /// Chunks that a model is asked about; absent for a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Vec<ChunkNumber>>,
    /// Beats that are missing; absent for all but a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beats: Option<u32>,
    #[serde(flatten)]
    pub calls: Calls,
}

impl Prepared {
    /// Estimates the calls of a job that reads, refines or audits. Sends nothing, writes nothing.
    ///
    /// # Errors
    /// What would stop the job before it begins.
    pub async fn foresee_pass(
        &self,
        workshop: &Workshop,
        editor: Arc<dyn Editor>,
    ) -> Result<ForeseenPass, JobError> {
        if let Scope::Candidates { .. } = self.request.scope {
            return self.foresee_candidates(workshop, editor).await;
        }
        let (role, numbers) = match &self.request.scope {
            Scope::Read(which) => {
                let numbers = self.to_read(which, workshop, Arc::clone(&editor)).await?;
                (Role::State, numbers)
            }
            Scope::Audit(_) => {
                let view = self.look(workshop, Arc::clone(&editor)).await?;
                let numbers = self.to_go_over(&view)?;
                let all = self.chunk()?.is_none();
                let numbers = match all {
                    true => self.not_audited(numbers, workshop, &editor).await?,
                    false => numbers,
                };
                (Role::Audit, numbers)
            }
            _ => {
                let view = self.look(workshop, Arc::clone(&editor)).await?;
                let numbers = self.to_go_over(&view)?;
                self.refuse_locked(&view, &numbers)?;
                (Role::Refine, numbers)
            }
        };
        let view = self.look(workshop, editor).await?;
        let mut calls = Calls::none();
        for chunk in numbers.iter().filter_map(|number| view.chunk(*number)) {
            let prose = u64::from(tokens::estimate(&chunk.text));
            calls.add_pass(&self.settings, role, prose);
        }
        Ok(ForeseenPass {
            story: self.title().to_owned(),
            work: self.work().as_str(),
            chunks: Some(numbers),
            beats: None,
            calls: calls.known(),
        })
    }

    /// Returns the chunks about which the same question was not asked before.
    async fn not_audited(
        &self,
        numbers: Vec<ChunkNumber>,
        workshop: &Workshop,
        editor: &Arc<dyn Editor>,
    ) -> Result<Vec<ChunkNumber>, JobError> {
        let written = self.written(workshop, Arc::clone(editor)).await?;
        let (story, settings) = (self.story.clone(), self.settings.clone());
        let (disk, editor) = (workshop.disk().clone(), Arc::clone(editor));
        Ok(blocking(move || {
            let id = &written.view.id;
            let owners: &dyn Editor = editor.as_ref();
            let (audits, _) = read_audits(&story.folder, id, owners, &disk);
            let (tokenizers, model) = written.tokenizers(&story, &settings, &disk);
            let limit = tokenizers.limit(&model, settings.context_tokens);
            let is_open = |number: &ChunkNumber| {
                let beat = written.view.chunk(*number).map(|chunk| &chunk.beat);
                let before = beat.and_then(|beat| audits.chunks.get(beat));
                let question = audit::question(&written, &story, limit, *number);
                match (before, question) {
                    (Some(before), Ok(Some(now))) => {
                        now.digest(&before.model) != before.asked_sha256
                    }
                    _ => true,
                }
            };
            numbers.into_iter().filter(is_open).collect()
        })
        .await)
    }
}

impl Planning {
    /// Estimates the calls of the plan. Sends nothing, writes nothing.
    pub fn foresee(&self) -> ForeseenPass {
        let beats = self.missing();
        let brief = u64::from(tokens::estimate(self.text()));
        let mut calls = Calls::none();
        let mut left = beats;
        while left > 0 {
            let parts = left.min(plan::PER_CALL);
            let answer = u64::from(parts) * PLANNED_BEAT;
            let told = u64::from(beats - left) * PLANNED_BEAT;
            calls.add(self.settings(), Role::Plan, brief + told, answer);
            left -= parts;
        }
        ForeseenPass {
            story: self.title().to_owned(),
            work: "plan",
            chunks: None,
            beats: Some(beats),
            calls: calls.known(),
        }
    }
}

impl TextPlanning {
    /// Estimates the calls of a plan from the text. Sends nothing, writes nothing.
    pub fn foresee(&self) -> ForeseenPass {
        let mut calls = Calls::none();
        for number in self.chunks() {
            let prose = u64::from(tokens::estimate(self.text_of(*number)));
            calls.add_pass(self.settings(), Role::Plan, prose);
        }
        ForeseenPass {
            story: self.title().to_owned(),
            work: "plan",
            chunks: Some(self.chunks().to_vec()),
            beats: None,
            calls: calls.known(),
        }
    }
}

impl ForeseenPass {
    /// Returns the text of a dry run.
    pub fn message(&self) -> String {
        let what = match (self.beats, &self.chunks) {
            (Some(1), _) => "1 beat".to_owned(),
            (Some(beats), _) => format!("{beats} beats"),
            (None, Some(numbers)) => chunks(numbers),
            (None, None) => String::new(),
        };
        let line = match self.calls.count {
            0 => format!("there is nothing to {}", self.work),
            _ if self.work == "plan" && self.chunks.is_some() => format!(
                "would plan from the text of {what} ({})",
                self.calls.sentence()
            ),
            _ => format!("would {} {what} ({})", self.work, self.calls.sentence()),
        };
        format!("{line}\n{NOTHING_SENT}")
    }
}
