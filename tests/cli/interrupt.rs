//! Stopped in the middle, gently and not: the text that came is on disk, and the same command
//! goes on from its last words.
#![cfg(unix)]

use std::time::{Duration, Instant};

use crate::desk::{DEADLINE, Desk, until};
use crate::novel::{BRIEF, Novel, PART, part_of, so_far, tokens};
use crate::support::model_server::{Gate, ModelServer};

/// Holds the answer for part 2 back after so many tokens, once.
fn held_back(tokens: usize, gate: &Gate) -> ModelServer {
    let (novel, gate) = (Novel::short(), gate.clone());
    let mut held = false;
    ModelServer::start(move |request| {
        let answer = novel.answer(request);
        match part_of(&request.user()) {
            2 if !std::mem::replace(&mut held, true) => answer.stall_after(tokens, &gate),
            _ => answer,
        }
    })
}

/// The whole words of the first tokens of part 2.
fn sent(tokens: usize) -> String {
    let novel = Novel::short();
    let text = &novel.part(2)[..tokens * 5];
    text[..text.rfind(' ').expect("a space")].to_owned()
}

/// Waits until the text that came before the gate is on disk.
fn wait_until_saved(desk: &Desk, text: &str) {
    until("saved text", || {
        let file = desk.path("generated/the-lamp-01/chunks/chunk_02.md");
        let saved = std::fs::read_to_string(file).ok()?;
        saved.trim_end().ends_with(text).then_some(())
    });
}

fn finishes(desk: &Desk, server: &ModelServer, kept: &str) {
    let before = server.completions().len();
    desk.write("anthropic", server, &[]).exits(0);
    let resumed = &server.completions()[before];
    // Its request quotes the last words and asks for what is left.
    assert_eq!(part_of(&resumed.user()), 2);
    assert_eq!(so_far(&resumed.user()), Some(kept));
    let left = PART - kept.split_whitespace().count();
    assert!(resumed.user().contains(&format!("about {left} words more")));
    // Part 1 is not asked for again.
    assert_eq!(server.completions().len(), before + 3);
    let novel = Novel::short();
    for number in 1..=4 {
        let chunk = desk.chunk(number as u32);
        assert_eq!(chunk.status, "complete");
        assert_eq!(chunk.prose, novel.part(number));
    }
}

#[test]
fn an_interrupt_keeps_the_text_and_the_same_command_finishes() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let gate = Gate::new();
        let server = held_back(70, &gate);
        let desk = Desk::with(BRIEF);
        let running = desk.start_write("anthropic", &server, &["--json"]);
        gate.wait_for_arrivals(1, DEADLINE);
        wait_until_saved(&desk, &sent(70));
        running.signal(signal);
        let ended = running.end().exits(130);
        server.wait_for_abandoned(1, DEADLINE);

        let chunk = desk.chunk(2);
        assert_eq!(chunk.status, "partial");
        assert_eq!(chunk.prose, sent(70));
        let finished = &ended.named("job_finished")[0];
        assert_eq!(finished["outcome"], "cancelled");
        assert_eq!(finished["incomplete"], serde_json::json!([2, 3, 4]));
        assert_eq!(
            ended.stderr,
            "cancelling; what has come so far is being saved …\n\
             storywright: cancelled: 1 chunk was written; still to write: chunks 2 to 4. All text so \
             far is saved; the same command goes on from there.\n"
        );
        let status = desk.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["chunks"][1]["status"], "partial");
        assert_eq!(status["chunks"][2]["status"], "missing");
        finishes(&desk, &server, &sent(70));
    }
}

#[test]
fn an_interrupt_ends_the_wait_for_an_answer_and_between_attempts() {
    use crate::support::model_server::Reply;
    let never = ModelServer::start(|_| Reply::never());
    let limited = ModelServer::start(|_| {
        Reply::error(429, serde_json::json!({})).header("Retry-After", "500")
    });
    for server in [never, limited] {
        let desk = Desk::with(BRIEF);
        let running = desk.start_write("openai", &server, &["--json"]);
        server.wait_for_completions(1, DEADLINE);
        running.signal(libc::SIGINT);
        let ended = running.end().exits(130);
        assert_eq!(server.completions().len(), 1);
        assert_eq!(ended.named("job_finished")[0]["outcome"], "cancelled");
    }
}

#[test]
fn a_second_interrupt_does_not_wait() {
    let gate = Gate::new();
    let server = held_back(70, &gate);
    let desk = Desk::with(BRIEF);
    let running = desk.start_write("anthropic", &server, &[]);
    gate.wait_for_arrivals(1, DEADLINE);
    running.signal(libc::SIGINT);
    running.signal(libc::SIGINT);
    assert_eq!(running.end().code, Some(130));
}

