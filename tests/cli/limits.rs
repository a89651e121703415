//! Limits that are the program's own: one that cuts an answer off is raised and nothing is lost, and
//! what a server has room for is asked of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::{Desk, Ended};
use crate::novel::{BRIEF, Novel};
use crate::plan::{beat, plans};
use crate::support::model_server::{Finish, ModelServer, Recorded, Reply, author};
use crate::support::prose::prose;

/// The answer of a model that makes a token of every character, cut off by the limit of the call.
fn cut(text: &str, request: &Recorded) -> Reply {
    let most = request.max_tokens().expect("a limit") as usize;
    let tokens: Vec<String> = text.chars().map(String::from).collect();
    let finish = match tokens.len() <= most {
        true => Finish::Stop,
        false => Finish::Length,
    };
    let kept = tokens.into_iter().take(most);
    Reply::fragments(kept.collect::<Vec<_>>()).finish(finish)
}

fn warnings(ended: &Ended, code: &str) -> Vec<String> {
    let warnings = ended.named("warning").into_iter();
    let of_code = warnings.filter(|warning| warning["code"] == code);
    of_code
        .map(|warning| warning["message"].as_str().expect("a message").to_owned())
        .collect()
}

#[test]
fn a_chunk_that_a_limit_cut_off_goes_on_with_more_room() {
    for provider in ["anthropic", "openai", "ollama"] {
        let novel = Novel::short();
        let server = ModelServer::start(move |request| {
            novel.answer_with(request, |rest| cut(&rest, request))
        });
        let desk = Desk::with(BRIEF);
        let flags = ["--attempts", "1", "--state", "off", "--json"];
        let ended = desk.write(provider, &server, &flags).exits(0);
        for number in 1..=4 {
            let chunk = desk.chunk(number);
            assert_eq!(
                chunk.prose,
                Novel::short().part(number as usize),
                "{provider}"
            );
        }
        // The first is asked for twice; after that it is known.
        assert_eq!(server.completions().len(), 5, "{provider}");
        let told = warnings(&ended, "output-limit");
        assert_eq!(told.len(), 1, "{provider}: {told:?}");
        assert!(told[0].contains("was allowed 571 tokens"), "{}", told[0]);
    }
}

/// A state with twelve facts that are all in the chunk.
fn long_state(prose: &str) -> String {
    let words: Vec<&str> = prose.split_whitespace().collect();
    let facts: Vec<Value> = words
        .windows(30)
        .step_by(10)
        .take(12)
        .enumerate()
        .map(|(number, quote)| {
            let fact = format!(
                "Fact {number} is {}",
                "that it was so, and so, and so, ".repeat(4)
            );
            json!({"subject": format!("thing {number}"), "fact": fact, "quote": quote.join(" ")})
        })
        .collect();
    json!({
        "summary": "It happened.", "time": "", "characters": [], "facts": facts,
        "threads": {"opened": [], "closed": []},
    })
    .to_string()
}

#[test]
fn a_state_that_a_limit_cut_off_is_read_whole() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| novel.answer(request)).on_states(|request| {
        let (_, prose) = request.part_to_read();
        cut(&long_state(&prose), request)
    });
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    for number in 1..=4 {
        let state: Value = serde_json::from_str(
            &desk.read(&format!("{}/state/chunk_{number:02}.json", desk.session())),
        )
        .expect("a state");
        assert_eq!(
            state["facts"].as_array().map(Vec::len),
            Some(12),
            "{number}: {state}"
        );
    }
    let limits: Vec<u64> = server
        .states()
        .iter()
        .filter_map(Recorded::max_tokens)
        .collect();
    assert_eq!(limits, [3_000, 9_000, 9_000, 9_000, 9_000]);
    let told = warnings(&ended, "output-limit");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("3000 tokens"), "{}", told[0]);
}

