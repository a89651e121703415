//! What an author may do in an open chunk that is about to be written, or has just been.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Setup, Workspace, prose_of, read, uri};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};
use crate::support::prose::prose;

const KEY: &str = "sk-test-key";
const HEAD: &str = "---\nchunk: 1\nbeat: logbook\nstatus: partial\n---\n";

/// A story whose first chunk is on disk, and a model that waits at the gate before its first
/// word and then writes `more`.
struct Waiting {
    editor: Editor,
    story: Workspace,
    gate: Gate,
    job: String,
    _server: ModelServer,
}

impl Waiting {
    fn started(persona: Persona, command: &str, on_disk: &str, more: &str) -> Waiting {
        let gate = Gate::new();
        let (held, reply) = (gate.clone(), words_with_spaces(more));
        let server =
            ModelServer::start(move |_| Reply::fragments(reply.clone()).stall_after(0, &held));
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        std::fs::create_dir_all(story.session("chunks")).unwrap();
        std::fs::write(story.chunk(1), on_disk).unwrap();
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        editor.open(&story.chunk(1));
        let arguments = json!([{"uri": uri(&story.brief()), "chunk": 1}]);
        let job = editor.start_job(command, arguments);
        editor.wait("the model's turn", |_| {
            (!server.completions().is_empty()).then_some(())
        });
        Waiting {
            editor,
            story,
            gate,
            job,
            _server: server,
        }
    }

    fn finish(&mut self) -> String {
        self.gate.open();
        let (kind, end) = self.editor.wait_for_end(&self.job);
        assert_eq!(kind, 3, "{:?}: {end}", self.editor.persona);
        let shown = self.editor.shown();
        assert!(shown.iter().all(|(kind, _)| *kind == 3), "{shown:?}");
        self.editor.text(&self.story.chunk(1)).to_owned()
    }
}

/// A place in a text, in bytes.
type PlaceIn = fn(&str) -> usize;

#[test]
fn a_letter_typed_before_the_first_word_stops_no_job() {
    let (begins, more) = (prose(60, 7), prose(90, 8));
    let rows: [(&str, PlaceIn); 4] = [
        ("at the start", |text| {
            text.find("---\n").unwrap() + HEAD.len()
        }),
        ("in the middle", |text| text.len() * 2 / 3),
        ("at the end", |text| text.trim_end().len()),
        ("on the empty last line", str::len),
    ];
    for persona in Persona::APPLYING {
        for (place, at) in rows {
            let on_disk = format!("{HEAD}{begins}\n");
            let mut waiting = Waiting::started(persona, "writeChunk", &on_disk, &more);
            let chunk = waiting.story.chunk(1);
            let at = at(waiting.editor.text(&chunk));
            waiting.editor.replace(&chunk, at, at, "X");
            let typed = prose_of(waiting.editor.text(&chunk)).to_owned();
            let shown = waiting.finish();
            let prose = prose_of(&shown);
            assert!(shown.contains("status: complete"), "{persona:?} {place}");
            assert!(prose.contains(&more), "{persona:?} {place}: {prose}");
            match place {
                "on the empty last line" => {
                    assert!(prose.trim_end().ends_with("\nX"), "{persona:?}: {prose}");
                    assert!(prose.starts_with(&begins));
                }
                _ => assert!(
                    prose.starts_with(typed.trim_end()),
                    "{persona:?} {place}: {prose}"
                ),
            }
        }
    }
}

#[test]
fn a_letter_typed_while_the_demo_writer_begins_stops_no_job() {
    for persona in Persona::APPLYING {
        let story = Workspace::with_brief("short");
        story.demo(200);
        std::fs::create_dir_all(story.session("chunks")).unwrap();
        let begins = prose(60, 7);
        std::fs::write(story.chunk(1), format!("{HEAD}{begins}\n")).unwrap();
        let mut editor = Editor::start(persona, &story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        let arguments = json!([{"uri": uri(&story.brief()), "chunk": 1}]);
        let job = editor.start_job("writeChunk", arguments);
        editor.replace(&chunk, HEAD.len() + 9, HEAD.len() + 9, "X");
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        let typed = format!("{}X{}", &begins[..9], &begins[9..]);
        let shown = editor.text(&chunk);
        assert!(prose_of(shown).starts_with(&typed), "{persona:?}: {shown}");
        assert!(shown.contains("status: complete"), "{persona:?}: {shown}");
    }
}

#[test]
fn a_text_is_edited_until_its_rewrite_replaces_it_and_goes_to_history_as_it_is_then() {
    let (old, new) = (prose(150, 7), prose(150, 8));
    for persona in Persona::APPLYING {
        let complete = HEAD.replace("partial", "complete");
        let on_disk = format!("{complete}{old}\n");
        let mut waiting = Waiting::started(persona, "rewriteChunk", &on_disk, &new);
        let chunk = waiting.story.chunk(1);
        for place in [complete.len() + 4, on_disk.len() - 1] {
            waiting.editor.replace(&chunk, place, place, "X");
        }
        let edited = prose_of(waiting.editor.text(&chunk)).trim_end().to_owned();
        let shown = waiting.finish();
        assert_eq!(shown, format!("{complete}{new}\n"), "{persona:?}");
        let history = waiting.story.history();
        assert!(
            history.iter().any(|text| text.contains(&edited)),
            "{persona:?}: {history:?}"
        );
    }
}

#[test]
fn the_status_changes_in_the_same_edit_as_the_last_words() {
    let text = prose(150, 7);
    for persona in Persona::APPLYING {
        let mut waiting = Waiting::started(persona, "writeChunk", HEAD, &text);
        waiting.finish();
        let chunk = waiting.story.chunk(1);
        let edits = waiting.editor.edits(&chunk);
        let last = edits.last().unwrap();
        assert!(last.new_text.contains("complete"), "{persona:?}: {last:?}");
        let words = last.new_text.replace("complete", "");
        let end = text.split_whitespace().next_back().unwrap();
        assert!(words.trim_end().ends_with(end), "{persona:?}: {last:?}");
    }
}

#[test]
fn what_is_typed_below_the_growing_text_stays_below() {
    let text = prose(150, 7);
    let words = words_with_spaces(&text);
    for persona in Persona::APPLYING {
        let gate = Gate::new();
        let (held, reply) = (gate.clone(), words.clone());
        let server =
            ModelServer::start(move |_| Reply::fragments(reply.clone()).stall_after(70, &held));
        let story = Workspace::with_brief("short");
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        let chunk = story.chunk(1);
        editor.open(&chunk);
        let arguments = json!([{"uri": uri(&story.brief()), "chunk": 1}]);
        let job = editor.start_job("writeChunk", arguments);
        let half = words[..69].concat();
        editor.wait("half the text", |editor| {
            editor.text(&chunk).contains(half.trim_end()).then_some(())
        });
        // Ctrl+End, or "Go" in a Vim.
        let end = editor.text(&chunk).len();
        editor.replace(&chunk, end, end, "My own end.\n");
        gate.open();
        let (kind, told) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {told}");
        let shown = editor.text(&chunk).to_owned();
        let complete = HEAD.replace("partial", "complete");
        assert_eq!(
            shown,
            format!("{complete}{text}\nMy own end.\n"),
            "{persona:?}"
        );
        editor.save(&chunk);
        editor.wait("the journal to go", |_| {
            (!story.journal(1).exists()).then_some(())
        });
        assert_eq!(read(&chunk), shown);
    }
}
