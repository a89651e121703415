//! Spreads the words that chunks lack, or have too much, over those that are still to be written.

/// The length of a chunk, in words (characters for CJK).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub target: u32,
    /// The length of a complete chunk.
    pub written: Option<u32>,
    /// Whether the author set the length, so that it stays.
    pub fixed: bool,
}

/// The share of its target within which a chunk is as long as asked: nothing is shared out for it.
const AS_ASKED: f64 = 0.2;
/// The share by which a target may change at most, so that a story keeps its proportions.
const MOST_MOVED: f64 = 0.1;

/// Returns the new targets after the lengths that were written; complete and fixed chunks keep theirs.
///
/// Where every chunk came out about as long as asked, nothing moves, so that the same story
/// sends the same prompts.
pub fn replan(sizes: &[Size]) -> Vec<u32> {
    let owed: f64 = sizes
        .iter()
        .filter_map(|size| {
            let missing = f64::from(size.target) - f64::from(size.written?);
            (missing.abs() > f64::from(size.target) * AS_ASKED).then_some(missing)
        })
        .sum();
    let open = |size: &Size| size.written.is_none() && !size.fixed;
    let room: f64 = sizes
        .iter()
        .filter(|size| open(size))
        .map(|size| f64::from(size.target))
        .sum();
    let share = if room > 0.0 {
        (owed / room).clamp(-MOST_MOVED, MOST_MOVED)
    } else {
        0.0
    };
    sizes
        .iter()
        .map(|size| {
            if open(size) {
                // At most a tenth more than a u32, rounded; a cast saturates.
                ((f64::from(size.target) * (1.0 + share)).round() as u32).max(1)
            } else {
                size.target
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(sizes: &[(u32, Option<u32>)]) -> Vec<u32> {
        let sizes: Vec<Size> = sizes
            .iter()
            .map(|(target, written)| Size {
                target: *target,
                written: *written,
                fixed: false,
            })
            .collect();
        replan(&sizes)
    }

    #[test]
    fn what_is_missing_is_shared_out_in_measure() {
        for (sizes, expected) in [
            // As asked, nearly: nothing moves.
            (vec![(1500, Some(1400)), (1500, None)], vec![1500, 1500]),
            (vec![(1500, Some(1210)), (1500, None)], vec![1500, 1500]),
            // 600 missing, shared among six.
            (
                [vec![(1500, Some(900))], vec![(1500, None); 6]].concat(),
                [vec![1500], vec![1600; 6]].concat(),
            ),
            // Never more than a tenth.
            (vec![(1500, Some(700)), (1500, None)], vec![1500, 1650]),
            (vec![(1500, Some(4000)), (1500, None)], vec![1500, 1350]),
            // What one has too much, another may lack.
            (
                vec![(1000, Some(700)), (1000, Some(1300)), (1000, None)],
                vec![1000, 1000, 1000],
            ),
            (vec![(1000, Some(10))], vec![1000]),
            (vec![(0, Some(9)), (0, None)], vec![0, 1]),
            (vec![], vec![]),
        ] {
            assert_eq!(planned(&sizes), expected, "{sizes:?}");
        }
    }

    #[test]
    fn what_the_author_set_stays() {
        let size = |fixed, written| Size {
            target: 1000,
            written,
            fixed,
        };
        let sizes = [size(false, Some(500)), size(true, None), size(false, None)];
        assert_eq!(replan(&sizes), [1000, 1000, 1100]);
    }
}
