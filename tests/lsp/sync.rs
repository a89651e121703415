//! The server's view of a document is the editor's, whatever is typed.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::lsp_client::{Editor, Persona, Workspace, is_place, prose_of, uri};

/// Characters of every width and every kind of line end, and some that only look like one.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just("word "),
        1 => Just("é"),
        1 => Just("🦊"),
        1 => Just("漁師"),
        1 => Just("e\u{301}"),
        1 => Just("\n"),
        1 => Just("\r\n"),
        1 => Just("\r"),
        1 => Just("\u{2028}"),
        1 => Just("\u{85}"),
        1 => Just("\u{b}\u{c}"),
        1 => Just("\t"),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

#[derive(Debug, Clone)]
struct Edit {
    start: usize,
    length: usize,
    text: String,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (any::<usize>(), 0_usize..12, text());
    let edit = edit.prop_map(|(start, length, text)| Edit {
        start,
        length,
        text,
    });
    prop::collection::vec(edit, 1..14)
}

const HEAD: &str = "---\nchunk: 1\nbeat: logbook\nstatus: complete\n---\n";

/// The place at or before an offset in the body of a chunk.
fn place(text: &str, offset: usize) -> usize {
    let mut place = HEAD.len() + offset % (text.len() - HEAD.len() + 1);
    while !is_place(text, place) {
        place -= 1;
    }
    place
}

/// A text as the store keeps it.
fn normal(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.trim_matches('\n').trim_end().to_owned()
}

/// The author edits a chunk at random and has it rewritten: the version in history/ is what the
/// server saw, and the buffer at the end is what comes of the server's edits in the editor's
/// own text.
fn rewritten_after(
    editor: &mut Editor,
    story: &Workspace,
    first: &str,
    edits: &[Edit],
    turn: usize,
) {
    let chunk = story.chunk(1);
    editor.open_with(&chunk, &format!("{HEAD}Turn {turn}. {first}"));
    for edit in edits {
        let text = editor.text(&chunk);
        let start = place(text, edit.start);
        let mut end = (start + edit.length).min(text.len());
        while !is_place(text, end) {
            end += 1;
        }
        editor.replace(&chunk, start, end, &edit.text);
    }
    let seen = normal(&editor.text(&chunk)[HEAD.len()..]);
    let job = editor.start_job("rewriteChunk", json!([uri(&story.brief()), 1]));
    let (kind, end) = editor.wait_for_end(&job);
    assert_eq!(kind, 3, "{end}");
    if !seen.is_empty() {
        let history = story.history();
        let kept = history.last().map(|text| normal(prose_of(text)));
        assert_eq!(kept.as_deref(), Some(seen.as_str()));
    }
    let shown = editor.text(&chunk).to_owned();
    assert!(
        shown.starts_with("---\nchunk: 1\n") && shown.contains("status: complete"),
        "{shown:?}"
    );
    let journal = std::fs::read_to_string(story.journal(1)).unwrap();
    assert_eq!(normal(prose_of(&shown)), normal(prose_of(&journal)));
    editor.close(&chunk);
    editor.wait("the journal to go", |_| {
        (!story.journal(1).exists()).then_some(())
    });
}

#[test]
fn random_edits_leave_server_and_editor_with_the_same_text() {
    for persona in [Persona::VsCode, Persona::Helix] {
        let story = Workspace::with_brief("short");
        let editor = RefCell::new(Editor::start(persona, &story));
        let turn = Cell::new(0);
        let config = Config {
            cases: 24,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&(text(), edits()), |(first, edits)| {
                turn.set(turn.get() + 1);
                let editor = &mut editor.borrow_mut();
                rewritten_after(editor, &story, &first, &edits, turn.get());
                Ok(())
            })
            .unwrap();
    }
}
