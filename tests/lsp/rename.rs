//! A character and a beat get another name, in every file of the story and in nothing that is known of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Workspace, position, read, uri};
use crate::written;

/// A story that the demo writer wrote, with all of its files open that a rename may change.
fn opened(persona: Persona) -> (Workspace, Editor) {
    let (story, mut editor) = written(persona);
    for path in files(&story) {
        editor.open(&path);
    }
    (story, editor)
}

/// The chunks and the states, in order.
fn files(story: &Workspace) -> Vec<PathBuf> {
    let chunks = (1..=4).map(|number| story.chunk(number));
    let states = (1..=4).map(|number| story.session(&format!("state/chunk_0{number}.json")));
    chunks.chain(states).filter(|path| path.exists()).collect()
}

fn place(editor: &Editor, path: &Path, place: &str) -> Value {
    let text = editor.text(path);
    let at = text.find(place).unwrap_or_else(|| panic!("no {place:?}"));
    let at = position(text, at + 1, editor.persona.encoding());
    json!({"textDocument": {"uri": uri(path)}, "position": at})
}

/// Asks for a new name, and makes the edits that are answered.
fn rename(editor: &mut Editor, path: &Path, at: &str, new: &str) -> Result<Value, String> {
    let mut params = place(editor, path, at);
    params["newName"] = json!(new);
    let edit = editor.request("textDocument/rename", params);
    let edit = edit.map_err(|error| error["message"].as_str().unwrap_or_default().to_owned())?;
    assert!(editor.apply_action(&json!({ "edit": edit })), "{edit}");
    Ok(edit)
}

fn texts(story: &Workspace, editor: &Editor) -> BTreeMap<PathBuf, String> {
    let paths = std::iter::once(story.brief()).chain(files(story));
    paths
        .map(|path| (path.clone(), editor.text(&path).to_owned()))
        .collect()
}

/// What of each chunk is stale or edited.
fn changed(editor: &mut Editor) -> Vec<Value> {
    let status = editor.command("showStatus", json!([])).expect("a status");
    let chunks = status["chunks"].as_array().expect("chunks").iter();
    let changed = chunks.filter(|chunk| chunk["stale"] == true || chunk["edited"] == true);
    changed.cloned().collect()
}

#[test]
fn a_character_is_renamed_everywhere_and_nothing_is_stale_for_it() {
    for persona in [Persona::VsCode, Persona::Neovim, Persona::Helix] {
        let (story, mut editor) = opened(persona);
        let (brief, first) = (story.brief(), story.chunk(1));
        let before = texts(&story, &editor);
        assert!(before[&first].contains("Mara"), "{}", before[&first]);
        let asked = place(&editor, &brief, "Mara Voss");
        let prepared = editor.request("textDocument/prepareRename", asked);
        assert_eq!(prepared.expect("a name")["placeholder"], "Mara Voss");
        rename(&mut editor, &brief, "Mara Voss", "Nora Lind").expect("edits");
        let after = texts(&story, &editor);
        for (path, text) in &after {
            assert!(!text.contains("Mara"), "{}: {text}", path.display());
        }
        assert!(after[&brief].contains("protagonist: Nora Lind"));
        assert!(after[&brief].contains("{#early cast=\"Nora Lind, Ilse\"}"));
        assert!(after[&first].contains("Nora"));
        assert_eq!(changed(&mut editor), Vec::<Value>::new(), "{persona:?}");
        for path in std::iter::once(&brief).chain(&files(&story)) {
            editor.save(path);
        }
        assert_eq!(changed(&mut editor), Vec::<Value>::new(), "{persona:?}");
        rename(&mut editor, &brief, "Nora Lind", "Mara Voss").expect("edits");
        let back = texts(&story, &editor);
        assert_eq!(back[&brief], before[&brief], "{persona:?}");
        for path in files(&story) {
            // A state's own digest is that of its words.
            assert_eq!(back[&path], before[&path], "{persona:?} {}", path.display());
        }
        assert_eq!(changed(&mut editor), Vec::<Value>::new(), "{persona:?}");
    }
}

#[test]
fn another_process_knows_the_renamed_text_as_well() {
    let (story, mut editor) = opened(Persona::VsCode);
    let brief = story.brief();
    rename(&mut editor, &brief, "Mara Voss", "Nora Lind").expect("edits");
    for path in std::iter::once(&brief).chain(&files(&story)) {
        editor.save(path);
    }
    editor.quit();
    let mut editor = Editor::start(Persona::Helix, &story);
    editor.open(&brief);
    assert_eq!(changed(&mut editor), Vec::<Value>::new());
    // An edit is still one, and a rule is still a reason.
    let text = read(&brief).replace("is never dark", "is never out");
    editor.rewrite(&brief, &text);
    assert_eq!(changed(&mut editor).len(), 4);
    let second = story.chunk(2);
    editor.open(&second);
    editor.type_at_end(&second, " Nora said no.");
    let edited = changed(&mut editor).into_iter();
    let edited: Vec<Value> = edited.filter(|chunk| chunk["edited"] == true).collect();
    assert_eq!(edited.len(), 1);
    assert_eq!(edited[0]["number"], 2);
}

#[test]
fn the_id_of_a_beat_is_renamed_with_its_chunk() {
    let (story, mut editor) = opened(Persona::VsCode);
    let (brief, second) = (story.brief(), story.chunk(2));
    rename(&mut editor, &brief, "early", "ilse-comes").expect("edits");
    assert!(editor.text(&brief).contains("{#ilse-comes cast="));
    assert!(editor.text(&second).contains("beat: ilse-comes\n"));
    assert_eq!(changed(&mut editor), Vec::<Value>::new());
    let status = editor.command("showStatus", json!([])).expect("a status");
    assert_eq!(status["chunks"][1]["beat"], "ilse-comes");
    assert_eq!(status["chunks"][1]["status"], "complete");
    for (new, why) in [
        ("boat", "another beat has the id `boat`"),
        ("Not An Id", "is no id of a beat"),
    ] {
        let refused = rename(&mut editor, &brief, "ilse-comes", new).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_name_that_somebody_has_is_refused_and_nothing_else_is_renamed() {
    let (story, mut editor) = opened(Persona::VsCode);
    let brief = story.brief();
    let before = texts(&story, &editor);
    let refused = rename(&mut editor, &brief, "Mara Voss", "Ilse").unwrap_err();
    assert!(refused.contains("Ilse has that name already"), "{refused}");
    let asked = place(&editor, &brief, "lighthouse");
    let prepared = editor.request("textDocument/prepareRename", asked);
    assert_eq!(prepared, Ok(Value::Null));
    assert_eq!(texts(&story, &editor), before);
}

#[test]
fn edits_are_shown_with_a_word_where_the_client_has_one() {
    let (story, mut editor) = opened(Persona::VsCode);
    let edit = rename(&mut editor, &story.brief(), "Mara Voss", "Nora Lind").expect("edits");
    let annotations = &edit["changeAnnotations"]["storywright/rename"];
    assert_eq!(annotations["label"], "Mara Voss is Nora Lind");
    let first = &edit["documentChanges"][0]["edits"][0];
    assert_eq!(first["annotationId"], "storywright/rename");
}
