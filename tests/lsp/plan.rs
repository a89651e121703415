//! An outline that is planned into an open brief.

use serde_json::json;

use crate::lsp_client::{Editor, Outcome, Persona, Setup, Workspace, read, uri};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};

const KEY: &str = "sk-test-key";

/// A brief without beats, for four parts.
const BRIEF: &str = "---\ntitle: The Lamp Keeper\nlanguage: en\ntarget_words: 1200\nchunk_words: 300\n---\n\
    # Premise\nA door in the sea wall.\n\n# Cast\n## Mara Voss\naka: Mara\nShe keeps it.\n\n# Notes\nMine.\n";

const NAMES: [&str; 4] = ["Lantern", "Rope", "Ledger", "Boat"];

fn beats(names: &[&str]) -> String {
    let beat = |name: &&str| {
        format!(
            "## The {name}\n\nMara finds the {name} and hides it.\n\nEnter: Nobody has the {name}.\nExit: Mara keeps the {name}.\n\n"
        )
    };
    names.iter().map(beat).collect()
}

/// A brief of which two beats of four are planned; the model stands at the gate.
struct Half {
    editor: Editor,
    story: Workspace,
    gate: Gate,
    job: String,
    // Gone last.
    _server: ModelServer,
}

impl Half {
    fn planned(persona: Persona) -> Half {
        let gate = Gate::new();
        let held = gate.clone();
        let words = words_with_spaces(&beats(&NAMES[..2])).len();
        let server =
            ModelServer::start(move |_| Reply::text(beats(&NAMES)).stall_after(words + 2, &held));
        let story = Workspace::with_text(BRIEF);
        story.model_server(&server.base_url);
        let mut editor = Setup::new(persona).key(KEY).start(&story);
        editor.open(&story.brief());
        let job = editor.start_job("plan", json!([]));
        let brief = story.brief();
        editor.wait("two beats", |editor| {
            editor
                .text(&brief)
                .contains("Exit: Mara keeps the Rope.")
                .then_some(())
        });
        Half {
            editor,
            story,
            gate,
            job,
            _server: server,
        }
    }

    fn finish(&mut self) -> (u64, String) {
        self.gate.open();
        self.editor.wait_for_end(&self.job)
    }

    fn text(&self) -> &str {
        self.editor.text(&self.story.brief())
    }

    /// What the records have, whatever became of the brief.
    fn kept(&self) -> String {
        let files = self.story.files().into_iter();
        let kept = files.filter(|(path, _)| {
            path.ends_with("artifacts") || path.to_string_lossy().contains("artifacts")
        });
        kept.map(|(_, text)| text).collect()
    }
}

fn headings(text: &str) -> Vec<&str> {
    let (_, outline) = text.split_once("# Outline").unwrap_or_default();
    outline
        .lines()
        .filter(|line| line.starts_with("##"))
        .collect()
}

#[test]
fn an_open_brief_grows_while_its_author_types_elsewhere() {
    for persona in Persona::EDITORS {
        let mut half = Half::planned(persona);
        let brief = half.story.brief();
        assert_eq!(
            read(&brief),
            BRIEF,
            "{persona:?}: written behind the editor's back"
        );
        half.editor.type_before(&brief, "A door in", "Mine: ");
        // Nothing is written of an outline that is still growing.
        let refused = half.editor.command("write", json!([])).unwrap_err();
        assert!(refused.contains("is being planned"), "{refused}");
        let (kind, end) = half.finish();
        assert_eq!(kind, 3, "{persona:?}: {end}");
        assert!(
            end.contains("4 beats were planned, and are in story.md, which is not saved yet"),
            "{end}"
        );
        let text = half.text().to_owned();
        assert!(text.contains("Mine: A door in the sea wall."), "{text}");
        assert_eq!(
            headings(&text),
            [
                "## The Lantern {#the-lantern}",
                "## The Rope {#the-rope}",
                "## The Ledger {#the-ledger}",
                "## The Boat {#the-boat}"
            ]
        );
        assert!(text.trim_end().ends_with("# Notes\nMine."), "{text}");
        assert!(
            half.editor
                .edits(&brief)
                .iter()
                .all(|edit| edit.version.is_some())
        );
        let applied = half
            .editor
            .edits(&brief)
            .into_iter()
            .filter(|edit| edit.outcome == Outcome::Applied);
        assert_eq!(applied.count(), 4, "{persona:?}: an edit a beat");
        assert_eq!(read(&brief), BRIEF);
        assert!(
            half.kept().contains("## The Boat"),
            "what was paid for is on disk"
        );
        let progress = half.editor.progress(&half.job);
        assert_eq!(progress.last().unwrap()["kind"], "end");
        half.editor.save(&brief);
        let status = half.editor.command("showStatus", json!([])).unwrap();
        assert_eq!(status["chunks"].as_array().map(Vec::len), Some(4));
    }
}

