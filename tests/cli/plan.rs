//! `plan` through the built program: what is asked of the model, what comes into the brief, and
//! what stays as the author wrote it.

use serde_json::json;

use crate::desk::{Desk, Ended, KEY, fixture};
use crate::support::model_server::{
    Finish, ModelServer, Recorded, Reply, author, words_with_spaces,
};

/// A brief without beats, for four parts.
pub const BRIEF: &str = "---\ntitle: The Salt Door\nlanguage: en\ntarget_words: 1200\nchunk_words: 300\n---\n\
    # Premise\nA door in the sea wall opens at low tide.\n\n# Setting\nA harbour in winter.\n\n\
    # Cast\n## Mara Voss\naka: Mara\nShe keeps the wall.\n\n# Rules\n1. The door opens at low tide only.\n\n\
    # Notes\nMARK: the key is lost.\n";

/// The same with three of six beats.
fn gaps() -> String {
    let outline = "# Outline\n\nThree days.\n\n## First Tide {#first}\nMara sees the door.\nExit: Mara knows of the door.\n\n\
                   ## The Key   {#key cast=\"Mara\"}\nShe finds it.\nEnter: A lantern burns.\n\n\
                   ## Low Water\nShe goes through. <!-- sw: short -->\n\n";
    BRIEF
        .replace("1200", "1800")
        .replace("# Notes", &format!("{outline}# Notes"))
}

pub fn beat(name: &str) -> String {
    format!(
        "## The {name}\n\nMara finds the {name} below the wall and hides it.\n\nEnter: Nobody has seen the {name}.\n\
         Exit: Mara keeps the {name}.\n\n"
    )
}

pub const NAMES: [&str; 14] = [
    "Lantern", "Rope", "Ledger", "Boat", "Whistle", "Chart", "Anchor", "Bell", "Letter", "Coin",
    "Mirror", "Ladder", "Barrel", "Compass",
];

pub fn beats(names: &[&str]) -> String {
    names.iter().map(|name| beat(name)).collect()
}

pub fn plans(request: &Recorded) -> bool {
    request.system().starts_with("You plan a long story")
}

/// A model that plans as many beats as it is asked for, and writes as the author.
pub fn planner() -> ModelServer {
    let mut made = 0;
    ModelServer::start(move |request| {
        if !plans(request) {
            return author(request);
        }
        let user = request.user();
        let (_, asked) = user.rsplit_once(" each. Write ").expect("a number");
        let asked: usize = asked
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number");
        let names: Vec<&str> = NAMES
            .iter()
            .cycle()
            .skip(made)
            .take(asked)
            .copied()
            .collect();
        made += asked;
        Reply::text(beats(&names)).usage(100, 0, 50)
    })
}

pub fn plan(desk: &Desk, server: &ModelServer, more: &[&str]) -> Ended {
    let mut arguments = vec![
        "plan",
        "--json",
        "--provider",
        "openai",
        "--model",
        "scripted-model",
    ];
    arguments.extend(["--base-url", &server.base_url]);
    arguments.extend(more);
    desk.run(&arguments)
}

pub fn desk(brief: &str) -> Desk {
    let mut desk = Desk::with(brief);
    desk.set("OPENAI_API_KEY", KEY);
    desk
}

/// The headings of the outline, in order.
pub fn headings(desk: &Desk) -> Vec<String> {
    let text = desk.read("story.md");
    let (_, outline) = text.split_once("# Outline").expect("an outline");
    let outline = outline.split("\n# ").next().unwrap_or(outline);
    let lines = outline.lines().filter(|line| line.starts_with("##"));
    lines.map(str::to_owned).collect()
}

/// Whether `part` is what is left of `whole` when something is taken out of it.
pub fn is_inside(part: &str, whole: &str) -> bool {
    let mut bytes = whole.bytes();
    part.bytes().all(|byte| bytes.any(|other| other == byte))
}

