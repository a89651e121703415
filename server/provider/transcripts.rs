//! Tests: recorded and documented answers, read in every possible cut.

mod odd;
mod timed;

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::answer::{Answer, Decoder};
use super::anthropic::Messages;
use super::ollama::Lines;
use super::openai::Chunks;
use super::server::Server;
use super::thinking::ThinkFilter;
use super::*;

/// What an answer comes to.
#[derive(Debug, Default, PartialEq)]
struct Read {
    model: Option<String>,
    text: String,
    reasoning: usize,
    usage: Usage,
    notices: usize,
    finish: Option<FinishReason>,
    error: Option<ProviderErrorKind>,
}

type Pieces = Vec<Bytes>;

fn server() -> Server {
    Server {
        kind: ProviderKind::Openai,
        host: "127.0.0.1:1".into(),
        vendor: false,
        has_key: false,
    }
}

async fn read<D: Decoder>(decoder: D, pieces: Pieces) -> Read {
    let bytes = stream::iter(pieces).map(Ok).boxed();
    let mut events = Answer::new(bytes, decoder, server()).events();
    let mut read = Read::default();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Started { model }) => read.model = model,
            Ok(Event::Text(text)) => read.text.push_str(&text),
            Ok(Event::Reasoning { characters }) => read.reasoning += characters,
            Ok(Event::Usage(usage)) => read.usage.update(usage),
            Ok(Event::Notice(_)) => read.notices += 1,
            Ok(Event::Thought { .. }) => {}
            Ok(Event::Finished(reason)) => read.finish = Some(reason),
            Err(error) => read.error = Some(error.kind),
        }
    }
    read
}

async fn read_as(kind: ProviderKind, pieces: Pieces) -> Read {
    match kind {
        ProviderKind::Anthropic => read(Messages::new(Some(ThinkFilter::new(""))), pieces).await,
        ProviderKind::Openai => read(Chunks::new(ThinkFilter::new("")), pieces).await,
        _ => read(Lines::new(&request("")), pieces).await,
    }
}

fn request(user: &str) -> Request {
    Request {
        model: String::new(),
        system: String::new(),
        user: vec![user.to_owned()],
        max_output_tokens: 1_000,
        prompt_tokens: 3_000,
        context_tokens: 3_000,
        temperature: None,
        seed: None,
        thinking: Default::default(),
        format: None,
        extension: Default::default(),
    }
}

fn tokens(input: u64, cached: Option<u64>, output: u64) -> Usage {
    Usage {
        input_tokens: Some(input),
        cached_tokens: cached,
        output_tokens: Some(output),
    }
}

macro_rules! transcript {
    ($path:literal) => {
        include_str!(concat!("../../fixtures/transcripts/", $path))
    };
}

fn table() -> Vec<(ProviderKind, &'static str, Read)> {
    use ProviderKind::{Anthropic, Ollama, Openai};
    let gemma = Some("gemma-3-270m-q4_k_m.gguf".to_owned());
    let model = |name: &str| Some(name.to_owned());
    vec![
        (
            Openai,
            transcript!("llama.cpp/chat-length.txt"),
            Read {
                model: gemma.clone(),
                text: "<|im_end|>user\n".into(),
                usage: tokens(34, Some(0), 8),
                finish: Some(FinishReason::Length),
                ..Read::default()
            },
        ),
        (
            Anthropic,
            transcript!("llama.cpp/messages-max-tokens.txt"),
            Read {
                model: gemma,
                text: "Write a sentence of a story about a".into(),
                usage: tokens(52, Some(47), 8),
                finish: Some(FinishReason::Length),
                ..Read::default()
            },
        ),
        (
            Anthropic,
            transcript!("anthropic/thinking.txt"),
            Read {
                model: model("claude-sonnet-5-5"),
                text: "The lamp went out: “灯”, 👋.".into(),
                reasoning: 13,
                usage: tokens(2_125, Some(2_000), 15),
                finish: Some(FinishReason::Stop),
                ..Read::default()
            },
        ),
        (
            Anthropic,
            transcript!("anthropic/refusal.txt"),
            Read {
                model: model("claude-sonnet-5-5"),
                usage: tokens(25, None, 1),
                finish: Some(FinishReason::Refusal),
                ..Read::default()
            },
        ),
        (
            Anthropic,
            transcript!("anthropic/overloaded.txt"),
            Read {
                model: model("claude-sonnet-5-5"),
                text: "The lamp".into(),
                usage: tokens(25, None, 1),
                error: Some(ProviderErrorKind::Overloaded),
                ..Read::default()
            },
        ),
        (
            Openai,
            transcript!("openai/reasoning.txt"),
            Read {
                model: model("local"),
                text: "Die Tür, 👋.".into(),
                reasoning: 8,
                usage: tokens(12, Some(8), 7),
                finish: Some(FinishReason::Stop),
                ..Read::default()
            },
        ),
        (
            Openai,
            transcript!("openai/refusal.txt"),
            Read {
                model: model("gpt"),
                finish: Some(FinishReason::Refusal),
                ..Read::default()
            },
        ),
        (
            Openai,
            transcript!("openai/quota.txt"),
            Read {
                model: model("gpt"),
                text: "The lamp".into(),
                error: Some(ProviderErrorKind::OutOfCredit),
                ..Read::default()
            },
        ),
        (
            Ollama,
            transcript!("ollama/thinking.txt"),
            Read {
                model: model("qwen3:8b"),
                text: "Die Tür, 👋.".into(),
                reasoning: 6,
                usage: tokens(26, None, 9),
                finish: Some(FinishReason::Stop),
                ..Read::default()
            },
        ),
        (
            Ollama,
            transcript!("ollama/error.txt"),
            Read {
                model: model("qwen3:8b"),
                text: "The lamp".into(),
                error: Some(ProviderErrorKind::Overloaded),
                ..Read::default()
            },
        ),
    ]
}

