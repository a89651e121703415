//! Signals by which the system or its user ends the program; both fronts end by them in their own way.

/// Ctrl-C.
const INTERRUPT: u8 = 2;

/// The exit code of a program that a signal ended.
pub fn ended_by(signal: u8) -> u8 {
    signal.saturating_add(128)
}

/// Waits until the system or its user ends the program; the number of the signal.
#[cfg(unix)]
pub async fn next() -> u8 {
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
pub async fn next() -> u8 {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    INTERRUPT
}
