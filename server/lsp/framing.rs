//! Cuts the bytes that a client sent into the bodies of its messages.
//!
//! Pure: bytes in, frames out, the same ones wherever the bytes were cut on their way. Nothing that comes is an
//! end. A head is read as generously as it can be told apart; what is none is passed over up to the next
//! `Content-Length:`, and refused once. JSON never holds a whole header line (in a string a line end is escaped), so
//! one that stands in a body begins the next message, whatever length was announced.

use bytes::{Buf, BytesMut};

/// The longest body that is kept in memory, in bytes. A novel has some ten million.
const LONGEST_BODY: usize = 256 << 20;
/// The longest line of a head that is looked at as a whole, in bytes.
const LONGEST_LINE: usize = 8 << 10;
/// What a header line with a length needs at most, blanks counted in; what is dropped keeps that much.
const HEADER: usize = 64;
const NAME: &[u8] = b"content-length";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Holds what the wire brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Body(BytesMut),
    /// Bytes that are no message; the stream is read on.
    Refused(Refusal),
}

/// Says why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("what came before a header is no message")]
    Garbage,
    #[error("a message came without a Content-Length")]
    NoLength,
    #[error("a Content-Length is no number of bytes")]
    BadLength,
    #[error("a message is longer than {} MB", LONGEST_BODY >> 20)]
    TooLong,
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Framing {
    buffer: BytesMut,
    /// How much of the buffer holds no line end that was not dealt with.
    searched: usize,
    part: Part,
    /// Whether what is passed over follows a refusal, and needs no other.
    is_refused: bool,
}

/// Says where in a message the buffer begins.
#[derive(Debug)]
enum Part {
    Head(Head),
    Body { length: usize },
    Skipped { left: u64 },
}

#[derive(Debug, Default)]
struct Head {
    length: Option<Length>,
    /// The length in a header of another name: garbage that runs into the right one looks like it.
    other_length: Option<Length>,
    has_garbage: bool,
    /// Whether any line came before the empty one.
    has_lines: bool,
    /// Whether the beginning of the line that is being read was dropped, since the line was too long to be kept.
    is_within_line: bool,
}

/// Says what a header tells of the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Bytes(u64),
    NoNumber,
}

impl Default for Part {
    fn default() -> Part {
        Part::Head(Head::default())
    }
}

impl Framing {
    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes out the next frame, if all of it has come.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            let step = match &self.part {
                Part::Head(_) => self.read_line()?,
                Part::Body { length } => return self.read_body(*length),
                Part::Skipped { left } => {
                    self.skip(*left)?;
                    None
                }
            };
            if step.is_some() {
                return step;
            }
        }
    }

    /// Reads a line of a head: `None` until it has come, and the frame that it makes, if any.
    fn read_line(&mut self) -> Option<Option<Frame>> {
        let Part::Head(head) = &mut self.part else {
            return None;
        };
        let Some(end) = line_end(&self.buffer, self.searched) else {
            if self.buffer.len() > LONGEST_LINE {
                head.is_within_line = true;
                self.buffer.advance(self.buffer.len() - HEADER);
            }
            self.searched = self.buffer.len();
            return None;
        };
        let mut line = self.buffer.split_to(end + 1);
        self.searched = 0;
        if std::mem::take(&mut head.is_within_line) || line.len() > LONGEST_LINE {
            head.has_garbage = true;
            head.has_lines = true;
            line.advance(line.len().saturating_sub(HEADER));
        }
        let line = line.trim_ascii();
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        if !line.is_empty() {
            head.note(line);
            return Some(None);
        }
        let head = std::mem::take(head);
        Some(self.end_head(&head))
    }

    /// Looks at a head as a whole; the frame that it makes by itself.
    fn end_head(&mut self, head: &Head) -> Option<Frame> {
        let has_garbage = head.has_garbage || head.length.is_none();
        let refusal = match head.length.or(head.other_length) {
            // Line ends between messages are nothing.
            None if !head.has_lines => return None,
            None => Some(Refusal::NoLength).filter(|_| !self.is_refused),
            Some(Length::NoNumber) => Some(Refusal::BadLength),
            Some(Length::Bytes(length)) => match usize::try_from(length) {
                Ok(length) if length <= LONGEST_BODY => {
                    self.part = Part::Body { length };
                    let is_told = std::mem::take(&mut self.is_refused);
                    return (has_garbage && !is_told).then_some(Frame::Refused(Refusal::Garbage));
                }
                _ => {
                    self.part = Part::Skipped { left: length };
                    Some(Refusal::TooLong)
                }
            },
        };
        self.is_refused = true;
        refusal.map(Frame::Refused)
    }

    fn read_body(&mut self, length: usize) -> Option<Frame> {
        let come = self.buffer.len().min(length);
        let end = match header_within(&self.buffer[..come], self.searched) {
            Some(next) => next,
            None if come == length => length,
            None => {
                self.searched = come;
                return None;
            }
        };
        self.searched = 0;
        self.part = Part::default();
        Some(Frame::Body(self.buffer.split_to(end)))
    }

    /// Passes over a body that is too long, without keeping it; `None` until more has come.
    fn skip(&mut self, left: u64) -> Option<()> {
        let come =
            usize::try_from(left).map_or(self.buffer.len(), |left| self.buffer.len().min(left));
        let is_end = come as u64 == left;
        let next = header_within(&self.buffer[..come], self.searched);
        if next.is_some() || is_end {
            self.buffer.advance(next.unwrap_or(come));
            self.searched = 0;
            self.part = Part::default();
            return Some(());
        }
        // A header may have begun.
        let over = come.saturating_sub(HEADER);
        self.buffer.advance(over);
        self.searched = come - over;
        self.part = Part::Skipped {
            left: left - over as u64,
        };
        None
    }
}

