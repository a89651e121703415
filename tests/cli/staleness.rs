//! Which chunks turn stale after each kind of change, and why. The table is printed with
//! `--nocapture`.

mod story;

use std::fs;

use serde_json::Value;

use story::{BRIEF, Story};

/// What is changed, by a replacement in the brief, and why chunks 1 to 4 are stale then.
type Row = (&'static str, &'static str, &'static str, [&'static str; 4]);

const OF_THE_BRIEF: &[Row] = &[
    (
        "premise",
        "reads tomorrow",
        "reads next week",
        ["the premise changed"; 4],
    ),
    (
        "setting",
        "one boat",
        "two boats",
        ["the setting changed"; 4],
    ),
    (
        "tense",
        "tense: past",
        "tense: present",
        ["the tense changed"; 4],
    ),
    (
        "point of view",
        "pov: third person\n",
        "",
        ["the point of view was removed"; 4],
    ),
    (
        "language",
        "language: en",
        "language: en-GB",
        ["the language changed"; 4],
    ),
    ("title", "title: The Lamp", "title: The Lantern", [""; 4]),
    (
        "rule 2",
        "never wrong",
        "seldom wrong",
        ["rule 2 changed"; 4],
    ),
    (
        "a rule added",
        "# Style",
        "3. No wireless.\n\n# Style",
        ["rule 3 was added"; 4],
    ),
    (
        "a rule removed",
        "2. The log is never wrong.\n",
        "",
        ["rule 2 was removed"; 4],
    ),
    (
        "style",
        "Plain sentences.",
        "Long sentences.",
        ["the style changed"; 4],
    ),
    (
        "protagonist's entry",
        "The keeper.",
        "The old keeper.",
        ["the cast entry of Mara Voss changed"; 4],
    ),
    (
        "an entry that only chunk 4 held",
        "Comes with the boat",
        "Rows the boat",
        ["", "", "", "the cast entry of Orla Quist changed"],
    ),
    (
        "a character added",
        "# Rules",
        "## Ida\nA gull.\n\n# Rules",
        [""; 4],
    ),
    (
        "beat 3",
        "for four minutes",
        "for an hour",
        ["", "the next beat changed", "its beat changed", ""],
    ),
    (
        "title of beat 3",
        "The Storm",
        "The Gale",
        ["", "the next beat changed", "its beat changed", ""],
    ),
    ("notes", "Nobody reads", "Somebody reads", [""; 4]),
    ("a length", "{#log}", "{#log words=700}", [""; 4]),
];

#[test]
fn each_change_of_the_brief_turns_stale_what_it_reached() {
    let story = Story::written();
    assert_eq!(story.reasons(&[]), [""; 4]);
    let path = story.folder.join("story.md");
    for (change, from, to, expected) in OF_THE_BRIEF {
        story.edit(&path, |brief| brief.replacen(from, to, 1));
        let reasons = story.reasons(&[]);
        println!("{change:<32} | {}", reasons.join(" | "));
        assert_eq!(reasons, *expected, "{change}");
        fs::write(&path, BRIEF).unwrap();
    }
    assert_eq!(story.reasons(&[]), [""; 4]);
}

/// Beats of a book, enough to tell its neighbours from all of it.
const BEATS: usize = 24;

fn beat(number: usize) -> String {
    format!("## Night {number} {{#n{number}}}\nMara keeps the lamp on night {number}.\n")
}

/// A book of small beats.
fn book() -> String {
    let beats: String = (1..=BEATS).map(beat).collect();
    format!(
        "---\ntitle: The Lamp\nlanguage: en\npov: third person\ntense: past\nprotagonist: Mara Voss\n\
         target_words: 1300\nchunk_words: 50\n---\n# Premise\nA keeper.\n# Setting\nSkerrow.\n\
         # Cast\n## Mara Voss\nThe keeper.\n# Rules\n1. The lamp may not go out.\n# Outline\n{beats}"
    )
}

