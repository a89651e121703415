//! Reads the attributes in braces at the end of a heading: `## The Logbook {#logbook words=2000 cast="Mara,
//! Ilse" after=storm pov="third person"}`.
//!
//! Read from the heading's source, since the attribute syntax that markdown parsers know has
//! no quoted values.

use std::borrow::Cow;

use crate::story::text::numbers::{grouped, read_length};
use crate::story::text::slug::{beat_slug, nfc};
use crate::story::text::spelling::closest;
use crate::story::text::white_space::on_one_line;
use crate::story::{Problem, Span};

/// The attributes that a beat may have, apart from its `#id`.
pub const ATTRIBUTES: [&str; 4] = ["words", "cast", "after", "pov"];

/// The most words that one beat may ask for.
pub(crate) const MOST_BEAT_WORDS: u32 = 1_000_000;

/// The separators between names in a list, in the scripts of several keyboards.
pub(crate) const NAME_SEPARATORS: [char; 7] = [',', ';', '、', '،', '，', '；', '؛'];

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    pub value: T,
    pub span: Span,
}

/// The attributes of one heading, as far as they could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Normalised as [`beat_slug`] does; never empty.
    pub id: Option<Placed<String>>,
    pub words: Option<Placed<u32>>,
    pub cast: Vec<Placed<String>>,
    /// Normalised like `id`.
    pub after: Vec<Placed<String>>,
    pub pov: Option<Placed<String>>,
    /// The span from brace to brace.
    pub span: Option<Span>,
}

/// A heading's text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadingText {
    /// The source of the title, white space folded, markup still in it.
    pub title: String,
    /// The span of the title.
    pub title_span: Span,
    pub attributes: Attributes,
}

/// Takes a heading's text apart. `content` is its source, which begins at the byte `start`
/// of the brief.
pub(crate) fn read_heading(
    content: &str,
    start: usize,
    problems: &mut Vec<Problem>,
) -> HeadingText {
    let Some(block) = find_block(content) else {
        return HeadingText {
            title: on_one_line(content),
            title_span: trimmed_span(content, start),
            attributes: Attributes::default(),
        };
    };
    let span = start + block.open..start + block.end;
    let inner_start = block.open + 1;
    let inner = &content[inner_start..block.inner_end];
    let mut reader = Reader {
        source: inner,
        start: start + inner_start,
        at: 0,
        attributes: Attributes {
            span: Some(span.clone()),
            ..Attributes::default()
        },
        seen: Vec::new(),
        problems,
    };
    reader.run();
    let attributes = reader.attributes;
    let after = content[block.end..].trim();
    if !block.closed {
        problems.push(Problem::error(
            span,
            "broken-attributes",
            "These attributes have no closing brace. Put a } at the end of the heading.",
        ));
    } else if !after.is_empty() {
        problems.push(Problem::warning(
            span,
            "broken-attributes",
            "Attributes stand at the very end of a heading. Move what follows the } in front of the {.",
        ));
    }
    let before = &content[..block.open];
    let title = if after.is_empty() {
        Cow::Borrowed(before)
    } else {
        Cow::Owned(format!("{before} {after}"))
    };
    HeadingText {
        title: on_one_line(&title),
        title_span: trimmed_span(before, start),
        attributes,
    }
}

/// The place of a block of attributes in a heading.
struct Block {
    open: usize,
    inner_end: usize,
    /// Past the closing brace.
    end: usize,
    closed: bool,
}

/// Returns the first brace that opens attributes: one followed by `#id`, `.class`, `name=` or nothing. Other
/// braces belong to the title.
fn find_block(content: &str) -> Option<Block> {
    content
        .match_indices('{')
        .map(|(open, _)| open)
        .find(|open| !content[..*open].ends_with('\\') && opens_attributes(&content[open + 1..]))
        .map(|open| match closing_brace(content, open + 1) {
            Some(close) => Block {
                open,
                inner_end: close,
                end: close + 1,
                closed: true,
            },
            None => Block {
                open,
                inner_end: content.len(),
                end: content.len(),
                closed: false,
            },
        })
}

fn opens_attributes(inner: &str) -> bool {
    let inner = inner.trim_start();
    if inner.starts_with(['#', '.', '}']) {
        return true;
    }
    let name =
        inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    name.len() < inner.len() && name.trim_start().starts_with('=')
}

/// Returns the first `}` from `from` on that no quotes enclose; where quotes are left open, the last.
fn closing_brace(content: &str, from: usize) -> Option<usize> {
    let mut quote: Option<Quote> = None;
    let mut before = ' ';
    for (offset, c) in content[from..].char_indices() {
        match quote {
            Some(open) if open.closed_by(c) => quote = None,
            Some(_) => {}
            None if c == '}' => return Some(from + offset),
            None if before == '=' => quote = Quote::opened_by(c),
            None => {}
        }
        before = c;
    }
    content[from..].rfind('}').map(|offset| from + offset)
}

