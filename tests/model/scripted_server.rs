//! The scripted model server itself does what the other tests rely on.

use std::time::Duration;

use crate::support::calls::{HTTP_KINDS, call, provider, request};
use crate::support::model_server::{Gate, ModelServer, Reply};
use crate::support::prose::{Length, asked_length, prose};
use storywright::provider::{FinishReason, ProviderKind};

#[tokio::test]
async fn the_author_writes_what_the_prompt_asks_for() {
    for kind in HTTP_KINDS {
        let server = ModelServer::author();
        let outcome = call(&*provider(kind, &server), request()).await;
        assert_eq!(outcome.text.split_whitespace().count(), 40, "{kind:?}");
        assert!(outcome.text.ends_with('.'), "{kind:?}: {}", outcome.text);
        assert_eq!(outcome.finish, Some(FinishReason::Stop), "{kind:?}");
    }
}

#[tokio::test]
async fn a_stalled_answer_goes_on_when_the_gate_opens() {
    let gate = Gate::new();
    let server = ModelServer::queue([Reply::text("One two three.").stall_after(2, &gate)]);
    let provider = provider(ProviderKind::Anthropic, &server);
    let calling = tokio::spawn(async move { call(&*provider, request()).await });
    let at_gate = gate.clone();
    tokio::task::spawn_blocking(move || at_gate.wait_for_arrivals(1, Duration::from_secs(10)))
        .await
        .expect("the reply comes to the gate");
    assert!(!calling.is_finished());
    gate.open();
    assert_eq!(calling.await.expect("it ends").text, "One two three.");
}

#[test]
fn the_scripted_author_is_gone_when_dropped_and_serves_synchronous_tests() {
    let server = ModelServer::author();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let provider = provider(ProviderKind::Openai, &server);
    let outcome = runtime.block_on(call(&*provider, request()));
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
    let address = server.host().to_owned();
    drop(server);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn the_authors_prose_has_the_length_that_was_asked_for() {
    for words in [1, 2, 7, 40, 300, 1_500] {
        let text = prose(words, words as u64);
        assert_eq!(text.split_whitespace().count(), words);
        assert!(text.ends_with('.'), "{text}");
    }
    assert_ne!(prose(50, 1), prose(50, 2));
    let text = prose(3_000, 5);
    let mut sentences: Vec<&str> = text.split(['.', '\n']).map(str::trim).collect();
    sentences.retain(|sentence| sentence.split(' ').count() > 6);
    let all = sentences.len();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), all, "no sentence twice");
    for (prompt, expected) in [
        ("Write about 1,500 words.", Some(Length::Words(1_500))),
        (
            "The story has 6000 words; this part 300 words",
            Some(Length::Words(300)),
        ),
        ("a 250-word scene", Some(Length::Words(250))),
        ("about 80 more words", Some(Length::Words(80))),
        ("roughly 900 characters", Some(Length::Characters(900))),
        ("in other words, no number", None),
    ] {
        assert_eq!(asked_length(prompt), expected, "{prompt}");
    }
}
