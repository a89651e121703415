//! The chunks of a job with the claim on them.

use crate::analysis::lineup::Lineup;
use crate::jobs::run::workshop::{Claim, Reach};

/// The chunks that a job writes, and its claim on them.
pub(crate) struct Queue {
    pub lineup: Lineup,
    pub claim: Claim,
    pub reach: Reach,
}
