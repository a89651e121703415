//! `plan --from-text` through the built program: what written chunks say of their beats, as far as their own words prove
//! it.

use serde_json::{Value, json};

use crate::desk::{DEADLINE, Desk, Ended, KEY};
use crate::imports::imported;
use crate::support::model_server::{Gate, ModelServer, Recorded, Reply};

/// Three chapters without a word of outline.
const BOOK: &str = "# The Harbour\n\nMara hid the brass key under the third stair. Nobody may light the lamp by day, she said.\n\n\
    # The Storm\n\nIlse found the boat gone at dawn. The wind had turned, and the sea was white.\n\n\
    # The Door\n\nThe door in the wall stood open at low tide. Mara went through it without a word.\n";

const QUOTES: [&str; 3] = [
    "Mara hid the brass key",
    "Ilse found the boat gone at dawn",
    "The door in the wall stood open",
];

fn imported_desk() -> Desk {
    let mut desk = Desk::new();
    desk.put("book.md", BOOK);
    imported(&desk, "book.md", &[]);
    desk.set("OPENAI_API_KEY", KEY);
    desk
}

fn plan(desk: &Desk, server: &ModelServer, more: &[&str]) -> Ended {
    desk.run(&arguments(server, more))
}

fn arguments<'a>(server: &'a ModelServer, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["plan", "--from-text", "--json", "--provider", "openai"];
    arguments.extend(["--model", "scripted-model", "--base-url", &server.base_url]);
    arguments.extend(more);
    arguments
}

/// The number of the part that a request is about.
fn part(request: &Recorded) -> usize {
    let user = request.user();
    let (_, rest) = user.rsplit_once("# Part ").expect("a part");
    let (number, _) = rest.split_once(',').expect("a number");
    number.parse().expect("a number")
}

fn said(text: &str, quote: &str) -> Value {
    json!({"text": text, "quote": quote})
}

/// What a good model says of a part.
fn description(number: usize) -> Value {
    let quote = QUOTES[number - 1];
    let rules = match number {
        1 => vec![said(
            "Nobody may light the lamp by day.",
            "Nobody may light the lamp by day",
        )],
        _ => Vec::new(),
    };
    json!({
        "beat": said(&format!("What happens in part {number}."), quote),
        "enter": said(&format!("Before part {number}."), quote),
        "exit": said(&format!("After part {number}."), quote),
        "rules": rules,
    })
}

fn answer(value: &Value) -> Reply {
    Reply::text(value.to_string()).usage(100, 0, 50)
}

fn reader() -> ModelServer {
    ModelServer::start(|request| answer(&description(part(request))))
}

fn chunks(desk: &Desk) -> Vec<(String, String)> {
    desk.files("generated/book-01/chunks")
}

fn warnings(ended: &Ended) -> Vec<(u64, String)> {
    let warnings = ended.named("warning").into_iter();
    let warnings = warnings.map(|it| {
        let message = it["message"].as_str().unwrap_or_default().to_owned();
        (it["chunk"].as_u64().unwrap_or(0), message)
    });
    warnings.collect()
}

