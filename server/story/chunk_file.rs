//! Parses and renders the text of a chunk file. Pure.
//!
//! Reading is tolerant, since the author may do to the file whatever an editor can: byte
//! order marks, other line ends, a front matter that is missing, broken or somebody else's.

mod form;
mod front_matter;
mod head;

use std::borrow::Cow;

pub(crate) use crate::story::encoding::decode_any as decode;
pub use form::Form;
pub use front_matter::FileStatus;
use front_matter::{continues_front_matter, is_fence, key_value, lines, quote, status_of, unquote};
pub use head::{Damage, Fault};

use crate::story::comments::without_comments;
use crate::story::{BeatId, ChunkNumber, Digest, SharedText, Span};

/// The front matter key of a chunk whose text nothing may replace. It is one of the author's own
/// lines: they are kept wherever the text goes.
pub(crate) const LOCKED: &str = "locked";

/// A chunk file in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChunkFile {
    pub number: Option<ChunkNumber>,
    pub beat: Option<BeatId>,
    /// `None` without front matter, or with a word in it that is neither status.
    pub status: Option<FileStatus>,
    /// Front matter lines that are not ours, as they stand.
    pub extra: Vec<String>,
    /// Line ends are LF, there is no byte order mark and no blank line at the start.
    pub prose: SharedText,
    /// Where the prose begins in the text that was parsed, in bytes.
    pub prose_offset: usize,
    /// What is wrong with the front matter, in the order of its lines.
    pub damage: Vec<Damage>,
    pub form: Form,
}

impl ChunkFile {
    /// Tells whether there is no prose but white space.
    pub fn is_empty(&self) -> bool {
        self.prose.trim().is_empty()
    }

    /// Tells what the front matter says about whether the text may be replaced; `None` where it says
    /// nothing.
    pub fn locked(&self) -> Option<bool> {
        let values = self.extra.iter().filter_map(|line| key_value(line));
        let mut locked = values.filter(|(key, _)| *key == LOCKED);
        let (_, value) = locked.next()?;
        Some(!matches!(
            unquote(value).to_lowercase().as_str(),
            "false" | "no" | "off"
        ))
    }

    /// Removes the first front matter line with this key, if the key is not of the program, and returns its
    /// value.
    pub(crate) fn take_extra(&mut self, key: &str) -> Option<String> {
        let mut keys = self.extra.iter().map(|line| key_value(line));
        let at = keys.position(|found| found.is_some_and(|(name, _)| name == key))?;
        let line = self.extra.remove(at);
        key_value(&line).map(|(_, value)| unquote(value))
    }
}

/// The byte ranges of a chunk file's parts, so that what is found in the prose can be shown in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    prose: usize,
    length: usize,
    /// Offsets of the prose whose LF is CR LF in the file, in order.
    wide: Vec<usize>,
    status: Option<Span>,
}

impl Places {
    pub fn of(text: &str) -> Places {
        let prose = parse(text).prose_offset;
        let feeds = text[prose..].match_indices("\r\n").enumerate();
        Places {
            prose,
            length: text.len(),
            wide: feeds.map(|(before, (at, _))| at - before).collect(),
            status: status_line(&text[..prose]),
        }
    }

    /// Returns a span of [`ChunkFile::prose`], in bytes of the whole text.
    pub fn in_file(&self, prose: &Span) -> Span {
        let place = |offset: usize| {
            let wide = self.wide.partition_point(|at| *at < offset);
            (self.prose + offset + wide).min(self.length)
        };
        place(prose.start)..place(prose.end)
    }

    /// Returns the span of the front matter's `status` line without its line end; `None` where there is none.
    pub fn status(&self) -> Option<Span> {
        self.status.clone()
    }
}

fn status_line(head: &str) -> Option<Span> {
    let mut start = 0;
    for line in head.split_inclusive('\n') {
        let content = line.trim_end();
        if key_value(content).is_some_and(|(key, _)| key == "status") {
            return Some(start..start + content.len());
        }
        start += line.len();
    }
    None
}

