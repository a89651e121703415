//! The same command again: every text is gone over once, however the command before ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::*;
use crate::desk::DEADLINE;
use crate::support::model_server::Gate;

/// Refines, and finds nothing to complain of.
fn both(request: &Recorded) -> Reply {
    match request.model() {
        "auditor" => auditor(request),
        _ => refined(request),
    }
}

fn roles(server: &ModelServer) -> [usize; 3] {
    let calls = calls(server);
    ["scripted-model", "refiner", "auditor"].map(|role| calls.get(role).copied().unwrap_or(0))
}

fn stale(desk: &Desk) -> Vec<Value> {
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let chunks = status["chunks"].as_array().expect("chunks").clone();
    chunks
        .into_iter()
        .filter(|it| it["stale"] == true)
        .collect()
}

#[test]
fn a_story_that_was_gone_over_is_not_paid_for_again() {
    for way in ["propose", "apply"] {
        let desk = Desk::with(BRIEF);
        let server = server(both);
        let flags = ["--refine", way, "--audit", "on"];
        let ended = write(&desk, &server, &flags).exits(0);
        let done = "4 chunks were written, 4 chunks were refined, 4 chunks were audited";
        assert!(ended.stdout.contains(done), "{}", ended.said());
        assert_eq!(roles(&server), [4, 4, 4], "{way}");
        let again = |what: &str| {
            let ended = write(&desk, &server, &flags).exits(0);
            assert_eq!(roles(&server), [4, 4, 4], "{way}, {what}");
            assert!(
                ended.stdout.contains("nothing to write"),
                "{}",
                ended.said()
            );
        };
        again("finished");
        assert_eq!(stale(&desk), Vec::<Value>::new());
        if way == "apply" {
            // Whoever wants the old text back does not want it refined.
            desk.run(&["restore", "2"]).exits(0);
            assert_eq!(desk.chunk(2).prose, Novel::short().part(2));
            let ended = write(&desk, &server, &flags).exits(0);
            assert_eq!(roles(&server), [4, 4, 5], "{}", ended.said());
        } else {
            desk.run(&["reject", "2"]).exits(0);
            again("turned down");
            desk.run(&["accept", "1"]).exits(0);
            let ended = write(&desk, &server, &flags).exits(0);
            assert_eq!(roles(&server), [4, 4, 5], "{}", ended.said());
        }
    }
}

#[test]
fn a_story_that_was_written_before_is_gone_over_when_the_settings_say_so() {
    let desk = written();
    desk.edit_chunk(3, |text| format!("{text}\n\nMINE."));
    let mine = desk.chunk(3).prose;
    let server = server(both);
    let flags = ["--refine", "apply", "--audit", "on"];
    let ended = write(&desk, &server, &flags).exits(0);
    assert_eq!(roles(&server), [0, 3, 4], "{}", ended.said());
    let done = "3 chunks were refined, 4 chunks were audited; the story is complete";
    assert!(ended.stdout.contains(done), "{}", ended.said());
    // What the author wrote is not refined unasked.
    assert_eq!(desk.chunk(3).prose, mine);
    assert_eq!(desk.chunk(4).prose, better(Novel::short().part(4)));
    let reasons: Vec<String> = stale(&desk)
        .iter()
        .map(|it| it["stale_reasons"].to_string())
        .collect();
    // A refined text tells the same; an edited one may not.
    assert!(
        reasons.iter().all(|it| it.contains("chunk 3")),
        "{reasons:?}"
    );
    write(&desk, &server, &flags).exits(0);
    assert_eq!(roles(&server), [0, 3, 4]);
    // Another text is another matter, and only that one.
    desk.edit_chunk(1, |text| format!("{text}\n\nMINE TOO."));
    write(&desk, &server, &flags).exits(0);
    assert_eq!(roles(&server), [0, 3, 5]);
    assert!(desk.chunk(1).prose.ends_with("MINE TOO."));
}

