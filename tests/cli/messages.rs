//! Word for word what a writer reads when something is not in order. What happened, what is
//! safe, what to do: change a sentence here only for a better one.

use serde_json::json;

use crate::desk::{Desk, Ended, KEY, fixture};
use crate::novel::BRIEF;
use crate::support::model_server::{ModelServer, Recorded, Reply};

/// What is said, with the places of this machine taken out.
fn said(desk: &Desk, server: Option<&ModelServer>, ended: &Ended) -> String {
    let folder = dunce::canonicalize(desk.folder()).expect("a folder");
    let mut text = ended
        .stderr
        .replace(&folder.display().to_string(), "FOLDER");
    if cfg!(windows) {
        text = text.replace('\\', "/");
    }
    if let Some(server) = server {
        text = text.replace(server.host(), "HOST");
    }
    assert_eq!(ended.stdout, "");
    text
}

#[test]
fn no_provider() {
    let mut desk = Desk::with(BRIEF);
    desk.set("OLLAMA_HOST", "127.0.0.1:9");
    let ended = desk.run(&["write"]).exits(2);
    insta::assert_snapshot!(said(&desk, None, &ended));
    assert!(!desk.exists("generated"));
}

#[test]
fn no_key() {
    let desk = Desk::with(BRIEF);
    let mut all = String::new();
    for provider in ["anthropic", "openai"] {
        let ended = desk.run(&["write", "--provider", provider]).exits(2);
        all.push_str(&said(&desk, None, &ended));
    }
    insta::assert_snapshot!(all);
    assert!(!desk.exists("generated"));
}

fn refused(refusal: impl Fn(&Recorded) -> Reply + Send + 'static) -> String {
    let server = ModelServer::start(refusal);
    let mut desk = Desk::with(BRIEF);
    desk.set("MY_KEY", KEY);
    let ended = desk
        .write("anthropic", &server, &["--api-key-env", "MY_KEY"])
        .exits(1);
    assert_eq!(server.completions().len(), 1);
    said(&desk, Some(&server), &ended)
}

#[test]
fn a_wrong_key() {
    let text = refused(|_| {
        let error = json!({"type": "authentication_error", "message": "invalid x-api-key"});
        Reply::error(401, json!({"type": "error", "error": error}))
    });
    insta::assert_snapshot!(text);
}

#[test]
fn an_unknown_model() {
    let text = refused(|_| {
        let error = json!({"type": "not_found_error", "message": "model: scripted-model"});
        Reply::error(404, json!({"type": "error", "error": error}))
    });
    insta::assert_snapshot!(text);
}

#[test]
fn an_unknown_model_of_ollama() {
    let server = ModelServer::start(|_| {
        Reply::error(404, json!({"error": "model 'scripted-model' not found"}))
    });
    let desk = Desk::with(BRIEF);
    let ended = desk.write("ollama", &server, &[]).exits(1);
    insta::assert_snapshot!(said(&desk, Some(&server), &ended));
}

#[test]
fn a_server_that_is_not_there() {
    let desk = Desk::with(BRIEF);
    let address = ["--base-url", "http://127.0.0.1:9"];
    let one = [
        "write",
        "--provider",
        "openai",
        "--model",
        "m",
        "--attempts",
        "1",
    ];
    let ended = desk.run(&[&one[..], &address].concat()).exits(1);
    insta::assert_snapshot!(said(&desk, None, &ended));
    // Where the model is to be asked for first, nothing is begun.
    let desk = Desk::with(BRIEF);
    let ended = desk.run(&["write", "--provider", "ollama"]).exits(1);
    insta::assert_snapshot!(said(&desk, None, &ended));
    assert!(!desk.exists("generated"));
}

#[test]
fn a_bad_brief() {
    let desk = Desk::with(&fixture("bad"));
    let ended = desk.run(&["write", "--provider", "demo"]).exits(1);
    insta::assert_snapshot!(said(&desk, None, &ended));
    assert!(!desk.exists("generated"));
    let desk = Desk::with("# Premise\n\nA lamp.\n");
    let ended = desk.run(&["write", "--provider", "demo"]).exits(1);
    insta::assert_snapshot!(said(&desk, None, &ended));
}

#[test]
fn a_folder_that_cannot_be_written() {
    let desk = Desk::with(BRIEF);
    desk.put("generated", "a file of the author's");
    let ended = desk.run(&["write", "--provider", "demo"]).exits(1);
    insta::assert_snapshot!(said(&desk, None, &ended));
    assert_eq!(desk.read("generated"), "a file of the author's");
}

#[test]
fn no_brief() {
    let desk = Desk::new();
    let ended = desk.run(&["write"]).exits(2);
    insta::assert_snapshot!(said(&desk, None, &ended));
}
