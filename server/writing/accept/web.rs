//! Takes out what belongs on a web page, not in a manuscript: comments, tags, scripts, pictures from the web.
//! What stands in code is on a screen of the story's, and stays.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::check::Check;
use super::cutting::Repair;
use super::lines::is_fence;
use super::wording::with_white;

/// Tags that only lay out a text; one of them may be a character's.
static LAYOUT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)</?(?:p|div|span|br|hr|html|body|head|header|footer|article|section|main|aside|nav|h[1-6]|font|center|ul|ol|li|blockquote|figure|figcaption)(?:\s[^<>\n]{0,200})?\s*/?>",
    )
});

/// Tags of emphasis, which markdown has marks for.
static EMPHASIS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)</?(?:(em|i)|strong|b)(?:\s[^<>\n]{0,200})?>"));

/// Elements that run, load or ask for something, with all that is in them.
static ACTIVE: LazyLock<Regex> = LazyLock::new(|| {
    let pairs = [
        "script", "style", "iframe", "object", "svg", "form", "button", "video", "audio", "canvas",
        "noscript", "template", "select", "textarea", "title",
    ];
    let pairs = pairs
        .map(|name| format!(r"<{name}(?:\s[^<>]*)?>.*?</{name}\s*>"))
        .join("|");
    regex(&format!(
        r"(?is){pairs}|<(?:img|embed|link|meta|base|input|source|iframe|script)\s[^<>]*>|<!doctype[^<>]*>"
    ))
});

/// A link of a web page; its words stay.
static LINK: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)</?a(?:\s[^<>\n]{0,500})?>"));

/// A picture with an address in the web, or with its data in it.
static PICTURE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"(?i)!\[[^\]\n]{0,500}\]\(\s*<?(?:https?:|ftp:|data:|//)[^)\n]*\)(?:\{[^}\n]*\})?"#)
});

static COMMENT: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)<!--.*?-->"));

static CODE: LazyLock<Regex> = LazyLock::new(|| regex(r"`[^`\n]+`"));

fn regex(pattern: &str) -> Regex {
    // Each is compiled by the tests.
    Regex::new(pattern).expect("a well-formed pattern")
}

/// Takes out comments, which the author alone makes, and what belongs on a web page.
pub(crate) fn strip(repair: &mut Repair<'_>) {
    let comments: Vec<Range<usize>> = COMMENT
        .find_iter(repair.text())
        .map(|found| with_white(repair.text(), found.range()))
        .collect();
    repair.cut_all(Check::NoteEcho, &comments);
    if !repair.text().contains(['<', '!']) {
        return;
    }
    for pattern in [&ACTIVE, &PICTURE] {
        let cuts = outside_code(repair.text(), pattern);
        let cuts: Vec<Range<usize>> = cuts
            .into_iter()
            .filter(|cut| !is_told(repair.text(), cut))
            .map(|cut| with_line(repair.text(), cut))
            .collect();
        repair.cut_all(Check::Markup, &cuts);
    }
    let links = outside_code(repair.text(), &LINK);
    if links.len() >= 2 {
        repair.cut_all(Check::Markup, &links);
    }
    emphasis(repair);
    layout(repair);
}

/// Tells whether a piece is inside a sentence that continues after it.
fn is_told(text: &str, piece: &Range<usize>) -> bool {
    let before = &text[..piece.start];
    let starts_line =
        before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim().is_empty();
    !starts_line
        && !text[piece.clone()].contains(['\n', '='])
        && text[piece.end..].starts_with([' ', ',', '.', ';'])
        && !text[piece.end..]
            .trim_start_matches([' ', '\t'])
            .starts_with('\n')
}

/// Extends a piece by the white space after it, where it is alone on its line.
fn with_line(text: &str, piece: Range<usize>) -> Range<usize> {
    let before = &text[..piece.start];
    if before.is_empty() || before.ends_with(char::is_whitespace) {
        with_white(text, piece)
    } else {
        piece
    }
}

/// Finds where a pattern is met outside of fenced blocks and of code in a line.
fn outside_code(text: &str, pattern: &Regex) -> Vec<Range<usize>> {
    let code = code(text);
    pattern
        .find_iter(text)
        .map(|found| found.range())
        .filter(|found| {
            let near = code.partition_point(|code| code.end <= found.start);
            code.get(near).is_none_or(|code| found.start < code.start)
        })
        .collect()
}

/// Returns the closed fenced blocks and the code spans of a text, in order.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        match open {
            _ if is_fence(line) => match open.take() {
                Some(from) => {
                    found.retain(|code| code.end <= from);
                    found.push(from..start);
                }
                None => open = Some(here),
            },
            _ => found.extend(
                CODE.find_iter(line)
                    .map(|code| here + code.start()..here + code.end()),
            ),
        }
    }
    found
}

/// Turns `<em>so</em>` into `*so*`, where both tags are there.
fn emphasis(repair: &mut Repair<'_>) {
    let text = repair.text();
    let tags = outside_code(text, &EMPHASIS);
    if tags.len() < 2 || tags.len() % 2 == 1 {
        return;
    }
    let mut clean = String::with_capacity(text.len());
    let mut cut = String::new();
    let mut end = 0;
    for tag in tags {
        clean.push_str(&text[end..tag.start]);
        end = tag.end;
        let name = text[tag].to_lowercase();
        let strong = name.contains("strong") || name.starts_with("<b") || name.starts_with("</b");
        clean.push_str(if strong { "**" } else { "*" });
        cut.push_str(&name);
    }
    clean.push_str(&text[end..]);
    repair.replace(Some(Check::Markup), cut, clean);
}

fn layout(repair: &mut Repair<'_>) {
    const LEAST: usize = 2;
    let text = repair.text();
    let tags = outside_code(text, &LAYOUT);
    if tags.len() < LEAST {
        return;
    }
    let mut clean = String::with_capacity(text.len());
    let mut cut = String::new();
    let mut end = 0;
    for tag in tags {
        clean.push_str(&text[end..tag.start]);
        end = tag.end;
        let source = &text[tag];
        cut.push_str(source);
        let name = source.trim_start_matches(['<', '/']).to_lowercase();
        if !name.starts_with("span") && !name.starts_with("font") {
            let white = clean.trim_end().len();
            clean.truncate(white);
            clean.push_str("\n\n");
        }
    }
    clean.push_str(&text[end..]);
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        clean = clean.replace(entity, character);
    }
    let lines: Vec<&str> = clean.split('\n').map(str::trim_end).collect();
    let clean = lines.join("\n");
    repair.replace(
        Some(Check::Markup),
        cut,
        clean.trim_start_matches('\n').to_owned(),
    );
}
