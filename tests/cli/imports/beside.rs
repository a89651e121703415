//! Character cards and lorebooks beside a brief that is there: they are added to it, and nothing of it changes.

use super::{files, imported};
use crate::desk::Desk;

const BRIEF: &str = "---\ntitle: The Lamp\nlanguage: en\n---\n# Premise\nMine.\n\n# Cast\n## Ilse\nMine too.\n\n# Outline\n## One\nx\n\n\
    # Notes\nMine alone.\n";
const CARD: &str = r#"{"spec": "chara_card_v2", "data": {"name": "Mara", "description": "{{char}} keeps the lamp.", "first_mes": "Hello.",
    "character_book": {"entries": [{"keys": ["lamp"], "content": "It may not go out.", "enabled": true, "name": "The Lamp"}]}}}"#;

#[test]
fn a_card_joins_the_brief_that_is_there() {
    let desk = Desk::with(BRIEF);
    desk.put("mara.json", CARD);
    let before = files(&desk.folder());
    let report = imported(&desk, "mara.json", &["--dry-run"]);
    assert_eq!(report["added"]["cast"], serde_json::json!(["Mara"]));
    assert_eq!(files(&desk.folder()), before);

    let ended = desk.run(&["import", "mara.json"]).exits(0);
    assert!(
        ended
            .stdout
            .contains("Mara to the cast; The Lamp as background"),
        "{ended:?}"
    );
    let text = desk.read("story.md");
    assert!(crate::plan::is_inside(BRIEF, &text), "{text}");
    for part in [
        "## Ilse\nMine too.\n\n## Mara\n\nMara keeps the lamp.\n\n# The Lamp\n\naka: lamp\nIt may not go out.\n\n# Outline\n## One",
        "# Notes\nMine alone.\n\n## First message (Mara)\n\nHello.\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    desk.run(&["check"]).exits(0);

    // Again, and with other words: what is there stays, and that is said.
    desk.put(
        "story.md",
        &text.replace("Mara keeps the lamp.", "She is mine."),
    );
    let report = imported(&desk, "mara.json", &[]);
    assert_eq!(report["added"]["cast"], serde_json::json!([]));
    assert!(
        report["notices"][0]
            .as_str()
            .unwrap()
            .contains("kept as you have it: Mara, The Lamp"),
        "{report}"
    );
    assert!(desk.read("story.md").contains("She is mine."));
    assert!(!desk.exists("mara.story.md"));
}

#[test]
fn of_several_briefs_the_one_that_is_named_is_added_to() {
    let desk = Desk::with(BRIEF);
    desk.put("other.story.md", BRIEF);
    desk.put("mara.json", CARD);
    imported(&desk, "mara.json", &["--into", "other.story.md"]);
    assert!(desk.read("other.story.md").contains("## Mara"));
    assert_eq!(desk.read("story.md"), BRIEF);
    desk.run(&["import", "mara.json", "--into", "none.story.md"])
        .exits(2);

    // A brief that would be read otherwise stays as it is.
    let broken = BRIEF.replace("Mine too.", "```\nno end");
    desk.put("other.story.md", &broken);
    let ended = desk
        .run(&["import", "mara.json", "--into", "other.story.md"])
        .exits(1);
    assert!(ended.stderr.contains("Nothing was imported"), "{ended:?}");
    assert_eq!(desk.read("other.story.md"), broken);
}
