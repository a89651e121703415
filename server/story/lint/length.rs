//! `length`: a chunk that is far shorter or longer than it was meant to be.
//!
//! Below half and above one and a half times the target a warning, below four fifths and
//! above one and a quarter information: the bounds by which drafts are accepted. A chunk without a
//! target is not judged, one without prose always.

use super::finding::{Finding, Remark};
use super::story::Story;

const CODE: &str = "length";

pub(super) fn check(story: &Story<'_>, findings: &mut Vec<Finding>) {
    let unit = story.brief.language.unit();
    for chunk in &story.chunks {
        let (length, target) = (chunk.facts.length, chunk.target_words);
        if length == 0 {
            let message = "This chunk has no prose.";
            findings.push(Remark::warning(chunk.head(), CODE, message).in_chunk(chunk.number));
            continue;
        }
        if target == 0 {
            continue;
        }
        let share = f64::from(length) / f64::from(target);
        let (side, serious) = match share {
            s if s < 0.5 => ("short", true),
            s if s < 0.8 => ("short", false),
            s if s > 1.5 => ("long", true),
            s if s > 1.25 => ("long", false),
            _ => continue,
        };
        let message = format!(
            "This chunk is {side}: {length} {unit} of {target}, {:.0} % of its share.",
            share * 100.0,
        );
        let remark = match serious {
            true => Remark::warning(chunk.head(), CODE, message),
            false => Remark::information(chunk.head(), CODE, message),
        };
        findings.push(remark.in_chunk(chunk.number));
    }
}
