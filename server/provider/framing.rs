//! Bytes into frames: server-sent events and lines of JSON.
//!
//! Pure and bounded: whatever a server sends, no more than one frame is held. UTF-8 that is
//! split between network chunks survives, since only whole lines are decoded.

/// Most bytes that one event or line may have.
pub(super) const LONGEST_FRAME: usize = 1024 * 1024;

/// How a protocol separates its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events (WHATWG HTML, section 9.2): a frame is the data of one event.
    Events,
    /// A JSON object a line: a frame is a line that is not blank.
    Lines,
}

/// A frame that grew past [`LONGEST_FRAME`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Takes bytes in as they come, gives frames out.
#[derive(Debug)]
pub(super) struct Framer {
    framing: Framing,
    /// The line that is not ended yet.
    line: Vec<u8>,
    /// The last byte was a CR that ended a line: a LF right after it belongs to it.
    after_cr: bool,
    first_line: bool,
    /// The data of the event that is not ended yet.
    data: Option<String>,
}

impl Framer {
    pub fn new(framing: Framing) -> Self {
        Framer {
            framing,
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            data: None,
        }
    }

    /// Takes `bytes` and appends the frames that they complete to `frames`.
    pub fn push(&mut self, bytes: &[u8], frames: &mut Vec<String>) -> Result<(), TooLong> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = &rest[..end.unwrap_or(rest.len())];
            if self.line.len() + piece.len() > LONGEST_FRAME {
                return Err(TooLong);
            }
            self.line.extend_from_slice(piece);
            let Some(end) = end else { break };
            self.after_cr = rest[end] == b'\r';
            self.end_line(frames)?;
            rest = &rest[end + 1..];
        }
        Ok(())
    }

    /// At the end of the bytes: what was not ended properly is given out as well, since some
    /// servers leave the last blank line out. Half a message is no JSON, and is told by that.
    pub fn finish(&mut self, frames: &mut Vec<String>) -> Result<(), TooLong> {
        if !self.line.is_empty() {
            self.end_line(frames)?;
        }
        frames.extend(self.data.take());
        Ok(())
    }

    fn end_line(&mut self, frames: &mut Vec<String>) -> Result<(), TooLong> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let mut line = line.as_ref();
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix('\u{FEFF}').unwrap_or(line);
        }
        match self.framing {
            Framing::Lines => {
                if !line.trim().is_empty() {
                    frames.push(line.to_owned());
                }
            }
            Framing::Events if line.is_empty() => frames.extend(self.data.take()),
            Framing::Events => self.field(line)?,
        }
        Ok(())
    }

    /// One `name: value` line of an event. Only `data` matters to the protocols here: they
    /// repeat the event's name inside it. A line that starts with a colon is a comment.
    fn field(&mut self, line: &str) -> Result<(), TooLong> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        if name != "data" {
            return Ok(());
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) => {
                if data.len() + value.len() >= LONGEST_FRAME {
                    return Err(TooLong);
                }
                data.push('\n');
                data.push_str(value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(framing: Framing, pieces: &[&[u8]]) -> Vec<String> {
        let mut framer = Framer::new(framing);
        let mut frames = Vec::new();
        for piece in pieces {
            framer.push(piece, &mut frames).expect("short enough");
        }
        framer.finish(&mut frames).expect("short enough");
        frames
    }

    #[test]
    fn events_are_read_as_the_specification_says() {
        let table: &[(&str, &[&str])] = &[
            ("data: a\n\ndata: b\n\n", &["a", "b"]),
            ("data:a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
            ("data: a\r\rdata: b\r\r", &["a", "b"]),
            ("\u{FEFF}data: a\n\n", &["a"]),
            (": ping\n\nevent: x\nid: 1\nretry: 5\ndata: a\n\n", &["a"]),
            ("data: one\ndata: two\n\n", &["one\ntwo"]),
            ("data\n\n", &[""]),
            ("data:  two spaces\n\n", &[" two spaces"]),
            (
                "data: no blank line at the end",
                &["no blank line at the end"],
            ),
            ("event: only\n\n", &[]),
            ("", &[]),
        ];
        for (bytes, expected) in table {
            assert_eq!(
                frames(Framing::Events, &[bytes.as_bytes()]),
                *expected,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn lines_are_read_whatever_ends_them() {
        let table: &[(&str, &[&str])] = &[
            ("{}\n{}\n", &["{}", "{}"]),
            ("{}\r\n\r\n{}", &["{}", "{}"]),
            ("\n \n", &[]),
        ];
        for (bytes, expected) in table {
            assert_eq!(
                frames(Framing::Lines, &[bytes.as_bytes()]),
                *expected,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        let text = ": hi\r\n\r\ndata: Grüße, 世界 👋\r\ndata: and more\r\n\r\ndata: [DONE]\n\n";
        let whole = frames(Framing::Events, &[text.as_bytes()]);
        assert_eq!(whole, ["Grüße, 世界 👋\nand more", "[DONE]"]);
        for cut in 0..text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            assert_eq!(frames(Framing::Events, &[a, b]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_frame_without_end_is_given_up() {
        for (framing, piece) in [
            (
                Framing::Events,
                "data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
            ),
            (
                Framing::Events,
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
            (
                Framing::Lines,
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
        ] {
            let mut framer = Framer::new(framing);
            let endless = std::iter::repeat_n(piece, 2 * LONGEST_FRAME / piece.len());
            let outcome = endless
                .map(|piece| framer.push(piece.as_bytes(), &mut Vec::new()))
                .find(Result::is_err);
            assert_eq!(outcome, Some(Err(TooLong)), "{framing:?}");
        }
    }
}
