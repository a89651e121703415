//! Reads the threads that the author lists in the brief, under `# Threads`.
//!
//! It is the author's own list, so that it is read forgivingly: every item of a list is a thread, and what stands in
//! brackets at its end may say at which beats it is opened, due and paid. Anything else there is text.

use crate::story::comments::Bare;
use crate::story::slug::{beat_slug, fold};
use crate::story::{Beat, Brief, Section, SectionKind, Span};

/// A thread as the author lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthoredThread {
    /// On one line, without what stands in brackets.
    pub text: String,
    /// The place of the item without its bullet, in bytes of the brief.
    pub span: Span,
    pub opened: Option<NamedBeat>,
    pub due: Option<NamedBeat>,
    pub paid: Option<NamedBeat>,
    /// Whether the author ticked it off: `- [x]`.
    pub is_ticked: bool,
}

/// A beat by the name that the author gives it: its id, its heading or its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedBeat {
    pub name: String,
    /// The place of the name, in bytes of the brief.
    pub span: Span,
}

/// What a label in brackets says of a thread.
#[derive(Clone, Copy)]
enum Label {
    Opened,
    Due,
    Paid,
}

impl Label {
    fn of(word: &str) -> Option<Label> {
        match word.trim().to_lowercase().as_str() {
            "opened" | "open" | "opens" | "planted" | "from" => Some(Label::Opened),
            "due" | "until" | "by" => Some(Label::Due),
            "paid" | "pays" | "closed" | "closes" | "resolved" => Some(Label::Paid),
            _ => None,
        }
    }
}

impl AuthoredThread {
    /// Lists the beats that it names.
    pub fn beats(&self) -> impl Iterator<Item = &NamedBeat> {
        [&self.opened, &self.due, &self.paid].into_iter().flatten()
    }
}

impl NamedBeat {
    /// Finds the beat that is meant, as an index into those of the brief.
    pub fn position(&self, brief: &Brief) -> Option<usize> {
        let name = fold(&self.name);
        let slug = beat_slug(&self.name);
        let find = |is_it: &dyn Fn(&Beat) -> bool| brief.beats.iter().position(is_it);
        let by_number = || {
            let digits = name.strip_prefix("chunk").unwrap_or(&name).trim();
            let number: usize = digits.parse().ok()?;
            number.checked_sub(1).filter(|at| *at < brief.beats.len())
        };
        find(&|beat| beat.id.as_str() == self.name)
            .or_else(|| find(&|beat| fold(beat.id.as_str()) == name))
            .or_else(|| find(&|beat| fold(&beat.title) == name || beat.id.as_str() == slug))
            .or_else(by_number)
    }
}

/// Reads the threads that a brief lists, in its order; `text` is the brief's own.
pub fn authored(brief: &Brief, text: &str) -> Vec<AuthoredThread> {
    let mut threads = Vec::new();
    for section in brief.sections.iter().filter(|it| is_of_threads(it)) {
        let body = section.heading_span.end..section.span.end;
        let Some(source) = text.get(body.clone()) else {
            continue;
        };
        let bare = Bare::of(source);
        let place = |span: &Span| {
            let span = bare.in_source(span);
            span.start + body.start..span.end + body.start
        };
        let items = items(&bare.text).into_iter();
        threads.extend(items.filter_map(|item| thread(&bare.text, item, &place)));
    }
    threads
}

/// Tells whether a section lists threads.
pub fn is_of_threads(section: &Section) -> bool {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, ':' | '：' | '*' | '_');
    let title = section.title.trim_matches(is_mark);
    section.kind == SectionKind::Background && title.eq_ignore_ascii_case("threads")
}

/// Finds the items of the lists of a text, without their bullets: a line with one, and the indented lines below it.
fn items(text: &str) -> Vec<Span> {
    let mut items: Vec<Span> = Vec::new();
    let mut goes_on = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let indent = content.len() - content.trim_start().len();
        match bullet(content.trim_start()) {
            Some(bullet) => {
                items.push(at + indent + bullet..at + content.len());
                goes_on = true;
            }
            None if goes_on && indent > 0 && content.len() > indent => {
                if let Some(last) = items.last_mut() {
                    last.end = at + content.len();
                }
            }
            None => goes_on = false,
        }
        at += line.len();
    }
    items.retain(|item| !item.is_empty());
    items
}

/// Measures the bullet or number that a line begins with, in bytes, with the blanks behind it.
fn bullet(line: &str) -> Option<usize> {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+', '•', '・'])?,
        _ => line[digits..].strip_prefix(['.', ')'])?,
    };
    let content = rest.trim_start();
    let is_parted = content.len() < rest.len() || line.starts_with(['•', '・']);
    is_parted.then(|| line.len() - content.len())
}