/// What becomes of a book as it grows, and which chunks (by their number after it) are stale by
/// it, why.
type Growth = (
    &'static str,
    fn(&str) -> String,
    &'static [(usize, &'static str)],
);

const OTHER_NEXT: &str = "another beat comes next now";

const GROWTH: &[Growth] = &[
    (
        "the last is retitled",
        |book| book.replace("## Night 24 ", "## The Last Night "),
        &[(23, "the next beat changed"), (24, "its beat changed")],
    ),
    (
        "one is inserted at 12",
        |book| book.replace(&beat(12), &format!("## Between\nA gull.\n{}", beat(12))),
        &[(11, OTHER_NEXT)],
    ),
    (
        "one is appended",
        |book| format!("{book}## Morning\nThe boat.\n"),
        &[(24, "it is not the last beat any more")],
    ),
    (
        "20 moves before 4",
        |book| {
            let without = book.replace(&beat(20), "");
            without.replace(&beat(4), &format!("{}{}", beat(20), beat(4)))
        },
        &[
            (3, OTHER_NEXT),
            (
                4,
                "another beat comes next now, another chunk comes before it now (chunk 3)",
            ),
            (5, "another chunk comes before it now (chunk 4)"),
            (20, OTHER_NEXT),
            (21, "another chunk comes before it now (chunk 20)"),
        ],
    ),
    (
        "12 is removed",
        |book| book.replace(&beat(12), ""),
        &[
            (11, OTHER_NEXT),
            (12, "another chunk comes before it now (chunk 11)"),
        ],
    ),
    (
        "the last is removed",
        |book| book.replace(&beat(24), ""),
        &[(23, "it is the last beat now")],
    ),
    (
        "parts get headings",
        |book| {
            let book = book.replace("## Night", "### Night");
            let book = book.replace("# Outline\n", "# Outline\n## Part One\n");
            book.replace("### Night 13 ", "## Part Two\n### Night 13 ")
        },
        &[],
    ),
    (
        "the rest is planned",
        |book| {
            let rest = (1..=9).map(|number| format!("## Dawn {number}\nMara rests.\n"));
            format!("{book}{}", rest.collect::<String>())
        },
        &[(24, "it is not the last beat any more")],
    ),
    (
        "the title changes",
        |book| book.replace("title: The Lamp", "title: The Lantern"),
        &[],
    ),
    (
        "a character joins",
        |book| book.replace("# Rules", "## Ida\nA gull.\n# Rules"),
        &[],
    ),
    (
        "the id of 12 is renamed",
        |book| book.replace("{#n12}", "{#noon}"),
        &[],
    ),
];