/// Quotes of one family close each other, so that curly, low and angled ones work too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Double,
    Single,
}

impl Quote {
    fn opened_by(c: char) -> Option<Quote> {
        match c {
            '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂' | '「' => {
                Some(Quote::Double)
            }
            '\'' | '‘' | '’' | '‚' | '‹' | '›' => Some(Quote::Single),
            _ => None,
        }
    }

    fn closed_by(self, c: char) -> bool {
        c == '」' && self == Quote::Double || Quote::opened_by(c) == Some(self)
    }
}

/// Reads `#id name=value …` one after the other.
struct Reader<'a> {
    source: &'a str,
    /// The offset of `source` in the brief.
    start: usize,
    at: usize,
    attributes: Attributes,
    seen: Vec<&'a str>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn run(&mut self) {
        while let Some(c) = self.skip_blanks() {
            let from = self.at;
            if c == '#' {
                self.at += 1;
                let id = self.take_bare();
                self.set_id(id, from + 1);
            } else {
                self.read_pair(from);
            }
            // Whatever the source holds, every round gets past one character at least.
            if self.at == from {
                self.at += c.len_utf8();
            }
        }
    }

    fn read_pair(&mut self, from: usize) {
        let name = self.take_while(|c| !c.is_whitespace() && c != '=');
        let name_end = self.at;
        let blanks = self.source[self.at..].len() - self.source[self.at..].trim_start().len();
        if !self.source[self.at + blanks..].starts_with('=') {
            self.problem_bare_word(name, from..name_end);
            return;
        }
        self.at += blanks + 1;
        self.skip_blanks();
        let Some(value) = self.take_value() else {
            return;
        };
        let span = from..name_end;
        if self.seen.contains(&name) {
            let message =
                format!("`{name}` stands here twice; the first one counts. Delete this one.");
            self.problem(span, |span| {
                Problem::warning(span, "repeated-attribute", message)
            });
            return;
        }
        self.seen.push(name);
        match name {
            "id" => {
                let id = value.value.clone();
                let id_start = value.span.start;
                self.set_id(&id, id_start);
            }
            "words" => self.set_words(&value),
            "cast" => self.attributes.cast = self.list(&value, |name| Some(on_one_line(name))),
            "after" => {
                let ids = self.list(&value, |id| {
                    let id = beat_slug(id.trim_start_matches('#'));
                    (!id.is_empty()).then_some(id)
                });
                self.attributes.after = ids;
            }
            "pov" => {
                self.attributes.pov = Some(Placed {
                    value: on_one_line(&value.value),
                    span: self.placed(value.span),
                })
                .filter(|pov| !pov.value.is_empty());
            }
            _ => self.problem_unknown(name, span),
        }
    }

    /// Returns a value with or without quotes; its span is relative to `source`, quotes left out. Quotes that
    /// are never closed are a problem, and nobody knows what they hold.
    fn take_value(&mut self) -> Option<Placed<String>> {
        let opening = self.source[self.at..].chars().next();
        let Some((quote, opening)) = opening.and_then(|c| Some((Quote::opened_by(c)?, c))) else {
            let from = self.at;
            let value = self.take_bare().to_owned();
            let span = from..self.at;
            return Some(Placed { value, span });
        };
        let open = self.at;
        self.at += opening.len_utf8();
        let from = self.at;
        let value = self.take_until_closed(quote).to_owned();
        let span = from..self.at;
        let Some(closing) = self.source[self.at..].chars().next() else {
            self.problem(open..self.source.len(), |span| {
                Problem::error(
                    span,
                    "broken-attributes",
                    "This quotation mark is never closed. Put another one behind the value.",
                )
            });
            return None;
        };
        self.at += closing.len_utf8();
        Some(Placed { value, span })
    }

    /// Takes the text up to the closing quote or the end. A single quote closes only where a word ends, so
    /// that the apostrophe of `'D'Arcy'` does not.
    fn take_until_closed(&mut self, quote: Quote) -> &'a str {
        let rest = &self.source[self.at..];
        let closes = |index: usize, c: char| {
            let next = rest[index + c.len_utf8()..].chars().next();
            quote.closed_by(c)
                && (quote == Quote::Double || next.is_none_or(|next| next.is_whitespace()))
        };
        let end = rest
            .char_indices()
            .find(|(index, c)| closes(*index, *c))
            .map_or(rest.len(), |(index, _)| index);
        self.at += end;
        &rest[..end]
    }

    fn set_id(&mut self, raw: &str, from: usize) {
        let end = from + raw.len();
        let id = beat_slug(raw);
        if id.is_empty() {
            self.problem(from.saturating_sub(1)..end, |span| {
                Problem::warning(
                    span,
                    "bad-beat-id",
                    "An id needs at least one letter or digit, such as {#storm}. The heading's own words are used.",
                )
            });
            return;
        }
        if self.attributes.id.is_some() {
            self.problem(from..end, |span| {
                Problem::warning(
                    span,
                    "repeated-attribute",
                    "A beat has one id; the first one counts. Delete this one.",
                )
            });
            return;
        }
        if id != nfc(raw) {
            let message = format!(
                "Ids are small letters, digits and hyphens, so this one is read as `{id}`. Write it that way."
            );
            self.problem(from..end, |span| {
                Problem::warning(span, "bad-beat-id", message)
            });
        }
        self.attributes.id = Some(Placed {
            value: id,
            span: self.placed(from..end),
        });
    }

    fn set_words(&mut self, value: &Placed<String>) {
        match read_length(&value.value, MOST_BEAT_WORDS) {
            Ok(words) => {
                self.attributes.words = Some(Placed {
                    value: words,
                    span: self.placed(value.span.clone()),
                });
            }
            Err(reason) => {
                let message = format!(
                    "`words` is the length of this beat, from 1 to {}; `{}` is {}. Write words=1500, or leave it out for an even share.",
                    grouped(MOST_BEAT_WORDS),
                    shortened(&value.value),
                    reason.describe(),
                );
                self.problem(value.span.clone(), |span| {
                    Problem::error(span, "bad-words", message)
                });
            }
        }
    }

    /// Returns the parts of a value between commas, each with its place.
    fn list(
        &self,
        value: &Placed<String>,
        read: impl Fn(&str) -> Option<String>,
    ) -> Vec<Placed<String>> {
        let mut parts = Vec::new();
        let mut from = value.span.start;
        for part in value.value.split_inclusive(NAME_SEPARATORS) {
            let text = part.trim_end_matches(NAME_SEPARATORS);
            let lead = text.len() - text.trim_start().len();
            let text = text.trim();
            if let Some(read) = read(text).filter(|read| !read.is_empty()) {
                parts.push(Placed {
                    value: read,
                    span: self.placed(from + lead..from + lead + text.len()),
                });
            }
            from += part.len();
        }
        parts
    }

    fn problem_bare_word(&mut self, word: &str, span: Span) {
        let message = if ATTRIBUTES.contains(&word) {
            format!(
                "`{word}` has no value. Write it behind a =, as in {}.",
                example(word)
            )
        } else {
            format!(
                "`{word}` is neither an id nor a name=value. An id begins with #; a value with spaces in it stands in quotes."
            )
        };
        self.problem(span, |span| {
            Problem::warning(span, "broken-attributes", message)
        });
    }

    fn problem_unknown(&mut self, name: &str, span: Span) {
        let advice = match closest(&name.to_lowercase(), ATTRIBUTES) {
            Some(known) => format!("Did you mean `{known}`?"),
            None => format!("A beat may have #id, {}.", ATTRIBUTES.join(", ")),
        };
        let message = format!("There is no attribute `{}`. {advice}", shortened(name));
        self.problem(span, |span| {
            Problem::warning(span, "unknown-attribute", message)
        });
    }

    fn problem(&mut self, span: Span, make: impl FnOnce(Span) -> Problem) {
        let span = self.placed(span);
        self.problems.push(make(span));
    }

    /// Converts a span in `source` to one in the brief.
    fn placed(&self, span: Span) -> Span {
        self.start + span.start..self.start + span.end
    }

    fn skip_blanks(&mut self) -> Option<char> {
        self.take_while(char::is_whitespace);
        self.source[self.at..].chars().next()
    }

    fn take_bare(&mut self) -> &'a str {
        self.take_while(|c| !c.is_whitespace())
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.source[self.at..];
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }
}

fn example(attribute: &str) -> &'static str {
    match attribute {
        "cast" => "cast=\"Mara, Ilse\"",
        "after" => "after=storm",
        "pov" => "pov=\"third person\"",
        _ => "words=1500",
    }
}

fn trimmed_span(text: &str, start: usize) -> Span {
    let lead = text.len() - text.trim_start().len();
    let length = text.trim().len();
    // All blanks: an empty range at the start.
    if length == 0 {
        start..start
    } else {
        start + lead..start + lead + length
    }
}

/// Cuts what the author wrote short enough for a message.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}…")
}
