//! The ledger of threads and promises: by the author's own list and by what the chunks tell.

use serde_json::{Value, json};

use crate::desk::Desk;

const BRIEF: &str = include_str!("../../fixtures/briefs/short/story.md");

/// A list of threads in front of the outline.
fn listing(threads: &str) -> String {
    BRIEF.replace(
        "# Outline\n",
        &format!("# Threads\n\n{threads}\n# Outline\n"),
    )
}

/// A story of which the demo writer wrote all chunks up to one, with what the author notes of them.
fn written(threads: &str, upto: u32, told: &[(u32, Value)]) -> Desk {
    let desk = Desk::with(&listing(threads));
    desk.run(&["write", "--provider", "demo", "--to", &upto.to_string()])
        .exits(0);
    for number in 1..=upto {
        let threads = told.iter().find(|(of, _)| *of == number);
        let threads = threads.map_or_else(|| json!({}), |(_, threads)| threads.clone());
        let state = json!({"summary": "What happens.", "threads": threads});
        let file = format!("{}/state/chunk_{number:02}.json", desk.session());
        desk.put(&file, &state.to_string());
    }
    desk
}

fn threads(desk: &Desk) -> Vec<Value> {
    let ledger = desk.run(&["ledger", "--json"]).exits(0).json();
    ledger["threads"].as_array().expect("threads").clone()
}

/// The overdue threads that `check` tells of: the words that each underlines, and the severity.
fn overdue(desk: &Desk) -> Vec<(String, Value)> {
    let rows = desk.run(&["check", "--json"]).exits(0).json();
    let text = desk.read("story.md");
    let rows = rows.as_array().expect("rows").iter();
    rows.filter(|row| row["code"] == "thread-overdue")
        .map(|row| {
            let place =
                |end: &str, field: &str| row["range"][end][field].as_u64().unwrap() as usize;
            let line = text.lines().nth(place("start", "line")).unwrap();
            let words = &line[place("start", "character")..place("end", "character")];
            (words.to_owned(), row["severity"].clone())
        })
        .collect()
}

#[test]
fn a_thread_is_followed_from_its_opening_to_its_payment() {
    let told = [
        (
            1,
            json!({"opened": ["What is in the sealed letter?", "Who filled tomorrow's page?"]}),
        ),
        (
            3,
            json!({"closed": ["It is told what is in the sealed letter."]}),
        ),
    ];
    let list = "- the sealed letter (opened: logbook, due: ink)\n- the far side of the rock (opened: ink)\n";
    let desk = written(list, 3, &told);
    let point = |chunk: u32, beat: &str| json!({"chunk": chunk, "beat": beat});
    let expected = [
        json!({"thread": "the sealed letter", "by": "brief", "standing": "paid",
            "opened": point(1, "logbook"), "due": point(4, "ink"), "paid": point(3, "boat")}),
        json!({"thread": "the far side of the rock", "by": "brief", "standing": "planned",
            "opened": null, "due": null, "paid": null}),
        json!({"thread": "Who filled tomorrow's page?", "by": "state", "standing": "open",
            "opened": point(1, "logbook"), "due": null, "paid": null}),
    ];
    assert_eq!(threads(&desk), expected);
    let shown = desk.run(&["ledger"]).exits(0).stdout;
    assert_eq!(
        shown,
        "opened  due  paid  thread\n     1    4     3  the sealed letter\n     -    -     -  the far side of the rock\n     1    -     -  Who filled tomorrow's page?\nThe Lamp Keeper: 3 threads: 1 paid, 1 open, 1 not opened yet\n"
    );
    assert!(overdue(&desk).is_empty());
}

/// A thread is overdue once the chunk where it is due is written and was read, and does not pay it.
#[test]
fn what_stays_open_past_its_beat_is_told_at_its_line() {
    let list = "- the sealed letter (opened: logbook, due: early)\n- [x] the gulls (due: early)\n";
    let opened = (1, json!({"opened": ["What is in the sealed letter?"]}));
    let before = written(list, 1, std::slice::from_ref(&opened));
    assert!(overdue(&before).is_empty(), "its beat is not written");
    let desk = written(list, 2, std::slice::from_ref(&opened));
    let line = "the sealed letter (opened: logbook, due: early)".to_owned();
    assert_eq!(overdue(&desk), [(line, json!("information"))]);
    let standings: Vec<Value> = threads(&desk)
        .iter()
        .map(|it| it["standing"].clone())
        .collect();
    assert_eq!(standings, ["overdue", "paid"]);
    let told = desk.run(&["ledger"]).exits(0).stdout;
    assert!(told.contains("the sealed letter (overdue)"), "{told}");
    // What nobody read may have paid it.
    std::fs::remove_file(desk.path(&format!("{}/state/chunk_02.json", desk.session()))).unwrap();
    assert!(overdue(&desk).is_empty());
    // The author may have none of it.
    let desk = written(list, 2, &[opened]);
    desk.put("storywright.toml", "diagnostics.thread-overdue = \"off\"\n");
    assert!(overdue(&desk).is_empty());
}

#[test]
fn a_beat_that_there_is_not_is_told() {
    let desk = Desk::with(&listing("- the letter (due: nowhere)\n"));
    let shown = desk.run(&["check"]).exits(0).stdout;
    let told = "information: No beat is called “nowhere”, so that this says nothing of the thread. A beat is named by its id, its heading or its number. [thread-beat-unknown]";
    assert!(shown.contains(told), "{shown}");
}

/// The list is background like any other section: what it says is sent as it stands.
#[test]
fn the_list_is_sent_as_background() {
    let desk = Desk::with(&listing("- the sealed letter (due: ink)\n"));
    let prompt = desk.run(&["explain", "--chunk", "2"]).exits(0).stdout;
    assert!(
        prompt.contains("- the sealed letter (due: ink)"),
        "{prompt}"
    );
}

#[test]
fn a_story_without_threads_says_how_to_list_some() {
    let desk = Desk::with(BRIEF);
    let shown = desk.run(&["ledger"]).exits(0).stdout;
    assert!(
        shown.starts_with("The Lamp Keeper: no thread is known. List your own under `# Threads`")
    );
}
