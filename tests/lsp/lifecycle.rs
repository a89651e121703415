//! From `initialize` to the end of the process, with clients that keep to the protocol and
//! clients that don't.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::lsp_client::{DEADLINE, Editor, Encoding, Persona, Setup, Workspace, uri};

/// The server's `initialize` answer to a real editor's parameters.
fn introduce(persona: Persona) -> (Editor, Value, Workspace) {
    let story = Workspace::with_brief("short");
    let setup = Setup::new(persona);
    let mut editor = setup.connect(&story);
    let answer = editor.initialize(setup.parameters(&story));
    (editor, answer, story)
}

#[test]
fn each_recorded_client_is_answered_in_its_own_terms() {
    for persona in Persona::EDITORS {
        let (editor, answer, _story) = introduce(persona);
        let capabilities = &answer["capabilities"];
        let encoding = match persona.encoding() {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
        };
        assert_eq!(capabilities["positionEncoding"], encoding, "{persona:?}");
        assert_eq!(capabilities["textDocumentSync"]["openClose"], true);
        assert_eq!(capabilities["textDocumentSync"]["change"], 2, "incremental");
        assert!(!capabilities["textDocumentSync"]["save"].is_null());
        assert_eq!(
            capabilities["codeActionProvider"]["codeActionKinds"],
            json!(["quickfix", "refactor.rewrite"])
        );
        let commands = capabilities["executeCommandProvider"]["commands"]
            .as_array()
            .unwrap();
        for name in [
            "write",
            "writeChunk",
            "rewriteChunk",
            "cancel",
            "newStory",
            "showStatus",
        ] {
            let name = json!(format!("storywright.{name}"));
            assert!(commands.contains(&name), "{name}");
        }
        assert_eq!(answer["serverInfo"]["name"], "storywright");
        assert_eq!(editor.quit(), 0, "{persona:?}");
    }
}

#[test]
fn a_story_is_found_from_the_folder_that_each_client_names() {
    // Helix sends a root path only; without a document, the workspace's one brief is meant.
    for persona in Persona::EDITORS {
        let (mut editor, _, _story) = introduce(persona);
        let status = editor.command("showStatus", json!([])).unwrap();
        assert_eq!(status["story"], "The Lamp Keeper", "{persona:?}");
    }
}

#[test]
fn the_exit_code_says_whether_shutdown_came_first() {
    let (editor, ..) = introduce(Persona::Helix);
    assert_eq!(editor.quit(), 0);

    let (mut editor, ..) = introduce(Persona::Helix);
    editor
        .process
        .send(&json!({"jsonrpc": "2.0", "method": "exit"}));
    // The input is still open.
    assert_eq!(editor.exit_code(), 1);

    let (mut editor, ..) = introduce(Persona::Helix);
    editor.process.close_input();
    assert_eq!(editor.exit_code(), 1);

    let (mut editor, ..) = introduce(Persona::Helix);
    // Some clients send parameters of null.
    assert_eq!(editor.request("shutdown", Value::Null), Ok(Value::Null));
    let id = editor.send_request("textDocument/codeAction", json!({}));
    assert!(editor.answer(id).is_err(), "after shutdown nothing is done");
    editor.process.close_input();
    assert_eq!(editor.exit_code(), 0);
}

#[test]
fn the_end_of_input_within_nonsense_ends_the_server() {
    let story = Workspace::with_brief("short");
    for bytes in [
        "nonsense\n",
        "",
        "\u{0}\u{1}\u{2}",
        "Content-Length: -5\r\n\r\n{}",
        "Content-Length: 1000\r\n\r\n{}",
        "Content-Length: 99999999999999\r\n\r\n{}",
    ] {
        let mut editor = Setup::new(Persona::VsCode).connect(&story);
        editor.process.send_raw(bytes.as_bytes());
        editor.process.close_input();
        let began = Instant::now();
        assert_eq!(editor.exit_code(), 1, "{bytes:?}");
        assert!(began.elapsed() < DEADLINE / 2, "{bytes:?}");
    }
}

