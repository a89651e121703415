//! Merges that are not resolved yet, and a brief that gets another name.

use std::fs;

use crate::commands::{Source, Touch};
use crate::promises::{self, Row};
use crate::steps::Step;
use crate::texts::ChunkText;
use crate::week::{Broken, Week};

const OTHER_NAME: &str = "noid.story.md";

/// A text as a merge leaves it: its middle line, and another one.
fn unmerged(text: &str, word: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // Never above the end of the front matter, which may not be told any more then.
    let at = (lines.len() / 2).max(lines.len().saturating_sub(2));
    let (before, after) = lines.split_at(at);
    let ours = after.first().copied().unwrap_or_default();
    let mut merged = before.join("\n");
    merged.push_str(&format!(
        "\n<<<<<<< HEAD\n{ours}\n=======\nShe had a {word} in her hand.\n>>>>>>> other\n"
    ));
    merged + &after.get(1..).unwrap_or_default().join("\n") + "\n"
}

impl Week {
    /// A merge of a chunk, the brief or a version is not resolved: nothing is written, moved or
    /// restored until it is.
    pub fn conflict(&mut self, step: Step) -> Result<bool, Broken> {
        let id = self.current.clone().unwrap_or_default();
        let word = self.words.next();
        let (file, command): (String, Vec<String>) = match step.how % 3 {
            0 => ("story.md".to_owned(), vec!["write".to_owned()]),
            1 => {
                let Some((_, chunk)) = self.pick(step.at, |_| true) else {
                    return Ok(false);
                };
                (
                    format!("generated/{id}/{}", chunk.name),
                    vec!["write".to_owned()],
                )
            }
            _ => {
                let place = usize::from(step.at) % self.brief.beats.len();
                let beat = self.brief.beats[place].id.clone();
                let draft = self.draft().cloned().unwrap_or_default();
                let is_its = |kept: &&ChunkText| {
                    kept.name.starts_with("history/") && kept.beat.as_deref() == Some(&beat)
                };
                let versions: Vec<&ChunkText> = draft.history.values().filter(is_its).collect();
                // With one version alone it is known which is restored.
                let [version] = versions.as_slice() else {
                    return Ok(false);
                };
                if self.chunk(place).is_none() {
                    return Ok(false);
                }
                let number = (place + 1).to_string();
                (
                    format!("generated/{id}/{}", version.name),
                    ["restore", &number, "--version", "1"]
                        .map(str::to_owned)
                        .into(),
                )
            }
        };
        let path = self.desk.path(&file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        fs::write(&path, unmerged(&text, &word)).map_err(|error| error.to_string())?;
        self.note(format!("in {file}"));
        let before = self.desk.look();
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let ended = self.desk.run(&arguments);
        let after = self.desk.look();
        fs::write(&path, text).map_err(|error| error.to_string())?;
        // The copy of what was generated is a version too, if none has its text: then it is the first.
        let mut chunks = after.drafts.get(&id).into_iter().flat_map(|it| &it.chunks);
        let is_of_conflict = chunks.any(|chunk| chunk.raw.contains(&word));
        let is_refused = ended.code.is_some_and(|code| code != 0);
        let may_be_done = arguments[0] == "restore" && ended.code == Some(0) && !is_of_conflict;
        if !is_refused && !may_be_done {
            return Err(format!("{arguments:?} with a conflict: {}", ended.said()));
        }
        if arguments[0] == "write" {
            let what = format!("{arguments:?} with a conflict in {file}");
            promises::same(&before, &after, &what)?;
            self.see();
        } else {
            // The files were brought into order before the version was looked at.
            let before = self.look.clone();
            let place: Option<usize> = arguments.get(1).and_then(|number| number.parse().ok());
            let restored = place.filter(|_| may_be_done).map(|it| it - 1);
            let touch = match restored {
                Some(place) => Touch::One(self.brief.beats[place].id.clone()),
                None => Touch::Nothing,
            };
            self.after(&before, &touch, Source::History, &ended)?;
        }
        Ok(true)
    }

    /// The brief gets another name and its own again; its draft goes along.
    pub fn adopt(&mut self) -> Result<bool, Broken> {
        let id = self.current.clone().unwrap_or_default();
        let manifest = self.draft().and_then(|it| it.others.get("manifest.json"));
        let is_sound = |text: &String| serde_json::from_str::<serde_json::Value>(text).is_ok();
        if !manifest.is_some_and(is_sound) {
            return Ok(false);
        }
        let before = self.look.clone();
        let told = |rows: Vec<Row>| -> Vec<Row> {
            let without_file = |row: Row| Row {
                file: String::new(),
                ..row
            };
            rows.into_iter().map(without_file).collect()
        };
        // What came back with its beat comes back with the first command.
        let mut rows = None;
        for (from, to) in [("story.md", OTHER_NAME), (OTHER_NAME, "story.md")] {
            fs::rename(self.desk.path(from), self.desk.path(to)).map_err(|it| it.to_string())?;
            let ended = self.desk.run(&["session", "adopt", &id, "--json"]);
            if ended.code != Some(0) {
                return Err(format!("session adopt {id} for {to}: {}", ended.said()));
            }
            let now = told(self.status()?);
            let rows = rows.get_or_insert_with(|| now.clone());
            if now != *rows {
                return Err(format!("{id} adopted by {to}: {now:?}\nnot {rows:?}"));
            }
            if to == "story.md" {
                self.after(&before, &Touch::Nothing, Source::History, &ended)?;
            }
        }
        Ok(true)
    }
}