/// Takes a chunk file apart. Never fails: what is no front matter is prose.
pub fn parse(text: &str) -> ChunkFile {
    let mut file = ChunkFile::default();
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    file.form = Form {
        crlf: lines(text)
            .next()
            .is_some_and(|line| line.ends_with("\r\n")),
        mark: start > 0,
    };
    let head::Head { length, damage } = head::read(&text[start..]);
    let head = length;
    for line in lines(&text[start..start + head]) {
        take_line(&mut file, line.trim_end_matches(['\n', '\r']));
    }
    file.damage = damage;
    for damage in &mut file.damage {
        damage.span = damage.span.start + start..damage.span.end + start;
    }
    let body = &text[start + head..];
    let blank = body.len() - body.trim_start_matches(['\n', '\r']).len();
    file.prose_offset = start + head + blank;
    file.prose = normalise(&body[blank..]).into();
    file
}

/// Returns the text of a chunk file with `locked: true` in its front matter, or without such a line; all
/// else stays byte for byte. `None` where there is no front matter to put it into.
pub(crate) fn with_lock(text: &str, locked: bool) -> Option<String> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let head = head::read(&text[start..]).length;
    if head == 0 {
        return None;
    }
    let (head, body) = text.split_at(start + head);
    let (mark, head) = head.split_at(start);
    let is_lock = |line: &&str| key_value(line.trim_end()).is_some_and(|(key, _)| key == LOCKED);
    let mut kept: Vec<&str> = lines(head).filter(|line| !is_lock(line)).collect();
    let end = kept.first().map_or("\n", |first| {
        &first[first.trim_end_matches(['\n', '\r']).len()..]
    });
    let line = format!("{LOCKED}: true{end}");
    if locked {
        let closed = kept.len() > 1 && kept.last().is_some_and(|last| is_fence(last));
        kept.insert(kept.len() - usize::from(closed), &line);
    }
    Some(format!("{mark}{}{body}", kept.concat()))
}

/// Takes one line of front matter.
fn take_line(file: &mut ChunkFile, line: &str) {
    match key_value(line) {
        Some(("chunk", value)) => {
            file.number = file.number.or(unquote(value).parse().ok().map(ChunkNumber));
        }
        Some(("beat", value)) => {
            let beat = Some(unquote(value)).filter(|beat| !beat.is_empty());
            file.beat = file.beat.take().or(beat.map(BeatId));
        }
        // Where two lines say different things, the chunk is not known to be whole.
        Some(("status", value)) if file.status != Some(FileStatus::Partial) => {
            file.status = status_of(value).or(file.status);
        }
        Some(("status", _)) => {}
        _ if is_fence(line) || line.trim().is_empty() => {}
        None if !continues_front_matter(line) => file.extra.push(format!("# {line}")),
        _ => file.extra.push(line.to_owned()),
    }
}

/// Returns a chunk file with our front matter only.
pub fn render(number: ChunkNumber, beat: &BeatId, status: FileStatus, prose: &str) -> String {
    render_with(number, beat, status, &[], prose)
}

