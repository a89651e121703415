//! Chunk files as any reader sees them: taken apart here without the program's own code.

/// A chunk file, or a version in history/.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkText {
    /// Path below the draft.
    pub name: String,
    pub raw: String,
    /// Front matter with its fences; empty where there is none.
    pub head: String,
    pub number: Option<u32>,
    pub beat: Option<String>,
    pub is_complete: bool,
    /// Below the front matter.
    pub prose: String,
}

impl ChunkText {
    pub fn parse(name: &str, raw: &str) -> ChunkText {
        let end = raw
            .strip_prefix("---\n")
            .and_then(|rest| rest.find("\n---\n"));
        let (head, prose) = raw.split_at(end.map_or(0, |end| 4 + end + 5));
        let value = |key: &str| {
            let lines = head.lines();
            let mut values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            values
                .next()
                .map(|value| value.trim_matches('"').to_owned())
        };
        ChunkText {
            name: name.to_owned(),
            raw: raw.to_owned(),
            head: head.to_owned(),
            number: value("chunk").and_then(|number| number.parse().ok()),
            beat: value("beat"),
            is_complete: value("status").is_none_or(|status| status == "complete"),
            prose: prose.trim_matches('\n').to_owned(),
        }
    }

    /// What stands for the text whatever white space and comments are in it.
    pub fn key(&self) -> String {
        key(&self.prose)
    }

    pub fn is_empty(&self) -> bool {
        self.key().is_empty()
    }

    /// The file with another prose.
    pub fn with(&self, prose: &str) -> String {
        format!("{}{}\n", self.head, prose.trim_end())
    }
}

/// A text without its comments.
pub fn bare(prose: &str) -> String {
    let mut bare = String::new();
    let mut rest = prose;
    while let Some(start) = rest.find("<!--") {
        bare.push_str(&rest[..start]);
        let end = rest[start..].find("-->");
        rest = end.map_or("", |end| &rest[start + end + 3..]);
    }
    bare + rest
}

pub fn words(prose: &str) -> Vec<String> {
    bare(prose).split_whitespace().map(str::to_owned).collect()
}

pub fn key(prose: &str) -> String {
    words(prose).join(" ")
}

/// The paragraphs of a prose, none of which ends within a comment.
pub fn paragraphs(prose: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let is_open = |text: &str| text.matches("<!--").count() > text.matches("-->").count();
    for piece in prose.split("\n\n") {
        match paragraphs.last_mut().filter(|last| is_open(last)) {
            Some(last) => last.push_str(&format!("\n\n{piece}")),
            None => paragraphs.push(piece.trim().to_owned()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// The words of an author: made up, so that each is found again wherever it went.
#[derive(Debug, Clone, Default)]
pub struct Words(u32);

const SYLLABLES: [&str; 16] = [
    "ka", "lo", "mi", "ru", "te", "sa", "no", "vi", "pe", "du", "ga", "bo", "zi", "fu", "re", "na",
];

impl Words {
    /// Eight letters that were in no word before.
    pub fn next(&mut self) -> String {
        self.0 += 1;
        // An odd factor takes every number to another one: neighbours share no beginning.
        let number = self.0.wrapping_mul(40_503) & 0xffff;
        let syllable = |nth: u32| SYLLABLES[(number >> (4 * nth)) as usize & 15];
        (0..4).map(syllable).collect()
    }

    /// The made-up words of a text.
    pub fn of(text: &str) -> impl Iterator<Item = &str> {
        text.split(|letter: char| !letter.is_ascii_lowercase())
            .filter(|word| word.len() == 8 && is_made_up(word))
    }

    /// A sentence with a new word in it.
    pub fn sentence(&mut self, kind: u16) -> String {
        let word = self.next();
        match kind % 5 {
            0 => format!("Mara put the {word} beside the lamp and said nothing of it."),
            1 => format!("There had been a {word} on the stairs since the spring."),
            2 => format!("Nobody had asked about the {word}, and nobody would."),
            3 => format!("It smelled of {word} and of rope that had been wet too long."),
            _ => format!("She wrote {word} into the margin, in a hand that was not quite hers."),
        }
    }
}

fn is_made_up(word: &str) -> bool {
    (0..4).all(|nth| SYLLABLES.contains(&&word[2 * nth..2 * nth + 2]))
}

#[test]
fn made_up_words_are_all_different() {
    let mut words = Words::default();
    let all: std::collections::BTreeSet<String> = (0..5_000).map(|_| words.next()).collect();
    assert_eq!(all.len(), 5_000);
    let text = format!("She saw {} there.", all.first().unwrap());
    assert_eq!(Words::of(&text).count(), 1);
}

#[test]
fn comments_are_no_words() {
    assert_eq!(key("A <!-- b --> c.\n\n<!-- d\n\ne -->\nF"), "A c. F");
}
