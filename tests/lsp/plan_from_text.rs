//! Beats that are planned from the text of their chunks, into an open brief.

use serde_json::json;

use crate::lsp_client::{Editor, Persona, Setup, Workspace, read};
use crate::support::model_server::{ModelServer, Recorded, Reply, author};

const BRIEF: &str = "---\ntitle: The Lamp Keeper\nlanguage: en\ntarget_words: 600\nchunk_words: 300\n---\n\
    # Premise\nA door in the sea wall.\n\n# Outline\n\n## The Lantern {#one}\n\n## The Rope {#two}\nMine.\n\n# Notes\nMine.\n";

/// Writes as the author, and says of a part what its own words prove.
fn server() -> ModelServer {
    ModelServer::start(|request: &Recorded| {
        if !request.system().starts_with("You read one part of a story") {
            return author(request);
        }
        let user = request.user();
        let (_, prose) = user.split_once("which you read\n").expect("a text");
        let quote: Vec<&str> = prose.split_whitespace().take(8).collect();
        let said = |text: &str| json!({"text": text, "quote": quote.join(" ")});
        let told = json!({"beat": said("She finds it."), "enter": said("It is night."), "exit": said("It is day."), "rules": []});
        Reply::text(told.to_string())
    })
}

fn offers(editor: &mut Editor, story: &Workspace, place: &str) -> Vec<String> {
    let actions = editor.actions_at(&story.brief(), place).into_iter();
    let plans = actions.filter(|(_, command)| command["command"] == "storywright.planFromText");
    plans.map(|(title, _)| title).collect()
}

#[test]
fn an_open_brief_gets_what_its_chunks_say_while_its_author_types() {
    for persona in Persona::EDITORS {
        let server = server();
        let story = Workspace::with_text(BRIEF);
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key("sk-test-key").start(&story);
        let brief = story.brief();
        editor.open(&brief);
        assert!(offers(&mut editor, &story, "## The Lantern").is_empty());
        let job = editor.start_job("write", json!([]));
        editor.wait_for_end(&job);
        let offered = offers(&mut editor, &story, "## The Lantern");
        assert_eq!(
            offered,
            ["Storywright: plan 1 beat from the text"],
            "{persona:?}"
        );
        assert!(offers(&mut editor, &story, "A door").is_empty());
        let on_disk = read(&brief);
        editor.type_before(&brief, "A door in", "Mine: ");
        let job = editor.start_job("planFromText", json!([]));
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(
            end.contains("2 beats from the text in story.md, which is not saved yet"),
            "{end}"
        );
        let text = editor.text(&brief).to_owned();
        for part in [
            "Mine: A door in the sea wall.",
            "## The Lantern {#one}\n\nShe finds it.\n\nEnter: It is night.\nExit: It is day.\n\n## The Rope {#two}\nMine.\n\nEnter: It is night.\n",
        ] {
            assert!(text.contains(part), "{persona:?}: {part}\n{text}");
        }
        assert_eq!(
            read(&brief),
            on_disk,
            "{persona:?}: nothing behind the editor's back"
        );
        assert!(offers(&mut editor, &story, "## The Lantern").is_empty());
    }
}
