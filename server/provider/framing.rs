//! Splits bytes into frames: server-sent events and JSON, told apart by their content.
//!
//! Labels are wrong too often: an error comes as JSON where events were asked for, events come
//! as `application/json`. So each line is taken for what it is, whatever the protocol.
//!
//! Pure and bounded: whatever a server sends, no more than one frame is held. UTF-8 that is
//! split between network chunks survives, since only whole lines are decoded.

use serde::de::IgnoredAny;

/// Most bytes that one event or one JSON document may have. A whole answer may come as one.
pub(super) const LONGEST_FRAME: usize = 4 * 1024 * 1024;

/// One message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// The data of an event (WHATWG HTML, section 9.2), a JSON document, or a line that is
    /// neither, which no protocol can read.
    Data(String),
    /// The content of an event named `error`, or of a field `error:`, as llama.cpp sends it.
    Error(String),
}

/// A frame that grew past [`LONGEST_FRAME`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Takes bytes in as they come, gives frames out.
#[derive(Debug)]
pub(super) struct Framer {
    /// The line that is not ended yet.
    line: Vec<u8>,
    /// The last byte was a CR that ended a line: a LF right after it belongs to it.
    after_cr: bool,
    first_line: bool,
    event: Event,
    /// JSON that began on a line of its own and is not ended yet.
    document: Option<Document>,
}

/// The event that is not ended yet.
#[derive(Debug, Default)]
struct Event {
    data: Option<String>,
    /// Whether its name, or its field, says that it is an error.
    is_error: bool,
}

/// A JSON document that may have many lines.
#[derive(Debug, Default)]
struct Document {
    text: String,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// How far a document is at the end of a line.
#[derive(Debug, PartialEq, Eq)]
enum Extent {
    Open,
    Whole,
    /// Not JSON, whatever follows.
    Broken,
}

impl Framer {
    pub fn new() -> Self {
        Framer {
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            event: Event::default(),
            document: None,
        }
    }

    /// Takes `bytes` and appends the frames that they complete to `frames`.
    pub fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), TooLong> {
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

    /// Ends the bytes: what was not ended properly is given out as well, since some
    /// servers leave the last blank line out. Half a message is no JSON, and is told by that.
    pub fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        let is_half_a_name = !self.line.is_empty()
            && ["data", "event", "error", "retry"]
                .iter()
                .any(|name| name.as_bytes().starts_with(&self.line));
        if !self.line.is_empty() && !is_half_a_name {
            self.end_line(frames)?;
        }
        frames.extend(self.document.take().map(|open| Frame::Data(open.text)));
        self.end_event(frames);
        Ok(())
    }

