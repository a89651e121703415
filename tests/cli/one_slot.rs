//! A server that answers one call at a time: the story comes first, nothing that was begun is thrown
//! away, and what is beside the writing is done all the same.

use std::time::Duration;

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, tokens};
use crate::support::model_server::{Finish, Held, ModelServer, Reply, reader};

/// A wait for a first token of which a call is held up after a second.
const FIRST_TOKEN: &str = "8";

/// Drafts in a third of a second, goes over them in two.
fn slow() -> ModelServer {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| match request.model() {
        "refiner" => Reply::fragments(["I would rather ", "not ", "do ", "that."]).at_pace(2.7),
        "auditor" => Reply::fragments(["{\"findings\": ", "[]", "}"]).at_pace(10.0),
        _ => novel.answer_with(request, |rest| {
            Reply::fragments(tokens(&rest)).at_pace(600.0)
        }),
    });
    server.on_states(reader).with_one_slot()
}

fn took(held: &Held) -> Duration {
    held.to - held.from
}

/// How long a call stood in line at the server.
fn waited(held: &Held) -> Duration {
    held.from - held.request.at
}

#[test]
fn nothing_is_thrown_away_and_no_draft_waits_twice() {
    let server = slow();
    let desk = Desk::with(BRIEF);
    let flags = [
        "--json",
        "--refine",
        "propose",
        "--audit",
        "on",
        "--models-refine",
        "refiner",
        "--models-audit",
        "auditor",
        "--timeouts-first-token",
        FIRST_TOKEN,
    ];
    let ended = desk.write("openai", &server, &flags).exits(0);
    let held = server.held();
    let all: Duration = held.iter().map(took).sum();
    let lost: Duration = held.iter().filter(|held| !held.is_whole).map(took).sum();
    assert!(lost * 100 < all * 3, "{lost:?} of {all:?} were thrown away");

    let models: Vec<&str> = held.iter().map(|held| held.request.model()).collect();
    let is_pass = |held: &&Held| ["refiner", "auditor"].contains(&held.request.model());
    let is_draft = |held: &&Held| !is_pass(held) && !held.request.is_state();
    assert_eq!(held.iter().filter(is_draft).count(), 4, "{models:?}");
    let last = held
        .iter()
        .rposition(|held| is_draft(&held))
        .expect("a draft");
    // What was being answered when the first draft had to wait, and nothing after that.
    let before = held[..last].iter().filter(is_pass).count();
    assert!(before <= 2, "{models:?}");
    let drafts: Duration = held.iter().filter(is_draft).map(waited).sum();
    assert!(drafts < Duration::from_secs(4), "drafts waited {drafts:?}");

    // All of it was done: each chunk was read, gone over twice and audited.
    assert_eq!(ended.named("state_saved").len(), 4);
    assert_eq!(ended.named("chunk_audited").len(), 4);
    assert_eq!(
        models.iter().filter(|model| **model == "refiner").count(),
        4,
        "{models:?}"
    );
    let failed = ended.named("warning");
    let failed = failed
        .iter()
        .filter(|it| it["code"] == "state-failed")
        .count();
    assert_eq!(failed, 0);
}

/// A weak model that finds no end when it is asked what a chunk says holds its own drafts up once, and
/// not between any two of them.
#[test]
fn readings_without_an_end_come_after_the_writing() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| {
        novel.answer_with(request, |rest| {
            Reply::fragments(tokens(&rest)).at_pace(600.0)
        })
    });
    let server = server.on_states(|request| {
        let limit = request.max_tokens().unwrap_or(1_000);
        let endless = std::iter::repeat_n("and then ", 200);
        Reply::fragments(endless)
            .at_pace(60.0)
            .finish(Finish::Length)
            .usage(500, 0, limit)
    });
    let server = server.with_one_slot();
    let desk = Desk::with(BRIEF);
    let flags = ["--json", "--timeouts-first-token", FIRST_TOKEN];
    let ended = desk.write("openai", &server, &flags).exits(0);
    let held = server.held();
    let kinds: Vec<bool> = held.iter().map(|held| held.request.is_state()).collect();
    let last = kinds.iter().rposition(|is_state| !is_state);
    let between = kinds[..last.expect("a draft")].iter().filter(|it| **it);
    assert!(between.count() <= 1, "states among the drafts: {kinds:?}");
    let told = ended.named("warning");
    let told = told.iter().filter(|it| it["code"] == "state-failed");
    assert!(told.count() > 0, "{}", ended.stdout);
}
