//! What goes over chunks after they are complete: refining and auditing, where the author asks
//! for it and nowhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::desk::{DEADLINE, Desk, Ended};
use crate::novel::{BRIEF, Novel, PART, part_of};
use crate::support::model_server::{Gate, ModelServer, Recorded, Reply};

const SESSION: &str = "generated/the-lamp-01";
/// Models that tell the roles apart.
const ROLES: [&str; 4] = ["--models-refine", "refiner", "--models-audit", "auditor"];
const HID: &str = "Mara Voss hid the brass key under the third stair.";
const TOOK: &str = "Ilse Brandt took the brass key from the hook beside the door.";
const OUT: &str = "The lamp had been out all night long.";

/// Drafts by the novel; the other roles as the test says.
fn server(mut pass: impl FnMut(&Recorded) -> Reply + Send + 'static) -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| match request.model() {
        "refiner" | "auditor" => pass(request),
        _ => novel.answer(request),
    })
}

fn write(desk: &Desk, server: &ModelServer, more: &[&str]) -> Ended {
    desk.write("openai", server, &[&ROLES[..], more].concat())
}

fn run(desk: &Desk, server: &ModelServer, command: &str, more: &[&str]) -> Ended {
    let mut arguments = vec![command, "--provider", "openai", "--model", "scripted-model"];
    arguments.extend(["--base-url", &server.base_url]);
    arguments.extend(ROLES);
    arguments.extend(more);
    desk.run(&arguments)
}

/// A written story.
fn written() -> Desk {
    let desk = Desk::with(BRIEF);
    let server = ModelServer::start({
        let novel = Novel::short();
        move |request| novel.answer(request)
    });
    desk.write("openai", &server, &[]).exits(0);
    desk
}

/// How often each model was asked.
fn calls(server: &ModelServer) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for request in server.completions() {
        *calls.entry(request.model().to_owned()).or_default() += 1;
    }
    calls
}

fn asked<'a>(requests: &'a [Recorded], model: &str) -> Vec<&'a Recorded> {
    let mut asked: Vec<&Recorded> = requests.iter().collect();
    asked.retain(|request| request.model() == model);
    asked
}

/// The text that a request asks to be rewritten.
fn text_of(request: &Recorded) -> String {
    let user = request.user();
    let (_, after) = user
        .split_once("# The text of this part as it stands\n")
        .expect("a text");
    after
        .split_once("\n\nRewrite this text")
        .expect("an end")
        .0
        .to_owned()
}

fn better(text: &str) -> String {
    text.replacen('.', ", as she later said.", 1)
}

fn refined(request: &Recorded) -> Reply {
    Reply::text(better(&text_of(request)))
}

fn codes(ended: &Ended) -> Vec<String> {
    let warnings = ended.named("warning").into_iter();
    warnings
        .map(|warning| warning["code"].as_str().expect("a code").to_owned())
        .collect()
}

// ---------------------------------------------------------------- off

#[test]
fn what_is_off_is_never_asked_for() {
    for more in [&[][..], &["--refine", "off", "--audit", "off"]] {
        let server = server(|_| panic!("nobody asked for this"));
        write(&Desk::with(BRIEF), &server, more).exits(0);
        assert_eq!(calls(&server).keys().len(), 1, "{:?}", calls(&server));
        assert_eq!(calls(&server)["scripted-model"], 4);
    }
}

// ---------------------------------------------------------------- refine

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
        let others = (1..=4).filter(|other| *other != number);
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
    for order in ["serial", "all"] {
        let desk = Desk::with(BRIEF);
        let server = server(refined);
        let flags = ["--refine", "apply", "--order", order, "--parallel", "4"];
        let ended = write(&desk, &server, &[&flags[..], &["--json"]].concat());
        if ended.code != Some(0) {
            // The planned states of this brief do not chain.
            assert_eq!(order, "all", "{}", ended.said());
            continue;
        }
        let novel = Novel::short();
        let first = better(novel.part(1));
        assert_eq!(desk.chunk(1).prose, first);
        assert!(
            desk.read(&format!("{SESSION}/full_story.md"))
                .contains(&first)
        );
        let requests = server.completions();
        let drafts = asked(&requests, "scripted-model");
        assert!(drafts[1].user().contains("as she later said."));
        let status = desk.run(&["status", "--json"]).exits(0).json();
        for at in 0..4 {
            let chunk = &status["chunks"][at];
            assert_eq!(
                (&chunk["stale"], &chunk["edited"]),
                (&json!(false), &json!(false))
            );
            assert_eq!(chunk["has_revision"], false);
        }
        let history = desk.read(&format!("{SESSION}/history/chunk_01/0001.md"));
        assert!(history.contains(novel.part(1)) && history.contains("why: the text was refined"));
    }
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
            8,
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

