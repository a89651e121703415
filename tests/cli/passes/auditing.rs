//! What contradicts facts, rules and earlier chunks: what stands of it, and where it is shown.

use serde_json::json;

use super::*;
use crate::novel::PART;

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
    run(&desk, &server, "audit", &["--chunk", "landing"]).exits(0);
    assert_eq!(
        desk.run(&["status", "--json"]).exits(0).json()["chunks"][0]["beat"],
        "new"
    );
    let moved = contradictions(&desk);
    assert_eq!(moved.len(), 2, "{moved:#?}");
    desk.put("story.md", &brief);
    run(&desk, &server, "audit", &["--chunk", "landing"]).exits(0);
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
        (|_| Reply::text("Nothing to say about that."), 4),
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