#[test]
fn an_imported_story_gets_beats_and_rules_from_its_own_words() {
    let (desk, server) = (imported_desk(), reader());
    let (brief, before) = (desk.read("story.md"), chunks(&desk));
    let ended = plan(&desk, &server, &[]).exits(0);
    let text = desk.read("story.md");
    assert!(crate::plan::is_inside(&brief, &text), "{text}");
    assert!(
        text.contains(
            "## The Storm {#the-storm words=50}\n\nWhat happens in part 2.\n\nEnter: Before part 2.\nExit: After part 2.\n"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "# Rules\n\n1. Nobody may light the lamp by day. <!-- chunk 1: “Nobody may light the lamp by day” -->\n\n# Outline"
        ),
        "{text}"
    );
    assert_eq!(chunks(&desk), before, "no chunk is touched");
    let status = desk.run(&["status", "--json"]).exits(0).json();
    for chunk in status["chunks"].as_array().unwrap() {
        let what = (&chunk["status"], &chunk["origin"], &chunk["stale"]);
        assert_eq!(
            what,
            (&json!("complete"), &json!("imported"), &json!(false))
        );
    }
    desk.run(&["check"]).exits(0);

    let requests = server.completions();
    assert_eq!(requests.len(), 3);
    // What is known by then goes along, the whole story does not.
    let last = requests[2].prompt();
    assert!(last.contains("1. Nobody may light the lamp") && last.contains("After part 2."));
    assert!(!last.contains("brass key"), "{last}");
    let started = &ended.named("job_started")[0];
    assert_eq!(
        (&started["to_plan"], &started["from_text"]),
        (&json!(3), &json!(true))
    );
    let percents: Vec<_> = ended
        .named("beat_saved")
        .iter()
        .map(|it| it["percent"].clone())
        .collect();
    assert_eq!(percents, [33, 66, 100]);
    let finished = &ended.named("job_finished")[0];
    assert_eq!(
        (&finished["planned"], &finished["rules"]),
        (&json!(3), &json!(1))
    );
    let run = started["run"].as_str().unwrap();
    assert_eq!(
        desk.read(&format!("{run}/artifacts/brief-before.md")),
        brief
    );
    let kept = desk.read(&format!("{run}/artifacts/chunk-02.md"));
    assert!(
        kept.contains("> Ilse found the boat gone at dawn"),
        "{kept}"
    );
    assert!(
        !desk
            .read(&format!("{run}/log.jsonl"))
            .contains("What happens")
    );

    let again = plan(&desk, &server, &[]).exits(0);
    assert!(again.said().contains("nothing to plan"), "{again:?}");
    assert_eq!(server.completions().len(), 3, "nothing is paid twice");
}

#[test]
fn what_no_words_of_the_text_prove_is_left_out_and_told() {
    let server = ModelServer::start(|request| {
        let mut told = description(part(request));
        match part(request) {
            1 => {
                told["exit"] = said("She has the silver key.", "Mara held the silver key");
                told["rules"] = json!([said("Keys sing.", "the keys of the house sing")]);
            }
            2 => told["enter"] = json!("Nobody knows."),
            // Quotes in other marks and line ends stand.
            _ => told["beat"]["quote"] = json!("\"The door in  the wall\nstood open\""),
        }
        answer(&told)
    });
    let desk = imported_desk();
    let ended = plan(&desk, &server, &[]).exits(0);
    let text = desk.read("story.md");
    assert!(!text.contains("silver") && !text.contains("sing") && !text.contains("Nobody knows"));
    assert!(text.contains("What happens in part 3."), "{text}");
    let told = warnings(&ended);
    for (chunk, part) in [
        (
            1,
            "its Exit is left out, “She has the silver key.”: “Mara held the silver key” does not stand",
        ),
        (1, "a rule is left out, “Keys sing.”"),
        (
            2,
            "its Enter is left out, “Nobody knows.”: the model gave no words",
        ),
    ] {
        let is_told = told
            .iter()
            .any(|(of, message)| *of == chunk && message.contains(part));
        assert!(is_told, "{part}: {told:?}");
    }
    let end = ended.named("job_finished")[0]["message"].to_string();
    assert!(end.contains("3 statements were left out"), "{end}");
    // What was asked and not proven is asked again only by name.
    let again = plan(&desk, &server, &[]).exits(0);
    assert!(again.said().contains("chunks 1, 2"), "{again:?}");
    assert_eq!(server.completions().len(), 3);
    plan(&desk, &reader(), &["--chunk", "2"]).exits(0);
    assert!(desk.read("story.md").contains("Enter: Before part 2."));
}

