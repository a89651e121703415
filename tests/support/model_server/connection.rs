//! Connections of the scripted server: one request, one answer.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};

use super::reply::{Answer, Break, Completion};
use super::wire::Wire;
use super::{Held, Protocol, Recorded, Reply, Sent, Shared, lock};

pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        if let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, shared.clone()));
        }
    }
}

/// One connection: one request, one answer, and the end of it.
async fn serve(mut connection: TcpStream, shared: Arc<Shared>) {
    let _ = connection.set_nodelay(true);
    let Some(request) = read_request(&mut connection).await else {
        return;
    };
    {
        let mut log = lock(&shared.log);
        log.requests.push(request.clone());
        shared.grown.notify_all();
    }
    let reply = decide(&request, &shared);
    let (mut reader, mut writer) = connection.into_split();
    let since = Mutex::new(None);
    let answering = async {
        let is_in_line = request.protocol.is_some() && shared.has_one_slot.load(Ordering::Relaxed);
        let _slot = match is_in_line {
            true => Some(shared.slot.lock().await),
            false => None,
        };
        *lock(&since) = is_in_line.then(Instant::now);
        let sent = send(&mut writer, &request, reply.0, &shared).await;
        // Before the next one has the slot.
        note_held(&since, &request, sent.is_ok(), &shared);
        sent
    };
    let mut rest = [0; 64];
    let gone = async { while reader.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
    let finished = tokio::select! {
        biased;
        sent = answering => sent.is_ok(),
        () = gone => false,
    };
    note_held(&since, &request, false, &shared);
    if !finished && !request.is_state() {
        lock(&shared.log).abandoned += 1;
        shared.grown.notify_all();
    }
}

fn note_held(since: &Mutex<Option<Instant>>, request: &Recorded, is_whole: bool, shared: &Shared) {
    let since = lock(since).take();
    if let Some(from) = since {
        lock(&shared.log).held.push(Held {
            request: request.clone(),
            from,
            to: Instant::now(),
            is_whole,
        });
    }
}

fn decide(request: &Recorded, shared: &Shared) -> Reply {
    if request.is_state() {
        return (lock(&shared.states))(request);
    }
    if request.protocol.is_some() {
        return (lock(&shared.script))(request);
    }
    if let Some(lists) = lock(&shared.lists).as_mut() {
        return lists(request);
    }
    let path = request.path.split('?').next().unwrap_or_default();
    if path.ends_with("/models") {
        let models = ["scripted-model", "other-model"];
        let data: Vec<Value> = models.iter().map(|id| json!({"id": id})).collect();
        Reply::error(200, json!({"object": "list", "data": data}))
    } else if path.ends_with("/api/tags") {
        let models = json!([
            {"name": "old:latest", "modified_at": "2026-01-02T03:04:05.123456789-07:00"},
            {"name": "scripted-model:latest", "modified_at": "2026-10-02T03:04:05Z"},
        ]);
        Reply::error(200, json!({"models": models}))
    } else {
        Reply::error(404, json!({"error": {"message": "no such path"}}))
    }
}

async fn read_request(connection: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 8192];
        let read = connection.read(&mut buffer).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..read]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head_length)) = head.parse(&bytes) else {
            continue;
        };
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_lowercase(), value)
            })
            .collect();
        let body_length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.parse::<usize>().ok())
            .unwrap_or(0);
        if bytes.len() < head_length + body_length {
            continue;
        }
        let path = head.path.unwrap_or("/").to_owned();
        return Some(Recorded {
            method: head.method.unwrap_or_default().to_owned(),
            protocol: protocol_of(&path),
            path,
            headers,
            body: serde_json::from_slice(&bytes[head_length..]).unwrap_or(Value::Null),
            at: Instant::now(),
        });
    }
}

fn protocol_of(path: &str) -> Option<Protocol> {
    let path = path.split('?').next().unwrap_or_default();
    match path {
        _ if path.ends_with("/chat/completions") => Some(Protocol::Openai),
        _ if path.ends_with("/messages") => Some(Protocol::Anthropic),
        _ if path.ends_with("/api/chat") => Some(Protocol::Ollama),
        _ => None,
    }
}

