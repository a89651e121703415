//! Follows places in a text through edits that nobody reported one by one. Pure.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation as _;

use super::edit::{common_prefix, common_suffix};

/// Stretches of more words than this are taken for one change.
const COMPARED: usize = 8_000;

/// Holds the stretches in which two texts differ, in order: in bytes of the old one and of the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moves {
    changes: Vec<(Range<usize>, Range<usize>)>,
}

/// Says where a place is in the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    Untouched(usize),
    /// A change reaches the place; this is behind what it put there.
    Touched(usize),
}

impl Moves {
    /// Compares two texts. Last line ends, which clients add and take away, count as one.
    pub fn between(old: &str, new: &str) -> Moves {
        let (old, new) = (&one_last_line_end(old), &one_last_line_end(new));
        let start = common_prefix(old, new);
        let tail = common_suffix(&old[start..], &new[start..]);
        let (before, after) = (&old[start..old.len() - tail], &new[start..new.len() - tail]);
        let mut changes = Vec::new();
        let whole = (start..old.len() - tail, start..new.len() - tail);
        let tokens = |text| str::split_word_bounds(text).collect::<Vec<&str>>();
        let (before, after) = (tokens(before), tokens(after));
        if old == new {
            return Moves { changes };
        }
        if before.is_empty() || after.is_empty() || before.len() + after.len() > COMPARED {
            changes.push(whole);
            return Moves { changes };
        }
        let ends = |tokens: &[&str]| {
            let mut at = start;
            let ends = tokens.iter().map(|token| {
                at += token.len();
                at
            });
            std::iter::once(start).chain(ends).collect::<Vec<usize>>()
        };
        let (old_ends, new_ends) = (ends(&before), ends(&after));
        for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (from, to) = (op.old_range(), op.new_range());
            let from = old_ends[from.start]..old_ends[from.end];
            let to = new_ends[to.start]..new_ends[to.end];
            changes.push(narrowed(old, new, from, to));
        }
        Moves { changes }
    }

    /// Counts how much differs, in bytes that went and came.
    pub fn distance(&self) -> usize {
        let lengths = self.changes.iter().map(|(old, new)| old.len() + new.len());
        lengths.sum()
    }

    /// Finds where a place of the old text is in the new one.
    pub fn follow(&self, offset: usize) -> Followed {
        let mut place = offset;
        for (old, new) in &self.changes {
            if old.start > offset {
                break;
            }
            if old.end >= offset {
                return Followed::Touched(new.end);
            }
            place = new.end + (offset - old.end);
        }
        Followed::Untouched(place)
    }

    /// Finds where a stretch of the old text is in the new one; `None` where a change reaches into it. What is put
    /// before its first or behind its last character is outside.
    pub fn follow_range(&self, range: Range<usize>) -> Option<Range<usize>> {
        let mut start = range.start;
        for (old, new) in &self.changes {
            if old.start >= range.end {
                break;
            }
            if old.end > range.start {
                return None;
            }
            start = new.end + (range.start - old.end);
        }
        Some(start..start + range.len())
    }

    /// Tells whether something was put in at a place of the old text.
    pub fn puts_at(&self, offset: usize) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|(old, new)| old.start <= offset && offset <= old.end && !new.is_empty())
    }

    /// Finds where the new text ends before the old one, of `length` bytes, does: the place in the old
    /// text, and in the new one.
    pub fn breaks_off(&self, length: usize) -> Option<(usize, usize)> {
        let (old, new) = self.changes.last()?;
        (new.is_empty() && old.end >= length).then_some((old.start, new.start))
    }
}

/// Narrows a change to leave out what both of its sides begin and end with.
fn narrowed(
    old: &str,
    new: &str,
    from: Range<usize>,
    to: Range<usize>,
) -> (Range<usize>, Range<usize>) {
    let (before, after) = (&old[from.clone()], &new[to.clone()]);
    let start = common_prefix(before, after);
    let tail = common_suffix(&before[start..], &after[start..]);
    (
        from.start + start..from.end - tail,
        to.start + start..to.end - tail,
    )
}

fn one_last_line_end(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_followed_unless_a_change_reaches_into_it() {
        let old = "One came. Two went. Three stayed.\n";
        let start = old.find("Two").unwrap();
        let range = start..start + "Two went.".len();
        for (new, expected) in [
            (old.to_owned(), Some("Two went.")),
            (old.replace("One", "Someone"), Some("Two went.")),
            (old.replace("One came. ", ""), Some("Two went.")),
            (old.replace("Three", "Four"), Some("Two went.")),
            (old.replace("Two", "All Two"), Some("Two went.")),
            (old.replace("went. ", "went. So, "), Some("Two went.")),
            (old.replace("went", "wxent"), None),
            (old.replace("Two went. ", ""), None),
            (old.replace("came. Two", "came, two"), None),
        ] {
            let followed = Moves::between(old, &new).follow_range(range.clone());
            assert_eq!(followed.map(|range| &new[range]), expected, "{new:?}");
        }
        let put = Moves::between(old, &old.replace("went.", "went!!."));
        assert!(put.puts_at(old.find(". Three").unwrap()));
        assert!(!put.puts_at(start));
    }

    #[test]
    fn a_place_is_followed_through_several_changes() {
        let old = "The lamp went out. It rained.\nMine.\n";
        let at = old.find("\nMine").unwrap();
        let rows = [
            (old.to_owned(), Followed::Untouched(at)),
            (
                old.replace("The", "An old").replace("Mine", "Mine too"),
                Followed::Untouched(at + 3),
            ),
            (
                old.replace("rained", "rainxed"),
                Followed::Untouched(at + 1),
            ),
            (
                old.replace("rained.", "rained. And"),
                Followed::Touched(at + 4),
            ),
            (old.replace(" It rained.", ""), Followed::Touched(18)),
            (old.replace("\nMine", "\nxMine"), Followed::Untouched(at)),
            (old.trim_end().to_owned(), Followed::Untouched(at)),
        ];
        for (new, followed) in rows {
            assert_eq!(Moves::between(old, &new).follow(at), followed, "{new:?}");
        }
    }
}
