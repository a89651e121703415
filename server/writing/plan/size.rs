//! Computes how many beats are missing, and where they belong unless the model says so. Pure.

use crate::story::{Brief, beat_count};
use crate::writing::contract;

/// Most beats of an outline that is planned.
pub const MOST_BEATS: u32 = 1_000;

/// How many beats an outline has, and how many it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub there: u32,
    pub wanted: u32,
}

impl Count {
    /// Counts the beats of an outline for `target_words` in parts of `chunk_words`, or of `beats` in all.
    /// `None` where neither is known.
    ///
    /// Beats that have a length of their own take their share of the target; what is left of it
    /// is for the others.
    pub fn of(
        brief: &Brief,
        target_words: Option<u32>,
        chunk_words: u32,
        beats: Option<u32>,
    ) -> Option<Count> {
        let there = u32::try_from(brief.beats.len()).unwrap_or(u32::MAX);
        if let Some(wanted) = beats {
            return Some(Count { there, wanted });
        }
        let target = target_words?;
        let chunk_words = chunk_words.max(1);
        let fixed = brief.beats.iter().filter_map(|beat| beat.words);
        let (mut own, mut with_own) = (0_u32, 0_u32);
        for words in fixed {
            own = own.saturating_add(words);
            with_own += 1;
        }
        let left = target.saturating_sub(own);
        // Less than half a part is no part, but where it is all there is.
        let free = match left.saturating_mul(2) < chunk_words && there > 0 {
            true => 0,
            false => beat_count(left, chunk_words),
        };
        let wanted = with_own.saturating_add(free).min(MOST_BEATS);
        Some(Count { there, wanted })
    }

    pub fn missing(self) -> u32 {
        self.wanted.saturating_sub(self.there)
    }
}

/// Returns behind which beat (by index; `None`: before the first) each of so many new ones belongs, where the
/// model does not say: evenly in between those beats where the one does not take up the state that the other
/// left, else at the end.
pub fn spread(brief: &Brief, count: u32) -> Vec<Option<usize>> {
    let last = brief.beats.len().checked_sub(1);
    let pairs = brief.beats.windows(2).enumerate();
    let open: Vec<usize> = pairs
        .filter(|(_, pair)| !contract::carries(&pair[0], &pair[1], &brief.cast))
        .map(|(at, _)| at)
        .collect();
    let count = count as usize;
    (0..count)
        .map(|nth| match open.len() {
            0 => last,
            gaps => Some(open[nth * gaps / count]),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(beats: &[&str]) -> Brief {
        let beats: Vec<String> = beats
            .iter()
            .enumerate()
            .map(|(nth, beat)| format!("## B{nth} {beat}\n"))
            .collect();
        let text = format!("# Cast\n## Mara Voss\nx\n# Outline\n{}", beats.concat());
        Brief::parse(&text)
    }

    #[test]
    fn beats_are_counted_by_words() {
        // beats that are there, target, chunk, asked for, wanted
        type Row = (
            &'static [&'static str],
            Option<u32>,
            u32,
            Option<u32>,
            Option<u32>,
        );
        let rows: &[Row] = &[
            (&[], Some(16_500), 1_500, None, Some(11)),
            (&["", "", ""], Some(16_500), 1_500, None, Some(11)),
            (&["{words=3000}", ""], Some(16_500), 1_500, None, Some(10)),
            (&["{words=16000}"], Some(16_500), 1_500, None, Some(1)),
            (&["{words=15000}"], Some(16_500), 1_500, None, Some(2)),
            (&["{words=9000}"], Some(6_000), 1_500, None, Some(1)),
            (&[], Some(100), 1_500, None, Some(1)),
            (&[""], Some(100), 1_500, None, Some(0)),
            (&["", ""], Some(1_500), 1_500, None, Some(1)),
            (&[], None, 1_500, None, None),
            (&[""], None, 1_500, Some(7), Some(7)),
            (&[""], Some(16_500), 1_500, Some(4), Some(4)),
            (&[], Some(u32::MAX), 1, None, Some(MOST_BEATS)),
        ];
        for (beats, target, chunk, asked, wanted) in rows {
            let count = Count::of(&brief(beats), *target, *chunk, *asked);
            assert_eq!(
                count.map(|count| count.wanted),
                *wanted,
                "{beats:?} {target:?}"
            );
            assert!(count.is_none_or(|count| count.there as usize == beats.len()));
        }
    }

    #[test]
    fn beats_belong_where_something_is_missing() {
        let chained = "\nx\nEnter: the door jams\nExit: the door jams";
        let apart = "\nx\nEnter: Mara sleeps\nExit: Mara wakes";
        for (beats, count, expected) in [
            (vec![], 2, vec![None, None]),
            (vec![""], 2, vec![Some(0), Some(0)]),
            (
                vec!["", "", ""],
                4,
                vec![Some(0), Some(0), Some(1), Some(1)],
            ),
            (vec![chained, chained, chained], 2, vec![Some(2), Some(2)]),
            // A name alone says nothing.
            (
                vec![chained, chained, apart, apart],
                2,
                vec![Some(1), Some(2)],
            ),
        ] {
            assert_eq!(spread(&brief(&beats), count), expected, "{beats:?}");
        }
    }
}
