//! Defines the exit codes of the process.

/// Says how the process ends, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something is missing or failed.
    Failed,
    /// The command line or the settings are at fault.
    Usage,
    Cancelled,
}

impl Exit {
    /// Returns the code that the shell gets.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Cancelled => 130,
        }
    }
}