/// Returns every place in a short answer, evenly spread ones in a longer.
fn cuts(bytes: &Bytes) -> impl Iterator<Item = usize> + use<> {
    (0..bytes.len()).step_by(1 + bytes.len() / 800)
}

#[tokio::test]
async fn every_transcript_reads_the_same_however_it_is_cut() {
    for (kind, text, expected) in table() {
        let bytes = Bytes::from_static(text.as_bytes());
        for cut in cuts(&bytes) {
            let pieces = vec![bytes.slice(..cut), bytes.slice(cut..)];
            assert_eq!(read_as(kind, pieces).await, expected, "cut at {cut}");
        }
        let letters = (0..bytes.len()).map(|at| bytes.slice(at..=at)).collect();
        assert_eq!(read_as(kind, letters).await, expected, "byte by byte");
        let crlf = Bytes::from(text.replace('\n', "\r\n"));
        assert_eq!(read_as(kind, vec![crlf]).await, expected, "with CRLF");
    }
}

#[tokio::test]
async fn long_recordings_are_read_to_the_end() {
    for (kind, text, begin, end) in [
        (
            ProviderKind::Openai,
            transcript!("llama.cpp/chat-stream.txt"),
            "Write the sentence about a book",
            "about a man.<|im_end",
        ),
        (
            ProviderKind::Anthropic,
            transcript!("llama.cpp/messages-stream.txt"),
            "Write one sentence about the man",
            "about the man who",
        ),
    ] {
        let bytes = Bytes::from_static(text.as_bytes());
        let pieces = (0..bytes.len())
            .step_by(997)
            .map(|at| bytes.slice(at..(at + 997).min(bytes.len())))
            .collect();
        let read = read_as(kind, pieces).await;
        assert!(read.text.starts_with(begin), "{}", read.text);
        assert!(read.text.ends_with(end), "{}", read.text);
        assert_eq!(read.usage.output_tokens, Some(60));
        assert_eq!(read.finish, Some(FinishReason::Length));
    }
}

/// Cut off anywhere, an answer is broken or finished, never something else, and its text is a
/// beginning of the whole.
#[tokio::test]
async fn an_answer_that_ends_early_is_broken_and_keeps_its_text() {
    for (kind, text, whole) in table() {
        if whole.error.is_some() {
            continue;
        }
        let bytes = Bytes::from_static(text.as_bytes());
        for end in cuts(&bytes) {
            let read = read_as(kind, vec![bytes.slice(..end)]).await;
            assert!(whole.text.starts_with(&read.text), "ends at {end}");
            match read.error {
                None => assert_eq!(read.finish, whole.finish, "ends at {end}"),
                Some(kind) => assert_eq!(kind, ProviderErrorKind::Broken, "ends at {end}"),
            }
            if read.finish.is_some() {
                assert_eq!(read.text, whole.text, "ends at {end}");
            }
        }
    }
}

