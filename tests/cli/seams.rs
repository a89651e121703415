//! Where two chunks that were written beside each other meet: the beginning of the later one
//! is fitted to the earlier, and whatever goes wrong with that takes nothing away.

use serde_json::json;

use crate::desk::{DEADLINE, Desk};
use crate::novel::BRIEF;
use crate::orders::{CHAPTERS, SESSION, answer, is_seam, is_whole, novel, opening, seam_of, seams};
use crate::orders::{with_order, write};
use crate::support::model_server::{Finish, Gate, ModelServer, Reply};

/// What a model answers that is no better leaves the text as it was, and is not asked again.
#[test]
fn a_seam_that_is_refused_leaves_everything_as_it_was() {
    let answers: [fn(&str) -> Reply; 6] = [
        |_| Reply::text(""),
        |_| Reply::text("Yes."),
        |old| Reply::text(format!("{old} ").repeat(5)),
        |old| Reply::text(old).finish(Finish::Length),
        |_| Reply::text("I can't help with that.").finish(Finish::Refusal),
        // It follows well as it is.
        |old| Reply::text(old),
    ];
    for (index, refusal) in answers.into_iter().enumerate() {
        let server = ModelServer::start(move |request| match is_seam(request) {
            true => refusal(opening(novel().part(seam_of(request)))),
            false => answer(request),
        });
        let desk = Desk::with(CHAPTERS);
        let flags = with_order("chapters", "4", &[]);
        let ended = write(&desk, &server, &flags).exits(0);
        is_whole(&desk, &[]);
        let told = ended.named("seam");
        assert_eq!(told.len(), 1);
        let result = if index == 5 { "fits" } else { "refused" };
        assert_eq!(told[0]["result"], result, "{}", told[0]);
        // It was paid for.
        assert!(
            told[0]["usage"]["input_tokens"].as_u64() > Some(100),
            "{}",
            told[0]
        );
        let again = write(&desk, &server, &flags).exits(0);
        // An answer that our own limit may have cut off is asked for once more, with a higher one.
        let calls = if index == 3 { 2 } else { 1 };
        assert_eq!(seams(&server).len(), calls);
        assert!(
            again.stdout.contains("nothing to write"),
            "{}",
            again.stdout
        );
    }
}

/// The old paragraph is in history, and every call is counted.
#[test]
fn a_fitted_opening_leaves_a_trace() {
    let server = ModelServer::start(|request| answer(request).usage(1000, 0, 100));
    let desk = Desk::with(CHAPTERS);
    let ended = write(&desk, &server, &with_order("chapters", "4", &[])).exits(0);
    let mut kept = desk.files(&format!("{SESSION}/history/chunk_04"));
    kept.retain(|(name, _)| name.ends_with(".md"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].1.contains(novel().part(4)));
    assert!(
        kept[0]
            .1
            .contains("the beginning was fitted to the chunk before"),
        "{}",
        kept[0].1
    );
    let changelog = desk.read(&format!("{SESSION}/CHANGELOG.md"));
    assert!(
        changelog.contains("the beginning was fitted to the chunk before in chunk 4 (key)"),
        "{changelog}"
    );
    let manifest = desk.manifest();
    assert_eq!(manifest["totals"]["usage"]["output_tokens"], 700);
    assert_eq!(manifest["chunks"][3]["usage"]["output_tokens"], 200);
    let finished = &ended.named("job_finished")[0];
    assert_eq!(finished["usage"]["output_tokens"], 700);
    let log = desk.log();
    let line = log.iter().filter_map(|entry| entry["message"].as_str());
    let line: Vec<&str> = line
        .filter(|line| line.contains("chunk 4 beginning fitted"))
        .collect();
    assert!(
        line.len() == 1 && line[0].contains("100 tokens"),
        "{line:?}"
    );
    let summary = desk.read(&format!("{SESSION}/runs/run-001-draft/summary.md"));
    assert!(
        summary.contains("Beginnings fitted to the chunk before: 1 of 1"),
        "{summary}"
    );
    // Rewriting what it was fitted to makes it stale, as any other.
    desk.edit_chunk(3, |text| format!("{text} And the door opened."));
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(
        status["chunks"][3]["stale_reasons"],
        json!(["chunk 3 was edited"])
    );
}

/// A job that ends before its seams are closed leaves them to the next, and so does one whose
/// server fails just then.
#[test]
fn seams_that_are_left_are_closed_by_the_next_job() {
    let mut failures = 2;
    let server = ModelServer::start(move |request| {
        if is_seam(request) && failures > 0 {
            failures -= 1;
            return Reply::error(400, json!({"error": {"message": "not now"}}));
        }
        answer(request)
    });
    let desk = Desk::with(CHAPTERS);
    // In the order of an editor's setting or of a flag: what is open is known from the files.
    let ended = write(&desk, &server, &with_order("all", "1", &[])).exits(0);
    let open = ended
        .named("seam")
        .into_iter()
        .filter(|seam| seam["result"] == "open");
    assert_eq!(open.count(), 2);
    let again = desk.write("openai", &server, &["--json"]).exits(0);
    assert_eq!(again.named("seam").len(), 2);
    assert_eq!(
        again.named("job_finished")[0]["message"],
        format!(
            "the beginnings of 2 chunks were looked at again; the story is complete: {SESSION}/full_story.md"
        )
    );
    is_whole(&desk, &[2, 3, 4, 5, 6]);
    // The demo writer is asked for nothing of the kind.
    let requests = server.requests().len();
    desk.write("openai", &server, &[]).exits(0);
    assert_eq!(server.requests().len(), requests);
}

