//! Reading chunks beside the writing: a reader that hangs, fails or lies changes nothing but
//! what is known, what the author wrote stays, and off is off.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{DEADLINE, Desk, Ended};
use crate::novel::{BRIEF, Novel, part_of};
use crate::protocols::{PROVIDERS, novelist};
use crate::support::model_server::{Gate, ModelServer, Protocol, Recorded, Reply, reader};

/// The files of the chunks, byte for byte.
fn chunk_files(desk: &Desk) -> Vec<(String, String)> {
    desk.files(&format!("{}/chunks", desk.session()))
}

fn state_file(number: u32) -> String {
    format!("generated/the-lamp-01/state/chunk_{number:02}.json")
}

/// The numbers of the chunks that have a state.
fn known(desk: &Desk) -> Vec<u32> {
    (1..=4)
        .filter(|number| desk.exists(&state_file(*number)))
        .collect()
}

fn state(desk: &Desk, server: &ModelServer, more: &[&str]) -> Ended {
    let mut arguments = vec!["state", "--provider", "openai"];
    arguments.extend(["--base-url", &server.base_url]);
    arguments.extend(["--model", "scripted-model"]);
    arguments.extend(more);
    desk.run(&arguments)
}

/// The chunks that were given to be read, in order.
fn read_parts(server: &ModelServer) -> Vec<u32> {
    let states = server.states();
    states.iter().map(|it| it.part_to_read().0).collect()
}

fn warnings(ended: &Ended, code: &str) -> Vec<Value> {
    let mut warnings = ended.named("warning");
    warnings.retain(|warning| warning["code"] == code);
    warnings
}

/// As it is written without reading, and how long the server saw it being written.
fn unread() -> (Vec<(String, String)>, Duration) {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--state", "off"]).exits(0);
    assert_eq!(server.states().len(), 0);
    (chunk_files(&desk), writing(&server))
}

/// From the first request for prose to the last.
fn writing(server: &ModelServer) -> Duration {
    let completions = server.completions();
    completions[3].at - completions[0].at
}

#[test]
fn every_chunk_is_read_and_the_next_ones_know() {
    let novel = Novel::short();
    for provider in PROVIDERS {
        let server = novelist();
        let desk = Desk::with(BRIEF);
        let ended = desk.write(provider, &server, &["--json"]).exits(0);
        assert_eq!(ended.named("state_saved").len(), 4, "{provider}");
        assert_eq!(ended.named("warning"), Vec::<Value>::new());
        assert_eq!(known(&desk), [1, 2, 3, 4]);
        for number in 1..=4 {
            let file: Value = serde_json::from_str(&desk.read(&state_file(number))).unwrap();
            let record = &desk.manifest()["chunks"][number as usize - 1];
            assert_eq!(file["version"], 1);
            assert_eq!(file["beat"], record["beat"]);
            assert_eq!(file["text_sha256"], record["content_sha256"]);
            assert_eq!(
                record["state_file"],
                format!("state/chunk_{number:02}.json")
            );
            let quote = file["facts"][0]["quote"].as_str().unwrap();
            assert!(novel.part(number as usize).contains(quote), "{quote}");
        }
        for request in server.states() {
            let (number, prose) = request.part_to_read();
            assert_eq!(prose, novel.part(number as usize));
            let shape = match request.protocol {
                Some(Protocol::Anthropic) => &request.body["output_config"]["format"]["schema"],
                Some(Protocol::Openai) => &request.body["response_format"]["json_schema"]["schema"],
                _ => &request.body["format"],
            };
            assert_eq!(shape["required"][0], "summary", "{provider}");
            assert!(request.max_tokens() >= Some(1_000));
        }
    }
}

