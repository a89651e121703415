//! What the author saved after seeing a text is final: no journal brings anything back, whatever
//! happens to editor and server. And what was never saved is where one looks for it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, prose_of, read, uri};

/// What the author makes of a chunk that he has seen whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Its last paragraph is deleted.
    Shorter,
    /// All that the server wrote is undone.
    Undone,
}

/// What comes after the save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Closed,
    WrittenOn,
    ServerKilledBefore,
    ServerKilledAfter,
    Quit,
}

const OLD: &str =
    "---\nchunk: 1\nbeat: logbook\nstatus: complete\n---\nThe old text, which was good.\n";

/// An editor that shows a chunk which was just rewritten in it, whole.
fn rewritten(persona: Persona) -> (Workspace, Editor, String) {
    let story = Workspace::with_brief("short");
    std::fs::create_dir_all(story.session("chunks")).unwrap();
    std::fs::write(story.chunk(1), OLD).unwrap();
    let mut editor = Editor::start(persona, &story);
    let chunk = story.chunk(1);
    editor.open(&chunk);
    let job = editor.start_job("rewriteChunk", json!([uri(&chunk)]));
    let (kind, end) = editor.wait_for_end(&job);
    assert_eq!(kind, 3, "{persona:?}: {end}");
    let whole = editor.text(&chunk).to_owned();
    assert!(
        whole.contains("status: complete") && !whole.contains("The old text"),
        "{whole}"
    );
    (story, editor, whole)
}

fn without_last_paragraph(text: &str) -> String {
    let (rest, _) = text.trim_end().rsplit_once("\n\n").expect("paragraphs");
    format!("{rest}\n")
}

