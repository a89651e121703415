//! Reports the work-done progress of a job: begun when the client has given its leave, reported a few
//! times a second, and ended whatever happens.
//!
//! "There is no specific way to cancel or close a progress but by its End" (LSP 3.17,
//! `$/progress`): so the End is sent on drop.

use std::time::{Duration, Instant};

use tower_lsp::lsp_types::{
    NumberOrString, ProgressParams, ProgressParamsValue, ProgressToken, WorkDoneProgress,
    WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd,
    WorkDoneProgressReport,
};

use super::client::EditorClient;

/// Least time between two reports.
const REPORT_EVERY: Duration = Duration::from_millis(200);
/// How long a client may take to give its leave; without it, nothing is reported.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows a progress that has begun; dropped, it ends.
pub struct JobProgress {
    client: EditorClient,
    token: ProgressToken,
    reported: Option<Instant>,
    last_message: Option<String>,
}

impl JobProgress {
    /// Begins the progress of a job; `None` when the client does not want it.
    pub async fn begin(client: &EditorClient, job: &str, title: String) -> Option<JobProgress> {
        let token = NumberOrString::String(format!("storywright/{job}"));
        let params = WorkDoneProgressCreateParams {
            token: token.clone(),
        };
        client.create_progress(params, PATIENCE).await.ok()?;
        let progress = JobProgress {
            client: client.clone(),
            token,
            reported: None,
            last_message: None,
        };
        progress.send(WorkDoneProgress::Begin(WorkDoneProgressBegin {
            title,
            cancellable: Some(true),
            message: None,
            percentage: Some(0),
        }));
        Some(progress)
    }

    /// Reports how far the job is, unless it just did.
    pub fn report(&mut self, message: String, percentage: u32) {
        if self
            .reported
            .is_some_and(|last| last.elapsed() < REPORT_EVERY)
        {
            return;
        }
        self.reported = Some(Instant::now());
        self.send(WorkDoneProgress::Report(WorkDoneProgressReport {
            cancellable: Some(true),
            message: Some(message),
            percentage: Some(percentage.min(100)),
        }));
    }

    /// Reports at once what the job waits for. It is as far as it was.
    pub fn wait(&self, message: String) {
        self.send(WorkDoneProgress::Report(WorkDoneProgressReport {
            cancellable: Some(true),
            message: Some(message),
            percentage: None,
        }));
    }

    /// Sets what the End will say.
    pub fn conclude(&mut self, message: &str) {
        self.last_message = Some(message.to_owned());
    }

    fn send(&self, progress: WorkDoneProgress) {
        self.client.progress(ProgressParams {
            token: self.token.clone(),
            value: ProgressParamsValue::WorkDone(progress),
        });
    }
}

impl Drop for JobProgress {
    fn drop(&mut self) {
        let message = self.last_message.take();
        self.send(WorkDoneProgress::End(WorkDoneProgressEnd { message }));
    }
}
