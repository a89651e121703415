//! Reads beats out of a model's answer, while it arrives.
//!
//! Tolerant: headings of any level, bold or numbered titles, decorated labels, fences, preambles
//! and thoughts are understood or passed over. Pure; what comes out is plain text, made by
//! [`super::tidy`].

use super::labels::{self, Label};
use super::tidy;
use crate::story::{SectionKind, leftovers};

/// A piece that was found in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A beat of the outline is referred to, by its number from 1 in the prompt.
    Existing(usize),
    Beat(Told),
}

/// A beat as a model told it, in plain text. Nothing of it is certain to be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub title: String,
    /// Paragraphs of one line each, with a blank line between them.
    pub text: String,
    pub enter: Option<String>,
    pub exit: Option<String>,
}

/// Reads one answer.
#[derive(Debug, Default)]
pub struct Reader {
    /// The line that is not complete yet.
    line: String,
    thinking: bool,
    comment: bool,
    style: Option<Style>,
    open: Option<Open>,
}

/// The form of headings in this answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `## Title`
    Marks,
    /// `**Title**`, `1. **Title**`
    Bold,
    /// `1. Title`
    Numbered,
}

/// The beat that is being read.
#[derive(Debug, Default)]
struct Open {
    title: String,
    paragraphs: Vec<String>,
    /// The states before and after.
    states: [Option<String>; 2],
    /// The state that the next line belongs to.
    state: Option<usize>,
    /// A blank line came last.
    blank: bool,
}

/// A line that is the heading of a beat.
struct Heading<'a> {
    style: Style,
    title: &'a str,
    /// The rest of the line.
    rest: &'a str,
}

impl Reader {
    /// Takes text as it arrives; what is complete by now.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        self.line.push_str(text);
        let mut pieces = Vec::new();
        while let Some(end) = self.line.find('\n') {
            let line: String = self.line.drain(..=end).collect();
            self.take_line(line.trim_end(), &mut pieces);
        }
        pieces
    }

    /// Ends the answer. What was begun last is complete where the answer came to its own end.
    pub fn end(mut self, whole: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let line = std::mem::take(&mut self.line);
        if whole {
            self.take_line(line.trim_end(), &mut pieces);
            self.close(&mut pieces);
        }
        pieces
    }

    fn take_line(&mut self, line: &str, pieces: &mut Vec<Piece>) {
        let visible = self.visible(line);
        let line = visible.trim();
        if line.is_empty() {
            self.take_blank(!visible.is_empty() || visible.len() == line.len(), pieces);
            return;
        }
        if is_decoration(line) {
            return;
        }
        if let Some(number) = reference(line) {
            self.close(pieces);
            pieces.push(Piece::Existing(number));
            return;
        }
        if let Some(Label { state, rest }) = labels::read(line) {
            self.take_state(state, rest);
            return;
        }
        if let Some(heading) = self.heading(line) {
            self.close(pieces);
            // A section of the brief is no beat of it, and what stands below is neither.
            let kind = SectionKind::of(&tidy::title(heading.title));
            if !matches!(kind, SectionKind::Background | SectionKind::Matter(_)) {
                return;
            }
            self.style = Some(heading.style);
            let mut open = Open {
                title: heading.title.to_owned(),
                ..Open::default()
            };
            open.add(heading.rest);
            self.open = Some(open);
            return;
        }
        if let Some(open) = &mut self.open {
            open.add(line);
        }
    }

    /// Takes a blank line, which completes a beat after the last of its parts.
    fn take_blank(&mut self, is_blank: bool, pieces: &mut Vec<Piece>) {
        let Some(open) = &mut self.open else { return };
        open.blank |= is_blank;
        let is_told = open.states.iter().all(Option::is_some) && !open.paragraphs.is_empty();
        if is_told {
            self.close(pieces);
        } else if !matches!(open.state, Some(state) if open.states[state].is_none()) {
            open.state = None;
        }
    }

    fn take_state(&mut self, state: usize, rest: &str) {
        let Some(open) = &mut self.open else { return };
        open.state = Some(state);
        open.blank = false;
        if !rest.is_empty() {
            open.add_state(state, rest);
        }
    }

    fn close(&mut self, pieces: &mut Vec<Piece>) {
        let Some(open) = self.open.take() else { return };
        let [enter, exit] = open.states;
        let state = |text: Option<String>| {
            let text = tidy::line(&text?);
            (!text.is_empty()).then_some(text)
        };
        let told = Told {
            // A span of numbers is no number in front of a title.
            title: if leftovers::is_span(&open.title) {
                tidy::line(&open.title)
            } else {
                tidy::title(&open.title)
            },
            text: tidy::paragraphs(&open.paragraphs),
            enter: state(enter),
            exit: state(exit),
        };
        // A heading alone is a title of the whole, or of an act.
        if told.text.is_empty() && told.enter.is_none() && told.exit.is_none() {
            self.style = None;
            return;
        }
        pieces.push(Piece::Beat(told));
    }

    /// Returns the line without comments, and without what the model thinks.
    fn visible(&mut self, line: &str) -> String {
        let mut visible = String::new();
        let mut rest = line;
        while !rest.is_empty() {
            if self.thinking {
                let Some((_, after)) = split_tag(rest, "</think") else {
                    return visible;
                };
                (self.thinking, rest) = (false, after);
            } else if self.comment {
                let Some((_, after)) = rest.split_once("-->") else {
                    return visible;
                };
                (self.comment, rest) = (false, after);
            } else {
                let think = split_tag(rest, "<think");
                let comment = rest.split_once("<!--");
                let first = |split: &Option<(&str, &str)>| split.map(|(before, _)| before.len());
                match (first(&think), first(&comment)) {
                    (None, None) => {
                        visible.push_str(rest);
                        return visible;
                    }
                    (Some(at), other) if other.is_none_or(|other| at < other) => {
                        visible.push_str(&rest[..at]);
                        self.thinking = true;
                        rest = think.map_or("", |(_, after)| after);
                    }
                    _ => {
                        let (before, after) = comment.unwrap_or((rest, ""));
                        visible.push_str(before);
                        self.comment = true;
                        rest = after;
                    }
                }
            }
        }
        visible
    }

    fn heading<'a>(&self, line: &'a str) -> Option<Heading<'a>> {
        let heading = marks(line)
            .or_else(|| bold(line))
            .or_else(|| numbered(line))?;
        let is_empty = self.open.as_ref().is_none_or(|open| open.is_empty());
        let fits = match (heading.style, self.style) {
            (Style::Marks, _) | (_, None) => true,
            // A title above everything says nothing of how the beats are written.
            (_, Some(Style::Marks)) => is_empty,
            (style, Some(known)) => style == known,
        };
        let has_letters = heading.title.chars().any(char::is_alphanumeric);
        (fits && has_letters).then_some(heading)
    }
}

