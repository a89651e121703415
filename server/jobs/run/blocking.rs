//! Runs blocking calls of the file system off the async threads.

use tokio::task::JoinError;

/// Runs a blocking call on a thread for such calls. It runs to its end even when the future is dropped.
pub(crate) async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    ended(tokio::task::spawn_blocking(call).await).await
}

/// Returns the value of a call that ended, or resumes its panic. Never returns where the call was cancelled: only a runtime
/// that shuts down cancels a call, and it drops this future as well.
pub(crate) async fn ended<T>(result: Result<T, JoinError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) if error.is_cancelled() => std::future::pending().await,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_a_leaving_runtime_cancels_is_no_panic() {
        let call = tokio::spawn(std::future::pending::<()>());
        call.abort();
        let result = call.await;
        assert!(result.as_ref().is_err_and(JoinError::is_cancelled));
        let waited = tokio::time::timeout(Duration::from_secs(60), ended(result)).await;
        assert!(waited.is_err());
    }
}