#[test]
fn what_is_only_context_and_grows_makes_nothing_stale() {
    let book = book();
    let story = Story::written_of(&book, &["--mode", "chunked"]);
    assert_eq!(story.stale(), []);
    let path = story.folder.join("story.md");
    let mut wrong = Vec::new();
    for (change, edit, expected) in GROWTH {
        let edited = edit(&book);
        assert_ne!(edited, book, "{change}");
        fs::write(&path, edited).unwrap();
        let stale = story.stale();
        println!("{change:<24} | {stale:?}");
        let expected: Vec<(usize, String)> = expected
            .iter()
            .map(|(number, reason)| (*number, (*reason).to_owned()))
            .collect();
        if stale != expected {
            wrong.push((change, stale, expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What came between is written, and only what follows it is told that another chunk does.
#[test]
fn an_inserted_chunk_is_no_rewrite_of_another() {
    let book = book();
    let story = Story::written_of(&book, &["--mode", "chunked"]);
    let inserted = book.replace(&beat(12), &format!("## Between\nA gull.\n{}", beat(12)));
    fs::write(story.folder.join("story.md"), inserted).unwrap();
    story.write(&[]);
    assert_eq!(
        story.stale(),
        [
            (11, OTHER_NEXT.to_owned()),
            (
                13,
                "another chunk comes before it now (chunk 12)".to_owned()
            ),
        ]
    );
}

/// An article, a title or a common word of a name is in every text; only what says who is meant
/// brings an entry into a prompt, and makes a chunk stale by it.
#[test]
fn an_entry_of_the_cast_reaches_only_what_follows_its_name() {
    let others = "## The Visitor\nA stranger.\n## Old Peder\nA stranger.\n## Mrs. Adair\nA stranger.\n# Rules";
    let brief = BRIEF.replace("# Rules", others);
    let story = Story::written_of(&brief, &[]);
    let path = story.folder.join("story.md");
    for (heading, name) in [
        ("## The Visitor", "Visitor"),
        ("## Old Peder", "Peder"),
        ("## Mrs. Adair", "Adair"),
    ] {
        let entry = format!("{heading}\nA stranger.");
        fs::write(&path, brief.replace(&entry, &format!("{entry} Tall."))).unwrap();
        let stale = story.stale();
        println!("{heading:<32} | {stale:?}");
        for (number, reason) in stale {
            let before = number.checked_sub(1).filter(|before| *before > 0);
            let before = before.map(|before| fs::read_to_string(story.chunk(before)).unwrap());
            assert!(
                before.is_some_and(|text| text.contains(name)),
                "chunk {number}: {reason}"
            );
        }
    }
}

/// What the author typed in a chunk is known to be theirs also after its beat was away.
#[test]
fn a_chunk_that_comes_back_with_its_beat_is_still_the_authors() {
    let story = Story::written();
    let path = story.folder.join("story.md");
    story.edit(&story.chunk(2), |text| {
        format!("{}\n\nThat was all.\n", text.trim_end())
    });
    story.run(&["keep", "3"]);
    let mine = fs::read_to_string(story.chunk(2)).unwrap();
    let before = story.run(&["status", "--json"]);
    let start = BRIEF.find("## The Test").unwrap();
    let end = BRIEF.find("## The Storm").unwrap();
    let without = [&BRIEF[..start], &BRIEF[end..]].concat();
    fs::write(&path, without).unwrap();
    story.write(&[]);
    fs::write(&path, BRIEF).unwrap();
    story.write(&[]);
    assert_eq!(fs::read_to_string(story.chunk(2)).unwrap(), mine);
    let origins = |status: &str| -> Vec<Value> {
        let status: Value = serde_json::from_str(status).unwrap();
        let chunks = status["chunks"].as_array().unwrap().iter();
        chunks.map(|chunk| chunk["origin"].clone()).collect()
    };
    let after = story.run(&["status", "--json"]);
    assert_eq!(origins(&after), origins(&before));
    assert_eq!(origins(&after)[1], "edited");
    // A rule reaches every chunk, and the author's stays.
    story.edit(&path, |brief| brief.replace("may not", "must not"));
    story.run(&["rewrite", "--stale", "--seed", "8"]);
    assert_eq!(fs::read_to_string(story.chunk(2)).unwrap(), mine);
}

#[test]
fn a_changed_chunk_turns_the_next_one_stale_only_where_its_prompt_saw_the_change() {
    let story = Story::written();
    let path = story.chunk(2);
    let written = fs::read_to_string(&path).unwrap();

    // 600 words long, and the next prompt repeats the last 400.
    let first = |text: String| {
        let start = text.find("---\n").unwrap() + 4;
        let prose = start + text[start..].find("---\n").unwrap() + 4;
        format!("{}Once. {}", &text[..prose], &text[prose..])
    };
    story.edit(&path, first);
    assert_eq!(
        story.reasons(&[]),
        ["", "", "", ""],
        "an edit before the tail"
    );
    fs::write(&path, &written).unwrap();

    story.edit(&path, |text| {
        format!("{}\n\nThat was all.\n", text.trim_end())
    });
    assert_eq!(
        story.reasons(&[]),
        ["", "", "chunk 2 was edited", ""],
        "an edit of the tail"
    );

    // The author looks at chunk 3 and finds that it still fits.
    story.run(&["keep", "3"]);
    assert_eq!(story.reasons(&[]), [""; 4]);
}

/// What is known of a chunk is the author's to change, and reaches the chunks that were told.
#[test]
fn an_edited_state_turns_stale_what_was_told_of_it() {
    let story = Story::written();
    let file = |number: u32| {
        story.folder.join(format!(
            "generated/the-lamp-01/state/chunk_{number:02}.json"
        ))
    };
    let edit = |number: u32, field: &str, value: Value| {
        story.edit(&file(number), |text| {
            let mut state: Value = serde_json::from_str(&text).unwrap();
            state[field] = value;
            serde_json::to_string_pretty(&state).unwrap()
        });
    };
    let first = "what happened in chunk 1 changed";
    // The end of the chunk before is told word by word, and not by a summary.
    let rows: &[(&str, u32, &str, Value, [&str; 4])] = &[
        (
            "summary of chunk 1",
            1,
            "summary",
            Value::from("Nothing of note."),
            ["", "", first, first],
        ),
        (
            "summary of chunk 2",
            2,
            "summary",
            Value::from("Nothing of note."),
            ["", "", "", "what happened in chunk 2 changed"],
        ),
        (
            "facts of chunk 4",
            4,
            "facts",
            Value::Array(Vec::new()),
            [""; 4],
        ),
        (
            "a time that no chunk was told",
            2,
            "time",
            Value::from("a year later"),
            [""; 4],
        ),
    ];
    for (change, number, field, value, expected) in rows {
        let before = fs::read_to_string(file(*number)).unwrap();
        edit(*number, field, value.clone());
        let reasons = story.reasons(&[]);
        println!("{change:<32} | {}", reasons.join(" | "));
        assert_eq!(reasons, *expected, "{change}");
        fs::write(file(*number), before).unwrap();
    }
    assert_eq!(story.reasons(&[]), [""; 4]);
    // What comes later by now is nothing that a chunk goes back to.
    edit(1, "summary", Value::from("Nothing of note."));
    let log = "## The Log {#log}\nMara finds an entry for tomorrow.\n";
    let last = format!("{log}# Notes");
    story.edit(&story.folder.join("story.md"), |text| {
        text.replace(log, "").replace("# Notes", &last)
    });
    let reasons = story.reasons(&[]);
    assert!(!reasons.concat().contains("happened"), "{reasons:?}");
}

#[test]
fn another_model_is_a_reason_and_an_open_choice_is_none() {
    let story = Story::written();
    assert_eq!(
        story.reasons(&["--model", "other"]),
        ["the model changed (it was demo/demo)"; 4]
    );
    assert_eq!(
        story.reasons(&["--provider", "ollama"]),
        ["the model changed (it was demo/demo)"; 4]
    );
    assert_eq!(story.reasons(&["--provider", "auto"]), [""; 4]);
}

#[test]
fn only_what_is_stale_is_rewritten_and_the_authors_chunks_are_kept() {
    let story = Story::written();
    let read = |number| fs::read_to_string(story.chunk(number)).unwrap();
    let before: Vec<String> = (1..=4).map(read).collect();
    let path = story.folder.join("story.md");
    story.edit(&path, |brief| {
        brief.replace("Comes with the boat", "Rows the boat")
    });
    story.run(&["rewrite", "--stale", "--seed", "7"]);
    let after: Vec<String> = (1..=4).map(read).collect();
    assert_eq!(before[..3], after[..3]);
    assert_ne!(before[3], after[3]);
    assert_eq!(story.reasons(&[]), [""; 4]);

    // Rules reach every chunk, but chunk 2 is the author's now.
    story.edit(&story.chunk(2), |text| {
        format!("{}\n\nThat was all.\n", text.trim_end())
    });
    let mine = read(2);
    story.edit(&path, |brief| {
        brief.replace("may not go out", "must not go out")
    });
    story.run(&["rewrite", "--stale", "--seed", "8"]);
    assert_eq!(read(2), mine);
    assert_ne!(read(1), after[0]);

    // And what was replaced can be had again.
    story.run(&["restore", "1"]);
    assert_eq!(read(1), after[0]);
}
