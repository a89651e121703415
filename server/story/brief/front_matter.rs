//! Reads YAML front matter: its place, and its keys and values with their places.
//!
//! Works on the events of the YAML parser and never builds a tree: neither deep nesting nor
//! an anchor bomb can cost more than reading the text once. What the keys mean is none of its
//! business.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::section_kind::SectionKind;
use crate::story::text::white_space::on_one_line;
use crate::story::{Problem, Span};

/// Front matter longer than this, in bytes, is not read.
const MOST_BYTES: usize = 64 * 1024;
/// Values nested deeper than this are not read.
const MOST_DEPTH: usize = 32;

/// The block between two `---` lines at the start of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FrontMatter {
    /// The span of both fences and what is between; a missing closing fence ends it where the text obviously
    /// begins.
    pub span: Span,
    /// The keys in the order of the text; of a repeated key, the first only.
    pub entries: Vec<Entry>,
    /// Whether all of it could be read.
    pub complete: bool,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Value,
    /// Empty where the value is.
    pub value_span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An empty value, `~` or `null`.
    Empty,
    /// Any text, number or yes and no, as it was written.
    Text(String),
    /// A list or a mapping.
    Nested,
}

impl FrontMatter {
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Reads the front matter of `text`, if it has any. Returns it with the byte where the
    /// rest begins. A byte order mark and blank lines may stand before it.
    pub fn read(text: &str, problems: &mut Vec<Problem>) -> (Option<FrontMatter>, usize) {
        let Some(place) = locate(text) else {
            let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
            return (None, mark);
        };
        let mut front_matter = FrontMatter {
            span: place.span.clone(),
            entries: Vec::new(),
            complete: true,
        };
        if !place.closed {
            front_matter.complete = false;
            problems.push(Problem::error(
                place.opening.clone(),
                "unclosed-front-matter",
                "The front matter that begins here has no end. Put a line with --- below its last setting.",
            ));
        }
        if place.inner.len() > MOST_BYTES {
            front_matter.complete = false;
            problems.push(Problem::error(
                place.opening,
                "bad-front-matter",
                "This front matter is too long to be read. It holds settings only; the story's background goes into sections below it.",
            ));
        } else {
            front_matter.read_yaml(text, &place, problems);
        }
        (Some(front_matter), place.body)
    }

    fn read_yaml(&mut self, text: &str, place: &Place, problems: &mut Vec<Problem>) {
        let mut reader = Reader::new(&text[place.inner.clone()], place.inner.start);
        match reader.mapping(&mut self.entries) {
            Ok(()) => {}
            Err(Stop::NoMapping(span)) => {
                self.complete = false;
                problems.push(Problem::error(
                    span,
                    "bad-front-matter",
                    "Front matter is a list of settings, one a line, such as `title: The Lamp Keeper`.",
                ));
            }
            Err(Stop::Broken(error)) => {
                self.complete = false;
                let at = reader.byte(error.marker().index());
                let at = tab_after(text, at, &error).unwrap_or(at);
                let span = line_around(text, at, &place.inner);
                problems.push(Problem::error(span, "bad-front-matter", explain(&error)));
            }
            Err(Stop::TooDeep(at)) => {
                self.complete = false;
                problems.push(Problem::error(
                    line_around(text, at, &place.inner),
                    "bad-front-matter",
                    "This is nested too deeply to be a setting. Take it out of the front matter.",
                ));
            }
        }
        problems.append(&mut reader.problems);
        self.drop_repeated(problems);
    }

    fn drop_repeated(&mut self, problems: &mut Vec<Problem>) {
        let mut seen = std::collections::HashSet::new();
        self.entries.retain(|entry| {
            let first = seen.insert(entry.key.clone());
            if !first {
                problems.push(Problem::warning(
                    entry.key_span.clone(),
                    "duplicate-key",
                    format!(
                        "`{}` is set twice; the first one counts. Delete one of them.",
                        entry.key
                    ),
                ));
            }
            first
        });
    }
}

/// The place of the front matter.
struct Place {
    span: Span,
    opening: Span,
    inner: Span,
    body: usize,
    closed: bool,
}