/// What the liar says, each with a word to find it by.
fn lies(_: &Recorded) -> Reply {
    let lie = json!({
        "summary": "Doctor Bellweather burned the museum of Vienna. Then Jonas Quill died.",
        "time": "the year 2087",
        "characters": [
            {"name": "Bellweather", "place": "the museum", "condition": "", "knows": [], "holds": ["a torch"]},
            {"name": "Mara Voss", "place": "the museum of Vienna", "condition": "dead since 1950",
             "knows": ["that Bellweather lied"], "holds": ["a plutonium bomb"]},
        ],
        "facts": [
            {"subject": "Bellweather", "fact": "He burned it.", "quote": "Bellweather set fire to the museum."},
            {"subject": "Mara Voss", "fact": "Mara Voss is dead.", "quote": "Mara Voss lay dead on the plutonium."},
        ],
        "threads": {"opened": ["Who is Bellweather?"], "closed": ["What burned the museum in Vienna?"]},
    });
    Reply::text(lie.to_string())
}

#[test]
fn a_reader_that_hangs_fails_or_lies_changes_no_chunk() {
    let (as_unread, _) = unread();
    println!("the reader       | prose | asked | to the fourth request");
    type Script = fn(&Recorded) -> Reply;
    // What it does, whether something could not be read, and how often it is asked at most.
    let table: [(&str, Script, bool, usize); 8] = [
        ("hangs", |_| Reply::never(), true, 1),
        (
            "begins and hangs",
            |_| Reply::text("{\"summary\": \"On and on").silent_after(2),
            true,
            1,
        ),
        ("lies", lies, false, 8),
        (
            "500",
            |_| Reply::error(500, json!({"error": {"message": "Oops"}})),
            true,
            4,
        ),
        (
            "401",
            |_| Reply::error(401, json!({"error": {"message": "No"}})),
            true,
            1,
        ),
        ("hangs up", |_| Reply::hangup(), true, 4),
        (
            "prose",
            |_| Reply::text("I would rather tell you a story."),
            true,
            4,
        ),
        (
            "no end",
            |_| Reply::text("{\"summary\": [".to_owned() + &"[".repeat(200_000)),
            true,
            4,
        ),
    ];
    let one = |(name, script, fails, most): (&str, Script, bool, usize)| {
        let server = novelist().on_states(script);
        let desk = Desk::with(BRIEF);
        let ended = desk.write("openai", &server, &["--json"]).exits(0);
        assert_eq!(chunk_files(&desk), as_unread, "{name}");
        let finished = &ended.named("job_finished")[0];
        assert_eq!(finished["outcome"], "complete", "{name}");
        // The first, and all of them together at the end.
        let told = warnings(&ended, "state-failed");
        assert_eq!(!told.is_empty(), fails, "{name}: {told:?}");
        assert!(told.len() <= 2, "{name}: {told:?}");
        assert!(
            server.states().len() <= most,
            "{name}: {}",
            server.states().len()
        );
        // Nobody waited for it: one that hangs is given up after minutes only.
        let completions = server.completions();
        let (asked, took) = (server.states().len(), writing(&server));
        println!("{name:<16} | same  | {asked:<5} | {took:.0?}");
        let everywhere: Vec<(String, String)> = desk
            .files("generated")
            .into_iter()
            .filter(|(file, _)| !file.contains("/runs/"))
            .collect();
        let prompts: String = completions.iter().map(Recorded::prompt).collect();
        for lie in [
            "Bellweather",
            "Vienna",
            "Quill",
            "year 2087",
            "since 1950",
            "plutonium",
            "torch",
        ] {
            assert!(!prompts.contains(lie), "{name}: {lie}");
            for (file, text) in &everywhere {
                assert!(!text.contains(lie), "{name}: {lie} in {file}");
            }
        }
        if fails {
            assert_eq!(known(&desk), [0; 0], "{name}");
        }
    };
    // All at once, one without reading among them: their times tell something side by side.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (_, took) = unread();
            println!("is off           | as is | 0     | {took:.0?}");
        });
        for row in table {
            scope.spawn(move || one(row));
        }
    });
}

