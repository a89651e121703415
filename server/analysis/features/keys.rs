//! The keys that front matter may have, and what each means to an author.

/// A key, what it means, and what may stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub name: &'static str,
    pub meaning: &'static str,
    /// Values that are offered; others may do.
    pub values: &'static [&'static str],
}

/// The settings of a brief.
pub const BRIEF_KEYS: [Key; 7] = [
    Key {
        name: "title",
        meaning: "The title of the story. Its drafts are named after it.",
        values: &[],
    },
    Key {
        name: "language",
        meaning: "The language that the story is written in, as a code such as en, pt-BR or ja. It decides how words are counted and what the lint knows.",
        values: &[
            "en", "ar", "de", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "pt-BR", "ru",
            "tr", "zh",
        ],
    },
    Key {
        name: "target_words",
        meaning: "The length of the whole story in words (characters for Chinese, Japanese and Korean), shared among its beats.",
        values: &[],
    },
    Key {
        name: "chunk_words",
        meaning: "The length of one chunk in words, where its beat does not say otherwise. Planning makes as many beats as fit.",
        values: &["1500"],
    },
    Key {
        name: "pov",
        meaning: "The point of view that every chunk is told from.",
        values: &[
            "first person",
            "second person",
            "third person",
            "third person limited",
            "omniscient",
        ],
    },
    Key {
        name: "tense",
        meaning: "The tense that every chunk is told in.",
        values: &["past", "present"],
    },
    Key {
        name: "protagonist",
        meaning: "Whose story it is: one of the cast. The lint tells where chunks in a row go without them.",
        values: &[],
    },
];

/// The keys of a chunk file.
pub const CHUNK_KEYS: [Key; 4] = [
    Key {
        name: "chunk",
        meaning: "The number of the chunk in the story. It follows the outline by itself.",
        values: &[],
    },
    Key {
        name: "beat",
        meaning: "The id of the beat in the outline that this text is written for.",
        values: &[],
    },
    Key {
        name: "status",
        meaning: "Whether the text is whole. A partial chunk is gone on with from its last words.",
        values: &["partial", "complete"],
    },
    Key {
        name: "locked",
        meaning: "Where this is true, nothing but you changes the text.",
        values: &["true", "false"],
    },
];

/// An attribute in the braces of a beat's heading.
pub const BEAT_KEYS: [Key; 4] = [
    Key {
        name: "words",
        meaning: "The length of this beat in words.",
        values: &[],
    },
    Key {
        name: "cast",
        meaning: "Who is in this beat: names of the cast, with commas between them.",
        values: &[],
    },
    Key {
        name: "after",
        meaning: "The ids of beats that are written before this one.",
        values: &[],
    },
    Key {
        name: "pov",
        meaning: "The point of view of this beat, where it is another than the story's.",
        values: &["first person", "second person", "third person"],
    },
];

/// Finds a key by its name.
pub fn find<'a>(keys: &'a [Key], name: &str) -> Option<&'a Key> {
    keys.iter().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::brief::{ATTRIBUTES, KEYS};

    #[test]
    fn every_key_that_is_read_is_explained() {
        let names = |keys: &[Key]| keys.iter().map(|key| key.name).collect::<Vec<_>>();
        assert_eq!(names(&BRIEF_KEYS), KEYS);
        assert_eq!(names(&BEAT_KEYS), ATTRIBUTES);
    }
}
