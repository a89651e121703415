//! Reads lines that begin with a label: `Enter: …`, `Exit: …`, `aka: …`.

/// A line that begins with one of the asked labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Labelled<'a> {
    /// Which of the labels.
    pub label: usize,
    /// The text after the colon, trimmed; may be empty.
    pub rest: &'a str,
}

/// Reads a label at the start of `line`, without regard to case. A list marker before it,
/// emphasis around it (`**Enter:**`) and a fullwidth colon are all right.
pub(crate) fn read_label<'a>(line: &'a str, labels: &[&str]) -> Option<Labelled<'a>> {
    let mut rest = line.trim_start();
    for marker in ["- ", "* ", "+ "] {
        rest = rest.strip_prefix(marker).unwrap_or(rest).trim_start();
    }
    let inner = rest.trim_start_matches(['*', '_']);
    let emphasis = &rest[..rest.len() - inner.len()];
    let (label, rest) = labels.iter().enumerate().find_map(|(index, label)| {
        let name = inner.get(..label.len())?;
        let rest = &inner[label.len()..];
        name.eq_ignore_ascii_case(label).then_some((index, rest))
    })?;
    let rest = rest.trim_start_matches(['*', '_']).trim_start();
    let rest = rest.strip_prefix([':', '：'])?;
    let rest = if emphasis.is_empty() {
        rest
    } else {
        rest.strip_prefix(emphasis).unwrap_or(rest)
    };
    Some(Labelled {
        label,
        rest: rest.trim(),
    })
}
