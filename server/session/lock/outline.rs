//! Locks the outline of a brief, so that one job plans it at a time and no job writes from it meanwhile.
//!
//! A planner takes the brief's lock and then looks at those of its sessions; a writer takes its
//! session's lock and then looks at the brief's. Whoever comes second sees the other.

use std::path::PathBuf;

use crate::session::disk::{Disk, LockedFile};
use crate::session::error::StoreError;
use crate::session::holder::Holder;
use crate::session::layout::StoryFolder;
use crate::session::lock;
use crate::session::work;

/// Held while an outline is planned; goes with the process.
#[derive(Debug)]
pub struct OutlineLock {
    _file: LockedFile,
}

impl StoryFolder {
    fn outline_lock(&self) -> PathBuf {
        self.work().join(format!("{}.lock", self.brief_name()))
    }

    /// Takes the lock of the outline. Blocks for a moment where somebody holds it.
    ///
    /// # Errors
    /// [`StoreError::BeingPlanned`] where somebody else plans it, [`StoreError::Locked`] where
    /// another process writes a session of the brief.
    pub fn lock_outline(&self, holder: &str, disk: &Disk) -> Result<OutlineLock, StoreError> {
        let disk = &disk.within(self.root());
        disk.ensure_inside(&self.generated(), self.root())?;
        work::make_work_folder(&self.work(), disk)?;
        let path = self.outline_lock();
        let mut file = match lock::acquire(&path, disk)? {
            Ok(file) => file,
            Err(holder) => return Err(self.being_planned(holder)),
        };
        lock::name_holder(&mut file, &path, holder, disk)?;
        for id in self.sessions(disk)? {
            let paths = self.paths(&id);
            // Jobs of this process are known without locks.
            if let Some(holder) = lock::holder(&paths.lock(), disk)?
                && holder.pid != std::process::id()
            {
                let path = paths.root;
                return Err(StoreError::Locked { path, holder });
            }
        }
        Ok(OutlineLock { _file: file })
    }

    /// Stops at an outline that is being planned.
    ///
    /// # Errors
    /// [`StoreError::BeingPlanned`]
    pub fn check_not_planned(&self, disk: &Disk) -> Result<(), StoreError> {
        match lock::holder(&self.outline_lock(), disk)? {
            Some(holder) => Err(self.being_planned(holder)),
            None => Ok(()),
        }
    }

    fn being_planned(&self, holder: Holder) -> StoreError {
        StoreError::BeingPlanned {
            path: self.brief().to_owned(),
            holder,
        }
    }
}
