//! A chunk that is open in the editor while it is written.

use std::time::Instant;

use serde_json::json;

use crate::lsp_client::{Editor, Outcome, Persona, Setup, Workspace, prose_of, read, uri};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};
use crate::support::prose::prose;

const KEY: &str = "sk-test-key";

/// The prose that the scripted model writes for chunk 1.
fn chapter() -> String {
    prose(150, 7)
}

/// A model that stops in the middle of the chunk until the gate is opened.
fn held_server(gate: &Gate) -> ModelServer {
    let gate = gate.clone();
    ModelServer::start(move |request| {
        // The others tell something else: a part that is told twice is refused.
        let others =
            (2..=4).find(|part| request.user().contains(&format!("# This part: {part} of")));
        let text = others.map_or_else(chapter, |part| prose(150, 7 + part));
        let words = words_with_spaces(&text);
        let half = words.len() / 2;
        Reply::fragments(words).stall_after(half, &gate)
    })
}

/// What is known to be whole words when the model stands at the gate: the last that came may
/// be half of one.
fn first_half() -> String {
    let words = words_with_spaces(&chapter());
    words[..words.len() / 2 - 1].concat().trim_end().to_owned()
}

/// A chunk that is open and half written: the model stands at the gate and the editor shows
/// all that came.
struct Half {
    editor: Editor,
    story: Workspace,
    gate: Gate,
    job: String,
    // Gone last, after everything that may still read from it.
    _server: ModelServer,
}

impl Half {
    fn written(persona: Persona) -> Half {
        Half::of(persona, true)
    }

    fn of(persona: Persona, open: bool) -> Half {
        let gate = Gate::new();
        let server = held_server(&gate);
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        if open {
            editor.open(&story.chunk(1));
        }
        let arguments = json!([{"uri": uri(&story.brief()), "chunk": 1}]);
        let job = editor.start_job("writeChunk", arguments);
        let chunk = story.chunk(1);
        let file = if open {
            story.journal(1)
        } else {
            chunk.clone()
        };
        editor.wait("half the text", |editor| {
            let shows =
                !open || persona == Persona::Mute || editor.text(&chunk).contains(&first_half());
            let safe = file.exists() && read(&file).contains(&first_half());
            (shows && safe).then_some(())
        });
        Half {
            editor,
            story,
            gate,
            job,
            _server: server,
        }
    }

    /// Lets the model go on; what the author is told at the end.
    fn finish(&mut self) -> (u64, String) {
        self.gate.open();
        self.editor.wait_for_end(&self.job)
    }

    fn text(&self) -> &str {
        self.editor.text(&self.story.chunk(1))
    }

    fn warnings(&self) -> Vec<&str> {
        let shown = self.editor.shown();
        shown
            .into_iter()
            .filter(|(kind, _)| *kind < 3)
            .map(|(_, text)| text)
            .collect()
    }
}

fn whole_file(status: &str, prose: &str) -> String {
    format!("---\nchunk: 1\nbeat: logbook\nstatus: {status}\n---\n{prose}\n")
}

#[test]
fn an_open_chunk_grows_by_versioned_edits_and_is_never_written_behind_the_editor() {
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        story.demo(90);
        let mut editor = Editor::start(persona, &story);
        editor.open(&story.brief());
        editor.open(&story.chunk(1));
        let chunk = story.chunk(1);
        let job = editor.start_job("writeChunk", json!([uri(&story.brief()), "logbook"]));
        editor.wait("the journal", |_| story.journal(1).exists().then_some(()));
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");

        let edits = editor.edits(&chunk);
        assert!(edits.len() >= 2, "{persona:?}: {} edits", edits.len());
        assert!(edits.iter().all(|edit| edit.version.is_some()));
        assert!(
            !chunk.exists(),
            "{persona:?}: written behind the editor's back"
        );
        let journal = read(&story.journal(1));
        let shown = editor.text(&chunk).to_owned();
        assert_eq!(prose_of(&journal), prose_of(&shown), "{persona:?}");
        assert!(
            shown.starts_with("---\nchunk: 1\nbeat: logbook\nstatus: complete\n---\n"),
            "{shown}"
        );
        let words = prose_of(&shown).split_whitespace().count();
        assert!((140..=160).contains(&words), "{words} words");
        assert!(
            editor.shown().iter().all(|(kind, _)| *kind == 3),
            "{:?}",
            editor.shown()
        );

        editor.save(&chunk);
        editor.wait("the journal to go", |_| {
            (!story.journal(1).exists()).then_some(())
        });
        assert_eq!(read(&chunk), shown);
        let status = editor.command("showStatus", json!([])).unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete");
        assert_eq!(status["chunks"][0]["edited"], false);
        assert_eq!(editor.quit(), 0);
    }
}

