//! full_story.md while it is open in the editor.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Workspace, read, uri};

/// A story with its first chunk written, and full_story.md open.
fn opened(persona: Persona) -> (Editor, Workspace) {
    let story = Workspace::with_brief("short");
    let mut editor = Editor::start(persona, &story);
    let job = editor.start_job("writeChunk", json!([uri(&story.brief()), 1]));
    editor.wait_for_end(&job);
    editor.open(&story.session("full_story.md"));
    (editor, story)
}

fn write_the_rest(editor: &mut Editor, story: &Workspace) {
    let job = editor.start_job("write", json!([uri(&story.brief())]));
    let (_, end) = editor.wait_for_end(&job);
    assert!(end.contains("the story is complete"), "{end}");
}

#[test]
fn an_open_full_story_is_changed_by_edit_and_never_on_disk() {
    for persona in Persona::EDITORS {
        let (mut editor, story) = opened(persona);
        let path = story.session("full_story.md");
        let before = read(&path);
        write_the_rest(&mut editor, &story);
        assert_eq!(
            read(&path),
            before,
            "{persona:?}: written behind the editor's back"
        );
        let shown = editor.text(&path).to_owned();
        for number in 1..=4 {
            assert!(
                shown.contains(story.prose(number).trim()),
                "{persona:?}: chunk {number}"
            );
        }
        assert!(
            editor
                .edits(&path)
                .iter()
                .all(|edit| edit.version.is_some())
        );
        let warnings: Vec<_> = editor
            .shown()
            .into_iter()
            .filter(|(kind, _)| *kind < 3)
            .collect();
        assert!(warnings.is_empty(), "{persona:?}: {warnings:?}");
        editor.save(&path);
        editor.close(&path);
        // It is brought up to date on disk when nobody has it open.
        let first = story.prose(1).trim().to_owned();
        let job = editor.start_job("rewriteChunk", json!([uri(&story.brief()), 1]));
        editor.wait_for_end(&job);
        assert_eq!(
            read(&path),
            shown.replace(&first, story.prose(1).trim()),
            "{persona:?}"
        );
    }
}

#[test]
fn what_the_author_typed_into_the_full_story_is_not_overwritten() {
    for persona in Persona::EDITORS {
        let (mut editor, story) = opened(persona);
        let path = story.session("full_story.md");
        editor.type_at_end(&path, "\n\nAn afterword by the author.");
        let typed = editor.text(&path).to_owned();
        write_the_rest(&mut editor, &story);
        assert_eq!(editor.text(&path), typed, "{persona:?}");
        let (_, warning) = editor.wait_for_message("full_story.md is open");
        assert!(warning.contains("changes that are not saved"), "{warning}");
        let history = story.history();
        assert!(
            history
                .iter()
                .any(|text| text.contains("An afterword by the author."))
        );

        // Saved and closed, it is brought up to date; the author's version is in history/.
        editor.save(&path);
        editor.close(&path);
        editor.start_job("write", json!([uri(&story.brief())]));
        editor.wait_for_message("nothing to write");
        let now = read(&path);
        assert!(
            !now.contains("afterword") && now.contains(story.prose(4).trim()),
            "{persona:?}"
        );
        assert!(
            story
                .history()
                .iter()
                .any(|text| text.contains("An afterword by the author."))
        );
    }
}

#[test]
fn an_open_changelog_is_added_to_by_edit() {
    let (mut editor, story) = opened(Persona::VsCode);
    let path = story.session("CHANGELOG.md");
    editor.open(&path);
    editor.type_at_end(&path, "\n- A line of my own.");
    let before = read(&path);
    write_the_rest(&mut editor, &story);
    let shown = editor.text(&path);
    assert!(shown.contains("- A line of my own."), "{shown}");
    assert!(shown.contains("chunk 4"), "{shown}");
    assert_eq!(read(&path), before);
}
