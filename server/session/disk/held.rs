//! Retries calls on files that another program has open for a moment: a virus scanner, an indexer, a preview,
//! a sync tool. Windows neither replaces nor removes nor opens those, and does so again a moment later.

use std::io;
use std::time::{Duration, Instant};

use super::call::Call;

/// How long a file is tried again that another program holds.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Makes a call, again for so long while another program holds the file.
///
/// # Errors
/// What the call fails with; [`io::ErrorKind::ResourceBusy`] where the file is still held in the end.
pub(super) fn patiently<T>(
    patience: Duration,
    call: Call,
    mut make: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match make() {
            Err(error) if !is_held(call, &error) => return Err(error),
            Err(error) if began.elapsed() >= patience => {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, error));
            }
            Err(_) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            done => return done,
        }
    }
}

/// Tells whether a call failed since another program holds the file.
fn is_held(call: Call, error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ResourceBusy || cfg!(windows) && is_violation(call, error)
}

/// Tells whether Windows means a file in use (System Error Codes: 32 is a sharing violation, 33 a lock
/// violation). To replace or remove one is told as denied, which read-only files are found out before.
fn is_violation(call: Call, error: &io::Error) -> bool {
    let is_taken_away = matches!(call, Call::Rename | Call::Remove);
    match error.raw_os_error() {
        Some(32 | 33) => true,
        Some(5) => is_taken_away,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_held_for_a_moment_is_tried_again() {
        let mut tries = 0;
        let done = patiently(PATIENCE, Call::Rename, || {
            tries += 1;
            match tries {
                1..=3 => Err(io::Error::from(io::ErrorKind::ResourceBusy)),
                _ => Ok(tries),
            }
        });
        assert_eq!(done.unwrap(), 4);
    }

    #[test]
    fn a_file_that_stays_held_is_told_to_be() {
        let held: io::Result<()> = patiently(Duration::ZERO, Call::Rename, || {
            Err(io::Error::from(io::ErrorKind::ResourceBusy))
        });
        assert_eq!(held.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    }

    #[test]
    fn any_other_failure_is_told_at_once() {
        let mut tries = 0;
        let failed: io::Result<()> = patiently(PATIENCE, Call::Rename, || {
            tries += 1;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(tries, 1);
    }

    #[test]
    fn what_windows_says_of_a_file_in_use() {
        for (call, code, expected) in [
            (Call::Rename, 5, true),
            (Call::Remove, 5, true),
            (Call::Create, 5, false),
            (Call::Read, 32, true),
            (Call::Rename, 33, true),
            (Call::Rename, 112, false),
        ] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(is_violation(call, &error), expected, "{call:?} {code}");
        }
    }
}
