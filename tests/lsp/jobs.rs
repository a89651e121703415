//! Several jobs at once, in one server and in two.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Workspace, read, uri};

fn five_beats() -> Workspace {
    let mut brief = String::from(
        "---\ntitle: The Lamp Keeper\ntarget_words: 500\nchunk_words: 100\n---\n# Premise\n\nA lamp.\n\n# Outline\n",
    );
    for number in 1..=5 {
        brief.push_str(&format!(
            "\n## Night {number} {{#night{number}}}\n\nMara lights the lamp.\n"
        ));
    }
    Workspace::with_text(&brief)
}

#[test]
fn five_chunks_are_written_at_once() {
    let story = five_beats();
    story.demo(60);
    let mut editor = Editor::start(Persona::VsCode, &story);
    // One of them is open.
    editor.open(&story.chunk(3));
    let brief = uri(&story.brief());
    let jobs: Vec<String> = (1..=5)
        .map(|number| editor.start_job("writeChunk", json!([brief, number])))
        .collect();
    editor.wait("all five to stream", |editor| {
        let streams = |number: usize| match number {
            3 => editor.text(&story.chunk(3)).contains("beat: night3"),
            _ => story.chunk(number).exists(),
        };
        (1..=5).all(streams).then_some(())
    });
    for job in &jobs {
        editor.wait_for_end(job);
    }
    let open = editor.text(&story.chunk(3)).to_owned();
    for number in 1..=5 {
        let text = if number == 3 {
            open.clone()
        } else {
            read(&story.chunk(number))
        };
        assert!(
            text.contains(&format!(
                "chunk: {number}\nbeat: night{number}\nstatus: complete"
            )),
            "{text}"
        );
    }
    let shown = editor.shown();
    assert!(shown.iter().all(|(kind, _)| *kind == 3), "{shown:?}");
    editor.save(&story.chunk(3));
    let status = editor.command("showStatus", json!([brief])).unwrap();
    for chunk in status["chunks"].as_array().unwrap() {
        assert_eq!(chunk["status"], "complete", "{chunk}");
    }
    assert_eq!(editor.quit(), 0);
}

#[test]
fn five_stories_are_written_at_once() {
    let story = Workspace::with_brief("short");
    let brief = read(&story.brief());
    for name in ["two", "three", "four", "five"] {
        let text = brief.replace("The Lamp Keeper", name);
        std::fs::write(story.root().join(format!("{name}.story.md")), text).unwrap();
    }
    story.demo(400);
    let mut editor = Editor::start(Persona::Helix, &story);
    let names = [
        "story.md",
        "two.story.md",
        "three.story.md",
        "four.story.md",
        "five.story.md",
    ];
    let jobs: Vec<String> = names
        .iter()
        .map(|name| editor.start_job("write", json!([uri(&story.root().join(name))])))
        .collect();
    for job in &jobs {
        editor.wait_for_end(job);
    }
    for session in [
        "the-lamp-keeper-01",
        "two-01",
        "three-01",
        "four-01",
        "five-01",
    ] {
        let folder = story.root().join("generated").join(session);
        for number in 1..=4 {
            let chunk = read(&folder.join(format!("chunks/chunk_{number:02}.md")));
            assert!(chunk.contains("status: complete"), "{session} {number}");
        }
        assert!(folder.join("full_story.md").exists());
    }
}

#[test]
fn a_chunk_is_written_by_one_job_at_a_time() {
    let story = five_beats();
    story.demo(30);
    let mut editor = Editor::start(Persona::VsCode, &story);
    let brief = uri(&story.brief());
    let first = editor.start_job("writeChunk", json!([brief, 2]));
    editor.wait("text on disk", |_| story.chunk(2).exists().then_some(()));
    let second = editor.start_job("writeChunk", json!([brief, 2]));
    let (kind, message) = editor.wait_for_end(&second);
    assert_eq!(kind, 1);
    assert!(
        message.contains(&format!("chunk 2 is being written by {first}")),
        "{message}"
    );
    // So is a rewrite of it, and its restoring.
    let third = editor.start_job("rewriteChunk", json!([brief, 2]));
    let (_, message) = editor.wait_for_end(&third);
    assert!(
        message.contains(&format!("chunk 2 is being written by {first}")),
        "{message}"
    );
    editor.command("cancel", json!([first])).unwrap();
    editor.wait_for_end(&first);
    assert_eq!(story.history(), Vec::<String>::new());

    // The whole story likewise.
    let whole = editor.start_job("write", json!([brief]));
    editor.wait("it to begin", |editor| {
        editor
            .logs()
            .any(|line| line.starts_with(&format!("{whole} ")))
            .then_some(())
    });
    let again = editor.start_job("write", json!([brief]));
    let (kind, message) = editor.wait_for_end(&again);
    assert_eq!(kind, 1);
    assert!(
        message.contains(&format!("is being written by {whole}")),
        "{message}"
    );
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_second_server_may_read_and_not_write() {
    let story = five_beats();
    story.demo(30);
    let mut first = Editor::start(Persona::VsCode, &story);
    let brief = uri(&story.brief());
    let job = first.start_job("write", json!([brief]));
    first.wait("text on disk", |_| story.chunk(1).exists().then_some(()));

    let mut second = Editor::start(Persona::Neovim, &story);
    let refused = second.start_job("write", json!([brief]));
    let (kind, message) = second.wait_for_end(&refused);
    assert_eq!(kind, 1);
    assert!(message.contains("being written by"), "{message}");
    assert!(
        message.contains(&first.process.pid().to_string()),
        "{message}"
    );
    let status = second.command("showStatus", json!([brief])).unwrap();
    assert_eq!(status["chunks"][0]["status"], "partial");
    second.open(&story.chunk(1));
    assert!(!second.actions_at(&story.chunk(1), "chunk:").is_empty());

    // When the first has gone, however it went, the second may write.
    first.process.kill();
    drop(first);
    story.demo(0);
    second.close(&story.chunk(1));
    let again = second.start_job("write", json!([brief]));
    let (_, message) = second.wait_for_end(&again);
    assert!(message.contains("the story is complete"), "{message} {job}");
    assert_eq!(second.quit(), 0);
}

/// The job was still listed when its progress had ended: cancelling it was offered, and the lock of
/// the session was held.
#[test]
fn who_asks_after_the_end_finds_the_job_over() {
    let story = five_beats();
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let brief = uri(&story.brief());
    for command in ["writeChunk"].into_iter().chain(["rewriteChunk"; 12]) {
        let job = editor.start_job(command, json!([brief, 1]));
        editor.wait("the end of the progress", |editor| {
            let last = editor.progress(&job).pop()?;
            (last["kind"] == "end").then_some(())
        });
        // Whoever holds the lock has a name in it.
        assert_eq!(read(&story.session(".work/lock")), "", "{command}");
        let cancelled = editor.command("cancel", json!([{ "job": job }]));
        assert_eq!(cancelled, Err(format!("{job} is not running")), "{command}");
        let offered = editor.actions_at(&story.brief(), "Night 1");
        let cancels = |(title, _): &&(String, _)| title.contains("cancel");
        assert_eq!(offered.iter().find(cancels), None, "{command}");
    }
    assert_eq!(editor.quit(), 0);
}
