//! Finds texts in a PNG (its `tEXt` chunks): there character cards are kept.

use super::source::Unreadable;

const HEAD: usize = 8;
/// The most chunks of a picture.
const CHUNKS: usize = 100_000;

/// Returns the text under the first of these keywords that the picture has.
///
/// # Errors
/// For a chunk whose length or checksum is wrong.
pub(super) fn text<'a>(
    file: &str,
    bytes: &'a [u8],
    keywords: &[&str],
) -> Result<Option<&'a [u8]>, Unreadable> {
    let damaged = |what: &str| Unreadable::new(file, format!("the picture is damaged: {what}"));
    let mut found: Vec<(usize, &[u8])> = Vec::new();
    let mut rest = bytes.get(HEAD..).unwrap_or_default();
    for _ in 0..CHUNKS {
        if rest.is_empty() {
            break;
        }
        let (Some(length), Some(kind)) = (rest.get(..4), rest.get(4..8)) else {
            return Err(damaged("a chunk of it is cut off"));
        };
        // Four bytes, by the match above.
        let length = length
            .iter()
            .fold(0_usize, |all, byte| (all << 8) | usize::from(*byte));
        let data = rest.get(8..).and_then(|rest| rest.get(..length));
        let sum = rest
            .get(8..)
            .and_then(|rest| rest.get(length..))
            .and_then(|rest| rest.get(..4));
        let (Some(data), Some(sum)) = (data, sum) else {
            return Err(damaged(
                "a chunk of it says that it is longer than the file",
            ));
        };
        if kind == b"tEXt" {
            let covered = rest.get(4..8 + length).unwrap_or_default();
            if checksum(covered).to_be_bytes() != *sum {
                return Err(damaged("the checksum of a text in it is wrong"));
            }
            let mut parts = data.splitn(2, |byte| *byte == 0);
            let (keyword, text) = (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            );
            let place = keywords
                .iter()
                .position(|wanted| wanted.as_bytes().eq_ignore_ascii_case(keyword));
            found.extend(place.map(|place| (place, text)));
        }
        if kind == b"IEND" {
            break;
        }
        rest = rest.get(12 + length..).unwrap_or_default();
    }
    Ok(found
        .into_iter()
        .min_by_key(|(place, _)| *place)
        .map(|(_, text)| text))
}

/// Returns the checksum of a chunk (PNG 3, annex D).
fn checksum(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        let mut sum = sum ^ u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
        sum
    });
    !sum
}
