//! Writes the list of the beats that a prompt shows.
//!
//! Bounded, however many beats there are: up to some sixty are listed one by one, in one block that all
//! prompts share. Beyond that the shared block has a line for each chapter, and a second one lists the beats
//! near the beat at hand; that one is the same for all beats of a chapter. Where the outline has no chapters,
//! or very long ones, runs of beats take their place. Runs are counted from the beginning, so that beats that
//! are appended leave all earlier lines as they are.

use std::ops::Range;

use crate::story::{Beat, Brief};

/// Most beats that are listed one by one.
const MOST_LISTED: usize = 60;
/// Beats of a run, and the fewest beats that are listed on either side of the chapter at hand.
const RUN: usize = 10;
/// A chapter of more beats is told in runs.
const LONGEST_CHAPTER: usize = 2 * RUN;
/// Most lines of the shared block: beyond, a line is for several chapters or runs. What an author calls a chapter
/// tells more than where a run begins.
const MOST_LINES_OF_CHAPTERS: usize = 80;
const MOST_LINES_OF_RUNS: usize = 40;

/// The list of the beats of a story.
#[derive(Debug)]
pub(crate) struct Outline {
    /// The block that all prompts share.
    pub text: String,
    /// The chapters or runs, as ranges of beats; empty where the shared block lists all beats.
    stretches: Vec<Range<usize>>,
}

impl Outline {
    pub(crate) fn of(brief: &Brief) -> Outline {
        if brief.beats.len() <= MOST_LISTED {
            let all = listed(brief, 0..brief.beats.len());
            return Outline {
                text: format!("# The whole story, part by part{all}"),
                stretches: Vec::new(),
            };
        }
        let stretches = stretches(&brief.beats);
        let mut text = String::from("# The whole story, in outline");
        let most = match brief.beats.iter().any(|beat| beat.chapter.is_some()) {
            true => MOST_LINES_OF_CHAPTERS,
            false => MOST_LINES_OF_RUNS,
        };
        for line in stretches.chunks(stretches_a_line(stretches.len(), most)) {
            let parts = line[0].start..line[line.len() - 1].end;
            text.push_str(&format!("\n{}", spanned(brief, parts)));
        }
        Outline { text, stretches }
    }

    /// Returns the block of the beats near a beat: those of its chapter and of the ones before and after;
    /// `None` where the shared block lists all.
    pub(crate) fn nearby(&self, brief: &Brief, beat: usize) -> Option<String> {
        let at = self.stretches.partition_point(|it| it.end <= beat);
        let own = self.stretches.get(at)?;
        let mut near = own.clone();
        for before in self.stretches[..at].iter().rev() {
            if own.start - near.start >= RUN {
                break;
            }
            near.start = before.start;
        }
        for after in &self.stretches[at + 1..] {
            if near.end - own.end >= RUN {
                break;
            }
            near.end = after.end;
        }
        Some(format!(
            "# The parts around this one{}",
            listed(brief, near)
        ))
    }
}

/// Lists beats one by one, each on a line of its own, under the titles of their chapters.
fn listed(brief: &Brief, beats: Range<usize>) -> String {
    let mut text = String::new();
    let mut chapter = None;
    for index in beats {
        let beat = &brief.beats[index];
        if beat.chapter != chapter {
            chapter.clone_from(&beat.chapter);
            if let Some(chapter) = &chapter {
                text.push_str(&format!("\n{chapter}"));
            }
        }
        text.push_str(&format!("\n{}. {}", index + 1, beat.title));
    }
    text
}

/// Cuts an outline into chapters, and into runs where there is none or a long one.
fn stretches(beats: &[Beat]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    for chapter in beats.chunk_by(|a, b| a.chapter == b.chapter) {
        let end = start + chapter.len();
        if chapter[0].chapter.is_some() && chapter.len() <= LONGEST_CHAPTER {
            stretches.push(start..end);
        } else {
            let starts = (start..end).step_by(RUN);
            stretches.extend(starts.map(|start| start..end.min(start + RUN)));
        }
        start = end;
    }
    stretches
}

/// Returns how many stretches share a line: a power of two, so that it rarely changes while a story grows.
fn stretches_a_line(stretches: usize, most: usize) -> usize {
    stretches.div_ceil(most).next_power_of_two()
}

