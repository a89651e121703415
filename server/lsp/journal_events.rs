//! Queues what the client said of chunk files, in the order in which it said it, until it is dealt with.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use ropey::Rope;
use tokio::sync::{mpsc, oneshot};

/// How long a command waits for what was said before it. Only a disk that hangs takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says what happened to a chunk file in the editor.
pub enum JournalEvent {
    Opened(PathBuf, Rope),
    Changed(PathBuf, Rope),
    Saved(PathBuf),
    /// With the text that it showed last.
    Closed(PathBuf, Rope),
    /// Everything before is dealt with.
    Reached(oneshot::Sender<()>),
}

/// Takes events out in their order.
pub type JournalInbox = mpsc::UnboundedReceiver<JournalEvent>;

/// Holds what nobody has dealt with yet.
#[derive(Default)]
pub struct JournalEvents {
    outbox: OnceLock<mpsc::UnboundedSender<JournalEvent>>,
}

impl JournalEvents {
    /// Adds an event. With the first one, `begin` gets the end at which all come out.
    pub fn add(&self, event: JournalEvent, begin: impl FnOnce(JournalInbox)) {
        let outbox = self.outbox.get_or_init(|| {
            let (outbox, inbox) = mpsc::unbounded_channel();
            begin(inbox);
            outbox
        });
        // The inbox only closes when the process ends.
        let _ = outbox.send(event);
    }

    /// Waits until all that the client said before is dealt with. Bounded in time.
    pub async fn settled(&self) {
        let (reached, waiting) = oneshot::channel();
        let sent = self
            .outbox
            .get()
            .map(|outbox| outbox.send(JournalEvent::Reached(reached)));
        if let Some(Ok(())) = sent {
            let _ = tokio::time::timeout(PATIENCE, waiting).await;
        }
    }
}
