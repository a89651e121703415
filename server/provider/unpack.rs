//! Decompresses an answer for which no compression was asked.
//!
//! Some proxies compress whatever they pass on, with or without saying so. What came is known
//! by its first two bytes (RFC 1952, section 2.3.1); no text of any protocol begins with them.

use std::io::Write;

use flate2::write::MultiGzDecoder;

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes that are unpacked at once; a thousand times as many may come out.
const STEP: usize = 1024;

/// Passes bytes on as they come, unpacked if they are packed.
#[derive(Debug)]
pub(super) enum Unpacker {
    /// At the start: fewer than two bytes have come.
    Start(Vec<u8>),
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

/// The error for bytes that begin like gzip and are not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Corrupt;

impl Unpacker {
    pub fn new() -> Self {
        Unpacker::Start(Vec::new())
    }

    /// Takes `bytes` and gives what is in them to `take`, in pieces, until that says `false`.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Corrupt> {
        let begun;
        let mut bytes = bytes;
        if let Unpacker::Start(held) = self {
            held.extend_from_slice(bytes);
            if held.len() < MAGIC.len() && MAGIC.starts_with(held) {
                return Ok(());
            }
            begun = std::mem::take(held);
            bytes = &begun;
            *self = if begun.starts_with(&MAGIC) {
                Unpacker::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))
            } else {
                Unpacker::Plain
            };
        }
        let Unpacker::Gzip(decoder) = self else {
            take(bytes);
            return Ok(());
        };
        for step in bytes.chunks(STEP) {
            decoder.write_all(step).map_err(|_| Corrupt)?;
            decoder.flush().map_err(|_| Corrupt)?;
            let unpacked = std::mem::take(decoder.get_mut());
            if !unpacked.is_empty() && !take(&unpacked) {
                break;
            }
        }
        Ok(())
    }
}

/// Unpacks a whole body as far as it goes, at most `longest` bytes.
pub(super) fn whole(body: Vec<u8>, longest: usize) -> Vec<u8> {
    if !body.starts_with(&MAGIC) {
        return body;
    }
    let mut unpacked = Vec::new();
    // What came before it went wrong is still worth reading.
    let _ = Unpacker::new().push(&body, |piece| {
        let room = longest - unpacked.len();
        unpacked.extend_from_slice(&piece[..piece.len().min(room)]);
        unpacked.len() < longest
    });
    unpacked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn bytes_come_out_as_they_were_however_they_are_cut() {
        let text = "data: Grüße\n\n".repeat(50).into_bytes();
        for bytes in [packed(&text), text.clone()] {
            for cut in 0..bytes.len() {
                let mut unpacker = Unpacker::new();
                let mut out = Vec::new();
                for piece in [&bytes[..cut], &bytes[cut..]] {
                    let pushed = unpacker.push(piece, |piece| {
                        out.extend_from_slice(piece);
                        true
                    });
                    assert_eq!(pushed, Ok(()));
                }
                assert_eq!(out, text, "cut at {cut}");
            }
        }
        assert_eq!(whole(packed(&text), 1_000_000), text);
        assert_eq!(whole(text.clone(), 1_000_000), text);
    }

    #[test]
    fn a_small_body_that_unpacks_to_a_large_one_is_bounded() {
        let bomb = packed(&vec![b' '; 500_000]);
        assert_eq!(whole(bomb, 1_000).len(), 1_000);
        let mut damaged = packed(b"The lamp burned.");
        damaged[10..].fill(0xff);
        let pushed = Unpacker::new().push(&damaged, |_| true);
        assert_eq!(pushed, Err(Corrupt));
    }
}