/// Writes the line of a range of beats: the title of the chapter that it is, or what it begins and ends with.
fn spanned(brief: &Brief, beats: Range<usize>) -> String {
    let (first, last) = (&brief.beats[beats.start], &brief.beats[beats.end - 1]);
    let is_chapter = |at: usize| {
        let beside = brief.beats.get(at);
        beside.is_none_or(|beside| beside.chapter != first.chapter)
    };
    let is_whole = beats.start.checked_sub(1).is_none_or(is_chapter) && is_chapter(beats.end);
    let what = match (&first.chapter, &last.chapter) {
        (Some(from), Some(to)) if from == to && is_whole => from.clone(),
        (Some(from), Some(to)) if from == to => {
            format!("{from}: {} … {}", first.title, last.title)
        }
        (Some(from), Some(to)) => format!("{from} … {to}"),
        _ if beats.len() == 1 => first.title.clone(),
        _ => format!("{} … {}", first.title, last.title),
    };
    match beats.len() {
        1 => format!("{}. {what}", beats.end),
        _ => format!("{}–{}. {what}", beats.start + 1, beats.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A brief of so many beats, with a chapter before each beat that is a multiple of `chapter` from 0.
    fn brief(beats: usize, chapter: Option<usize>) -> Brief {
        let mut text = String::from("---\ntitle: T\nlanguage: en\n---\n# Outline\n");
        for beat in 0..beats {
            match chapter {
                Some(chapter) => {
                    if beat % chapter == 0 {
                        text.push_str(&format!("## Chapter {}\n", beat / chapter + 1));
                    }
                    text.push_str(&format!("### Beat {}\nIt happens.\n", beat + 1));
                }
                None => text.push_str(&format!("## Beat {}\nIt happens.\n", beat + 1)),
            }
        }
        let brief = Brief::parse(&text);
        assert_eq!(brief.beats.len(), beats);
        brief
    }

    fn lines(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn a_short_outline_is_listed_beat_by_beat() {
        for chapter in [None, Some(7)] {
            let brief = brief(MOST_LISTED, chapter);
            let outline = Outline::of(&brief);
            assert!(
                outline
                    .text
                    .starts_with("# The whole story, part by part\n")
            );
            assert!(outline.text.ends_with("\n60. Beat 60"));
            assert_eq!(outline.nearby(&brief, 30), None);
        }
    }

    #[test]
    fn a_long_outline_has_a_line_a_chapter_and_the_beats_nearby() {
        let brief = brief(96, Some(12));
        let outline = Outline::of(&brief);
        let all = lines(&outline.text);
        assert_eq!(all.len(), 9);
        assert_eq!(
            all[..3],
            [
                "# The whole story, in outline",
                "1–12. Chapter 1",
                "13–24. Chapter 2"
            ]
        );
        let near = outline.nearby(&brief, 12).unwrap();
        let near = lines(&near);
        assert_eq!(
            near[..3],
            ["# The parts around this one", "Chapter 1", "1. Beat 1"]
        );
        assert_eq!(near.last(), Some(&"36. Beat 36"));
        assert_eq!(near.len(), 1 + 3 + 36);
        // The same for every beat of a chapter.
        for beat in 12..24 {
            assert_eq!(lines(&outline.nearby(&brief, beat).unwrap()), near);
        }
        assert_ne!(lines(&outline.nearby(&brief, 24).unwrap()), near);
    }

    #[test]
    fn runs_take_the_place_of_chapters_that_are_not_there_or_long() {
        let plain = Outline::of(&brief(65, None));
        let all = lines(&plain.text);
        assert_eq!(
            all[1..3],
            ["1–10. Beat 1 … Beat 10", "11–20. Beat 11 … Beat 20"]
        );
        assert_eq!(all.last(), Some(&"61–65. Beat 61 … Beat 65"));
        let long = Outline::of(&brief(66, Some(33)));
        let all = lines(&long.text);
        assert_eq!(all[1], "1–10. Chapter 1: Beat 1 … Beat 10");
        assert_eq!(all[4], "31–33. Chapter 1: Beat 31 … Beat 33");
        assert_eq!(all[5], "34–43. Chapter 2: Beat 34 … Beat 43");
    }

    #[test]
    fn tiny_chapters_have_enough_beats_beside_them() {
        let brief = brief(90, Some(1));
        let outline = Outline::of(&brief);
        let near = outline.nearby(&brief, 44).unwrap();
        let beats = lines(&near).into_iter().filter(|it| it.contains(". Beat"));
        let beats: Vec<&str> = beats.collect();
        assert_eq!(beats.first(), Some(&"35. Beat 35"));
        assert_eq!(beats.last(), Some(&"55. Beat 55"));
        // Ninety chapters are more than there are lines for.
        assert_eq!(lines(&outline.text)[1], "1–2. Chapter 1 … Chapter 2");
    }

    #[test]
    fn appended_beats_leave_the_earlier_lines_alone() {
        let (short, long) = (brief(300, None), brief(321, None));
        let (before, after) = (Outline::of(&short), Outline::of(&long));
        assert!(after.text.starts_with(&before.text));
        for beat in 0..290 {
            assert_eq!(before.nearby(&short, beat), after.nearby(&long, beat));
        }
    }

    #[test]
    fn it_stays_bounded_however_many_beats_there_are() {
        for (beats, chapter) in [
            (670, None),
            (2_000, Some(3)),
            (20_000, None),
            (5_000, Some(700)),
        ] {
            let brief = brief(beats, chapter);
            let outline = Outline::of(&brief);
            assert!(outline.text.lines().count() <= MOST_LINES_OF_CHAPTERS + 1);
            for beat in [0, beats / 2, beats - 1] {
                let near = outline.nearby(&brief, beat).unwrap();
                assert!(near.contains(&format!("\n{}. ", beat + 1)));
                let most = 2 * (RUN + LONGEST_CHAPTER) + LONGEST_CHAPTER;
                assert!(near.matches(". Beat").count() <= most);
            }
        }
    }
}
