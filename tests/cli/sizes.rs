//! Long stories: every chunk is near its share, and none is a stump.

use serde_json::Value;

use crate::desk::{Desk, fixture};
use crate::support::model_server::ModelServer;

/// As the predecessor could not do it: near its target, and never under half of it.
fn sizes_are_even(desk: &Desk, brief: &str, chunks: usize, words: u64) {
    let status = desk.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["target_words"], words, "{brief}");
    let list = status["chunks"].as_array().expect("chunks");
    assert_eq!(list.len(), chunks, "{brief}");
    let mut total = 0;
    for chunk in list {
        let length = desk.chunk(chunk["number"].as_u64().expect("a number") as u32);
        // As an author counts, by white space, and as the status says.
        let counted = length.words() as f64;
        let (said, share) = (number(chunk, "words"), number(chunk, "target_words"));
        assert_eq!(chunk["status"], "complete", "{brief} {chunk}");
        assert!((said - share).abs() <= share * 0.1, "{brief} {chunk}");
        assert!(
            (counted - share).abs() <= share * 0.1,
            "{brief} {chunk}: {counted}"
        );
        total += length.words() as u64;
    }
    assert!(total.abs_diff(words) <= words / 10, "{brief}: {total}");
    let full = desk.read(&format!("{}/full_story.md", desk.session()));
    assert!(full.split_whitespace().count() as u64 >= total, "{brief}");
}

fn number(chunk: &Value, field: &str) -> f64 {
    chunk[field].as_f64().expect("a number")
}

/// Brief, chunks and words. A beat of the first has its own length.
const STORIES: [(&str, usize, u64); 2] = [("lamp-keeper", 8, 12_000), ("predecessor", 11, 16_700)];

#[test]
fn the_demo_writer_keeps_to_the_sizes() {
    for (brief, chunks, words) in STORIES {
        let desk = Desk::with(&fixture(brief));
        desk.run(&["write", "--provider", "demo"]).exits(0);
        sizes_are_even(&desk, brief, chunks, words);
    }
}

#[test]
fn a_model_that_does_as_it_is_asked_keeps_to_the_sizes() {
    for (brief, chunks, words) in STORIES {
        let server = ModelServer::author();
        let desk = Desk::with(&fixture(brief));
        desk.write("openai", &server, &[]).exits(0);
        sizes_are_even(&desk, brief, chunks, words);
        assert_eq!(server.completions().len(), chunks, "{brief}");
    }
}
