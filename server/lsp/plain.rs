//! Converts a document's text to plain line ends, and back to the document's own.
//!
//! A buffer's line ends are the editor's: VS Code and Neovim rewrite those of an edit. So texts are
//! compared with LF everywhere, and an edit is written in the line ends that the document has.

/// Holds a text whose line ends are LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    pub text: String,
    /// Offsets of the LFs that are CR LF in the document, in order.
    wide: Vec<usize>,
    line_end: &'static str,
}

impl Plain {
    /// Takes the line ends of a document out of its text.
    pub fn of(document: &str) -> Plain {
        let feeds = document.match_indices("\r\n").enumerate();
        let wide: Vec<usize> = feeds.map(|(before, (at, _))| at - before).collect();
        let line_end = match (wide.is_empty(), document.contains('\n')) {
            (false, _) => "\r\n",
            (true, false) if document.contains('\r') => "\r",
            (true, _) => "\n",
        };
        Plain {
            text: plain(document),
            wide,
            line_end,
        }
    }

    /// Finds where an offset of the plain text is in the document, in bytes.
    pub fn in_document(&self, offset: usize) -> usize {
        offset + self.wide.partition_point(|at| *at < offset)
    }

    /// Writes a plain text in the line ends of the document.
    pub fn in_line_ends(&self, text: &str) -> String {
        text.replace('\n', self.line_end)
    }
}

/// Writes a text with LF for every line end.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Tells whether two texts differ in nothing but line ends, and those at their end.
pub fn is_same(a: &str, b: &str) -> bool {
    plain(a).trim_end() == plain(b).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back_to_the_document() {
        let rows = [
            ("a\nb", 2, 2, "x\ny"),
            ("a\r\nb\r\nc", 4, 6, "x\r\ny"),
            ("a\rb", 2, 2, "x\ry"),
            ("a\nb\r\nc", 4, 5, "x\r\ny"),
            ("", 0, 0, "x\ny"),
        ];
        for (document, offset, there, written) in rows {
            let plain = Plain::of(document);
            assert_eq!(plain.in_document(offset), there, "{document:?}");
            assert_eq!(plain.in_line_ends("x\ny"), written, "{document:?}");
        }
        assert!(is_same("a\r\nb\r\n", "a\rb"));
        assert!(!is_same("a\n", "b\n"));
    }
}
