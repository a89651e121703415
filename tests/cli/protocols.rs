//! A story over HTTP, in each protocol: what is on disk, and what the server was sent.

use serde_json::{Value, json};

use crate::desk::{Desk, KEY};
use crate::novel::{BRIEF, Novel, PART, part_of};
use crate::support::model_server::{ModelServer, Protocol, Recorded};

pub const PROVIDERS: [&str; 3] = ["anthropic", "openai", "ollama"];

/// A server that writes the four parts of [`BRIEF`].
pub fn novelist() -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| novel.answer(request))
}

/// The settings for a key that is not the vendor's.
fn with_key(brief: &str) -> Desk {
    let mut desk = Desk::with(brief);
    desk.set("MY_KEY", KEY);
    desk
}

#[test]
fn a_story_is_written_in_every_protocol() {
    for provider in PROVIDERS {
        let server = novelist();
        let desk = with_key(BRIEF);
        let ended = desk
            .write(provider, &server, &["--api-key-env", "MY_KEY"])
            .exits(0);
        assert_eq!(
            ended.stdout,
            "4 chunks were written; the story is complete: generated/the-lamp-01/full_story.md\n"
        );
        let novel = Novel::short();
        for number in 1..=4 {
            let chunk = desk.chunk(number as u32);
            assert_eq!(chunk.status, "complete", "{provider}");
            assert_eq!(chunk.prose, novel.part(number), "{provider}");
        }
        let full = desk.read("generated/the-lamp-01/full_story.md");
        let places: Vec<usize> = (1..=4)
            .map(|number| full.find(novel.part(number)).expect("the part"))
            .collect();
        assert!(places.is_sorted(), "{provider}");
        // Its own head, and none of a chunk file.
        assert_eq!(full.matches("---\n").count(), 2, "{provider}");
        assert!(!full.contains("chunk:"), "{provider}");
        manifest_is_whole(provider, &desk.manifest());
        assert_eq!(server.completions().len(), 4, "{provider}");
    }
}

fn manifest_is_whole(provider: &str, manifest: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("../../server/session/manifest.schema.json"))
            .expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let problems: Vec<String> = validator
        .iter_errors(manifest)
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(manifest["totals"]["words"], 4 * PART);
    assert_eq!(manifest["totals"]["complete"], 4);
    let chunks = manifest["chunks"].as_array().expect("chunks");
    let inputs = manifest["inputs"].as_array().expect("inputs");
    let mut before: Option<jiff::Timestamp> = None;
    for (chunk, beat) in chunks.iter().zip(["landing", "log", "door", "light"]) {
        assert_eq!(chunk["beat"], beat);
        assert_eq!(chunk["status"], "complete");
        assert_eq!(chunk["origin"], "generated");
        assert_eq!(chunk["words"], PART);
        assert_eq!(chunk["target_words"], PART);
        assert_eq!(chunk["provider"], provider);
        assert_eq!(chunk["model"], "scripted-model");
        assert_eq!(chunk["finish_reason"], "stop");
        assert_eq!(chunk["attempts"], 1);
        for count in ["input_tokens", "output_tokens"] {
            assert!(
                chunk["usage"][count].as_u64() > Some(0),
                "{provider} {count}"
            );
        }
        for time in ["elapsed_ms", "first_token_ms"] {
            assert!(chunk[time].is_u64(), "{provider} {time}");
        }
        let at = |time: &str| -> jiff::Timestamp {
            let text = chunk[time].as_str().expect("a time");
            text.parse().expect("a time stamp")
        };
        assert!(at("started") <= at("finished"));
        assert!(
            before.is_none_or(|before| before <= at("started")),
            "one after the other: {chunk}"
        );
        before = Some(at("finished"));
        for slice in [
            "premise",
            "setting",
            "tense",
            "rule 1",
            "rule 2",
            "style",
            "beat",
            "cast Mara Voss",
        ] {
            let held = chunk["input_places"].as_array().unwrap().iter();
            let mut held = held.map(|place| &inputs[place.as_u64().unwrap() as usize]["slice"]);
            assert!(held.any(|held| held == slice), "{provider} {slice}");
        }
    }
}

