//! A story in one call: its answer is cut into chunks while it arrives, and whatever becomes of
//! it, the story goes on one call a beat from where it stands.

use serde_json::{Value, json};

use crate::desk::{DEADLINE, Desk, Ended, until};
use crate::novel::{BRIEF, Novel, PART, is_whole, part_of, so_far, tokens};
use crate::support::model_server::{Finish, Gate, ModelServer, Reply};
use crate::support::prose::prose;

/// The parts of a story below their marks.
fn marked(parts: &[(u32, &str)]) -> String {
    let parts = parts.iter();
    let parts = parts.map(|(number, text)| format!("=== PART {number} ===\n\n{text}\n\n"));
    parts.collect()
}

/// The novel in one answer.
fn whole() -> String {
    Novel::short().whole()
}

/// A model that knows its novel, and answers the call for the whole story with this.
fn server(answer: impl Fn() -> Reply + Send + 'static) -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| match is_whole(request) {
        true => answer(),
        false => novel.answer(request),
    })
}

/// The parts that were asked for on their own, in order.
fn own_calls(server: &ModelServer) -> Vec<usize> {
    let requests = server.completions();
    let own = requests.iter().filter(|request| !is_whole(request));
    own.map(|request| part_of(&request.user())).collect()
}

fn single(desk: &Desk, server: &ModelServer) -> Ended {
    desk.write("openai", server, &["--mode", "single", "--json"])
}

/// Every chunk is complete and as the novel has it.
fn is_the_novel(name: &str, desk: &Desk) {
    let novel = Novel::short();
    for number in 1..=4 {
        let chunk = desk.chunk(number as u32);
        assert_eq!(chunk.status, "complete", "{name}: {number}");
        assert_eq!(chunk.prose, novel.part(number), "{name}: {number}");
    }
    no_marks(name, desk);
}

fn no_marks(name: &str, desk: &Desk) {
    for (file, text) in desk.files("generated") {
        assert!(!text.contains("=== PART"), "{name}: {file}");
    }
}

fn codes(ended: &Ended) -> Vec<String> {
    let warnings = ended.named("warning").into_iter();
    warnings
        .map(|warning| warning["code"].as_str().expect("a code").to_owned())
        .collect()
}

/// The chunks that are stale, with the reasons.
fn stale(desk: &Desk) -> Vec<Value> {
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let chunks = status["chunks"].as_array().expect("chunks").iter();
    chunks.map(|chunk| chunk["stale_reasons"].clone()).collect()
}

