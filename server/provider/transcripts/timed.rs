//! How long the end of an answer is waited for, in made-up time.

use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::provider::deadlines;

const TEXT: &str = r#"data: {"choices":[{"delta":{"content":"The lamp"}}]}"#;
const MORE: &str = r#"data: {"choices":[{"delta":{"content":" burned."}}]}"#;
const STOP: &str = r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
const EARLY: &str =
    r#"data: {"choices":[{"delta":{"reasoning_content":"Hm."},"finish_reason":"stop"}]}"#;
const EVERY: &str = r#"data: {"choices":[{"delta":{"content":" It"},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"data: {"choices":[],"usage":{"completion_tokens":2}}"#;
const PING: &str = ": ping";
const DONE: &str = "data: [DONE]";

/// Returns what comes of lines that come each after so many seconds, the last one for ever, and after how
/// many seconds.
async fn read_timed<D: Decoder>(decoder: D, lines: Vec<(u64, &'static str)>) -> (Read, u64) {
    let started = Instant::now();
    let last = lines.last().copied().into_iter().cycle();
    let bytes = stream::iter(lines.into_iter().chain(last))
        .then(|(seconds, line)| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(Bytes::from(format!("{line}\n\n")))
        })
        .boxed();
    let answer = Answer::new(bytes, decoder, server());
    let mut events = deadlines::enforce(answer.events(), Deadlines::default(), started);
    let mut read = Read::default();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Text(text)) => read.text.push_str(&text),
            Ok(Event::Reasoning { characters }) => read.reasoning += characters,
            Ok(Event::Usage(usage)) => read.usage.update(usage),
            Ok(Event::Finished(reason)) => read.finish = Some(reason),
            Ok(_) => {}
            Err(error) => read.error = Some(error.kind),
        }
    }
    (read, started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn the_end_is_waited_for_with_patience_and_not_for_ever() {
    let table = [
        (
            "pings for ever",
            vec![(0, TEXT), (0, STOP), (1, PING)],
            "The lamp",
            5,
        ),
        (
            "usage, then pings",
            vec![(0, TEXT), (0, STOP), (4, USAGE), (1, PING)],
            "The lamp",
            9,
        ),
        (
            "a reasoning chunk with a reason, and a pause",
            vec![(0, EARLY), (6, TEXT), (0, MORE), (0, STOP), (0, DONE)],
            "The lamp burned.",
            6,
        ),
        (
            "a reason with every delta, and pauses",
            vec![(0, EVERY), (20, EVERY), (20, EVERY), (1, DONE)],
            " It It It",
            41,
        ),
        (
            "text after the reason, and a pause",
            vec![
                (0, TEXT),
                (0, STOP),
                (3, MORE),
                (20, MORE),
                (0, STOP),
                (0, DONE),
            ],
            "The lamp burned. burned.",
            23,
        ),
        ("a reason and no text", vec![(0, STOP), (1, PING)], "", 30),
    ];
    for (name, lines, text, after) in table {
        let (read, seconds) = read_timed(Chunks::new(ThinkFilter::new("")), lines).await;
        assert_eq!(read.error, None, "{name}");
        assert_eq!(read.finish, Some(FinishReason::Stop), "{name}");
        assert_eq!(read.text, text, "{name}");
        assert_eq!(seconds, after, "{name}");
    }
    let start = r#"data: {"type":"message_start","message":{"usage":{"input_tokens":9}}}"#;
    let text = r#"data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"A."}}"#;
    let stop = r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
    let ping = r#"data: {"type":"ping"}"#;
    let lines = vec![(0, start), (1, text), (0, stop), (1, ping)];
    let (read, seconds) = read_timed(Messages::new(None), lines).await;
    assert_eq!((read.error, read.text.as_str()), (None, "A."));
    assert_eq!(seconds, 6);
}

/// A reason that came before any text ended nothing, so a text that breaks off after it is not
/// whole.
#[tokio::test]
async fn a_reason_before_the_text_does_not_end_it() {
    for (lines, finish) in [
        (vec![EARLY, TEXT], None),
        (vec![EARLY, TEXT, STOP], Some(FinishReason::Stop)),
        (vec![TEXT, STOP, MORE], Some(FinishReason::Stop)),
    ] {
        let body = Bytes::from(lines.join("\n\n"));
        let read = read_as(ProviderKind::Openai, vec![body]).await;
        assert_eq!(read.finish, finish, "{lines:?}");
    }
}