#[test]
fn the_finished_buffer_is_the_file_that_would_have_been_written() {
    let closed = {
        let story = Workspace::with_brief("short");
        let mut editor = Editor::start(Persona::VsCode, &story);
        let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
        editor.wait_for_end(&job);
        read(&story.chunk(1))
    };
    for persona in Persona::EDITORS {
        for already in [
            "",
            "\n",
            "---\nchunk: 1\nbeat: logbook\nstatus: partial\n---\n",
        ] {
            let story = Workspace::with_brief("short");
            story.demo(400);
            let mut editor = Editor::start(persona, &story);
            editor.open_with(&story.chunk(1), already);
            let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
            editor.wait_for_end(&job);
            assert_eq!(
                editor.text(&story.chunk(1)),
                closed,
                "{persona:?} {already:?}"
            );
        }
    }
}

#[test]
fn a_chunk_that_is_closed_without_saving_is_brought_to_disk() {
    for persona in Persona::EDITORS {
        let mut half = Half::written(persona);
        half.finish();
        let (chunk, journal) = (half.story.chunk(1), half.story.journal(1));
        assert!(!chunk.exists());
        half.editor.close(&chunk);
        half.editor
            .wait("the file", |_| chunk.exists().then_some(()));
        half.editor
            .wait("the journal to go", |_| (!journal.exists()).then_some(()));
        assert_eq!(read(&chunk), whole_file("complete", &chapter()));
    }
}

#[test]
fn saving_in_the_middle_writes_nothing_behind_the_editor() {
    for persona in Persona::EDITORS {
        let mut half = Half::written(persona);
        let (chunk, journal) = (half.story.chunk(1), half.story.journal(1));
        // An editor that saves by itself does this all the time.
        half.editor.type_before(&chunk, &first_half(), "Mine. ");
        half.editor.save(&chunk);
        let saved = half.text().to_owned();
        // The server has taken the save in when it answers what came after.
        half.editor
            .command("showStatus", json!([uri(&half.story.brief())]))
            .unwrap();
        half.finish();
        assert_eq!(read(&chunk), saved, "{persona:?}");
        assert_eq!(
            half.text(),
            whole_file("complete", &format!("Mine. {}", chapter()))
        );
        half.editor.save(&chunk);
        half.editor
            .wait("the journal to go", |_| (!journal.exists()).then_some(()));
        assert_eq!(
            prose_of(&read(&chunk)).trim_end(),
            format!("Mine. {}", chapter())
        );
        assert_eq!(half.warnings(), Vec::<&str>::new(), "{persona:?}");
    }
}

#[test]
fn what_the_author_types_elsewhere_stays_and_the_stream_goes_on() {
    for persona in Persona::EDITORS {
        let mut half = Half::written(persona);
        let chunk = half.story.chunk(1);
        half.editor
            .type_before(&chunk, &first_half(), "The author wrote this. ");
        let (kind, end) = half.finish();
        assert_eq!(kind, 3, "{persona:?}: {end}");
        let expected = format!("The author wrote this. {}", chapter());
        assert_eq!(
            half.text(),
            whole_file("complete", &expected),
            "{persona:?}"
        );
        assert_eq!(half.warnings(), Vec::<&str>::new(), "{persona:?}");

        half.editor.save(&chunk);
        let journal = half.story.journal(1);
        half.editor
            .wait("the journal to go", |_| (!journal.exists()).then_some(()));
        let brief = uri(&half.story.brief());
        let status = half.editor.command("showStatus", json!([brief])).unwrap();
        assert_eq!(status["chunks"][0]["status"], "complete");
        assert_eq!(status["chunks"][0]["edited"], true);
    }
}

#[test]
fn what_the_author_types_after_the_front_matter_or_into_it_stays() {
    let mut half = Half::written(Persona::VsCode);
    let chunk = half.story.chunk(1);
    half.editor.type_before(&chunk, "status:", "mood: grey\n");
    half.finish();
    assert!(
        half.text()
            .starts_with("---\nchunk: 1\nbeat: logbook\nmood: grey\nstatus: complete\n---\n")
    );
    assert!(half.text().ends_with(&format!("\n{}\n", chapter())));
}

