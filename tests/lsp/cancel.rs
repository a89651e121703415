//! Cancelling, and going on: what is there stays, and the seam does not show.

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, prose_of, read, uri};

/// The first chunk of the fixture as the demo writer writes it in one go.
fn uninterrupted() -> String {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::VsCode, &story);
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
    editor.wait_for_end(&job);
    story.prose(1)
}

/// How an author stops a job.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Button,
    CommandAlone,
    CommandWithJob,
    CommandWithBrief,
    Action,
}

const STOPS: [Stop; 5] = [
    Stop::Button,
    Stop::CommandAlone,
    Stop::CommandWithJob,
    Stop::CommandWithBrief,
    Stop::Action,
];

fn stop(editor: &mut Editor, story: &Workspace, job: &str, how: Stop) {
    let cancelled: Value = match how {
        Stop::Button => {
            let token = format!("storywright/{job}");
            editor.notify("window/workDoneProgress/cancel", json!({ "token": token }));
            json!([job])
        }
        Stop::CommandAlone => editor.command("cancel", json!([])).unwrap(),
        Stop::CommandWithJob => editor.command("cancel", json!([job])).unwrap(),
        Stop::CommandWithBrief => editor
            .command("cancel", json!([{"uri": uri(&story.brief())}]))
            .unwrap(),
        Stop::Action => editor.run_action(&story.brief(), "# Outline", "cancel"),
    };
    assert_eq!(cancelled, json!([job]), "{how:?}");
    let (kind, end) = editor.wait_for_end(job);
    assert_eq!(kind, 3, "{how:?}: {end}");
    assert!(
        end.contains("cancelled") && end.contains("the same command goes on"),
        "{end}"
    );
}

#[test]
fn a_cancelled_closed_chunk_goes_on_without_a_seam() {
    let whole = uninterrupted();
    for how in STOPS {
        let story = Workspace::with_brief("short");
        story.demo(60);
        let mut editor = Editor::start(Persona::VsCode, &story);
        editor.open(&story.brief());
        let job = editor.start_job("write", json!([]));
        editor.wait("text on disk", |_| story.chunk(1).exists().then_some(()));
        stop(&mut editor, &story, &job, how);

        let partial = read(&story.chunk(1));
        assert!(partial.contains("status: partial"), "{how:?}: {partial}");
        let kept = prose_of(&partial).trim_end();
        assert!(!kept.is_empty() && kept.len() < whole.len(), "{how:?}");
        assert!(whole.starts_with(kept), "{how:?}: {kept:?} in {whole:?}");
        let values = editor.progress(&job);
        assert_eq!(values.last().unwrap()["kind"], "end", "{how:?}");

        story.demo(0);
        let job = editor.start_job("write", json!([]));
        let (_, end) = editor.wait_for_end(&job);
        assert!(end.contains("the story is complete"), "{how:?}: {end}");
        assert_eq!(story.prose(1), whole, "{how:?}");
        assert!(story.history().is_empty(), "{how:?}: {:?}", story.history());
        assert_eq!(editor.quit(), 0);
    }
}

#[test]
fn a_cancelled_open_chunk_goes_on_without_a_seam() {
    let whole = uninterrupted();
    for persona in Persona::EDITORS {
        for how in [Stop::Button, Stop::CommandAlone] {
            for saved in [false, true] {
                let story = Workspace::with_brief("short");
                story.demo(60);
                let mut editor = Editor::start(persona, &story);
                let chunk = story.chunk(1);
                editor.open(&chunk);
                editor.open(&story.brief());
                let job = editor.start_job("write", json!([]));
                editor.wait("text in the editor", |editor| {
                    (prose_of(editor.text(&chunk)).len() > 100).then_some(())
                });
                stop(&mut editor, &story, &job, how);

                let case = format!("{persona:?} {how:?} saved: {saved}");
                let partial = editor.text(&chunk).to_owned();
                assert!(partial.contains("status: partial"), "{case}: {partial}");
                let kept = prose_of(&partial).trim_end();
                assert!(
                    whole.starts_with(kept) && kept.len() > 50,
                    "{case}: {kept:?}"
                );
                assert!(!chunk.exists(), "{case}: written behind the editor's back");
                let journal = read(&story.journal(1));
                assert_eq!(prose_of(&journal).trim_end(), kept, "{case}");
                if saved {
                    editor.save(&chunk);
                    editor.wait("the journal to go", |_| {
                        (!story.journal(1).exists()).then_some(())
                    });
                }

                story.demo(600);
                let job = editor.start_job("write", json!([uri(&story.brief())]));
                let (_, end) = editor.wait_for_end(&job);
                assert!(end.contains("the story is complete"), "{case}: {end}");
                assert_eq!(prose_of(editor.text(&chunk)), whole, "{case}");
                assert!(editor.text(&chunk).contains("status: complete"), "{case}");
                assert!(story.history().is_empty(), "{case}: {:?}", story.history());
            }
        }
    }
}

#[test]
fn cancelling_says_when_there_is_nothing_to_cancel() {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(Persona::Helix, &story);
    assert_eq!(editor.command("cancel", json!([])), Ok(json!([])));
    editor.wait_for_message("nothing is being written");
    let error = editor.command("cancel", json!(["job-77"])).unwrap_err();
    assert_eq!(error, "job-77 is not running");
    editor.notify(
        "window/workDoneProgress/cancel",
        json!({"token": "storywright/job-77"}),
    );
    editor.notify("window/workDoneProgress/cancel", json!({"token": 12}));
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_job_can_be_cancelled_before_it_has_begun() {
    let story = Workspace::with_brief("short");
    story.demo(20);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    for _ in 0..10 {
        let write = json!({"command": "storywright.write", "arguments": []});
        let id = editor.send_request("workspace/executeCommand", write);
        let cancelled = editor.command("cancel", json!([])).unwrap();
        let job = editor.answer(id).unwrap();
        if cancelled == json!([]) {
            // The cancel was there first, so the job runs.
            editor.command("cancel", json!([job])).unwrap();
        }
        let (_, message) = editor.wait_for_message("cancelled");
        assert!(message.contains("cancelled"));
        // However early it ended, the log says so too.
        let job = job.as_str().expect("a job's id").to_owned();
        editor.wait("its end in the log", |editor| {
            let end = format!("{job} [CHECKPOINT] job ");
            let early = format!("{job}: cancelled");
            let mut logs = editor.logs();
            logs.any(|line| line.starts_with(&end) || line.starts_with(&early))
                .then_some(())
        });
    }
    let status = editor.command("showStatus", json!([])).unwrap();
    assert_eq!(status["chunks"][3]["status"], "missing");
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_chunk_that_was_cancelled_in_one_editor_goes_on_in_another() {
    let whole = uninterrupted();
    let story = Workspace::with_brief("short");
    story.demo(60);
    let mut editor = Editor::start(Persona::Neovim, &story);
    editor.open(&story.chunk(1));
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait("text in the editor", |editor| {
        (prose_of(editor.text(&story.chunk(1))).len() > 100).then_some(())
    });
    editor.command("cancel", json!([])).unwrap();
    editor.wait_for_end(&job);
    // The editor is killed with the buffer unsaved.
    editor.process.kill();
    assert!(!story.chunk(1).exists());

    story.demo(0);
    let mut editor = Editor::start(Persona::Helix, &story);
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    editor.wait_for_end(&job);
    assert_eq!(story.prose(1), whole);
    assert!(!story.journal(1).exists());
}