#[cfg(unix)]
#[test]
fn a_pass_that_was_broken_off_goes_on_where_it_was() {
    for (way, signal, code) in [
        ("apply", 2, Some(130)),
        ("apply", 9, None),
        ("propose", 2, Some(130)),
        ("propose", 9, None),
    ] {
        let desk = Desk::with(BRIEF);
        let gate = Gate::new();
        let held = gate.clone();
        let hangs = Arc::new(AtomicBool::new(true));
        let hanging = Arc::clone(&hangs);
        let novel = Novel::short();
        let third = novel.part(3).to_owned();
        let server = server(move |request| {
            let reply = refined(request);
            let is_third = text_of(request) == third;
            match is_third && hanging.load(Ordering::SeqCst) {
                true => reply.stall_after(1, &held),
                false => reply,
            }
        });
        let flags = [&ROLES[..], &["--refine", way]].concat();
        let running = desk.start_write("openai", &server, &flags);
        gate.wait_for_arrivals(1, DEADLINE);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, code, "{}", ended.said());
        hangs.store(false, Ordering::SeqCst);
        gate.open();
        assert_eq!(desk.chunk(3).prose, novel.part(3), "{way} {signal}");
        let drafts = roles(&server)[0];
        write(&desk, &server, &["--refine", way]).exits(0);
        let [all_drafts, refiner, _] = roles(&server);
        // The one that was broken off, and those that nobody went over yet.
        assert_eq!(refiner, 5, "{way} {signal}");
        assert!(all_drafts - drafts <= 1, "{way} {signal}");
        for number in 1..=4 {
            let (text, part) = (desk.chunk(number).prose, novel.part(number as usize));
            match way {
                "apply" => assert_eq!(text, better(part), "{signal}"),
                _ => {
                    let waits = desk.read(&format!("{SESSION}/revisions/chunk_0{number}.md"));
                    assert!(text == part && waits.contains(&better(part)), "{signal}");
                }
            }
        }
    }
}

#[test]
fn what_was_refused_is_asked_for_again_only_by_name() {
    let desk = Desk::with(BRIEF);
    let server = server(|_| Reply::text("I can't help with that."));
    let flags = ["--refine", "propose"];
    let ended = write(&desk, &server, &flags).exits(0);
    assert!(
        ended.stderr.contains("storywright refine --chunk 1"),
        "{}",
        ended.said()
    );
    assert_eq!(roles(&server), [4, 4, 0]);
    write(&desk, &server, &flags).exits(0);
    assert_eq!(roles(&server), [4, 4, 0]);
    run(&desk, &server, "refine", &["--chunk", "1"]).exits(1);
    assert_eq!(roles(&server), [4, 5, 0]);
}

#[cfg(unix)]
#[test]
fn jobs_of_their_own_can_be_cancelled_and_leave_their_records() {
    for (command, arguments) in [("refine", &["--chunk", "1", "--apply"][..]), ("audit", &[])] {
        let desk = written();
        let gate = Gate::new();
        let held = gate.clone();
        let server = server(move |request| both(request).stall_after(1, &held));
        let mut all = vec![command, "--provider", "openai", "--model", "scripted-model"];
        all.extend(["--base-url", &server.base_url]);
        all.extend(ROLES);
        all.extend(arguments);
        let running = desk.start(&all);
        gate.wait_for_arrivals(1, DEADLINE);
        running.signal(2);
        let ended = running.end().exits(130);
        gate.open();
        assert!(ended.stderr.contains("cancelled"), "{}", ended.said());
        assert_eq!(desk.chunk(1).prose, Novel::short().part(1));
        let runs = desk.files(&format!("{SESSION}/runs/run-002-{command}"));
        let summary = runs.iter().find(|(name, _)| name.ends_with("summary.md"));
        let summary = &summary.expect("a summary").1;
        assert!(summary.contains("cancelled"), "{summary}");
        let log = runs.iter().find(|(name, _)| name.ends_with("log.jsonl"));
        assert!(log.expect("a log").1.contains("[CHECKPOINT]"));
    }
}

#[test]
fn a_budget_stops_an_audit_between_chunks_and_the_next_goes_on() {
    let desk = written();
    let server = server(|request| auditor(request).usage(100, 0, 300));
    let flags = ["--max-output-tokens", "500", "--json"];
    let ended = run(&desk, &server, "audit", &flags).exits(1);
    assert!(
        ended.stderr.contains("still to audit: chunks 3, 4"),
        "{}",
        ended.said()
    );
    assert_eq!(roles(&server), [0, 0, 2]);
    run(&desk, &server, "audit", &flags).exits(0);
    assert_eq!(roles(&server), [0, 0, 4]);
    let audits = desk.read(&format!("{SESSION}/audit.json"));
    let audits: Value = serde_json::from_str(&audits).expect("JSON");
    assert_eq!(
        audits["chunks"].as_object().map(serde_json::Map::len),
        Some(4)
    );
    assert_eq!(audits["version"], json!(1));
}

#[test]
fn an_audit_that_costs_money_stops_at_the_limit() {
    let desk = written();
    desk.configure("[prices.auditor]\ninput = 1000000.0\noutput = 0.0\n");
    let server = server(|request| auditor(request).usage(1, 0, 300));
    let ended = run(&desk, &server, "audit", &["--max-cost", "1.5"]).exits(1);
    assert!(ended.stderr.contains("max_cost"), "{}", ended.said());
    assert_eq!(roles(&server), [0, 0, 2]);
}
