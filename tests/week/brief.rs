//! The brief as the author has it in mind; story.md is made of it.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    pub title: String,
    pub setting: String,
    pub style: String,
    pub rules: BTreeMap<u32, String>,
    /// Name, and what is known of them.
    pub cast: Vec<(String, String)>,
    pub beats: Vec<Beat>,
    pub removed: Vec<Beat>,
    /// Private notes.
    pub notes: String,
    /// Length of a chunk in words.
    pub chunk_words: u32,
    /// Every beat says how things stand before it.
    pub says_enter: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    pub id: String,
    pub title: String,
    pub body: String,
    /// Comments in its text, margin notes among them.
    pub comments: Vec<String>,
    /// The heading of the part that begins with it.
    pub part: Option<String>,
}

/// Of whom the story tells.
pub const PROTAGONIST: &str = "Mara Voss";

const FIRST: [(&str, &str, &str); 5] = [
    (
        "log",
        "The Log",
        "Mara Voss finds an entry for tomorrow in the logbook.",
    ),
    (
        "test",
        "The Test",
        "She does what the log forbids, and waits.",
    ),
    (
        "boat",
        "The Empty Boat",
        "Tam Reddy rows a boat with nobody else in it to the rock.",
    ),
    (
        "storm",
        "The Storm",
        "The lamp goes out for four minutes, and Mara Voss counts them.",
    ),
    (
        "morning",
        "Morning",
        "Orla Quist brings the mail, and the last page is read aloud.",
    ),
];

impl Brief {
    pub fn new(chunk_words: u32, says_enter: bool) -> Brief {
        let beat = |(id, title, body): (&str, &str, &str)| Beat {
            id: id.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            comments: Vec::new(),
            part: None,
        };
        let text = str::to_owned;
        Brief {
            title: text("The Lamp"),
            setting: text("Skerrow, a rock with a lighthouse and one boat."),
            style: text("Plain sentences."),
            rules: BTreeMap::from([
                (1, text("The lamp may not go out.")),
                (2, text("The log is never wrong.")),
            ]),
            cast: vec![
                (text("Mara Voss"), text("The keeper of the lamp.")),
                (text("Tam Reddy"), text("Rows the boat.")),
                (text("Orla Quist"), text("Brings the mail.")),
            ],
            beats: FIRST.map(beat).into(),
            removed: Vec::new(),
            notes: text("Nobody reads this."),
            chunk_words,
            says_enter,
        }
    }

    pub fn has_parts(&self) -> bool {
        self.beats.iter().any(|beat| beat.part.is_some())
    }

    /// The heading of the part that each beat is in.
    pub fn parts(&self) -> Vec<Option<String>> {
        let mut part = self.has_parts().then(|| "Part One".to_owned());
        let of = |beat: &Beat| {
            if beat.part.is_some() {
                part.clone_from(&beat.part);
            }
            part.clone()
        };
        self.beats.iter().map(of).collect()
    }

    /// story.md.
    pub fn text(&self) -> String {
        let mut text = format!(
            "---\ntitle: {}\nlanguage: en\nchunk_words: {}\npov: third person\ntense: past\nprotagonist: {PROTAGONIST}\n---\n\
             # Premise\nA keeper reads tomorrow in her logbook.\n\n# Setting\n{}\n\n# Cast\n",
            self.title, self.chunk_words, self.setting
        );
        for (name, known) in &self.cast {
            text.push_str(&format!("## {name}\n{known}\n\n"));
        }
        text.push_str("# Rules\n");
        for (number, rule) in &self.rules {
            text.push_str(&format!("{number}. {rule}\n"));
        }
        text.push_str(&format!("\n# Style\n{}\n\n# Outline\n", self.style));
        let mut part = None;
        let heading = if self.has_parts() { "###" } else { "##" };
        for (beat, of) in self.beats.iter().zip(self.parts()) {
            if of != part {
                text.push_str(&format!("## {}\n\n", of.as_deref().unwrap_or_default()));
                part = of;
            }
            text.push_str(&format!(
                "{heading} {} {{#{}}}\n{}\n",
                beat.title, beat.id, beat.body
            ));
            if self.says_enter {
                text.push_str("Enter: The lamp is lit, and nobody sleeps.\n");
            }
            for comment in &beat.comments {
                text.push_str(&format!("\n{comment}\n"));
            }
            text.push('\n');
        }
        text.push_str(&format!("# Notes\n{}\n", self.notes));
        text
    }

    /// The place of a beat in the outline.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.beats.iter().position(|beat| beat.id == id)
    }
}