#[test]
fn a_failure_is_in_the_records() {
    let server = novelist().on_states(|_| Reply::text("No JSON from me."));
    let desk = Desk::with(BRIEF);
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    let warning = &warnings(&ended, "state-failed")[0];
    assert_eq!(
        warning["message"],
        "the state of chunk 1 could not be read: the model's answer has no JSON object in it that tells of the chunk. \
         The story is not affected; `storywright state` tries again"
    );
    assert_eq!(
        warnings(&ended, "state-failed")[1]["message"],
        "the states of chunks 1 to 4 were not read: the model's answer has no JSON object in it that tells of the \
         chunk; after 2 failures in a row no more was asked. The story is not affected; `storywright state` reads \
         them"
    );
    let log = desk.log();
    let line = log.iter().find_map(|line| {
        line["message"]
            .as_str()
            .filter(|it| it.contains("chunk 1 state not read"))
    });
    assert!(line.is_some(), "{log:?}");
    let error = desk.read("generated/the-lamp-01/runs/run-001-draft/errors/chunk-01-state.md");
    assert!(
        error.starts_with("# The state of chunk 1 was not read\n"),
        "{error}"
    );
    assert!(error.contains("No JSON from me."), "{error}");
    // The second time it is asked without the shape, which may be what is in its way.
    let states = server.states();
    assert!(states[0].body.get("response_format").is_some());
    assert!(states[1].body.get("response_format").is_none());
}

#[test]
fn off_is_off() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let off = ["--state", "off"];
    desk.write("openai", &server, &off).exits(0);
    let rewrite = [
        "rewrite",
        "--chunk",
        "2",
        "--provider",
        "openai",
        "--state",
        "off",
    ];
    let rewrite = [
        &rewrite[..],
        &["--base-url", &server.base_url, "--model", "m"],
    ]
    .concat();
    desk.run(&rewrite).exits(0);
    let requests = server.requests().len();
    let refused = state(&desk, &server, &off).exits(2);
    assert!(
        refused.stderr.contains("the setting `state` is off"),
        "{}",
        refused.stderr
    );
    assert_eq!(server.requests().len(), requests);
    assert_eq!(server.states().len(), 0);
    assert!(!desk.exists("generated/the-lamp-01/state"));
}

#[test]
fn what_is_missing_or_outdated_is_read_and_nothing_else() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let nothing = state(&desk, &server, &[]).exits(1);
    assert!(
        nothing
            .stderr
            .contains("nothing of this story is written yet")
    );
    desk.write("openai", &server, &["--state", "off", "--chunk", "1"])
        .exits(0);
    desk.write("openai", &server, &["--state", "off", "--chunk", "2"])
        .exits(0);
    let early = state(&desk, &server, &["--chunk", "3"]).exits(1);
    assert!(
        early.stderr.contains("chunk 3 is not complete"),
        "{}",
        early.stderr
    );
    assert_eq!(server.states().len(), 0);
    // A job catches up with what earlier ones left.
    desk.write("openai", &server, &["--chunk", "3"]).exits(0);
    assert_eq!(known(&desk), [1, 2, 3]);
    desk.write("openai", &server, &[]).exits(0);
    let mut parts = read_parts(&server);
    parts.sort_unstable();
    assert_eq!(parts, [1, 2, 3, 4]);
    let none = state(&desk, &server, &[]).exits(0);
    assert_eq!(
        none.stdout,
        "nothing to read: the state of every complete chunk is known\n"
    );
    // An edit outdates one.
    desk.edit_chunk(2, |prose| format!("{prose} And the wind turned at last."));
    let ended = state(&desk, &server, &["--json"]).exits(0);
    assert_eq!(ended.named("job_started")[0]["to_write"], json!([2]));
    assert_eq!(ended.named("state_saved")[0]["percent"], 100);
    assert_eq!(
        ended.named("job_finished")[0]["message"],
        "1 chunk was read"
    );
    let (number, prose) = server.states().last().unwrap().part_to_read();
    assert_eq!(number, 2);
    assert!(prose.ends_with("turned at last."));
    // One that is named is read again only when that is asked for.
    let known = state(&desk, &server, &["--chunk", "2"]).exits(0);
    assert!(known.stdout.contains("--rebuild"), "{}", known.stdout);
    assert_eq!(server.states().len(), 5);
    state(&desk, &server, &["--chunk", "door", "--rebuild"]).exits(0);
    assert_eq!(read_parts(&server)[5..], [3]);
    state(&desk, &server, &["--rebuild"]).exits(0);
    assert_eq!(read_parts(&server)[6..], [1, 2, 3, 4]);
    let summary = desk.read("generated/the-lamp-01/runs/run-006-state/summary.md");
    assert!(
        summary.contains("(chunks read: 1; calls: 1; model: "),
        "{summary}"
    );
}

