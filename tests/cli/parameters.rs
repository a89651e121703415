//! What a model is asked with beside the prompt, and what is recorded of the one that answers.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, part_of};
use crate::support::model_server::{ModelServer, Recorded, Reply};

/// The seed of a request, in either protocol that has one.
fn seed_of(request: &Recorded) -> Value {
    let body = &request.body;
    body.get("seed")
        .or(body["options"].get("seed"))
        .cloned()
        .unwrap_or_default()
}

/// A server that, like real ones, gives the same answer to the same prompt with the same seed:
/// one that can't be taken for the first request for part 2.
fn stubborn() -> ModelServer {
    let novel = Novel::short();
    let mut first = None;
    ModelServer::start(move |request| {
        let asked = (seed_of(request), request.prompt());
        let first = first.get_or_insert_with(|| asked.clone());
        match part_of(&request.user()) {
            2 if first.0 == asked.0 => Reply::text("I am ready to help with your story!"),
            _ => novel.answer(request),
        }
    })
}

#[test]
fn a_seed_is_sent_only_when_set_and_asking_again_has_another() {
    for provider in ["openai", "ollama"] {
        let written = |flags: &[&str]| {
            let server = stubborn();
            let desk = Desk::with(BRIEF);
            let ended = desk.write(provider, &server, flags);
            (server, desk, ended)
        };
        let (server, ..) = written(&["--to", "1"]);
        let none: Vec<Value> = server.completions().iter().map(seed_of).collect();
        assert_eq!(none, [Value::Null], "{provider}");

        let seeds = || {
            let (server, desk, ended) = written(&["--seed", "7"]);
            ended.exits(0);
            let rewrite = ["rewrite", "--chunk", "1", "--yes", "--seed", "7"];
            let model = ["--model", "scripted-model", "--provider", provider];
            let place = ["--base-url", &server.base_url];
            desk.run(&[&rewrite[..], &model, &place].concat()).exits(0);
            let seeds: Vec<Value> = server.completions().iter().map(seed_of).collect();
            seeds
        };
        let once = seeds();
        // Parts 1, 2, 2 once more, 3, 4, and 1 anew.
        let [one, two, again, three, four, anew] = once.as_slice() else {
            panic!("{provider}: {once:?}");
        };
        for seed in [one, two, three, four] {
            assert_eq!(seed, &json!(7), "{provider}");
        }
        assert_ne!(again, &json!(7), "{provider}");
        assert_ne!(anew, &json!(7), "{provider}");
        assert_ne!(anew, again, "{provider}");
        assert_eq!(once, seeds(), "{provider}: the same again");
    }
}
