//! Candidates: other texts of a chunk, compared, of which one is taken.

use serde_json::{Value, json};

use crate::desk::{Desk, KEY};
use crate::novel::{BRIEF, PART};
use crate::protocols::novelist;
use crate::support::model_server::{ModelServer, Reply};
use crate::support::prose::prose;

pub const FOLDER: &str = "revisions/candidates";

/// A story that is written, and a server for what comes after.
pub fn written() -> Desk {
    let mut desk = Desk::with(BRIEF);
    desk.set("OPENAI_API_KEY", KEY);
    desk.write("openai", &novelist(), &["--state", "off"])
        .exits(0);
    desk
}

/// The arguments that ask a server for candidates of the third chunk.
pub fn asking<'a>(server: &'a ModelServer, count: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["rewrite", "--chunk", "3", "--candidates", count];
    arguments.extend([
        "--provider",
        "openai",
        "--base-url",
        &server.base_url,
        "--state",
        "off",
        "--model",
        "scripted-model",
    ]);
    arguments
}

/// A server that answers each asking with another text.
fn inventive() -> ModelServer {
    ModelServer::queue((0..6).map(|seed| Reply::text(prose(PART, 700 + seed))))
}

pub fn candidates(desk: &Desk) -> Vec<Value> {
    let found = desk.run(&["candidates", "3", "--json"]).exits(0).json();
    found["candidates"].as_array().expect("candidates").clone()
}

pub fn history_of_third(desk: &Desk) -> Vec<String> {
    let folder = format!("{}/history/chunk_03", desk.session());
    let files = desk.files(&folder).into_iter();
    files
        .filter(|(name, _)| name.ends_with(".md"))
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn candidates_wait_beside_the_chunk_and_one_is_taken() {
    let desk = written();
    let before = desk.chunk(3).prose;
    let server = inventive();
    let ended = desk
        .run(&[&asking(&server, "3")[..], &["--seed", "7"]].concat())
        .exits(0);
    assert!(
        ended.stdout.contains("chunk 3 “The Door” has 3 candidates"),
        "{}",
        ended.stdout
    );
    assert_eq!(desk.chunk(3).prose, before, "the chunk is as it was");
    let asked = server.completions();
    assert_eq!(asked.len(), 3);
    let mut seeds: Vec<u64> = asked
        .iter()
        .map(|it| it.body["seed"].as_u64().unwrap())
        .collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 3, "each has a seed of its own");
    let found = candidates(&desk);
    let texts: Vec<String> = (0..3).map(|seed| prose(PART, 700 + seed)).collect();
    for (candidate, text) in found.iter().zip(&texts) {
        assert_eq!(candidate["complete"], true);
        assert_eq!(candidate["of_present_text"], true);
        let file = desk.read(candidate["file"].as_str().unwrap());
        assert!(file.contains(text.trim()), "{file}");
    }

    desk.run(&["accept", "3", "--candidate", "2"]).exits(0);
    assert_eq!(desk.chunk(3).prose.trim(), texts[1].trim());
    assert!(candidates(&desk).is_empty());
    assert!(
        desk.files(&format!("{}/{FOLDER}", desk.session()))
            .is_empty()
    );
    let kept = history_of_third(&desk);
    for text in [before.as_str(), &texts[0], &texts[2]] {
        assert!(
            kept.iter().any(|it| it.contains(text.trim())),
            "lost: {text}"
        );
    }
    // What stood there comes back.
    let versions = desk.run(&["versions", "3", "--json"]).exits(0).json();
    let versions = versions["versions"].as_array().unwrap().len();
    assert!(versions >= 3, "{versions}");
    let stale = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(stale["chunks"][2]["stale"], false, "{stale}");
    desk.run(&["restore", "3"]).exits(0);
    assert_eq!(desk.chunk(3).prose, before);
}

/// A chunk that was stale is not, once a candidate is taken that was written under the brief as it is.
#[test]
fn a_candidate_is_held_against_what_it_was_written_from() {
    let desk = written();
    desk.put(
        "story.md",
        &BRIEF.replace("in the winter of 1911", "in the winter of 1912"),
    );
    let stale = |desk: &Desk| {
        let status = desk.run(&["status", "--json"]).exits(0).json();
        status["chunks"][2]["stale"].clone()
    };
    assert_eq!(stale(&desk), true);
    desk.run(&asking(&inventive(), "1")).exits(0);
    desk.run(&["accept", "3", "--candidate", "1"]).exits(0);
    assert_eq!(stale(&desk), false);
}