#[test]
fn the_author_types_while_the_text_streams() {
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        story.demo(60);
        let mut editor = Editor::start(persona, &story);
        editor.open(&story.chunk(1));
        let chunk = story.chunk(1);
        let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
        let mut typed = String::new();
        let mut seen = 0;
        // A word before the first one each time that more text has come.
        let end = editor.wait("the end", |editor| {
            let length = editor.text(&chunk).len();
            if length > seen + 20 && editor.text(&chunk).contains("\n---\n") && typed.len() < 60 {
                let text = editor.text(&chunk);
                let at = text.find("\n---\n").unwrap() + 5;
                editor.replace(&chunk, at, at, "word ");
                typed.push_str("word ");
                seen = editor.text(&chunk).len();
            }
            editor
                .shown()
                .iter()
                .find(|(kind, _)| *kind != 2)
                .map(|(kind, text)| (*kind, (*text).to_owned()))
        });
        assert_eq!(end.0, 3, "{persona:?} {end:?} {job}");
        let journal = read(&story.journal(1));
        let expected = format!("{typed}{}", prose_of(&journal).trim_end());
        assert_eq!(
            prose_of(editor.text(&chunk)).trim_end(),
            expected,
            "{persona:?}"
        );
        assert!(!typed.is_empty());
    }
}

/// While a chunk grows in one buffer, its author writes in another of the same story, and in the brief.
#[test]
fn the_author_types_in_other_files_while_the_text_streams() {
    for persona in Persona::EDITORS {
        let story = Workspace::with_brief("short");
        story.demo(60);
        let (brief, chunk) = (story.brief(), story.chunk(1));
        let elsewhere = story.root().join("notes.md");
        let mut editor = Editor::start(persona, &story);
        editor.open(&brief);
        editor.open(&chunk);
        editor.open_with(&elsewhere, "# Notes 🕯\n\nMara\n");
        let notes = editor.text(&elsewhere).to_owned();
        let said = editor.text(&brief).to_owned();
        let job = editor.start_job("writeChunk", json!([uri(&brief), 1]));
        let mut typed = String::new();
        let mut seen = 0;
        let end = editor.wait("the end", |editor| {
            let length = editor.text(&chunk).len();
            if length > seen + 20 && typed.len() < 60 {
                for path in [&elsewhere, &brief] {
                    let at = editor.text(path).trim_end().len();
                    editor.replace(path, at, at, " é🕯");
                }
                typed.push_str(" é🕯");
                seen = length;
            }
            let mut shown = editor.shown().into_iter();
            let end = shown.find(|(kind, _)| *kind != 2);
            end.map(|(kind, text)| (kind, text.to_owned()))
        });
        assert_eq!(end.0, 3, "{persona:?} {end:?} {job}");
        assert!(!typed.is_empty());
        for (path, before) in [(&elsewhere, &notes), (&brief, &said)] {
            let (text, end) = before.split_at(before.trim_end().len());
            assert_eq!(
                editor.text(path),
                format!("{text}{typed}{end}"),
                "{persona:?}"
            );
        }
        let journal = read(&story.journal(1));
        let (shown, kept) = (prose_of(editor.text(&chunk)), prose_of(&journal));
        assert_eq!(shown.trim_end(), kept.trim_end(), "{persona:?}");
    }
}

#[test]
fn typing_at_the_growing_end_stops_the_stream_and_loses_nothing() {
    for persona in Persona::EDITORS {
        let mut half = Half::written(persona);
        let chunk = half.story.chunk(1);
        half.editor
            .type_at_end(&chunk, " And then the author took over.");
        let (kind, end) = half.finish();
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(
            end.contains("chunk 1 was edited while it was being written"),
            "{end}"
        );
        let expected = format!("{} And then the author took over.", first_half());
        assert_eq!(half.text(), whole_file("partial", &expected), "{persona:?}");
        let journal = read(&half.story.journal(1));
        assert!(prose_of(&journal).starts_with(&first_half()));
        assert!(!chunk.exists());

        // The author keeps what they wrote; what the model wrote is kept beside.
        let generated = prose_of(&journal).trim_end().to_owned();
        half.editor.save(&chunk);
        half.editor.close(&chunk);
        let journal = half.story.journal(1);
        half.editor
            .wait("the journal to go", |_| (!journal.exists()).then_some(()));
        assert_eq!(prose_of(&read(&chunk)).trim_end(), expected);
        if generated != first_half() {
            let history = half.story.history();
            assert!(
                history.iter().any(|text| text.contains(&generated)),
                "{persona:?}"
            );
        }

        // Going on starts from the author's words.
        half.editor.open(&chunk);
        let brief = uri(&half.story.brief());
        let job = half.editor.start_job("writeChunk", json!([brief, 1]));
        half.editor.wait_for_end(&job);
        assert!(
            half.text().contains(&expected),
            "{persona:?}: {}",
            half.text()
        );
    }
}

#[test]
fn opening_the_chunk_in_the_middle_goes_on_in_the_editor() {
    for persona in Persona::EDITORS {
        let mut half = Half::of(persona, false);
        let chunk = half.story.chunk(1);
        half.editor.open(&chunk);
        // A save may have been on its way until the server heard of the opening.
        let asked = json!({"textDocument": {"uri": uri(&chunk)}});
        let answer = half.editor.request("textDocument/foldingRange", asked);
        answer.expect("an answer behind it");
        let on_disk = read(&chunk);
        let (kind, end) = half.finish();
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert_eq!(
            half.text(),
            whole_file("complete", &chapter()),
            "{persona:?}"
        );
        assert_eq!(
            read(&chunk),
            on_disk,
            "{persona:?}: written behind the editor's back"
        );
        assert!(read(&half.story.journal(1)).contains(&chapter()));
        assert_eq!(half.warnings(), Vec::<&str>::new(), "{persona:?}");
    }
}

