//! What the author types between two runs stays.

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, PART, part_of, so_far};
use crate::protocols::novelist;
use crate::support::model_server::{Finish, ModelServer, Reply};
use crate::support::prose::prose;

/// Breaks off part 3 and writes no more of it.
fn stops_in_part_three() -> ModelServer {
    let novel = Novel::short();
    ModelServer::start(move |request| {
        let answer = novel.answer(request);
        match part_of(&request.user()) {
            3 => answer.close_after(60),
            _ => answer,
        }
    })
}

#[test]
fn an_edited_chunk_is_not_rewritten_and_the_next_one_knows_it() {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &stops_in_part_three(), &["--attempts", "1"])
        .exits(1);
    let edited = |prose: &str| format!("{prose}\n\nAnd I added this EDIT-MARK.");
    desk.edit_chunk(2, edited);
    let server = novelist();
    desk.write("openai", &server, &[]).exits(0);
    assert_eq!(desk.chunk(2).prose, edited(Novel::short().part(2)));
    let asked: Vec<usize> = server
        .completions()
        .iter()
        .map(|request| part_of(&request.user()))
        .collect();
    assert_eq!(asked, [3, 4]);
    assert!(server.completions()[0].user().contains("EDIT-MARK"));
    let full = desk.read("generated/the-lamp-01/full_story.md");
    assert!(full.contains("EDIT-MARK"));
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["chunks"][1]["edited"], true);
    assert_eq!(status["chunks"][1]["origin"], "edited");
    assert_eq!(status["chunks"][0]["edited"], false);
}

/// Whatever the author leaves at the end of a partial text is what the model goes on from, to
/// the last letter.
#[test]
fn an_edited_partial_is_continued_from_the_authors_text() {
    for (name, typed) in [
        ("a sentence", "Then I took the pen."),
        ("half a sentence", "Then I took the"),
        ("a paragraph", "Then I took it.\n\nAnd went on"),
        ("another script", "そして彼女は扉を"),
    ] {
        let desk = Desk::with(BRIEF);
        desk.write("openai", &stops_in_part_three(), &["--attempts", "1"])
            .exits(1);
        assert_eq!(desk.chunk(3).status, "partial");
        desk.edit_chunk(3, |prose| {
            let (before, _) = prose.rsplit_once('.').expect("a sentence");
            format!("{before}. {typed}")
        });
        let kept = desk.chunk(3).prose;
        let server = ModelServer::start(|request| {
            let part = part_of(&request.user());
            let asked = match part {
                3 => "CONTINUED-MARK again.",
                _ => "It went on.",
            };
            Reply::text(format!("{asked} {}", prose(140, part as u64 + 70)))
        });
        desk.write("openai", &server, &[]).exits(0);
        let request = server.completions()[0].user();
        let quoted = so_far(&request).expect("the text so far");
        assert!(kept.ends_with(quoted), "{name}: {quoted}");
        assert!(quoted.ends_with(typed), "{name}: {quoted}");
        let chunk = desk.chunk(3);
        assert_eq!(chunk.status, "complete", "{name}");
        assert!(chunk.prose.starts_with(&kept), "{name}: {}", chunk.prose);
        let joined = chunk.prose[kept.len()..].trim_start();
        assert!(joined.starts_with("CONTINUED-MARK"), "{name}: {joined}");
    }
}

/// Also when the first thing that happens is that nothing comes.
#[test]
fn a_call_that_fails_takes_no_word_of_the_author() {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &stops_in_part_three(), &["--attempts", "1"])
        .exits(1);
    desk.edit_chunk(3, |_| "I began it anew, and then".to_owned());
    let server = ModelServer::start(|_| Reply::hangup());
    desk.write("openai", &server, &["--attempts", "2"]).exits(1);
    assert_eq!(desk.chunk(3).prose, "I began it anew, and then");
    let server = ModelServer::start(|_| Reply::text("I st").close_after(1));
    desk.write("openai", &server, &["--attempts", "2"]).exits(1);
    let prose = desk.chunk(3).prose;
    assert!(prose.starts_with("I began it anew, and then"), "{prose}");
}

/// A last sentence without an end is trimmed where the model wrote it, never where the author
/// did.
#[test]
fn a_model_with_nothing_to_add_takes_no_word_of_the_author() {
    for answer in ["", "The"] {
        let desk = Desk::with(BRIEF);
        desk.write("openai", &stops_in_part_three(), &["--attempts", "1"])
            .exits(1);
        let typed = format!(
            "{}And so I left the house and",
            "It was a long night. ".repeat(28)
        );
        desk.edit_chunk(3, |_| typed.clone());
        let novel = Novel::short();
        let server = ModelServer::start(move |request| match part_of(&request.user()) {
            3 => Reply::text(answer),
            _ => novel.answer(request),
        });
        desk.write("openai", &server, &[]).exits(0);
        let prose = desk.chunk(3).prose;
        assert!(prose.starts_with(&typed), "{answer:?}: {prose}");
    }
}

#[test]
fn a_deleted_chunk_is_written_again() {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &novelist(), &[]).exits(0);
    std::fs::remove_file(desk.path(&desk.chunk_file(3))).expect("removed");
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["chunks"][2]["status"], "missing");
    let server = novelist();
    desk.write("openai", &server, &[]).exits(0);
    assert_eq!(server.completions().len(), 1);
    assert_eq!(desk.chunk(3).prose, Novel::short().part(3));
}

