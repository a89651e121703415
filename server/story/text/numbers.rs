//! Reads numbers as people write them in a brief, and writes them for messages.

/// The reason why a text is not a length in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotALength {
    NotANumber,
    Negative,
    Zero,
    Fraction,
    /// More than the most that makes sense there.
    TooLarge,
}

impl NotALength {
    /// Returns the end of a sentence that begins "`x` is".
    pub(crate) fn describe(self) -> &'static str {
        match self {
            NotALength::NotANumber => "not a whole number",
            NotALength::Negative => "less than nothing",
            NotALength::Zero => "no length at all",
            NotALength::Fraction => "not written as a plain whole number",
            NotALength::TooLarge => "too large",
        }
    }
}

/// Reads a whole number from 1 to `most`. Digits may be of any script that has its own, and
/// grouped by threes with commas, underscores, apostrophes or spaces: `16500`, `16,500`, `١٢٠٠٠`.
pub(crate) fn read_length(text: &str, most: u32) -> Result<u32, NotALength> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let (negative, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let digits = ungroup(text).ok_or_else(|| {
        if looks_fractional(text) {
            NotALength::Fraction
        } else {
            NotALength::NotANumber
        }
    })?;
    let value = digits.iter().try_fold(0u32, |value, digit| {
        value.checked_mul(10)?.checked_add(*digit)
    });
    match value {
        Some(0) => Err(NotALength::Zero),
        _ if negative => Err(NotALength::Negative),
        Some(value) if value <= most => Ok(value),
        _ => Err(NotALength::TooLarge),
    }
}

/// Reads the digits of `text`, or `None` where it holds anything but digits in proper groups.
fn ungroup(text: &str) -> Option<Vec<u32>> {
    let is_separator = |c: char| {
        matches!(
            c,
            ',' | '_' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '٬'
        )
    };
    let groups: Vec<&str> = text.split(is_separator).collect();
    let sizes: Vec<usize> = groups.iter().map(|group| group.chars().count()).collect();
    let grouped_well = match sizes.as_slice() {
        [] | [0] => false,
        [_] => true,
        [first, rest @ ..] => (1..=3).contains(first) && rest.iter().all(|size| *size == 3),
    };
    if !grouped_well {
        return None;
    }
    groups.concat().chars().map(digit).collect()
}

fn looks_fractional(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().and_then(digit).is_some()
        && text
            .chars()
            .all(|c| digit(c).is_some() || matches!(c, '.' | ',' | 'e' | 'E' | '+' | '٫'))
}

/// Reads the value of a decimal digit, also of those scripts whose writers use their own.
pub(crate) fn digit(c: char) -> Option<u32> {
    // The zeros of: Arabic, Persian, Devanagari, Bengali, Gurmukhi, Gujarati, Tamil, Telugu,
    // Kannada, Malayalam, Thai, Lao, Tibetan, Myanmar, Khmer, fullwidth.
    const ZEROS: [u32; 16] = [
        0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50,
        0x0ed0, 0x0f20, 0x1040, 0x17e0, 0xff10,
    ];
    c.to_digit(10).or_else(|| {
        ZEROS
            .iter()
            .filter_map(|zero| u32::from(c).checked_sub(*zero))
            .find(|value| *value < 10)
    })
}

/// Writes a number in groups of three digits: `16,500`.
pub(crate) fn grouped(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
