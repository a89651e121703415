//! Writes styled text as the markdown of prose: emphasis as marks, and nothing else that could be taken for one.

/// How a run of text is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub strong: bool,
    pub emphasis: bool,
    pub strike: bool,
}

/// A paragraph as it is put together.
#[derive(Debug, Clone, Default)]
pub(super) struct Paragraph {
    runs: Vec<(Style, Run)>,
}

#[derive(Debug, Clone)]
enum Run {
    Text(String),
    /// Markdown as it stands: a call of a footnote, a line break.
    Mark(String),
}

impl Paragraph {
    /// Adds a text in a style.
    pub fn push(&mut self, style: Style, text: &str) {
        match self.runs.last_mut() {
            Some((last, Run::Text(before))) if *last == style => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.runs.push((style, Run::Text(text.to_owned()))),
        }
    }

    /// Adds a break of the line.
    pub fn break_line(&mut self) {
        self.mark("\\\n".to_owned());
    }

    /// Adds the call of a footnote.
    pub fn call_note(&mut self, label: &str) {
        self.mark(format!("[^{}]", label_of(label)));
    }

    fn mark(&mut self, mark: String) {
        self.runs.push((Style::default(), Run::Mark(mark)));
    }

    /// Returns the text without styles.
    pub fn plain(&self) -> String {
        let texts = self.runs.iter().map(|(_, run)| match run {
            Run::Text(text) => text.as_str(),
            Run::Mark(mark) if mark.ends_with('\n') => " ",
            Run::Mark(_) => "",
        });
        on_one_line(&texts.collect::<String>())
    }

    /// Returns the paragraph as markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for (style, run) in &self.runs {
            let text = match run {
                Run::Mark(mark) => {
                    out.truncate(out.trim_end_matches(' ').len());
                    out.push_str(mark);
                    continue;
                }
                Run::Text(text) => collapsed(text, out.is_empty() || out.ends_with([' ', '\n'])),
            };
            let inner = text.trim_matches(' ');
            let marks = style.marks();
            if marks.is_empty() || inner.is_empty() {
                out.push_str(&escaped(&text));
                continue;
            }
            let (before, after) = (
                text.len() - text.trim_start_matches(' ').len(),
                text.ends_with(' '),
            );
            out.push_str(&text[..before]);
            let closing: String = marks.chars().rev().collect();
            out.push_str(&format!("{marks}{}{closing}", escaped(inner)));
            out.push_str(if after { " " } else { "" });
        }
        let out = out.trim_end_matches([' ', '\\', '\n']).to_owned()
            + if out.trim_end().ends_with("\\\\") {
                "\\\\"
            } else {
                ""
            };
        guarded(out.trim_start_matches([' ', '\n']))
    }
}

impl Style {
    fn marks(self) -> String {
        let mut marks = String::new();
        for (is_set, mark) in [
            (self.strike, "~~"),
            (self.strong, "**"),
            (self.emphasis, "*"),
        ] {
            marks.push_str(if is_set { mark } else { "" });
        }
        marks
    }
}

/// Returns a label for a footnote.
pub(super) fn label_of(label: &str) -> String {
    let label: String = label
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        .take(60)
        .collect();
    if label.is_empty() {
        "note".to_owned()
    } else {
        label
    }
}

/// Puts a text on one line, with single blanks between its words.
pub(super) fn on_one_line(text: &str) -> String {
    collapsed(text, true).trim_end_matches(' ').to_owned()
}

/// Makes one blank of each run of blanks and line ends; none at the beginning where one is there already.
fn collapsed(text: &str, mut is_blank: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\n' | '\r' => {
                if !is_blank {
                    out.push(' ');
                }
                is_blank = true;
            }
            c if c.is_control() => {}
            c => {
                out.push(c);
                is_blank = false;
            }
        }
    }
    out
}

/// Escapes what would be taken for markup inside of a paragraph.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next().unwrap_or(' ');
        let is_mark = match c {
            '\\' | '*' | '`' => true,
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            '~' => next == '~' || before == '~',
            '[' => next == '^' || rest.contains("]("),
            '<' => next.is_alphabetic() || matches!(next, '/' | '!' | '?'),
            '&' => {
                let name = rest.find(';').map(|end| &rest[..end]);
                name.is_some_and(|name| {
                    !name.is_empty()
                        && name.len() < 12
                        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
                })
            }
            _ => false,
        };
        if is_mark {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// Escapes what would make something else than a paragraph of its beginning.
pub(super) fn guarded(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    let is_list = (1..10).contains(&digits)
        && rest.starts_with(['.', ')'])
        && (rest.len() == 1 || rest[1..].starts_with(' '));
    if is_list {
        return format!("{}\\{rest}", &text[..digits]);
    }
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    let is_marked = text.starts_with('>')
        || ((1..7).contains(&hashes) && (text.len() == hashes || text[hashes..].starts_with(' ')))
        || text.starts_with("- ")
        || text.starts_with("+ ")
        || (!text.is_empty() && text.chars().all(|c| matches!(c, '-' | '=' | '+')))
        || text.starts_with("```")
        || text.starts_with("~~~");
    match is_marked {
        true => format!("\\{text}"),
        false => text.to_owned(),
    }
}

/// Tells whether a paragraph is the mark between two scenes.
pub(super) fn is_break(text: &str) -> bool {
    let marks: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_ornament = |c: &char| {
        matches!(
            c,
            '*' | '#'
                | '~'
                | '•'
                | '·'
                | '⁂'
                | '◇'
                | '◆'
                | '※'
                | '❦'
                | '☙'
                | '❧'
                | '○'
                | '●'
                | '＊'
                | '＃'
                | '✦'
                | '◊'
        )
    };
    let is_line = |c: &char| matches!(c, '-' | '_' | '=' | '—' | '–');
    (!marks.is_empty() && marks.len() <= 12 && marks.iter().all(is_ornament))
        || ((3..=80).contains(&marks.len()) && marks.iter().all(is_line))
        || matches!(text.trim(), "-o-" | "oOo" | "-oOo-" | "o0o")
}