#[test]
fn a_text_that_the_author_wrote_beforehand_is_kept() {
    let server = novelist();
    let desk = Desk::with(BRIEF);
    let mine = "This whole part is mine.";
    desk.put(
        "generated/the-lamp-01/chunks/chunk_02.md",
        &format!("---\nchunk: 2\nbeat: log\nstatus: complete\n---\n{mine}\n"),
    );
    desk.write("openai", &server, &[]).exits(0);
    assert_eq!(desk.chunk(2).prose, mine);
    assert_eq!(server.completions().len(), 3);
    assert_eq!(desk.chunk(1).words(), PART);
}

/// One chunk alone, by number and by beat.
#[test]
fn a_single_chunk_can_be_written() {
    for which in ["3", "door"] {
        let server = novelist();
        let desk = Desk::with(BRIEF);
        let ended = desk.write("openai", &server, &["--chunk", which]).exits(0);
        assert_eq!(server.completions().len(), 1, "{which}");
        assert_eq!(desk.chunk(3).prose, Novel::short().part(3), "{which}");
        assert!(!desk.exists(&desk.chunk_file(1)), "{which}");
        // What others lack was not asked for.
        assert_eq!(ended.stdout, "1 chunk was written\n", "{which}");
        // Again there is nothing to do, and nothing is asked for.
        let again = desk.write("openai", &server, &["--chunk", which]).exits(0);
        assert_eq!(server.completions().len(), 1, "{which}");
        assert_eq!(
            again.stdout,
            "nothing to write: chunk 3 is complete. `storywright rewrite --chunk 3` writes it anew\n"
        );
    }
}

/// A rewrite that can't be had leaves what is there, and where it is.
#[test]
fn a_rewrite_that_fails_takes_nothing_away() {
    let refusals: [fn() -> Reply; 3] = [
        || Reply::error(401, serde_json::json!({})),
        || Reply::text(""),
        || Reply::text("I can't help with that.").finish(Finish::Refusal),
    ];
    for refusal in refusals {
        let desk = Desk::with(BRIEF);
        desk.write("openai", &novelist(), &[]).exits(0);
        let before = desk.read(&desk.chunk_file(2));
        let full = desk.read("generated/the-lamp-01/full_story.md");
        let server = ModelServer::start(move |_| refusal());
        let mut arguments = vec!["rewrite", "--chunk", "2", "--provider", "openai"];
        arguments.extend(["--base-url", &server.base_url, "--model", "m"]);
        desk.run(&arguments).exits(1);
        assert_eq!(desk.read(&desk.chunk_file(2)), before);
        assert_eq!(desk.read("generated/the-lamp-01/full_story.md"), full);
        let status = desk.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["chunks"][1]["status"], "complete");
        let again = desk.write("openai", &server, &[]).exits(0);
        assert!(
            again.stdout.starts_with("nothing to write"),
            "{}",
            again.stdout
        );
    }
}

#[test]
fn a_sync_tools_copy_is_told_by_status_and_by_write() {
    let desk = Desk::with(BRIEF);
    desk.write("openai", &stops_in_part_three(), &["--attempts", "1"])
        .exits(1);
    let copy = "generated/the-lamp-01/chunks/chunk_02 (conflicted copy 2026-01-01).md";
    desk.put(
        copy,
        "---\nchunk: 2\nbeat: log\nstatus: complete\n---\nOTHER-MARK\n",
    );
    let told = |text: &str| {
        let line = text.lines().find(|line| line.contains("conflicted copy"));
        line.unwrap_or_else(|| panic!("not told in {text}"))
            .to_owned()
    };
    let note = told(&desk.run(&["status"]).exits(0).stdout);
    assert!(
        note.starts_with("note: ") && note.contains("Merge what you need"),
        "{note}"
    );
    let status = desk.run(&["status", "--json"]).exits(0).json();
    told(status["notices"][0].as_str().expect("a notice"));
    let server = novelist();
    let written = desk.write("openai", &server, &[]).exits(0);
    told(&written.stderr);
    let asked = server.completions();
    assert!(
        asked
            .iter()
            .all(|request| !request.user().contains("OTHER-MARK"))
    );
    assert!(
        !desk
            .read("generated/the-lamp-01/full_story.md")
            .contains("OTHER-MARK")
    );
    assert!(desk.read(copy).contains("OTHER-MARK"));
    // Told also when there is nothing left to write.
    let again = desk.write("openai", &server, &["--json"]).exits(0);
    let warnings = again
        .stdout
        .lines()
        .filter(|line| line.contains("\"warning\""));
    assert!(
        warnings.into_iter().any(|line| line.contains("chunk-copy")),
        "{}",
        again.stdout
    );
}

/// Only naming a chunk by itself has it rewritten, and a command with nothing to rewrite brings
/// the whole story up to date all the same.
#[test]
fn rewriting_from_an_edited_chunk_on_leaves_it_alone() {
    let desk = Desk::with(BRIEF);
    let demo = |arguments: &[&str]| desk.run(&[arguments, &["--provider", "demo"]].concat());
    demo(&["write"]).exits(0);
    let full = || desk.read("generated/the-lamp-01/full_story.md");
    for (command, mark) in [
        (&["rewrite", "--stale"][..], "FIRST-MARK"),
        (&["rewrite", "--from", "4"][..], "SECOND-MARK"),
    ] {
        desk.edit_chunk(4, |prose| format!("{prose}\n\nAnd I added this {mark}."));
        let edited = desk.chunk(4).prose;
        demo(command).exits(0);
        assert_eq!(desk.chunk(4).prose, edited, "{command:?}");
        assert!(full().contains(mark), "{command:?}");
    }
    demo(&["rewrite", "--chunk", "4"]).exits(0);
    assert!(!full().contains("FIRST-MARK"));
}
