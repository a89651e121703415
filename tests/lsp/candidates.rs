//! Candidates of a chunk in the editor: written, compared and taken by code actions.

use serde_json::json;

use crate::lsp_client::{Persona, uri};
use crate::pages::shown_page;
use crate::written;

#[test]
fn a_chunk_gets_candidates_and_one_is_taken_by_code_actions() {
    for persona in Persona::EDITORS {
        let (story, mut editor) = written(persona);
        let brief = story.brief();
        let place = "## Ilse Comes Early";
        let before = story.prose(2);
        let job = editor.run_action(&brief, place, "write 3 candidates of chunk 2");
        editor.wait_for_end(job.as_str().expect("a job"));
        assert_eq!(story.prose(2), before, "{persona:?}");
        let titles: Vec<String> = editor
            .actions_at(&brief, place)
            .into_iter()
            .map(|it| it.0)
            .collect();
        for number in 1..=3 {
            let title = format!("take candidate {number} of chunk 2");
            assert!(
                titles.iter().any(|it| it.contains(&title)),
                "{persona:?}: {titles:?}"
            );
        }
        let found = editor.run_action(&brief, place, "compare the candidates of chunk 2");
        assert_eq!(found["candidates"].as_array().expect("candidates").len(), 3);
        let (_, page) = shown_page(&mut editor, "story-chunk_02-candidates.md");
        assert!(page.contains("## Candidate 3"), "{page}");
        let file = found["candidates"][1]["file"].as_str().expect("a file");
        let text = std::fs::read_to_string(story.root().join(file)).expect("a candidate");
        let text = text
            .split("---\n")
            .last()
            .expect("its prose")
            .trim()
            .to_owned();
        editor.run_action(&brief, place, "take candidate 2 of chunk 2");
        assert_eq!(story.prose(2).trim(), text, "{persona:?}");
        let history = story.history();
        assert!(
            history.iter().any(|it| it.contains(before.trim())),
            "{persona:?}"
        );
        let titles = editor.actions_at(&brief, place);
        assert!(
            !titles.iter().any(|it| it.0.contains("candidate 1")),
            "{titles:?}"
        );
    }
}

/// A command that names no candidate has the author choose, and takes none where there is none.
#[test]
fn the_author_chooses_where_no_candidate_is_named() {
    let (story, mut editor) = written(Persona::VsCode);
    let target = json!({"uri": uri(&story.brief()), "chunk": 2});
    let told = editor
        .command("takeCandidate", json!([target]))
        .unwrap_err();
    assert!(told.contains("has no candidates"), "{told}");
    let job = editor.start_job("writeCandidates", json!([target]));
    editor.wait_for_end(&job);
    let before = story.prose(2);
    editor.choices.push("3: ".to_owned());
    let found = editor.command("takeCandidate", json!([target])).unwrap();
    assert_eq!(found["candidates"].as_array().unwrap().len(), 3);
    editor.wait("the third one", |_| {
        (story.prose(2) != before).then_some(())
    });
    let wrong = json!({"uri": uri(&story.brief()), "chunk": 2, "candidate": 0});
    let told = editor.command("takeCandidate", json!([wrong])).unwrap_err();
    assert!(
        told.contains("`candidate` expects a number from 1"),
        "{told}"
    );
}