#[test]
fn before_initialize_requests_are_refused() {
    let story = Workspace::with_brief("short");
    let setup = Setup::new(Persona::VsCode);
    let mut editor = setup.connect(&story);
    let command = json!({"command": "storywright.write", "arguments": []});
    for (method, params) in [
        ("workspace/executeCommand", command),
        ("textDocument/codeAction", json!({})),
        ("no/such", json!({})),
    ] {
        let error = editor.request(method, params).unwrap_err();
        assert!(error["code"].is_i64(), "{method}: {error}");
    }
    editor.initialize(setup.parameters(&story));
    let again = editor.request("initialize", setup.parameters(&story));
    assert!(again.is_err(), "a second initialize");
    assert_eq!(editor.quit(), 0);
    assert!(!story.root().join("generated").exists());
}

#[test]
fn malformed_parameters_are_answered_with_an_error() {
    let (mut editor, _, story) = introduce(Persona::VsCode);
    let wrong = [
        Value::Null,
        json!({}),
        json!([]),
        json!({"textDocument": 5}),
        json!({"command": 1}),
    ];
    for method in ["textDocument/codeAction", "workspace/executeCommand"] {
        for params in &wrong {
            let error = editor.request(method, params.clone()).unwrap_err();
            assert!(
                !error["message"].as_str().unwrap().is_empty(),
                "{method} {params}"
            );
        }
    }
    for method in [
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didSave",
        "textDocument/didClose",
        "workspace/didChangeConfiguration",
        "window/workDoneProgress/cancel",
        "$/cancelRequest",
        "$/setTrace",
        "no/such",
    ] {
        for params in &wrong {
            editor.notify(method, params.clone());
        }
    }
    // Out of range, the wrong document, a file that is none.
    let brief = uri(&story.brief());
    let far = json!({"start": {"line": 4_000_000_000_u32, "character": 7}, "end": {"line": 0, "character": 0}});
    editor.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": brief, "version": 7}, "contentChanges": [{"range": far, "text": "x"}]}),
    );
    editor.open(&story.brief());
    editor.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": brief, "version": -7}, "contentChanges": [{"range": far, "text": ""}]}),
    );
    editor.notify(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": "untitled:Untitled-1", "languageId": "markdown", "version": 1, "text": "x"}}),
    );
    let status = editor.command("showStatus", json!([brief])).unwrap();
    assert_eq!(status["story"], "The Lamp Keeper");
    assert_eq!(editor.quit(), 0);
}

#[test]
fn three_hundred_messages_at_once_are_all_answered() {
    let (mut editor, _, story) = introduce(Persona::Helix);
    editor.open(&story.brief());
    let actions = json!({
        "textDocument": {"uri": uri(&story.brief())},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
        "context": {"diagnostics": []},
    });
    let status = json!({"command": "storywright.showStatus", "arguments": [uri(&story.brief())]});
    let began = Instant::now();
    let ids: Vec<i64> = (0..300)
        .map(|turn| match turn % 3 {
            0 => editor.send_request("textDocument/codeAction", actions.clone()),
            1 => editor.send_request("workspace/executeCommand", status.clone()),
            _ => editor.send_request("no/such", json!({})),
        })
        .collect();
    for (turn, id) in ids.into_iter().enumerate() {
        assert_eq!(editor.answer(id).is_ok(), turn % 3 != 2, "message {turn}");
    }
    eprintln!("300 messages answered in {:?}", began.elapsed());
    assert_eq!(editor.quit(), 0);
}

#[test]
fn a_cancel_overtakes_three_hundred_waiting_messages() {
    let (mut editor, _, story) = introduce(Persona::VsCode);
    story.demo(20);
    editor.open(&story.brief());
    let job = editor.start_job("write", json!([]));
    let status = json!({"command": "storywright.showStatus", "arguments": [uri(&story.brief())]});
    let ids: Vec<i64> = (0..300)
        .map(|_| editor.send_request("workspace/executeCommand", status.clone()))
        .collect();
    editor.notify(
        "window/workDoneProgress/cancel",
        json!({"token": format!("storywright/{job}")}),
    );
    editor.wait_for_end(&job);
    for id in ids {
        editor.answer(id).unwrap();
    }
    assert_eq!(editor.quit(), 0);
}