#[test]
fn what_the_author_wrote_stays_until_it_is_named() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &[]).exits(0);
    let mut mine: Value = serde_json::from_str(&desk.read(&state_file(2))).unwrap();
    mine["summary"] = json!("Mara swims. MINE-MARK");
    let mine = mine.to_string();
    desk.put(&state_file(2), &mine);
    let before = server.states().len();
    // Neither its chunk's new text nor a reading of everything takes it away.
    desk.edit_chunk(2, |prose| format!("{prose} And the wind turned at last."));
    state(&desk, &server, &[]).exits(0);
    let ended = state(&desk, &server, &["--rebuild"]).exits(0);
    assert!(
        ended.stderr.contains("chunk 2 is as the author wrote it"),
        "{}",
        ended.stderr
    );
    assert_eq!(desk.read(&state_file(2)), mine);
    let kept = state(&desk, &server, &["--chunk", "2"]).exits(0);
    assert!(
        kept.stdout.contains("as the author left it"),
        "{}",
        kept.stdout
    );
    assert!(!read_parts(&server)[before..].contains(&2));
    // It is what later chunks are told.
    let rewrite = [
        "rewrite",
        "--chunk",
        "4",
        "--provider",
        "openai",
        "--model",
        "scripted-model",
    ];
    desk.run(&[&rewrite[..], &["--base-url", &server.base_url]].concat())
        .exits(0);
    let prompt = server.completions().last().unwrap().prompt();
    assert!(prompt.contains("MINE-MARK"), "{prompt}");

    state(&desk, &server, &["--chunk", "2", "--rebuild"]).exits(0);
    assert_ne!(desk.read(&state_file(2)), mine);
    let history = "generated/the-lamp-01/history/chunk_02.state/0001.json";
    assert_eq!(desk.read(history), mine);
    assert_eq!(read_parts(&server).last(), Some(&2));
}

#[test]
fn a_damaged_state_file_is_told_of_and_left_alone() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--chunk", "1"]).exits(0);
    desk.put(&state_file(1), "{\"version\": 1, \"summary\": ");
    let ended = desk.write("openai", &server, &["--json"]).exits(0);
    let told = warnings(&ended, "state-unusable");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]["message"]
            .as_str()
            .unwrap()
            .contains("chunk_01.json is damaged")
    );
    assert_eq!(desk.read(&state_file(1)), "{\"version\": 1, \"summary\": ");
    assert_eq!(read_parts(&server), [1, 2, 3, 4]);
}

