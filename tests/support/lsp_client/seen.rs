//! What the editor was told, for the tests to look at.

use super::*;

impl Editor {
    pub fn said(&self) -> &[Said] {
        &self.said
    }

    pub fn logs(&self) -> impl Iterator<Item = &str> {
        self.said.iter().filter_map(|said| match said {
            Said::Log(line) => Some(line.as_str()),
            _ => None,
        })
    }

    /// What the author saw, in order: types and texts.
    pub fn shown(&self) -> Vec<(u64, &str)> {
        let shown = self.said.iter().filter_map(|said| match said {
            Said::Show(kind, text) => Some((*kind, text.as_str())),
            _ => None,
        });
        shown.collect()
    }

    /// The reports of a job's progress, in order.
    pub fn progress(&self, job: &str) -> Vec<&Value> {
        let token = format!("storywright/{job}");
        let values = self.said.iter().filter_map(|said| match said {
            Said::Progress(known, value) if *known == token => Some(value),
            _ => None,
        });
        values.collect()
    }

    /// The diagnostics that a document has now; `None` before there were any.
    pub fn diagnostics(&self, path: &Path) -> Option<Vec<Value>> {
        self.said.iter().rev().find_map(|said| match said {
            Said::Diagnostics(known, params) if known == path => {
                params["diagnostics"].as_array().cloned()
            }
            _ => None,
        })
    }

    /// Waits until the server has looked at an open document as it is now; its diagnostics.
    pub fn looked_at(&mut self, path: &Path) -> Vec<Value> {
        self.tell(path);
        let version = self.buffer(path).version;
        self.wait("diagnostics of this version", |editor| {
            let last = editor.said.iter().rev().find_map(|said| match said {
                Said::Diagnostics(known, params) if known == path => Some(params),
                _ => None,
            });
            let params = last.filter(|params| params["version"] == version)?;
            params["diagnostics"].as_array().cloned()
        })
    }

    /// The edits that the server asked for in a document.
    pub fn edits(&self, path: &Path) -> Vec<&EditSeen> {
        self.edits.iter().filter(|edit| edit.path == path).collect()
    }

    /// The server's requests of a method, by their parameters.
    pub fn asked(&self, method: &str) -> Vec<&Value> {
        let asked = self.asked.iter().filter(|(known, _)| known == method);
        asked.map(|(_, params)| params).collect()
    }

    /// Waits until the author sees a message with `part` in it; its type and text.
    pub fn wait_for_message(&mut self, part: &str) -> (u64, String) {
        let what = format!("the message {part:?}");
        self.wait(&what, |editor| {
            let shown = editor.shown();
            let found = shown.iter().find(|(_, text)| text.contains(part))?;
            Some((found.0, found.1.to_owned()))
        })
    }

    /// Waits for the end of a job and what the author is told of it; its type and text.
    pub fn wait_for_end(&mut self, job: &str) -> (u64, String) {
        let end = format!("{job} [CHECKPOINT] job ");
        let failed = format!("{job}: ");
        self.wait(&format!("the end of {job}"), |editor| {
            let is_end = |said: &Said| {
                matches!(said, Said::Log(line) if line.starts_with(&end) || line.starts_with(&failed))
            };
            let at = editor.said.iter().position(is_end)?;
            editor.said[at..].iter().find_map(|said| match said {
                Said::Show(kind, text) if *kind != 2 => Some((*kind, text.clone())),
                _ => None,
            })
        })
    }

    /// Lets go of all that was said and asked so far: a test that goes on for hours needs none of it.
    pub fn forget(&mut self) {
        self.said.clear();
        self.edits.clear();
        self.asked.clear();
    }

    /// All that was said, for the message of a failure.
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for said in &self.said {
            text.push_str(&format!("{said:?}\n"));
        }
        for edit in &self.edits {
            text.push_str(&format!("{edit:?}\n"));
        }
        for (path, buffer) in &self.buffers {
            text.push_str(&format!("{}: {:?}\n", path.display(), buffer));
        }
        format!("{text}--- standard error\n{}", self.process.errors())
    }
}
