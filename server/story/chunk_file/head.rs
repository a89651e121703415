//! Finds the end of the front matter of a chunk file, and what is wrong with it. Pure.
//!
//! An author who types into the first lines by mistake must not turn a half-written chunk into a
//! complete one: what is left of our own keys still says where the prose begins.

use std::ops::Range;

use super::front_matter::{continues_front_matter, is_fence, key_value, lines, status_of, unquote};
use crate::story::Span;

/// Lines that may stand above our keys in place of the opening fence.
const ABOVE: usize = 3;
/// The most lines searched for the rest of a front matter after a line that is not part of one.
const AHEAD: usize = 5;
/// The most bytes, apart from the dashes, of a damaged closing fence.
const FENCE_EXTRA: usize = 24;

/// One thing that is wrong with the front matter of a chunk file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The line, without its end; in bytes of the file.
    pub span: Span,
    pub fault: Fault,
}

/// The kind of damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The first line is not `---`.
    Opening,
    /// The prose begins before a line `---` came.
    Closing,
    /// A line that is no front matter.
    Line,
    /// The status is neither `partial` nor `complete`.
    UnknownStatus(String),
    NoStatus,
    /// A key of ours stands there twice.
    Twice(&'static str),
}

/// The front matter of a text without a byte order mark.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The length of the front matter with its fences, in bytes; 0 where there is none.
    pub(super) length: usize,
    pub(super) damage: Vec<Damage>,
}

pub(super) fn read(text: &str) -> Head {
    let mut at = 0;
    // No front matter of ours is longer; a whole book need not be looked at.
    let lines: Vec<Line> = lines(text)
        .take(200)
        .map(|line| {
            let start = at;
            at += line.len();
            let content = line.trim_end_matches(['\n', '\r']);
            Line {
                start,
                end: at,
                content,
            }
        })
        .collect();
    let Some(start) = front_matter_start(&lines) else {
        return Head::default();
    };
    let mut head = Head::default();
    if let Some(line) = start.damaged {
        head.damage.push(lines[line].damage(Fault::Opening));
    }
    match closing(&lines, start.keys, &mut head.damage) {
        Some(end) => {
            head.length = end.length;
            keys(
                &lines[start.keys..end.keys],
                lines.first(),
                &mut head.damage,
            );
            head.damage.sort_by_key(|damage| damage.span.start);
            head
        }
        None => Head::default(),
    }
}

struct Line<'a> {
    start: usize,
    end: usize,
    content: &'a str,
}

impl Line<'_> {
    fn damage(&self, fault: Fault) -> Damage {
        let span = self.start..self.start + self.content.len();
        Damage { span, fault }
    }

    fn own_key(&self) -> Option<&'static str> {
        let (key, _) = key_value(self.content)?;
        ["chunk", "beat", "status"]
            .into_iter()
            .find(|own| *own == key)
    }

    fn is_plain(&self) -> bool {
        key_value(self.content).is_some() || continues_front_matter(self.content)
    }
}

struct FrontMatterStart {
    /// Index of the first line below the fence.
    keys: usize,
    damaged: Option<usize>,
}

fn front_matter_start(lines: &[Line]) -> Option<FrontMatterStart> {
    if lines.first()?.content.trim_end() == "---" {
        return Some(FrontMatterStart {
            keys: 1,
            damaged: None,
        });
    }
    // Two keys of ours in a row: no prose begins like that.
    let keys = (0..=ABOVE).find(|at| {
        let pair = lines.get(*at..at + 2);
        pair.is_some_and(|pair| pair.iter().all(|line| line.own_key().is_some()))
    })?;
    let is_whole = |line: &Line| line.content.trim().is_empty() || line.content.trim_end() == "---";
    let has_fence = keys > 0 && lines[keys - 1].content.trim_end() == "---";
    let damaged = (0..keys).find(|at| !is_whole(&lines[*at]));
    let damaged = damaged.or((!has_fence).then_some(0));
    Some(FrontMatterStart { keys, damaged })
}

struct Closing {
    length: usize,
    /// Index behind the last line of the keys.
    keys: usize,
}

/// Finds the end of the keys that begin at line `from`; `None` where none of them is a key of chunk files.
fn closing(lines: &[Line], from: usize, damage: &mut Vec<Damage>) -> Option<Closing> {
    let own = |range: Range<usize>| lines[range].iter().any(|line| line.own_key().is_some());
    let mut at = from;
    while let Some(line) = lines.get(at) {
        let is_ours = own(from..at);
        if is_fence(line.content) {
            // Two fences with nothing between them are what is left of ours.
            let is_head = at > from;
            return is_head.then_some(Closing {
                length: line.end,
                keys: at,
            });
        }
        if !line.is_plain() {
            if let Some(fence) = rest_of_head(lines, at, is_ours) {
                damage.push(line.damage(Fault::Line));
                at = fence;
                continue;
            }
            if !is_ours {
                return None;
            }
            damage.push(line.damage(Fault::Closing));
            let length = if was_fence(line.content) {
                line.end
            } else {
                line.start
            };
            return Some(Closing { length, keys: at });
        }
        at += 1;
    }
    let length = lines.last().map_or(0, |line| line.end);
    own(from..lines.len()).then_some(Closing {
        length,
        keys: lines.len(),
    })
}