#[test]
fn the_same_command_writes_what_is_missing() {
    let desk = written();
    let server = inventive();
    desk.run(&asking(&server, "1")).exits(0);
    desk.run(&asking(&server, "3")).exits(0);
    assert_eq!(server.completions().len(), 3);
    desk.run(&asking(&server, "3")).exits(0);
    assert_eq!(server.completions().len(), 3, "there are three");
    let numbers: Vec<Value> = candidates(&desk)
        .iter()
        .map(|it| it["candidate"].clone())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

/// A stream that breaks off leaves what came of it.
#[test]
fn what_came_of_a_candidate_is_there() {
    let desk = written();
    let text = prose(PART, 700);
    let server = ModelServer::queue([
        Reply::text(text.clone()).close_after(60),
        Reply::text(prose(PART, 701)),
    ]);
    desk.run(&asking(&server, "1")).exits(0);
    let found = candidates(&desk);
    let complete: Vec<bool> = found
        .iter()
        .map(|it| it["complete"].as_bool().unwrap())
        .collect();
    assert_eq!(complete, [false, true], "{found:?}");
    let partial = desk.read(found[0]["file"].as_str().unwrap());
    let begun: String = text.split(' ').take(20).collect::<Vec<_>>().join(" ");
    assert!(partial.contains(&begun), "{partial}");
    desk.run(&["reject", "3", "--candidates"]).exits(0);
    assert!(candidates(&desk).is_empty());
    assert!(history_of_third(&desk).iter().any(|it| it.contains(&begun)));
}

#[test]
fn the_budget_and_a_dry_run_count_them_all() {
    let desk = written();
    let server = inventive();
    let foreseen = [&asking(&server, "3")[..], &["--dry-run", "--json"]].concat();
    let foreseen = desk.run(&foreseen).exits(0).json();
    assert_eq!(foreseen["calls"], 3, "{foreseen}");
    assert_eq!(foreseen["chunks"], json!([3]));
    assert_eq!(server.completions().len(), 0);
    let few = [&asking(&server, "3")[..], &["--max-output-tokens", "250"]].concat();
    let ended = desk.run(&few).exits(1);
    let said = "the budget of 250 output tokens (max_output_tokens) is used up";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert!(server.completions().len() < 3);
    assert!(!candidates(&desk).is_empty(), "what was paid for is there");
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let desk = written();
    let server = inventive();
    let told = desk
        .run(&["accept", "3", "--candidate", "2"])
        .exits(1)
        .stderr;
    assert!(
        told.contains("chunk 3 has no candidates, so nothing was changed"),
        "{told}"
    );
    desk.run(&asking(&server, "1")).exits(0);
    let told = desk
        .run(&["accept", "3", "--candidate", "2"])
        .exits(1)
        .stderr;
    assert!(
        told.contains("chunk 3 has no candidate 2, so nothing was changed; there are 1"),
        "{told}"
    );
    desk.run(&["lock", "3"]).exits(0);
    desk.run(&["accept", "3", "--candidate", "1"]).exits(1);
    assert_eq!(candidates(&desk).len(), 1);
    desk.run(&asking(&server, "3")).exits(1);
    assert_eq!(
        server.completions().len(),
        1,
        "a locked chunk is not asked for"
    );
    desk.run(&["rewrite", "--stale", "--candidates", "3"])
        .exits(2);
}

/// The demo writer, too, writes another text each time.
#[test]
fn the_demo_writer_has_more_than_one_idea() {
    let desk = Desk::with(BRIEF);
    desk.run(&["write", "--provider", "demo"]).exits(0);
    desk.run(&[
        "rewrite",
        "--chunk",
        "3",
        "--candidates",
        "3",
        "--provider",
        "demo",
    ])
    .exits(0);
    let found = candidates(&desk);
    assert_eq!(found.len(), 3);
    let mut texts: Vec<String> = found
        .iter()
        .map(|it| desk.read(it["file"].as_str().unwrap()))
        .collect();
    texts
        .iter_mut()
        .for_each(|text| *text = text.split("---").last().unwrap().to_owned());
    texts.push(desk.chunk(3).prose);
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 4);
}