/// Renders a chunk file with further front matter lines. Complete prose ends with one line end; partial prose
/// stays as it is, since its last character may be the space before the next word.
pub fn render_with(
    number: ChunkNumber,
    beat: &BeatId,
    status: FileStatus,
    extra: &[String],
    prose: &str,
) -> String {
    let word = match status {
        FileStatus::Partial => "partial",
        FileStatus::Complete => "complete",
    };
    let mut text = format!(
        "---\nchunk: {number}\nbeat: {}\nstatus: {word}\n",
        quote(beat.as_str())
    );
    for line in extra {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("---\n");
    let prose = normalise(prose);
    let prose = prose.trim_start_matches('\n');
    match status {
        FileStatus::Partial => text.push_str(prose),
        FileStatus::Complete => {
            text.push_str(prose.trim_end());
            text.push('\n');
        }
    }
    text
}

/// Renders a chunk file that replaces another: with its other front matter lines, its line ends and its byte
/// order mark.
pub fn render_like(
    there: &ChunkFile,
    number: ChunkNumber,
    beat: &BeatId,
    status: FileStatus,
    prose: &str,
) -> String {
    let text = render_with(number, beat, status, &there.extra, prose);
    there.form.put_on(text)
}

/// Returns the digest by which edited text is told from generated text; it covers the prose alone, without
/// comments, line ends and white space at the ends.
pub fn digest(prose: &str) -> Digest {
    source_digest(&without_comments(prose))
}

/// Returns the digest of the prose with the author's comments; two files with the same digest hold the same
/// text, so that one of them may be deleted. Of a text without comments it is its [`digest`].
pub fn source_digest(prose: &str) -> Digest {
    let normal = normalise(prose);
    Digest::of(normal.trim_start_matches('\n').trim_end())
}

/// Returns one line of front matter, quoted where YAML would take the value for something else.
pub(crate) fn extra_line(key: &str, value: &str) -> String {
    format!("{key}: {}", quote(value))
}

fn normalise(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::table;

    fn beat(id: &str) -> BeatId {
        BeatId(id.to_owned())
    }

    #[test]
    fn takes_apart_what_an_author_may_leave() {
        // text | number | beat | status | lines that are not ours | prose
        let rows = r#"
            ---\nchunk: 3\nbeat: logbook\nstatus: complete\n---\nProse.\n                | 3 | logbook | Complete | 0 | Prose.\n
            BOM---\r\nchunk: 3\r\nbeat: logbook\r\nstatus: partial\r\n---\r\nA\r\nB      | 3 | logbook | Partial  | 0 | A\nB
            ---\nchunk: 3 # third\nbeat: 'it''s'\nstatus: Complete\nmood: grim\n---\n\nA | 3 | it's    | Complete | 1 | A
            ---\nbeat: "a: b"\n...\nA                                                    | - | a: b    | -        | 0 | A
            ---\rchunk: 3\rbeat: logbook\rstatus: partial\rmood: grim\r---\rA\rB         | 3 | logbook | Partial  | 1 | A\nB
            Just prose.                                                                  | - | -       | -        | 0 | Just prose.
            ---\n\nA scene that opens with a rule.\n\n---\n                              | - | -       | -        | 0 | ---\n\nA scene that opens with a rule.\n\n---\n
            ---\ntitle: X\ntags:\n  - a\n---\nA                                          | - | -       | -        | 3 | A
            ---\nchunk: 2\nbeat: x\nstatus: complete\nNo fence any more.                 | 2 | x       | Complete | 0 | No fence any more.
            ---\nchunk: 2\nbeat: x\nstatus: complete                                     | 2 | x       | Complete | 0 |
            ---\nchunk: two\nbeat:\nstatus: done\n---\n                                  | - | -       | -        | 0 |
                                                                                         | - | -       | -        | 0 |
            ---                                                                          | - | -       | -        | 0 | ---
            ---\nHe said: no\n---\nA                                                     | - | -       | -        | 0 | ---\nHe said: no\n---\nA
        "#;
        for row in table::rows(rows) {
            let text = &row[0];
            let file = parse(text);
            let number = file.number.map_or("-".to_owned(), |it| it.to_string());
            let status = file.status.map_or("-".to_owned(), |it| format!("{it:?}"));
            let beat = file.beat.as_ref().map_or("-", BeatId::as_str);
            let extra = file.extra.len().to_string();
            let told = [&*number, beat, &status, &extra, &file.prose];
            assert_eq!(told[..], row[1..], "{text:?}");
            assert!(text.is_char_boundary(file.prose_offset), "{text:?}");
        }
    }

    #[test]
    fn a_lock_is_one_line_of_the_front_matter() {
        for (open, locked) in [
            (
                "---\nchunk: 1\nbeat: b\nstatus: complete\n---\nA\n\nlocked: no\n",
                "---\nchunk: 1\nbeat: b\nstatus: complete\nlocked: true\n---\nA\n\nlocked: no\n",
            ),
            (
                "\u{feff}---\r\nchunk: 1\r\nmood: grim\r\n---\r\n\r\nA",
                "\u{feff}---\r\nchunk: 1\r\nmood: grim\r\nlocked: true\r\n---\r\n\r\nA",
            ),
            (
                "---\nchunk: 1\nNo fence any more.",
                "---\nchunk: 1\nlocked: true\nNo fence any more.",
            ),
        ] {
            assert_eq!(with_lock(open, true).as_deref(), Some(locked));
            assert_eq!(with_lock(locked, true).as_deref(), Some(locked));
            assert_eq!(with_lock(locked, false).as_deref(), Some(open));
            assert_eq!(parse(open).locked(), None);
            assert_eq!(parse(locked).locked(), Some(true));
            assert_eq!(parse(open).prose, parse(locked).prose);
        }
        assert_eq!(with_lock("A text alone.", true), None);
        for (line, locked) in [("false", false), ("No", false), ("yes", true), ("", true)] {
            let text = format!("---\nchunk: 1\nlocked: {line}\n---\nA");
            assert_eq!(parse(&text).locked(), Some(locked), "{text}");
        }
    }

    #[test]
    fn beats_of_any_name_come_back() {
        for id in [
            "logbook", "1", "true", "null", "a: b", "#x", "\"q\"", "日本", "a b", "it's", "-",
        ] {
            let text = render(ChunkNumber(1), &beat(id), FileStatus::Partial, "x ");
            let file = parse(&text);
            assert_eq!(file.beat, Some(beat(id)), "{text}");
            assert_eq!(file.prose, "x ", "{text}");
        }
    }

    #[test]
    fn the_digest_knows_prose_only() {
        let one = digest("A\nB\n");
        for same in ["A\r\nB", "A\rB\r", "\nA\nB\n\n", "A\nB"] {
            assert_eq!(digest(same), one, "{same:?}");
        }
        for other in ["A\n\nB", "A B", " A\nB"] {
            assert_ne!(digest(other), one, "{other:?}");
        }
    }

    #[test]
    fn places_of_the_prose_are_found_in_the_file() {
        for text in [
            "---\nchunk: 1\nbeat: b\nstatus: complete\n---\nA\n\nB 🙂 灯\n",
            "\u{feff}---\r\nchunk: 1\r\nbeat: b\r\nstatus: partial\r\n---\r\n\r\nA\r\n\r\nB 🙂\r\n灯",
            "A\rB\r\n灯",
            "\u{feff}B 灯",
        ] {
            let file = parse(text);
            let places = Places::of(text);
            for word in ["A", "B", "灯"] {
                let Some(at) = file.prose.find(word) else {
                    continue;
                };
                let span = places.in_file(&(at..at + word.len()));
                assert_eq!(&text[span], word, "{text:?}");
            }
            let all = places.in_file(&(0..file.prose.len()));
            assert_eq!(all, file.prose_offset..text.len(), "{text:?}");
            let status = places.status().map(|span| &text[span]);
            assert_eq!(status.is_some(), text.contains("---"), "{text:?}");
            assert!(
                status.is_none_or(|line| line.starts_with("status: ")),
                "{text:?}"
            );
        }
    }

    #[test]
    fn other_encodings_are_read() {
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain("Tür".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        for (bytes, text) in [
            (b"T\xfcr \x93x\x94".to_vec(), "Tür “x”"),
            (utf16, "Tür"),
            ("Tür".as_bytes().to_vec(), "Tür"),
        ] {
            assert_eq!(decode(bytes), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_and_any_prose_comes_back(text in "\\PC*|(---|chunk: 1|beat: b|\r|\n|x:|\u{feff}){0,12}") {
            let file = parse(&text);
            proptest::prop_assert!(text.is_char_boundary(file.prose_offset));
            let again = parse(&render(ChunkNumber(7), &beat("b"), FileStatus::Complete, &text));
            proptest::prop_assert_eq!(digest(&again.prose), digest(&text));
        }
    }
}
