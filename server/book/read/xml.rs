//! Reads XML as events, and refuses what only a document made to do harm has.
//!
//! Names lose their prefixes: `w:p` is `p`. A document type may be named, as XHTML does; one that declares entities is
//! refused, so that nothing is ever expanded or fetched.

use super::source::Unreadable;

/// The deepest nesting of elements.
const DEPTH: usize = 300;
/// The most bytes of one tag.
const TAG_BYTES: usize = 64 * 1024;
/// The most attributes of one element.
const ATTRIBUTES: usize = 200;

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Start(Element),
    /// The end of an element, also of one without content.
    End(String),
    Text(String),
}

/// The start of an element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Without its prefix.
    pub name: String,
    /// By their names without prefixes.
    pub attributes: Vec<(String, String)>,
}

impl Element {
    /// Returns the value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads a whole document. Elements that end without having begun, or never end, are forgiven: web pages in books
/// are often so.
///
/// # Errors
/// For declared entities, nesting without end, and tags beyond measure.
pub(super) fn events(file: &str, text: &str) -> Result<Vec<Event>, Unreadable> {
    let mut reader = Reader {
        file,
        rest: text,
        open: Vec::new(),
        events: Vec::new(),
    };
    while !reader.rest.is_empty() {
        reader.step()?;
    }
    while let Some(name) = reader.open.pop() {
        reader.events.push(Event::End(name));
    }
    Ok(reader.events)
}

struct Reader<'a> {
    file: &'a str,
    rest: &'a str,
    /// The names of the elements that have begun.
    open: Vec<String>,
    events: Vec<Event>,
}

impl<'a> Reader<'a> {
    fn refused(&self, why: &str) -> Unreadable {
        Unreadable::new(self.file, why)
    }

    fn step(&mut self) -> Result<(), Unreadable> {
        let rest = self.rest;
        if let Some(inner) = rest.strip_prefix("<!--") {
            self.rest = past(inner, "-->");
        } else if let Some(inner) = rest.strip_prefix("<![CDATA[") {
            let end = inner.find("]]>").unwrap_or(inner.len());
            self.text(inner[..end].to_owned());
            self.rest = past(inner, "]]>");
        } else if rest.starts_with("<?") {
            self.rest = past(rest, "?>");
        } else if rest.starts_with("<!") {
            self.document_type()?;
        } else if let Some(inner) = rest.strip_prefix("</") {
            let end = inner.find('>').unwrap_or(inner.len());
            let name = local(inner[..end].trim()).to_owned();
            self.rest = past(inner, ">");
            self.close(&name);
        } else if rest.starts_with('<') && starts_name(&rest[1..]) {
            self.start()?;
        } else {
            let from = usize::from(rest.starts_with('<'));
            let end = rest[from..].find('<').map_or(rest.len(), |at| from + at);
            self.text(unescaped(&rest[..end]));
            self.rest = &rest[end..];
        }
        Ok(())
    }

    fn text(&mut self, text: String) {
        match self.events.last_mut() {
            Some(Event::Text(before)) => before.push_str(&text),
            _ => self.events.push(Event::Text(text)),
        }
    }

    fn document_type(&mut self) -> Result<(), Unreadable> {
        let end = self.rest.find('>').unwrap_or(self.rest.len());
        let declared = &self.rest[..end];
        if declared.contains('[') || declared.to_ascii_uppercase().contains("<!ENTITY") {
            return Err(self.refused(
                "it declares entities of its own, which no book needs and which are not expanded",
            ));
        }
        self.rest = past(self.rest, ">");
        Ok(())
    }

    fn start(&mut self) -> Result<(), Unreadable> {
        let inner = &self.rest[1..];
        let Some(length) = tag_length(inner) else {
            return Err(self.refused("a tag in it never ends, or is larger than any tag of a book"));
        };
        let tag = &inner[..length];
        self.rest = &inner[length + 1..];
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let end = tag.find(|c: char| c.is_whitespace()).unwrap_or(tag.len());
        let name = local(&tag[..end]).to_owned();
        let attributes = attributes(&tag[end..]);
        if attributes.len() > ATTRIBUTES {
            return Err(self.refused("a tag in it has more attributes than any tag of a book"));
        }
        let element = Element {
            name: name.clone(),
            attributes,
        };
        self.events.push(Event::Start(element));
        if is_empty {
            self.events.push(Event::End(name));
            return Ok(());
        }
        self.open.push(name);
        match self.open.len() > DEPTH {
            true => Err(self.refused("its elements are nested deeper than in any book")),
            false => Ok(()),
        }
    }

    /// Ends an element with all that began in it and did not end.
    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open == name) else {
            return;
        };
        while self.open.len() > at {
            if let Some(open) = self.open.pop() {
                self.events.push(Event::End(open));
            }
        }
    }
}

/// Returns the length of a tag up to its `>`; quoted values may hold one.
fn tag_length(inner: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in inner.bytes().enumerate().take(TAG_BYTES) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'>') => return Some(at),
            _ => {}
        }
    }
    None
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some(at) = rest.find('=') {
        let name = rest[..at].split_whitespace().next_back().unwrap_or("");
        let value = rest[at + 1..].trim_start();
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            rest = &rest[at + 1..];
            continue;
        };
        let value = &value[1..];
        let end = value.find(quote).unwrap_or(value.len());
        found.push((local(name).to_owned(), unescaped(&value[..end])));
        rest = value.get(end + 1..).unwrap_or("");
        if found.len() > ATTRIBUTES {
            break;
        }
    }
    found
}

fn starts_name(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns what follows a mark, or nothing where it does not come.
fn past<'a>(text: &'a str, mark: &str) -> &'a str {
    match text.find(mark) {
        Some(at) => &text[at + mark.len()..],
        None => "",
    }
}

/// Returns a name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The named characters that web pages in books have, besides the five of XML.
const NAMED: [(&str, &str); 34] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("ensp", "\u{2002}"),
    ("emsp", "\u{2003}"),
    ("thinsp", "\u{2009}"),
    ("shy", "\u{ad}"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("hellip", "…"),
    ("bull", "•"),
    ("middot", "·"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("deg", "°"),
    ("times", "×"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("agrave", "à"),
    ("ccedil", "ç"),
    ("ouml", "ö"),
    ("uuml", "ü"),
];

/// Replaces the names and numbers of characters; what is neither stays.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let name = &rest[at + 1..];
        let end = name.bytes().take(12).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((character(name.get(..end)?)?, end)));
        match found {
            Some((character, end)) => {
                out.push_str(&character);
                rest = &name[end + 1..];
            }
            None => {
                out.push('&');
                rest = name;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<String> {
    let number = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        },
        None => {
            let found = NAMED.iter().find(|(known, _)| *known == name)?;
            return Some(found.1.to_owned());
        }
    };
    let character = char::from_u32(number).filter(|c| !c.is_control() || c.is_whitespace())?;
    Some(character.to_string())
}
