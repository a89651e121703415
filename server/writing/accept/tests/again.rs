//! A continuation that begins again from the start.

use super::super::{Acceptance, Answer, Check, Judgement, Told, Verdict};
use super::{BRIEF, STOP};
use crate::story::{Brief, words};
use crate::writing::prompt::Templates;

/// Talk in short paragraphs, no two of them the same.
fn talk(lines: usize) -> String {
    const WHAT: [&str; 7] = ["lamp", "boat", "key", "stair", "boot", "log", "swell"];
    const WHO: [&str; 5] = ["Ilse", "Hale", "Mara", "the boy", "the clerk"];
    const HOW: [&str; 11] = [
        "quietly",
        "at last",
        "again",
        "from the door",
        "in the dark",
        "without a smile",
        "at once",
        "to the wall",
        "slowly",
        "with care",
        "after a while",
    ];
    let line = |n: usize| {
        format!(
            "“Where did you leave the {}, and who saw it?” said {} {}.",
            WHAT[n % 7],
            WHO[n % 5],
            HOW[n % 11]
        )
    };
    let lines: Vec<String> = (0..lines).map(line).collect();
    lines.join("\n\n")
}

const REFRAIN: &str = "“Light the lamp, light the lamp, the boats are coming home in the dark, and \
                       nobody knows the rock but you and me, nobody but you and me, my love,” sang Hale.";
const END: &str = "She put the key on the table and went down to the slab. The boat was there. Nobody sat \
                   in it, and the oars were dry, and on the thwart lay the left boot, filled with salt.";

/// Judges `fresh`, which goes on behind `before`.
fn judged(before: &str, fresh: &str, author: usize) -> Judgement {
    let brief = Brief::parse(BRIEF);
    let longest = if before.len() > fresh.len() {
        before
    } else {
        fresh
    };
    let target = words::count(longest, &brief.language) * 3 / 4;
    let acceptance = Acceptance::new(
        &brief,
        1,
        target,
        &[],
        &Templates::default(),
        Told::default(),
    );
    let prose = format!("{before}\n\n{fresh}");
    acceptance.judge(&Answer {
        prose: &prose,
        author,
        judged: before.len(),
        end: &STOP,
        continued: 1,
        gained: words::count(fresh, &brief.language),
    })
}

#[test]
fn talk_that_begins_again_is_cut_and_the_real_end_stays() {
    let before = talk(60);
    for author in [0, before.len()] {
        let judgement = judged(&before, &format!("{before}\n\n{END}"), author);
        assert_eq!(judgement.verdict, Verdict::Accept);
        assert_eq!(judgement.prose, format!("{before}\n\n{END}"));
        assert_eq!(judgement.cuts[0].check, Check::CopiedText);
    }
}

#[test]
fn a_continuation_that_only_begins_again_brings_nothing() {
    let before = talk(60);
    let judgement = judged(&before, &talk(40), 0);
    assert_eq!(judgement.prose.trim_end(), before);
}

#[test]
fn an_answer_that_begins_again_within_itself_is_cut_where_it_does() {
    let once = talk(40);
    let judgement = judged("It was late.", &format!("{once}\n\n{once}\n\n{END}"), 0);
    assert_eq!(judgement.prose, format!("It was late.\n\n{once}\n\n{END}"));
}

#[test]
fn a_refrain_behind_the_copy_stays() {
    let talk = talk(60);
    let before = format!("{REFRAIN}\n\n{talk}");
    let fresh = format!("{talk}\n\n{REFRAIN}\n\n{END}");
    let judgement = judged(&before, &fresh, 0);
    assert_eq!(judgement.prose, format!("{before}\n\n{REFRAIN}\n\n{END}"));
    // And without a copy.
    let judgement = judged(&before, &format!("{REFRAIN}\n\n{END}"), 0);
    assert_eq!(judgement.prose, format!("{before}\n\n{REFRAIN}\n\n{END}"));
}
