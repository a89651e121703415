//! The author's commands: what is stale, kept, locked, rewritten up to here, and what was before.

use serde_json::{Value, json};

use crate::desk::{Desk, Ended};
use crate::novel::BRIEF;

/// A story in a language that the demo writer has no phrases for.
const FINNISH: &str = "---\ntitle: Majakka\nlanguage: fi\ntarget_words: 120\nchunk_words: 60\n---\n\
    # Premise\n\nMajakanvartija löytää vanhan kirjan.\n\n# Setting\n\nLuoto meressä talvella.\n\n\
    # Cast\n\n## Mara\n\nVartija, joka laskee kaiken.\n\n# Outline\n\n## Ranta {#ranta}\n\n\
    Mara tulee luodolle ja katsoo merta. Lamppu on pimeä, ja tuuli yltyy.\n\n## Kirja {#kirja}\n\n\
    Mara lukee kirjan ja sytyttää lampun. Meri on tyyni aamulla.\n";

/// A brief with chapters; the demo writer writes it.
fn chapters() -> String {
    let beats = |text: &str| text.replace("\n## ", "\n### ");
    let (head, outline) = BRIEF.split_once("# Outline").expect("an outline");
    let outline = beats(outline).replacen("\n### ", "\n## Part One\n### ", 1);
    let outline = outline.replace("\n### The Door", "\n## Part Two\n### The Door");
    // What comes after the outline is no part of it.
    format!("{head}# Outline{outline}").replace("\n### Part", "\n## Part")
}

fn demo(desk: &Desk, arguments: &[&str]) -> Ended {
    desk.run(&[arguments, &["--provider", "demo", "--state", "off"][..]].concat())
}

/// A whole story.
fn written() -> Desk {
    let desk = Desk::with(BRIEF);
    demo(&desk, &["write"]).exits(0);
    desk
}

fn change_rule(desk: &Desk, to: &str) {
    desk.put("story.md", &BRIEF.replace("RULE-ONE-MARK", to));
}

fn marked(desk: &Desk, field: &str) -> Vec<u64> {
    let status = desk.run(&["status", "--json"]).exits(0).json();
    let chunks = status["chunks"].as_array().expect("chunks");
    let marked = chunks.iter().filter(|chunk| chunk[field] == true);
    marked
        .map(|chunk| chunk["number"].as_u64().expect("a number"))
        .collect()
}

fn numbers(report: &Value) -> Vec<u64> {
    let chunks = report["chunks"].as_array().expect("chunks");
    chunks
        .iter()
        .map(|chunk| chunk["number"].as_u64().expect("a number"))
        .collect()
}

