//! Recognises what answers hold besides prose: a model that speaks of itself or its work, and lists of what
//! it was given.
//!
//! The one judgement of it, for acceptance and for the lint. Pure. So narrow that prose does
//! not meet it; what is merely suspicious is the lint's own.

mod pack;

#[cfg(test)]
mod tests;

pub use pack::{PACKS, Packs};

use std::ops::Range;

/// The position of a paragraph in its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    First,
    Middle,
    Last,
}

/// The possible narrators of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrator {
    Person,
    /// Machines may speak of themselves in it.
    Machine,
}

/// The subject of a paragraph that is not about the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// The model itself: what it is, what it is ready to do.
    OfItself,
    /// The work: what was rewritten, what follows, how long it is.
    OfTheWork,
    /// A list of what the model was given: the cast, the details of the story.
    Form,
}

/// Longer is no offer of help, in characters.
const MOST_OFFERED: usize = 600;
/// Longer is no report on the work, in characters: a narrator may be a writer.
const MOST_REPORTED: usize = 220;

/// Judges one paragraph of a text, whose bytes are `paragraph`; `None` for prose.
pub fn judge(
    text: &str,
    paragraph: Range<usize>,
    place: Place,
    narrator: Narrator,
) -> Option<Talk> {
    let source = text.get(paragraph.clone())?.trim();
    if is_spoken(source) {
        return None;
    }
    let words = bare(source);
    if narrator == Narrator::Person && PACKS.meta.is_match(words) {
        return Some(Talk::OfItself);
    }
    let edge = place != Place::Middle;
    if offers(words) && (edge || narrator == Narrator::Person) {
        return Some(Talk::OfItself);
    }
    if reports(words) && (edge || words.ends_with([':', '：'])) {
        return Some(Talk::OfTheWork);
    }
    let first_line = bare(source.lines().next().unwrap_or_default());
    let announces = match place {
        Place::First => PACKS.preamble.is_match(first_line),
        Place::Last => is_afterword(source),
        Place::Middle => false,
    };
    if announces {
        return Some(Talk::OfTheWork);
    }
    form(text, paragraph.start).map(|_| Talk::Form)
}

/// Tells whether a text begins with an offer of help, and is not much else.
fn offers(words: &str) -> bool {
    words.chars().nth(MOST_OFFERED).is_none() && PACKS.offer.is_match(words)
}

/// Tells whether a text begins with what was done to the work, and is not much else.
fn reports(words: &str) -> bool {
    words.chars().nth(MOST_REPORTED).is_none() && PACKS.report.is_match(words)
}

/// Tells whether a last paragraph or line is about the work.
pub fn is_afterword(piece: &str) -> bool {
    let inside = bare(piece);
    let bracketed =
        piece.starts_with(['[', '(', '（', '【']) && piece.ends_with([']', ')', '）', '】']);
    PACKS.postamble.is_match(inside) || (bracketed && PACKS.bracketed.is_match(inside))
}

/// Finds where a list of what the model was given ends that begins at `start`, in bytes.
///
/// It has a line that names it (`Original story details:`, `Characters:`) and items below it;
/// such a line alone, with a colon, counts for details, but not for a cast.
pub fn form(text: &str, start: usize) -> Option<usize> {
    const LEAST_IN_CAST: usize = 2;
    let rest = text.get(start..)?;
    let first = rest.lines().next()?;
    let named = bare(first);
    let is_form = PACKS.form.is_match(named);
    let is_cast = PACKS.cast.is_match(named) && !is_play(text);
    if !is_form && !is_cast {
        return None;
    }
    let mut end = start + first.len();
    let mut items = 0;
    let mut at = end;
    for line in rest[first.len()..].split_inclusive('\n') {
        at += line.len();
        let bare_line = line.trim();
        if is_item(bare_line) {
            items += 1;
            end = at - (line.len() - line.trim_end().len());
        } else if !bare_line.is_empty() {
            break;
        }
    }
    let least = if is_form { 0 } else { LEAST_IN_CAST };
    (items >= least).then_some(end)
}

/// Tells whether a line is an item of a list: `- Mara: the keeper`, `* Word count: 500`, `**Ilse** – her
/// friend`, `Setting: a rock`.
fn is_item(line: &str) -> bool {
    const LONGEST_LABEL: usize = 32;
    let rest = line.trim_start_matches(['-', '*', '•', '+', '–', '—', ' ']);
    let marked = rest.len() < line.len() && !line.starts_with(['—', '–']);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = rest.starts_with(['.', ')']) && !line.starts_with(rest);
    let label = line
        .find([':', '：'])
        .map(|end| line[..end].chars().count());
    let labelled = label.is_some_and(|length| (1..=LONGEST_LABEL).contains(&length));
    marked || numbered || labelled
}

/// Tells whether a text is written as a play or for the screen, which may have a cast.
fn is_play(text: &str) -> bool {
    const LEAST: usize = 2;
    let heads = text.lines().filter(|line| {
        let line = line.trim().trim_matches(['*', '_']);
        let name = line.split([':', '(']).next().unwrap_or_default();
        let capitals = name.chars().any(char::is_uppercase)
            && !name.chars().any(char::is_lowercase)
            && name.chars().count() <= 60;
        (capitals && !line.starts_with('-'))
            || line.starts_with("INT. ")
            || line.starts_with("EXT. ")
    });
    heads.take(LEAST + 1).count() > LEAST
}

/// Tells whether a title covers several parts of an outline: `Parts 11–27`, `4–9`. Years are no such numbers.
pub fn is_span(title: &str) -> bool {
    const MOST: u32 = 1_000;
    let number = |part: &str| {
        let number = part.trim().parse::<u32>().ok();
        number.filter(|number| *number < MOST)
    };
    let title = bare(title);
    let parts = title.split_once(['-', '–', '—', '~', '〜', '～', '…']);
    PACKS.span.is_match(title)
        || parts.is_some_and(
            |(from, to)| matches!((number(from), number(to)), (Some(from), Some(to)) if from < to),
        )
}

/// Tells whether a text is a placeholder: it says that an outline continues, or has a place to be filled in.
pub fn stands_in(text: &str) -> bool {
    PACKS.stand_in.is_match(text) || PACKS.placeholder.is_match(text)
}

/// Tells whether a paragraph is speech or a quotation.
fn is_spoken(paragraph: &str) -> bool {
    paragraph.starts_with([
        '“', '"', '‘', '\'', '«', '»', '„', '「', '『', '>', '—', '–', '―',
    ])
}

/// Returns a line without the marks around it.
pub fn bare(line: &str) -> &str {
    line.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '*' | '_'
                    | '#'
                    | '~'
                    | '='
                    | '-'
                    | '–'
                    | '—'
                    | '―'
                    | '['
                    | ']'
                    | '('
                    | ')'
                    | '<'
                    | '>'
                    | '`'
                    | '|'
                    | '【'
                    | '】'
                    | '（'
                    | '）'
                    | '《'
                    | '》'
            )
    })
}
