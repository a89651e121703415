//! The author's comments and notes in chunks, and files that a merge left in conflict.

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, PART, part_of};
use crate::protocols::novelist;
use crate::support::model_server::ModelServer;

const FULL_STORY: &str = "generated/the-lamp-01/full_story.md";

fn written() -> Desk {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &novelist(), &[]).exits(0);
    desk
}

fn rewrite(desk: &Desk, server: &ModelServer, chunk: &str) -> String {
    let arguments = ["rewrite", "--chunk", chunk, "--provider", "openai"];
    let model = ["--base-url", &server.base_url, "--model", "scripted-model"];
    let ended = desk.run(&[&arguments[..], &model[..]].concat()).exits(0);
    ended.stdout + &ended.stderr
}

/// Puts a comment behind the first sentence, and one into a paragraph of its own.
fn commented(prose: &str) -> String {
    let end = prose.find(". ").expect("a sentence") + 1;
    format!(
        "{} <!-- PRIVATE-MARK\nof mine -->{}\n\n<!-- PRIVATE-MARK -->",
        &prose[..end],
        &prose[end..]
    )
}

#[test]
fn a_comment_is_no_part_of_the_story() {
    let desk = written();
    let exported = || {
        desk.run(&["export", "--format", "md"]).exits(0);
        desk.read("generated/the-lamp-01/exports/the-lamp-01.md")
    };
    let (before, book) = (desk.read(FULL_STORY), exported());
    desk.edit_chunk(2, commented);
    let status = desk.run(&["status", "--json"]).exits(0).json();
    for (chunk, edited, words) in [(1, false, PART), (2, false, PART)] {
        assert_eq!(status["chunks"][chunk]["edited"], edited, "{status}");
        assert_eq!(status["chunks"][chunk]["stale"], false, "{status}");
        assert_eq!(status["chunks"][chunk]["words"], words, "{status}");
    }
    let server = novelist();
    rewrite(&desk, &server, "3");
    let sent = server.completions();
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].user().contains("PRIVATE-MARK"));
    assert!(!sent[0].user().contains("<!--"));
    assert_eq!(desk.read(FULL_STORY), before);
    assert_eq!(exported(), book);
    // It is where the author put it.
    assert_eq!(desk.chunk(2).prose.matches("PRIVATE-MARK").count(), 2);
}

