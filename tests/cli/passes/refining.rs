//! A second pass over chunks: proposed, applied, refused, and asked for by name.

use serde_json::json;

use super::*;
use crate::desk::DEADLINE;
use crate::novel::part_of;
use crate::orders::{CHAPTERS, is_seam, novel, opening};
use crate::support::model_server::Gate;

#[test]
fn proposed_texts_wait_for_a_yes_or_no() {
    let desk = Desk::with(BRIEF);
    let server = server(refined);
    let ended = write(&desk, &server, &["--refine", "propose", "--json"]).exits(0);
    assert_eq!(ended.named("chunk_refined").len(), 4, "{}", ended.stdout);
    assert_eq!(calls(&server)["refiner"], 4);
    let novel = Novel::short();
    for (number, request) in (1..).zip(asked(&server.completions(), "refiner")) {
        // One part, under the same facts, and never the story as a whole.
        assert_eq!(text_of(request), novel.part(number));
        // The end of the part before is what it goes on from.
        let others = (1..=4).filter(|other| *other != number && *other + 1 != number);
        for other in others {
            assert!(!request.prompt().contains(novel.part(other)), "{number}");
        }
        for mark in ["RULE-ONE-MARK", "PREMISE-MARK", "STYLE-MARK"] {
            assert!(request.system().contains(mark), "{mark}");
        }
        assert!(!request.prompt().contains("NOTES-MARK"));
        assert_eq!(part_of(&request.user()), number);
        assert_eq!(desk.chunk(number as u32).prose, novel.part(number));
    }
    let second = &asked(&server.completions(), "refiner")[1].user();
    assert!(
        second.contains("The author asks: colder, and no rain MARGIN-MARK"),
        "{second}"
    );
    desk.run(&["accept", "1"]).exits(0);
    desk.run(&["reject", "2"]).exits(0);
    assert_eq!(desk.chunk(1).prose, better(novel.part(1)));
    assert_eq!(desk.chunk(2).prose, novel.part(2));
    let history = desk.files(&format!("{SESSION}/history"));
    assert!(history.iter().any(|(_, text)| text.contains(novel.part(1))));
    assert!(
        history
            .iter()
            .any(|(_, text)| text.contains(&better(novel.part(2))))
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let waits: Vec<bool> = (0..4)
        .map(|at| status["chunks"][at]["has_revision"] == true)
        .collect();
    assert_eq!(waits, [false, false, true, true]);
}

#[test]
fn an_applied_text_is_what_the_next_chunk_goes_on_from() {
    let desk = Desk::with(BRIEF);
    let server = server(refined);
    write(&desk, &server, &["--refine", "apply"]).exits(0);
    let novel = Novel::short();
    for number in 1..=4 {
        assert_eq!(
            desk.chunk(number).prose,
            better(novel.part(number as usize))
        );
    }
    let story = desk.read(&format!("{SESSION}/full_story.md"));
    assert!(story.contains(&better(novel.part(1))));
    let requests = server.completions();
    let drafts = asked(&requests, "scripted-model");
    assert!(drafts[1].user().contains("as she later said."));
    assert_fresh(&desk);
    let history = desk.read(&format!("{SESSION}/history/chunk_01/0001.md"));
    assert!(history.contains(novel.part(1)) && history.contains("why: \"the text was refined\""));
}

/// No chunk is stale, edited, or waits for a yes or no.
fn assert_fresh(desk: &Desk) {
    let status = desk.run(&["status", "--json"]).exits(0).json();
    for chunk in status["chunks"].as_array().expect("chunks") {
        for mark in ["stale", "edited", "has_revision"] {
            assert_eq!(chunk[mark], false, "{mark}: {chunk}");
        }
    }
}

/// Beside each other, with beginnings that are fitted to the text before: once they are.
#[test]
fn chunks_that_are_written_beside_each_other_are_gone_over_once_they_fit() {
    for (way, order) in [("apply", "all"), ("propose", "all"), ("apply", "chapters")] {
        let desk = Desk::with(CHAPTERS);
        let server = ModelServer::start(move |request| match request.model() {
            "refiner" => refined(request),
            "auditor" => Reply::text("{\"findings\": []}"),
            _ if is_seam(request) => {
                let user = request.user();
                let (_, after) = user
                    .split_once("# This part begins with\n")
                    .expect("a seam");
                Reply::text(format!("Fitted: {}", opening(after)))
            }
            _ => novel().answer(request),
        });
        let flags = [
            "--refine",
            way,
            "--audit",
            "on",
            "--order",
            order,
            "--parallel",
            "4",
        ];
        let ended = write(&desk, &server, &flags).exits(0);
        assert_eq!(
            (calls(&server)["refiner"], calls(&server)["auditor"]),
            (6, 6),
            "{way} {order}"
        );
        let requests = server.completions();
        let fitted = requests.iter().filter(|request| is_seam(request)).count();
        assert_eq!(
            fitted,
            if order == "all" { 5 } else { 1 },
            "{}",
            ended.said()
        );
        for number in 2..=6 {
            let text = desk.chunk(number).prose;
            let is_late = order == "all" || number == 4;
            assert_eq!(
                text.starts_with("Fitted: "),
                is_late,
                "{way} {order} {number}: {text}"
            );
            match way {
                "apply" => assert!(text.contains("as she later said."), "{number}"),
                _ => {
                    let waits = desk.read(&format!("{SESSION}/revisions/chunk_0{number}.md"));
                    // Of the text as it is now, so that a yes loses no beginning.
                    assert!(waits.contains(&better(&text)), "{number}");
                }
            }
        }
        if way == "apply" {
            assert_fresh(&desk);
        }
        let before = requests.len();
        write(&desk, &server, &flags).exits(0);
        assert_eq!(server.completions().len(), before, "{way} {order}");
    }
}

#[test]
fn a_refiner_that_hangs_holds_up_but_two_chunks() {
    let desk = Desk::with(BRIEF);
    let server = server(|_| Reply::never());
    let flags = ["--refine", "apply", "--timeouts-first-token", "1", "--json"];
    let ended = write(&desk, &server, &flags).exits(0);
    assert_eq!(calls(&server)["refiner"], 4);
    assert_eq!(codes(&ended), ["refine-failed"; 2]);
    let novel = Novel::short();
    for number in 1..=4 {
        assert_eq!(desk.chunk(number).prose, novel.part(number as usize));
    }
}

#[test]
fn a_text_that_is_as_good_as_it_gets_stays() {
    let desk = Desk::with(BRIEF);
    let server = server(|request| Reply::text(text_of(request)));
    let flags = ["--refine", "propose", "--json"];
    let ended = write(&desk, &server, &flags).exits(0);
    let refined = ended.named("chunk_refined");
    assert!(
        refined.iter().all(|it| it["result"] == "unchanged"),
        "{refined:?}"
    );
    assert_eq!(desk.files(&format!("{SESSION}/revisions")).len(), 0);
    write(&desk, &server, &flags).exits(0);
    assert_eq!(calls(&server)["refiner"], 4);
}

#[test]
fn a_text_that_loses_something_is_refused_and_the_job_goes_on() {
    let short = |request: &Recorded| text_of(request).split_at(200).0.to_owned() + ".";
    type Make = fn(&Recorded) -> Reply;
    let cases: [(&str, Make, usize); 4] = [
        (
            "refine-refused",
            |_| Reply::text("I can't help with that."),
            4,
        ),
        ("refine-refused", |_| Reply::text(""), 4),
        (
            "refine-failed",
            |_| Reply::error(401, json!({"error": {"message": "no"}})),
            1,
        ),
        (
            "refine-failed",
            |_| Reply::text("The lamp").close_after(1),
            // After two in a row nothing more is asked.
            4,
        ),
    ];
    for (code, make, expected) in cases {
        let desk = Desk::with(BRIEF);
        let server = server(make);
        let ended = write(&desk, &server, &["--refine", "apply", "--json"]).exits(0);
        assert_eq!(calls(&server)["refiner"], expected, "{code}");
        assert!(
            codes(&ended).iter().all(|it| it == code),
            "{:?}",
            codes(&ended)
        );
        let novel = Novel::short();
        for number in 1..=4 {
            assert_eq!(desk.chunk(number as u32).prose, novel.part(number));
        }
        assert_eq!(desk.files(&format!("{SESSION}/revisions")).len(), 0);
    }
    let desk = Desk::with(BRIEF);
    let server = server(move |request| Reply::text(short(request)));
    let ended = write(&desk, &server, &["--refine", "propose", "--json"]).exits(0);
    assert_eq!(codes(&ended), ["refine-refused"; 4]);
    // What came was paid for.
    let errors = desk.files(&format!("{SESSION}/runs/run-001-draft/errors"));
    let start = Novel::short().part(1).split_at(150).0.to_owned();
    assert!(errors.iter().any(|(_, text)| text.contains(&start)));
}

#[test]
fn a_budget_holds_for_the_second_pass_too() {
    let desk = Desk::with(BRIEF);
    let novel = Novel::short();
    let server = ModelServer::start(move |request| match request.model() {
        "refiner" => refined(request).usage(100, 0, 5_000),
        _ => novel.answer(request).usage(100, 0, 200),
    });
    let flags = [
        "--refine",
        "propose",
        "--state",
        "off",
        "--max-output-tokens",
        "700",
        "--json",
    ];
    let ended = write(&desk, &server, &flags);
    assert!(
        codes(&ended).contains(&"passes-left-out".to_owned()) || ended.code == Some(1),
        "{}",
        ended.said()
    );
    let refiner = calls(&server)["refiner"];
    assert!(refiner < 4, "{refiner}");
    let finished = &ended.named("job_finished")[0];
    let drafts = calls(&server)["scripted-model"] as u64;
    let tokens = finished["usage"]["output_tokens"].as_u64();
    assert_eq!(tokens, Some(drafts * 200 + refiner as u64 * 5_000));
}

#[test]
fn one_chunk_is_refined_by_name_whatever_the_settings_say() {
    let desk = written();
    let server = server(refined);
    let novel = Novel::short();
    let ended = run(&desk, &server, "refine", &["--chunk", "log"]).exits(0);
    let waits = format!("{SESSION}/revisions/chunk_02.md");
    assert!(ended.stdout.contains(&waits), "{}", ended.stdout);
    assert!(desk.read(&waits).contains(&better(novel.part(2))));
    assert_eq!(desk.chunk(2).prose, novel.part(2));
    let ended = run(
        &desk,
        &server,
        "refine",
        &["--chunk", "2", "--apply", "--json"],
    )
    .exits(0);
    let started = &ended.named("job_started")[0];
    assert_eq!(
        (&started["work"], &started["model"]),
        (&json!("refine"), &json!("refiner"))
    );
    assert_eq!(ended.named("chunk_refined")[0]["result"], "applied");
    assert_eq!(desk.chunk(2).prose, better(novel.part(2)));
    // An author's own text may be refined when it is named.
    desk.edit_chunk(3, |text| format!("{text} <!-- sw: slower --> {HID}"));
    run(&desk, &server, "refine", &["--chunk", "3"]).exits(0);
    let requests = server.completions();
    let user = requests.last().expect("a request").user();
    assert!(
        user.contains("”: slower") && !user.contains("<!--"),
        "{user}"
    );
    assert_eq!(calls(&server).keys().len(), 1);
    desk.edit_chunk(4, |_| String::new());
    let ended = run(&desk, &server, "refine", &["--chunk", "4"]).exits(1);
    assert!(ended.stderr.contains("not complete"), "{}", ended.stderr);
    run(&desk, &server, "refine", &["--chunk", "9"]).exits(2);
    assert_eq!(calls(&server)["refiner"], 3);
}

#[test]
fn names_may_not_get_lost() {
    let desk = written();
    desk.edit_chunk(1, |text| format!("{text} {HID}"));
    let server = server(|request| {
        let text = better(&text_of(request)).replace("Mara Voss", "Somebody");
        Reply::text(text)
    });
    let ended = run(&desk, &server, "refine", &["--chunk", "1", "--apply"]).exits(1);
    assert!(ended.stderr.contains("loses Mara Voss"), "{}", ended.stderr);
    assert!(desk.chunk(1).prose.ends_with(HID));
}

#[test]
fn what_the_author_writes_meanwhile_stays() {
    let desk = written();
    let gate = Gate::new();
    let held = gate.clone();
    let server = server(move |request| refined(request).stall_after(1, &held));
    let mut arguments = vec!["refine", "--chunk", "1", "--apply", "--json"];
    arguments.extend(["--provider", "openai", "--model", "refiner"]);
    arguments.extend(["--base-url", &server.base_url]);
    let running = desk.start(&arguments);
    gate.wait_for_arrivals(1, DEADLINE);
    desk.edit_chunk(1, |text| format!("{text} MINE."));
    gate.open();
    let ended = running.end().exits(0);
    assert_eq!(codes(&ended), ["author-edited"]);
    assert!(desk.chunk(1).prose.ends_with(" MINE."));
    let waits = desk.read(&format!("{SESSION}/revisions/chunk_01.md"));
    assert!(waits.contains(&better(Novel::short().part(1))));
}
