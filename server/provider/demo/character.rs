//! Somebody of the cast, and how a story speaks of them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    First,
    Second,
    Third,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    Past,
    Present,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    Masculine,
    Feminine,
    /// "They" where the language has it.
    Unknown,
}

/// Somebody of the cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Character {
    /// As the brief has it.
    pub full: String,
    /// As the prose calls them.
    pub name: String,
    pub gender: Gender,
}

/// Finds where a name stands as a word of its own.
pub fn find_name(text: &str, name: &str) -> Option<usize> {
    let joined = |c: char| c.is_alphanumeric() && u32::from(c) < 0x2e80;
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|text| text.chars().last());
        let after = text
            .get(at + name.len()..)
            .and_then(|text| text.chars().next());
        // Arabic writes "and", "for" and "with" as part of the next word.
        let before = before.filter(|c| !"وفبلك".contains(*c));
        !before.is_some_and(joined) && !after.is_some_and(joined)
    })
}