/// What stands in a prompt: a mark, and the parts whose prompt must hold it. All others must
/// not.
const HELD: &[(&str, &[usize])] = &[
    ("PREMISE-MARK", &[1, 2, 3, 4]),
    ("SETTING-MARK", &[1, 2, 3, 4]),
    ("STYLE-MARK", &[1, 2, 3, 4]),
    ("BACKGROUND-MARK", &[1, 2, 3, 4]),
    (
        "1. The lamp is never out at night. RULE-ONE-MARK",
        &[1, 2, 3, 4],
    ),
    (
        "2. Nobody opens the oak door; not even\n   in the last part. RULE-TWO-MARK",
        &[1, 2, 3, 4],
    ),
    ("Title: The Lamp", &[1, 2, 3, 4]),
    ("Point of view: first person", &[1, 2, 3, 4]),
    ("Tense: past", &[1, 2, 3, 4]),
    ("Protagonist: Mara Voss", &[1, 2, 3, 4]),
    ("MARA-MARK", &[1, 2, 3, 4]),
    ("ILSE-MARK", &[2]),
    ("What happens: Mara comes to the rock. BEAT-ONE-MARK", &[1]),
    ("ENTER-ONE-MARK", &[1]),
    ("EXIT-ONE-MARK", &[1]),
    (
        "What happens: She reads what was written. BEAT-TWO-MARK",
        &[2],
    ),
    (
        "What happens: She finds the oak door. BEAT-THREE-MARK",
        &[3],
    ),
    ("What happens: The lamp burns. BEAT-FOUR-MARK", &[4]),
    // As an instruction, not as the comment that it is in the brief.
    ("The author asks: colder, and no rain MARGIN-MARK", &[2]),
    ("<!--", &[]),
    ("NOTES-MARK", &[]),
    ("She dies in the end", &[]),
    ("sw:", &[]),
    ("{#", &[]),
    ("target_words", &[]),
    (KEY, &[]),
];

#[test]
fn every_request_holds_facts_rules_and_its_own_beat_and_no_notes() {
    for provider in PROVIDERS {
        let server = novelist();
        let desk = with_key(BRIEF);
        desk.write(provider, &server, &["--api-key-env", "MY_KEY"])
            .exits(0);
        let requests = server.completions();
        let asked: Vec<usize> = requests.iter().map(|r| part_of(&r.user())).collect();
        assert_eq!(asked, [1, 2, 3, 4], "{provider}");
        for request in &requests {
            holds_what_it_must(provider, request);
            is_well_addressed(provider, request);
        }
        // The stable part is the same to the byte, so that caches of prefixes hit.
        for request in &requests {
            assert_eq!(request.system(), requests[0].system(), "{provider}");
        }
        assert!(requests[0].system().contains("RULE-TWO-MARK"), "{provider}");
        // From the second on, each has the end of the part before.
        let novel = Novel::short();
        for (request, part) in requests.iter().skip(1).zip(1..) {
            let end = &novel.part(part)[novel.part(part).len() - 200..];
            assert!(request.user().contains(end), "{provider} after {part}");
        }
    }
}

fn holds_what_it_must(provider: &str, request: &Recorded) {
    let prompt = request.prompt();
    let part = part_of(&request.user());
    let sent = request.body.to_string();
    for (mark, parts) in HELD {
        let holds = prompt.contains(mark);
        assert_eq!(
            holds,
            parts.contains(&part),
            "{provider}: {mark:?} in the prompt of part {part}:\n{prompt}"
        );
        if parts.is_empty() {
            assert!(!sent.contains(mark), "{provider}: {mark:?} in the body");
        }
    }
    // The next beat is told as not yet to come, the last as the last.
    match part {
        4 => assert!(prompt.contains("# This is the last part"), "{provider}"),
        _ => assert!(prompt.contains("# Not yet"), "{provider}"),
    }
}

fn is_well_addressed(provider: &str, request: &Recorded) {
    assert_eq!(request.method, "POST");
    assert_eq!(request.model(), "scripted-model");
    assert_eq!(request.body["stream"], json!(true), "{provider}");
    assert!(request.max_tokens() > Some(PART as u64), "{provider}");
    let (protocol, path, header, value) = match provider {
        "anthropic" => (
            Protocol::Anthropic,
            "/v1/messages",
            "x-api-key",
            KEY.to_owned(),
        ),
        "openai" => (
            Protocol::Openai,
            "/v1/chat/completions",
            "authorization",
            format!("Bearer {KEY}"),
        ),
        _ => (
            Protocol::Ollama,
            "/api/chat",
            "authorization",
            format!("Bearer {KEY}"),
        ),
    };
    assert_eq!(request.protocol, Some(protocol));
    assert_eq!(request.path, path);
    assert_eq!(request.header(header), Some(value.as_str()), "{provider}");
    let others = request
        .headers
        .iter()
        .filter(|(name, value)| name != header && value.contains(KEY));
    assert_eq!(
        others.count(),
        0,
        "{provider}: the key is in one header only"
    );
}

/// Without a model in the settings, a server that lists its models is asked for one.
#[test]
fn the_model_is_the_servers_when_no_setting_names_one() {
    for provider in PROVIDERS {
        let server = novelist();
        let desk = Desk::with(BRIEF);
        let arguments = [
            "write",
            "--provider",
            provider,
            "--base-url",
            &server.base_url,
        ];
        desk.run(&arguments).exits(0);
        let model = desk.manifest()["chunks"][0]["model"].clone();
        let expected = match provider {
            "ollama" => "scripted-model:latest",
            _ => "scripted-model",
        };
        assert_eq!(model, expected, "{provider}");
        assert_eq!(server.completions()[0].model(), expected, "{provider}");
    }
}