#[test]
fn several_chunks_are_kept_at_once() {
    let desk = written();
    change_rule(&desk, "And never by day.");
    assert_eq!(marked(&desk, "stale"), [1, 2, 3, 4]);
    let kept = desk.run(&["keep", "1", "log"]).exits(0).stdout;
    assert_eq!(
        kept,
        "chunks 1, 2 are kept as they are and no longer stale\n"
    );
    assert_eq!(marked(&desk, "stale"), [3, 4]);
    let kept = desk.run(&["keep", "--all", "--json", "."]).exits(0).json();
    assert_eq!(
        (numbers(&kept), &kept["decision"]),
        (vec![3, 4], &json!("keep"))
    );
    assert_eq!(kept["chunks"][0]["stale"], false);
    assert_eq!(kept["failed"], json!([]));
    assert_eq!(marked(&desk, "stale"), Vec::<u64>::new());
    change_rule(&desk, "And never at noon.");
    desk.run(&["keep", "2-4"]).exits(0);
    assert_eq!(marked(&desk, "stale"), [1]);
    let again = desk.run(&["keep", "3"]).exits(0).stdout;
    assert_eq!(again, "chunk 3 is not stale, so there is nothing to keep\n");
    for (arguments, said) in [
        (&["keep"][..], "CHUNKS"),
        (&["keep", "4-2"], "ends before it begins"),
        (&["keep", "1-9"], "no chunk 9"),
        (&["keep", "tower"], "no beat `tower`"),
        (&["keep", "--all", "2"], "--all takes no chunks"),
    ] {
        let ended = desk.run(arguments).exits(2);
        assert!(
            ended.stderr.contains(said),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    let nothing = Desk::with(BRIEF);
    nothing.run(&["keep", "--all"]).exits(1);
    assert!(!nothing.exists("generated"), "a decision begins no draft");
}

#[test]
fn nothing_rewrites_a_locked_chunk() {
    let desk = written();
    demo(&desk, &["rewrite", "--chunk", "2", "--seed", "7"]).exits(0);
    let text = desk.chunk(2).prose;
    let locked = desk.run(&["lock", "log", "--json"]).exits(0).json();
    assert_eq!(
        (numbers(&locked), &locked["chunks"][0]["locked"]),
        (vec![2], &json!(true))
    );
    assert!(
        desk.read(&desk.chunk_file(2))
            .contains("\nlocked: true\n---\n")
    );
    change_rule(&desk, "And never by day.");
    for arguments in [
        &["rewrite", "--chunk", "2"][..],
        &["rewrite", "--chunk", "1-3"],
        &["rewrite", "--from", "log"],
        &["refine", "--chunk", "2", "--apply"],
    ] {
        let ended = demo(&desk, arguments).exits(1);
        assert!(
            ended.stderr.contains("Chunk 2 is locked"),
            "{}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains("storywright unlock 2"),
            "{}",
            ended.stderr
        );
    }
    let ended = desk.run(&["restore", "2"]).exits(1);
    assert!(
        ended.stderr.contains("Chunk 2 is locked"),
        "{}",
        ended.stderr
    );
    // A better text may be proposed, but not taken.
    demo(&desk, &["refine", "--chunk", "2"]).exits(0);
    let ended = desk.run(&["accept", "2"]).exits(1);
    assert!(
        ended.stderr.contains("Chunk 2 is locked"),
        "{}",
        ended.stderr
    );
    let ended = demo(&desk, &["rewrite", "--stale", "--seed", "9"]).exits(0);
    assert!(
        ended
            .stderr
            .contains("chunk 2 is locked and is left as it is"),
        "{}",
        ended.stderr
    );
    let ended = demo(&desk, &["rewrite", "--from", "1", "--seed", "11"]).exits(0);
    assert!(
        ended
            .stderr
            .contains("chunk 2 is locked and is left as it is"),
        "{}",
        ended.stderr
    );
    assert_eq!(desk.chunk(2).prose, text);
    // The lock is in the file, so nothing but the author takes it away.
    std::fs::remove_file(desk.path(&format!("{}/manifest.json", desk.session()))).expect("gone");
    assert_eq!(marked(&desk, "locked"), [2]);
    desk.run(&["unlock", "--all"]).exits(0);
    assert_eq!(marked(&desk, "locked"), Vec::<u64>::new());
    assert!(!desk.read(&desk.chunk_file(2)).contains("locked"));
    desk.run(&["accept", "2"]).exits(0);
    assert_ne!(desk.chunk(2).prose, text);
    let ended = Desk::with(BRIEF);
    demo(&ended, &["write", "--chunk", "1"]).exits(0);
    let refused = ended.run(&["lock", "2"]).exits(1);
    assert!(
        refused.stderr.contains("Chunk 2 is not complete"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_lock_by_the_authors_hand_counts_and_goes_with_its_beat() {
    let desk = written();
    let file = desk.chunk_file(3);
    let by_hand = desk
        .read(&file)
        .replace("status: complete\n", "status: complete\nlocked: yes\n");
    desk.put(&file, &by_hand);
    assert_eq!(marked(&desk, "locked"), [3]);
    let text = desk.chunk(3).prose;
    let (before, rest) = BRIEF.split_once("## The Door").expect("a beat");
    let (_, after) = rest.split_once("\n## ").expect("another");
    desk.put("story.md", &format!("{before}## {after}"));
    demo(&desk, &["write"]).exits(0);
    desk.put("story.md", BRIEF);
    demo(&desk, &["write"]).exits(0);
    assert_eq!(desk.chunk(3).prose, text);
    assert_eq!(marked(&desk, "locked"), [3]);
}

#[test]
fn a_story_is_written_up_to_a_chunk_or_chapter() {
    let desk = Desk::with(&chapters());
    let dry = demo(&desk, &["write", "--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(dry["to_write"], json!([1, 2, 3, 4]));
    assert_eq!((&dry["words"], &dry["rewrites"]), (&json!(600), &json!([])));
    assert!(!desk.exists("generated"), "a dry run changes nothing");
    demo(&desk, &["write", "--to", "log"]).exits(0);
    let complete = |desk: &Desk| {
        let status = desk.run(&["status", "--json"]).exits(0).json();
        let chunks = status["chunks"].as_array().expect("chunks").iter();
        chunks.filter(|chunk| chunk["status"] == "complete").count()
    };
    assert_eq!(complete(&desk), 2);
    let done = demo(&desk, &["write", "--chapter", "1"]).exits(0).stdout;
    assert_eq!(done, "nothing to write: chunks 1, 2 are complete\n");
    demo(&desk, &["write", "--chapter", "part two"]).exits(0);
    assert_eq!(complete(&desk), 4);
    let ended = demo(&desk, &["write", "--chapter", "3"]).exits(2);
    assert!(
        ended.stderr.contains("it has 1 “Part One”, 2 “Part Two”"),
        "{}",
        ended.stderr
    );
    let shown = desk.run(&["status"]).exits(0).stdout;
    assert!(
        shown.contains("\nPart One: 2 of 2 chunks complete, "),
        "{shown}"
    );
    let shown = desk
        .run(&["status", "--chapter", "2", "--json"])
        .exits(0)
        .json();
    assert_eq!(numbers(&shown), [3, 4]);
    assert_eq!(shown["chunks"][0]["chapter"], "Part Two");
    demo(&desk, &["write", "--to", "1", "--chapter", "1"]).exits(2);
}

#[test]
fn what_rewriting_makes_stale_is_named_or_rewritten_too() {
    let desk = written();
    let other = BRIEF.replace("She reads what was written.", "She burns the log.");
    assert_ne!(other, BRIEF);
    desk.put("story.md", &other);
    let stale = marked(&desk, "stale");
    assert!(stale.contains(&2) && !stale.contains(&4), "{stale:?}");
    let shown = desk.run(&["status", "--stale", "--json"]).exits(0).json();
    assert_eq!(numbers(&shown), stale);
    let nothing = demo(&desk, &["write"]).exits(0).stdout;
    assert!(
        nothing.contains("stale: `storywright status --stale` says why"),
        "{nothing}"
    );
    let dry = demo(&desk, &["rewrite", "--stale", "--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(dry["rewrites"], json!(stale));
    assert!(
        dry["following"]["rewrites"]
            .as_array()
            .is_some_and(|it| it.contains(&json!(4))),
        "{dry}"
    );
    assert_eq!(marked(&desk, "stale"), stale, "a dry run changes nothing");
    // Without more being asked for, what became stale by it is named.
    let ended = demo(&desk, &["rewrite", "--stale", "--seed", "5", "--json"]).exits(0);
    let end = &ended.named("job_finished")[0];
    let left = marked(&desk, "stale");
    assert!(!left.is_empty(), "{}", ended.stdout);
    assert_eq!(end["stale"], json!(left));
    assert!(
        end["message"]
            .as_str()
            .is_some_and(|it| it.contains("stale")),
        "{end}"
    );
    // Asked for, it goes on until nothing is, and writes no chunk twice.
    let ended = demo(
        &desk,
        &[
            "rewrite", "--stale", "--follow", "--yes", "--seed", "6", "--json",
        ],
    )
    .exits(0);
    assert_eq!(marked(&desk, "stale"), Vec::<u64>::new());
    let saved = ended.named("chunk_saved");
    let mut written: Vec<u64> = saved.iter().filter_map(|it| it["chunk"].as_u64()).collect();
    written.dedup();
    assert_eq!(written.len(), saved.len(), "{}", ended.stdout);
    assert_eq!(written.last(), Some(&4));
}

/// The last chunk is written beside the second, and stale again when the third is written anew.
#[test]
fn what_chunks_that_are_written_beside_each_other_make_stale_is_rewritten_too() {
    let desk = written();
    change_rule(&desk, "And never by day.");
    desk.run(&["keep", "1", "3"]).exits(0);
    assert_eq!(marked(&desk, "stale"), [2, 4]);
    desk.configure("order = \"all\"\nparallel = 2\nseed = 6\n");
    let rewrite = ["rewrite", "--stale", "--follow", "--yes", "--json"];
    let ended = demo(&desk, &rewrite).exits(0);
    assert_eq!(
        marked(&desk, "stale"),
        Vec::<u64>::new(),
        "{}",
        ended.stdout
    );
    let saved = ended.named("chunk_saved");
    let written: Vec<u64> = saved.iter().filter_map(|it| it["chunk"].as_u64()).collect();
    assert!(written.ends_with(&[3, 4]), "{written:?}");
}

#[test]
fn several_complete_chunks_are_told_before_they_are_rewritten() {
    let desk = written();
    let prices = "[prices.demo]\ninput = 1.0\noutput = 2.0\n";
    desk.configure(&format!("model = \"demo\"\n{prices}"));
    let ended = demo(&desk, &["rewrite", "--from", "3"]).exits(0);
    assert!(
        ended
            .stderr
            .starts_with("note: 2 complete chunks are written anew;"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("chunks 3, 4 (300 words; 2 calls, about "),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("at a cost of about 0.00"),
        "{}",
        ended.stderr
    );
    let one = demo(&desk, &["rewrite", "--chunk", "3"]).exits(0);
    assert!(!one.stderr.contains("written anew"), "{}", one.stderr);
    let shown = desk.run(&["status"]).exits(0).stdout;
    assert!(
        shown.contains("session the-lamp-01, cost so far 0.00"),
        "{shown}"
    );
    assert!(shown.contains("(cost 0.00"), "{shown}");
}

#[test]
fn earlier_versions_are_listed_compared_and_restored() {
    let desk = written();
    let first = desk.chunk(1).prose;
    desk.edit_chunk(1, |prose| format!("{prose}\n\nAnd a line of mine."));
    demo(&desk, &["rewrite", "--chunk", "1", "--seed", "3"]).exits(0);
    let report = desk.run(&["versions", "landing", "--json"]).exits(0).json();
    let versions = report["versions"].as_array().expect("versions");
    assert_eq!(
        (&report["chunk"], &report["beat"]),
        (&json!(1), &json!("landing"))
    );
    assert_eq!(versions.len(), 2, "{report}");
    assert_eq!(
        (&versions[0]["origin"], &versions[1]["origin"]),
        (&json!("generated"), &json!("edited"))
    );
    let shown = desk.run(&["versions", "1"]).exits(0).stdout;
    assert_eq!(shown.lines().count(), 4, "{shown}");
    let compared = desk.run(&["diff", "1", "--json"]).exits(0).json();
    assert_eq!(compared["version"]["version"], 2);
    let diff = compared["diff"].as_array().expect("a diff");
    assert!(
        diff.iter().any(|line| line
            .as_str()
            .is_some_and(|it| it.starts_with("- ") && it.contains("a line of mine"))),
        "{compared}"
    );
    let ended = desk.run(&["diff", "1", "--version", "9"]).exits(1);
    assert!(
        ended.stderr.contains("Chunk 1 has 2 earlier versions"),
        "{}",
        ended.stderr
    );
    let done = desk
        .run(&["restore", "1", "--version", "1", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&done["decision"], numbers(&done)),
        (&json!("restore"), vec![1])
    );
    assert_eq!(desk.chunk(1).prose, first);
    let none = desk.run(&["versions", "3"]).exits(0).stdout;
    assert_eq!(none, "chunk 3 “The Door” has no earlier version\n");
}

#[test]
fn the_demo_writer_proposes_something_and_says_that_it_audits_nothing() {
    let desk = written();
    demo(&desk, &["refine", "--chunk", "1"]).exits(0);
    let shown = desk.run(&["status"]).exits(0).stdout;
    assert!(
        shown.contains("(a revision waits: generated/the-lamp-01/revisions/chunk_01.md)"),
        "{shown}"
    );
    let before = desk.chunk(1).prose;
    let done = desk.run(&["accept", "1", "--json"]).exits(0).json();
    assert_eq!(
        done["message"],
        "the revision is chunk 1 now; the text that it replaces is in history/"
    );
    assert_ne!(desk.chunk(1).prose, before);
    demo(&desk, &["refine", "--chunk", "2"]).exits(0);
    let done = desk.run(&["reject", "2", "--json"]).exits(0).json();
    assert_eq!(
        (&done["decision"], numbers(&done)),
        (&json!("reject"), vec![2])
    );
    let audited = demo(&desk, &["audit"]).exits(0);
    assert!(
        audited
            .stdout
            .contains("the demo writer looks at nothing in an audit"),
        "{}",
        audited.said()
    );
    let strange = Desk::with(FINNISH);
    let ended = demo(&strange, &["write"]);
    assert!(ended.stderr.contains("chunk 2"), "{}", ended.stderr);
    let told = ended
        .stderr
        .matches("The demo writer has no phrases for \"fi\"")
        .count();
    assert_eq!(told, 1, "{}", ended.stderr);
}

#[test]
fn the_story_is_found_from_a_folder_below_it() {
    let desk = written();
    demo(&desk, &["session", "new", "--name", "other"]);
    desk.run(&["session", "new", "--name", "other"]);
    std::fs::create_dir_all(desk.path("notes/old")).expect("a folder");
    for (folder, session) in [
        ("notes/old", "other"),
        ("generated", "other"),
        ("generated/the-lamp-01", "the-lamp-01"),
        ("generated/the-lamp-01/chunks", "the-lamp-01"),
    ] {
        let mut command = desk.command(&["status", "--json"]);
        command.current_dir(desk.path(folder));
        let ended = crate::desk::Running::of(command).end().exits(0);
        assert_eq!(ended.json()["session"], session, "{folder}");
        assert!(
            ended.stderr.contains("note: the story is "),
            "{folder}: {}",
            ended.stderr
        );
    }
    let chunk = desk
        .run(&[
            "status",
            "--json",
            "generated/the-lamp-01/chunks/chunk_01.md",
        ])
        .exits(0);
    assert_eq!(chunk.json()["session"], "the-lamp-01");
    // Not from outside of it.
    let mut command = desk.command(&["status"]);
    command.current_dir(desk.outside(""));
    crate::desk::Running::of(command).end().exits(2);
}

/// The beat in front of a chunk that is written anew has the text that was written in its place once,
/// and the demo writer takes its phrases by the place.
#[test]
fn the_demo_writer_fails_no_story_of_its_own() {
    const HEAD: &str = "---\ntitle: The Lamp\nlanguage: en\n---\n# Setting\nSkerrow, a rock with a \
        lighthouse and one boat.\n# Cast\n## Mara Voss\nKeeps the log.\n# Outline\n## The Log {#log}\n\
        Mara Voss finds an entry for tomorrow in the logbook.\n## The Boat {#boat}\nMara Voss rows a \
        boat to the rock.\n";
    const STORM: &str = "## The Storm {#storm}\nThe lamp goes out.\n";
    const MORNING: &str = "## Morning {#morning}\nThe page is read.\n";
    for (seed, words) in [("5", "90"), ("8", "90"), ("6", "150")] {
        let desk = Desk::with(&format!("{HEAD}{STORM}{MORNING}"));
        let chosen = [
            "--seed",
            seed,
            "--chunk-words",
            words,
            "--demo-words-per-second",
            "200000",
        ];
        demo(&desk, &[&["write"][..], &chosen].concat()).exits(0);
        desk.edit_chunk(4, |prose| format!("{prose}\n\nAnd I added this."));
        desk.put("story.md", &format!("{HEAD}{MORNING}{STORM}"));
        let rewrite = ["rewrite", "--chunk", "4", "--yes"];
        demo(&desk, &[&rewrite[..], &chosen].concat()).exits(0);
        let (storm, morning) = (desk.chunk(4).prose, desk.chunk(3).prose);
        let copied = storm
            .split("\n\n")
            .filter(|it| morning.contains(it))
            .count();
        assert!(copied < 2, "seed {seed}: {storm}\n---\n{morning}");
    }
}

/// Without a seed a rewrite by the demo writer is another text each time; with one it comes again.
#[test]
fn the_demo_writer_rewrites_to_another_text() {
    let desk = written();
    let mut texts = vec![desk.chunk(2).prose];
    for _ in 0..2 {
        demo(&desk, &["rewrite", "--chunk", "2"]).exits(0);
        texts.push(desk.chunk(2).prose);
    }
    assert!(
        texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2],
        "{texts:?}"
    );
    let seeded = || {
        demo(&desk, &["rewrite", "--chunk", "2", "--seed", "7"]).exits(0);
        desk.chunk(2).prose
    };
    assert_eq!(seeded(), seeded());
}
