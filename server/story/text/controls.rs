//! Shows characters that command a terminal or turn the direction of a line in visible form.

use std::borrow::Cow;

/// Escapes what is no text in a text that is shown to people: `\u{1b}` for an escape. Line ends and tabs stay.
pub fn shown(text: &str) -> Cow<'_, str> {
    let is_line_end = |at: usize| text[at..].starts_with("\r\n");
    let is_obeyed = |(at, c): (usize, char)| obeyed(c) && !is_line_end(at);
    if !text.char_indices().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        match is_obeyed((at, c)) {
            true => escaped.extend(c.escape_unicode()),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Tells whether a terminal or an editor does something at a character instead of showing it: C0 and C1 controls,
/// delete, and the marks and overrides of the bidirectional algorithm (UAX #9, section 2).
fn obeyed(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_and_text_stays() {
        for (text, expected) in [
            (
                "Mara’s lamp\n\tburns, 灯台 שלום 👩‍🚒",
                "Mara’s lamp\n\tburns, 灯台 שלום 👩‍🚒",
            ),
            ("one\r\ntwo", "one\r\ntwo"),
            ("over\rwritten\r\r\n", "over\\u{d}written\\u{d}\r\n"),
            ("\u{1b}]0;owned\u{7}", "\\u{1b}]0;owned\\u{7}"),
            ("\u{1b}[2J\u{8}\u{0}", "\\u{1b}[2J\\u{8}\\u{0}"),
            ("\u{9b}31m\u{7f}\u{85}", "\\u{9b}31m\\u{7f}\\u{85}"),
            (
                "a\u{202e}b\u{202c}\u{2066}\u{2069}",
                "a\\u{202e}b\\u{202c}\\u{2066}\\u{2069}",
            ),
            (
                "\u{200e}\u{200f}\u{61c}\u{200d}",
                "\\u{200e}\\u{200f}\\u{61c}\u{200d}",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