    fn end_line(&mut self, frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let mut line = line.as_ref();
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix('\u{FEFF}').unwrap_or(line);
        }
        if self.goes_on(line) {
            return self.add_to_document(line, frames);
        }
        // What was begun before this line was cut off.
        frames.extend(self.document.take().map(|open| Frame::Data(open.text)));
        if line.is_empty() {
            self.end_event(frames);
        } else if line.trim_start().starts_with(['{', '[']) {
            self.end_event(frames);
            return self.add_to_document(line, frames);
        } else if !line.trim().is_empty() {
            return self.field(line, frames);
        }
        Ok(())
    }

    /// Tells whether `line` belongs to the JSON document that is open.
    fn goes_on(&self, line: &str) -> bool {
        let Some(document) = &self.document else {
            return false;
        };
        let begins_anew = !document.text.starts_with('[')
            && line.starts_with('{')
            && serde_json::from_str::<IgnoredAny>(line).is_ok();
        !begins_anew && !line.starts_with("data:") && !line.starts_with("error:")
    }

    fn add_to_document(&mut self, line: &str, frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        let mut document = self.document.take().unwrap_or_default();
        if document.text.len() + line.len() >= LONGEST_FRAME {
            return Err(TooLong);
        }
        match document.add(line) {
            Extent::Open => self.document = Some(document),
            Extent::Whole | Extent::Broken => frames.push(Frame::Data(document.text)),
        }
        Ok(())
    }

    fn end_event(&mut self, frames: &mut Vec<Frame>) {
        let Event { data, is_error } = std::mem::take(&mut self.event);
        frames.extend(data.map(|data| match is_error {
            true => Frame::Error(data),
            false => Frame::Data(data),
        }));
    }

    /// Reads one `name: value` line of an event. A line that starts with a colon is a comment.
    fn field(&mut self, line: &str, frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => self.data(value),
            // Errors come without an event's name in front of their data as well.
            "error" => {
                if !self.event.is_error {
                    self.end_event(frames);
                }
                self.event.is_error = true;
                self.data(value)
            }
            "event" => {
                self.event.is_error |= value.trim().eq_ignore_ascii_case("error");
                Ok(())
            }
            "" | "id" | "retry" => Ok(()),
            _ => {
                frames.push(Frame::Data(line.to_owned()));
                Ok(())
            }
        }
    }

    fn data(&mut self, value: &str) -> Result<(), TooLong> {
        match &mut self.event.data {
            None => self.event.data = Some(value.to_owned()),
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

impl Document {
    fn add(&mut self, line: &str) -> Extent {
        let is_first = self.text.is_empty();
        if !is_first {
            self.text.push('\n');
        }
        self.text.push_str(line);
        for byte in line.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.depth += 1,
                b'}' | b']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        if self.in_string {
            // Strings of JSON hold no line ends.
            return Extent::Broken;
        }
        if self.depth == 0 {
            return Extent::Whole;
        }
        // Once, so that a long document is not read again with every line.
        let is_json = !is_first
            || serde_json::from_str::<IgnoredAny>(line).is_err_and(|problem| problem.is_eof());
        if is_json {
            Extent::Open
        } else {
            Extent::Broken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(pieces: &[&[u8]]) -> Vec<Frame> {
        let mut framer = Framer::new();
        let mut frames = Vec::new();
        for piece in pieces {
            framer.push(piece, &mut frames).expect("short enough");
        }
        framer.finish(&mut frames).expect("short enough");
        frames
    }

    fn data(texts: &[&str]) -> Vec<Frame> {
        texts
            .iter()
            .map(|text| Frame::Data((*text).into()))
            .collect()
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
            ("\n \n", &[]),
        ];
        for (bytes, expected) in table {
            assert_eq!(frames(&[bytes.as_bytes()]), data(expected), "{bytes:?}");
        }
    }

    #[test]
    fn json_is_read_whatever_lines_it_has() {
        let table: &[(&str, &[&str])] = &[
            ("{}\n{}\n", &["{}", "{}"]),
            ("{}\r\n\r\n{}", &["{}", "{}"]),
            (
                "{\"a\": [\n  {},\n  1\n]}\n{}",
                &["{\"a\": [\n  {},\n  1\n]}", "{}"],
            ),
            ("[\n{\"a\":1}\n]", &["[\n{\"a\":1}\n]"]),
            (r#"{"a":"}\"{"}"#, &[r#"{"a":"}\"{"}"#]),
            (
                "data: a\n{\"b\":1}\n\ndata: c\n\n",
                &["a", "{\"b\":1}", "c"],
            ),
            // Cut off, and gone on with.
            ("{\"a\":\"b\n{}\n", &["{\"a\":\"b", "{}"]),
            ("{\"a\":{\n{\"b\":1}\n", &["{\"a\":{", "{\"b\":1}"]),
            ("{half\n{}\n", &["{half", "{}"]),
            ("{\"a\":[\ndata: b\n\n", &["{\"a\":[", "b"]),
            ("[DONE]\n", &["[DONE]"]),
            ("Unauthorized\n", &["Unauthorized"]),
        ];
        for (bytes, expected) in table {
            assert_eq!(frames(&[bytes.as_bytes()]), data(expected), "{bytes:?}");
        }
    }

    #[test]
    fn an_error_is_known_by_its_field_or_its_name() {
        let error = |text: &str| Frame::Error(text.into());
        for (bytes, expected) in [
            (
                "error: {\"a\":1}\n\ndata: [DONE]\n\n",
                vec![error("{\"a\":1}")],
            ),
            ("event: error\ndata: busy\n\n", vec![error("busy")]),
            ("data: busy\nevent: error\n\n", vec![error("busy")]),
            (
                "data: text\nerror: one\nerror: two\n\n",
                [data(&["text"]), vec![error("one\ntwo")]].concat(),
            ),
        ] {
            let mut read = frames(&[bytes.as_bytes()]);
            read.retain(|frame| *frame != Frame::Data("[DONE]".into()));
            assert_eq!(read, expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        let text = ": hi\r\n\r\ndata: Grüße, 世界 👋\r\ndata: and more\r\n\r\n{\"a\":\r\n1}\r\ndata: [DONE]\n\n";
        let whole = frames(&[text.as_bytes()]);
        assert_eq!(
            whole,
            data(&["Grüße, 世界 👋\nand more", "{\"a\":\n1}", "[DONE]"])
        );
        for cut in 0..text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            assert_eq!(frames(&[a, b]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_frame_without_end_is_given_up() {
        for piece in [
            "data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "[                                                             \n",
        ] {
            let mut framer = Framer::new();
            let piece = piece.repeat(64 * 1024 / piece.len());
            let outcome = std::iter::repeat_n(piece, 2 * LONGEST_FRAME / 60_000)
                .map(|piece| framer.push(piece.as_bytes(), &mut Vec::new()))
                .find(Result::is_err);
            assert_eq!(outcome, Some(Err(TooLong)));
        }
    }
}
