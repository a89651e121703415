//! Writes numbers with their nouns, for messages.

use std::fmt::Display;

/// Returns a number with its noun, whose plural ends in `s`: `1 chunk`, `0 chunks`, `1 of 12 chunks` with
/// `of` in the number.
pub fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    match count.as_str() {
        "1" => format!("1 {noun}"),
        _ if count.ends_with(" of 1") => format!("{count} {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_everything_else_is_many() {
        for (count, expected) in [
            ("0", "0 chunks"),
            ("1", "1 chunk"),
            ("2", "2 chunks"),
            ("11", "11 chunks"),
            ("0 of 1", "0 of 1 chunk"),
            ("1 of 1", "1 of 1 chunk"),
            ("1 of 12", "1 of 12 chunks"),
            ("1 of 21", "1 of 21 chunks"),
        ] {
            assert_eq!(counted(count, "chunk"), expected);
        }
    }
}