#[test]
fn an_edit_at_the_place_stops_it_there() {
    for persona in Persona::EDITORS {
        let mut half = Half::planned(persona);
        let brief = half.story.brief();
        half.editor
            .type_before(&brief, "Mara keeps the Rope.", "At dawn ");
        half.editor.tell(&brief);
        let (kind, end) = half.finish();
        assert_eq!(kind, 1, "{persona:?}: {end}");
        assert!(
            end.contains("was changed at the place") && end.contains("2 beats are missing"),
            "{end}"
        );
        assert!(
            half.text().contains("Exit: At dawn Mara keeps the Rope."),
            "{}",
            half.text()
        );
        assert_eq!(headings(half.text()).len(), 2);
        assert!(
            half.kept().contains("## The Ledger"),
            "the beat that came is kept"
        );
    }
}

#[test]
fn it_is_cancelled_and_gone_on_with() {
    let mut half = Half::planned(Persona::Neovim);
    let cancelled = half.editor.command("cancel", json!([])).unwrap();
    assert_eq!(cancelled, json!([half.job]));
    let (kind, end) = half.editor.wait_for_end(&half.job);
    assert_eq!(kind, 3, "{end}");
    assert!(end.contains("cancelled: 2 beats were planned"), "{end}");
    half.gate.open();
    let job = half.editor.start_job("plan", json!([]));
    half.editor.wait_for_end(&job);
    assert_eq!(headings(half.text()).len(), 4, "{}", half.text());
}

#[test]
fn a_closed_brief_is_planned_on_disk() {
    let story = Workspace::with_text(BRIEF);
    let mut editor = Editor::start(Persona::Helix, &story);
    let job = editor.start_job("plan", json!([uri(&story.brief())]));
    let (kind, end) = editor.wait_for_end(&job);
    assert_eq!(kind, 3, "{end}");
    assert!(
        end.contains("by the demo writer, without a model, and are in story.md."),
        "{end}"
    );
    assert_eq!(headings(&read(&story.brief())).len(), 4);
    // Then there is nothing to plan.
    editor.start_job("plan", json!([uri(&story.brief())]));
    editor.wait("the message", |editor| {
        let mut shown = editor.shown().into_iter();
        shown
            .any(|(kind, text)| kind == 3 && text.contains("nothing to plan"))
            .then_some(())
    });
}

#[test]
fn it_is_offered_where_beats_are_missing() {
    let titles = |editor: &mut Editor, story: &Workspace, place: &str| -> Vec<String> {
        let actions = editor.actions_at(&story.brief(), place);
        let plans = actions
            .into_iter()
            .filter(|(_, command)| command["command"] == "storywright.plan");
        plans.map(|(title, _)| title).collect()
    };
    let some = BRIEF.replace("# Notes", "# Outline\n## One {#one}\nx\n\n# Notes");
    let enough = BRIEF
        .replace("1200", "300")
        .replace("# Notes", "# Outline\n## One {#one}\nx\n\n# Notes");
    let (all, fill) = (
        "Storywright: plan the outline (4 beats)",
        "Storywright: plan what is missing in the outline (3 beats)",
    );
    for (brief, place, expected) in [
        (BRIEF, "A door", Some(all)),
        (&some, "## One", Some(fill)),
        (&some, "A door", None),
        (&enough, "## One", None),
    ] {
        let story = Workspace::with_text(brief);
        let mut editor = Editor::start(Persona::VsCode, &story);
        editor.open(&story.brief());
        let found = titles(&mut editor, &story, place);
        assert_eq!(found, Vec::from_iter(expected), "{place}");
    }
    // As the quick fix of what is wrong.
    let story = Workspace::with_text(BRIEF);
    let mut editor = Editor::start(Persona::VsCode, &story);
    editor.open(&story.brief());
    let problems = editor.looked_at(&story.brief());
    let missing: Vec<_> = problems
        .into_iter()
        .filter(|it| it["code"] == "no-outline")
        .collect();
    assert_eq!(missing.len(), 1);
    let context = json!({"diagnostics": missing, "only": ["quickfix"]});
    let actions = editor.code_actions(&story.brief(), 0..0, context);
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!(
        (&actions[0]["title"], &actions[0]["kind"]),
        (&json!(all), &json!("quickfix"))
    );
    editor.run_action(&story.brief(), "A door", "plan the outline");
    let brief = story.brief();
    editor.wait("the last beat", |editor| {
        (headings(editor.text(&brief)).len() == 4).then_some(())
    });
}
