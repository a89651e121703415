//! Weighs a text before its tokenizer is known.

use crate::provider::Request;

/// The weight of a text: the tokens that it takes with a tokenizer that cuts finely.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Weight {
    /// The weight of ASCII and punctuation, for which tokenizers are much the same.
    pub(crate) plain: f64,
    /// The weight of everything else, for which they differ.
    pub(crate) script: f64,
}

impl Weight {
    pub fn of(text: &str) -> Weight {
        let (mut narrow, mut script) = (0_u64, 0.0);
        for c in text.chars() {
            match weight(c) {
                None => narrow += 1,
                Some(weight) => script += weight,
            }
        }
        // A token for three and a half letters.
        let plain = narrow as f64 * 2.0 / 7.0;
        Weight { plain, script }
    }

    /// Weighs several texts together.
    pub fn of_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Weight {
        let weights = texts.into_iter().map(Weight::of);
        weights.fold(Weight::default(), |sum, more| Weight {
            plain: sum.plain + more.plain,
            script: sum.script + more.script,
        })
    }

    /// Weighs the prompt of a request.
    pub fn of_request(request: &Request) -> Weight {
        let texts = request.user.iter().chain([&request.system]);
        Weight::of_all(texts.map(String::as_str))
    }

    pub(crate) fn total(self) -> f64 {
        self.plain + self.script
    }
}

/// Returns the most tokens that a character takes on average in prose, over the tokenizers that were
/// measured; `None` for what counts like an ASCII letter. Where nothing was measured, a token a byte: no
/// tokenizer makes more.
fn weight(c: char) -> Option<f64> {
    if c.is_ascii() || is_punctuation(c) {
        return None;
    }
    Some(match u32::from(c) {
        // Latin with diacritics: Western, Central European, Vietnamese.
        0x00A0..=0x00FF => 1.5,
        0x0100..=0x024F => 2.0,
        0x1E00..=0x1EFF => 1.5,
        // Combining marks.
        0x0300..=0x036F => 1.0,
        // Greek, Cyrillic.
        0x0370..=0x03FF | 0x1F00..=0x1FFF => 1.25,
        0x0400..=0x052F => 0.9,
        // Armenian, Georgian.
        0x0530..=0x058F => 2.0,
        0x10A0..=0x10FF | 0x1C90..=0x1CBF => 2.2,
        // Hebrew, Arabic.
        0x0590..=0x06FF | 0x0750..=0x077F | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF => 1.25,
        // Devanagari, the other scripts of India, Thai.
        0x0900..=0x097F => 1.4,
        0x0980..=0x0DFF => 2.2,
        0x0E00..=0x0E7F => 2.0,
        // Kana, Han, Hangul, and their punctuation.
        0x3000..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF => {
            1.6
        }
        0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => 2.4,
        _ => c.len_utf8() as f64,
    })
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}')
}
