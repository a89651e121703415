//! What a run leaves behind for whoever has to find out what went wrong: each failure by itself,
//! with its causes, what the server said and the text that there was by then.

use std::sync::Mutex;

use serde_json::json;

use crate::desk::Desk;
use crate::novel::{BRIEF, Novel, part_of};
use crate::protocols::PROVIDERS;
use crate::support::model_server::{ModelServer, Reply};

/// Answers the first requests for part 2 with these, and all else as it should be.
fn failing(faults: Vec<fn(Reply) -> Reply>) -> ModelServer {
    let novel = Novel::short();
    let faults = Mutex::new(faults.into_iter());
    ModelServer::start(move |request| {
        let answer = novel.answer(request);
        let fault = match part_of(&request.user()) {
            2 => faults.lock().ok().and_then(|mut faults| faults.next()),
            _ => None,
        };
        fault.map_or(answer.clone(), |fault| fault(answer))
    })
}

fn busy(_: Reply) -> Reply {
    Reply::error(503, json!({"error": {"message": "BUSY-MARK"}}))
        .header("retry-after", "0")
        .header("x-request-id", "req-7")
}

fn broken(answer: Reply) -> Reply {
    answer.close_after(60)
}

fn refused(_: Reply) -> Reply {
    Reply::error(403, json!({"error": {"message": "NO-MARK"}})).header("x-request-id", "req-9")
}

#[test]
fn every_failure_has_a_record_of_its_own() {
    let begins: String = Novel::short().part(2).chars().take(60).collect();
    for provider in PROVIDERS {
        let server = failing(vec![busy, broken, refused]);
        let desk = Desk::with(BRIEF);
        desk.write(provider, &server, &["--json"]).exits(1);
        let run = format!("{}/runs/run-001-draft", desk.session());
        let records = desk.files(&format!("{run}/errors"));
        let names: Vec<&str> = records
            .iter()
            .filter_map(|(file, _)| file.rsplit('/').next())
            .collect();
        assert_eq!(
            names,
            [
                "chunk-02-attempt-1.md",
                "chunk-02-attempt-2.md",
                "chunk-02.md"
            ],
            "{provider}"
        );
        let holds: [(&str, &[&str], bool); 3] = [
            (
                "# Attempt 1 at chunk 2 failed\n",
                &["BUSY-MARK", "- HTTP status: 503\n", "x-request-id: req-7"],
                false,
            ),
            (
                "# Attempt 2 at chunk 2 failed\n",
                &["- Cause: ", "It was tried again"],
                true,
            ),
            (
                "# Chunk 2 failed\n",
                &["NO-MARK", "- HTTP status: 403\n", "x-request-id: req-9"],
                true,
            ),
        ];
        for ((_, text), (title, parts, has_text)) in records.iter().zip(holds) {
            assert!(text.starts_with(title), "{provider}: {text}");
            for part in parts {
                assert!(text.contains(part), "{provider}: {part}\n{text}");
            }
            assert_eq!(text.contains(&begins), has_text, "{provider}: {text}");
        }
        let summary = desk.read(&format!("{run}/summary.md"));
        for part in [
            "- Asked for: ",
            "- Tokens: ",
            "NO-MARK",
            "the same command goes on",
        ] {
            assert!(summary.contains(part), "{provider}: {part}\n{summary}");
        }
    }
}
