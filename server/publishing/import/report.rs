//! Says what an import made, as data and in words.

use serde::Serialize;

use crate::story::counted::counted;

/// The result of an import, as `import --json` prints it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ImportReport {
    pub kind: &'static str,
    pub source: String,
    pub title: String,
    pub brief: String,
    /// Whether the brief is new.
    pub brief_written: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    pub chapters: usize,
    pub beats: usize,
    /// In words (characters for Chinese, Japanese and Korean).
    pub words: u64,
    pub people: usize,
    pub background: usize,
    /// Whether nothing was written, and this is what would be.
    pub dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// What was added to a brief that was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<Added>,
    pub notices: Vec<String>,
    /// What language's unit the length is in.
    #[serde(skip)]
    pub unit: &'static str,
}

/// What an import without text added to a brief that was there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Added {
    /// The names of the characters.
    pub cast: Vec<String>,
    /// The titles of the sections.
    pub background: Vec<String>,
}

/// What a second import of a source did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Merged {
    pub unchanged: usize,
    /// Changed in the source alone; the text that was here is in history/.
    pub replaced: Vec<u32>,
    /// Changed here alone.
    pub kept: Vec<u32>,
    /// Changed in both; the source's text waits in revisions/.
    pub proposed: Vec<u32>,
    pub added: Vec<u32>,
    /// Scenes that are no more in the source; their chunks stay.
    pub gone: Vec<String>,
}

impl ImportReport {
    /// Returns the result as sentences.
    pub fn message(&self) -> String {
        let would = if self.dry_run { "would be " } else { "" };
        if let Some(added) = &self.added {
            return self.added_message(added);
        }
        let Some(merged) = &self.merged else {
            let mut parts = Vec::new();
            if self.beats > 0 {
                parts.push(counted(self.chapters, "chapter"));
                parts.push(counted(self.beats, "beat"));
                parts.push(format!("{} {}", self.words, self.unit));
            }
            if self.people > 0 {
                parts.push(format!("{} in the cast", self.people));
            }
            if self.background > 0 {
                parts.push(format!(
                    "{} of background",
                    counted(self.background, "section")
                ));
            }
            let what = parts.join(", ");
            return match (&self.session, self.brief_written || self.dry_run) {
                (_, false) => format!(
                    "{} is as it is imported already: nothing changed",
                    self.brief
                ),
                (Some(session), true) if !self.dry_run => format!(
                    "\"{}\" is in {}, its draft is {session}: {what}",
                    self.title, self.brief
                ),
                _ => format!("\"{}\" {would}in {}: {what}", self.title, self.brief),
            };
        };
        let mut parts = vec![format!("{} unchanged", merged.unchanged)];
        let mut add = |chunks: &[u32], what: &str| {
            if !chunks.is_empty() {
                parts.push(format!("{what}: {}", ranges(chunks)));
            }
        };
        add(&merged.replaced, "taken over (the old text is in history/)");
        add(&merged.added, "new");
        add(&merged.kept, "kept as you changed it");
        add(
            &merged.proposed,
            "changed here and there, so the source's text waits in revisions/ for `storywright accept` or `reject`",
        );
        if !merged.gone.is_empty() {
            parts.push(format!(
                "no more in the source, and kept: {}",
                merged.gone.join(", ")
            ));
        }
        format!(
            "{} {}merged into {}: {}",
            self.source,
            if self.dry_run { "would be " } else { "is " },
            self.brief,
            parts.join("; ")
        )
    }
}

impl ImportReport {
    fn added_message(&self, added: &Added) -> String {
        let lists = [
            ("to the cast", &added.cast),
            ("as background", &added.background),
        ];
        let parts: Vec<String> = lists
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(place, names)| format!("{} {place}", names.join(", ")))
            .collect();
        match parts.is_empty() {
            true => format!("{} has all of it already: nothing changed", self.brief),
            false => format!(
                "\"{}\" {} added to {}: {}. Nothing else in it changed",
                self.title,
                if self.dry_run { "would be" } else { "was" },
                self.brief,
                parts.join("; ")
            ),
        }
    }
}

/// Writes numbers in order as ranges: `1-3, 7`.
fn ranges(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let shown = runs.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3, 7, 9-10");
        assert_eq!(ranges(&[]), "");
    }
}
