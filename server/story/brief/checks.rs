//! Checks the parts of a brief against each other: lengths that can't work out, names that no character has.

use std::collections::HashMap;

use super::parts::{Brief, find_character};
use super::section_kind::SectionKind;
use super::sections::top_of;
use super::sizes::{LEAST_BEAT_WORDS, SizeDefaults, beat_count, own_and_free, plan_sizes};
use crate::story::text::numbers::grouped;
use crate::story::{Problem, Span};

/// The code of the problem that there are no beats to write.
pub const NO_OUTLINE: &str = "no-outline";

/// The codes of the problems that hang on `target_words`.
pub(crate) const TARGET_CODES: [&str; 3] =
    ["impossible-target", "words-do-not-add-up", "long-beats"];
/// The codes of all that [`size_problems`] finds.
pub(crate) const LENGTH_CODES: [&str; 4] = [
    "short-beat",
    TARGET_CODES[0],
    TARGET_CODES[1],
    TARGET_CODES[2],
];

/// Reports everything that needs the whole brief. `text` is its source.
pub(crate) fn check_brief(text: &str, brief: &Brief, defaults: SizeDefaults) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_title(text, brief, &mut problems);
    check_language(text, brief, &mut problems);
    check_outline(text, brief, &mut problems);
    check_names(brief, &mut problems);
    problems.extend(size_problems(brief, defaults));
    problems
}

fn check_title(text: &str, brief: &Brief, problems: &mut Vec<Problem>) {
    // Broken front matter has a problem of its own, and may well hold a title.
    let unreadable = brief
        .front_matter
        .as_ref()
        .is_some_and(|front_matter| !front_matter.complete);
    if !brief.has_title && !unreadable {
        problems.push(Problem::warning(
            top_of(text),
            "missing-title",
            "The story has no title. Write `title: …` between two --- lines at the top of the file.",
        ));
    }
}

/// Reports a brief in another script that says nothing of its language: it would be written, and
/// counted, in English.
fn check_language(text: &str, brief: &Brief, problems: &mut Vec<Problem>) {
    let said = brief.front_matter.as_ref().is_some_and(|front_matter| {
        !front_matter.complete || front_matter.entry("language").is_some()
    });
    if said {
        return;
    }
    let letters = brief
        .sections
        .iter()
        .flat_map(|section| section.text.chars())
        .filter(|c| c.is_alphabetic());
    let (mut latin, mut other) = (0usize, 0usize);
    for letter in letters {
        // Up to the end of Latin Extended-B, and Latin Extended Additional.
        if letter < '\u{250}' || ('\u{1e00}'..'\u{1f00}').contains(&letter) {
            latin += 1;
        } else {
            other += 1;
        }
    }
    if other > latin {
        problems.push(Problem::warning(
            top_of(text),
            "missing-language",
            "The brief does not say which language the story is in, so English is assumed. Set `language: …` in the front matter, such as ja or ar.",
        ));
    }
}

fn check_outline(text: &str, brief: &Brief, problems: &mut Vec<Problem>) {
    if !brief.beats.is_empty() {
        return;
    }
    let (span, message) = match brief.section(SectionKind::Outline) {
        Some(outline) => (
            outline.heading_span.clone(),
            "The outline has no beats yet, so there is nothing to write. Give each a heading with ## and say below it what happens, or let `plan` write them.",
        ),
        None => (
            top_of(text),
            "There is no outline, so there is nothing to write. Add a # Outline section with a ## heading for each beat, or let `plan` write it.",
        ),
    };
    problems.push(Problem::error(span, NO_OUTLINE, message));
}

fn check_names(brief: &Brief, problems: &mut Vec<Problem>) {
    let mut known: HashMap<&str, bool> = HashMap::new();
    for beat in &brief.beats {
        for (name, span) in beat.cast.iter().zip(&beat.cast_spans) {
            let is_known = *known
                .entry(name)
                .or_insert_with(|| find_character(&brief.cast, name).is_some());
            if !is_known {
                problems.push(Problem::warning(
                    span.clone(),
                    "unknown-character",
                    format!("Nobody in # Cast is called `{name}`. Add an entry or an aka: line, or mend the name."),
                ));
            }
        }
    }
    let Some(protagonist) = &brief.protagonist else {
        return;
    };
    if !brief.cast.is_empty() && find_character(&brief.cast, protagonist).is_none() {
        problems.push(Problem::warning(
            value_span(brief, "protagonist"),
            "unknown-protagonist",
            format!("The protagonist, `{protagonist}`, has no entry in # Cast. Add one, or mend the name."),
        ));
    }
}

