//! A brief that gets another name, in an editor and behind its back.

use std::fs;

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, read, uri};

fn brief_of(story: &Workspace) -> String {
    let manifest: Value = serde_json::from_str(&read(&story.session("manifest.json"))).unwrap();
    manifest["brief"].as_str().unwrap().to_owned()
}

#[test]
fn a_draft_goes_with_its_renamed_brief() {
    // Renamed by the editor, which tells of it, or behind its back.
    for (persona, tells) in [(Persona::VsCode, true), (Persona::Neovim, false)] {
        let story = Workspace::with_brief("short");
        let mut editor = Editor::start(persona, &story);
        let old = story.brief();
        let beat = json!([{"uri": uri(&old), "beat": "logbook"}]);
        let job = editor.start_job("writeChunk", beat);
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{end}");
        let chunk = read(&story.chunk(1));
        let new = story.root().join("lamp.story.md");
        fs::rename(&old, &new).unwrap();
        editor.open(&new);
        if tells {
            let files = json!([{"oldUri": uri(&old), "newUri": uri(&new)}]);
            editor.notify("workspace/didRenameFiles", json!({ "files": files }));
            editor.sleep_until("the draft to follow", || {
                (brief_of(&story) == "lamp.story.md").then_some(())
            });
        } else {
            let status = editor.command("showStatus", json!([uri(&new)])).unwrap();
            assert_eq!(
                status["adoptable"],
                json!(["the-lamp-keeper-01"]),
                "{status}"
            );
            let titles = editor.actions_at(&new, "{#logbook");
            assert!(
                titles
                    .iter()
                    .all(|(title, _)| !title.contains("write the story"))
            );
            let adopted = editor.run_action(&new, "{#logbook", "go on with the draft");
            assert_eq!(adopted["session"], "the-lamp-keeper-01");
        }
        let status = editor.command("showStatus", json!([uri(&new)])).unwrap();
        assert_eq!(status["session"], "the-lamp-keeper-01", "{status}");
        assert_eq!(status["chunks"][0]["status"], "complete", "{status}");
        assert_eq!(read(&story.chunk(1)), chunk);
        assert_eq!(brief_of(&story), "lamp.story.md");
    }
}