async fn send(
    writer: &mut OwnedWriteHalf,
    request: &Recorded,
    answer: Answer,
    shared: &Shared,
) -> std::io::Result<()> {
    match answer {
        Answer::Never => std::future::pending().await,
        Answer::Hangup => Ok(()),
        Answer::Whole {
            status,
            headers,
            body,
        } => {
            let mut head = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n");
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            writer.write_all(head.as_bytes()).await?;
            writer.write_all(&body).await
        }
        Answer::Pieces {
            content_type,
            pieces,
            keep_alive,
        } => {
            stream_head(writer, content_type).await?;
            for piece in pieces {
                chunk(writer, &piece).await?;
                // Else the pieces may travel together.
                tokio::task::yield_now().await;
            }
            while let Some(piece) = &keep_alive {
                tokio::time::sleep(Duration::from_millis(50)).await;
                chunk(writer, piece).await?;
            }
            writer.write_all(b"0\r\n\r\n").await
        }
        Answer::Completion(completion) => {
            let protocol = request.protocol.unwrap_or(Protocol::Openai);
            let model = completion.model.clone();
            let model = model.as_deref().unwrap_or(request.model());
            let wire = Wire {
                protocol,
                request,
                model,
            };
            send_completion(writer, &wire, completion, shared).await
        }
    }
}

async fn stream_head(writer: &mut OwnedWriteHalf, content_type: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    writer.write_all(head.as_bytes()).await
}

async fn chunk(writer: &mut OwnedWriteHalf, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    writer.write_all(&framed).await
}

async fn send_completion(
    writer: &mut OwnedWriteHalf,
    wire: &Wire<'_>,
    completion: Completion,
    shared: &Shared,
) -> std::io::Result<()> {
    stream_head(writer, wire.content_type()).await?;
    let prompt_words = wire.request.prompt().split_whitespace().count() as u64;
    let written = completion.fragments.len() as u64;
    let usage = completion
        .usage
        .unwrap_or((prompt_words * 4 / 3 + 8, 0, written));
    chunk(writer, wire.start(usage).as_bytes()).await?;
    for fragment in &completion.reasoning {
        chunk(writer, wire.reasoning(fragment).as_bytes()).await?;
    }
    let start = Instant::now();
    for sent in 0..=completion.fragments.len() {
        if let Some((at, gate)) = &completion.stall
            && *at == sent
        {
            gate.pass().await;
        }
        if let Some((at, how)) = completion.broken
            && at == sent
        {
            return break_off(writer, wire, how).await;
        }
        if let Some(fragment) = completion.fragments.get(sent) {
            if !completion.every.is_zero() {
                tokio::time::sleep(completion.every).await;
            }
            if let Some(pace) = completion.pace {
                let due = Duration::from_secs_f64((sent + 1) as f64 / pace);
                tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
            }
            chunk(writer, wire.text(fragment).as_bytes()).await?;
            if !wire.request.is_state() {
                lock(&shared.log).sent.push(Sent {
                    text: fragment.clone(),
                    at: Instant::now(),
                });
            }
            shared.grown.notify_all();
        }
    }
    let end = wire.end(&completion.finish, usage, completion.end_mark);
    chunk(writer, end.as_bytes()).await?;
    writer.write_all(b"0\r\n\r\n").await
}

async fn break_off(
    writer: &mut OwnedWriteHalf,
    wire: &Wire<'_>,
    how: Break,
) -> std::io::Result<()> {
    match how {
        Break::Close => writer.write_all(b"0\r\n\r\n").await,
        Break::Reset => writer.as_ref().set_zero_linger(),
        Break::HalfEvent => {
            let event = wire.text("unfinished");
            chunk(writer, &event.as_bytes()[..event.len() / 2]).await
        }
        Break::Overloaded => {
            chunk(writer, wire.overloaded().as_bytes()).await?;
            writer.write_all(b"0\r\n\r\n").await
        }
        Break::Silence => std::future::pending().await,
        Break::Garbage => {
            chunk(writer, wire.event("x", "{\"half\": ").as_bytes()).await?;
            writer.write_all(b"0\r\n\r\n").await
        }
    }
}
