//! Projects that nobody here wrote: those that novelWriter ships, in both of its layouts.

use serde_json::{Value, json};

use super::{files, imported};
use crate::desk::Desk;
use crate::support::tools;

#[test]
fn the_samples_of_novelwriter_keep_their_chapters_scenes_and_words() {
    for (version, words, people, scenes) in [
        (
            "2.6",
            873,
            2,
            [
                ("My Novel", 48),
                ("Part One", 3),
                ("Interlude", 101),
                ("We Found John!", 34),
            ],
        ),
        (
            "26.2.2",
            1088,
            4,
            [
                ("My Novel", 173),
                ("Part One", 14),
                ("Interlude", 101),
                ("We Found John!", 34),
            ],
        ),
    ] {
        let sample = tools::novelwriter_sample(version);
        let before = files(&sample);
        let desk = Desk::new();
        let report = imported(&desk, sample.to_str().expect("a path"), &[]);
        let found = ["chapters", "beats", "words", "people", "background"].map(|it| &report[it]);
        let expected = [5, 10, words, people, 3].map(Value::from);
        assert_eq!(found.map(Value::clone), expected, "{version}: {report}");
        let status = desk.run(&["status", "--json"]).exits(0).json();
        let chunks = status["chunks"].as_array().expect("chunks");
        for (title, words) in scenes {
            let chunk = chunks.iter().find(|chunk| chunk["title"] == title);
            let chunk = chunk.unwrap_or_else(|| panic!("{version}: no {title}"));
            let origin = (&chunk["words"], &chunk["origin"]);
            assert_eq!(
                origin,
                (&json!(words), &json!("imported")),
                "{version}: {title}"
            );
        }
        desk.run(&["check"]).exits(0);
        // A second novel of the project is said to be left out, and the project stays as it is.
        let notice = report["notices"][0].as_str().unwrap_or_default();
        assert!(notice.contains("several novels"), "{report}");
        assert_eq!(files(&sample), before, "{version}");
        let again = imported(&desk, sample.to_str().expect("a path"), &[]);
        assert_eq!(again["merged"]["unchanged"], 10, "{version}: {again}");
    }
}
