//! Reports a pass over a chunk that failed.

use crate::jobs::run::failure::Failure;
use crate::jobs::run::started_job::StartedJob;
use crate::story::ChunkNumber;

impl StartedJob {
    /// Reports a failed pass to the author and keeps it in the run's errors; `doing` is what was not done:
    /// "refined".
    pub(crate) async fn tell_failure(&self, number: ChunkNumber, doing: &str, failure: &Failure) {
        let code = match (doing, failure) {
            ("refined", Failure::Refused { .. }) => "refine-refused",
            ("refined", _) => "refine-failed",
            _ => "audit-failed",
        };
        let kept = match failure.answer() {
            Some(_) => ", and the answer is in the run's errors/",
            None => "",
        };
        let name = format!("chunk_{:02}_not_{doing}", number.0);
        let what = format!("Chunk {number} was not {doing}");
        self.keep_failure(number, name, &what, failure).await;
        let again = match failure {
            Failure::Refused { .. } if doing == "refined" => {
                format!(". `storywright refine --chunk {number}` tries again")
            }
            _ => String::new(),
        };
        let message = format!(
            "chunk {number} was not {doing}: {}. Its text stays as it is{kept}{again}",
            failure.to_string().trim_end_matches('.')
        );
        self.reporter.warn(Some(number), code, message);
    }
}