#[test]
fn a_story_in_one_call() {
    for provider in ["anthropic", "openai", "ollama"] {
        let server = server(|| Reply::fragments(tokens(&whole())).usage(700, 0, 900));
        let desk = Desk::with(BRIEF);
        let ended = desk.write(provider, &server, &["--mode", "single", "--json"]);
        let ended = ended.exits(0);
        is_the_novel(provider, &desk);
        let requests = server.completions();
        assert_eq!(requests.len(), 1, "{provider}");
        for mark in [
            "BEAT-ONE",
            "BEAT-FOUR",
            "RULE-TWO",
            "ILSE",
            "BACKGROUND",
            "MARGIN",
        ] {
            assert!(
                requests[0].prompt().contains(&format!("{mark}-MARK")),
                "{provider}: {mark}"
            );
        }
        assert!(!requests[0].prompt().contains("NOTES-MARK"), "{provider}");
        // As if each had had a call of its own.
        let named = |name: &str| {
            let events = ended.named(name).into_iter();
            events
                .map(|event| event["chunk"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(named("chunk_started"), [1, 2, 3, 4], "{provider}");
        assert_eq!(named("chunk_saved"), [1, 2, 3, 4], "{provider}");
        assert_eq!(codes(&ended), [] as [&str; 0], "{provider}");
        let finished = &ended.named("job_finished")[0];
        assert_eq!(finished["usage"]["output_tokens"], 900, "{provider}");
        assert_eq!(finished["usage"]["input_tokens"], 700, "{provider}");
        for chunk in desk.manifest()["chunks"].as_array().expect("chunks") {
            assert_eq!(chunk["attempts"], 1, "{provider}");
            let tokens = chunk["usage"]["output_tokens"].as_u64().expect("tokens");
            assert!((100..400).contains(&tokens), "{provider}: {tokens}");
        }
    }
}

/// What a chunk was written from is known as well as if it had had a call of its own.
#[test]
fn a_story_in_one_call_is_stale_where_it_should_be() {
    let changes: [(&str, &str, &str); 4] = [
        ("a rule", "RULE-ONE-MARK", "RULE-ONE-MARK It hums."),
        (
            "a beat",
            "She finds the oak door.",
            "She finds the oak door open.",
        ),
        (
            "a character",
            "Brings the boat.",
            "Brings the boat, and a dog.",
        ),
        ("the style", "Plain and close.", "Plain and far."),
    ];
    let stories = ["single", "chunked"].map(|mode| {
        let server = server(|| Reply::fragments(tokens(&whole())));
        let desk = Desk::with(BRIEF);
        let arguments = ["--mode", mode, "--state", "off"];
        desk.write("openai", &server, &arguments).exits(0);
        desk
    });
    for desk in &stories {
        desk.put("storywright.toml", "state = \"off\"\n");
        assert_eq!(stale(desk), [json!([]), json!([]), json!([]), json!([])]);
    }
    for (name, old, new) in changes {
        let [ours, theirs] = stories.each_ref().map(|desk| {
            desk.put("story.md", &BRIEF.replace(old, new));
            stale(desk)
        });
        assert_eq!(ours, theirs, "{name}");
        assert!(ours.iter().any(|reasons| *reasons != json!([])), "{name}");
    }
    let [ours, theirs] = stories.each_ref().map(|desk| {
        desk.put("story.md", BRIEF);
        desk.edit_chunk(2, |prose| format!("{prose} It was not over."));
        stale(desk)
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours[2], json!(["chunk 2 was edited"]));
}

/// Marks as models write them, and what stands before the first.
#[test]
fn marks_of_all_kinds_are_read_and_never_written() {
    let novel = Novel::short();
    let story = |marks: [&str; 4]| -> String {
        let parts = marks.iter().zip(1..);
        let parts = parts.map(|(mark, number)| format!("{mark}\n{}\n", novel.part(number)));
        parts.collect()
    };
    for (name, text) in [
        (
            "in bold",
            story([
                "**=== PART 1 ===**",
                "**=== Part 2 ===**",
                "**=== part 3 ===**",
                "**===PART 4===**",
            ]),
        ),
        (
            "headings",
            story(["## Part 1", "## Part 2", "## Part 3: The Door", "## Part 4"]),
        ),
        (
            "repeated",
            story([
                "=== PART 1 ===\n\n=== PART 1 ===",
                "=== PART 2 ===",
                "=== PART 3 ===\n=== PART 3 ===",
                "=== PART 4 ===",
            ]),
        ),
        (
            "without the first",
            story(["", "=== PART 2 ===", "=== PART 3 ===", "=== PART 4 ==="]),
        ),
        (
            "with an end",
            story([
                "=== PART 1 ===",
                "=== PART 2 ===",
                "=== PART 3 ===",
                "=== PART 4 ===",
            ]) + "=== END ===\nI hope you like it!",
        ),
        (
            "after a plan",
            story([
                "I will write PREAMBLE-MARK in four parts.\n\n=== PART 1 ===",
                "=== PART 2 ===",
                "=== PART 3 ===",
                "=== PART 4 ===",
            ]),
        ),
    ] {
        let server = server(move || Reply::fragments(tokens(&text)));
        let desk = Desk::with(BRIEF);
        single(&desk, &server).exits(0);
        is_the_novel(name, &desk);
        assert_eq!(server.completions().len(), 1, "{name}");
        let holders = desk.files("generated").into_iter();
        let mut holders = holders.filter(|(_, text)| text.contains("PREAMBLE-MARK"));
        assert!(
            holders.all(|(file, _)| file.contains("/artifacts/")),
            "{name}"
        );
    }
}

/// Wherever the answer breaks off and however: what is complete is not asked for again, what is
/// begun goes on from its last words.
#[test]
fn what_breaks_off_goes_on_one_call_a_beat() {
    type Breaks = fn(Reply, usize) -> Reply;
    // In part 1, early and late in part 2, in part 4; never in a mark. What has to be waited
    // for, once.
    let anywhere = &[0.1, 0.3, 0.45, 0.9][..];
    let ways: [(&str, Breaks, &[&str], &[f64]); 5] = [
        ("closed", |reply, at| reply.close_after(at), &[], anywhere),
        (
            "overloaded",
            |reply, at| reply.overloaded_after(at),
            &[],
            anywhere,
        ),
        (
            "garbage",
            |reply, at| reply.garbage_after(at),
            &[],
            anywhere,
        ),
        (
            "silence",
            |reply, at| reply.silent_after(at),
            &["--timeouts-idle", "3"],
            &[0.3],
        ),
        (
            "deadline",
            |reply, at| reply.silent_after(at),
            &["--timeouts-call", "5"],
            &[0.45],
        ),
    ];
    let parts: Vec<usize> = (1..=4)
        .map(|number| Novel::short().part(number).len())
        .collect();
    for (name, breaks, flags, shares) in ways {
        for share in shares {
            let text = whole();
            let at = (text.len() as f64 * share) as usize / 5;
            let cut = move || breaks(Reply::fragments(tokens(&whole())), at);
            let server = server(cut);
            let desk = Desk::with(BRIEF);
            let mut arguments = vec!["--mode", "single", "--json"];
            arguments.extend(flags);
            let ended = desk.write("openai", &server, &arguments).exits(0);
            let name = format!("{name} at {share}");
            is_the_novel(&name, &desk);
            let first = 1 + parts
                .iter()
                .scan(0, |end, part| {
                    *end += part + 20;
                    Some(*end)
                })
                .filter(|end| *end < at * 5)
                .count();
            let expected: Vec<usize> = (first..=4).collect();
            assert_eq!(own_calls(&server), expected, "{name}");
            let requests = server.completions();
            assert!(so_far(&requests[1].user()).is_some(), "{name}");
            assert_eq!(ended.named("retry").len(), 1, "{name}");
            assert_eq!(codes(&ended), ["single-call"], "{name}");
        }
    }
}

#[test]
fn an_output_limit_is_gone_on_from() {
    let text = whole();
    let cut = tokens(&text).len() * 2 / 5;
    let server =
        server(move || Reply::fragments(tokens(&whole())[..cut].to_vec()).finish(Finish::Length));
    let desk = Desk::with(BRIEF);
    let ended = single(&desk, &server).exits(0);
    is_the_novel("limit", &desk);
    assert_eq!(own_calls(&server), [2, 3, 4]);
    assert_eq!(ended.named("retry"), [] as [Value; 0]);
    assert_eq!(codes(&ended), ["single-call"]);
}

/// A model that ignores the marks: what it wrote is the first part, as long as any may be.
#[test]
fn without_marks_nothing_is_lost_and_the_rest_is_asked_for() {
    let story = prose(600, 77);
    let answer = story.clone();
    let server = server(move || Reply::fragments(tokens(&answer)));
    let desk = Desk::with(BRIEF);
    let ended = single(&desk, &server).exits(0);
    let first = desk.chunk(1);
    assert!(story.starts_with(&first.prose));
    assert!(
        (PART..PART * 2).contains(&first.words()),
        "{}",
        first.words()
    );
    assert!(first.prose.ends_with('.'));
    assert_eq!(own_calls(&server), [2, 3, 4]);
    for number in 2..=4 {
        assert_eq!(desk.chunk(number as u32).prose, Novel::short().part(number));
    }
    assert_eq!(codes(&ended), ["single-call"]);
}

/// What an answer does that can't be relied on, and from which part the story goes on.
#[test]
fn an_answer_that_goes_astray_is_left() {
    let novel = Novel::short();
    let [one, two, three, four] = [1, 2, 3, 4].map(|number| novel.part(number));
    let short = &two[..two.match_indices('.').nth(2).expect("sentences").0 + 1];
    let table: [(&str, String, &[usize]); 6] = [
        (
            "a part left out",
            marked(&[(1, one), (3, three), (4, four)]),
            &[2, 3, 4],
        ),
        (
            "backwards",
            marked(&[(1, one), (2, two), (1, one)]),
            &[3, 4],
        ),
        ("ended early", marked(&[(1, one), (2, two)]), &[3, 4]),
        (
            "far too short",
            marked(&[(1, one), (2, short), (3, three), (4, four)]),
            &[2, 3, 4],
        ),
        (
            "copied",
            marked(&[(1, one), (2, one), (3, three), (4, four)]),
            &[2, 3, 4],
        ),
        (
            "nothing of the first",
            marked(&[(2, two), (3, three), (4, four)]),
            &[1, 2, 3, 4],
        ),
    ];
    for (name, text, expected) in table {
        let server = server(move || Reply::fragments(tokens(&text)));
        let desk = Desk::with(BRIEF);
        let ended = single(&desk, &server).exits(0);
        assert_eq!(own_calls(&server), expected, "{name}");
        no_marks(name, &desk);
        for number in 1..=4 {
            // What goes on from a part that was to be over begins a paragraph.
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let chunk = desk.chunk(number as u32);
            assert_eq!(chunk.status, "complete", "{name}: {number}");
            assert_eq!(
                words(&chunk.prose),
                words(novel.part(number)),
                "{name}: {number}"
            );
        }
        let single: Vec<String> = codes(&ended)
            .into_iter()
            .filter(|it| it == "single-call")
            .collect();
        assert_eq!(single.len(), 1, "{name}: {}", ended.stdout);
    }
}

/// A call that is wrong as such is given up at once; one that had no luck is made again.
#[test]
fn a_call_that_is_turned_away() {
    let too_much = || {
        let message =
            "max_tokens: 1516 > 1000, which is the maximum allowed number of output tokens";
        Reply::error(
            400,
            json!({"error": {"type": "invalid_request_error", "message": message}}),
        )
    };
    let server = server(too_much);
    let desk = Desk::with(BRIEF);
    let ended = single(&desk, &server).exits(0);
    is_the_novel("400", &desk);
    assert_eq!(own_calls(&server), [1, 2, 3, 4]);
    assert_eq!(codes(&ended), ["single-call"]);
    assert_eq!(ended.named("retry"), [] as [Value; 0]);

    let mut busy = 2;
    let novel = Novel::short();
    let server = ModelServer::start(move |request| {
        if busy > 0 {
            busy -= 1;
            return Reply::error(529, json!({"error": {"type": "overloaded_error"}}));
        }
        match is_whole(request) {
            true => Reply::fragments(tokens(&whole())),
            false => novel.answer(request),
        }
    });
    let desk = Desk::with(BRIEF);
    let ended = single(&desk, &server).exits(0);
    is_the_novel("529", &desk);
    assert_eq!(server.completions().len(), 3);
    assert_eq!(own_calls(&server), [] as [usize; 0]);
    assert_eq!(ended.named("retry").len(), 2);
}

/// Killed or interrupted in the middle of part 3: the parts before it are complete, what came
/// of it is on disk, and the next run goes on from there.
#[test]
#[cfg(unix)]
fn a_run_that_was_ended_goes_on_one_call_a_beat() {
    for signal in [libc::SIGKILL, libc::SIGINT] {
        let text = whole();
        let third = text.find("=== PART 3 ===").expect("a mark") + 20;
        let (gate, at) = (Gate::new(), third / 5 + 70);
        let server = server({
            let gate = gate.clone();
            move || Reply::fragments(tokens(&whole())).stall_after(at, &gate)
        });
        let desk = Desk::with(BRIEF);
        let running = desk.start_write("openai", &server, &["--mode", "single", "--json"]);
        gate.wait_for_arrivals(1, DEADLINE);
        let sent = &text[third..at * 5 - 20];
        until("saved text", || {
            let file = desk.path("generated/the-lamp-01/chunks/chunk_03.md");
            let saved = std::fs::read_to_string(file).ok()?;
            saved.contains(sent.trim()).then_some(())
        });
        running.signal(signal);
        running.end();
        for (number, status) in [(1, "complete"), (2, "complete"), (3, "partial")] {
            assert_eq!(desk.chunk(number).status, status, "{number}");
        }
        single(&desk, &server).exits(0);
        is_the_novel("ended", &desk);
        assert_eq!(own_calls(&server), [3, 4]);
        assert!(so_far(&server.completions()[1].user()).is_some());
    }
}

/// How many calls a story of four parts takes, and what decides it.
#[test]
fn what_is_written_in_one_call() {
    let known = "gpt-6.1-terra";
    let table: [(&str, &str, &[&str], usize); 12] = [
        // Of this model nothing is known.
        ("auto, unknown", "scripted-model", &[], 4),
        // The server has no such model, and answers with what it has.
        ("auto, not there", "gpt-6.1-luna", &[], 4),
        (
            "single, not there",
            "gpt-6.1-luna",
            &["--mode", "single"],
            1,
        ),
        ("auto", known, &[], 1),
        ("auto by name", known, &["--mode", "auto"], 1),
        ("chunked", known, &["--mode", "chunked"], 4),
        ("single", "scripted-model", &["--mode", "single"], 1),
        ("too long", known, &["--single-call-words", "599"], 4),
        ("just", known, &["--single-call-words", "600"], 1),
        ("no time", known, &["--timeouts-call", "30"], 4),
        ("no budget", known, &["--max-output-tokens", "1000"], 4),
        // Without chapters it is serial.
        ("order", known, &["--order", "chapters"], 1),
    ];
    for (name, model, flags, calls) in table {
        let listed = json!({"object": "list", "data": [{"id": known}]});
        let server = server(|| Reply::fragments(tokens(&whole())).usage(1, 0, 100))
            .on_lists(move |_| Reply::error(200, listed.clone()));
        let desk = Desk::with(BRIEF);
        let mut arguments = vec!["write", "--provider", "openai", "--base-url"];
        arguments.extend([server.base_url.as_str(), "--model", model]);
        arguments.extend(flags);
        desk.run(&arguments).exits(0);
        is_the_novel(name, &desk);
        assert_eq!(server.completions().len(), calls, "{name}");
        assert_eq!(
            server.completions().iter().any(is_whole),
            calls == 1,
            "{name}"
        );
    }
}

/// Nothing gives way in the prompt of a whole story.
#[test]
fn what_does_not_fit_one_prompt_is_written_one_call_a_beat() {
    let server = server(|| Reply::fragments(tokens(&whole())));
    let monks = "Monks lived here, and left their bells. ".repeat(200);
    let desk = Desk::with(&BRIEF.replace("Monks lived here.", &monks));
    let flags = ["--mode", "single", "--context-tokens", "3000", "--json"];
    let ended = desk.write("openai", &server, &flags).exits(0);
    is_the_novel("no room", &desk);
    assert_eq!(own_calls(&server), [1, 2, 3, 4]);
    assert_eq!(codes(&ended), ["single-call"]);
    let warning = ended.named("warning")[0]["message"].to_string();
    assert!(
        warning.contains("does not fit: the background needs about"),
        "{warning}"
    );
}

#[test]
fn a_story_of_one_part_has_no_marks() {
    let server = server(|| Reply::fragments(tokens(&whole())));
    let end = BRIEF.find("## The Log").expect("a beat");
    let desk = Desk::with(&BRIEF[..end].replace("target_words: 600", "target_words: 150"));
    single(&desk, &server).exits(0);
    assert_eq!(own_calls(&server), [1]);
}

/// The budget ends a job between two parts, also of one call.
#[test]
fn a_budget_ends_one_call_between_two_parts() {
    let server = server(|| Reply::fragments(tokens(&whole())).per_second(800.0));
    let desk = Desk::with(BRIEF);
    let flags = ["--mode", "single", "--max-output-tokens", "350", "--json"];
    let ended = desk.write("openai", &server, &flags).exits(1);
    let finished = &ended.named("job_finished")[0];
    assert!(
        finished["message"]
            .as_str()
            .is_some_and(|it| it.contains("max_output_tokens"))
    );
    let complete = finished["written"].as_u64().expect("a number");
    assert!((1..4).contains(&complete), "{complete}");
    for number in 1..=complete {
        assert_eq!(
            desk.chunk(number as u32).prose,
            Novel::short().part(number as usize)
        );
    }
    assert_eq!(server.completions().len(), 1);
    server.wait_for_abandoned(1, DEADLINE);
}

/// The demo writer shows it without a model, and writes the same either way.
#[test]
fn the_demo_writer_writes_the_same_in_one_call() {
    let stories = ["single", "chunked", "auto"].map(|mode| {
        let desk = Desk::with(BRIEF);
        desk.run(&["write", "--provider", "demo", "--mode", mode])
            .exits(0);
        no_marks(mode, &desk);
        [1, 2, 3, 4].map(|number| desk.chunk(number))
    });
    assert_eq!(stories[0], stories[1]);
    assert_eq!(stories[0], stories[2]);
}