#[tokio::test]
async fn the_end_marks_of_all_dialects_are_understood() {
    let text = r#"data: {"choices":[{"delta":{"content":"a"}}]}"#;
    let stop = r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    let done = "data: [DONE]";
    let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let stopped = Some(FinishReason::Stop);
    for (lines, finish, output) in [
        (vec![text, stop, usage, done], stopped.clone(), Some(2)),
        (vec![text, stop, done], stopped.clone(), None),
        (vec![text, stop, usage], stopped.clone(), Some(2)),
        (vec![text, stop], stopped.clone(), None),
        (vec![text, done], stopped.clone(), None),
        (vec![text, done, text, "data: {garbage"], stopped, None),
        (vec![text], None, None),
        (vec![], None, None),
    ] {
        let body = lines.join("\n\n");
        let read = read_as(ProviderKind::Openai, vec![Bytes::from(body)]).await;
        assert_eq!(read.finish, finish, "{lines:?}");
        assert_eq!(read.usage.output_tokens, output, "{lines:?}");
        let broken = finish.is_none().then_some(ProviderErrorKind::Broken);
        assert_eq!(read.error, broken, "{lines:?}");
    }
}

#[tokio::test]
async fn finish_reasons_are_translated() {
    use FinishReason::{ContextFull, Length, Refusal, Stop};
    let other = |reason: &str| FinishReason::Other(reason.into());
    for (reason, expected) in [
        ("end_turn", Stop),
        ("stop_sequence", Stop),
        ("max_tokens", Length),
        ("model_context_window_exceeded", ContextFull),
        ("refusal", Refusal),
        ("pause_turn", other("pause_turn")),
        ("tool_use", other("tool_use")),
    ] {
        let body = format!(
            "data: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\"}}}}\n\n\
             data: {{\"type\":\"message_stop\"}}\n\n"
        );
        let read = read_as(ProviderKind::Anthropic, vec![Bytes::from(body)]).await;
        assert_eq!(read.finish, Some(expected), "{reason}");
    }
    for (reason, prompt, written, expected) in [
        ("stop", 10, 10, Stop),
        ("length", 10, 1_000, Length),
        ("length", 3_500, 596, ContextFull),
        ("load", 0, 0, other("load")),
    ] {
        let body = format!(
            "{{\"done\":true,\"done_reason\":\"{reason}\",\"prompt_eval_count\":{prompt},\
             \"eval_count\":{written}}}"
        );
        let read = read_as(ProviderKind::Ollama, vec![Bytes::from(body)]).await;
        assert_eq!(read.finish, Some(expected), "{reason}");
    }
}

#[tokio::test]
async fn a_prompt_that_was_cut_is_noticed() {
    let english = "word ".repeat(4_000);
    // Twelve bytes a token, as Gemma 3 has them.
    let tamil = "கதவு ".repeat(2_000);
    for (prompt, read_tokens, notices) in [
        (&english, 5_000, 1),
        (&english, 4_096, 1),
        (&english, 2_050, 1),
        (&english, 3_999, 0),
        (&english, 0, 0),
        (&tamil, 2_200, 0),
        (&tamil, 1_200, 1),
    ] {
        let body = format!("{{\"done\":true,\"prompt_eval_count\":{read_tokens}}}");
        let decoder = Lines::new(&request(prompt));
        let read = read(decoder, vec![Bytes::from(body)]).await;
        assert_eq!(
            read.notices,
            notices,
            "{read_tokens} tokens of {} bytes",
            prompt.len()
        );
    }
}

#[tokio::test]
async fn a_hostile_server_does_not_fill_the_memory() {
    let endless = Bytes::from(vec![b'x'; 64 * 1024]);
    let flood = || std::iter::repeat_n(endless.clone(), 100).collect::<Pieces>();
    for kind in [
        ProviderKind::Anthropic,
        ProviderKind::Openai,
        ProviderKind::Ollama,
    ] {
        let read = read_as(kind, flood()).await;
        assert_eq!(
            read.error,
            Some(ProviderErrorKind::Protocol),
            "a line, {kind:?}"
        );
    }
    let pings = std::iter::repeat_n(Bytes::from_static(b": ping\n\n"), 10_000);
    let bytes = stream::iter(pings).map(Ok).boxed();
    let decoder = Chunks::new(ThinkFilter::new(""));
    let mut events = Answer::new(bytes, decoder, server())
        .at_most(70_000)
        .events();
    let error = events.next().await.and_then(Result::err).expect("an error");
    assert_eq!(
        error.kind,
        ProviderErrorKind::Protocol,
        "keep-alives: {error}"
    );
}
