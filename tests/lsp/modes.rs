//! A story in one call, seen from an editor in which its chunks are open.

use serde_json::json;

use crate::lsp_client::{Persona, Setup, Workspace, prose_of, uri};
use crate::support::model_server::{Gate, ModelServer, Reply, words_with_spaces};
use crate::support::prose::prose;

const PARTS: u64 = 4;

fn part(number: u64) -> String {
    prose(150, 20 + number)
}

#[test]
fn a_story_in_one_call_streams_into_its_chunks() {
    for persona in Persona::EDITORS {
        let gate = Gate::new();
        let story: String = (1..=PARTS)
            .map(|number| format!("=== PART {number} ===\n\n{}\n\n", part(number)))
            .collect();
        let words = words_with_spaces(&story);
        // In the middle of part 2.
        let half = words.len() * 3 / 8;
        let server = ModelServer::start({
            let gate = gate.clone();
            move |_| Reply::fragments(words.clone()).stall_after(half, &gate)
        });
        let workspace = Workspace::with_brief("short");
        workspace.configure(&format!(
            "provider = \"openai\"\nmodel = \"scripted\"\nbase_url = \"{}\"\nmode = \"single\"\n",
            server.base_url
        ));
        let mut editor = Setup::new(persona).key("sk-test-key").start(&workspace);
        let chunks = [1, 2].map(|number| workspace.chunk(number));
        chunks.iter().for_each(|chunk| editor.open(chunk));
        let job = editor.start_job("write", json!([uri(&workspace.brief())]));
        let begun: Vec<String> = part(2).split(' ').take(50).map(str::to_owned).collect();
        editor.wait("half of part 2", |editor| {
            let shown = editor.text(&chunks[1]);
            shown.contains(&begun.join(" ")).then_some(())
        });
        // Part 1 is whole, and shown so, while the call goes on.
        editor.wait("part 1", |editor| {
            let shown = editor.text(&chunks[0]);
            shown.contains("status: complete").then_some(())
        });
        assert_eq!(
            prose_of(editor.text(&chunks[0])).trim(),
            part(1),
            "{persona:?}"
        );
        gate.open();
        let (kind, end) = editor.wait_for_end(&job);
        assert_eq!(kind, 3, "{persona:?}: {end}");
        for number in 1..=PARTS {
            let prose = match number {
                1 | 2 => prose_of(editor.text(&chunks[number as usize - 1])).to_owned(),
                _ => workspace.prose(number as usize),
            };
            assert_eq!(prose.trim(), part(number), "{persona:?}: {number}");
        }
        assert_eq!(server.completions().len(), 1, "{persona:?}");
        // As with a call a beat: it grows, and never beyond the whole.
        let told = editor.progress(&job);
        let percents: Vec<u64> = told
            .iter()
            .filter_map(|value| value["percentage"].as_u64())
            .collect();
        assert!(percents.is_sorted(), "{persona:?}: {percents:?}");
        assert!(percents.len() > 2, "{persona:?}: {percents:?}");
        assert_eq!(editor.quit(), 0);
    }
}
