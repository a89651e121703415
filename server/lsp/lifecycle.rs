//! Whether the client still wants us: shutdown, exit, end of input.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;

/// What the client has said about the end.
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

    /// `exit` came; whether input goes on does not matter any more.
    pub fn note_exit(&self) {
        self.over.send_replace(true);
    }

    /// The system ends the program: as if the client had left.
    pub fn note_signal(&self, signal: u8) {
        self.signal.store(signal, Ordering::SeqCst);
        self.note_exit();
    }

    fn note_end_of_input(&self) {
        self.over.send_replace(true);
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
            signal => ended_by(signal),
        }
    }
}

/// The exit code of a program that a signal ended.
pub fn ended_by(signal: u8) -> u8 {
    signal.saturating_add(128)
}

const INTERRUPT: u8 = 2;

/// Waits until the system or its user ends the program; the number of the signal.
#[cfg(unix)]
pub async fn next_signal() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    const HANGUP: u8 = 1;
    const TERMINATE: u8 = 15;
    let listen = |kind| signal(kind).ok();
    let [mut interrupt, mut terminate, mut hangup] = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .map(listen);
    let one = async |signal: &mut Option<tokio::signal::unix::Signal>| match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    };
    tokio::select! {
        _ = one(&mut interrupt) => INTERRUPT,
        _ = one(&mut terminate) => TERMINATE,
        _ = one(&mut hangup) => HANGUP,
    }
}

/// Waits until the user ends the program; the number of the signal.
#[cfg(not(unix))]
pub async fn next_signal() -> u8 {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    INTERRUPT
}

/// Standard input that notes its end, and that ends after `exit` though the client keeps it
/// open: otherwise the protocol library would wait for more.
pub struct Input<R> {
    inner: R,
    lifecycle: Arc<Lifecycle>,
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<R: AsyncRead + Unpin> Input<R> {
    pub fn new(inner: R, lifecycle: Arc<Lifecycle>) -> Input<R> {
        let waiting = Arc::clone(&lifecycle);
        Input {
            inner,
            lifecycle,
            over: Box::pin(async move { waiting.wait_over().await }),
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.over.as_mut().poll(context).is_ready() {
            // A future that has ended is not polled again: this one takes its place.
            self.over = Box::pin(std::future::ready(()));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        match &read {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {}
            Poll::Ready(_) => self.lifecycle.note_end_of_input(),
            Poll::Pending => {}
        }
        read
    }
}
