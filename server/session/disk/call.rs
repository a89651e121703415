//! Names the kinds of file-system calls, and makes one fail in a test.

use std::io;
use std::path::Path;

/// A kind of file-system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    Read,
    List,
    Metadata,
    Resolve,
    MakeFolder,
    Create,
    Write,
    Permissions,
    Sync,
    Rename,
    SyncFolder,
    Remove,
    Lock,
    /// Asks whether a folder may be written to.
    Access,
}

impl Call {
    /// Tells whether the call can change the disk.
    pub fn writes(self) -> bool {
        !matches!(
            self,
            Call::Read | Call::List | Call::Metadata | Call::Resolve | Call::Access
        )
    }
}

/// The verdict over a call.
#[derive(Debug)]
pub enum Verdict {
    Go,
    /// The call fails and changes nothing.
    Fail(io::Error),
    /// The write stores so many bytes, then fails.
    Short(usize, io::Error),
}

/// Decides over every call before it is made; for tests.
pub trait Faults: Send + Sync {
    fn before(&self, call: Call, path: &Path) -> Verdict;
}
