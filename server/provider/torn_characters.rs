//! Joins a character that a server split in two.
//!
//! A server that counts in UTF-16 may send half of a character at the end of one delta, as
//! `\ud83d`, and the other half at the beginning of the next. Neither is a character (RFC 8259,
//! section 8.2), and a strict reader turns the whole frame away. Here each half is read as a
//! stand-in, and two stand-ins that meet in the text are made the character that they are of.

use std::borrow::Cow;

/// The stand-in for the half 0xD800; the others follow it. The end of the last private plane.
const FIRST: u32 = 0x0010_F800;
const HALVES: std::ops::Range<u32> = 0xD800..0xE000;
const LOW: u32 = 0xDC00;

/// Returns `json` with a stand-in for every lone surrogate escape; `None` where there is none.
pub(super) fn with_stand_ins(json: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = json.as_bytes();
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(half) = half_at(json, at) else {
            // The escape and what it escapes, so that `\\ud83d` is no half.
            at += 2;
            continue;
        };
        let is_pair = half < LOW && half_at(json, at + 6).is_some_and(|next| next >= LOW);
        if is_pair {
            at += 12;
            continue;
        }
        out.push_str(&json[copied..at]);
        out.extend(char::from_u32(FIRST + half - HALVES.start));
        at += 6;
        copied = at;
    }
    (copied > 0).then(|| out + &json[copied..])
}

fn half_at(json: &str, at: usize) -> Option<u32> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    let unit = u32::from_str_radix(digits, 16).ok()?;
    HALVES.contains(&unit).then_some(unit)
}

/// Makes characters of the stand-ins in a text that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// Whether a stand-in has come; without one, texts stay unchanged.
    pub is_needed: bool,
    /// A first half, whose other half may be next.
    half: Option<u32>,
}

impl Joiner {
    /// Takes the next piece of the text.
    pub fn join<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        if !self.is_needed {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        for c in text.chars() {
            let unit = u32::from(c).checked_sub(FIRST).map(|at| at + HALVES.start);
            let unit = unit.filter(|unit| HALVES.contains(unit));
            match (self.half.take(), unit) {
                (Some(high), Some(low)) if low >= LOW => {
                    let code = 0x1_0000 + ((high - HALVES.start) << 10) + (low - LOW);
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    continue;
                }
                (Some(_), _) => out.push(char::REPLACEMENT_CHARACTER),
                (None, _) => {}
            }
            match unit {
                Some(high) if high < LOW => self.half = Some(high),
                Some(_) => out.push(char::REPLACEMENT_CHARACTER),
                None => out.push(c),
            }
        }
        Cow::Owned(out)
    }

    /// Returns a first half whose other half never came, at the end of the text.
    pub fn finish(&mut self) -> Option<char> {
        self.half.take().map(|_| char::REPLACEMENT_CHARACTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_joined_and_lone_ones_replaced() {
        let table: &[(&[&str], &str)] = &[
            (&[r"\ud83d", r"\ude00"], "😀"),
            (&[r"a \uD83D", r"\uDE00 b"], "a 😀 b"),
            (&[r"\ud83d\ude00"], "😀"),
            (&[r"\ud83d", "b"], "\u{FFFD}b"),
            (&[r"\ude00", "b"], "\u{FFFD}b"),
            (&[r"\ud83d", r"\ud83d", r"\ude00"], "\u{FFFD}😀"),
            (&[r"\ud83d"], "\u{FFFD}"),
            (&[r"\\ud83d \ud83d"], "\\ud83d \u{FFFD}"),
            (&["plain", r"\u00e9"], "plainé"),
        ];
        for (deltas, expected) in table {
            let mut joiner = Joiner::default();
            let mut text = String::new();
            for delta in *deltas {
                let json = format!("\"{delta}\"");
                let mended = with_stand_ins(&json);
                joiner.is_needed |= mended.is_some();
                let read: String =
                    serde_json::from_str(mended.as_deref().unwrap_or(&json)).expect("JSON");
                text.push_str(&joiner.join(&read));
            }
            text.extend(joiner.finish());
            assert_eq!(text, *expected, "{deltas:?}");
        }
    }

    #[test]
    fn what_has_no_half_is_left_alone() {
        for json in [
            r#""\u00e9\\u""#,
            "\"\\",
            r#""\ud83d\ude00""#,
            "\"é\"",
            r"\ud8",
            "\\é\\ud",
        ] {
            assert_eq!(with_stand_ins(json), None, "{json}");
        }
    }
}