impl Head {
    /// Takes a line that is not empty. Headers that say nothing of the length are passed over.
    fn note(&mut self, line: &[u8]) {
        self.has_lines = true;
        let name = line.iter().position(|&byte| byte == b':');
        let name = name.map_or(line, |colon| &line[..colon]).trim_ascii_end();
        let is_header = name.len() < line.len() && !name.is_empty() && name.iter().all(is_token);
        if name.eq_ignore_ascii_case(NAME) {
            self.length = Some(Length::of(&line[name.len()..]));
            return;
        }
        let found = last_name(line).map(|at| Length::of(&line[at + NAME.len()..]));
        if is_header {
            self.other_length = found.or(self.other_length);
        } else {
            self.has_garbage = true;
            self.length = found.or(self.length);
        }
    }
}

impl Length {
    /// Reads what follows the name, from the colon on.
    fn of(rest: &[u8]) -> Length {
        let rest = rest.trim_ascii();
        let digits = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Length::NoNumber;
        }
        let number = digits.iter().fold(0_u64, |number, digit| {
            let digit = u64::from(digit - b'0');
            number.saturating_mul(10).saturating_add(digit)
        });
        Length::Bytes(number)
    }
}

/// Tells whether a byte may stand in the name of a header (RFC 9110, section 5.6.2).
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes[from..].iter().position(|&byte| byte == b'\n');
    found.map(|at| from + at)
}

/// Finds where the last name of the header with the length begins, with a colon behind it.
fn last_name(line: &[u8]) -> Option<usize> {
    let mut places = line.windows(NAME.len());
    loop {
        let at = places.rposition(|window| window.eq_ignore_ascii_case(NAME))?;
        if line[at + NAME.len()..].trim_ascii_start().starts_with(b":") {
            return Some(at);
        }
    }
}

/// Finds where a header line with a length begins whose end stands at or after `from`.
fn header_within(bytes: &[u8], mut from: usize) -> Option<usize> {
    while let Some(end) = line_end(bytes, from) {
        let start = end.saturating_sub(HEADER);
        let line = bytes[start..end].trim_ascii_end();
        if line.last().is_some_and(u8::is_ascii_digit)
            && let Some(at) = last_name(line)
            && let Length::Bytes(_) = Length::of(&line[at + NAME.len()..])
        {
            return Some(start + at);
        }
        from = end + 1;
    }
    None
}

#[cfg(test)]
mod tests;