#[test]
fn nonsense_is_an_error_at_its_chunk_and_changes_nothing_there() {
    let server = ModelServer::start(|request| match part(request) {
        1 => {
            Reply::text("Once there was a keeper, and she kept the lamp until the end of her days.")
        }
        2 => answer(&description(2)),
        _ => Reply::text("{\"beat\": {\"text\": \"It was a dark"),
    });
    let desk = imported_desk();
    let ended = plan(&desk, &server, &[]).exits(1);
    let told = warnings(&ended);
    for chunk in [1, 3] {
        let is_told = |(of, message): &&(u64, String)| {
            *of == chunk
                && message.contains("stays as it is: the model's answer has no JSON object")
        };
        assert!(told.iter().any(|it| is_told(&it)), "{told:?}");
    }
    let text = desk.read("story.md");
    assert!(text.contains("What happens in part 2.") && !text.contains("Once there was"));
    assert_eq!(server.completions().len(), 5, "once more each");
    let run = ended.named("job_started")[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    let errors = desk.files(&format!("{run}/errors"));
    assert!(
        errors
            .iter()
            .any(|(_, text)| text.contains("Once there was")),
        "{errors:?}"
    );
    let end = ended.named("job_finished")[0].clone();
    assert_eq!((&end["planned"], &end["missing"]), (&json!(1), &json!(2)));
    // The same command asks for those alone.
    let (good, before) = (reader(), desk.read("story.md"));
    plan(&desk, &good, &[]).exits(0);
    assert_eq!(
        good.completions().iter().map(part).collect::<Vec<_>>(),
        [1, 3]
    );
    assert!(crate::plan::is_inside(&before, &desk.read("story.md")));
}

#[test]
fn a_model_that_never_answers_in_kind_is_not_asked_on_and_on() {
    for (text, why) in [
        ("I can't help with that.", "no JSON object"),
        (
            "{\"beat\": {\"text\": \"Mara no sabe que el faro está apagado, y cuando lo sabe ya es tarde para volver.\", \
             \"quote\": \"x\"}, \"enter\": {\"text\": \"Nadie sabe nada de la llave que está bajo la escalera.\"}, \"exit\": {}}",
            "in another language",
        ),
    ] {
        let server = ModelServer::start(move |_| Reply::text(text));
        let desk = imported_desk();
        let before = desk.read("story.md");
        let ended = plan(&desk, &server, &[]).exits(1);
        let end = ended.named("job_finished")[0]["message"].to_string();
        assert!(
            end.contains(why) && end.contains("still to read: chunks 1 to 3"),
            "{end}"
        );
        assert_eq!(server.completions().len(), 4);
        assert_eq!(desk.read("story.md"), before);
    }
}

#[cfg(unix)]
#[test]
fn it_goes_on_where_a_budget_or_an_interrupt_ended_it() {
    let (desk, server) = (imported_desk(), reader());
    let ended = plan(&desk, &server, &["--max-output-tokens", "60"]).exits(1);
    assert!(ended.said().contains("max_output_tokens"), "{ended:?}");
    assert_eq!(server.completions().len(), 2);

    // The last answer was paid and kept, and the process ended before it was in the brief.
    let brief = desk.read("story.md");
    let bare = brief.replace(
        "\n\nWhat happens in part 2.\n\nEnter: Before part 2.\nExit: After part 2.\n",
        "\n",
    );
    assert_ne!(brief, bare);
    desk.put("story.md", &bare);
    let memory = "generated/book-01/.work/from_text.json";
    let mut kept: Value = serde_json::from_str(&desk.read(memory)).unwrap();
    kept["answers"]["the-storm"]["done"] = json!(false);
    desk.put(memory, &kept.to_string());

    let gate = Gate::new();
    let held = gate.clone();
    let slow = ModelServer::start(move |request| {
        answer(&description(part(request))).stall_after(0, &held)
    });
    let running = desk.start(&arguments(&slow, &[]));
    gate.wait_for_arrivals(1, DEADLINE);
    // The brief has what was paid, though the model is silent.
    assert!(desk.read("story.md").contains("What happens in part 2."));
    running.signal(libc::SIGINT);
    let ended = running.end().exits(130);
    assert!(ended.said().contains("still to read: chunk 3"), "{ended:?}");
    plan(&desk, &server, &[]).exits(0);
    let asked: Vec<usize> = server.completions().iter().map(part).collect();
    assert_eq!(asked, [1, 2, 3], "each is paid once");
    assert_eq!(
        desk.read("story.md")
            .matches("What happens in part")
            .count(),
        3
    );
}

#[test]
fn the_authors_words_stay_unless_their_replacement_is_asked_for() {
    let (desk, server) = (imported_desk(), reader());
    let brief = desk.read("story.md");
    let heading = brief
        .lines()
        .find(|line| line.starts_with("## The Harbour {"));
    let heading = heading.expect("the first beat");
    let words = "Mine alone. <!-- a note -->\nExit: My end.";
    let mine = brief.replace(heading, &format!("{heading}\n{words}"));
    assert!(mine.contains("Mine alone."), "{mine}");
    desk.put("story.md", &mine);
    plan(&desk, &server, &[]).exits(0);
    let text = desk.read("story.md");
    assert!(crate::plan::is_inside(&mine, &text));
    assert!(
        text.contains("Mine alone. <!-- a note -->\nExit: My end.\n\nEnter: Before part 1.\n"),
        "{text}"
    );
    assert!(!text.contains("What happens in part 1."), "{text}");

    let ended = plan(&desk, &server, &["--overwrite"]).exits(0);
    let text = desk.read("story.md");
    assert!(text.contains("What happens in part 1.\n\nEnter: Before part 1.\nExit: After part 1.\n\n<!-- a note -->"), "{text}");
    assert!(!text.contains("Mine alone."), "{text}");
    let run = ended.named("job_started")[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        desk.read(&format!("{run}/artifacts/brief-before.md"))
            .contains("Mine alone.")
    );
    assert_eq!(
        text.matches("1. Nobody may light").count(),
        1,
        "no rule twice"
    );
}

#[test]
fn nothing_is_sent_where_nothing_can_be_read_or_was_asked_for() {
    let (desk, server) = (imported_desk(), reader());
    let before = desk.files(".");
    let dry = plan(&desk, &server, &["--dry-run"]).exits(0).json();
    assert_eq!(
        (&dry["chunks"], &dry["calls"]),
        (&json!([1, 2, 3]), &json!(3))
    );
    let demo = desk
        .run(&["plan", "--from-text", "--provider", "demo"])
        .exits(2);
    assert!(
        demo.stderr.contains("the demo writer reads no text"),
        "{demo:?}"
    );
    let none = plan(&desk, &server, &["--chunk", "9"]).exits(2);
    assert!(none.stderr.contains("no chunk 9"), "{none:?}");
    assert_eq!(server.requests().len(), 0);
    let fresh = crate::plan::desk(crate::plan::BRIEF);
    fresh.put(
        "story.md",
        &format!("{}\n# Outline\n## One\nx\n", crate::plan::BRIEF),
    );
    let none = plan(&fresh, &server, &[]).exits(1);
    assert!(
        none.stderr.contains("nothing of this story is written yet"),
        "{none:?}"
    );
    assert_eq!(server.requests().len(), 0);
    let after = desk.files(".");
    let runs = |files: &[(String, String)]| -> Vec<(String, String)> {
        let files = files.iter().filter(|(name, _)| !name.contains("generated"));
        files.cloned().collect()
    };
    assert_eq!(runs(&before), runs(&after));
}

#[test]
fn generated_chunks_that_the_brief_now_says_more_of_are_named() {
    let mut desk = crate::plan::desk(crate::plan::BRIEF);
    desk.put(
        "story.md",
        &format!(
            "{}\n# Outline\n## One\nMara waits.\nExit: It is night.\n",
            crate::plan::BRIEF
        ),
    );
    let demo = [
        "write",
        "--provider",
        "demo",
        "--demo-words-per-second",
        "100000",
        "--state",
        "off",
    ];
    desk.run(&demo).exits(0);
    desk.set("OPENAI_API_KEY", KEY);
    let prose = desk.chunk(1).prose;
    let quote: String = prose
        .split_whitespace()
        .take(8)
        .collect::<Vec<_>>()
        .join(" ");
    let server = ModelServer::start(move |_| {
        answer(
            &json!({"beat": said("", ""), "enter": said("It is day.", &quote), "exit": said("", ""), "rules": []}),
        )
    });
    let ended = plan(&desk, &server, &[]).exits(0);
    let end = ended.named("job_finished")[0]["message"].to_string();
    assert!(
        end.contains("Chunk 1 counts as stale now") && end.contains("`storywright keep`"),
        "{end}"
    );
    assert_eq!(desk.chunk(1).prose, prose);
}

#[test]
fn the_state_of_an_imported_story_is_read_and_read_again() {
    let desk = imported_desk();
    let server = ModelServer::author();
    let state = |more: &[&str]| {
        let mut arguments = vec!["state", "--json", "--provider", "openai", "--model", "m"];
        arguments.extend(["--base-url", &server.base_url]);
        arguments.extend(more);
        desk.run(&arguments).exits(0)
    };
    let before = chunks(&desk);
    state(&[]);
    assert_eq!(server.states().len(), 3);
    assert!(desk.exists("generated/book-01/state/chunk_03.json"));
    state(&[]);
    assert_eq!(server.states().len(), 3, "what is known is not paid again");
    state(&["--rebuild"]);
    let read: Vec<u32> = server
        .states()
        .iter()
        .map(|it| it.part_to_read().0)
        .collect();
    assert_eq!(read, [1, 2, 3, 1, 2, 3]);
    assert_eq!(chunks(&desk), before);
}
