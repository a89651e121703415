//! Looks, before a call is paid for, at whether what a job writes could be kept.

use super::blocking;
use super::error::JobError;
use super::prepare::Prepared;
use super::settings::{Refine, Settings, Switch};
use super::workshop::OpenSession;
use crate::session::Writes;
use crate::story::ChunkNumber;

/// What a job with these settings keeps beside the texts of its chunks.
pub(super) fn writes(settings: &Settings) -> Writes<'static> {
    Writes {
        chunks: &[],
        states: settings.state == Switch::On,
        revisions: settings.refine == Refine::Propose,
        audits: settings.audit == Switch::On,
    }
}

impl Prepared {
    /// Stops before anything is sent whose answer could not be kept.
    pub(super) async fn check_writable(
        &self,
        open: &OpenSession,
        chunks: Vec<ChunkNumber>,
        writes: Writes<'static>,
    ) -> Result<(), JobError> {
        let session = open.session.clone();
        blocking(move || {
            let chunks = chunks.as_slice();
            session.check_writable(&Writes { chunks, ..writes })
        })
        .await?;
        Ok(())
    }
}
