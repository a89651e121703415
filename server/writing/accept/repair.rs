//! Takes out of an answer what is no prose, before the rest is judged.

use super::check::Cut;
use super::cutting::Repair;
use super::yardstick::Acceptance;
use super::{closing, copies, echo, marks, metadata, opening, web, wrapper};

/// More rounds than any real answer needs; one wrapping in another takes a round each.
const MOST_ROUNDS: usize = 8;

/// An answer after repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repaired {
    pub text: String,
    /// The cuts in the order in which they were made.
    pub cuts: Vec<Cut>,
    /// Whether the repair did not end: then it is no answer.
    pub hopeless: bool,
}

/// Repairs `text`, an answer that continues `before`. Repairing what comes out changes nothing any more.
/// Takes time in proportion to the text.
pub(crate) fn repair(acceptance: &Acceptance<'_>, before: &str, text: &str) -> Repaired {
    let mut repair = Repair {
        acceptance,
        before,
        text: text.to_owned(),
        cuts: Vec::new(),
        changed: true,
    };
    for _ in 0..MOST_ROUNDS {
        repair.changed = false;
        round(&mut repair);
        if !repair.changed {
            break;
        }
    }
    Repaired {
        text: repair.text,
        cuts: repair.cuts,
        hopeless: repair.changed,
    }
}

fn round(repair: &mut Repair<'_>) {
    marks::encoding(repair);
    marks::controls(repair);
    marks::reasoning(repair);
    marks::tokens(repair);
    web::strip(repair);
    metadata::strip(repair);
    wrapper::unwrap(repair);
    opening::strip_all(repair);
    closing::strip_all(repair);
    echo::strip(repair);
    copies::strip(repair);
    if repair.before.trim().is_empty() && repair.text.starts_with(char::is_whitespace) {
        // Nothing is in front that white space would part it from.
        let text = repair.text.trim_start().to_owned();
        repair.replace(None, String::new(), text);
    }
}
