//! Keeps the line ends and the byte order mark of a file. Pure.

/// How the author's programs write the text of a file: kept wherever the text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form {
    /// Line ends are CRLF, by the first of them.
    pub crlf: bool,
    /// A byte order mark stands before all.
    pub mark: bool,
}

impl Form {
    /// Brings a text with LF line ends into this form.
    pub(super) fn put_on(self, text: String) -> String {
        let text = match self.crlf {
            true => text.replace('\n', "\r\n"),
            false => text,
        };
        match self.mark {
            true => format!("\u{feff}{text}"),
            false => text,
        }
    }
}