#[test]
fn reading_has_its_own_model_and_is_paid_from_the_same_budget() {
    // Chunk 3 is begun before it is known what the reading of chunk 2 takes.
    let begun = Gate::new();
    let third = begun.clone();
    let read = move |request: &Recorded| match request.part_to_read().0 {
        2 => reader(request).usage(500, 0, 900).stall_after(1, &begun),
        _ => reader(request),
    };
    let flags = [
        "--json",
        "--models-state",
        "small-model",
        "--max-output-tokens",
        "1000",
    ];
    // The next chunk waits until what is spent is known.
    let novel = Novel::short();
    let gate = Gate::new();
    let (held, opened) = (gate.clone(), gate);
    let server = ModelServer::start(move |request| {
        let answer = novel.answer(request).usage(100, 0, 200);
        match part_of(&request.user()) {
            3 => {
                third.open();
                answer.stall_after(10, &held)
            }
            _ => answer,
        }
    })
    .on_states(read);
    let desk = Desk::with(BRIEF);
    desk.configure("[prices.small-model]\ninput = 1.0\noutput = 10.0\n");
    let running = desk.start_write("openai", &server, &flags);
    running.wait_for("the state of chunk 2", |line| {
        line.contains(r#""event":"state_saved","chunk":2"#)
    });
    opened.open();
    let ended = running.end().exits(1);
    let finished = &ended.named("job_finished")[0];
    assert!(
        finished["message"]
            .as_str()
            .unwrap()
            .contains("max_output_tokens"),
        "{finished}"
    );
    assert_eq!(finished["incomplete"], json!([4]));
    assert_eq!(finished["usage"]["output_tokens"], 3 * 200 + 900);
    assert_eq!(finished["usage"]["input_tokens"], 3 * 100 + 500);
    assert_eq!(finished["cost"], 0.0095);
    assert!(server.states().iter().all(|it| it.model() == "small-model"));
    assert!(
        server
            .completions()
            .iter()
            .all(|it| it.model() == "scripted-model")
    );
    let summary = desk.read("generated/the-lamp-01/runs/run-001-draft/summary.md");
    assert!(
        summary.contains("- Of these for states: 500 in, 900 out (chunks read: ")
            && summary.contains("; model: small-model)\n"),
        "{summary}"
    );
    // What is known of a chunk says what it was read with.
    assert!(
        desk.read(&state_file(2))
            .contains("\"model\": \"small-model\"")
    );
}

#[test]
fn a_killed_reading_leaves_nothing_half() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = novelist().on_states(move |request| reader(request).stall_after(3, &held));
    let desk = Desk::with(BRIEF);
    let running = desk.start_write("openai", &server, &["--json"]);
    server.wait_for_states(1, DEADLINE);
    running.wait_for("chunk 4", |line| {
        line.contains(r#""event":"chunk_saved","chunk":4"#)
    });
    drop(running);
    gate.open();
    assert_eq!(known(&desk), [0; 0]);
    assert_eq!(chunk_files(&desk), unread().0);
    state(&desk, &server, &[]).exits(0);
    assert_eq!(known(&desk), [1, 2, 3, 4]);
}

#[cfg(unix)]
#[test]
fn nobody_has_to_wait_for_the_last_chunk_to_be_read() {
    let server = novelist().on_states(|_| Reply::never());
    let desk = Desk::with(BRIEF);
    let running = desk.start_write("openai", &server, &["--json"]);
    running.wait_for("chunk 4", |line| {
        line.contains(r#""event":"chunk_saved","chunk":4"#)
    });
    running.signal(libc::SIGINT);
    let ended = running.end().exits(130);
    let finished = &ended.named("job_finished")[0];
    let message = finished["message"].as_str().unwrap();
    assert!(message.contains("the story is complete"), "{message}");
    assert_eq!(finished["incomplete"], json!([]));
    assert_eq!(warnings(&ended, "state-failed"), Vec::<Value>::new());
}

#[test]
fn a_job_that_only_reads_says_what_it_could_not() {
    let server = novelist().on_states(|request| match request.part_to_read().0 {
        2 => Reply::text("Nothing."),
        _ => reader(request),
    });
    let desk = Desk::with(BRIEF);
    desk.write("openai", &server, &["--state", "off"]).exits(0);
    let ended = state(&desk, &server, &["--json"]).exits(1);
    let finished = &ended.named("job_finished")[0];
    assert_eq!(finished["outcome"], "incomplete");
    assert_eq!(finished["incomplete"], json!([2]));
    let message = finished["message"].as_str().unwrap();
    assert!(
        message.contains("3 chunks were read; still to read: chunk 2."),
        "{message}"
    );
    assert_eq!(known(&desk), [1, 3, 4]);
    // A server that is not there ends it at once.
    desk.edit_chunk(1, |prose| format!("{prose} More."));
    let gone = ModelServer::author();
    let url = gone.base_url.clone();
    drop(gone);
    let arguments = [
        "state",
        "--provider",
        "openai",
        "--base-url",
        &url,
        "--model",
        "m",
    ];
    let ended = desk.run(&arguments).exits(1);
    assert!(
        ended.stderr.contains("still to read: chunks 1, 2."),
        "{}",
        ended.stderr
    );
}