/// However often the limit is raised, an answer that it cuts off is none.
#[test]
fn a_state_without_an_end_is_not_taken_for_a_whole_one() {
    let novel = Novel::short();
    let server = ModelServer::start(move |request| novel.answer(request)).on_states(|request| {
        let (_, prose) = request.part_to_read();
        let whole = long_state(&prose);
        let open = whole.strip_suffix("]}").unwrap_or(&whole).to_owned();
        cut(&(open.clone() + &open.repeat(20)), request)
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--state", "off"]).exits(0);
    let flags = [
        "state",
        "--chunk",
        "1",
        "--provider",
        "openai",
        "--base-url",
    ];
    let more = [
        server.base_url.as_str(),
        "--model",
        "scripted-model",
        "--json",
    ];
    let ended = desk.run(&[&flags[..], &more].concat()).exits(1);
    assert_eq!(desk.files(&format!("{}/state", desk.session())), []);
    let told = warnings(&ended, "state-failed");
    assert!(
        told.len() == 1 && told[0].contains("was cut off"),
        "{told:?}"
    );
}

#[test]
fn a_plan_that_a_limit_cut_off_is_asked_for_again() {
    let server = ModelServer::start(|request| match plans(request) {
        true => {
            let told = prose(230, 9);
            cut(
                &beat("Lantern").replace("hides it.", &format!("hides it. {told}")),
                request,
            )
        }
        false => author(request),
    });
    let desk = Desk::with(crate::plan::BRIEF);
    let flags = ["plan", "--beats", "1", "--provider", "openai", "--base-url"];
    let more = [
        server.base_url.as_str(),
        "--model",
        "scripted-model",
        "--json",
    ];
    let ended = desk.run(&[&flags[..], &more].concat()).exits(0);
    assert!(desk.read("story.md").contains("## The Lantern"));
    let limits: Vec<u64> = server
        .completions()
        .iter()
        .filter_map(Recorded::max_tokens)
        .collect();
    assert_eq!(limits, [1_000, 3_000]);
    assert_eq!(
        warnings(&ended, "output-limit").len(),
        1,
        "{}",
        ended.stdout
    );
    assert_eq!(warnings(&ended, "refused-plan"), [] as [&str; 0]);
}

#[test]
fn a_refined_text_that_a_limit_cut_off_is_asked_for_again() {
    let novel = Novel::short();
    let server =
        ModelServer::start(
            move |request| match request.user().contains("as better prose") {
                true => cut(&novel.part(1).replacen("the ", "that ", 1), request),
                false => novel.answer(request),
            },
        );
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--state", "off"]).exits(0);
    let before = server.completions().len();
    let flags = [
        "refine",
        "--chunk",
        "1",
        "--provider",
        "openai",
        "--base-url",
    ];
    let more = [
        server.base_url.as_str(),
        "--model",
        "scripted-model",
        "--json",
    ];
    let ended = desk.run(&[&flags[..], &more].concat()).exits(0);
    assert_eq!(server.completions().len(), before + 2);
    assert_eq!(ended.named("chunk_refined").len(), 1, "{}", ended.stdout);
    assert_eq!(
        warnings(&ended, "output-limit").len(),
        1,
        "{}",
        ended.stdout
    );
}

/// What stood before the cut is no whole answer: a contradiction that the auditor told of last is found.
#[test]
fn an_audit_that_a_limit_cut_off_is_asked_for_again() {
    let novel = Novel::short();
    let quote = Novel::short()
        .part(1)
        .split_inclusive('.')
        .next()
        .expect("a sentence")
        .trim()
        .to_owned();
    let last = json!({"source": "rule 1", "said": "The lamp is never out at night.", "quote": quote, "why": "it is told otherwise"});
    let server = ModelServer::start(move |request| match request.model() {
        "auditor" => {
            let junk = json!({"source": "rule 1", "said": "nowhere", "quote": "nowhere", "why": "so ".repeat(80)});
            let mut findings = vec![junk; 12];
            findings.push(last.clone());
            cut(&json!({"findings": findings}).to_string(), request)
        }
        _ => novel.answer(request),
    });
    let desk = Desk::with(BRIEF);
    let flags = [
        "--state",
        "off",
        "--audit",
        "on",
        "--models-audit",
        "auditor",
        "--json",
    ];
    let ended = desk.write("openai", &server, &flags).exits(0);
    let limits: Vec<u64> = server
        .completions()
        .iter()
        .filter(|request| request.model() == "auditor")
        .filter_map(Recorded::max_tokens)
        .collect();
    assert_eq!(limits, [2_000, 6_000, 6_000, 6_000, 6_000]);
    let told = ended.named("chunk_audited");
    let first = told.iter().find(|event| event["chunk"] == 1);
    assert_eq!(first.expect("an audit")["findings"], 1, "{}", ended.stdout);
    assert_eq!(
        warnings(&ended, "output-limit").len(),
        1,
        "{}",
        ended.stdout
    );
}

/// Whatever a call is for, and however its language is counted: another window makes Ollama load the model
/// anew.
#[test]
fn ollama_has_one_window_a_job() {
    for language in ["en", "ja", "th", "ta"] {
        let server = ModelServer::author();
        let desk = Desk::with(&BRIEF.replace("language: en", &format!("language: {language}")));
        let flags = ["--refine", "propose", "--audit", "on", "--json"];
        let ended = desk.write("ollama", &server, &flags);
        let requests = server.requests();
        let asked = requests
            .iter()
            .filter(|it| it.is_completion() || it.is_state());
        let windows: BTreeSet<u64> = asked
            .map(|it| it.body["options"]["num_ctx"].as_u64().expect("a window"))
            .collect();
        assert_eq!(windows.len(), 1, "{language}: {windows:?}");
        assert_eq!(warnings(&ended, "provider"), [] as [&str; 0], "{language}");
    }
}

#[test]
fn lengths_in_characters_are_called_so() {
    let server = ModelServer::author();
    let desk = Desk::with(&BRIEF.replace("language: en", "language: ja"));
    let ended = desk.write("openai", &server, &["--state", "off"]).exits(0);
    assert!(
        ended.stderr.contains("600 characters in all"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("150 characters to write"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("words"), "{}", ended.stderr);
    let log = desk.log();
    let saved = log
        .iter()
        .find(|it| it["event"] == "chunk_saved")
        .expect("an entry");
    let line = saved["message"].as_str().expect("a line");
    assert!(line.contains("/150 characters"), "{line}");
}

fn small_server() -> ModelServer {
    let list = json!({"object": "list", "data": [{"id": "x.gguf", "meta": {"n_ctx": 2048}}]});
    ModelServer::author().on_lists(move |_| Reply::error(200, list.clone()))
}

#[test]
fn the_window_of_the_server_bounds_prompts_and_answers() {
    let server = small_server();
    let monks = "Monks lived here, and left their bells. ".repeat(200);
    let brief = BRIEF.replace("Monks lived here.", &monks);
    let desk = Desk::with(
        &brief
            .replace("chunk_words: 150", "chunk_words: 900")
            .replace("600", "3600"),
    );
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    let requests = server.requests();
    let asked: Vec<&Recorded> = requests
        .iter()
        .filter(|it| it.is_completion() || it.is_state())
        .collect();
    assert!(asked.len() >= 8, "{}", asked.len());
    for request in asked {
        // As this server counts.
        let prompt = request.prompt().split_whitespace().count() as u64 * 4 / 3 + 8;
        let answer = request.max_tokens().expect("a limit");
        assert!(
            prompt + answer <= 2_048 + prompt / 10,
            "{prompt} + {answer}: {}",
            ended.stdout
        );
    }
}

#[test]
fn doctor_tells_the_window_in_force() {
    let server = small_server();
    let desk = Desk::with(BRIEF);
    let flags = ["doctor", "--provider", "openai", "--base-url"];
    let more = [server.base_url.as_str(), "--model", "scripted-model"];
    let ended = desk.run(&[&flags[..], &more].concat()).exits(0);
    let said = ended.said();
    assert!(
        said.contains("scripted-model has a window of 2048 tokens, so prompts hold 1229 at most"),
        "{said}"
    );
}

/// What one job has learned of a model's tokens the next begins with.
#[test]
fn a_second_job_begins_with_what_the_first_has_learned() {
    let novel = Novel::short();
    // Three tokens for two words, which is more than the first guess.
    let server = ModelServer::start(move |request| {
        let words = request.prompt().split_whitespace().count() as u64;
        let answer = novel.rest(request).expect("a part");
        let output = answer.split_whitespace().count() as u64;
        novel.answer(request).usage(words * 2, 0, output * 2)
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--to", "1", "--state", "off"])
        .exits(0);
    desk.write("openai", &server, &["--to", "2", "--state", "off"])
        .exits(0);
    let limits: Vec<u64> = server
        .completions()
        .iter()
        .filter_map(Recorded::max_tokens)
        .collect();
    assert_eq!(limits, [571, 706]);
}
