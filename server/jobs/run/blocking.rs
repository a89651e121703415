//! Calls of the file system beside the tasks of the runtime.

/// Runs a call of the file system where it holds nobody up. Not undone when the future is
/// dropped: what was begun is finished.
pub(crate) async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(call).await {
        Ok(value) => value,
        // The runtime never cancels a blocking call that has begun, so this is its panic.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