#[cfg(unix)]
#[test]
fn an_interrupted_seam_pass_is_gone_on_with() {
    for signal in [libc::SIGINT, libc::SIGKILL] {
        let gate = Gate::new();
        let mut held = false;
        let server = ModelServer::start({
            let gate = gate.clone();
            move |request| match is_seam(request) && !std::mem::replace(&mut held, true) {
                true => answer(request).stall_after(3, &gate),
                false => answer(request),
            }
        });
        let desk = Desk::with(CHAPTERS);
        let flags = with_order("chapters", "4", &[]);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let running = desk.start_write("openai", &server, &flags);
        gate.wait_for_arrivals(1, DEADLINE);
        running.signal(signal);
        let ended = running.end();
        let expected = (signal == libc::SIGINT).then_some(130);
        assert_eq!(ended.code, expected, "{}", ended.said());
        for part in 1..=6 {
            assert_eq!(desk.chunk(part as u32).prose, novel().part(part));
        }
        gate.open();
        desk.write("openai", &server, &flags).exits(0);
        is_whole(&desk, &[4]);
    }
}

/// Nothing that the author changes is fitted to anything.
#[test]
fn what_the_author_changed_meanwhile_is_left_alone() {
    let gate = Gate::new();
    let server = ModelServer::start({
        let gate = gate.clone();
        move |request| match is_seam(request) {
            true => answer(request).stall_after(3, &gate),
            false => answer(request),
        }
    });
    let desk = Desk::with(CHAPTERS);
    let flags = with_order("chapters", "4", &[]);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let running = desk.start_write("openai", &server, &flags);
    gate.wait_for_arrivals(1, DEADLINE);
    desk.edit_chunk(4, |text| format!("Mine. {text}"));
    gate.open();
    let ended = running.end().exits(0);
    assert_eq!(
        ended.named("seam")[0]["result"],
        "refused",
        "{}",
        ended.stdout
    );
    assert_eq!(desk.chunk(4).prose, format!("Mine. {}", novel().part(4)));
    let again = desk.write("openai", &server, &flags).exits(0);
    assert!(
        again.stdout.contains("nothing to write"),
        "{}",
        again.stdout
    );
    assert_eq!(seams(&server).len(), 1);
}

#[test]
fn the_demo_writer_has_no_seams_to_close() {
    let desk = Desk::with(CHAPTERS);
    let flags = [
        "write",
        "--json",
        "--provider",
        "demo",
        "--order",
        "all",
        "--parallel",
        "4",
    ];
    let ended = desk.run(&flags).exits(0);
    assert_eq!(ended.named("chunk_saved").len(), 6);
    assert_eq!(ended.named("seam").len(), 0);
}

/// A dry run announces as many calls as are made.
#[test]
fn a_dry_run_counts_the_beginnings_that_are_fitted() {
    for (order, fitted) in [
        ("serial", &[][..]),
        ("chapters", &[4]),
        ("all", &[2, 3, 4, 5, 6]),
    ] {
        let server = ModelServer::start(answer);
        let desk = Desk::with(CHAPTERS);
        let flags = with_order(order, "4", &["--state", "off"]);
        let dry = [&flags[..], &["--dry-run".to_owned()]].concat();
        let foreseen = write(&desk, &server, &dry).exits(0).json();
        assert_eq!(server.completions().len(), 0);
        assert_eq!(foreseen["seams"], json!(fitted), "{order}");
        write(&desk, &server, &flags).exits(0);
        assert_eq!(
            foreseen["calls"],
            json!(server.completions().len()),
            "{order}"
        );
        let again = write(&desk, &server, &dry).exits(0).json();
        assert_eq!(again["calls"], json!(0), "{order}");
    }
}

/// What the command refuses, its dry run refuses too.
#[test]
fn a_dry_run_refuses_a_plan_that_does_not_chain() {
    let server = ModelServer::start(answer);
    let desk = Desk::with(BRIEF);
    let flags = ["--order", "all", "--parallel", "4"];
    let refused = desk.write("openai", &server, &flags).exits(1);
    let dry = [&flags[..], &["--dry-run"]].concat();
    let dry = desk.write("openai", &server, &dry).exits(1);
    assert_eq!((dry.stdout, dry.stderr), (refused.stdout, refused.stderr));
}
