//! The results of a job.

use crate::events::outcomes::{SeamOutcome, Stop};
use crate::jobs::run::background_calls::{Purpose, Spent};
use crate::jobs::run::run_summary::ChunkOutcome;
use crate::provider::Usage;

/// The results of a job.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The outcomes of the chunks, in story order.
    pub outcomes: Vec<ChunkOutcome>,
    pub seams: Vec<SeamOutcome>,
    /// The usage of reading, refining and auditing.
    pub beside: Vec<(Purpose, Spent)>,
    pub stop: Option<Stop>,
}

impl Results {
    /// Returns the tokens of all calls.
    pub fn usage(&self) -> Usage {
        let outcomes = self.outcomes.iter().map(|outcome| outcome.usage);
        let seams = self.seams.iter().map(|seam| seam.usage);
        let beside = self.beside.iter().map(|(_, spent)| spent.usage);
        let all = outcomes.chain(seams).chain(beside);
        all.fold(Usage::default(), Usage::plus)
    }

    /// Returns the cost in the currency of the configured prices; `None` without prices.
    pub fn cost(&self) -> Option<f64> {
        let outcomes = self.outcomes.iter().filter_map(|outcome| outcome.cost);
        let seams = self.seams.iter().filter_map(|seam| seam.cost);
        let beside = self.beside.iter().filter_map(|(_, spent)| spent.cost);
        let costs: Vec<f64> = outcomes.chain(seams).chain(beside).collect();
        (!costs.is_empty()).then(|| costs.iter().sum())
    }
}