fn locate(text: &str) -> Option<Place> {
    let start = text
        .strip_prefix('\u{feff}')
        .map_or(0, |_| '\u{feff}'.len_utf8());
    let start = start
        + (text[start..].len()
            - text[start..]
                .trim_start_matches(['\n', '\r', ' ', '\t'])
                .len());
    // Only blank lines may stand above; an indented --- is none.
    if !(start == 0 || text[..start].ends_with(['\n', '\r', '\u{feff}'])) {
        return None;
    }
    let mut lines = lines(text, start);
    let (opening, inner_start) = lines.next()?;
    if text[opening.clone()].trim_end() != "---" {
        return None;
    }
    let before_sections = lines.take_while(|(line, _)| !is_section_heading(&text[line.clone()]));
    let mut end = inner_start;
    let mut unclosed_end = None;
    for (line, next) in before_sections {
        let content = text[line.clone()].trim_end();
        if matches!(content, "---" | "...") {
            return Some(Place {
                span: opening.start..line.start + content.len(),
                opening,
                inner: inner_start..line.start,
                body: next,
                closed: true,
            });
        }
        if content.is_empty() {
            unclosed_end = unclosed_end.or(Some(end).filter(|end| *end > inner_start));
        }
        end = next;
    }
    // The fence is missing: the settings go on to the first blank line or section. Where no
    // setting follows, --- is but a line across the page.
    let end = unclosed_end.unwrap_or(end);
    let first = text[inner_start..end]
        .lines()
        .find(|line| !line.starts_with('#'))?;
    is_setting(first).then(|| Place {
        span: opening.start..text[..end].trim_end().len(),
        opening,
        inner: inner_start..end,
        body: end,
        closed: false,
    })
}

/// Tells whether a line is a section heading such as `# Premise`: in YAML a comment, but in no front matter
/// that anybody writes.
fn is_section_heading(line: &str) -> bool {
    line.trim_end()
        .strip_prefix("# ")
        .is_some_and(|title| SectionKind::of(title) != SectionKind::Background)
}

/// Tells whether a line looks like `key: value`.
fn is_setting(line: &str) -> bool {
    let name =
        line.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    name.len() < line.len()
        && name
            .trim_start()
            .strip_prefix(':')
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Returns the lines from `start` on: the span of each without its end, and where the next begins.
fn lines(text: &str, start: usize) -> impl Iterator<Item = (Span, usize)> {
    let mut at = start;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = at..at + length;
        let tail = &rest[length..];
        at = line.end
            + if tail.starts_with("\r\n") {
                2
            } else {
                tail.len().min(1)
            };
        Some((line, at))
    })
}

/// Returns the part of the line around `at` that holds text, kept inside `bounds`.
fn line_around(text: &str, at: usize, bounds: &Span) -> Span {
    let mut at = at.clamp(bounds.start, bounds.end);
    // An error at the end of the text belongs to the last line that says something.
    if text[at..bounds.end].trim().is_empty() {
        at = bounds.start + text[bounds.start..at].trim_end().len();
    }
    let start = text[bounds.start..at]
        .rfind(['\n', '\r'])
        .map_or(bounds.start, |end| bounds.start + end + 1);
    let end = text[at..bounds.end]
        .find(['\n', '\r'])
        .map_or(bounds.end, |end| at + end);
    let line = &text[start..end];
    let lead = line.len() - line.trim_start().len();
    start + lead..(start + line.trim_end().len()).max(start + lead)
}

/// Finds the tab in the indentation behind a scanner's error, which names the value above it.
fn tab_after(text: &str, at: usize, error: &ScanError) -> Option<usize> {
    let has_tab = |line: &str| {
        let indentation = &line[..line.len() - line.trim_start().len()];
        indentation.contains('\t')
    };
    let (line, _) = lines(text, at)
        .skip(1)
        .find(|(line, _)| has_tab(&text[line.clone()]))?;
    error.info().contains("tab").then_some(line.end)
}

/// Returns a scanner's message in words for a writer.
fn explain(error: &ScanError) -> String {
    let info = error.info();
    let advice = if info.contains("mapping values are not allowed") || info.contains("expected ':'")
    {
        "A value that holds a colon has to stand in quotes: title: \"Storm: A Story\"."
    } else if info.contains("tab") {
        "Use spaces instead of tabs at the start of a line."
    } else if info.contains("quoted scalar") || info.contains("end of stream") {
        "A quotation mark or bracket that was opened is never closed."
    } else if info.contains("anchor") || info.contains("alias") {
        "A value that begins with * or & has to stand in quotes."
    } else if info.contains("cannot start any token") || info.contains("unexpected character") {
        "A value that begins with a special character (@, `, %, !, | and the like) has to stand in quotes."
    } else {
        "Write one setting a line, as `name: value`, and put values with special characters in quotes."
    };
    format!("This line of the front matter can't be read. {advice} (The YAML reader says: {info}.)")
}