#[test]
fn a_partial_chunk_goes_on_with_its_comments_where_they_stand() {
    for (behind, expected) in [
        (" <!-- PRIVATE-MARK -->", "<!-- PRIVATE-MARK --> "),
        (
            "\n\n<!-- PRIVATE-MARK -->\n\n",
            "\n\n<!-- PRIVATE-MARK --> ",
        ),
        (" <!-- PRIVATE-MARK never closed", "never closed\n\n"),
    ] {
        let novel = Novel::short();
        let stops = ModelServer::start(move |request| {
            let answer = novel.answer(request);
            match part_of(&request.user()) {
                3 => answer.close_after(60),
                _ => answer,
            }
        });
        let desk = Desk::with(BRIEF);
        desk.write("openai", &stops, &["--attempts", "1"]).exits(1);
        desk.edit_chunk(3, |prose| format!("{prose}{behind}"));
        let server = novelist();
        desk.write("openai", &server, &[]).exits(0);
        for request in server.completions() {
            assert!(!request.user().contains("PRIVATE-MARK"), "{behind:?}");
        }
        let prose = desk.chunk(3).prose;
        assert!(prose.contains(expected), "{behind:?}: {prose}");
        let status = desk.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["chunks"][2]["status"], "complete");
        assert_eq!(status["chunks"][2]["words"], PART, "{behind:?}");
        assert_eq!(status["chunks"][2]["edited"], false, "{behind:?}");
        let story: Vec<String> = words(&desk.read(FULL_STORY));
        let part = words(Novel::short().part(3));
        assert!(story.windows(part.len()).any(|there| there == part));
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_note_in_a_chunk_goes_into_its_rewrite_and_is_done_then() {
    let desk = written();
    let prose = desk.chunk(2).prose;
    let end = prose.find(". ").expect("a sentence") + 1;
    let sentence = prose[..end].to_owned();
    desk.edit_chunk(2, |prose| {
        format!(
            "{} <!-- sw: NOTE-MARK colder -->{}\n\n<!-- PRIVATE-MARK -->",
            &prose[..end],
            &prose[end..]
        )
    });
    let server = novelist();
    // The note is for its own chunk, and for no other.
    rewrite(&desk, &server, "3");
    assert!(!server.completions()[0].user().contains("NOTE-MARK"));
    let told = rewrite(&desk, &server, "2");
    let sent = server.completions()[1].user();
    let asked = format!("“{sentence}” in the text that this one replaces: NOTE-MARK colder");
    assert!(sent.contains(&asked), "{sent}");
    assert!(!sent.contains("PRIVATE-MARK"), "{sent}");
    assert!(told.contains("“NOTE-MARK colder”"), "{told}");
    assert!(told.contains("1 other comment"), "{told}");
    assert!(!desk.read(&desk.chunk_file(2)).contains("<!--"));
    let history = desk.files("generated/the-lamp-01/history/chunk_02");
    let kept = |mark: &str| history.iter().any(|(_, text)| text.contains(mark));
    assert!(kept("NOTE-MARK") && kept("PRIVATE-MARK"));
}

#[test]
fn a_note_is_carried_out_though_its_rewrite_was_interrupted() {
    let desk = written();
    let prose = desk.chunk(2).prose;
    let end = prose.find(". ").expect("a sentence") + 1;
    let sentence = prose[..end].to_owned();
    desk.edit_chunk(2, |prose| {
        format!(
            "{} <!-- sw: NOTE-MARK colder -->{}",
            &prose[..end],
            &prose[end..]
        )
    });
    let novel = Novel::short();
    let stops = ModelServer::start(move |request| novel.answer(request).close_after(60));
    let arguments = [
        "rewrite",
        "--chunk",
        "2",
        "--provider",
        "openai",
        "--attempts",
        "1",
    ];
    let model = ["--base-url", &stops.base_url, "--model", "scripted-model"];
    desk.run(&[&arguments[..], &model[..]].concat()).exits(1);
    assert!(!desk.read(&desk.chunk_file(2)).contains("<!--"));
    let server = novelist();
    let ended = desk.write("openai", &server, &[]).exits(0);
    let sent = server.completions();
    assert_eq!(sent.len(), 1);
    let asked = format!("“{sentence}” in the text that this one replaces: NOTE-MARK colder");
    assert!(sent[0].user().contains(&asked), "{}", sent[0].user());
    let told = ended.stdout + &ended.stderr;
    assert!(told.contains("“NOTE-MARK colder”"), "{told}");
    // Now it is done.
    rewrite(&desk, &server, "2");
    assert!(!server.completions()[1].user().contains("NOTE-MARK"));
}

/// What stands in the margin is left for another time.
#[test]
fn what_the_author_says_for_one_rewrite_is_carried_out_though_it_is_interrupted() {
    let desk = written();
    desk.edit_chunk(2, |prose| format!("{prose} <!-- sw: MARGIN-MARK -->"));
    let novel = Novel::short();
    let stops = ModelServer::start(move |request| novel.answer(request).close_after(60));
    let rewrite = ["rewrite", "--chunk", "2", "--note", "SAID-MARK colder"];
    let model = ["--provider", "openai", "--model", "scripted-model"];
    let once = ["--attempts", "1", "--base-url", &stops.base_url];
    desk.run(&[&rewrite[..], &model[..], &once[..]].concat())
        .exits(1);
    let sent = stops.completions()[0].user();
    assert!(sent.contains("SAID-MARK colder"), "{sent}");
    assert!(!sent.contains("MARGIN-MARK"), "{sent}");
    let server = novelist();
    desk.write("openai", &server, &[]).exits(0);
    let sent = server.completions()[0].user();
    assert!(sent.contains("SAID-MARK colder"), "{sent}");
    assert!(
        !sent.contains("in the text that this one replaces: SAID-MARK"),
        "{sent}"
    );
    // One note for one chunk.
    let several = ["rewrite", "--stale", "--note", "colder"];
    desk.run(&several).exits(2);
}

#[test]
fn a_note_in_a_beat_is_the_briefs_and_counts_each_time() {
    let desk = written();
    let brief = desk.read("story.md");
    let (_, outline) = brief.split_once("# Outline").expect("an outline");
    let heading = outline.lines().find(|line| line.starts_with("## "));
    let heading = heading.expect("a beat");
    let noted = format!("{heading}\n<!-- sw: NOTE-MARK colder -->");
    desk.put("story.md", &brief.replacen(heading, &noted, 1));
    let noted = desk.read("story.md");
    let server = novelist();
    for call in 0..2 {
        let told = rewrite(&desk, &server, "1");
        let sent = server.completions()[call].user();
        assert!(sent.contains("NOTE-MARK colder"), "{sent}");
        // Nothing of the author's is touched, and nothing is said to be done.
        assert_eq!(desk.read("story.md"), noted);
        assert!(!told.contains("is done"), "{told}");
    }
}

/// Puts a conflict into a text, as git does.
fn conflict(text: &str, line_end: &str) -> String {
    let (first, rest) = text.trim_end().rsplit_once('\n').expect("two lines");
    let marks =
        "<<<<<<< HEAD\nOURS-MARK\n||||||| base\nBASE-MARK\n=======\nTHEIRS-MARK\n>>>>>>> theirs";
    format!("{first}\n{marks}\n{rest}\n").replace('\n', line_end)
}

#[test]
fn nothing_is_written_while_a_conflict_is_unresolved() {
    for line_end in ["\n", "\r\n"] {
        for file in [
            "story.md",
            "generated/the-lamp-01/chunks/chunk_02.md",
            "generated/the-lamp-01/state/chunk_01.json",
        ] {
            let desk = written();
            std::fs::remove_file(desk.path(&desk.chunk_file(4))).expect("removed");
            let text = match desk.exists(file) {
                true => desk.read(file),
                false => "{\n}".to_owned(),
            };
            let text = conflict(&text, line_end);
            desk.put(file, &text);
            let line = text.lines().position(|line| line.starts_with("<<<<<<<"));
            let before = desk.files(".");
            let checked = desk.run(&["check", "--json"]).exits(1).json();
            let rows = checked.as_array().expect("rows");
            let errors: Vec<_> = rows
                .iter()
                .filter(|row| row["severity"] == "error")
                .collect();
            assert_eq!(errors.len(), 4, "{file}: {errors:?}");
            assert_eq!(errors[0]["code"], "merge-conflict");
            assert_eq!(
                errors[0]["range"]["start"]["line"].as_u64(),
                line.map(|line| line as u64),
                "{file}"
            );
            let server = novelist();
            let refused = desk.write("openai", &server, &[]).exits(1);
            assert!(
                refused.stderr.contains("merge conflict"),
                "{}",
                refused.stderr
            );
            assert_eq!(server.completions().len(), 0, "{file}");
            assert_eq!(texts(desk.files(".")), texts(before), "{file}");
        }
    }
}

/// What only the program needs may change.
fn texts(files: Vec<(String, String)>) -> Vec<(String, String)> {
    let own = |name: &str| name.contains(".work") || name.ends_with(".lock");
    files.into_iter().filter(|(name, _)| !own(name)).collect()
}

#[test]
fn a_conflict_in_the_manifest_or_in_history_costs_no_text() {
    let desk = written();
    let manifest = "generated/the-lamp-01/manifest.json";
    let text = desk.read(manifest);
    let (first, rest) = text.split_once('\n').expect("lines");
    desk.put(
        manifest,
        &format!("{first}\n<<<<<<< HEAD\n=======\n>>>>>>> x\n{rest}"),
    );
    let checked = desk.run(&["check", "--json"]).exits(1).json();
    let is_there = |row: &serde_json::Value| row["code"] == "merge-conflict";
    assert!(checked.as_array().expect("rows").iter().any(is_there));
    let server = novelist();
    desk.write("openai", &server, &[]).exits(0);
    assert_eq!(server.completions().len(), 0);
    desk.run(&["check"]).exits(0);

    rewrite(&desk, &server, "2");
    let old = "generated/the-lamp-01/history/chunk_02/0001.md";
    let (name, text) = desk
        .files("generated/the-lamp-01/history/chunk_02")
        .into_iter()
        .find(|(name, _)| name.ends_with(".md"))
        .unwrap_or_else(|| panic!("{old}"));
    desk.put(
        &name,
        &format!("{text}\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"),
    );
    let before = desk.read(&desk.chunk_file(2));
    let refused = desk.run(&["restore", "2"]).exits(1);
    assert!(
        refused.stderr.contains("merge conflict"),
        "{}",
        refused.stderr
    );
    assert_eq!(desk.read(&desk.chunk_file(2)), before);
}

#[test]
fn an_underlined_heading_is_no_conflict() {
    let brief = BRIEF.replace(
        "# Notes",
        "Background\n=======\n\nIt is an island.\n\n# Notes",
    );
    let desk = Desk::with(&brief);
    desk.run(&["check"]).exits(0);
}

#[test]
fn the_instructions_of_a_new_brief_go_to_no_model() {
    let desk = Desk::new();
    desk.run(&["new", "The Clock"]).exits(0);
    desk.run(&["check"]).exits(0);
    let sent = desk.run(&["explain", "--provider", "demo"]).exits(0).stdout;
    assert!(sent.contains("Ada Quill"), "{sent}");
    for instruction in ["One paragraph:", "Where and when", "Yours alone"] {
        assert!(!sent.contains(instruction), "{instruction}: {sent}");
    }
    desk.run(&["write", "--provider", "demo"]).exits(0);
}

#[test]
fn the_whole_story_has_a_head_and_its_title_as_it_is() {
    let brief = BRIEF.replace(
        "title: The Lamp\n",
        "title: Zoë & the <Lamp>\nauthor: Ana\n",
    );
    assert_ne!(brief, BRIEF);
    let desk = Desk::with(&brief);
    desk.write("openai", &novelist(), &[]).exits(0);
    let story = desk.read(&format!("{}/full_story.md", desk.session()));
    let head = "---\ntitle: \"Zoë & the \\\\<Lamp\\\\>\"\nauthor: \"Ana\"\nlang: \"en\"\n---\n\n# Zoë & the \\<Lamp\\>\n\n";
    assert!(story.starts_with(head), "{story}");
    // As an earlier version left it: no text of the author's.
    let full = format!("{}/full_story.md", desk.session());
    let old = story.replace(head, "# Zoë & the <Lamp>\n\n");
    desk.put(&full, &old);
    desk.write("openai", &novelist(), &[]).exits(0);
    assert_eq!(desk.read(&full), story);
    assert!(!desk.exists(&format!("{}/history/full_story", desk.session())));
}

/// What is found has its place in the file, whatever comments stand before it.
#[test]
fn a_finding_is_where_it_stands_in_a_text_with_comments() {
    let desk = written();
    desk.edit_chunk(2, |prose| {
        format!(
            "{prose}\n\n<!-- one -->\n\nShe <!-- two --> kept on. <!-- never closed\n\nShe said so."
        )
    });
    let rows = desk.run(&["check", "--json"]).exits(0).json();
    let rows = rows.as_array().expect("rows");
    let found = rows.iter().find(|row| row["code"] == "unclosed-comment");
    let found = found.unwrap_or_else(|| panic!("{rows:?}"));
    let text = desk.read(&desk.chunk_file(2));
    let line = text.lines().position(|line| line.contains("never closed"));
    assert_eq!(
        found["range"]["start"]["line"].as_u64(),
        line.map(|line| line as u64)
    );
    assert_eq!(found["range"]["start"]["character"], 26);
    let full = desk.read(FULL_STORY);
    desk.write("openai", &novelist(), &[]).exits(0);
    let now = desk.read(FULL_STORY);
    assert!(now.contains("She kept on.\n\nShe said so."), "{now}");
    assert_ne!(now, full);
}
