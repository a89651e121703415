//! Defines a book as it was read from a source.

/// A book as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedBook {
    pub title: Option<String>,
    pub authors: Vec<String>,
    /// BCP 47, as the source says it.
    pub language: Option<String>,
    pub chapters: Vec<ImportedChapter>,
    pub cast: Vec<Person>,
    pub background: Vec<Background>,
    /// What is kept for the author alone.
    pub private: Vec<Background>,
    /// What an author should know of what was left out.
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedChapter {
    /// `None` for scenes before the first heading.
    pub title: Option<String>,
    pub scenes: Vec<ImportedScene>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedScene {
    /// `None` where only a break parts it from the scene before.
    pub title: Option<String>,
    /// The prose, as markdown.
    pub text: String,
    pub synopsis: Option<String>,
    /// The people that the source says are in it.
    pub cast: Vec<String>,
    /// The name that the source itself knows the scene by, which outlasts its title.
    pub key: Option<String>,
}

/// A character.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    pub name: String,
    pub aliases: Vec<String>,
    pub text: String,
}

/// What is known of the world besides, under a heading of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Background {
    pub title: String,
    pub aliases: Vec<String>,
    pub text: String,
}
