//! Answers as odd servers send them: the text is exactly the server's, or the error its own.

use std::io::Write;

use super::*;

const LAMP: &str = "The lamp burned.";
const SMILE: &str = "The lamp 😀.";

fn text(text: &str) -> Read {
    Read {
        text: text.into(),
        finish: Some(FinishReason::Stop),
        ..Read::default()
    }
}

fn failed(text: &str, error: ProviderErrorKind) -> Read {
    Read {
        text: text.into(),
        error: Some(error),
        ..Read::default()
    }
}

impl Read {
    fn reasons(mut self) -> Read {
        self.reasoning = 7;
        self
    }

    fn tells(mut self) -> Read {
        self.notices = 1;
        self
    }

    fn local(mut self) -> Read {
        self.model = Some("local".into());
        self
    }

    fn uses(mut self, input: Option<u64>, output: Option<u64>) -> Read {
        self.usage = Usage {
            input_tokens: input,
            cached_tokens: None,
            output_tokens: output,
        };
        self
    }
}

macro_rules! odd {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../fixtures/transcripts/odd/", $name, ".txt")),
        )
    };
}

type Case = ((&'static str, &'static str), Read);

fn openai() -> Vec<Case> {
    use ProviderErrorKind::*;
    vec![
        (odd!("openai-empty-data"), text(LAMP).tells()),
        (
            odd!("openai-half-surrogates"),
            text("The lamp 😀. \u{FFFD}It burned."),
        ),
        (odd!("openai-error-field"), failed("", ContextOverflow)),
        (
            odd!("openai-error-field-midway"),
            failed("The lamp", Overloaded),
        ),
        (odd!("openai-error-event"), failed("The lamp", Overloaded)),
        (odd!("openai-error-as-json"), failed("", Unauthorized)),
        (odd!("openai-error-in-list"), failed("", RateLimited)),
        (odd!("openai-finish-error"), failed("The lamp", Overloaded)),
        (
            odd!("openai-whole"),
            text(LAMP).reasons().local().uses(Some(10), Some(160)),
        ),
        (odd!("openai-reasoning-with-stop"), text(LAMP).reasons()),
        (odd!("openai-stop-with-every-delta"), text(LAMP)),
        (odd!("openai-repeated-at-the-end"), text(LAMP)),
        (odd!("openai-message-at-the-end"), text(LAMP)),
        (odd!("openai-usage-of-zero"), text(LAMP)),
        (odd!("openai-nothing-of-the-protocol"), failed("", Protocol)),
        (odd!("openai-web-page"), failed("", Protocol)),
        (odd!("openai-channels"), text(LAMP).reasons()),
        (odd!("openai-channels-bare"), text(LAMP).reasons()),
        (odd!("openai-think-in-brackets"), text(LAMP).reasons()),
    ]
}

fn anthropic() -> Vec<Case> {
    use ProviderErrorKind::*;
    let lamp = || text(LAMP).local().uses(Some(9), None);
    let smile = || text(SMILE).local().uses(Some(9), None);
    vec![
        (odd!("anthropic-end-mark"), lamp()),
        (odd!("anthropic-stop-without-reason"), lamp()),
        (
            odd!("anthropic-whole"),
            lamp().reasons().uses(Some(9), Some(4)),
        ),
        (odd!("anthropic-empty-data"), lamp().tells()),
        (odd!("anthropic-half-surrogates"), smile()),
        (
            odd!("anthropic-error-field"),
            failed("The lamp", Overloaded).local().uses(Some(9), None),
        ),
        (odd!("anthropic-error-as-json"), failed("", Unauthorized)),
        (odd!("anthropic-message-at-the-end"), lamp()),
    ]
}

fn ollama() -> Vec<Case> {
    use ProviderErrorKind::*;
    let cut = Read {
        finish: Some(FinishReason::Length),
        ..text(LAMP)
    };
    vec![
        (
            odd!("ollama-as-events"),
            text(LAMP).local().uses(Some(9), Some(4)),
        ),
        (
            odd!("ollama-error-at-the-end"),
            failed("The lamp", Overloaded).local(),
        ),
        (odd!("ollama-error-as-list"), failed("", Overloaded)),
        (odd!("ollama-repeated-at-the-end"), text(LAMP).local()),
        (odd!("ollama-end-mark"), text(LAMP).local()),
        (odd!("ollama-empty-lines"), text(LAMP).local().tells()),
        (odd!("ollama-half-surrogates"), text(SMILE).local()),
        (
            odd!("ollama-reasoning-content"),
            text(LAMP).local().reasons(),
        ),
        (
            odd!("ollama-cut-without-a-word"),
            cut.local().uses(Some(9), Some(1_000)),
        ),
    ]
}

fn cases() -> Vec<(ProviderKind, &'static str, &'static str, Read)> {
    [
        (ProviderKind::Openai, openai()),
        (ProviderKind::Anthropic, anthropic()),
        (ProviderKind::Ollama, ollama()),
    ]
    .into_iter()
    .flat_map(|(kind, cases)| {
        let of_kind = move |((name, body), read)| (kind, name, body, read);
        cases.into_iter().map(of_kind)
    })
    .collect()
}

fn packets(bytes: &Bytes, size: usize) -> Pieces {
    (0..bytes.len())
        .step_by(size)
        .map(|at| bytes.slice(at..(at + size).min(bytes.len())))
        .collect()
}

#[tokio::test]
async fn every_odd_answer_comes_out_right_however_it_is_cut() {
    for (kind, name, body, expected) in cases() {
        let bytes = Bytes::from_static(body.as_bytes());
        for cut in 0..bytes.len() {
            let pieces = vec![bytes.slice(..cut), bytes.slice(cut..)];
            assert_eq!(read_as(kind, pieces).await, expected, "{name} cut at {cut}");
        }
        for size in [1, 7, 1_400] {
            let read = read_as(kind, packets(&bytes, size)).await;
            assert_eq!(read, expected, "{name} in packets of {size}");
        }
        let crlf = Bytes::from(body.replace('\n', "\r\n"));
        assert_eq!(
            read_as(kind, vec![crlf]).await,
            expected,
            "{name} with CRLF"
        );
    }
}

#[tokio::test]
async fn an_answer_that_was_compressed_unasked_is_read() {
    let recorded = table()
        .into_iter()
        .map(|(kind, body, read)| (kind, "recorded", body, read));
    for (kind, name, body, expected) in cases().into_iter().chain(recorded) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(body.as_bytes()).expect("memory");
        let bytes = Bytes::from(encoder.finish().expect("memory"));
        for size in [7, 1_400] {
            let read = read_as(kind, packets(&bytes, size)).await;
            assert_eq!(read, expected, "{name} in packets of {size}");
        }
    }
}

/// A frame that is none, put between any two lines that end an event, changes nothing.
#[tokio::test]
async fn a_frame_that_is_none_changes_nothing_anywhere() {
    for (kind, body, mut expected) in table() {
        if expected.error.is_some() {
            continue;
        }
        expected.notices = 1;
        let ends: Vec<usize> = body
            .match_indices("\n\n")
            .map(|(at, end)| at + end.len())
            .collect();
        let last = ends.len().saturating_sub(3);
        for at in ends.into_iter().take(last) {
            for frame in ["data:\n\n", "data: 1795334482\n\n", "data: {\"half\": \n\n"] {
                let (before, after) = body.split_at(at);
                let bytes = Bytes::from(format!("{before}{frame}{after}"));
                assert_eq!(
                    read_as(kind, vec![bytes]).await,
                    expected,
                    "{frame} at {at}"
                );
            }
        }
    }
}
