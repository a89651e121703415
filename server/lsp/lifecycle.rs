//! Knows whether the client has left: shutdown, exit, end of input.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::sync::watch;

use crate::signals;

/// Knows what the client has said about the end.
pub struct Lifecycle {
    shutdown: AtomicBool,
    /// The number of the signal that ended the server; 0 for none.
    signal: AtomicU8,
    over: watch::Sender<bool>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Lifecycle {
            shutdown: AtomicBool::new(false),
            signal: AtomicU8::new(0),
            over: watch::channel(false).0,
        }
    }
}

impl Lifecycle {
    pub fn note_shutdown(&self) {
        self.shutdown.store(true, Ordering::SeqCst);
    }

    /// Notes that the client has left: `exit` came, whether input goes on or not, or the input has ended.
    pub fn note_exit(&self) {
        self.over.send_replace(true);
    }

    /// Notes that the system ends the program: as if the client had left.
    pub fn note_signal(&self, signal: u8) {
        self.signal.store(signal, Ordering::SeqCst);
        self.note_exit();
    }

    #[cfg(test)]
    pub fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Returns when the client has left.
    pub async fn wait_over(&self) {
        let mut over = self.over.subscribe();
        // The sender lives as long as self, so this ends with the value.
        let _ = over.wait_for(|over| *over).await;
    }

    /// 0 after a shutdown, 1 without, as the protocol has it; after a signal what shells have for it.
    pub fn exit_code(&self) -> u8 {
        match self.signal.load(Ordering::SeqCst) {
            0 => u8::from(!self.shutdown.load(Ordering::SeqCst)),
            signal => signals::ended_by(signal),
        }
    }
}
