//! Runs blocking calls of the file system off the async threads.

/// Runs a blocking call on a thread for such calls. It runs to its end even when the future is dropped.
pub(crate) async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(call).await {
        Ok(value) => value,
        // The runtime never cancels a blocking call that has begun, so this is its panic.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