/// What a command of the shell prints as JSON.
fn shell(story: &Workspace, command: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_storywright"))
        .args([command, "--json"])
        .current_dir(story.root())
        .env("STORYWRIGHT_CONFIG", story.config())
        .env("OLLAMA_HOST", "127.0.0.1:9")
        .env("STORYWRIGHT_LOCAL_PORTS", "off")
        .output()
        .expect("the program runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn write_all(story: &Workspace) {
    let output = Command::new(env!("CARGO_BIN_EXE_storywright"))
        .args(["write", "--json"])
        .current_dir(story.root())
        .env("STORYWRIGHT_CONFIG", story.config())
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn what_is_saved_after_a_text_was_seen_is_final() {
    const LATER: [Then; 4] = [
        Then::WrittenOn,
        Then::ServerKilledBefore,
        Then::ServerKilledAfter,
        Then::Quit,
    ];
    // They wait for one another's processes most of the time.
    std::thread::scope(|scope| {
        for (nth, persona) in Persona::APPLYING.into_iter().enumerate() {
            scope.spawn(move || {
                for last in [Last::Shorter, Last::Undone] {
                    final_word(persona, last, Then::Closed);
                    final_word(
                        persona,
                        last,
                        LATER[(nth + usize::from(last == Last::Undone)) % 4],
                    );
                }
            });
        }
    });
}

fn final_word(persona: Persona, last: Last, then: Then) {
    let case = format!("{persona:?} {last:?} {then:?}");
    let (story, mut editor, whole) = rewritten(persona);
    let chunk = story.chunk(1);
    // Behind this, the server has heard all.
    editor.command("showStatus", json!([uri(&chunk)])).unwrap();
    let saved = match last {
        Last::Shorter => without_last_paragraph(&whole),
        Last::Undone => OLD.to_owned(),
    };
    if then == Then::ServerKilledBefore {
        editor.process.kill();
    }
    editor.rewrite(&chunk, &saved);
    editor.save(&chunk);
    match then {
        Then::Closed => {
            editor.close(&chunk);
            editor.command("showStatus", json!([uri(&chunk)])).unwrap();
        }
        Then::WrittenOn => {
            let job = editor.start_job("write", json!([uri(&story.brief())]));
            editor.wait_for_end(&job);
            assert_eq!(editor.text(&chunk), saved, "{case}");
            editor.close(&chunk);
        }
        Then::ServerKilledBefore => {}
        Then::ServerKilledAfter => editor.process.kill(),
        Then::Quit => assert_eq!(editor.end_server(), 0, "{case}"),
    }
    drop(editor);
    shell(&story, "status");
    assert_eq!(read(&chunk), saved, "{case}");
    write_all(&story);
    assert_eq!(read(&chunk), saved, "{case}, written on");
    assert!(!story.journal(1).exists(), "{case}");
    let texts: Vec<String> = story.files().into_iter().map(|(_, text)| text).collect();
    let kept = |prose: &str| texts.iter().any(|text| text.contains(prose.trim()));
    assert!(kept(prose_of(&whole)), "{case}: what was paid is gone");
    assert!(kept("The old text, which was good."), "{case}");
}

/// The editor leaves without saving; what it showed is in the file when it comes back.
#[test]
fn what_was_never_saved_is_in_the_file_when_the_editor_has_left() {
    let endings = [true, false].into_iter().cycle();
    for (persona, says_goodbye) in Persona::APPLYING.into_iter().zip(endings) {
        let (story, mut editor, whole) = rewritten(persona);
        match says_goodbye {
            true => drop(editor.end_server()),
            false => {
                editor.process.close_input();
                editor.exit_code();
            }
        }
        drop(editor);
        let saved = read(&story.chunk(1));
        assert_eq!(
            prose_of(&saved).trim(),
            prose_of(&whole).trim(),
            "{persona:?}"
        );
        assert!(!story.journal(1).exists(), "{persona:?}");
    }
}

/// The author typed into what had been written, and the window is reloaded or the file closed: whoever was asked or not,
/// the words are a version.
#[test]
fn what_was_typed_and_never_saved_is_a_version_when_the_editor_has_left() {
    for (persona, is_closed) in Persona::APPLYING
        .into_iter()
        .flat_map(|it| [(it, true), (it, false)])
    {
        let (story, mut editor, whole) = rewritten(persona);
        editor.type_at_end(&story.chunk(1), " Typed at the last moment.");
        if is_closed {
            editor.close(&story.chunk(1));
        }
        editor.end_server();
        drop(editor);
        let case = format!("{persona:?}, closed {is_closed}");
        let saved = read(&story.chunk(1));
        assert_eq!(prose_of(&saved).trim(), prose_of(&whole).trim(), "{case}");
        let kept = story.files().into_iter().any(|(path, text)| {
            path.iter().any(|part| part == "history") && text.contains("Typed at the last moment.")
        });
        assert!(kept, "{case}");
    }
}

/// The server was killed, and the editor with it: the next one opens what stands on disk.
#[test]
fn a_file_that_is_opened_again_shows_what_was_never_saved() {
    for persona in Persona::APPLYING {
        let (story, mut editor, whole) = rewritten(persona);
        editor.process.kill();
        drop(editor);
        let chunk = story.chunk(1);
        assert_eq!(read(&chunk), OLD);
        let mut editor = Editor::start(persona, &story);
        editor.open(&chunk);
        editor.wait("the text", |editor| {
            (prose_of(editor.text(&chunk)).trim() == prose_of(&whole).trim()).then_some(())
        });
        assert_eq!(
            read(&chunk),
            OLD,
            "{persona:?}: written behind the editor's back"
        );
        // A word is typed and saved, and the chunk is what it was said to be.
        editor.type_at_end(&chunk, " Mine.");
        editor.save(&chunk);
        let status = editor.command("showStatus", json!([uri(&chunk)])).unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete", "{persona:?}");
        assert_eq!(status["chunks"][0]["edited"], true, "{persona:?}");
        assert!(!story.journal(1).exists(), "{persona:?}");
        editor.quit();
    }
}

#[test]
fn a_client_that_takes_no_edits_is_told_of_what_was_never_saved() {
    let (story, mut editor, whole) = rewritten(Persona::VsCode);
    editor.process.kill();
    drop(editor);
    let chunk = story.chunk(1);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.drop_edits(100);
    editor.open(&chunk);
    editor.wait_for_message("safe in the journal");
    editor.close(&chunk);
    editor.command("showStatus", json!([uri(&chunk)])).unwrap();
    assert_eq!(prose_of(&read(&chunk)).trim(), prose_of(&whole).trim());
}

/// A command of the shell says what a write would go on from; a file that an editor shows stays
/// as it is.
#[test]
fn the_shell_brings_in_what_was_left_and_nothing_else() {
    let (story, mut editor, whole) = rewritten(Persona::Neovim);
    let complete = |status: &Value| status["chunks"][0]["status"] == "complete";
    assert!(complete(&shell(&story, "status")));
    assert_eq!(
        read(&story.chunk(1)),
        OLD,
        "written behind the editor's back"
    );
    editor.process.kill();
    drop(editor);
    assert!(complete(&shell(&story, "status")));
    let text = read(&story.chunk(1));
    assert_eq!(prose_of(&text).trim(), prose_of(&whole).trim());
    assert!(!Path::new(&story.journal(1)).exists());
}

/// A slip in the first line of a half-written chunk.
#[test]
fn damaged_front_matter_is_a_problem_at_its_line() {
    let story = Workspace::with_brief("short");
    std::fs::create_dir_all(story.session("chunks")).unwrap();
    std::fs::write(
        story.chunk(1),
        "ELSE ---\nchunk: 1\nbeat: logbook\nstatus: partial\n---\nThe lamp was out when",
    )
    .unwrap();
    let status = shell(&story, "status");
    assert_eq!(status["chunks"][0]["status"], "partial");
    let found = shell(&story, "check");
    let of = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter();
        rows.filter(|row| row["code"] == "damaged-front-matter")
            .cloned()
            .collect::<Vec<_>>()
    };
    let found = of(&found);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["severity"], "error");
    assert_eq!(
        found[0]["range"]["start"],
        json!({"line": 0, "character": 0})
    );
    assert_eq!(found[0]["range"]["end"], json!({"line": 0, "character": 8}));
    let mut editor = Editor::start(Persona::Helix, &story);
    let chunk = story.chunk(1);
    editor.open(&chunk);
    editor.wait("the problem", |editor| {
        let shown = Value::Array(editor.diagnostics(&chunk)?);
        (!of(&shown).is_empty()).then_some(())
    });
}
