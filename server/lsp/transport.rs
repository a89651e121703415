//! Carries messages between the client's streams and the protocol's service, in place of the protocol library's own
//! loop, which ends at the first message that it can't decode.
//!
//! Nothing that the client sends ends it. Whole frames go out, from one place: answers of the service, refusals of what is
//! no message, and what the server asks and tells.

use std::sync::Arc;

use futures::channel::mpsc;
use futures::future::{self, BoxFuture, Either};
use futures::stream::{self, Stream, StreamExt};
use futures::{FutureExt, Sink, SinkExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tower_lsp::ClientSocket;
use tower_lsp::jsonrpc::{ErrorCode, Id, Request, Response};
use tower_service::Service;

use super::framing::{Frame, Framing};
use super::lifecycle::Lifecycle;
use super::message::{self, Message};

/// Messages that are handled at the same time: so many that none that waits holds up a cancel.
const CONCURRENCY: usize = 1024;
/// Messages that wait to be handled.
const QUEUE: usize = 100;
/// Messages that are written at once, if so many are ready.
const TOGETHER: usize = 64;
/// Bytes that are read at once.
const READ: usize = 64 << 10;

/// Serves until the client has left, which is noted where its input ends, or nobody reads the output. All of it
/// is one task: the service is looked at again whenever anything has happened, as while `initialize` is
/// answered.
pub async fn serve<R, W, S>(
    (input, output): (R, W),
    socket: ClientSocket,
    service: S,
    lifecycle: Arc<Lifecycle>,
) where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
{
    let (requests, answers) = socket.split();
    let (requests, requests_end) = stream::abortable(requests);
    let (outgoing, responses) = mpsc::channel(0);
    let (tasks, waiting) = mpsc::channel(QUEUE);

    let reading = Reading {
        service,
        tasks,
        outgoing: outgoing.clone(),
        answers,
        lifecycle,
    };
    let reading = reading.run(input).map(|()| requests_end.abort());
    let handling = waiting
        .buffer_unordered(CONCURRENCY)
        .filter_map(future::ready)
        .map(Ok)
        .forward(outgoing);
    let messages = stream::select(
        responses.map(|response| serde_json::to_vec(&response)),
        requests.map(|request| serde_json::to_vec(&request)),
    );
    let writing = write(output, messages.filter_map(|body| future::ready(body.ok())));

    let served = future::join(reading, handling);
    match future::select(std::pin::pin!(writing), std::pin::pin!(served)).await {
        Either::Left((Err(error), _)) => tracing::warn!("the client does not read: {error}"),
        Either::Left((Ok(()), _)) => {}
        Either::Right((_, writing)) => {
            let _ = writing.await;
        }
    }
}

/// Handles the messages that come.
struct Reading<S, A> {
    service: S,
    tasks: mpsc::Sender<BoxFuture<'static, Option<Response>>>,
    outgoing: mpsc::Sender<Response>,
    answers: A,
    lifecycle: Arc<Lifecycle>,
}

impl<S, A> Reading<S, A>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    A: Sink<Response> + Unpin,
{
    async fn run(mut self, mut input: impl AsyncRead + Unpin) {
        let mut framing = Framing::default();
        let mut bytes = vec![0; READ];
        loop {
            let read = tokio::select! {
                biased;
                // A client may keep the input open after `exit`.
                () = self.lifecycle.wait_over() => return,
                read = input.read(&mut bytes) => read,
            };
            // An input that can't be read any more has ended.
            let Ok(length @ 1..) = read else {
                return self.lifecycle.note_exit();
            };
            framing.push(&bytes[..length]);
            while let Some(frame) = framing.next_frame() {
                let message = match frame {
                    Frame::Body(body) => message::read(&body),
                    Frame::Refused(why) => {
                        message::refuse(ErrorCode::InvalidRequest, Id::Null, why.to_string())
                    }
                };
                if self.take(message).await.is_none() {
                    return;
                }
            }
        }
    }

    /// Hands a message on; `None` when nobody takes any more.
    async fn take(&mut self, message: Message) -> Option<()> {
        match message {
            Message::Request(request) => {
                future::poll_fn(|context| self.service.poll_ready(context))
                    .await
                    .ok()?;
                let answer = self.service.call(request);
                let answer = answer.map(|answer| answer.ok().flatten());
                self.tasks.send(answer.boxed()).await.ok()
            }
            Message::Response(response) => self.answers.send(response).await.ok(),
            Message::Refused(response) => {
                let why = response.error().map(|error| error.message.clone());
                tracing::warn!("refused what the client sent: {}", why.unwrap_or_default());
                self.outgoing.send(response).await.ok()
            }
            Message::Ignored => Some(()),
        }
    }
}

/// Writes bodies as frames, as many at once as are ready.
async fn write(
    mut output: impl AsyncWrite + Unpin,
    bodies: impl Stream<Item = Vec<u8>>,
) -> std::io::Result<()> {
    let mut ready = std::pin::pin!(bodies.ready_chunks(TOGETHER));
    while let Some(bodies) = ready.next().await {
        let mut frames = Vec::new();
        for body in bodies {
            frames.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            frames.extend_from_slice(&body);
        }
        output.write_all(&frames).await?;
        output.flush().await?;
    }
    Ok(())
}
