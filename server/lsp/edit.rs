//! Computes the smallest edits that turn one text into another, safe for every client.

use tower_lsp::lsp_types::{
    AnnotatedTextEdit, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

use super::documents::Snapshot;
use super::position::{self, Encoding};
use crate::story::text::boundaries;

/// Says what has to be replaced, in bytes of the old text, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Finds the one replacement that turns `old` into `new`; `None` when they are the same.
///
/// An insertion after a last line end is moved before it: Neovim's buffers have no empty last
/// line, and an insertion there would start a new line each time.
pub fn replacement(old: &str, new: &str) -> Option<Replacement> {
    if old == new {
        return None;
    }
    let mut start = common_prefix(old, new);
    let suffix = common_suffix(&old[start..], &new[start..]);
    let mut end = old.len() - suffix;
    let mut text = new[start..new.len() - suffix].to_owned();
    let line_end = if old.ends_with("\r\n") { "\r\n" } else { "\n" };
    if start == old.len() && old.ends_with('\n') && text.ends_with(line_end) {
        start -= line_end.len();
        end = start;
        text.truncate(text.len() - line_end.len());
        text.insert_str(0, line_end);
    }
    Some(Replacement { start, end, text })
}

/// Does as [`replacement`] does, but a change before `head` and one after it are two, so that the text
/// between them, and a cursor in it, is left alone. `head` is the length of the first part in
/// the old and in the new text.
pub fn replacements(old: &str, new: &str, head: (usize, usize)) -> Vec<Replacement> {
    let whole = || replacement(old, new).into_iter().collect();
    let between = format!("{}{}", &new[..head.1], &old[head.0..]);
    let (Some(first), Some(second)) = (replacement(old, &between), replacement(&between, new))
    else {
        return whole();
    };
    let back = |offset: usize| (offset + head.0).checked_sub(head.1);
    match (back(second.start), back(second.end)) {
        (Some(start), Some(end)) if start >= first.end => {
            let text = second.text;
            vec![first, Replacement { start, end, text }]
        }
        _ => whole(),
    }
}

/// Returns the number of bytes that both texts begin with, on a character boundary and not between CR and LF.
pub fn common_prefix(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // The boundaries of `b` are the same, since UTF-8 shows them in the bytes that both texts have.
    let length = boundaries::floor(a, same);
    if splits_line_end(a, length) || splits_line_end(b, length) {
        length - 1
    } else {
        length
    }
}

/// Returns the number of bytes that both texts end with, on a character boundary and not between CR and LF.
pub fn common_suffix(a: &str, b: &str) -> usize {
    let same = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let length = a.len() - boundaries::ceil(a, a.len() - same);
    if splits_line_end(a, a.len() - length) || splits_line_end(b, b.len() - length) {
        length - 1
    } else {
        length
    }
}

fn splits_line_end(text: &str, at: usize) -> bool {
    text[..at].ends_with('\r') && text[at..].starts_with('\n')
}

/// Makes a versioned edit of one document.
pub fn workspace_edit(
    snapshot: &Snapshot,
    replacements: &[Replacement],
    encoding: Encoding,
) -> WorkspaceEdit {
    let edit = |replacement: &Replacement| TextEdit {
        range: position::from_span(
            &snapshot.rope,
            &(replacement.start..replacement.end),
            encoding,
        ),
        new_text: replacement.text.clone(),
    };
    let edits = replacements.iter().map(edit).map(OneOf::Left).collect();
    versioned(&snapshot.url, snapshot.version, edits)
}

fn versioned(
    url: &Url,
    version: i32,
    edits: Vec<OneOf<TextEdit, AnnotatedTextEdit>>,
) -> WorkspaceEdit {
    WorkspaceEdit {
        changes: None,
        document_changes: Some(DocumentChanges::Edits(vec![TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri: url.clone(),
                version: Some(version),
            },
            edits,
        }])),
        change_annotations: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_insertion_at_the_end_stays_before_the_last_line_end() {
        let found = replacement("---\n", "---\nText\n").unwrap();
        assert_eq!(
            found,
            Replacement {
                start: 3,
                end: 3,
                text: "\nText".to_owned()
            }
        );
        let found = replacement("a\r\n", "a\r\nb\r\n").unwrap();
        assert_eq!(
            found,
            Replacement {
                start: 1,
                end: 1,
                text: "\r\nb".to_owned()
            }
        );
        assert_eq!(replacement("same", "same"), None);
    }

    #[test]
    fn a_head_and_an_end_change_apart() {
        let old = "status: partial\n---\nThe lamp\n";
        let new = "status: complete\n---\nThe lamp went out.\n";
        let found = replacements(old, new, (20, 21));
        let texts: Vec<&str> = found.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["complete", " went out."]);
        assert_eq!(replacements(old, old, (20, 20)), []);
    }

    proptest! {
        #[test]
        fn two_replacements_make_the_new_text(
            old in ("[a\r\n]{0,6}", "[aé😀\r\n]{0,9}"),
            new in ("[a\r\n]{0,6}", "[aé😀\r\n]{0,9}"),
        ) {
            let (before, after) = (format!("{}\n{}", old.0, old.1), format!("{}\n{}", new.0, new.1));
            let mut made = before.clone();
            for part in replacements(&before, &after, (old.0.len() + 1, new.0.len() + 1)).iter().rev() {
                made.replace_range(part.start..part.end, &part.text);
            }
            prop_assert_eq!(made, after);
        }

        #[test]
        fn a_replacement_makes_the_new_text(old in "[aé😀\r\n]{0,12}", new in "[aé😀\r\n]{0,12}") {
            match replacement(&old, &new) {
                None => prop_assert_eq!(old, new),
                Some(found) => {
                    prop_assert!(!splits_line_end(&old, found.start));
                    prop_assert!(!splits_line_end(&old, found.end));
                    let made = format!("{}{}{}", &old[..found.start], found.text, &old[found.end..]);
                    prop_assert_eq!(made, new);
                }
            }
        }
    }
}