// ---------------------------------------------------------------- audit

/// Which part a question is about, from 1.
fn audited_part(request: &Recorded) -> usize {
    let user = request.user();
    let (before, _) = user.split_once(", which you check\n").expect("a part");
    let (_, number) = before.rsplit_once("# Part ").expect("a number");
    number.parse().expect("a number")
}

/// Tells two truths and some lies.
fn auditor(request: &Recorded) -> Reply {
    let finding = |source: &str, said: &str, quote: &str| json!({"source": source, "said": said, "quote": quote, "why": "Both can't be."});
    let rule = "The lamp is never out at night.";
    let findings = match audited_part(request) {
        2 => vec![
            finding("brief", rule, OUT),
            finding("brief", "The lamp is never lit at night.", OUT),
            finding("brief", "She dies in the end. NOTES-MARK", OUT),
            finding("brief", rule, "The lamp went out at noon of that day."),
            finding("part 1", rule, OUT),
        ],
        3 => vec![
            finding(
                "part 1",
                "hid the brass key under the third stair",
                "took the brass key from the hook",
            ),
            finding(
                "part 4",
                "hid the brass key under the third stair",
                "took the brass key from the hook",
            ),
        ],
        _ => Vec::new(),
    };
    Reply::text(format!("```json\n{}\n```", json!({ "findings": findings })))
}

/// A written story with two contradictions.
fn contradicted() -> Desk {
    let desk = written();
    for (number, planted) in [(1, HID), (2, OUT), (3, TOOK)] {
        desk.edit_chunk(number, |text| format!("{text}\n\n{planted}"));
    }
    desk
}

fn contradictions(desk: &Desk) -> Vec<Value> {
    let rows = desk.run(&["check", "--json"]).exits(0).json();
    let mut rows = rows.as_array().expect("rows").clone();
    rows.retain(|row| row["code"] == "contradiction");
    rows
}

#[test]
fn an_audit_tells_what_stands_and_nothing_else() {
    let desk = contradicted();
    let server = server(auditor);
    let ended = run(&desk, &server, "audit", &["--json"]).exits(0);
    let rows = ended.json();
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 2, "{rows:#?}");
    for (row, file, words) in [
        (
            &rows[0],
            "chunk_02.md",
            "contradicts the brief, which says “The lamp is never out",
        ),
        (
            &rows[1],
            "chunk_03.md",
            "contradicts chunk 1, which says “hid the brass key",
        ),
    ] {
        assert_eq!(
            (&row["severity"], &row["code"]),
            (&json!("warning"), &json!("contradiction"))
        );
        assert!(row["file"].as_str().unwrap().ends_with(file), "{row}");
        assert!(row["message"].as_str().unwrap().contains(words), "{row}");
    }
    assert_eq!(calls(&server), BTreeMap::from([("auditor".to_owned(), 4)]));
    // Another process reads the same.
    assert_eq!(&contradictions(&desk), rows);
    let requests = server.completions();
    let third = requests[2].user();
    for part in [
        &format!("Part 1: {HID}"),
        "RULE-TWO-MARK",
        "PREMISE-MARK",
        "# Part 3, which you check",
    ] {
        assert!(third.contains(part), "{part}:\n{third}");
    }
    assert!(!third.contains("NOTES-MARK") && !third.contains(Novel::short().part(4)));
    assert!(requests[0].body.to_string().contains("json_schema"));
    // Nothing has changed, so nothing is asked again; a chunk that is named is.
    let again = run(&desk, &server, "audit", &[]).exits(0);
    assert!(
        again
            .stdout
            .contains("4 chunks were audited: 2 contradictions, in chunks 2, 3"),
        "{}",
        again.stdout
    );
    assert_eq!(server.completions().len(), 4);
    let one = run(&desk, &server, "audit", &["--chunk", "3", "--json"]).exits(0);
    assert_eq!(one.json().as_array().map(Vec::len), Some(1));
    assert_eq!(server.completions().len(), 5);
    // No prose in the log.
    let log = desk.files(&format!("{SESSION}/runs"));
    let log = log.iter().filter(|(name, _)| name.ends_with("log.jsonl"));
    assert!(log.into_iter().all(|(_, text)| !text.contains("brass key")));
}

