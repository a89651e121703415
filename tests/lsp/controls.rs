//! What editors render commands nothing: titles, beats and names are shown with their controls escaped.

use serde_json::{Value, json};

use crate::lsp_client::{Editor, Persona, Said, Workspace};

const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";

/// All texts of a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

#[test]
fn no_text_commands_an_editor() {
    let story = Workspace::with_brief("short");
    let brief = std::fs::read_to_string(story.brief()).unwrap();
    let outline = brief.find("# Outline").unwrap();
    let beat = outline + brief[outline..].find("\n## ").unwrap() + 4;
    let mut brief = brief;
    brief.insert_str(beat, HOSTILE);
    let title = r#"title: "\e]0;owned\a\x9b2J\u202e" #"#;
    let brief = brief.replacen("title: ", &format!("nonsense{HOSTILE}: 1\n{title}"), 1);
    std::fs::write(story.brief(), &brief).unwrap();
    story.demo(0);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let mut found = Vec::new();
    for action in editor.code_actions(&story.brief(), beat..beat, json!({"diagnostics": []})) {
        found.push(action["title"].as_str().unwrap().to_owned());
        found.push(
            action["command"]["title"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    let diagnostics = editor.looked_at(&story.brief());
    for diagnostic in &diagnostics {
        found.push(diagnostic["message"].as_str().unwrap().to_owned());
    }
    let refused = editor.command("writeChunk", json!([format!("chunk{HOSTILE}")]));
    found.extend(refused.err());
    if let Ok(job) = editor.command("write", json!([])) {
        editor.wait_for_end(job.as_str().unwrap());
    }
    for said in editor.said() {
        match said {
            Said::Log(text) | Said::Show(_, text) => found.push(text.clone()),
            Said::Progress(_, value) => texts(value, &mut found),
            Said::Diagnostics(..) => {}
        }
    }
    let is_obeyed = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
    let obeyed: Vec<&String> = found
        .iter()
        .filter(|text| text.contains(is_obeyed))
        .collect();
    assert!(obeyed.is_empty(), "{obeyed:?}");
    let shown = found
        .iter()
        .filter(|text| text.contains("\\u{1b}]0;owned\\u{7}\\u{9b}2J\\u{202e}"));
    assert!(shown.count() >= 3, "{found:#?}");
    assert_eq!(editor.quit(), 0);
}