impl Open {
    fn is_empty(&self) -> bool {
        self.paragraphs.is_empty() && self.states.iter().all(Option::is_none)
    }

    fn add(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        if let Some(state) = self.state {
            self.add_state(state, line);
            return;
        }
        match self.paragraphs.last_mut() {
            Some(last) if !self.blank && !tidy::begins_item(line) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => self.paragraphs.push(line.to_owned()),
        }
        self.blank = false;
    }

    fn add_state(&mut self, state: usize, text: &str) {
        match &mut self.states[state] {
            Some(known) => {
                known.push(' ');
                known.push_str(text);
            }
            unknown => *unknown = Some(text.to_owned()),
        }
    }
}

/// Reads a heading `## Title`.
fn marks(line: &str) -> Option<Heading<'_>> {
    let title = line.trim_start_matches('#');
    let is_heading = title.len() < line.len() && (title.starts_with([' ', '\t', '*', '[']));
    is_heading.then(|| Heading {
        style: Style::Marks,
        title: title.trim(),
        rest: "",
    })
}

/// Reads a heading in bold: `**Title**`, `1. **Title**: text`, `- **Title** – text`.
fn bold(line: &str) -> Option<Heading<'_>> {
    let line = without_number(line).unwrap_or(line);
    let line = line.trim_start_matches(['-', '*', '+', '•']).trim_start();
    // The marks of the emphasis may have been taken for those of a list.
    let inner = match line.strip_prefix("**").or_else(|| line.strip_prefix("__")) {
        Some(inner) => inner,
        None if line.contains("**") => line,
        None => return None,
    };
    let end = inner.find("**").or_else(|| inner.find("__"))?;
    let (title, rest) = (&inner[..end], &inner[end + 2..]);
    let is_title = !title.trim().is_empty() && title.chars().count() <= MOST_TITLE;
    let rest = rest.trim_start();
    let parted = rest.is_empty() || rest.starts_with([':', '：', '-', '–', '—', '.']);
    let rest = rest.trim_start_matches([':', '：', '-', '–', '—', '.', ' ']);
    (is_title && parted).then(|| Heading {
        style: Style::Bold,
        title: title.trim(),
        rest,
    })
}