#[test]
fn a_finding_goes_with_either_of_its_quotes() {
    let desk = contradicted();
    let server = server(auditor);
    run(&desk, &server, "audit", &[]).exits(0);
    assert_eq!(contradictions(&desk).len(), 2);
    // The chunks move, and the findings with them.
    let brief = desk.read("story.md");
    let first = "## The Landing {#landing}";
    desk.put(
        "story.md",
        &brief.replace(first, &format!("## New {{#new}}\n\nx\n\n{first}")),
    );
    run(&desk, &server, "audit", &["--chunk", "landing"]).exits(1);
    assert_eq!(
        desk.run(&["status", "--json"]).exits(0).json()["chunks"][0]["beat"],
        "new"
    );
    let moved = contradictions(&desk);
    assert_eq!(moved.len(), 2, "{moved:#?}");
    desk.put("story.md", &brief);
    // The rule is another one now.
    desk.put(
        "story.md",
        &brief.replace("never out at night", "out at night now and then"),
    );
    assert_eq!(contradictions(&desk).len(), 1);
    // What was said of the key has gone.
    let file = contradictions(&desk)[0]["file"].clone();
    assert!(file.as_str().unwrap().contains("chunk_0"), "{file}");
    desk.edit_chunk(1, |text| {
        text.replace("hid the brass key", "hid the brass ring")
    });
    assert_eq!(contradictions(&desk).len(), 0);
    desk.edit_chunk(1, |text| {
        text.replace("hid the brass ring", "hid the brass key")
    });
    assert_eq!(contradictions(&desk).len(), 1, "it stands again");
}

#[test]
fn chunks_are_audited_beside_the_writing() {
    let desk = Desk::with(BRIEF);
    let server = server(auditor);
    let ended = write(&desk, &server, &["--audit", "on", "--json"]).exits(0);
    assert_eq!(ended.named("chunk_audited").len(), 4);
    assert_eq!(calls(&server)["auditor"], 4);
    let finished = &ended.named("job_finished")[0];
    assert_eq!(finished["written"], 4);
}

#[test]
fn an_auditor_that_hangs_or_fails_holds_nothing_up() {
    type Make = fn(&Recorded) -> Reply;
    let cases: [(Make, usize); 3] = [
        (|_| Reply::never(), 1),
        (|_| Reply::text("Nothing to say about that."), 8),
        (
            |_| Reply::error(400, json!({"error": {"message": "no such model"}})),
            1,
        ),
    ];
    for (make, least) in cases {
        let desk = Desk::with(BRIEF);
        let server = server(make);
        let flags = ["--audit", "on", "--timeouts-first-token", "1", "--json"];
        let ended = write(&desk, &server, &flags).exits(0);
        assert!(calls(&server)["auditor"] >= least, "{:?}", calls(&server));
        assert!(
            codes(&ended).iter().all(|code| code == "audit-failed"),
            "{:?}",
            codes(&ended)
        );
        assert!(!codes(&ended).is_empty());
        assert_eq!(desk.manifest()["totals"]["complete"], 4);
        let words = desk.manifest()["totals"]["words"].as_u64().unwrap_or(0) as usize;
        assert_eq!(words, 4 * PART);
        assert!(!desk.exists(&format!("{SESSION}/audit.json")));
    }
}

#[test]
fn there_is_nothing_to_go_over_before_anything_is_written() {
    let desk = Desk::with(BRIEF);
    let server = server(|_| panic!("nothing to ask"));
    for more in [&["audit"][..], &["refine", "--chunk", "1"]] {
        let ended = run(&desk, &server, more[0], &more[1..]).exits(1);
        assert!(
            ended
                .stderr
                .contains("nothing of this story is written yet"),
            "{}",
            ended.stderr
        );
    }
    assert!(!desk.exists("generated"));
}