/// The promise to the second: text is saved at most a second after it came, also when nothing
/// comes after it; whatever kills the process then costs nothing of it.
#[test]
fn a_kill_costs_at_most_the_last_second() {
    let mut delays = Vec::new();
    for after in [6, 70, 150] {
        let gate = Gate::new();
        let server = held_back(after, &gate);
        let desk = Desk::with(BRIEF);
        let running = desk.start_write("openai", &server, &[]);
        gate.wait_for_arrivals(1, DEADLINE);
        let sent_at = Instant::now();
        wait_until_saved(&desk, &sent(after));
        delays.push(sent_at.elapsed());
        running.signal(libc::SIGKILL);
        assert_eq!(running.end().code, None);
        let chunk = desk.chunk(2);
        assert_eq!(chunk.status, "partial");
        assert_eq!(chunk.prose, sent(after));
        finishes(&desk, &server, &sent(after));
    }
    // A machine that is busy with something else may be late once.
    let best = delays.iter().min();
    assert!(best < Some(&Duration::from_secs(1)), "{delays:?}");
}

/// Killed in the middle of a stream, without waiting for anything.
#[test]
fn a_kill_in_the_middle_of_a_stream_loses_no_more_than_that() {
    let novel = Novel::of([2_000; 4]);
    let all = tokens(novel.part(1)).len();
    let server = {
        let novel = novel.clone();
        // Some 2,500 bytes a second.
        ModelServer::start(move |request| novel.answer(request).per_second(500.0))
    };
    let brief = BRIEF
        .replace("target_words: 600", "target_words: 8000")
        .replace("chunk_words: 150", "chunk_words: 2000");
    let desk = Desk::with(&brief);
    let running = desk.start_write("openai", &server, &["--json"]);
    let mut killed_at = 0;
    let seen = until("half of the part", || {
        let file = desk.path("generated/the-lamp-01/chunks/chunk_01.md");
        let saved = std::fs::read_to_string(file).ok()?;
        killed_at = saved.len();
        (saved.len() > 2_500).then_some(saved)
    });
    running.signal(libc::SIGKILL);
    assert_eq!(running.end().code, None);
    let chunk = desk.chunk(1);
    assert_eq!(chunk.status, "partial");
    assert!(novel.part(1).starts_with(&chunk.prose), "{}", chunk.prose);
    assert!(chunk.prose.len() + 200 >= seen.len());
    assert!(killed_at < all * 5, "it was still being written");
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["chunks"][0]["status"], "partial");
    assert_eq!(status["chunks"][0]["words"], chunk.words());
}

/// What was begun under another tense can't be gone on with; what was begun under another style
/// can, and the whole chunk is stale for it.
#[test]
fn a_part_is_begun_anew_only_where_what_it_stands_on_changed() {
    for (from, to, anew, stale) in [
        (
            "tense: past",
            "tense: present",
            Some("the tense changed"),
            None,
        ),
        ("1. The lamp", "1. A lamp", Some("rule 1 changed"), None),
        (
            "Plain and close",
            "Plain and dry",
            None,
            Some("the style changed"),
        ),
    ] {
        let gate = Gate::new();
        let server = held_back(70, &gate);
        assert!(BRIEF.contains(from), "{from}");
        let desk = Desk::with(BRIEF);
        let running = desk.start_write("anthropic", &server, &[]);
        gate.wait_for_arrivals(1, DEADLINE);
        wait_until_saved(&desk, &sent(70));
        running.signal(libc::SIGKILL);
        assert_eq!(running.end().code, None);
        desk.put("story.md", &BRIEF.replacen(from, to, 1));

        let before = server.completions().len();
        let ended = desk.write("anthropic", &server, &["--json"]).exits(0);
        let resumed = &server.completions()[before];
        assert_eq!(part_of(&resumed.user()), 2);
        let warned = ended.named("warning");
        let told: Vec<&str> = warned
            .iter()
            .filter(|warning| warning["code"] == "begun-anew")
            .filter_map(|warning| warning["message"].as_str())
            .collect();
        let history = desk.files("generated/the-lamp-01/history/chunk_02");
        let is_kept = history.iter().any(|(_, text)| text.contains(&sent(70)));
        assert_eq!(is_kept, anew.is_some(), "{from}");
        match anew {
            Some(reason) => {
                assert_eq!(so_far(&resumed.user()), None, "{from}");
                assert!(told.len() == 1 && told[0].contains(reason), "{told:?}");
            }
            None => {
                assert_eq!(so_far(&resumed.user()), Some(sent(70).as_str()), "{from}");
                assert_eq!(told, Vec::<&str>::new());
            }
        }
        assert_eq!(desk.chunk(2).prose, Novel::short().part(2));
        let status = desk.run(&["status", "--json"]).exits(0).json();
        let reasons = &status["chunks"][1]["stale_reasons"];
        assert_eq!(*reasons, serde_json::json!(Vec::from_iter(stale)), "{from}");
    }
}
