//! Decides whether a space belongs between two pieces of text where white space may have been lost. Scripts
//! and punctuation tell most of it; for what languages do differently (`« oui »`, `—¿Quién?`, `— Кто?`), the
//! text before is the example to follow.

use crate::story::text::scripts::takes_no_space;

/// Tells whether a space belongs between `kept` and `fresh`. Neither has white space where they meet.
pub(crate) fn needs_space(kept: &str, fresh: &str) -> bool {
    let (Some(before), Some(after)) = (kept.chars().next_back(), fresh.chars().next()) else {
        return false;
    };
    if takes_no_space(before) || takes_no_space(after) {
        return false;
    }
    match Role::at_end(kept, before) {
        Role::Dialogue => practice_after(kept, before).unwrap_or_else(|| {
            after.is_alphanumeric() && kept.chars().any(|c| ('\u{0400}'..='\u{052F}').contains(&c))
        }),
        Role::Opening => practice_after(kept, before).unwrap_or(false),
        Role::Joining => false,
        Role::Closing | Role::Other => match Role::at_start(kept, after) {
            Role::Closing if matches!(after, '"' | '\'' | '“' | '”' | '’') => false,
            // Spaced from what it encloses as its partner is.
            Role::Closing if after == '»' => kept
                .rsplit_once('«')
                .is_some_and(|(_, quoted)| quoted.starts_with(char::is_whitespace)),
            Role::Closing => practice_before(kept, after).unwrap_or(false),
            Role::Opening => true,
            Role::Dialogue => practice_before(kept, after).unwrap_or(true),
            Role::Joining => false,
            Role::Other => after.is_alphanumeric() && !is_decimal(kept, after),
        },
    }
}

/// Tells whether white space between them means anything: some scripts have none, others have it between
/// phrases.
pub(crate) fn takes_space(kept: &str, fresh: &str) -> bool {
    let meets = [kept.chars().next_back(), fresh.chars().next()];
    let never = |c: char| takes_no_space(c) && c >= '\u{3000}';
    !meets.into_iter().flatten().any(never)
}

/// The role of a character where two texts meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Belongs to what comes after it.
    Opening,
    /// Belongs to what comes before it.
    Closing,
    /// A dash that begins speech, or an aside.
    Dialogue,
    /// Stands between two words without a space.
    Joining,
    Other,
}

impl Role {
    /// Returns the role of the last character of a text.
    fn at_end(kept: &str, last: char) -> Role {
        let head = &kept[..kept.len() - last.len_utf8()];
        let before = head.chars().next_back();
        let stands_free = before.is_none_or(|c| c.is_whitespace() || opens(c));
        match last {
            '—' | '–' | '-' if stands_free && follows_a_word(head) => Role::Other,
            '—' | '–' | '-' if stands_free => Role::Dialogue,
            '—' | '–' | '-' => Role::Joining,
            '’' | '\'' if before.is_some_and(char::is_alphabetic) && !in_single_quotes(head) => {
                Role::Joining
            }
            _ if opens(last) => Role::Opening,
            '»' if is_open(head, '«', '»') => Role::Closing,
            '"' if is_odd(head, '"') => Role::Closing,
            _ if is_quote(last) && stands_free => Role::Opening,
            _ if is_quote(last) => match last {
                // After a dash or a bracket of its own kind either may stand.
                '“' if !is_open(head, '„', '“') => Role::Opening,
                '«' if !is_open(head, '»', '«') => Role::Opening,
                _ => Role::Closing,
            },
            _ => Role::Other,
        }
    }

    /// Returns the role of the first character of what follows a text.
    fn at_start(kept: &str, first: char) -> Role {
        match first {
            '—' | '–' => Role::Dialogue,
            '-' => Role::Joining,
            '“' if is_open(kept, '„', '“') => Role::Closing,
            '«' if is_open(kept, '»', '«') => Role::Closing,
            '»' if !is_open(kept, '«', '»') => Role::Opening,
            '”' if !is_open(kept, '“', '”') && !is_odd(kept, '”') && !is_open(kept, '„', '”') => {
                Role::Opening
            }
            '"' if !is_odd(kept, '"') => Role::Opening,
            '“' | '«' | '‘' | '‚' | '„' => Role::Opening,
            _ if opens(first) => Role::Opening,
            _ if is_quote(first) => Role::Closing,
            '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '…' | '·' | '।' | '،' | '؛'
            | '؟' => Role::Closing,
            _ => Role::Other,
        }
    }
}

fn opens(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '¿' | '¡' | '‘' | '‚' | '„' | '‹')
}

fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '’' | '«' | '»' | '›' | '"' | '\'')
}

/// Tells whether a text before white space ends within a sentence: a dash after it is an aside.
fn follows_a_word(head: &str) -> bool {
    let end = head.trim_end();
    let is_same_line = !head[end.len()..].contains('\n');
    is_same_line && end.chars().next_back().is_some_and(char::is_alphanumeric)
}

fn paragraph(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// Tells whether the last of two marks in the paragraph is the opening one.
fn is_open(text: &str, opening: char, closing: char) -> bool {
    let mut marks = paragraph(text).chars().rev();
    marks.find(|c| *c == opening || *c == closing) == Some(opening)
}

fn is_odd(text: &str, mark: char) -> bool {
    paragraph(text).chars().filter(|c| *c == mark).count() % 2 == 1
}

fn in_single_quotes(text: &str) -> bool {
    is_open(text, '‘', '’') || text.chars().rev().any(|c| c == '\'') && is_odd(text, '\'')
}

fn is_decimal(kept: &str, after: char) -> bool {
    let mut end = kept.chars().rev();
    let (mark, digit) = (end.next(), end.next());
    after.is_ascii_digit()
        && matches!(mark, Some('.' | ','))
        && digit.is_some_and(|c| c.is_ascii_digit())
}

/// Tells whether the text has a space after this mark, where it had it before in the same place.
fn practice_after(kept: &str, mark: char) -> Option<bool> {
    let head = &kept[..kept.len() - mark.len_utf8()];
    let stands_free = |at: usize| {
        let before = head[..at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || opens(c)) && !follows_a_word(&head[..at])
    };
    let (at, _) = head.rmatch_indices(mark).find(|(at, _)| stands_free(*at))?;
    let next = head[at + mark.len_utf8()..].chars().next()?;
    Some(next.is_whitespace())
}

/// Tells whether the text has a space before this mark, where it had it before.
fn practice_before(kept: &str, mark: char) -> Option<bool> {
    let (at, _) = kept.rmatch_indices(mark).next()?;
    let before = kept[..at].chars().next_back()?;
    // At the beginning of a line nobody can tell.
    (before != '\n').then(|| before.is_whitespace())
}