/// Reads a heading `1. Title`, where a whole line is no sentence.
fn numbered(line: &str) -> Option<Heading<'_>> {
    let title = without_number(line)?;
    let is_title = title.chars().count() <= MOST_TITLE
        && !title.ends_with([
            '.', '!', '?', '…', '。', '！', '？', '؟', ':', '：', ';', ',',
        ]);
    is_title.then_some(Heading {
        style: Style::Numbered,
        title,
        rest: "",
    })
}

/// Longest heading that is not marked as one, in characters.
const MOST_TITLE: usize = 80;

fn without_number(line: &str) -> Option<&str> {
    let digits = line.trim_start_matches(|c: char| c.is_numeric());
    let rest = digits.strip_prefix(['.', ')', '．', '、', ':'])?;
    let short = (1..=6).contains(&(line.len() - digits.len()));
    (short && rest.starts_with([' ', '\t', '*', '\u{3000}']) || digits.starts_with(['、', '．']))
        .then(|| rest.trim())
        .filter(|rest| short && !rest.is_empty())
}

/// Reads the reference to a beat that is there: `## [3]`, `[3] The Logbook`.
fn reference(line: &str) -> Option<usize> {
    let bare = line.trim_start_matches(['#', '*', '-', ' ', '_']);
    let (number, _) = bare.strip_prefix(['[', '［'])?.split_once([']', '］'])?;
    number.trim().parse().ok()
}

/// Fences and lines across the page.
fn is_decoration(line: &str) -> bool {
    line.starts_with("```")
        || line.starts_with("~~~")
        || line
            .chars()
            .all(|c| matches!(c, '-' | '*' | '_' | '=' | '—' | '–' | ' ' | '#'))
}

