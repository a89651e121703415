//! Runs passes over complete chunks: rewriting their prose (refine) and searching for contradictions (audit).

pub(crate) mod audit;
pub(crate) mod during_job;
pub mod foresee_passes;
pub(crate) mod job;
pub(crate) mod pass;
pub(crate) mod refine;
