//! Pages about a story: documents that a client asks the server for (`workspace/textDocumentContent`), else files.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Setup, Workspace, path_of, read, uri};
use crate::written;

/// The page that the editor was shown last: its address, and its text as the editor has it.
pub fn shown_page(editor: &mut Editor, name: &str) -> (String, String) {
    let shown = editor.wait("the page", |editor| {
        let asked = editor.asked("window/showDocument");
        let shown = asked.last()?["uri"].as_str()?;
        shown.ends_with(name).then(|| shown.to_owned())
    });
    let text = match shown.strip_prefix("storywright:") {
        Some(_) => content(editor, &shown).unwrap(),
        None => read(&path_of(&shown)),
    };
    (shown, text)
}

/// What the server answers for the text of a document.
fn content(editor: &mut Editor, uri: &str) -> Result<String, Value> {
    let answer = editor.request("workspace/textDocumentContent", json!({ "uri": uri }));
    answer.map(|answer| answer["text"].as_str().expect("a text").to_owned())
}

fn explain_folder(story: &Workspace) -> PathBuf {
    story.session(".work/explain")
}

#[test]
fn a_page_is_no_file_where_the_client_asks_for_its_text() {
    for persona in Persona::EDITORS {
        let (story, _) = written(persona);
        for asks in [true, false] {
            let setup = Setup::new(persona);
            let mut params = setup.parameters(&story);
            params["capabilities"]["workspace"]["textDocumentContent"] = match asks {
                true => json!({}),
                false => Value::Null,
            };
            params["capabilities"]["window"]["showDocument"] = json!({ "support": true });
            let mut editor = setup.connect(&story);
            let answer = editor.initialize(params);
            let offered = &answer["capabilities"]["workspace"]["textDocumentContent"];
            let expected = match asks {
                true => json!({ "schemes": ["storywright"] }),
                false => Value::Null,
            };
            assert_eq!(*offered, expected, "{persona:?}");
            editor.open(&story.brief());
            let brief = uri(&story.brief());
            editor.command("explain", json!([brief, 2])).unwrap();
            let (address, text) = shown_page(&mut editor, "story-chunk_02.md");
            assert!(text.contains("| contract | system |"), "{text}");
            assert_eq!(address.starts_with("storywright:/"), asks, "{address}");
            assert_eq!(explain_folder(&story).exists(), !asks, "{persona:?}");
        }
    }
}

/// An editor that keeps what it was given has to be told that there is more to see.
#[test]
fn a_page_that_is_shown_again_shows_what_is_so_now() {
    let (story, mut editor) = written(Persona::VsCode);
    let brief = story.brief();
    let explain = json!([uri(&brief), 1]);
    editor.command("explain", explain.clone()).unwrap();
    let (address, before) = shown_page(&mut editor, "story-chunk_01.md");
    assert!(!before.contains("It is winter."));
    let premise = editor.text(&brief).find("# Premise").unwrap() + "# Premise\n".len();
    editor.replace(&brief, premise, premise, "It is winter. ");
    editor.forget();
    editor.command("explain", explain).unwrap();
    let (again, after) = shown_page(&mut editor, "story-chunk_01.md");
    assert_eq!(again, address);
    assert!(after.contains("It is winter."), "{after}");
    let refreshed = editor.wait("the page to be read anew", |editor| {
        let asked = editor.asked("workspace/textDocumentContent/refresh");
        Some(asked.first()?["uri"].clone())
    });
    assert_eq!(refreshed, json!(address));
    assert!(!explain_folder(&story).exists());
}

