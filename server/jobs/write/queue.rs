//! A job's work and its hold on it.

use crate::analysis::lineup::Lineup;
use crate::jobs::run::workshop::{Claim, Reach};

/// What a job does, and its hold on it.
pub(crate) struct Queue {
    pub lineup: Lineup,
    pub claim: Claim,
    pub reach: Reach,
}