/// Splits behind a tag that begins with `start`, in any case: what comes before, and after.
fn split_tag<'a>(text: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    let at = text.match_indices('<').map(|(at, _)| at).find(|at| {
        let tag = text.get(*at..*at + start.len());
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case(start))
    })?;
    let rest = &text[at..];
    let end = rest.find('>').map_or(rest.len(), |end| end + 1);
    Some((&text[..at], &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Vec<Piece> {
        let mut whole = Reader::default();
        let mut pieces = whole.push(answer);
        pieces.extend(whole.end(true));
        // However it is cut on its way.
        let mut reader = Reader::default();
        let mut letters = Vec::new();
        for letter in answer.chars() {
            letters.extend(reader.push(&letter.to_string()));
        }
        letters.extend(reader.end(true));
        assert_eq!(letters, pieces, "{answer:?}");
        pieces
    }

    fn told(title: &str, text: &str, enter: &str, exit: &str) -> Piece {
        let state = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Piece::Beat(Told {
            title: title.to_owned(),
            text: text.to_owned(),
            enter: state(enter),
            exit: state(exit),
        })
    }

    #[test]
    fn beats_are_found_however_they_are_dressed() {
        let door = || told("The Door", "It will not shut.", "Shut.", "Open.");
        for answer in [
            "## The Door\n\nIt will not shut.\n\nEnter: Shut.\nExit: Open.\n",
            "## The Door\nIt will\nnot shut.\nEnter: Shut.\nExit: Open.",
            "# The Door\nEnter: Shut.\nExit: Open.\n\nIt will not shut.\n",
            "### 1. The Door\n\n**Enter:** Shut.\n**Exit:** Open.\n\nIt will not shut.",
            "Sure! Here is the outline:\n\n# Outline\n\n## Beat 1: The Door\nIt will not shut.\n- Enter: Shut.\n- Exit: Open.\n\nLet me know if you want more!",
            "```markdown\n## The Door {#x words=9}\n\nIt will not shut.\n\nEnter: Shut.\nExit: Open.\n```\n",
            "<think>\n## Not This\nno\nEnter: a\nExit: b\n\n</think>\n## The Door\nIt will not shut.\nEnter: Shut.\nExit: Open.\n",
            "1. **The Door**\nIt will not shut.\nEnter: Shut.\nExit: Open.\n",
            "1. **The Door**: It will not shut.\n   - *Enter*: Shut.\n   - *Exit*: Open.\n",
            "**The Door**\n\nIt will not shut.\n\n**Enter**: Shut.\n\n**Exit**: Open.\n",
            "1. The Door\nIt will not shut.\nEnter: Shut.\nExit: Open.\n",
            "## **The Door**\n> It will not shut.\n\n### Enter\nShut.\n\n### Exit\nOpen.\n",
            "## The Door\nIt will not <!-- sw: shorter -->shut.\nENTER : Shut.\nexit： Open.\n---\n",
            "## The Door\n* It will not shut.\n\nEntry: Shut.\nEnd state: Open.\n",
            "<!-- plan\nof mine -->## The Door ##\nIt will not shut.\nEnter: Shut.\nExit: Open.\n",
        ] {
            assert_eq!(read(answer), [door()], "{answer}");
        }
    }

    #[test]
    fn several_beats_and_what_stands_between_them() {
        let answer = "# The Lamp\n\n## [1]\n\n## Act One\n\n## The Door\nIt jams.\nEnter: Shut.\nExit: Open.\n\n\
                      ## [2] The Logbook\nAs you wrote it.\nEnter: no\n\n## The Stair\nShe climbs.\nEnter: Open.\nExit: Up.\n";
        assert_eq!(
            read(answer),
            [
                Piece::Existing(1),
                told("The Door", "It jams.", "Shut.", "Open."),
                Piece::Existing(2),
                told("The Stair", "She climbs.", "Open.", "Up."),
            ]
        );
        let answer = "**1. One**\nA thing.\nExit: b\n\n**2. Two**\nB thing.\nWith **bold** words.\n\n1. first\n2. second\n";
        assert_eq!(
            read(answer),
            [
                told("One", "A thing.", "", "b"),
                told(
                    "Two",
                    "B thing. With bold words.\n\nfirst\n\nsecond",
                    "",
                    ""
                ),
            ]
        );
    }

    #[test]
    fn languages_name_states_in_their_own_words() {
        for (answer, expected) in [
            (
                "## La puerta\nNo cierra.\nEntrada: Cerrada.\nSalida: Abierta.\n",
                told("La puerta", "No cierra.", "Cerrada.", "Abierta."),
            ),
            (
                "## 戸\n閉まらない。\n開始：閉まっている。\n終了：開いている。\n",
                told("戸", "閉まらない。", "閉まっている。", "開いている。"),
            ),
            (
                "## الباب\nلا يُغلق.\nالدخول: مغلق.\nالخروج: مفتوح.\n",
                told("الباب", "لا يُغلق.", "مغلق.", "مفتوح."),
            ),
        ] {
            assert_eq!(read(answer), [expected]);
        }
    }

    #[test]
    fn a_span_of_beats_is_read_as_one() {
        for title in ["Part 11–27", "Parts 11–27", "第3〜9章"] {
            let answer = format!("## {title}\nContinue in the same manner.\nEnter: a\nExit: b\n");
            let text = "Continue in the same manner.";
            assert_eq!(read(&answer), [told(title, text, "a", "b")]);
        }
    }

    #[test]
    fn a_beat_that_breaks_off_is_not_there() {
        let mut reader = Reader::default();
        let text = "## One\nA.\nEnter: a\nExit: b\n\n## Two\nB begins";
        assert_eq!(reader.push(text), [told("One", "A.", "a", "b")]);
        assert_eq!(reader.end(false), []);
    }

    #[test]
    fn a_beat_is_there_as_soon_as_it_is_told() {
        let mut reader = Reader::default();
        assert_eq!(reader.push("## One\nA.\nEnter: a\nExit: b"), []);
        assert_eq!(reader.push("\n"), []);
        assert_eq!(reader.push("\n"), [told("One", "A.", "a", "b")]);
    }

    #[test]
    fn what_is_no_beat_is_none() {
        for answer in [
            "",
            "I’m sorry, but I can’t help with that.",
            "# Outline\n\n---\n",
            "Enter: a\nExit: b\n",
            "<think>## One\nA.\nEnter: a",
            "#\n##\n",
            "# Rules\n1. There are none.\nEnter: a\nExit: b\n\n## Notes:\nx\nExit: y\n",
            "{\"beats\": []}",
        ] {
            assert_eq!(read(answer), [], "{answer}");
        }
    }
}
