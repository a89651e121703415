//! Finds the spoken part of a paragraph: quotation marks and dashes of many languages.
//!
//! Character by character and without looking back. A quotation that is never closed ends
//! with its paragraph, as it does in print where speech goes on in the next one.

/// Follows quotation marks through one paragraph.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// The marks that end the quotation that is open.
    closers: Option<&'static [char]>,
    /// Inside speech that a dash began.
    dashed: bool,
    /// Whether all of this paragraph is said by somebody whom its first words name, as in a play.
    in_play: bool,
    /// Whether this paragraph began with a dash, so that each further one changes sides.
    by_dashes: bool,
    /// Whether its dashes are typed as hyphens: -No sé -dijo ella-. Quizá.
    by_hyphens: bool,
    /// The character before.
    before: Option<char>,
    /// The offset of the last mark that could end a ‘quotation’, in bytes of the paragraph.
    last_single_close: Option<usize>,
}

/// The effect of a character on quotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Opened,
    Closed,
    /// A dash between speech and narration.
    Dashed,
    Nothing,
}

impl Speech {
    pub(super) fn of(paragraph: &str) -> Speech {
        let start = paragraph.trim_start();
        // A list has no place in prose; two hyphens are a typed dash within English narration.
        let by_hyphens = start
            .strip_prefix('-')
            .is_some_and(|rest| !rest.starts_with('-'));
        Speech {
            by_dashes: by_hyphens || start.starts_with(is_dash),
            by_hyphens,
            in_play: is_line_of_a_play(start),
            last_single_close: paragraph
                .match_indices('’')
                .map(|(index, mark)| (index, &paragraph[index + mark.len()..]))
                .filter(|(_, after)| !after.starts_with(char::is_alphabetic))
                .map(|(index, _)| index)
                .next_back(),
            ..Speech::default()
        }
    }

    pub(super) fn is_spoken(&self) -> bool {
        self.closers.is_some() || self.dashed || self.in_play
    }

    /// Reads `c`, the character at byte `index` of the paragraph, before `next`.
    pub(super) fn read(&mut self, c: char, index: usize, next: Option<char>) -> Turn {
        let before = self.before.replace(c);
        if let Some(closers) = self.closers {
            let closes = closers.contains(&c)
                && (c != '’' || closers.len() > 1 || !next.is_some_and(char::is_alphabetic));
            if closes {
                self.closers = None;
                return Turn::Closed;
            }
            return Turn::Nothing;
        }
        let opened: &'static [char] = match c {
            '“' => &['”', '‟'],
            '„' => &['“', '”'],
            // Swedish and Finnish open and close with the same mark.
            '”' => &['”'],
            '"' => &['"'],
            '«' => &['»'],
            // German and Danish turn them round.
            '»' => &['«', '»'],
            '「' => &['」'],
            '『' => &['』'],
            '＂' => &['＂'],
            '‘' if self.last_single_close > Some(index) => &['’'],
            _ => {
                let within_word = before.is_some_and(char::is_alphanumeric)
                    && next.is_some_and(char::is_alphanumeric);
                let typed = self.by_hyphens && c == '-' && !within_word;
                if self.by_dashes && (is_dash(c) || typed) {
                    self.dashed = !self.dashed;
                    return Turn::Dashed;
                }
                return Turn::Nothing;
            }
        };
        self.closers = Some(opened);
        Turn::Opened
    }
}

/// Tells whether a paragraph is a line of a play: "FIRST SAILOR. Oh, boys!"
fn is_line_of_a_play(paragraph: &str) -> bool {
    let Some((speaker, line)) = paragraph.split_once(['.', ':']) else {
        return false;
    };
    let of_a_name = |c: char| c.is_uppercase() || c.is_numeric() || " '’-".contains(c);
    let letters = speaker.chars().filter(|c| c.is_uppercase()).count();
    line.starts_with(' ') && (3..60).contains(&letters) && speaker.chars().all(of_a_name)
}

pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '—' | '–' | '―')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the spoken characters of a paragraph, without the marks.
    fn spoken(paragraph: &str) -> String {
        let mut speech = Speech::of(paragraph);
        let mut text = String::new();
        for (index, c) in paragraph.char_indices() {
            let next = paragraph[index + c.len_utf8()..].chars().next();
            if speech.read(c, index, next) == Turn::Nothing && speech.is_spoken() {
                text.push(c);
            }
        }
        text.trim().to_owned()
    }

    #[test]
    fn speech_is_told_from_narration() {
        for (paragraph, expected) in [
            ("“Go,” she said. She went.", "Go,"),
            ("\"Go,\" she said. \"Now.\"", "Go,Now."),
            ("„Geh“, sagte sie.", "Geh"),
            ("»Geh«, sagte sie.", "Geh"),
            ("« Va », dit-elle.", "Va"),
            ("”Gå”, sa hon.", "Gå"),
            ("彼女は「行け」と言った。", "行け"),
            ("—No sé —dijo ella—. Quizá.", "No sé . Quizá."),
            ("— Не знаю, — сказала она.", "Не знаю,"),
            ("- Vete - dijo.", "Vete"),
            (
                "-Así me lo parece -respondió Vivaldo-; y ve.",
                "Así me lo parece ; y ve.",
            ),
            ("-El vice-rey ha muerto.", "El vice-rey ha muerto."),
            ("She went--slowly--home.", ""),
            ("--She went--", ""),
            ("‘It’s late,’ he said.", "It’s late,"),
            ("The dogs’ bowls; ’twas late.", ""),
            ("“It goes on", "It goes on"),
            ("She went—slowly—home.", ""),
            (
                "1ST SAILOR. Oh, boys, don't!",
                "1ST SAILOR. Oh, boys, don't!",
            ),
            ("HAMLET: I am.", "HAMLET: I am."),
            ("U.S. ships came.", ""),
            ("吾輩は猫である. 名前", ""),
            ("", ""),
        ] {
            assert_eq!(spoken(paragraph), expected, "{paragraph}");
        }
    }
}