#[test]
fn an_outline_is_planned_and_then_written() {
    let (desk, server) = (desk(BRIEF), planner());
    let ended = plan(&desk, &server, &["--models-plan", "small-model"]).exits(0);
    assert_eq!(
        headings(&desk),
        [
            "## The Lantern {#the-lantern}",
            "## The Rope {#the-rope}",
            "## The Ledger {#the-ledger}",
            "## The Boat {#the-boat}"
        ]
    );
    let text = desk.read("story.md");
    let (before, notes) = BRIEF.split_at(BRIEF.find("# Notes").unwrap());
    let outline = beats(&NAMES[..4]);
    let outline = NAMES[..4].iter().fold(outline, |text, name| {
        let id = name.to_lowercase();
        text.replace(
            &format!("## The {name}\n"),
            &format!("## The {name} {{#the-{id}}}\n"),
        )
    });
    assert_eq!(text, format!("{before}# Outline\n\n{outline}{notes}"));

    let calls = server.completions();
    assert_eq!(calls.len(), 1);
    let prompt = calls[0].prompt();
    assert_eq!(calls[0].model(), "small-model");
    assert!(
        prompt.contains("4 parts of about 300 words each. Write 4 new parts"),
        "{prompt}"
    );
    for said in [
        "A door in the sea wall",
        "1. The door opens",
        "She keeps the wall.",
        "A harbour",
    ] {
        assert!(prompt.contains(said), "{said}");
    }
    assert!(!prompt.contains("MARK"), "notes are private");

    let started = ended.named("job_started");
    assert_eq!(
        (&started[0]["to_plan"], &started[0]["beats"]),
        (&json!(4), &json!(0))
    );
    let saved = ended.named("beat_saved");
    let percents: Vec<_> = saved
        .iter()
        .map(|event| event["percent"].as_u64())
        .collect();
    assert_eq!(percents, [25, 50, 75, 100].map(Some));
    assert_eq!(saved[3]["number"], 4);
    let finished = &ended.named("job_finished")[0];
    assert_eq!(finished["outcome"], "complete");
    assert_eq!(
        (&finished["planned"], &finished["missing"]),
        (&json!(4), &json!(0))
    );

    // The records of a plan before there is a session, with the brief as it was.
    let run = started[0]["run"].as_str().unwrap();
    assert!(
        run.starts_with("generated/.work/plan/run-001-plan-"),
        "{run}"
    );
    assert_eq!(
        desk.read(&format!("{run}/artifacts/brief-before.md")),
        BRIEF
    );
    let log = desk.read(&format!("{run}/log.jsonl"));
    assert!(
        log.contains("[CHECKPOINT] beat 2 (the-rope) saved, 50 %"),
        "{log}"
    );
    assert!(
        desk.read(&format!("{run}/summary.md"))
            .contains("- The Boat")
    );
    assert!(!log.contains("hides it"), "no text is in a log");
    for (name, text) in desk.files("generated") {
        assert!(!text.contains(KEY), "{name}");
    }

    // Then there is nothing to plan, and all to write.
    let again = plan(&desk, &server, &[]).exits(0);
    assert_eq!(server.completions().len(), 1);
    assert!(
        again
            .said()
            .contains("nothing to plan: the outline has 4 beats"),
        "{again:?}"
    );
    desk.write("openai", &server, &[]).exits(0);
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["chunks"].as_array().map(Vec::len), Some(4));
    assert!(
        status["chunks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|chunk| chunk["status"] == "complete")
    );

    // A plan of a story with a session is a run of that.
    let more = plan(&desk, &server, &["--beats", "5"]).exits(0);
    let run = more.named("job_started")[0]["run"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(run.contains("-01/runs/run-002-plan-"), "{run}");
    assert_eq!(
        desk.run(&["status", "--json"]).json()["chunks"]
            .as_array()
            .map(Vec::len),
        Some(5)
    );
}

#[test]
fn gaps_are_filled_between_beats_that_stay_as_they_are() {
    let text = gaps();
    let desk = desk(&text);
    let answer = format!(
        "## [1]\n\n{}{}## [2] The Key\n\n## Low Water\nMy own words for it.\n\n{}",
        beat("Rope"),
        beat("Boat"),
        beat("Bell"),
    );
    let server = ModelServer::queue([Reply::text(answer)]);
    plan(&desk, &server, &[]).exits(0);
    assert_eq!(
        headings(&desk),
        [
            "## First Tide {#first}",
            "## The Rope {#the-rope}",
            "## The Boat {#the-boat}",
            "## The Key   {#key cast=\"Mara\"}",
            "## Low Water",
            "## The Bell {#the-bell}",
        ]
    );
    let grown = desk.read("story.md");
    assert!(is_inside(&text, &grown));
    assert!(!grown.contains("My own words"));
    let prompt = server.completions()[0].prompt();
    assert!(
        prompt.contains("[1] First Tide\nMara sees the door.\nExit: Mara knows of the door."),
        "{prompt}"
    );
    assert!(prompt.contains("Three days."));
    assert!(!prompt.contains("sw:"));
    desk.run(&["check"]).exits(0);

    // A model that says nothing of where: where one beat does not take up the other's state.
    let desk = self::desk(&text);
    plan(
        &desk,
        &ModelServer::queue([Reply::text(beats(&NAMES[..3]))]),
        &[],
    )
    .exits(0);
    let order: Vec<String> = headings(&desk)
        .iter()
        .map(|line| line[..8].to_owned())
        .collect();
    assert_eq!(
        order,
        [
            "## First", "## The L", "## The R", "## The K", "## The L", "## Low W"
        ]
    );

    // Chapters keep their beats, and get more.
    let chapters = text
        .replace("## ", "### ")
        .replace("### Mara", "## Mara")
        .replace("Three days.", "## Day One");
    let desk = self::desk(&chapters.replace("### Low", "## Day Two\n### Low"));
    plan(
        &desk,
        &ModelServer::queue([Reply::text(format!("## [2]\n{}", beats(&NAMES[..3])))]),
        &[],
    )
    .exits(0);
    let lines = headings(&desk);
    assert_eq!(
        lines[2..5],
        [
            "### The Key   {#key cast=\"Mara\"}",
            "### The Lantern {#the-lantern}",
            "### The Rope {#the-rope}"
        ]
    );
    assert_eq!(lines[6..], ["## Day Two", "### Low Water"]);
}

#[test]
fn a_broken_stream_keeps_what_it_brought_and_is_gone_on_with() {
    let words = |text: &str| words_with_spaces(text).len();
    let two = words(&beats(&NAMES[..2])) + 8;
    // In the same run, …
    let desk = desk(BRIEF);
    let server = ModelServer::queue([
        Reply::text(beats(&NAMES[..4])).close_after(two),
        Reply::text(beats(&NAMES[2..4])),
    ]);
    let ended = plan(&desk, &server, &[]).exits(0);
    assert_eq!(headings(&desk).len(), 4);
    let retries = ended.named("retry");
    assert_eq!(
        (&retries[0]["planned"], &retries[0]["attempt"]),
        (&json!(2), &json!(1))
    );
    let second = server.completions()[1].user();
    assert!(
        second.contains("[2] The Rope") && second.contains("Write 2 new parts"),
        "{second}"
    );

    // … and in the next one.
    let desk = self::desk(BRIEF);
    let server = ModelServer::queue([
        Reply::text(beats(&NAMES[..4])).close_after(two),
        Reply::text(beats(&NAMES[1..4])),
    ]);
    let ended = plan(&desk, &server, &["--attempts", "1"]).exits(1);
    assert_eq!(
        headings(&desk),
        ["## The Lantern {#the-lantern}", "## The Rope {#the-rope}"]
    );
    assert!(
        ended
            .stderr
            .contains("2 beats were planned, and are in story.md; 2 beats are missing"),
        "{ended:?}"
    );
    let kept = desk.read("story.md");
    plan(&desk, &server, &["--attempts", "1"]).exits(0);
    assert!(is_inside(&kept, &desk.read("story.md")));
    assert_eq!(
        headings(&desk)[1..],
        [
            "## The Rope {#the-rope}",
            "## The Ledger {#the-ledger}",
            "## The Boat {#the-boat}"
        ],
        "what the answer told again is there once"
    );
}

#[test]
fn answers_without_beats_end_it_and_are_kept() {
    let refusal = "I’m sorry, but I can’t help with that request.";
    let spanish = "## La puerta\n\nMara no sabe que la puerta está abierta, y cuando lo sabe ya es tarde para volver, \
                   porque el mar se ha llevado la barca.\n\nEnter: La puerta está cerrada.\nExit: La barca se ha ido.\n";
    for (name, reply) in [
        ("words", Reply::text(refusal)),
        ("a reason", Reply::text("").finish(Finish::Refusal)),
        ("another language", Reply::text(spanish)),
        ("nothing", Reply::text("")),
        ("titles", Reply::text("## One\n\n## Two\n")),
    ] {
        let desk = desk(BRIEF);
        let server = ModelServer::queue([reply.clone(), reply.clone(), reply]);
        let ended = plan(&desk, &server, &[]).exits(1);
        assert_eq!(server.completions().len(), 2, "{name}");
        assert_eq!(desk.read("story.md"), BRIEF, "{name}");
        assert!(
            ended
                .stderr
                .contains("No beat was planned; 4 beats are missing"),
            "{name}: {ended:?}"
        );
        let errors = desk.files("generated/.work/plan/run-001-plan/errors");
        assert_eq!(errors.len(), 2, "{name}");
        if name == "words" {
            assert!(errors[0].1.contains(refusal));
        }
    }
    // One bad answer is none too many.
    let desk = desk(BRIEF);
    let server = ModelServer::queue([Reply::text(refusal), Reply::text(beats(&NAMES[..4]))]);
    plan(&desk, &server, &[]).exits(0);
    assert_eq!(headings(&desk).len(), 4);
}

#[test]
fn what_is_asked_for_has_to_make_sense() {
    let server = planner();
    let endless = BRIEF.replace("target_words: 1200\n", "");
    for (brief, more, said) in [
        (endless.as_str(), &[][..], "Set `target_words`"),
        (BRIEF, &["--beats", "0"], "1 to 1000 beats"),
        (BRIEF, &["--beats", "x"], "invalid value"),
    ] {
        let desk = desk(brief);
        let ended = plan(&desk, &server, more).exits(2);
        assert!(ended.stderr.contains(said), "{ended:?}");
        assert_eq!(desk.read("story.md"), brief);
    }
    let desk = desk(&endless);
    plan(&desk, &server, &["--beats", "3"]).exits(0);
    assert_eq!(headings(&desk).len(), 3);
    // An outline that can't be told apart has to be mended first.
    let twice = BRIEF.replace("# Notes", "# Outline\n## One\nx\n## One\ny\n# Notes");
    let desk = self::desk(&twice);
    let ended = plan(&desk, &server, &[]).exits(1);
    assert!(
        ended.stderr.contains("is called `one` already"),
        "{ended:?}"
    );
    assert_eq!(desk.read("story.md"), twice);
}

#[test]
fn a_long_outline_takes_several_calls_and_keeps_to_its_budget() {
    let long = BRIEF.replace("1200", "4200");
    let (desk, server) = (desk(&long), planner());
    plan(&desk, &server, &[]).exits(0);
    assert_eq!(headings(&desk).len(), 14);
    let calls = server.completions();
    assert_eq!(calls.len(), 2);
    assert!(calls[0].user().contains("The other 2 are asked for later"));
    assert!(calls[1].user().contains("[12] The Ladder"));
    assert_eq!(calls[0].system(), calls[1].system());

    let desk = self::desk(&long);
    let ended = plan(&desk, &planner(), &["--max-output-tokens", "40"]).exits(1);
    assert!(ended.stderr.contains("max_output_tokens"), "{ended:?}");
    assert_eq!(headings(&desk).len(), 12);
}

#[test]
fn a_new_story_is_planned_and_written_without_a_model() {
    let desk = Desk::new();
    desk.run(&["new", "The Clock"]).exits(0);
    let before = desk.read("story.md");
    let settings = [
        "--provider",
        "demo",
        "--target-words",
        "1500",
        "--chunk-words",
        "250",
    ];
    let mut arguments = vec!["plan"];
    arguments.extend(settings);
    let ended = desk.run(&arguments).exits(0);
    assert!(
        ended
            .stdout
            .contains("2 beats were planned by the demo writer, without a model"),
        "{ended:?}"
    );
    assert!(is_inside(&before, &desk.read("story.md")));
    assert_eq!(headings(&desk).len(), 6);
    arguments[0] = "write";
    desk.run(&arguments).exits(0);
    desk.run(&["check"]).exits(0);
}

#[test]
fn briefs_of_other_languages_are_planned_written_counted_and_checked() {
    for language in ["es", "ja", "ar"] {
        let brief = fixture(language);
        let start = brief.find("# Outline").expect("an outline");
        let end = brief.find("# Notes").expect("notes");
        let bare = format!("{}{}", &brief[..start], &brief[end..]);
        let desk = Desk::with(&bare);
        let size = [
            "--provider",
            "demo",
            "--target-words",
            "2400",
            "--chunk-words",
            "400",
        ];
        for command in ["plan", "write"] {
            let mut arguments = vec![command];
            arguments.extend(size);
            desk.run(&arguments).exits(0);
        }
        assert!(is_inside(&bare, &desk.read("story.md")), "{language}");
        assert_eq!(headings(&desk).len(), 6, "{language}");
        let mut arguments = vec!["status", "--json"];
        arguments.extend(size);
        let status = desk.run(&arguments).exits(0).json();
        let words = status["words"].as_u64().unwrap_or_default();
        assert!((2_200..=2_600).contains(&words), "{language}: {words}");
        let chunks = status["chunks"].as_array().unwrap();
        assert!(
            chunks.iter().all(|chunk| chunk["status"] == "complete"),
            "{language}"
        );
        let check = desk.run(&["check"]).exits(0);
        for bad in ["unknown-character", "wrong-language", "no-outline"] {
            assert!(!check.said().contains(bad), "{language}: {}", check.said());
        }
    }
}