/// Finds the line at which a front matter continues after a line that is not part of one.
fn rest_of_head(lines: &[Line], at: usize, is_ours: bool) -> Option<usize> {
    let ahead = &lines[at + 1..lines.len().min(at + 1 + AHEAD)];
    let fence = ahead.iter().position(|line| is_fence(line.content))?;
    let between = &ahead[..fence];
    let goes_on = between
        .iter()
        .all(|line| line.is_plain() || line.content.trim().is_empty());
    let names_ours = ["chunk:", "beat:", "status:"]
        .iter()
        .any(|key| lines[at].content.contains(key));
    let has_ours = names_ours || between.iter().any(|line| line.own_key().is_some());
    (goes_on && has_ours && (is_ours || between.len() > 1)).then_some(at + 1)
}

fn was_fence(line: &str) -> bool {
    let rest = line.trim();
    (rest.starts_with("---") || rest.ends_with("---"))
        && rest.trim_matches('-').trim().len() <= FENCE_EXTRA
}

/// Tells what is wrong with the keys themselves.
fn keys(lines: &[Line], first: Option<&Line>, damage: &mut Vec<Damage>) {
    let mut seen = Vec::new();
    for line in lines {
        let Some(key) = line.own_key() else { continue };
        if seen.contains(&key) {
            damage.push(line.damage(Fault::Twice(key)));
        }
        seen.push(key);
        if key == "status"
            && let Some((_, value)) = key_value(line.content)
            && status_of(value).is_none()
        {
            damage.push(line.damage(Fault::UnknownStatus(unquote(value))));
        }
    }
    if !seen.is_empty()
        && !seen.contains(&"status")
        && let Some(first) = first
    {
        damage.push(first.damage(Fault::NoStatus));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ChunkFile, parse};
    use super::*;
    use crate::story::table;

    #[test]
    fn damaged_front_matter_is_still_front_matter() {
        // text | status | prose | each damaged line and what is wrong with it
        let rows = r#"
            ---\nchunk: 3\nbeat: x\nstatus: partial\n---\nThe lamp                   | Partial  | The lamp                            |
            ELSE ---\nchunk: 3\nbeat: x\nstatus: partial\n---\nThe lamp              | Partial  | The lamp                            | ELSE ---: Opening
            --\r\nchunk: 3\r\nbeat: x\r\nstatus: partial\r\n---\r\nThe lamp          | Partial  | The lamp                            | --: Opening
            chunk: 3\nbeat: x\nstatus: partial\n---\nThe lamp                        | Partial  | The lamp                            | chunk: 3: Opening
            \n---\nchunk: 3\nbeat: x\nstatus: partial\n---\nThe lamp                 | Partial  | The lamp                            |
            ---\nchunk: 3\nbeat: x\nstatus: partial\nThe lamp.\n\n---\n\nIt rained.  | Partial  | The lamp.\n\n---\n\nIt rained.      | The lamp.: Closing
            ---\nchunk: 3\nbeat: x\nstatus: partial\n--- ELSE\nThe lamp              | Partial  | The lamp                            | --- ELSE: Closing
            ---\nchunk: 3\nbeat: x\n\nstatus: partial\n---\nThe lamp                 | Partial  | The lamp                            | : Line
            ---\nchunk: 3\nbeat: x\nELSE status: partial\n---\nThe lamp              | -        | The lamp                            | ---: NoStatus, ELSE status: partial: Line
            ---\nchunk: 3\nbeat: x\nstatus: partiel\n---\nThe lamp                   | -        | The lamp                            | status: partiel: UnknownStatus("partiel")
            ---\nchunk: 3\nbeat: x\nstatus:\n---\nThe lamp                           | -        | The lamp                            | status:: UnknownStatus("")
            ---\nchunk: 3\nbeat: x\nstatus: partial\nstatus: complete\n---\nThe lamp | Partial  | The lamp                            | status: complete: Twice("status")
            ---\nchunk: 3\nbeat: x\nstatus: complete\nstatus: partial\n---\nThe lamp | Partial  | The lamp                            | status: partial: Twice("status")
            ---\nchunk: 3\nbeat: x\n---\nThe lamp                                    | -        | The lamp                            | ---: NoStatus
            ---\nchunk: 3\nbeat: x\nstatus: complete\n---\nThe lamp.\n               | Complete | The lamp.\n                         |
            What an author may write by hand is no damage.
            Status: she was late.\n\n---\n\nOn.                                      | -        | Status: she was late.\n\n---\n\nOn. |
            ---\ntitle: X\n---\nOn.                                                  | -        | On.                                 |
        "#;
        for row in table::rows(rows) {
            let file = parse(&row[0]);
            let status = file.status.map(|status| format!("{status:?}"));
            assert_eq!(status.as_deref().unwrap_or("-"), row[1], "{row:?}");
            assert_eq!(file.prose, row[2], "{row:?}");
            let tell = |damage: &Damage| {
                let line = &row[0][damage.span.clone()];
                format!("{line}: {:?}", damage.fault)
            };
            let told: Vec<String> = file.damage.iter().map(tell).collect();
            assert_eq!(told.join(", "), row[3], "{row:?}");
        }
    }

    #[test]
    fn what_was_typed_there_stays_as_a_comment() {
        let file: ChunkFile = parse("ELSE ---\nchunk: 3\nbeat: x\nstatus: partial\n---\nThe lamp");
        assert_eq!(file.extra, ["# ELSE ---"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "(---|\\.\\.\\.|chunk: 1|beat: x|status: partial|status|:| |A line\\.|\\r|\\n){0,30}") {
            let file = parse(&text);
            proptest::prop_assert!(text.is_char_boundary(file.prose_offset));
            for damage in &file.damage {
                proptest::prop_assert!(text.get(damage.span.clone()).is_some());
            }
        }
    }
}
