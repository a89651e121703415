//! The brief of a case, whose outline the author changes.

use crate::steps::Outline;

/// A brief that can be written out at any time.
pub struct Brief {
    beats: Vec<Beat>,
    removed: Vec<Beat>,
    /// How often the author changed something, for names that are new.
    changes: u32,
    rule: u32,
}

#[derive(Clone)]
struct Beat {
    id: String,
    title: String,
    /// What it says; stays when it is renamed.
    about: String,
}

impl Brief {
    pub fn new() -> Brief {
        let beat = |(id, title): (&str, &str)| Beat {
            id: id.to_owned(),
            title: title.to_owned(),
            about: id.to_owned(),
        };
        let beats = [
            ("logbook", "The Logbook"),
            ("early", "Ilse Comes Early"),
            ("boat", "The Empty Boat"),
            ("ink", "What the Ink Said"),
        ];
        Brief {
            beats: beats.map(beat).into(),
            removed: Vec::new(),
            changes: 0,
            rule: 0,
        }
    }

    pub fn change(&mut self, change: Outline) {
        self.changes += 1;
        let place = |at: u8| usize::from(at) % self.beats.len();
        match change {
            Outline::Swap(one, other) => {
                let (one, other) = (place(one), place(other));
                self.beats.swap(one, other);
            }
            Outline::Remove(at) if self.beats.len() > 2 => {
                let at = place(at);
                self.removed.push(self.beats.remove(at));
            }
            Outline::Remove(_) => {}
            Outline::Restore => self.beats.append(&mut self.removed),
            Outline::Insert(at) if self.beats.len() < 6 => {
                let beat = Beat {
                    id: format!("new-{}", self.changes),
                    title: format!("A New Part {}", self.changes),
                    about: format!("the new part {}", self.changes),
                };
                self.beats.insert(place(at), beat);
            }
            Outline::Insert(_) => {}
            Outline::Retitle(at) => {
                let at = place(at);
                self.beats[at].id = format!("again-{}", self.changes);
                self.beats[at].title = format!("Told Again {}", self.changes);
            }
            Outline::Rule => self.rule += 1,
        }
    }

    pub fn text(&self) -> String {
        let mut text = format!(
            "---\ntitle: The Lamp Keeper\nlanguage: en\npov: third person\ntense: past\nprotagonist: Mara Voss\n---\n\
             # Premise\n\nA keeper finds an entry in her own hand, dated tomorrow.\n\n# Setting\n\nA rock in the sea.\n\n\
             # Rules\n\n1. The lamp burns {} hours a night.\n\n# Outline\n",
            self.rule + 8
        );
        for beat in &self.beats {
            text.push_str(&format!(
                "\n## {} {{#{} words=90}}\n\nWhat happens here is told of {} alone.\n",
                beat.title, beat.id, beat.about
            ));
        }
        text
    }
}
