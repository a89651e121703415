//! Carries the author's comments from a text into its continuation. Pure.

use unicode_segmentation::UnicodeSegmentation as _;

use super::comments::{Bare, comments, without_comments};

/// Tells whether two texts have the same comments, in any places.
pub fn have_same_comments(one: &str, other: &str) -> bool {
    let sources = |text: &str| -> Vec<String> {
        let found = comments(text).into_iter();
        found.map(|it| text[it.span].to_owned()).collect()
    };
    sources(one) == sources(other)
}

/// Puts the comments of `there` into `text`, which has the same words as far as both go, and no comments:
/// each keeps its place, and one at the end of `there` comes after the word that ends there now. `None` where
/// that would change what `text` says.
pub fn with_comments_of(there: &str, text: &str) -> Option<String> {
    let (old, new) = (Bare::of(there), without_comments(text));
    let pairs = old.text.char_indices().zip(new.chars());
    let common = pairs
        .take_while(|((_, old), new)| old == new)
        .last()
        .map_or(0, |((at, letter), _)| at + letter.len_utf8());
    // A blank belongs to what comes after it, behind the comments.
    let common = old.text[..common].trim_end().len();
    let at = match common {
        0 => 0,
        _ => old.in_source(&(0..common)).end,
    };
    let (head, rest) = (&there[..at], &new[common..]);
    let behind: Vec<&str> = comments(there)
        .into_iter()
        .filter(|comment| comment.span.start >= at)
        .map(|comment| &there[comment.span])
        .collect();
    if behind.is_empty() {
        return says(format!("{head}{rest}"), &new);
    }
    let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let behind_word = |blank: &str| {
        let comments: String = behind.iter().map(|it| format!("{blank}{it}")).collect();
        format!("{head}{}{comments}{}", &rest[..word], &rest[word..])
    };
    let as_it_stands = format!("{}{rest}", there.trim_end());
    let tries = match is_in_word(head, rest) {
        true => [behind_word(" "), behind_word(""), as_it_stands],
        false => [as_it_stands, behind_word(" "), behind_word("")],
    };
    tries.into_iter().find_map(|it| says(it, &new))
}

/// Keeps a text with comments, if it says just that without them.
fn says(text: String, bare: &str) -> Option<String> {
    (without_comments(&text).trim() == bare.trim()).then_some(text)
}

/// Tells whether a word continues from a text into its rest.
fn is_in_word(head: &str, rest: &str) -> bool {
    let (Some(before), Some(after)) = (head.chars().last(), rest.chars().next()) else {
        return false;
    };
    let both = format!("{before}{after}");
    before.is_alphanumeric() && after.is_alphanumeric() && both.unicode_words().count() == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_stay_where_they_stand() {
        let rows = [
            // there, the text that goes on, both together
            (
                "One. <!-- c --> Two.",
                "One. Two. Three.",
                "One. <!-- c --> Two. Three.",
            ),
            ("One. <!-- c -->", "One. Two.", "One. <!-- c --> Two."),
            ("One. <!-- c -->\n", "One. Two.", "One. <!-- c --> Two."),
            (
                "One. Tw <!-- c -->",
                "One. Two. Three.",
                "One. Two. <!-- c --> Three.",
            ),
            ("One. Tw<!-- c -->", "One. Two", "One. Two <!-- c -->"),
            ("<!-- c -->\n\nOne.", "One. Two.", "<!-- c -->\n\nOne. Two."),
            (
                "One.\n\n<!-- c -->\n\nTw",
                "One.\n\nTwo.",
                "One.\n\n<!-- c -->\n\nTwo.",
            ),
            ("One.\n\n<!-- c -->\n", "One. Two.", "One. <!-- c --> Two."),
            (
                "One.\n\n<!-- c -->\n",
                "One.\n\nTwo.",
                "One.\n\n<!-- c -->\n\nTwo.",
            ),
            ("灯台<!-- c -->", "灯台守は", "灯台<!-- c -->守は"),
            // Two, of which one is new.
            (
                "<!-- a --> One. <!-- b --> Tw",
                "<!-- a --> One. Two.",
                "<!-- a --> One. <!-- b --> Two.",
            ),
            // One that the author took out.
            ("One. Tw", "One. <!-- c --> Two.", "One. Two."),
            // The end of the text is taken back.
            ("One. Tw <!-- c -->", "One.", "One. <!-- c -->"),
        ];
        for (there, text, both) in rows {
            let found = with_comments_of(there, text);
            assert_eq!(found.as_deref(), Some(both), "{there:?} and {text:?}");
        }
        // It would hide the rest of its paragraph.
        assert_eq!(with_comments_of("One. <!-- c", "One. Two."), None);
    }

    proptest! {
        #[test]
        fn the_text_says_the_same_and_no_comment_is_lost(
            words in prop::collection::vec("[a-z灯]{1,4}[.]?( |\n\n)", 1..12),
            written in any::<prop::sample::Index>(),
            places in prop::collection::vec((any::<prop::sample::Index>(), "( |\n\n)?", "( |\n\n)?"), 1..4),
        ) {
            let text: String = words.concat();
            let boundary = |text: &str, at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let mut there = text[..boundary(&text, written.index(text.len() + 1))].to_owned();
            for (nth, (place, before, after)) in places.iter().enumerate() {
                let at = boundary(&there, place.index(there.len() + 1));
                there.insert_str(at, &format!("{before}<!-- {nth} -->{after}"));
            }
            if let Some(both) = with_comments_of(&there, &text) {
                let bare = without_comments(&both);
                prop_assert_eq!(bare.trim(), text.trim());
                for comment in comments(&there) {
                    prop_assert!(both.contains(&there[comment.span]));
                }
            }
        }
    }
}