/// What history/ says of a version in its front matter is no difference to the author.
#[test]
fn a_version_is_shown_as_the_file_of_its_chunk() {
    for persona in Persona::EDITORS {
        let (story, mut editor) = written(persona);
        let chunk = story.chunk(1);
        let locked = read(&chunk).replacen("status:", "mood: grim\nstatus:", 1);
        std::fs::write(&chunk, &locked).unwrap();
        let job = editor.start_job("rewriteChunk", json!([uri(&story.brief()), 1]));
        editor.wait_for_end(&job);
        assert_ne!(read(&chunk), locked);
        let about = json!([{ "uri": uri(&chunk), "quiet": true }]);
        let found = editor.command("showDiff", about).unwrap();
        let before = found["before"].as_str().unwrap();
        let text = match before.starts_with("storywright:") {
            true => content(&mut editor, before).unwrap(),
            false => read(&path_of(before)),
        };
        let mine =
            locked
                .replacen("mood: grim\n", "", 1)
                .replacen("\n---\n", "\nmood: grim\n---\n", 1);
        assert_eq!(text, mine, "{persona:?}");
        assert!(editor.asked("window/showDocument").is_empty());
    }
}

/// A page is about its chunk: a command that is called from it is, too.
#[test]
fn a_command_on_a_page_is_about_its_chunk() {
    let (story, mut editor) = written(Persona::VsCode);
    editor
        .command("explain", json!([uri(&story.brief()), 2]))
        .unwrap();
    let (address, _) = shown_page(&mut editor, "story-chunk_02.md");
    let again = editor.command("explain", json!([address])).unwrap();
    assert_eq!(again["chunk"], 2, "{again}");
    let status = editor.command("showStatus", json!([{ "uri": address }]));
    assert_eq!(status.unwrap()["story"], "The Lamp Keeper");
}

#[test]
fn what_is_no_page_of_this_workspace_is_refused() {
    let (story, mut editor) = written(Persona::VsCode);
    let other = Workspace::with_brief("short");
    let link = story.root().join("elsewhere");
    #[cfg(unix)]
    std::os::unix::fs::symlink(other.root(), &link).unwrap();
    let prompt = |brief: &Path, chunk: &str| {
        let file = uri(brief);
        let path = file.strip_prefix("file://").unwrap();
        format!("storywright:{path}/chunk={chunk}/prompt/story-chunk_{chunk:0>2}.md")
    };
    let page = |brief: &Path| prompt(brief, "1");
    assert!(content(&mut editor, &page(&story.brief())).is_ok());
    let here = uri(story.root()).replace("file:", "storywright:");
    let up = "/..".repeat(story.root().components().count());
    let other_brief = uri(&other.brief());
    let out = format!("{up}{}", other_brief.strip_prefix("file://").unwrap());
    for hostile in [
        "".to_owned(),
        "story".to_owned(),
        "storywright:".to_owned(),
        "storywright:/".to_owned(),
        uri(&story.brief()),
        "file:///etc/passwd".to_owned(),
        "storywright:/etc/passwd".to_owned(),
        "storywright:/etc/passwd/threads/passwd-threads.md".to_owned(),
        "storywright:/%00/story.md/threads/story-threads.md".to_owned(),
        page(&other.brief()),
        page(&link.join("story.md")),
        page(&story.root().join("none.story.md")),
        format!("{here}{out}/threads/story-threads.md"),
        format!(
            "{here}/x{}/threads/story-threads.md",
            out.replace('/', "%2F")
        ),
        format!("{here}{}/threads/story-threads.md", out.replace('.', "%2E")),
    ] {
        let error = content(&mut editor, &hostile).unwrap_err();
        assert_eq!(error["code"], -32602, "{hostile}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("Nothing was read"), "{message}");
    }
    for params in [json!({}), json!([]), json!({ "uri": 5 }), Value::Null] {
        let answer = editor.request("workspace/textDocumentContent", params.clone());
        assert_eq!(answer.unwrap_err()["code"], -32602, "{params}");
    }
    // A page of this story, of something that it does not have.
    let error = content(&mut editor, &prompt(&story.brief(), "99")).unwrap_err();
    assert_eq!(error["code"], -32803, "{error}");
}
