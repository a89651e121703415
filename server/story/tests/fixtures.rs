//! The briefs in fixtures/: good ones have no problems at all.

use super::{listed, parse};

const GOOD: [(&str, &str); 1] = [(
    "lamp-keeper",
    include_str!("../../../fixtures/briefs/lamp-keeper/story.md"),
)];

#[test]
fn good_briefs_have_no_problems() {
    for (name, text) in GOOD {
        let brief = parse(text);
        assert_eq!(listed(text, &brief.problems), "", "{name}");
    }
}