/// The reason why reading ended early.
enum Stop {
    /// The document is no mapping.
    NoMapping(Span),
    Broken(ScanError),
    TooDeep(usize),
}

type Token<'a> = (Event<'a>, Span);

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    source: &'a str,
    start: usize,
    /// The byte of every character, since the parser counts characters.
    bytes: Vec<usize>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, start: usize) -> Self {
        Reader {
            parser: Parser::new_from_str(source),
            source,
            start,
            bytes: source.char_indices().map(|(byte, _)| byte).collect(),
            problems: Vec::new(),
        }
    }

    /// Returns the byte in the whole text of the character `index` of the source.
    fn byte(&self, index: usize) -> usize {
        self.start + self.bytes.get(index).copied().unwrap_or(self.source.len())
    }

    fn next(&mut self) -> Result<Option<Token<'a>>, Stop> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Err(error)) => Err(Stop::Broken(error)),
            Some(Ok((event, span))) => {
                let start = self.byte(span.start.index());
                let end = self.byte(span.end.index()).max(start);
                Ok(Some((event, start..end)))
            }
        }
    }

    /// Reads the one mapping that front matter is. What was read before an error stays.
    fn mapping(&mut self, entries: &mut Vec<Entry>) -> Result<(), Stop> {
        loop {
            let Some((event, span)) = self.next()? else {
                return Ok(());
            };
            match event {
                Event::MappingStart(..) => break,
                Event::Scalar(text, ..) if text.trim().is_empty() => {}
                Event::Scalar(..) => return Err(Stop::NoMapping(span)),
                Event::SequenceStart(..) | Event::Alias(_) => {
                    return Err(Stop::NoMapping(self.first_line()));
                }
                _ => {}
            }
        }
        while let Some((event, mut key_span)) = self.next()? {
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => Some(text.trim().to_owned()),
                other => {
                    key_span.end = self.skip(&other, &key_span)?;
                    None
                }
            };
            let Some((event, mut value_span)) = self.next()? else {
                break;
            };
            let value = self.value(event, &mut value_span)?;
            let key_span = self.trimmed(key_span);
            match key {
                Some(key) => entries.push(Entry {
                    key_span,
                    value_span: self.trimmed(value_span),
                    key,
                    value,
                }),
                None => self.problems.push(Problem::warning(
                    key_span,
                    "unknown-key",
                    "A setting's name is a plain word. This one is ignored.",
                )),
            }
        }
        Ok(())
    }

    /// Widens `span` to the whole of a list or mapping.
    fn value(&mut self, event: Event<'a>, span: &mut Span) -> Result<Value, Stop> {
        match event {
            Event::Scalar(text, style, ..) => {
                let empty = style == ScalarStyle::Plain
                    && matches!(text.trim(), "" | "~" | "null" | "Null" | "NULL");
                Ok(if empty || text.trim().is_empty() {
                    Value::Empty
                } else {
                    Value::Text(on_one_line(&text))
                })
            }
            Event::Alias(_) => {
                self.problems.push(Problem::error(
                    span.clone(),
                    "bad-front-matter",
                    "References with * are not followed here. Write the value itself, or put it in quotes if it begins with a *.",
                ));
                Ok(Value::Empty)
            }
            other => {
                span.end = self.skip(&other, span)?;
                Ok(Value::Nested)
            }
        }
    }

    /// Reads on to the end of the list or mapping that `first` began; returns where that is.
    fn skip(&mut self, first: &Event<'a>, span: &Span) -> Result<usize, Stop> {
        let mut depth = usize::from(matches!(
            first,
            Event::SequenceStart(..) | Event::MappingStart(..)
        ));
        let mut end = span.end;
        while depth > 0 {
            let Some((event, span)) = self.next()? else {
                return Ok(end);
            };
            end = span.end.max(end);
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
                Event::SequenceEnd | Event::MappingEnd => depth -= 1,
                _ => {}
            }
            if depth > MOST_DEPTH {
                return Err(Stop::TooDeep(end));
            }
        }
        Ok(end)
    }

    /// Returns a span without the blanks and line ends that block scalars and empty values have.
    fn trimmed(&self, span: Span) -> Span {
        let text = &self.source[span.start - self.start..span.end - self.start];
        span.start..span.start + text.trim_end().len()
    }

    fn first_line(&self) -> Span {
        let text = self.source.trim_start();
        let start = self.start + self.source.len() - text.len();
        start..start + text.lines().next().map_or(0, |line| line.trim_end().len())
    }
}