fn thread(text: &str, item: Span, place: &dyn Fn(&Span) -> Span) -> Option<AuthoredThread> {
    let source = &text[item.clone()];
    let boxed = source.get(..3).filter(|_| source[3..].starts_with(' '));
    let ticked = boxed.filter(|it| it.eq_ignore_ascii_case("[x]"));
    let start = match ticked.or(boxed.filter(|it| *it == "[ ]")) {
        Some(_) => source.len() - source[3..].trim_start().len(),
        None => 0,
    };
    let mut found = AuthoredThread {
        text: String::new(),
        span: place(&item),
        opened: None,
        due: None,
        paid: None,
        is_ticked: ticked.is_some(),
    };
    let said = &source[start..];
    let end = match brackets(said) {
        Some(inner) if found.take(text, item.start + start, inner.clone(), place) => {
            let before = &said[..inner.start];
            before.char_indices().next_back().map_or(0, |(at, _)| at)
        }
        _ => said.len(),
    };
    found.text = said[..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!found.text.is_empty()).then_some(found)
}

/// Finds what stands in the brackets at the end of a text.
fn brackets(text: &str) -> Option<Span> {
    let whole = text.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    let inner = whole.strip_suffix([')', '）'])?;
    let open = inner.rfind(['(', '（'])?;
    let start = open + inner[open..].chars().next().map_or(0, char::len_utf8);
    Some(start..inner.len())
}

impl AuthoredThread {
    /// Takes what brackets say, whose place is counted from `start`; `false` where that is nothing of a thread.
    fn take(
        &mut self,
        text: &str,
        start: usize,
        inner: Span,
        place: &dyn Fn(&Span) -> Span,
    ) -> bool {
        let inner = start + inner.start..start + inner.end;
        let mut is_any = false;
        let mut at = inner.start;
        for part in text[inner].split_inclusive([',', ';', '，', '；', '、']) {
            let from = at;
            at += part.len();
            let Some(colon) = part.find([':', '：', '=']) else {
                continue;
            };
            let Some(label) = Label::of(&part[..colon]) else {
                continue;
            };
            is_any = true;
            let after = part[colon..].chars().next().map_or(0, char::len_utf8) + colon;
            let is_mark = |c: char| c.is_whitespace() || "#{}\"'“”,;，；、".contains(c);
            let name = part[after..].trim_matches(is_mark);
            if name.is_empty() {
                continue;
            }
            let begin = part.len() - part[after..].trim_start_matches(is_mark).len() + from;
            let named = Some(NamedBeat {
                name: name.to_owned(),
                span: place(&(begin..begin + name.len())),
            });
            match label {
                Label::Opened => self.opened = named,
                Label::Due => self.due = named,
                Label::Paid => self.paid = named,
            }
        }
        is_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEATS: &str =
        "# Outline\n## The Logbook {#logbook}\nMara reads.\n## Ilse Comes\nIlse rows.\n";

    /// Shows what is read of a section.
    fn read(list: &str) -> Vec<String> {
        let text = format!("# Threads\n{list}\n{BEATS}");
        let brief = Brief::parse(&text);
        let named = |label: &str, beat: &Option<NamedBeat>| {
            let Some(beat) = beat else {
                return String::new();
            };
            assert_eq!(&text[beat.span.clone()], beat.name, "{list}");
            let at = beat.position(&brief).map_or(0, |at| at + 1);
            format!(" {label} {at}")
        };
        let threads = authored(&brief, &text).into_iter();
        threads
            .map(|thread| {
                let ticked = if thread.is_ticked { "x " } else { "" };
                let opened = named("opened", &thread.opened);
                let due = named("due", &thread.due);
                let paid = named("paid", &thread.paid);
                assert!(text.get(thread.span).is_some());
                format!("{ticked}{}{opened}{due}{paid}", thread.text)
            })
            .collect()
    }

    #[test]
    fn a_list_is_read_as_it_comes() {
        for (list, expected) in [
            (
                "- the sealed letter (opened: logbook, due: ilse-comes)\n",
                &["the sealed letter opened 1 due 2"][..],
            ),
            (
                "* The *second* lamp (DUE = 2)\n+ [x] who lit it (paid: Ilse Comes).\n1. [ ] open\n",
                &["The *second* lamp due 2", "x who lit it paid 2", "open"],
            ),
            (
                "- a letter\n  that goes on (due: {#logbook};\n  opened: chunk 1)\n\nNot one.\n",
                &["a letter that goes on opened 1 due 1"],
            ),
            (
                "- the key (of brass)\n- (due: logbook)\n-\n-none\n",
                &["the key (of brass)"],
            ),
            (
                "・手紙（opened：logbook、due：2）\n",
                &["手紙 opened 1 due 2"],
            ),
            ("- gone (due: nowhere)\n", &["gone due 0"]),
            (
                "- a <!-- due: 1 --> letter (due: <!-- no --> 2)\n",
                &["a letter due 2"],
            ),
            ("Just a text (due: 1).\n", &[]),
        ] {
            assert_eq!(read(list), expected, "{list}");
        }
    }

    #[test]
    fn other_sections_list_none() {
        let text = format!("# Notes\n- a letter\n# Things\n- a letter\n{BEATS}");
        assert!(authored(&Brief::parse(&text), &text).is_empty());
        let text = format!("# **THREADS:**\n- a letter\n{BEATS}");
        assert_eq!(authored(&Brief::parse(&text), &text).len(), 1);
    }

    #[test]
    fn nothing_makes_it_fail() {
        for list in [
            "- [x",
            "- [x]",
            "- ()",
            "- (：",
            "- a (due:",
            "- a（due：）",
            "- é(due=é)",
            "・",
        ] {
            let _ = read(list);
        }
    }
}