#[test]
fn closing_the_chunk_in_the_middle_goes_on_on_disk() {
    for persona in Persona::EDITORS {
        let mut half = Half::written(persona);
        let (chunk, journal) = (half.story.chunk(1), half.story.journal(1));
        half.editor.close(&chunk);
        half.editor.wait("half the text on disk", |_| {
            (chunk.exists() && read(&chunk).contains(&first_half())).then_some(())
        });
        let (kind, end) = half.finish();
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert_eq!(
            read(&chunk),
            whole_file("complete", &chapter()),
            "{persona:?}"
        );
        assert!(!journal.exists());
    }
}

#[test]
fn closing_and_opening_again_goes_on_in_the_editor() {
    for persona in Persona::EDITORS {
        let mut half = Half::written(persona);
        let chunk = half.story.chunk(1);
        half.editor.close(&chunk);
        half.editor.wait("half the text on disk", |_| {
            (chunk.exists() && read(&chunk).contains(&first_half())).then_some(())
        });
        half.editor.open(&chunk);
        half.finish();
        assert_eq!(
            half.text(),
            whole_file("complete", &chapter()),
            "{persona:?}"
        );
    }
}

#[test]
fn an_edit_that_is_dropped_is_sent_again_once_the_document_moves_on() {
    // The only one that says of an edit that it dropped that it was applied.
    let mut half = Half::written(Persona::Neovim);
    let chunk = half.story.chunk(1);
    half.editor.drop_edits(1);
    half.gate.open();
    half.editor.wait("a dropped edit", |editor| {
        let last = *editor.edits(&chunk).last()?;
        (last.outcome == Outcome::Dropped).then_some(())
    });
    // It is dropped since the author has typed: the server is told of that.
    half.editor.type_before(&chunk, &first_half(), "Mine. ");
    let (kind, end) = half.finish();
    assert_eq!(kind, 3, "{end}");
    let whole = whole_file("complete", &format!("Mine. {}", chapter()));
    half.editor.wait("the whole text", |editor| {
        (editor.text(&chunk) == whole).then_some(())
    });
}

#[test]
fn a_client_that_never_answers_holds_nothing_up() {
    let gate = Gate::new();
    gate.open();
    let server = held_server(&gate);
    let story = Workspace::with_brief("short");
    story.model_server(&server.base_url);
    let mut editor = Setup::new(Persona::Mute).key(KEY).start(&story);
    editor.open(&story.brief());
    editor.open(&story.chunk(1));
    let began = Instant::now();
    let job = editor.start_job("write", json!([]));
    editor.wait_for_end(&job);
    let took = began.elapsed();
    eprintln!("four chunks, one of them open in a client that never answers: {took:?}");
    assert!(!story.chunk(1).exists(), "written behind the editor's back");
    assert!(read(&story.journal(1)).contains(&chapter()));
    for number in 2..=4 {
        assert!(
            read(&story.chunk(number)).contains("status: complete"),
            "chunk {number}"
        );
    }
    let messages: Vec<_> = editor.shown();
    assert!(
        messages
            .iter()
            .any(|(_, text)| text.contains("chunk_01.md") || text.contains("chunk 1")),
        "{messages:?}"
    );
    editor.close(&story.chunk(1));
    editor.wait("the file", |_| story.chunk(1).exists().then_some(()));
    assert_eq!(read(&story.chunk(1)), whole_file("complete", &chapter()));
    assert_eq!(editor.quit(), 0);
}

#[test]
fn line_ends_and_wide_characters_are_the_documents_own() {
    let text: String = (0..12)
        .map(|seed| format!("Mára 🦊 saw 漁師 — {}\n\n", prose(7, seed)))
        .collect();
    let text = text.trim_end().to_owned();
    for persona in Persona::EDITORS {
        let reply = text.clone();
        let server = ModelServer::start(move |_| {
            Reply::text(&reply).every(std::time::Duration::from_millis(15))
        });
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let head = "---\r\nchunk: 1\r\nbeat: logbook\r\nstatus: partial\r\n---\r\n";
        editor.open_with(&story.chunk(1), head);
        let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
        editor.wait_for_end(&job);
        let shown = editor.text(&story.chunk(1));
        let expected = whole_file("complete", &text).replace('\n', "\r\n");
        assert_eq!(shown, expected, "{persona:?}");
    }
}