/// Starts a slow job on a closed chunk, and waits until text of it is on disk.
fn writing(persona: Persona) -> (Editor, Workspace) {
    let story = Workspace::with_brief("short");
    story.demo(30);
    let mut editor = Editor::start(persona, &story);
    editor.open(&story.brief());
    editor.start_job("write", json!([]));
    editor.wait("text on disk", |_| story.chunk(1).exists().then_some(()));
    (editor, story)
}

#[test]
fn the_end_of_input_during_a_job_keeps_the_text() {
    let (mut editor, story) = writing(Persona::VsCode);
    let before = story.prose(1);
    editor.process.close_input();
    let began = Instant::now();
    assert_eq!(editor.exit_code(), 1);
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    assert!(story.prose(1).starts_with(&before) && !before.trim().is_empty());
    assert!(crate::lsp_client::read(&story.chunk(1)).contains("status: partial"));
}

/// A signal ended the server at once, with what an open chunk showed in no file but the journal.
#[cfg(unix)]
#[test]
fn a_signal_during_a_job_keeps_the_text() {
    for (signal, code) in [
        (libc::SIGTERM, 143),
        (libc::SIGINT, 130),
        (libc::SIGHUP, 129),
    ] {
        let story = Workspace::with_brief("short");
        story.demo(30);
        let mut editor = Editor::start(Persona::VsCode, &story);
        editor.open(&story.chunk(1));
        editor.open(&story.brief());
        editor.start_job("write", json!([]));
        editor.wait("the journal", |_| story.journal(1).exists().then_some(()));
        let pid = i32::try_from(editor.process.pid()).unwrap();
        // SAFETY: a plain system call; the process has not been waited for, so its id is its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
        assert_eq!(editor.exit_code(), code);
        assert!(!story.journal(1).exists(), "{signal}");
        let left = crate::lsp_client::read(&story.chunk(1));
        assert!(left.contains("status: partial"), "{signal}: {left}");
        assert!(!crate::lsp_client::prose_of(&left).trim().is_empty());
    }
}

#[test]
fn exit_during_a_job_keeps_the_text() {
    for shutdown in [true, false] {
        let (mut editor, story) = writing(Persona::Mute);
        let before = story.prose(1);
        if shutdown {
            assert_eq!(editor.quit(), 0);
        } else {
            editor
                .process
                .send(&json!({"jsonrpc": "2.0", "method": "exit"}));
            assert_eq!(editor.exit_code(), 1);
        }
        assert!(story.prose(1).starts_with(&before));
    }
}

#[test]
fn the_end_of_input_while_an_open_chunk_streams_keeps_the_text() {
    for persona in [Persona::VsCode, Persona::Mute] {
        let story = Workspace::with_brief("short");
        story.demo(30);
        let mut editor = Editor::start(persona, &story);
        editor.open(&story.chunk(1));
        editor.open(&story.brief());
        editor.start_job("write", json!([]));
        editor.wait("the journal", |_| story.journal(1).exists().then_some(()));
        editor.process.close_input();
        let began = Instant::now();
        assert_eq!(editor.exit_code(), 1, "{persona:?}");
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "{persona:?} {:?}",
            began.elapsed()
        );
        // The editor is gone, and what it showed is in the file.
        assert!(!story.journal(1).exists(), "{persona:?}");
        let left = crate::lsp_client::read(&story.chunk(1));
        assert!(left.contains("status: partial"), "{persona:?}: {left}");
        let kept = crate::lsp_client::prose_of(&left);
        assert!(!kept.trim().is_empty(), "{persona:?}");

        // The next editor finds the text and goes on from it.
        story.demo(0);
        let mut editor = Editor::start(Persona::VsCode, &story);
        let job = editor.start_job("write", json!([uri(&story.brief())]));
        editor.wait_for_end(&job);
        assert!(story.prose(1).starts_with(kept.trim_end()));
        assert!(!story.journal(1).exists());
    }
}
