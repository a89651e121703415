//! Writing files that no editor shows, and what the author hears of it.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Said, Setup, Workspace, prose_of, read, uri};

#[test]
fn a_story_is_written_to_disk_with_progress_and_checkpoints() {
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        story.demo(300);
        let mut editor = Editor::start(persona, &story);
        editor.open(&story.brief());
        let job = editor.start_job("write", json!([]));
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(
            end.contains("4 chunks were written; the story is complete"),
            "{end}"
        );

        let mut story_words = 0;
        for number in 1..=4 {
            let chunk = read(&story.chunk(number));
            assert!(
                chunk.starts_with(&format!("---\nchunk: {number}\nbeat: ")),
                "{chunk}"
            );
            assert!(
                chunk.contains("\nstatus: complete\n---\n") && chunk.ends_with(".\n"),
                "{chunk}"
            );
            let words = prose_of(&chunk).split_whitespace().count();
            assert!(
                (140..=160).contains(&words),
                "chunk {number}: {words} words"
            );
            story_words += words;
            assert!(!story.journal(number).exists());
        }
        let whole = read(&story.session("full_story.md"));
        for number in 1..=4 {
            assert!(whole.contains(story.prose(number).trim()), "chunk {number}");
        }
        progress_is_sound(&editor, &job);
        checkpoints_are_sound(&editor, &job, story_words);
        assert!(editor.edits(&story.chunk(1)).is_empty());
        assert_eq!(editor.quit(), 0);
    }
}

fn progress_is_sound(editor: &Editor, job: &str) {
    let created = editor.asked("window/workDoneProgress/create");
    assert_eq!(created.len(), 1);
    assert_eq!(
        created[0]["token"],
        format!("storywright/{job}"),
        "a string token"
    );
    let values = editor.progress(job);
    let (first, last) = (values.first().unwrap(), values.last().unwrap());
    assert_eq!(first["kind"], "begin");
    assert_eq!(first["title"], "Writing The Lamp Keeper");
    assert_eq!(first["cancellable"], true);
    assert_eq!(last["kind"], "end");
    assert!(
        last["message"]
            .as_str()
            .unwrap()
            .contains("4 chunks were written")
    );
    let reports = &values[1..values.len() - 1];
    assert!(!reports.is_empty());
    let mut percentage = 0;
    for report in reports {
        assert_eq!(report["kind"], "report");
        let now = report["percentage"].as_u64().unwrap();
        assert!(now >= percentage && now <= 100, "{percentage} then {now}");
        percentage = now;
    }
    let words = |report: &&&serde_json::Value| {
        let message = report["message"].as_str().unwrap_or_default();
        message.contains("words/s") && message.contains("/150 words")
    };
    assert!(reports.iter().any(|report| words(&report)), "{reports:?}");
}

fn checkpoints_are_sound(editor: &Editor, job: &str, story_words: usize) {
    let lines: Vec<&str> = editor
        .logs()
        .filter(|line| line.contains("[CHECKPOINT]"))
        .collect();
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with(&format!("{job} [CHECKPOINT] "))),
        "{lines:?}"
    );
    for number in 1..=4 {
        for what in ["started", "saved"] {
            let part = format!("[CHECKPOINT] chunk {number} {what}: ");
            assert!(
                lines.iter().any(|line| line.contains(&part)),
                "{part} in {lines:?}"
            );
        }
    }
    let last = lines.last().unwrap();
    assert!(last.contains("job complete: 4 chunks written"), "{last}");
    let near = (story_words - 8..=story_words + 8)
        .any(|words| last.contains(&format!("{words}/600 words")));
    assert!(near, "{last}, {story_words} by white space");
    assert!(
        lines.iter().skip(1).all(|line| line.contains("elapsed")),
        "{lines:?}"
    );
    // The last word to the author comes after everything else of the job.
    let said = editor.said();
    let end = said
        .iter()
        .rposition(|said| matches!(said, Said::Show(..)))
        .unwrap();
    assert!(
        said[end..]
            .iter()
            .all(|said| !matches!(said, Said::Progress(..)))
    );
}

#[test]
fn the_runs_log_has_the_same_checkpoints() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::VsCode, &story);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait_for_end(&job);
    let log = read(&story.session("runs/run-001-draft/log.jsonl"));
    let mut told: Vec<String> = editor
        .logs()
        .filter_map(|line| Some(line.split_once(' ')?.1.to_owned()))
        .collect();
    told.retain(|line| line.starts_with("[CHECKPOINT]"));
    let mut logged = Vec::new();
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        logged.extend(entry["message"].as_str().map(str::to_owned));
    }
    // What each call took is for the totals, and shown to nobody.
    logged.retain(|line| !line.starts_with("[CHECKPOINT] a call for "));
    assert_eq!(logged, told);
    let summary = read(&story.session("runs/run-001-draft/summary.md"));
    assert!(summary.contains("4 chunks were written"), "{summary}");
}

#[test]
fn a_client_without_progress_gets_none() {
    let story = Workspace::with_brief("short");
    story.demo(300);
    let mut editor = Setup::new(Persona::VsCode).without_progress().start(&story);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("the story is complete"));
    assert!(editor.asked("window/workDoneProgress/create").is_empty());
    assert!(
        !editor
            .said()
            .iter()
            .any(|said| matches!(said, Said::Progress(..)))
    );
}

#[test]
fn a_finished_story_makes_no_call_and_says_so() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Helix, &story);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait_for_end(&job);
    let before = story.files();
    editor.start_job("write", json!([uri(&story.brief())]));
    let (kind, message) = editor.wait_for_message("nothing to write");
    assert_eq!(kind, 3);
    assert!(message.contains("the story is complete"), "{message}");
    let text = |files: &[(std::path::PathBuf, String)]| {
        let mut chunks: Vec<_> = files
            .iter()
            .filter(|(path, _)| path.extension().is_some_and(|end| end == "md"))
            .cloned()
            .collect();
        chunks.sort();
        chunks
    };
    assert_eq!(text(&story.files()), text(&before));
}

#[test]
fn the_brief_counts_as_the_editor_shows_it() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Neovim, &story);
    editor.open(&story.brief());
    editor.type_before(
        &story.brief(),
        "# Notes",
        "## A Fifth Beat {#fifth}\n\nMara sleeps at last.\n\n",
    );
    let job = editor.start_job("write", json!([]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("5 chunks were written"), "{end}");
    assert!(
        !read(&story.brief()).contains("fifth"),
        "the brief was saved by the server"
    );
    assert!(read(&story.chunk(5)).contains("beat: fifth"));
}