/// Finds what is wrong with the lengths of a story and its beats; part of what
/// [`Brief::parse_with`] reports.
pub fn size_problems(brief: &Brief, defaults: SizeDefaults) -> Vec<Problem> {
    let mut problems = Vec::new();
    for beat in &brief.beats {
        if let (Some(words), Some(span)) = (beat.words, &beat.words_span)
            && words < LEAST_BEAT_WORDS
        {
            problems.push(Problem::warning(
                span.clone(),
                "short-beat",
                format!(
                    "A beat of {words} {} is too short for a scene. Give it {LEAST_BEAT_WORDS} at least, or join it with its neighbour.",
                    brief.language.unit()
                ),
            ));
        }
    }
    problems.extend(target_problem(brief, defaults));
    problems
}

fn target_problem(brief: &Brief, defaults: SizeDefaults) -> Option<Problem> {
    let target = brief.target_words.or(defaults.target_words)?;
    let unit = brief.language.unit();
    let span = value_span(brief, "target_words");
    if target < LEAST_BEAT_WORDS {
        return Some(Problem::error(
            span,
            "impossible-target",
            format!(
                "No story fits into {target} {unit}: a single beat needs {LEAST_BEAT_WORDS}. Raise `target_words`."
            ),
        ));
    }
    if brief.beats.is_empty() {
        return None;
    }
    let (own, free) = own_and_free(&brief.beats);
    let fixed = brief.beats.len() as u64 - free;
    let left = u64::from(target).saturating_sub(own);
    if free == 0 {
        return (own != u64::from(target)).then(|| {
            Problem::warning(
                span,
                "words-do-not-add-up",
                format!(
                    "The beats' own lengths add up to {} {unit}, and `target_words` is {}. The beats' lengths count; mend one or the other.",
                    grouped(own),
                    grouped(target)
                ),
            )
        });
    }
    if left < free * u64::from(LEAST_BEAT_WORDS) {
        return Some(Problem::error(
            span,
            "impossible-target",
            too_small(target, own, fixed, free, unit),
        ));
    }
    let chunk_words = brief.chunk_words.unwrap_or(defaults.chunk_words).max(1);
    let longest = plan_sizes(brief, defaults)
        .into_iter()
        .zip(&brief.beats)
        .filter(|(_, beat)| beat.words.is_none())
        .map(|(words, _)| words)
        .max()?;
    (u64::from(longest) > 3 * u64::from(chunk_words)).then(|| {
        let wanted = u64::from(beat_count(u32::try_from(left).unwrap_or(u32::MAX), chunk_words));
        Problem::warning(
            span,
            "long-beats",
            format!(
                "{} beat{} for {} {unit} make{} {} each, far more than a chunk of {}. About {} beats would fit; add some, or let `plan` fill the gaps.",
                grouped(free),
                plural(free),
                grouped(left),
                if free == 1 { "s" } else { "" },
                grouped(longest),
                grouped(chunk_words),
                grouped(wanted + fixed),
            ),
        )
    })
}

fn too_small(target: u32, own: u64, fixed: u64, free: u64, unit: &str) -> String {
    let needed = own + free * u64::from(LEAST_BEAT_WORDS);
    let target_shown = grouped(target);
    if own >= u64::from(target) {
        return format!(
            "{fixed} beat{} with words= take{} {} of {target_shown} {unit}, and nothing is left for the other {}. Raise `target_words` to {} at least, or lower words=.",
            plural(fixed),
            if fixed == 1 { "s" } else { "" },
            grouped(own),
            if free == 1 {
                "one".to_owned()
            } else {
                grouped(free)
            },
            grouped(needed),
        );
    }
    format!(
        "{} {unit} for {} beat{} make {} each, and a beat needs {LEAST_BEAT_WORDS}. Raise `target_words` to {} at least, or take out beats.",
        grouped(u64::from(target) - own),
        grouped(free),
        plural(free),
        (u64::from(target) - own) / free,
        grouped(needed),
    )
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Returns the span of a setting's value in the brief; of the first beat's heading, or the top, where it
/// comes from elsewhere.
fn value_span(brief: &Brief, key: &str) -> Span {
    let entry = brief
        .front_matter
        .as_ref()
        .and_then(|front_matter| front_matter.entry(key));
    entry
        .map(|entry| entry.value_span.clone())
        .or_else(|| brief.beats.first().map(|beat| beat.heading_span.clone()))
        .unwrap_or(0..0)
}
